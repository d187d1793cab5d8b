//! Creating, changing and deleting events, by whichever road the wish came.
//!
//! Ids are given from a counter in the user's row. Its next value, the event and the claim of the sender's token are one
//! conditional transaction: whoever was overtaken looks again, so there is neither a gap nor a clash.

use serde_json::{Map, Value, json};

use super::check::{self, Fault, Faults};
use super::model::{Event, EventId, UserId, key};
use super::{CALENDARS, EVENTS};
use crate::api::{Caller, FieldError};
use crate::event::HandlerError;
use crate::input::{condition_failed, too_busy};
use crate::ports::{Action, Condition, PortError, Ports, Tables, Write};
use crate::retry::Tries;
use crate::tokens::{Claim, Known, Token};

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// What was sent is wrong.
    Invalid(Faults),
    /// The event is not there, or one is there already.
    NotThere(Fault),
    /// Somebody else has changed the event meanwhile.
    Overtaken(Fault),
    /// Too many wrote at once; to be sent again.
    Busy,
    /// Something broke.
    Failed(String),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl From<Faults> for Refused {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<HandlerError> for Refused {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Refused> for FieldError {
    fn from(refused: Refused) -> Self {
        let words = |fault: &Fault| format!("{}: {}", fault.field, fault.message);
        match refused {
            Refused::Invalid(faults) => Self {
                error_type: "BadRequestException",
                message: faults.iter().map(words).collect::<Vec<_>>().join("; "),
            },
            Refused::NotThere(fault) | Refused::Overtaken(fault) => condition_failed(words(&fault)),
            Refused::Busy => too_busy(),
            Refused::Failed(message) => Self {
                error_type: "InternalFailure",
                message,
            },
        }
    }
}

/// Creates an event from the fields of a request. The same token again: the event as it was created.
pub(super) async fn create<P: Ports>(
    ports: &P,
    caller: &Caller,
    fields: &Map<String, Value>,
) -> Result<Value, Refused> {
    let user = check::user(fields)?;
    let wanted = check::id(fields)?;
    let content = check::content(fields, None)?;
    let token = token(caller, "calendar/create", fields)?;
    let mut tries = Tries::default();
    loop {
        let claim = match look(ports, token.as_ref()).await? {
            Ok(claim) => claim,
            Err(result) => return Ok(result),
        };
        let last = last_id(ports, user).await?;
        let id = EventId(last.0 + 1);
        if let Some(wanted) = wanted.filter(|wanted| *wanted != id) {
            return Err(if wanted < id {
                let message = format!("event {} of user {} was there before", wanted.0, user.0);
                Refused::NotThere(Fault::new("id", message))
            } else {
                let message = format!("must be {}, the next one, or left out", id.0);
                Fault::new("id", message).into()
            });
        }
        let event = Event {
            user_id: user,
            id,
            content: content.clone(),
            revision: 1,
        };
        let writes = vec![count(user, last, id), put(&event, Condition::Absent)?];
        if done(ports, writes, claim, &event, &mut tries).await? {
            return Ok(json!(event));
        }
    }
}

/// Changes an event; what the request leaves out stays as it is. A request that says which revision it changes is
/// refused if that is no longer the newest. A change that changes nothing writes nothing.
pub(super) async fn update<P: Ports>(
    ports: &P,
    caller: &Caller,
    fields: &Map<String, Value>,
) -> Result<Value, Refused> {
    let (user, id) = (check::user(fields)?, check::needed_id(fields)?);
    let token = token(caller, "calendar/update", fields)?;
    let mut tries = Tries::default();
    loop {
        let claim = match look(ports, token.as_ref()).await? {
            Ok(claim) => claim,
            Err(result) => return Ok(result),
        };
        let before = event(ports, user, id).await?;
        not_overtaken(fields, &before)?;
        let content = check::content(fields, Some(&before.content))?;
        if content == before.content {
            return Ok(json!(before));
        }
        let event = Event {
            content,
            revision: before.revision + 1,
            ..before
        };
        let writes = vec![put(
            &event,
            Condition::Equals("revision", before.revision.into()),
        )?];
        if done(ports, writes, claim, &event, &mut tries).await? {
            return Ok(json!(event));
        }
    }
}

/// Deletes an event, and returns it as it was last, with the revision of its end.
pub(super) async fn delete<P: Ports>(
    ports: &P,
    caller: &Caller,
    fields: &Map<String, Value>,
) -> Result<Value, Refused> {
    let (user, id) = (check::user(fields)?, check::needed_id(fields)?);
    let token = token(caller, "calendar/delete", fields)?;
    let mut tries = Tries::default();
    loop {
        let claim = match look(ports, token.as_ref()).await? {
            Ok(claim) => claim,
            Err(result) => return Ok(result),
        };
        let before = event(ports, user, id).await?;
        not_overtaken(fields, &before)?;
        let writes = vec![Write {
            table: &EVENTS,
            key: before.key(),
            action: Action::Delete,
            condition: Condition::Equals("revision", before.revision.into()),
        }];
        let ended = before.ended();
        if done(ports, writes, claim, &ended, &mut tries).await? {
            return Ok(json!(ended));
        }
    }
}

fn token(
    caller: &Caller,
    operation: &str,
    fields: &Map<String, Value>,
) -> Result<Option<Token>, Refused> {
    Token::read(caller, operation, fields.get("token")).map_err(|error| {
        let message = error.message.trim_start_matches("token: ").to_owned();
        Fault::new("token", message).into()
    })
}

/// The right to use the token, if there is one and it is free; else what came of it when it was used.
async fn look<P: Ports>(
    ports: &P,
    token: Option<&Token>,
) -> Result<Result<Option<Claim>, Value>, Refused> {
    let Some(token) = token else {
        return Ok(Ok(None));
    };
    Ok(match token.look(ports).await? {
        Known::Free(claim) => Ok(Some(claim)),
        Known::Result(result) => Err(result),
        // The result is kept with the claim, in one transaction.
        Known::Used => return Err(Refused::Failed("a token without its result".to_owned())),
    })
}

/// Carries the writes out together with the token's claim. Says whether they are done: if not, somebody else was
/// faster, and it is time to look again.
async fn done<P: Ports>(
    ports: &P,
    mut writes: Vec<Write>,
    claim: Option<Claim>,
    event: &Event,
    tries: &mut Tries,
) -> Result<bool, Refused> {
    writes.extend(claim.map(|claim| claim.write(Some(json!(event)))));
    match ports.transact(writes).await {
        Ok(()) => Ok(true),
        Err(PortError::Condition(_) | PortError::Conflict) => {
            if tries.again(ports).await {
                Ok(false)
            } else {
                Err(Refused::Busy)
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The last id that a user's events were given. Only users that there are have one.
async fn last_id<P: Tables>(ports: &P, user: UserId) -> Result<EventId, Refused> {
    let row = ports.get(&CALENDARS, &user.0.to_string()).await?;
    let Some(row) = row else {
        return Err(Fault::new("user_id", format!("there is no user {}", user.0)).into());
    };
    let last = row.get("last").and_then(Value::as_i64);
    let last = last.and_then(|last| i32::try_from(last).ok());
    last.map(EventId)
        .ok_or_else(|| Refused::Failed(format!("the calendar of user {} does not read", user.0)))
}

fn count(user: UserId, last: EventId, next: EventId) -> Write {
    Write {
        table: &CALENDARS,
        key: user.0.to_string(),
        action: Action::Put(calendar(user, next)),
        condition: Condition::Equals("last", last.0.into()),
    }
}

/// A user's row.
pub(super) fn calendar(user: UserId, last: EventId) -> Map<String, Value> {
    Map::from_iter([
        ("user".to_owned(), user.0.to_string().into()),
        ("last".to_owned(), last.0.into()),
    ])
}

/// The write of an event.
pub(super) fn put(event: &Event, condition: Condition) -> Result<Write, HandlerError> {
    Ok(Write {
        table: &EVENTS,
        key: event.key(),
        action: Action::Put(event.to_row()?),
        condition,
    })
}

async fn event<P: Tables>(ports: &P, user: UserId, id: EventId) -> Result<Event, Refused> {
    if let Some(row) = ports.get(&EVENTS, &key(user, id)).await? {
        return Ok(Event::from_row(row)?);
    }
    // Who is not there is told before what is not.
    last_id(ports, user).await?;
    let message = format!("there is no event {} of user {}", id.0, user.0);
    Err(Refused::NotThere(Fault::new("id", message)))
}

fn not_overtaken(fields: &Map<String, Value>, event: &Event) -> Result<(), Refused> {
    let seen = check::revision(fields)?;
    match seen.filter(|seen| u32::try_from(*seen) != Ok(event.revision)) {
        None => Ok(()),
        Some(seen) => {
            let message = format!(
                "the event has been changed meanwhile: it is at revision {}, not {seen}",
                event.revision
            );
            Err(Refused::Overtaken(Fault::new("revision", message)))
        }
    }
}
