//! The chat.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::Duration;

use super::rows::is_passed_by;
use super::{MESSAGES, NEWEST, SPEAKERS};
use crate::api::{Caller, FieldError, IdentityId, Role, bad_request};
use crate::event::HandlerError;
use crate::ids;
use crate::input::too_busy;
use crate::json::{from_map, to_map};
use crate::moment::Moment;
use crate::paging::{self, Limits};
use crate::ports::{Action, Condition, Ports, Query, Write};
use crate::retry::Tries;
use crate::tokens::{Known, Token};

/// Characters (Unicode scalar values) of a message, after trimming.
const LONGEST_MESSAGE: usize = 500;
/// Characters of a name, after trimming.
const LONGEST_NAME: usize = 40;
/// So many messages may a guest send within [`WINDOW`].
const MOST: usize = 5;
const WINDOW: Duration = Duration::seconds(5);
/// How long messages can be listed.
const KEPT: Duration = Duration::DAY;
/// The listing's one partition.
const LISTING: &str = "messages";
const LIMITS: Limits = Limits {
    default: 50,
    greatest: 100,
};

/// A message as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    name: Option<String>,
    message: String,
    sent_at: Moment,
}

impl Message {
    /// Never changes, unique, the newest greatest.
    fn listed_as(&self) -> String {
        format!("{}#{}", self.sent_at, self.id)
    }

    fn expires_at(&self) -> i64 {
        (self.sent_at.0 + KEPT).unix_timestamp()
    }

    fn write(&self) -> Result<Write, HandlerError> {
        let mut row = to_map(self)?;
        row.insert("listing".to_owned(), LISTING.into());
        row.insert("listedAs".to_owned(), self.listed_as().into());
        row.insert("expiresAt".to_owned(), self.expires_at().into());
        Ok(Write {
            table: &MESSAGES,
            key: self.id.clone(),
            action: Action::Put(row),
            condition: Condition::Absent,
        })
    }
}

/// When a guest said something lately.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Speaker {
    identity: String,
    /// At most [`MOST`], the newest last.
    said: Vec<Moment>,
    /// Grows with each message.
    revision: u64,
    expires_at: i64,
}

impl Speaker {
    /// Says one more.
    ///
    /// # Errors
    /// `RateLimited` where it is one too many.
    fn saying(mut self, now: Moment) -> Result<Self, FieldError> {
        self.said.retain(|at| now.0 - at.0 < WINDOW);
        if let Some(first) = self.said.first().filter(|_| self.said.len() >= MOST) {
            let wait = WINDOW - (now.0 - first.0);
            let seconds = wait.whole_milliseconds().div_euclid(1000) + 1;
            return Err(FieldError {
                error_type: "RateLimited",
                message: format!(
                    "{MOST} messages in {} seconds are enough: write on in {seconds} s",
                    WINDOW.whole_seconds()
                ),
            });
        }
        self.said.push(now);
        self.revision += 1;
        self.expires_at = (now.0 + WINDOW).unix_timestamp() + 1;
        Ok(self)
    }
}

/// Says something. The same token again: the message as it was.
pub(super) async fn create<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    let message = text(arguments.get("message"))?;
    let name = name(arguments.get("name"))?;
    let token = Token::read(caller, "movies/createMessage", arguments.get("token"))?;
    let mut tries = Tries::default();
    loop {
        let claim = match &token {
            None => None,
            Some(token) => match token.look(ports).await? {
                Known::Result(result) => return Ok(result),
                Known::Free(claim) => Some(claim),
                // Never: here the result is kept with the claim.
                Known::Used => None,
            },
        };
        let sent_at = Moment::from(ports.now());
        let message = Message {
            id: ids::ksuid(ports),
            name: name.clone(),
            message: message.clone(),
            sent_at,
        };
        let result = json!(message);
        let mut writes = vec![message.write()?];
        writes.extend(claim.map(|claim| claim.write(Some(result.clone()))));
        writes.extend(turn(ports, caller, sent_at).await?);
        match ports.transact(writes).await {
            Ok(()) => return Ok(result),
            Err(error) if is_passed_by(&error) => {
                if !tries.again(ports).await {
                    return Err(too_busy());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The write by which a guest takes its turn; the backend needs none.
async fn turn<P: Ports>(
    ports: &P,
    caller: &Caller,
    now: Moment,
) -> Result<Option<Write>, FieldError> {
    if caller.role != Role::Guest {
        return Ok(None);
    }
    let identity = caller.identity.clone();
    let IdentityId(identity) = identity.unwrap_or_else(|| IdentityId("guest".to_owned()));
    let row = ports.get(&SPEAKERS, &identity).await?;
    let before = row
        .map(|row| from_map::<Speaker>(row, "speaker"))
        .transpose()?;
    let condition = before.as_ref().map_or(Condition::Absent, |before| {
        Condition::Equals("revision", before.revision.into())
    });
    let speaker = before.unwrap_or_else(|| Speaker {
        identity: identity.clone(),
        ..Speaker::default()
    });
    Ok(Some(Write {
        table: &SPEAKERS,
        key: identity,
        action: Action::Put(to_map(&speaker.saying(now)?)?),
        condition,
    }))
}

/// What may be said: text of any script, with line feeds and tabs and no other control character. What it looks like
/// is none of the server's business: it is kept and handed on as it is.
fn text(message: Option<&Value>) -> Result<String, FieldError> {
    let message = message.and_then(Value::as_str).unwrap_or_default();
    let message = message.replace("\r\n", "\n");
    let message = message.trim();
    let length = message.chars().count();
    if !(1..=LONGEST_MESSAGE).contains(&length) {
        let what = format!("1 to {LONGEST_MESSAGE} characters after trimming, not {length}");
        return Err(bad_request("message", &what));
    }
    no_control_characters("message", message, &['\n', '\t'])?;
    Ok(message.to_owned())
}

/// A name is one line; an empty one is none.
fn name(name: Option<&Value>) -> Result<Option<String>, FieldError> {
    let name = name.and_then(Value::as_str).unwrap_or_default().trim();
    let length = name.chars().count();
    if length > LONGEST_NAME {
        let what = format!("at most {LONGEST_NAME} characters after trimming, not {length}");
        return Err(bad_request("name", &what));
    }
    no_control_characters("name", name, &[])?;
    Ok((length > 0).then(|| name.to_owned()))
}

fn no_control_characters(argument: &str, text: &str, but: &[char]) -> Result<(), FieldError> {
    match text.chars().find(|c| c.is_control() && !but.contains(c)) {
        None => Ok(()),
        Some(c) => {
            let what = format!(
                "the control character U+{:04X} cannot be sent",
                u32::from(c)
            );
            Err(bad_request(argument, &what))
        }
    }
}

/// The last day's messages, newest first.
pub(super) async fn list<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let is_listed_as = |key: &str| {
        let at = key.split_once('#').map(|(at, _)| at);
        at.is_some_and(|at| serde_json::from_value::<Moment>(at.into()).is_ok())
    };
    let query = Query {
        partition: LISTING.to_owned(),
        after: paging::after(arguments, is_listed_as)?,
        descending: true,
        limit: LIMITS.read(arguments)?,
    };
    let page = ports.query(&MESSAGES, &NEWEST, query).await?;
    let rows = page.items.len();
    let now = ports.now().unix_timestamp();
    let mut messages = Vec::with_capacity(rows);
    for row in page.items {
        let message: Message = from_map(row, "message")?;
        // A row may still lie there for a while after its time.
        messages.extend(Some(message).filter(|message| message.expires_at() > now));
    }
    // Newest first: behind one that has expired there are only such.
    let more = page.more && messages.len() == rows;
    let last = messages.last().filter(|_| more);
    let next = last.map(|last| paging::token(&last.listed_as()));
    Ok(json!({ "items": messages, "nextToken": next }))
}
