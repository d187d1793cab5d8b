//! Restaurant orders: queue, workflow, notification.
//!
//! Along the way of an order: [`resolve`] answers those who ask, and puts a new order on the queue; [`on_batch`] takes it
//! from there and starts its workflow; the workflow's tasks ([`tasks`]) write how far it is into the view model
//! ([`model`]); [`on_change`] publishes each change of it.

mod consumer;
pub mod model;
mod payment;
mod publish;
mod requests;
pub mod tasks;

#[cfg(test)]
mod tests;

pub use consumer::{Accepted, Message, MessageFailure, on_batch};
pub use payment::{Payment, PaymentError, Payments};
pub use publish::on_change;
pub use requests::{delete_order, order, orders, pipeline, post_order, update_order};

use serde_json::{Map, Value};

use crate::api::{Api, Caller, Field, FieldError};
use crate::ports::{Clock, Index, Pause, Ports, Queue, Random, Table, Tables, Workflow};

/// The restaurant API.
pub const API: Api = Api {
    schema: include_str!("../../../../graphql/restaurant/schema.graphql"),
    fields: &[
        Field::function("Query", "orders"),
        Field::function("Query", "order"),
        Field::function("Query", "pipeline"),
        Field::function("Mutation", "postOrder"),
        Field::function("Mutation", "updateOrder"),
        Field::function("Mutation", "deleteOrder"),
        Field::echo("publishOrder"),
    ],
};

/// The view model.
pub static ORDERS: Table = Table {
    name: "restaurant-orders",
    key: "id",
    indexes: &[NEWEST],
    stream: true,
    expires: Some("expiresAt"),
};

/// What was accepted, by its id: until an order is saved, nothing else says that there is one.
pub static ACCEPTED: Table = Table {
    name: "restaurant-accepted",
    key: "id",
    indexes: &[],
    stream: false,
    expires: Some("expiresAt"),
};

/// All orders in one partition by their creation.
const NEWEST: Index = Index {
    name: "newest",
    partition: "listing",
    sort: "listedAs",
};

/// The orders that were accepted and whose workflow has not begun.
pub static QUEUE: Queue = Queue {
    name: "restaurant-orders",
    subject: "orderId",
    batch: 5,
    receives: 4,
};

/// The way of an order.
pub static WORKFLOW: Workflow = Workflow {
    name: "restaurant",
    document: include_str!("../../../../deploy/workflows/restaurant.asl.json"),
    functions: &tasks::FUNCTIONS,
};

/// What keeps orders needs.
pub trait Store: Tables + Clock + Pause + Random + Send + Sync {}
impl<T: Tables + Clock + Pause + Random + Send + Sync> Store for T {}

/// Resolves a field of the restaurant API.
///
/// # Errors
/// As the caller shall see it.
pub async fn resolve<P: Ports>(
    ports: &P,
    field: &str,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    match field {
        "orders" => orders(ports).await,
        "order" => order(ports, arguments).await,
        "pipeline" => pipeline(ports).await,
        "postOrder" => post_order(ports, arguments, caller).await,
        "updateOrder" => update_order(ports, arguments).await,
        "deleteOrder" => delete_order(ports, arguments).await,
        _ => Err(FieldError::no_resolver(field)),
    }
}
