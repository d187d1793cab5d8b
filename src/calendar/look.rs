//! Which part of a calendar is looked at, and the ways to another. Pure.

use net::civil::when::{Date, Local, Weekday};

/// How days are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The weeks of a month.
    #[default]
    Month,
    /// The hours of a week.
    Week,
    /// A month's events, one after the other.
    Agenda,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How days are laid out.
    pub mode: Mode,
    /// A day that is in sight.
    pub day: Date,
    /// The day that weeks begin with.
    pub first: Weekday,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Month, Self::Week, Self::Agenda];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "Month",
            Self::Week => "Week",
            Self::Agenda => "Agenda",
        }
    }
}

impl Look {
    /// The first day that is in sight, and how many there are. A month's weeks are whole.
    #[must_use]
    pub fn days(&self) -> (Date, usize) {
        let month = self.day.first_of_month();
        let next = month.plus_months(1);
        match self.mode {
            Mode::Week => (self.day.first_of_week(self.first), 7),
            Mode::Agenda => (month, next.days_since(month) as usize),
            Mode::Month => {
                let first = month.first_of_week(self.first);
                let last = next.plus_days(-1).first_of_week(self.first);
                (first, last.days_since(first) as usize + 7)
            }
        }
    }

    /// From when to when that is.
    #[must_use]
    pub fn span(&self) -> (Local, Local) {
        let (first, days) = self.days();
        (first.start(), first.plus_days(days as i32).start())
    }

    /// The next part, or, with -1, the one before.
    #[must_use]
    pub fn moved(self, by: i32) -> Self {
        let day = match self.mode {
            Mode::Week => self.day.plus_days(7 * by),
            Mode::Month | Mode::Agenda => self.day.first_of_month().plus_months(by),
        };
        // As far as four digits reach.
        let (year, ..) = day.parts();
        if (1..=9_998).contains(&year) {
            Self { day, ..self }
        } else {
            self
        }
    }

    /// Where an arrow leads.
    #[must_use]
    pub fn step(self, key: &str) -> Option<Self> {
        match key {
            "ArrowLeft" => Some(self.moved(-1)),
            "ArrowRight" => Some(self.moved(1)),
            _ => None,
        }
    }

    /// What a key means, if anything.
    #[must_use]
    pub fn key(self, key: &str, today: Date) -> Option<Self> {
        let mode = |mode| Some(Self { mode, ..self });
        match key {
            "t" => Some(Self { day: today, ..self }),
            "m" => mode(Mode::Month),
            "w" => mode(Mode::Week),
            "a" => mode(Mode::Agenda),
            key => self.step(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(mode: Mode, day: &str) -> Look {
        let day = Date::parse(day).unwrap();
        Look {
            mode,
            day,
            first: Weekday::MONDAY,
        }
    }

    #[test]
    fn a_month_is_whole_weeks() {
        let days = |day| {
            let (first, days) = look(Mode::Month, day).days();
            (first.text(), days)
        };
        assert_eq!(days("2026-02-14"), ("2026-01-26".to_owned(), 35));
        // Begins on a Monday and has 28 days.
        assert_eq!(days("2027-02-01"), ("2027-02-01".to_owned(), 28));
        assert_eq!(days("2026-08-31"), ("2026-07-27".to_owned(), 42));
    }

    #[test]
    fn keys_lead_where_buttons_do() {
        let today = Date::parse("2026-11-21").unwrap();
        let look = look(Mode::Month, "2026-01-31");
        assert_eq!(
            look.key("ArrowRight", today).unwrap().day.text(),
            "2026-02-01"
        );
        assert_eq!(
            look.key("ArrowLeft", today).unwrap().day.text(),
            "2025-12-01"
        );
        assert_eq!(look.key("t", today).unwrap().day, today);
        assert_eq!(look.key("w", today).unwrap().days().0.text(), "2026-01-26");
        assert_eq!(look.key("x", today), None);
    }

    proptest! {
        #[test]
        fn the_day_is_in_sight_and_moving_back_leads_back(days in -700_000_i32..2_900_000, first in 1_u8..=7, by in -20_i32..20) {
            let day = Date::parse("1970-01-01").unwrap().plus_days(days);
            for mode in Mode::ALL {
                let look = Look { mode, day, first: Weekday::iso(first).unwrap() };
                let (from, count) = look.days();
                prop_assert!((0..count as i32).contains(&day.days_since(from)));
                let there = look.moved(by);
                if there != look {
                    let back = there.moved(-by);
                    prop_assert!(back == there || back.days() == look.days());
                }
            }
        }
    }
}
