//! France without what lies overseas. Sources: Code du travail, articles L3133-1 and L3134-13 (Alsace and Moselle).

use time::Month::{August, December, January, July, May, November};

use crate::rule::{Rule, easter, fixed};

/// The European Collectivity of Alsace, and the department of Moselle.
const ALSACE_MOSELLE: &[&str] = &["FR-6AE", "FR-57"];

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Jour de l'an", "New Year's Day"),
    easter(-2, "Vendredi saint", "Good Friday").only(ALSACE_MOSELLE),
    easter(1, "Lundi de Pâques", "Easter Monday"),
    fixed(May, 1, "Fête du Travail", "Labour Day"),
    fixed(May, 8, "Victoire 1945", "Victory in Europe Day"),
    easter(39, "Ascension", "Ascension Day"),
    easter(50, "Lundi de Pentecôte", "Whit Monday"),
    fixed(July, 14, "Fête nationale", "Bastille Day"),
    fixed(August, 15, "Assomption", "Assumption Day"),
    fixed(November, 1, "Toussaint", "All Saints' Day"),
    fixed(November, 11, "Armistice 1918", "Armistice Day"),
    fixed(December, 25, "Noël", "Christmas Day"),
    fixed(December, 26, "Saint-Étienne", "St. Stephen's Day").only(ALSACE_MOSELLE),
];
