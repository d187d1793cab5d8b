//! An event while it is being written: what is typed, and what is wrong with it. The rules are the server's.

use super::model::Event;
use net::civil::when::{Date, Local};

/// As many characters as a name or a place may have.
pub const LONGEST: usize = 200;
const HOUR: i64 = 3_600;

/// The form's texts, as they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// What it is.
    pub name: String,
    /// When it begins, as the browser's field writes it: `2026-02-02T20:00`.
    pub start: String,
    /// When it ends.
    pub end: String,
    /// Where it is.
    pub location: String,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// [`Draft::name`].
    Name,
    /// [`Draft::start`].
    Start,
    /// [`Draft::end`].
    End,
    /// [`Draft::location`].
    Location,
}

/// What is wrong with a field, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field; none if it is about the whole.
    pub field: Option<Field>,
    /// The words.
    pub message: String,
}

/// What a complete form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Without space around it.
    pub name: String,
    /// When it begins.
    pub start: Local,
    /// When it ends.
    pub end: Local,
    /// Without space around it; may be empty.
    pub location: String,
}

impl Field {
    /// All of them, in the form's order.
    pub const ALL: [Self; 4] = [Self::Name, Self::Start, Self::End, Self::Location];

    /// Its name in requests and answers.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Start => "dt_start",
            Self::End => "dt_end",
            Self::Location => "location",
        }
    }

    /// What the form calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Start => "Start",
            Self::End => "End",
            Self::Location => "Place",
        }
    }

    /// The field of that key.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }
}

impl Draft {
    /// A new event: the next full hour, for an hour.
    #[must_use]
    pub fn at(now: Local) -> Self {
        let start = now.plus(HOUR - now.of_day().rem_euclid(HOUR));
        Self {
            start: typed(start),
            end: typed(start.plus(HOUR)),
            ..Self::default()
        }
    }

    /// An event to be changed.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            name: event.name.clone(),
            start: typed(event.start),
            end: typed(event.end),
            location: event.location.clone(),
        }
    }

    /// What a field holds.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Start => &self.start,
            Field::End => &self.end,
            Field::Location => &self.location,
        }
    }

    /// Somebody types. Who moves the start moves the end with it, unless that is before it: then the start is mended.
    pub fn type_in(&mut self, field: Field, text: String) {
        match field {
            Field::Name => self.name = text,
            Field::Location => self.location = text,
            Field::End => self.end = text,
            Field::Start => {
                let times = (
                    Local::parse(&self.start),
                    Local::parse(&self.end),
                    Local::parse(&text),
                );
                if let (Some(start), Some(end), Some(moved)) = times
                    && end >= start
                {
                    self.end = typed(end.plus(moved.since(start)));
                }
                self.start = text;
            }
        }
    }

    /// It is to be on this day: at the time that is written, or else in the morning.
    pub fn point_at(&mut self, day: Date) {
        let time = self.start.get(10..).filter(|time| !time.is_empty());
        let start = [&day.text(), time.unwrap_or("T09:00")].concat();
        self.type_in(Field::Start, start);
    }

    /// What it says, or all that is wrong with it, in the order of the fields.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<Wish, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fault = |field, message: &str| {
            let message = message.to_owned();
            faults.push(Fault {
                field: Some(field),
                message,
            });
        };
        let (name, location) = (self.name.trim(), self.location.trim());
        if name.is_empty() {
            fault(Field::Name, "must not be empty");
        } else if name.chars().count() > LONGEST {
            fault(Field::Name, "must have at most 200 characters");
        }
        let (start, end) = (Local::parse(&self.start), Local::parse(&self.end));
        const NO_TIME: &str = "is not a date and time that exists";
        if start.is_none() {
            fault(Field::Start, NO_TIME);
        }
        match (start, end) {
            (_, None) => fault(Field::End, NO_TIME),
            (Some(start), Some(end)) if end < start => {
                fault(Field::End, "must not be before the start");
            }
            _ => {}
        }
        if location.chars().count() > LONGEST {
            fault(Field::Location, "must have at most 200 characters");
        }
        match (start, end) {
            (Some(start), Some(end)) if faults.is_empty() => Ok(Wish {
                name: name.to_owned(),
                start,
                end,
                location: location.to_owned(),
            }),
            _ => Err(faults),
        }
    }
}

/// As the browser's field writes it: without seconds where there are none.
fn typed(moment: Local) -> String {
    let mut text = moment.text();
    if text.ends_with(":00") {
        text.truncate(16);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(name: &str, start: &str, end: &str, location: &str) -> Draft {
        Draft {
            name: name.to_owned(),
            start: start.to_owned(),
            end: end.to_owned(),
            location: location.to_owned(),
        }
    }

    fn faults(draft: &Draft) -> Vec<&'static str> {
        let faults = draft.check().err().unwrap_or_default();
        faults
            .into_iter()
            .filter_map(|fault| Some(fault.field?.key()))
            .collect()
    }

    #[test]
    fn a_new_event_begins_at_the_next_full_hour() {
        let draft = Draft::at(Local::parse("2026-12-31T23:40:05").unwrap());
        assert_eq!(
            (draft.start.as_str(), draft.end.as_str()),
            ("2027-01-01T00:00", "2027-01-01T01:00")
        );
        assert_eq!(faults(&draft), ["name"]);
    }

    #[test]
    fn the_end_follows_the_start() {
        let mut draft = draft("Walk", "2026-02-02T20:00", "2026-02-02T21:30", "");
        draft.type_in(Field::Start, "2026-02-03T08:15".to_owned());
        assert_eq!(draft.end, "2026-02-03T09:45");
        draft.type_in(Field::Start, String::new());
        draft.type_in(Field::Start, "2026-02-04T08:00".to_owned());
        assert_eq!(draft.end, "2026-02-03T09:45", "from nowhere it does not");
        assert_eq!(faults(&draft), ["dt_end"]);
    }

    #[test]
    fn an_end_before_the_start_is_mended_by_either() {
        let mut draft = draft("Walk", "2026-02-02T20:00", "2026-02-02T19:00", "");
        assert_eq!(faults(&draft), ["dt_end"]);
        draft.type_in(Field::Start, "2026-02-02T18:00".to_owned());
        assert_eq!(
            (draft.end.as_str(), faults(&draft)),
            ("2026-02-02T19:00", vec![])
        );
        // From then on it follows again.
        draft.type_in(Field::Start, "2026-02-02T18:30".to_owned());
        assert_eq!(draft.end, "2026-02-02T19:30");
    }

    #[test]
    fn a_day_that_is_pointed_at_keeps_the_time_that_is_written() {
        let day = Date::parse("2026-02-10").unwrap();
        let mut draft = draft("Walk", "2026-02-02T20:15", "2026-02-02T21:00", "");
        draft.point_at(day);
        assert_eq!(
            (draft.start.as_str(), draft.end.as_str()),
            ("2026-02-10T20:15", "2026-02-10T21:00")
        );
        draft.type_in(Field::Start, String::new());
        draft.point_at(day.plus_days(1));
        assert_eq!(draft.start, "2026-02-11T09:00", "else it is in the morning");
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let (from, to) = ("2026-02-02T20:00", "2026-02-02T21:00");
        assert_eq!(faults(&draft("Walk", from, to, "")), [""; 0]);
        assert_eq!(
            faults(&draft("Walk", from, from, "")),
            [""; 0],
            "it may take no time"
        );
        assert_eq!(
            faults(&draft("  ", "", "", &"x".repeat(201))),
            ["name", "dt_start", "dt_end", "location"]
        );
        assert_eq!(
            faults(&draft(&"é".repeat(200), "2025-02-29T20:00", to, "")),
            ["dt_start"]
        );
        assert_eq!(faults(&draft(&"é".repeat(201), from, to, "")), ["name"]);
        assert_eq!(
            faults(&draft("Walk", from, "2026-02-01T23:59", "")),
            ["dt_end"]
        );
        let wish = draft(" Walk ", from, to, " Park\n").check().unwrap();
        assert_eq!(
            (wish.name.as_str(), wish.location.as_str()),
            ("Walk", "Park")
        );
    }
}
