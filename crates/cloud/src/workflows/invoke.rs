//! What a workflow's task calls: a function of the backend, or what this cloud does itself.

use backend::event::{EventId, HandlerError, NewEvent};
use rusqlite::Transaction;
use serde_json::{Value, json};
use states::{Event, Output, Token};

use super::machines::{Resource, StateMachine};
use super::parameters;
use crate::bus::{self, Entry};
use crate::pump::guarded;
use crate::settings::BUS;
use crate::store::StoreError;
use crate::topics::{self, Publication};
use crate::world::World;

/// The errors' names that documents know. A handler that says to try again is out of reach for now; what it can never
/// do, it refuses.
const UNAVAILABLE: &str = "Unavailable";
const REFUSED: &str = "Refused";

/// What a call came to, or is to come to within the transaction of its step.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing has happened: there is something to wait for.
    Wait,
    /// This has happened.
    Event(Event),
    /// A message is to be published to a topic.
    Publish {
        token: Token,
        publication: Publication,
    },
    /// Events are to be put on the bus.
    Put { token: Token, events: Vec<NewEvent> },
}

/// Calls what a task calls, unless it has run out of time.
pub(super) async fn call(world: &World, machine: &StateMachine, output: Output) -> Answer {
    let Output::Invoke {
        token,
        resource,
        payload,
        deadline,
    } = output
    else {
        return Answer::Wait;
    };
    let failed = |error: &str, cause: String| {
        Answer::Event(Event::Failed {
            token,
            error: error.to_owned(),
            cause,
        })
    };
    let function = match machine.resource(&resource) {
        Some(Resource::Function(function)) => function,
        Some(Resource::Publish) => {
            return match publication(&payload) {
                Ok(publication) => Answer::Publish { token, publication },
                Err(cause) => failed("SNS.InvalidParameterException", cause),
            };
        }
        Some(Resource::PutEvents) => {
            return match events(&payload) {
                Ok(events) => Answer::Put { token, events },
                Err(cause) => failed("EventBridge.FailedEntry", cause),
            };
        }
        None => return failed(REFUSED, format!("nobody knows the resource {resource}")),
    };
    let called = backend::workflow::call(world, machine.workflow, function, &payload);
    let called = guarded(called);
    let result = match deadline {
        None => called.await,
        Some(deadline) => {
            let left = deadline - world.surroundings.now();
            let left = left.try_into().unwrap_or_default();
            match tokio::time::timeout(left, called).await {
                Ok(result) => result,
                Err(_) => return Answer::Event(Event::Woken),
            }
        }
    };
    answered(token, result)
}

/// What a function's answer is to the document.
pub(super) fn answered(token: Token, result: Result<Value, HandlerError>) -> Answer {
    let (error, cause) = match result {
        Ok(result) => return Answer::Event(Event::Returned { token, result }),
        Err(HandlerError::Retry(cause)) => (UNAVAILABLE, cause),
        Err(HandlerError::Dead(cause)) => (REFUSED, cause),
    };
    Answer::Event(Event::Failed {
        token,
        error: error.to_owned(),
        cause,
    })
}

/// Does what is to be done within the transaction of a step, and says what has happened.
pub(super) fn carry_out(
    tx: &Transaction<'_>,
    world: &World,
    answer: Answer,
) -> Result<Option<Event>, StoreError> {
    let surroundings = &world.surroundings;
    Ok(Some(match answer {
        Answer::Wait => return Ok(None),
        Answer::Event(event) => event,
        Answer::Publish { token, publication } => {
            let id = surroundings.uuid();
            match topics::publish(tx, &publication, &id, surroundings.now_millis())? {
                Ok(()) => Event::Returned {
                    token,
                    result: json!({ "MessageId": id }),
                },
                Err(refused) => Event::Failed {
                    token,
                    error: refused.error.to_owned(),
                    cause: refused.cause,
                },
            }
        }
        Answer::Put { token, events } => {
            let ids = bus::accept_in(tx, events, world.settings.disorder, surroundings)?;
            let id = |EventId(id): EventId| json!({ "EventId": id });
            let entries: Vec<_> = ids.into_iter().map(id).collect();
            Event::Returned {
                token,
                result: json!({ "FailedEntryCount": 0, "Entries": entries }),
            }
        }
    }))
}

/// What is to be published; what is no text there is none that anybody could be told.
fn publication(payload: &Value) -> Result<Publication, String> {
    let text = |name: &str| match &payload[name] {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        other => Err(format!("{name} has to be a text, not {other}")),
    };
    Ok(Publication {
        topic: text("TopicArn")?,
        subject: text("Subject")?,
        message: text("Message")?,
    })
}

/// The events of a `PutEvents`, all or none; a detail may be an object, which the service writes as text.
fn events(payload: &Value) -> Result<Vec<NewEvent>, String> {
    let entries = payload["Entries"].as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=bus::MAX_ENTRIES).contains(&entries.len()) {
        let (most, many) = (bus::MAX_ENTRIES, entries.len());
        return Err(format!("1 to {most} entries, not {many}"));
    }
    let event = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        // The document may have taken it from its input, where nobody could look before.
        let members = entry.as_object().ok_or("an entry has to be an object")?;
        if let Some(name) = parameters::unknown(members, &parameters::ENTRY) {
            return Err(format!("an entry's {name} is not known to this cloud"));
        }
        if let Some(bus) = entry["EventBusName"].as_str().filter(|bus| *bus != BUS) {
            return Err(format!("there is no bus {bus:?}"));
        }
        let detail = match &entry["Detail"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let entry = Entry {
            source: text("Source"),
            detail_type: text("DetailType"),
            detail,
        };
        entry.parse().map_err(|refused| refused.to_string())
    };
    entries.iter().map(event).collect()
}
