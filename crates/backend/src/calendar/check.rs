//! What may be written into an event. The page's form says the same before it sends, in the same words
//! (`src/calendar/form.rs`).

use serde::Serialize;
use serde_json::{Map, Value};

use super::model::{Content, EventId, Local, UserId};

/// As many characters (Unicode scalar values) as a name or a place may have.
const LONGEST: usize = 200;
const NO_TIME: &str = "is not a date and time that exists";
const TOO_LONG: &str = "must have at most 200 characters";
const NO_TEXT: &str = "must be a text";

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// Its name in the request.
    pub(super) field: &'static str,
    /// The words, to be read after the field's name.
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { field, message }
    }
}

/// Everything that is wrong with a request, in the order of the fields.
pub(super) type Faults = Vec<Fault>;

/// What is to be written: the fields of a request; those that it leaves out as they are in the event that is known.
pub(super) fn content(
    fields: &Map<String, Value>,
    known: Option<&Content>,
) -> Result<Content, Faults> {
    let mut faults = Faults::new();
    let mut field = Fields {
        fields,
        faults: &mut faults,
    };
    let name = field.text("name", known.map(|known| known.name.clone()));
    if let Some("") = name.as_deref() {
        field.wrong("name", "must not be empty");
    }
    let start = field.moment("dt_start", known.map(|known| known.dt_start));
    let end = field.moment("dt_end", known.map(|known| known.dt_end));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        field.wrong("dt_end", "must not be before the start");
    }
    let unsaid = known.map_or(Some(String::new()), |known| {
        Some(known.location.clone().unwrap_or_default())
    });
    let location = field.text("location", unsaid);
    match (name, start, end, location) {
        (Some(name), Some(dt_start), Some(dt_end), Some(location)) if faults.is_empty() => {
            Ok(Content {
                name,
                dt_start,
                dt_end,
                location: Some(location).filter(|location| !location.is_empty()),
            })
        }
        _ => Err(faults),
    }
}

/// The user that a request is about.
pub(super) fn user(fields: &Map<String, Value>) -> Result<UserId, Fault> {
    number(fields, "user_id").and_then(|user| {
        user.map(UserId)
            .ok_or_else(|| Fault::new("user_id", "must be the number of a user"))
    })
}

/// The event that a request is about, if it says so.
pub(super) fn id(fields: &Map<String, Value>) -> Result<Option<EventId>, Fault> {
    Ok(number(fields, "id")?.map(EventId))
}

/// The event that a request has to be about.
pub(super) fn needed_id(fields: &Map<String, Value>) -> Result<EventId, Fault> {
    id(fields)?.ok_or_else(|| Fault::new("id", "must be the number of an event"))
}

/// The revision that whoever writes has seen, if it says so.
pub(super) fn revision(fields: &Map<String, Value>) -> Result<Option<i32>, Fault> {
    number(fields, "revision")
}

fn number(fields: &Map<String, Value>, name: &'static str) -> Result<Option<i32>, Fault> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            let number = number.filter(|number| *number > 0);
            number
                .map(Some)
                .ok_or_else(|| Fault::new(name, "must be a whole number above 0"))
        }
    }
}

struct Fields<'a> {
    fields: &'a Map<String, Value>,
    faults: &'a mut Faults,
}

impl Fields<'_> {
    fn wrong(&mut self, field: &'static str, message: &str) {
        self.faults.push(Fault::new(field, message));
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A text without the space around it; nothing where it is wrong. A text that nobody gave is empty.
    fn text(&mut self, name: &'static str, known: Option<String>) -> Option<String> {
        let text = match self.given(name) {
            None => return Some(known.unwrap_or_default()),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(_) => {
                self.wrong(name, NO_TEXT);
                return None;
            }
        };
        if text.chars().count() > LONGEST {
            self.wrong(name, TOO_LONG);
            return None;
        }
        Some(text)
    }

    fn moment(&mut self, name: &'static str, known: Option<Local>) -> Option<Local> {
        let moment = match self.given(name) {
            None => known,
            Some(value) => value.as_str().and_then(Local::parse),
        };
        if moment.is_none() {
            self.wrong(name, NO_TIME);
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(changed: Value) -> Map<String, Value> {
        let mut fields = json!({
            "name": "Film night",
            "dt_start": "2026-02-02T20:00:00",
            "dt_end": "2026-02-02T22:00:00",
            "location": "Room 2",
        });
        if let (Some(fields), Value::Object(changed)) = (fields.as_object_mut(), changed) {
            fields.extend(changed);
            fields.retain(|_, value| !value.is_null());
        }
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn what_is_wrong_is_told_field_by_field() {
        let long = "x".repeat(201);
        for (changed, faults) in [
            (json!({}), vec![]),
            (json!({"name": "x".repeat(200)}), vec![]),
            (json!({"name": "é".repeat(200)}), vec![]),
            (json!({"name": format!("  {}  ", "x".repeat(200))}), vec![]),
            (json!({"location": null}), vec![]),
            (json!({"dt_end": "2026-02-02T20:00:00"}), vec![]),
            (json!({"dt_start": "2024-02-29T20:00"}), vec![]),
            (json!({"name": ""}), vec![("name", "must not be empty")]),
            (
                json!({"name": " \t\n"}),
                vec![("name", "must not be empty")],
            ),
            (json!({"name": null}), vec![("name", "must not be empty")]),
            (json!({"name": 7}), vec![("name", NO_TEXT)]),
            (json!({"name": long}), vec![("name", TOO_LONG)]),
            (json!({"location": long}), vec![("location", TOO_LONG)]),
            (json!({"location": ["Room 2"]}), vec![("location", NO_TEXT)]),
            (
                json!({"dt_end": "2026-02-02T19:59:59"}),
                vec![("dt_end", "must not be before the start")],
            ),
            (
                // Earlier by the clock's hand and later by the calendar's, and the other way round.
                json!({"dt_start": "2026-02-02T23:00:00", "dt_end": "2026-02-03T01:00:00"}),
                vec![],
            ),
            (
                json!({"dt_start": "2026-02-03T01:00:00", "dt_end": "2026-02-02T23:00:00"}),
                vec![("dt_end", "must not be before the start")],
            ),
            (
                json!({"dt_start": "2026-02-29T20:00:00"}),
                vec![("dt_start", NO_TIME)],
            ),
            (
                json!({"dt_start": "2100-02-29T20:00:00"}),
                vec![("dt_start", NO_TIME)],
            ),
            (
                json!({"dt_end": "2026-06-31T20:00:00"}),
                vec![("dt_end", NO_TIME)],
            ),
            (
                json!({"dt_start": null, "dt_end": 5}),
                vec![("dt_start", NO_TIME), ("dt_end", NO_TIME)],
            ),
            (
                json!({"name": "", "dt_start": "soon", "location": long}),
                vec![
                    ("name", "must not be empty"),
                    ("dt_start", NO_TIME),
                    ("location", TOO_LONG),
                ],
            ),
        ] {
            let told = content(&fields(changed.clone()), None)
                .err()
                .unwrap_or_default();
            let told: Vec<_> = told
                .iter()
                .map(|fault| (fault.field, &*fault.message))
                .collect();
            assert_eq!(told, faults, "{changed}");
        }
    }

    #[test]
    fn what_is_left_out_stays() {
        let before = content(&fields(json!({})), None).unwrap();
        let change = |changed: Value| {
            let fields = serde_json::from_value(changed).unwrap();
            content(&fields, Some(&before))
        };
        assert_eq!(change(json!({})).unwrap(), before);
        let moved = change(json!({"dt_end": "2026-02-02T23:00"})).unwrap();
        assert_eq!(moved.dt_end.to_string(), "2026-02-02T23:00:00");
        assert_eq!(moved.name, before.name);
        assert_eq!(change(json!({"location": " "})).unwrap().location, None);
        let early = change(json!({"dt_end": "2026-02-02T19:00"})).unwrap_err();
        assert_eq!(early[0].field, "dt_end");
        assert_eq!(change(json!({"name": " "})).unwrap_err()[0].field, "name");
    }

    #[test]
    fn numbers_are_whole_and_above_nought() {
        let fields = |user: Value| serde_json::from_value(json!({"user_id": user})).unwrap();
        assert_eq!(user(&fields(json!(3))), Ok(UserId(3)));
        for wrong in [
            json!(null),
            json!("3"),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(3_000_000_000_u64),
        ] {
            assert_eq!(user(&fields(wrong)).unwrap_err().field, "user_id");
        }
    }
}
