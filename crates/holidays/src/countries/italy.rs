//! Italy. Sources: legge 260/1949 and 54/1977; legge 336/2000 gave the Republic its date back; decreto-legge 5/2011;
//! legge 151/2025 (Saint Francis). Patron saints' days are the municipalities' own and not here.

use time::Month::{April, August, December, January, June, March, May, November, October};
use time::Weekday::Sunday;

use crate::rule::{Rule, easter, fixed, nth, once};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Capodanno", "New Year's Day"),
    fixed(January, 6, "Epifania", "Epiphany"),
    once(
        2011,
        March,
        17,
        "Anniversario dell'Unità d'Italia",
        "Anniversary of the Unification of Italy",
    ),
    easter(0, "Pasqua", "Easter Sunday"),
    easter(1, "Lunedì dell'Angelo", "Easter Monday"),
    fixed(April, 25, "Festa della Liberazione", "Liberation Day"),
    fixed(May, 1, "Festa del Lavoro", "Labour Day"),
    easter(50, "Lunedì di Pentecoste", "Whit Monday").only(&["IT-BZ"]),
    // Until 2000 the Republic was celebrated on the first Sunday of June.
    nth(1, Sunday, June, "Festa della Repubblica", "Republic Day").until(2000),
    fixed(June, 2, "Festa della Repubblica", "Republic Day").since(2001),
    fixed(August, 15, "Ferragosto", "Assumption Day"),
    fixed(
        October,
        4,
        "San Francesco d'Assisi",
        "Saint Francis of Assisi",
    )
    .since(2026),
    fixed(November, 1, "Ognissanti", "All Saints' Day"),
    nth(
        1,
        Sunday,
        November,
        "Giornata dell'Unità nazionale",
        "National Unity Day",
    ),
    fixed(
        December,
        8,
        "Immacolata Concezione",
        "Immaculate Conception",
    ),
    fixed(December, 25, "Natale", "Christmas Day"),
    fixed(December, 26, "Santo Stefano", "St. Stephen's Day"),
];
