//! What an order is, and what each task and request means to it. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::Duration;

use crate::api::{FieldError, bad_request};
use crate::event::HandlerError;
use crate::json::{from_map, to_map};
use crate::moment::Moment;
use crate::ports::Item;

/// The listing's one partition.
pub const LISTING: &str = "orders";
/// As many characters as a name or a restaurant may have.
const LONGEST: usize = 200;
/// As many as can be ordered.
const QUANTITIES: std::ops::RangeInclusive<i64> = 1..=100;
/// How long an order is kept after its last step, and a tombstone.
const KEPT: Duration = Duration::DAY;
/// What the customer's notification is about.
pub const SUBJECT: &str = "Orders-App: order notification";

/// An order's id, a KSUID; also the name of its execution.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub String);

/// What is ordered, valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ordered {
    /// What.
    pub name: String,
    /// How much of it, 1 to 100.
    pub quantity: u32,
    /// Where.
    pub restaurant_id: String,
}

impl Ordered {
    /// Reads an input. Names are trimmed; a character is a Unicode scalar value.
    ///
    /// # Errors
    /// `BadRequestException`, which names the field.
    pub fn read(input: &Map<String, Value>) -> Result<Self, FieldError> {
        let text = |field: &str| {
            let text = input
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .trim();
            match text.chars().count() {
                0 => Err(bad_request(field, "must not be empty")),
                length if length > LONGEST => Err(bad_request(
                    field,
                    &format!("at most {LONGEST} characters, not {length}"),
                )),
                _ => Ok(text.to_owned()),
            }
        };
        let quantity = input
            .get("quantity")
            .and_then(Value::as_i64)
            .filter(|quantity| QUANTITIES.contains(quantity))
            .and_then(|quantity| u32::try_from(quantity).ok())
            .ok_or_else(|| bad_request("quantity", "a whole number from 1 to 100"))?;
        Ok(Self {
            name: text("name")?,
            quantity,
            restaurant_id: text("restaurantId")?,
        })
    }
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The workflow has it.
    Pending,
    /// It is paid.
    Success,
    /// It could not be paid.
    Failed,
}

/// A task of the workflow that an order has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The task's name in the workflow.
    pub name: String,
    /// When.
    pub at: Moment,
}

/// An order as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its key.
    pub id: OrderId,
    /// What is ordered.
    #[serde(flatten)]
    pub ordered: Ordered,
    /// How far it is.
    pub order_status: Status,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What its customer is told: noted here just before the workflow publishes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// The newest of the stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Each stage once, as they came.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Whether it was deleted.
    #[serde(default)]
    pub deleted: bool,
    /// When it was accepted.
    pub created_at: Moment,
    /// 1 when it is saved; grows by one with each write.
    pub revision: u32,
}

impl Order {
    /// An order that has been accepted and not saved.
    #[must_use]
    pub fn accepted(id: OrderId, ordered: Ordered, now: Moment) -> Self {
        Self {
            id,
            ordered,
            order_status: Status::Pending,
            error_message: None,
            notification: None,
            stage: None,
            stages: Vec::new(),
            deleted: false,
            created_at: now,
            revision: 0,
        }
    }

    /// It has come to a task. Nothing if it had been there.
    #[must_use]
    pub fn came_to(mut self, stage: &str, now: Moment) -> Option<Self> {
        if self.stages.iter().any(|been| been.name == stage) {
            return None;
        }
        self.stages.push(Stage {
            name: stage.to_owned(),
            at: now,
        });
        self.stage = Some(stage.to_owned());
        self.revision += 1;
        Some(self)
    }

    /// It has ended, for a reason if it failed. Nothing if it had ended: an end is for good.
    #[must_use]
    pub fn ended(self, stage: &str, failure: Option<&str>, now: Moment) -> Option<Self> {
        if self.order_status != Status::Pending {
            return None;
        }
        let mut ended = self.came_to(stage, now)?;
        ended.order_status = if failure.is_some() {
            Status::Failed
        } else {
            Status::Success
        };
        ended.error_message = failure.map(str::to_owned);
        ended.notification = Some(ended.message());
        Some(ended)
    }

    /// What its customer is told.
    fn message(&self) -> String {
        let mut body = Map::new();
        body.insert(
            "order_status".to_owned(),
            serde_json::json!(self.order_status),
        );
        body.insert("order_id".to_owned(), self.id.0.clone().into());
        if let Some(reason) = &self.error_message {
            body.insert("cancel_reason".to_owned(), reason.clone().into());
        }
        Value::Object(body).to_string()
    }

    /// Its order is another one.
    ///
    /// # Errors
    /// `OrderInProgress` while the workflow has it.
    pub fn changed(mut self, ordered: Ordered) -> Result<Self, FieldError> {
        self.settled()?;
        self.ordered = ordered;
        self.revision += 1;
        Ok(self)
    }

    /// Its tombstone.
    ///
    /// # Errors
    /// `OrderInProgress` while the workflow has it.
    pub fn buried(mut self) -> Result<Self, FieldError> {
        self.settled()?;
        self.deleted = true;
        self.revision += 1;
        Ok(self)
    }

    /// What is being paid stays as it was ordered: its customer is told of that order.
    fn settled(&self) -> Result<(), FieldError> {
        if self.order_status == Status::Pending {
            return Err(FieldError {
                error_type: "OrderInProgress",
                message: format!(
                    "order {} is being processed: try again when it has ended",
                    self.id.0
                ),
            });
        }
        Ok(())
    }

    /// When the row may go, in epoch seconds: a day after its last step. Not after its creation: what is sent again from
    /// the dead letters may have waited there for days.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        let last = self.stages.last().map_or(self.created_at, |stage| stage.at);
        (last.0 + KEPT).unix_timestamp()
    }

    /// As the table keeps it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_row(&self, now: Moment) -> Result<Item, HandlerError> {
        let mut row = to_map(self)?;
        let expires_at = if self.deleted {
            (now.0 + KEPT).unix_timestamp()
        } else {
            self.expires_at()
        };
        row.insert("expiresAt".to_owned(), expires_at.into());
        if !self.deleted {
            row.insert("listing".to_owned(), LISTING.into());
            row.insert(
                "listedAs".to_owned(),
                format!("{}#{}", self.created_at, self.id.0).into(),
            );
        }
        Ok(row)
    }

    /// From the table.
    ///
    /// # Errors
    /// It is no order.
    pub fn from_row(row: Item) -> Result<Self, HandlerError> {
        from_map(row, "restaurant order")
    }
}
