//! From the bus into the view model.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::model::{KEPT, NewOrder, News, Order, OrderId, StatusUpdate};
use super::{CREATED, ORDERS, RECEIPTS, UPDATED};
use crate::event::{BusEvent, EventId, HandlerError, Outcome};
use crate::json::to_map;
use crate::ports::{Action, Condition, Item, PortError, Ports, Write};

/// How often a write that another one got in front of is tried at once, before the bus delivers again.
const ATTEMPTS: usize = 5;

/// Applies an event to the view model. Events may come more than once and in any order: an event that was applied or
/// found late leaves a receipt in the same transaction, and a redelivery comes to what the receipt says.
///
/// # Errors
/// [`HandlerError::Retry`] while its order is not there yet or the tables are out of reach; [`HandlerError::Dead`],
/// with the reason, for what can never be applied.
pub async fn on_event<P: Ports>(ports: &P, event: &BusEvent) -> Result<Outcome, HandlerError> {
    let news = Incoming::parse(event)?;
    for _ in 0..ATTEMPTS {
        // The order before the receipt: an order that has this event in it is never seen without its receipt, even
        // while another delivery of the event is under way.
        let row = ports.get(&ORDERS, &news.order_id().0).await?;
        if let Some(receipt) = ports.get(&RECEIPTS, &event.id.0).await? {
            return outcome_of(&receipt);
        }
        let current = row.map(Order::from_row).transpose()?;
        let decision = news.clone().decide(current.as_ref(), ports.now())?;
        let outcome = decision.outcome();
        let writes = decision.writes(current.as_ref(), &event.id, ports.now())?;
        if writes.is_empty() {
            return Ok(outcome);
        }
        match ports.transact(writes).await {
            Ok(()) => return Ok(outcome),
            // Somebody wrote the order, or another delivery of this event its receipt, since we looked: look again.
            Err(PortError::Condition(_) | PortError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(HandlerError::Retry(
        "the order kept changing while it was to be written".to_owned(),
    ))
}

/// An event that parses.
#[derive(Debug, Clone)]
enum Incoming {
    Created(NewOrder),
    Updated(StatusUpdate),
}

/// What an event comes to.
#[derive(Debug)]
enum Decision {
    Write(Box<Order>),
    Late,
    Duplicate,
}

impl Incoming {
    fn parse(event: &BusEvent) -> Result<Self, HandlerError> {
        match event.detail_type.as_str() {
            CREATED => detail(event).map(Self::Created),
            UPDATED => detail(event).map(Self::Updated),
            other => Err(HandlerError::Dead(format!(
                "no handler for events of detail-type {other:?}"
            ))),
        }
    }

    const fn order_id(&self) -> &OrderId {
        match self {
            Self::Created(order) => &order.order_id,
            Self::Updated(update) => &update.order_id,
        }
    }

    fn decide(
        self,
        current: Option<&Order>,
        now: OffsetDateTime,
    ) -> Result<Decision, HandlerError> {
        match (self, current) {
            (Self::Created(basket), current) => {
                // Checked even where the order is there already: a bad basket says so whenever it comes.
                let order = basket.submit(now)?;
                Ok(if current.is_some() {
                    Decision::Duplicate
                } else {
                    Decision::Write(Box::new(order))
                })
            }
            (Self::Updated(update), None) => Err(HandlerError::Retry(format!(
                "order {} is not there yet",
                update.order_id
            ))),
            (Self::Updated(update), Some(order)) => Ok(match order.status.on(update.status) {
                News::Forward => {
                    Decision::Write(Box::new(order.clone().moved_to(update.status, now)))
                }
                News::Same => Decision::Duplicate,
                News::Late => Decision::Late,
            }),
        }
    }
}

impl Decision {
    const fn outcome(&self) -> Outcome {
        match self {
            Self::Write(_) => Outcome::Written,
            Self::Late => Outcome::Late,
            Self::Duplicate => Outcome::Duplicate,
        }
    }

    fn writes(
        self,
        current: Option<&Order>,
        event: &EventId,
        now: OffsetDateTime,
    ) -> Result<Vec<Write>, HandlerError> {
        let outcome = self.outcome();
        let order = match self {
            Self::Duplicate => return Ok(Vec::new()),
            Self::Late => None,
            Self::Write(order) => Some(Write {
                table: &ORDERS,
                key: order.order_id.0.clone(),
                action: Action::Put(order.to_row()?),
                condition: current.map_or(Condition::Absent, |current| {
                    Condition::Equals("revision", current.revision.into())
                }),
            }),
        };
        let receipt = to_map(&json!({
            "eventId": event,
            "outcome": outcome,
            "expiresAt": (now + KEPT).unix_timestamp(),
        }))?;
        let receipt = Write {
            table: &RECEIPTS,
            key: event.0.clone(),
            action: Action::Put(receipt),
            condition: Condition::Absent,
        };
        Ok(order.into_iter().chain([receipt]).collect())
    }
}

fn outcome_of(receipt: &Item) -> Result<Outcome, HandlerError> {
    let outcome = receipt.get("outcome").cloned().unwrap_or(Value::Null);
    serde_json::from_value(outcome)
        .map_err(|error| HandlerError::Dead(format!("the receipt does not read: {error}")))
}

fn detail<T: DeserializeOwned>(event: &BusEvent) -> Result<T, HandlerError> {
    serde_path_to_error::deserialize(&event.detail).map_err(|error| {
        HandlerError::Dead(format!(
            "the detail of {:?} does not parse: {error}",
            event.detail_type
        ))
    })
}
