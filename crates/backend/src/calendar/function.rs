//! Behind the function's URL: `POST` creates, `PUT` changes, `DELETE` deletes; each takes JSON.
//!
//! | | body | answer |
//! |---|---|---|
//! | `POST` | `user_id`, `name`, `dt_start`, `dt_end`, `location`?, `token`? | the event |
//! | `PUT` | `user_id`, `id`, what is to change, `revision`?, `token`? | the event |
//! | `DELETE` | `user_id`, `id`, `revision`?, `token`? | the event as it was last, with the revision of its end |

use serde_json::{Map, Value, json};

use super::check::Fault;
use super::write::{self, Refused};
use crate::api::Caller;
use crate::ports::Ports;

/// What is to be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `POST`: create it.
    Create,
    /// `PUT`: change it.
    Update,
    /// `DELETE`: delete it.
    Delete,
}

/// What the function answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status: 200; 400 for what is wrong with the request, 404 for an event that is not there, 409 for one
    /// that was changed meanwhile, 503 where too many wrote at once and it is to be sent again.
    pub status: u16,
    /// The event, or `{"errors":[{"field","message"}]}`.
    pub body: Value,
}

/// Answers a call.
///
/// # Errors
/// What broke, for the log: the caller is told only that it did.
pub async fn on_call<P: Ports>(
    ports: &P,
    method: Method,
    body: &[u8],
    caller: &Caller,
) -> Result<Reply, String> {
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Ok(faulty(
            400,
            &[Fault::new("body", "must be an object in JSON")],
        ));
    };
    let done = match method {
        Method::Create => {
            // Ids are given here: whoever brings one along is told rather than not heard.
            if fields.get("id").is_some_and(|id| !id.is_null()) {
                let fault = Fault::new("id", "must be left out: events get theirs here");
                return Ok(faulty(400, &[fault]));
            }
            write::create(ports, caller, &fields).await
        }
        Method::Update => write::update(ports, caller, &fields).await,
        Method::Delete => write::delete(ports, caller, &fields).await,
    };
    match done {
        Ok(body) => Ok(Reply { status: 200, body }),
        Err(Refused::Invalid(faults)) => Ok(faulty(400, &faults)),
        Err(Refused::NotThere(fault)) => Ok(faulty(404, &[fault])),
        Err(Refused::Overtaken(fault)) => Ok(faulty(409, &[fault])),
        Err(Refused::Busy) => {
            let message =
                "too many are writing to this calendar at once: nothing was written, send it again";
            Ok(faulty(503, &[Fault::new("user_id", message)]))
        }
        Err(Refused::Failed(why)) => Err(why),
    }
}

fn faulty(status: u16, faults: &[Fault]) -> Reply {
    let body = json!({ "errors": faults });
    Reply { status, body }
}
