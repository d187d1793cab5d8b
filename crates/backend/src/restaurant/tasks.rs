//! The tasks of the workflow, by their names there. Each may run twice and comes to the same.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::consumer::Accepted;
use super::model::{Order, OrderId, SUBJECT};
use super::payment::{Payment, Payments};
use super::requests::{kept, write};
use super::{ORDERS, Store};
use crate::event::HandlerError;
use crate::moment::Moment;
use crate::ports::{Condition, PortError};
use crate::retry::Tries;

/// What the customer is told, as the workflow hands it to the topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// What it is about.
    pub subject: String,
    /// The text.
    pub message: String,
}

/// The functions that the workflow's document calls, by the names that it has for them.
pub const FUNCTIONS: [&str; 4] = [
    "InitializeOrder",
    "ProcessPayment",
    "CompleteOrder",
    "FailOrder",
];

/// Calls one of [`FUNCTIONS`] with what the workflow hands it: the accepted order, and later the payment beside it.
///
/// # Errors
/// [`HandlerError::Dead`] for a function that is none of them or an input that is no order; else what the function says.
pub async fn call<P: Store>(
    ports: &P,
    payments: &Payments,
    function: &str,
    input: &Value,
) -> Result<Value, HandlerError> {
    let accepted: Accepted = serde_path_to_error::deserialize(input)
        .map_err(|error| HandlerError::Dead(format!("no order: {error}")))?;
    let id = accepted.order_id.clone();
    match function {
        "InitializeOrder" => initialize_order(ports, accepted)
            .await
            .map(|()| Value::Null),
        "ProcessPayment" => Ok(json!(process_payment(ports, payments, &id).await?)),
        "CompleteOrder" => Ok(json!(complete_order(ports, &id).await?)),
        "FailOrder" => {
            // Where the payment itself broke, the workflow has its error in this place, which is not for customers.
            let reason = input["payment"]["error_message"]
                .as_str()
                .unwrap_or("unknown error");
            Ok(json!(fail_order(ports, &id, reason).await?))
        }
        other => Err(HandlerError::Dead(format!("there is no function {other}"))),
    }
}

/// InitializeOrder: saves the order, unless it is there.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn initialize_order<P: Store>(ports: &P, accepted: Accepted) -> Result<(), HandlerError> {
    let now = Moment::from(ports.now());
    let order = Order::accepted(accepted.order_id, accepted.ordered, accepted.created_at);
    let Some(order) = order.came_to("InitializeOrder", now) else {
        return Ok(());
    };
    let mut tries = Tries::default();
    loop {
        let write = write(&order, Condition::Absent, now)?;
        match ports.transact(vec![write]).await {
            Ok(()) | Err(PortError::Condition(_)) => return Ok(()),
            Err(PortError::Conflict) if tries.again(ports).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// ProcessPayment: pays, or not.
///
/// # Errors
/// Where the tables are out of reach; [`HandlerError::Dead`] for an order that was never saved.
pub async fn process_payment<P: Store>(
    ports: &P,
    payments: &Payments,
    id: &OrderId,
) -> Result<Payment, HandlerError> {
    moved(ports, id, |order, now| order.came_to("ProcessPayment", now)).await?;
    Ok(payments.pay(id))
}

/// CompleteOrder: a success. An order that has ended before stays as it ended.
///
/// # Errors
/// As [`process_payment`].
pub async fn complete_order<P: Store>(
    ports: &P,
    id: &OrderId,
) -> Result<Notification, HandlerError> {
    moved(ports, id, |order, now| {
        order.ended("CompleteOrder", None, now)
    })
    .await
    .map(told)
}

/// PaymentFailure: not paid, for this reason. An order that has ended before stays as it ended.
///
/// # Errors
/// As [`process_payment`].
pub async fn fail_order<P: Store>(
    ports: &P,
    id: &OrderId,
    reason: &str,
) -> Result<Notification, HandlerError> {
    moved(ports, id, |order, now| {
        order.ended("PaymentFailure", Some(reason), now)
    })
    .await
    .map(told)
}

fn told(order: Order) -> Notification {
    Notification {
        subject: SUBJECT.to_owned(),
        message: order.notification.unwrap_or_default(),
    }
}

/// Writes what a task makes of an order; nothing where it makes nothing of it. Returns the order as it is then.
async fn moved<P: Store>(
    ports: &P,
    id: &OrderId,
    change: impl Fn(Order, Moment) -> Option<Order>,
) -> Result<Order, HandlerError> {
    let mut tries = Tries::default();
    loop {
        let Some(order) = kept(ports, &id.0).await? else {
            return Err(HandlerError::Dead(format!(
                "order {} is not in {}",
                id.0, ORDERS.name
            )));
        };
        let now = Moment::from(ports.now());
        let revision = order.revision;
        let Some(next) = change(order.clone(), now) else {
            return Ok(order);
        };
        let write = write(&next, Condition::Equals("revision", revision.into()), now)?;
        match ports.transact(vec![write]).await {
            Ok(()) => return Ok(next),
            Err(PortError::Condition(_) | PortError::Conflict) if tries.again(ports).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}
