//! What a document hands to the services and leaves to a deployment to fill in: whatever of it this cloud would not do
//! is refused when the document is read, rather than left out when it runs.

use serde_json::{Map, Value};

use super::machines::Resource;

/// What `sns:publish` is told, all of it texts. Source: Amazon SNS API reference, `Publish`, as far as topics here go.
pub(super) const PUBLISH: [&str; 3] = ["TopicArn", "Subject", "Message"];
/// What `events:putEvents` is told. Source: Amazon EventBridge API reference, `PutEvents`.
pub(super) const PUT_EVENTS: [&str; 1] = ["Entries"];
/// And of each entry. Source: the same, `PutEventsRequestEntry`, as far as the bus here goes.
pub(super) const ENTRY: [&str; 4] = ["Source", "DetailType", "Detail", "EventBusName"];

/// Checks a document that is one (`states` has parsed it); `resource` says what a task calls.
///
/// # Errors
/// The place, and what is not known there.
pub(super) fn check<'a>(
    document: &'a Value,
    resource: impl Fn(&'a str) -> Option<Resource<'a>>,
) -> Result<(), String> {
    filled_in(document, "")?;
    for (name, state) in document["States"].as_object().into_iter().flatten() {
        let called = state["Resource"].as_str().and_then(&resource);
        let at = format!("/States/{name}/Parameters");
        match called {
            Some(Resource::Publish) => {
                named(&state["Parameters"], &at, &PUBLISH)?;
            }
            Some(Resource::PutEvents) => {
                let parameters = named(&state["Parameters"], &at, &PUT_EVENTS)?;
                let entries = parameters.get("Entries").and_then(Value::as_array);
                for (number, entry) in entries.into_iter().flatten().enumerate() {
                    named(entry, &format!("{at}/Entries/{number}"), &ENTRY)?;
                }
            }
            Some(Resource::Function(_)) | None => {}
        }
    }
    Ok(())
}

/// The members of an object, all of them known; one whose name ends in `.$` takes its value when the document runs.
fn named<'a>(value: &'a Value, at: &str, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let members = value
        .as_object()
        .ok_or_else(|| format!("{at} has to name {}", known.join(", ")))?;
    match unknown(members, known) {
        Some(name) => Err(format!("{at}/{name} is not known to this cloud")),
        None => Ok(members),
    }
}

/// A member that is none of these.
pub(super) fn unknown<'a>(members: &'a Map<String, Value>, known: &[&str]) -> Option<&'a str> {
    let mut names = members.keys().map(String::as_str);
    names.find(|name| !known.contains(&name.strip_suffix(".$").unwrap_or(name)))
}

/// Whether a deployment would have filled in everything: only a task's function keeps the name that it has here.
fn filled_in(value: &Value, at: &str) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains("${") && !at.ends_with("/Resource") => {
            Err(format!("{at}: nobody fills in {text:?}"))
        }
        Value::Object(members) => members
            .iter()
            .try_for_each(|(name, value)| filled_in(value, &format!("{at}/{name}"))),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(number, value)| filled_in(value, &format!("{at}/{number}"))),
        _ => Ok(()),
    }
}
