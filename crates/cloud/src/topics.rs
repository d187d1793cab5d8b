//! Topics as SNS has them: what is published goes to every subscriber. A deployment's subscribers have an e-mail
//! address; here they have a mailbox, which keeps the newest and which `eddy-cloud mailbox` prints.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::CloudError;
use crate::settings::{ACCOUNT, REGION};
use crate::store::{Store, StoreError};
use crate::surroundings::from_millis;

/// As many messages are kept.
const KEPT: i64 = 10_000;
/// As many characters as a subject may have. Source: Amazon SNS API reference, `Publish`.
const LONGEST_SUBJECT: usize = 100;
/// As many bytes as a message may have. Source: the same.
const LARGEST: usize = 256 * 1024;

/// A topic.
#[derive(Debug)]
pub(crate) struct Topic {
    name: &'static str,
    subscribers: &'static [&'static str],
}

/// What the restaurant's customers are told.
pub(crate) static NOTIFICATIONS: Topic = Topic {
    name: "eddy-order-notifications",
    subscribers: &["customer"],
};

static TOPICS: &[&Topic] = &[&NOTIFICATIONS];

impl Topic {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sns:{REGION}:{ACCOUNT}:{}", self.name)
    }
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Publication {
    /// Where, an ARN.
    pub(crate) topic: String,
    pub(crate) subject: String,
    pub(crate) message: String,
}

/// Why a topic does not take a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// SNS's name for it.
    pub(crate) error: &'static str,
    /// For people.
    pub(crate) cause: String,
}

/// Hands a message to the topic's subscribers, in the transaction of whoever publishes it, under this id.
pub(crate) fn publish(
    tx: &Transaction<'_>,
    publication: &Publication,
    id: &str,
    now: i64,
) -> Result<Result<(), Refused>, StoreError> {
    let Publication {
        topic: arn,
        subject,
        message,
    } = publication;
    let invalid = |cause: String| Refused {
        error: "SNS.InvalidParameterException",
        cause,
    };
    let Some(topic) = TOPICS.iter().find(|topic| topic.arn() == *arn) else {
        return Ok(Err(Refused {
            error: "SNS.NotFoundException",
            cause: format!("there is no topic {arn:?}"),
        }));
    };
    if subject.chars().count() > LONGEST_SUBJECT {
        let cause = format!("the subject has more than {LONGEST_SUBJECT} characters");
        return Ok(Err(invalid(cause)));
    }
    if message.is_empty() || message.len() > LARGEST {
        let cause = format!("a message has 1 to {LARGEST} bytes, not {}", message.len());
        return Ok(Err(invalid(cause)));
    }
    for subscriber in topic.subscribers {
        tx.prepare_cached(
            "INSERT INTO mailbox (message, topic, subscriber, subject, body, at) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![id, topic.name, subscriber, subject, message, now])?;
    }
    tx.prepare_cached("DELETE FROM mailbox WHERE id <= ?")?
        .execute([tx.last_insert_rowid() - KEPT])?;
    Ok(Ok(()))
}

/// A message as a subscriber has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The message's id.
    pub message: String,
    /// The topic's name.
    pub topic: String,
    /// Who got it.
    pub subscriber: String,
    /// What it is about.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was published.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The newest so many messages of the mailbox, the oldest of them first.
///
/// # Errors
/// Where the store fails.
pub async fn mailbox(store: &Store, newest: u32) -> Result<Vec<Mail>, CloudError> {
    let list = move |connection: &Connection| {
        let mut statement = connection.prepare_cached(
            "SELECT message, topic, subscriber, subject, body, at FROM
                 (SELECT * FROM mailbox ORDER BY id DESC LIMIT ?) ORDER BY id",
        )?;
        let mails = statement.query_map([newest], |row| {
            Ok(Mail {
                message: row.get(0)?,
                topic: row.get(1)?,
                subscriber: row.get(2)?,
                subject: row.get(3)?,
                body: row.get(4)?,
                at: from_millis(row.get(5)?),
            })
        })?;
        Ok::<_, StoreError>(mails.collect::<Result<_, _>>()?)
    };
    Ok(store.read(list).await?)
}
