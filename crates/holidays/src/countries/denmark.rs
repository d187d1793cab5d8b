//! Denmark. Source: the church's holidays by Danske Lov 1683 and the ordinance of 1770; lov nr. 214 of 6 March 2023
//! ended the Great Prayer Day. Constitution Day and Christmas Eve close shops and are not holidays.

use time::Month::{December, January};

use crate::rule::{Rule, easter, fixed};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Nytårsdag", "New Year's Day"),
    easter(-3, "Skærtorsdag", "Maundy Thursday"),
    easter(-2, "Langfredag", "Good Friday"),
    easter(0, "Påskedag", "Easter Sunday"),
    easter(1, "2. påskedag", "Easter Monday"),
    easter(26, "Store bededag", "Great Prayer Day").until(2023),
    easter(39, "Kristi himmelfartsdag", "Ascension Day"),
    easter(49, "Pinsedag", "Pentecost"),
    easter(50, "2. pinsedag", "Whit Monday"),
    fixed(December, 25, "Juledag", "Christmas Day"),
    fixed(December, 26, "2. juledag", "St. Stephen's Day"),
];
