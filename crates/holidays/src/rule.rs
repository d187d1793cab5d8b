//! How a law says on which day a holiday lies.

use time::{Date, Duration, Month, Weekday};

use crate::easter;

/// One holiday of a law, for the years in which it holds.
#[derive(Debug)]
pub(crate) struct Rule {
    /// In the country's language.
    pub(crate) local: &'static str,
    /// In English.
    pub(crate) name: &'static str,
    when: When,
    moved: Moved,
    /// The first year.
    pub(crate) since: i32,
    /// The last year.
    until: i32,
    /// Years in between in which another rule stands for it.
    not_in: &'static [i32],
    /// Who has it, as ISO 3166-2; everyone if empty.
    pub(crate) counties: &'static [&'static str],
}

/// The day that a law names.
#[derive(Debug, Clone, Copy)]
enum When {
    Fixed(Month, u8),
    /// Days after Easter Sunday.
    Easter(i64),
    /// The n-th such weekday of the month.
    Nth(i64, Weekday, Month),
    /// The last such weekday of the month.
    Last(Weekday, Month),
    /// The first such weekday on or after the date.
    OnOrAfter(Weekday, Month, u8),
    /// By a calculation of its own; none where there is no such day that year.
    Computed(fn(i32) -> Option<Date>),
}

/// Days to move by, for each weekday that the named day may be.
pub(crate) type Moves = &'static [(Weekday, i64)];

/// What happens on some weekdays.
#[derive(Debug, Clone, Copy)]
enum Moved {
    Never,
    /// The holiday itself moves.
    Instead(Moves),
    /// This rule is only for the day that is free in its stead; there is none on other weekdays.
    Substitute(Moves),
}

const fn rule(when: When, local: &'static str, name: &'static str) -> Rule {
    Rule {
        local,
        name,
        when,
        moved: Moved::Never,
        since: i32::MIN,
        until: i32::MAX,
        not_in: &[],
        counties: &[],
    }
}

/// On the same date each year.
pub(crate) const fn fixed(month: Month, day: u8, local: &'static str, name: &'static str) -> Rule {
    rule(When::Fixed(month, day), local, name)
}

/// So many days after Easter Sunday.
pub(crate) const fn easter(days: i64, local: &'static str, name: &'static str) -> Rule {
    rule(When::Easter(days), local, name)
}

/// On the n-th such weekday of a month.
pub(crate) const fn nth(
    n: i64,
    weekday: Weekday,
    month: Month,
    local: &'static str,
    name: &'static str,
) -> Rule {
    rule(When::Nth(n, weekday, month), local, name)
}

/// On the last such weekday of a month.
pub(crate) const fn last(
    weekday: Weekday,
    month: Month,
    local: &'static str,
    name: &'static str,
) -> Rule {
    rule(When::Last(weekday, month), local, name)
}

/// On the first such weekday on or after a date.
pub(crate) const fn on_or_after(
    weekday: Weekday,
    month: Month,
    day: u8,
    local: &'static str,
    name: &'static str,
) -> Rule {
    rule(When::OnOrAfter(weekday, month, day), local, name)
}

/// On one day of one year.
pub(crate) const fn once(
    year: i32,
    month: Month,
    day: u8,
    local: &'static str,
    name: &'static str,
) -> Rule {
    fixed(month, day, local, name).since(year).until(year)
}

/// On the day that a calculation gives.
pub(crate) const fn computed(
    when: fn(i32) -> Option<Date>,
    local: &'static str,
    name: &'static str,
) -> Rule {
    rule(When::Computed(when), local, name)
}

impl Rule {
    pub(crate) const fn since(self, since: i32) -> Self {
        Self { since, ..self }
    }

    pub(crate) const fn until(self, until: i32) -> Self {
        Self { until, ..self }
    }

    pub(crate) const fn not_in(self, not_in: &'static [i32]) -> Self {
        Self { not_in, ..self }
    }

    pub(crate) const fn only(self, counties: &'static [&'static str]) -> Self {
        Self { counties, ..self }
    }

    pub(crate) const fn instead(self, moves: Moves) -> Self {
        Self {
            moved: Moved::Instead(moves),
            ..self
        }
    }

    pub(crate) const fn substitute(self, moves: Moves) -> Self {
        Self {
            moved: Moved::Substitute(moves),
            ..self
        }
    }

    /// Whether it is on the same date each year.
    pub(crate) const fn is_fixed(&self) -> bool {
        matches!(self.when, When::Fixed(..)) && matches!(self.moved, Moved::Never)
    }

    /// Its days in a year. The first of January may be moved into the year before.
    pub(crate) fn dates(&self, year: i32) -> impl Iterator<Item = Date> + '_ {
        (year - 1..=year + 1)
            .filter_map(|named| self.of(named))
            .filter(move |date| date.year() == year)
    }

    fn of(&self, year: i32) -> Option<Date> {
        if !(self.since..=self.until).contains(&year) || self.not_in.contains(&year) {
            return None;
        }
        let named = self.when.of(year)?;
        let by = |moves: Moves| {
            moves
                .iter()
                .find(|(weekday, _)| *weekday == named.weekday())
                .map(|(_, days)| *days)
        };
        let days = match self.moved {
            Moved::Never => 0,
            Moved::Instead(moves) => by(moves).unwrap_or(0),
            Moved::Substitute(moves) => by(moves)?,
        };
        named.checked_add(Duration::days(days))
    }
}

impl When {
    fn of(self, year: i32) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::from_calendar_date(year, month, day).ok(),
            Self::Easter(days) => easter::sunday(year)?.checked_add(Duration::days(days)),
            Self::Nth(n, weekday, month) => {
                first_from(weekday, Date::from_calendar_date(year, month, 1).ok()?)?
                    .checked_add(Duration::weeks(n - 1))
            }
            Self::Last(weekday, month) => {
                let end = Date::from_calendar_date(year, month, month.length(year)).ok()?;
                first_from(weekday, end.checked_sub(Duration::days(6))?)
            }
            Self::OnOrAfter(weekday, month, day) => {
                first_from(weekday, Date::from_calendar_date(year, month, day).ok()?)
            }
            Self::Computed(when) => when(year),
        }
    }
}

fn first_from(weekday: Weekday, date: Date) -> Option<Date> {
    let ahead = (7 + i64::from(weekday.number_days_from_monday())
        - i64::from(date.weekday().number_days_from_monday()))
        % 7;
    date.checked_add(Duration::days(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Month::{January, May, November};
    use time::Weekday::{Friday, Monday, Saturday, Sunday, Thursday};

    #[track_caller]
    fn check(rule: &Rule, year: i32, dates: &[&str]) {
        let found: Vec<String> = rule.dates(year).map(|date| date.to_string()).collect();
        assert_eq!(found, dates);
    }

    #[test]
    fn weekdays_are_counted_from_either_end_of_a_month() {
        check(&nth(4, Thursday, November, "", ""), 2026, &["2026-11-26"]);
        check(&nth(1, Friday, May, "", ""), 2026, &["2026-05-01"]);
        check(&last(Monday, May, "", ""), 2026, &["2026-05-25"]);
        check(&last(Sunday, May, "", ""), 2026, &["2026-05-31"]);
        check(&on_or_after(Friday, May, 1, "", ""), 2026, &["2026-05-01"]);
        check(
            &on_or_after(Thursday, May, 1, "", ""),
            2026,
            &["2026-05-07"],
        );
    }

    #[test]
    fn a_day_may_move_into_the_year_before() {
        let observed = fixed(January, 1, "", "").substitute(&[(Saturday, -1), (Sunday, 1)]);
        check(&observed, 2021, &["2021-12-31"]);
        check(&observed, 2022, &[]);
        check(&observed, 2023, &["2023-01-02"]);
    }

    #[test]
    fn rules_hold_in_their_years_only() {
        let rule = fixed(May, 1, "", "")
            .since(2010)
            .until(2012)
            .not_in(&[2011]);
        check(&rule, 2009, &[]);
        check(&rule, 2010, &["2010-05-01"]);
        check(&rule, 2011, &[]);
        check(&rule, 2012, &["2012-05-01"]);
        check(&rule, 2013, &[]);
    }
}
