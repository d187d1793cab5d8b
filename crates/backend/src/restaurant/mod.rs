//! Restaurant orders: queue, workflow, notification.
//!
//! Along the way of an order: [`post_order`] puts it on the queue; [`on_batch`] takes it from there and starts its
//! workflow (`deploy/workflows/restaurant.asl.json`); the workflow's tasks ([`tasks`]) write how far it is into the view
//! model ([`model`]); [`publication`] says what the change of a row publishes.

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
pub use publish::{Publication, publication};
pub use requests::{delete_order, order, orders, post_order, update_order};

use std::future::Future;

use serde_json::Value;

use crate::ports::{Clock, Index, Pause, PortError, Random, Table, Tables};

/// The API's schema.
pub const SCHEMA: &str = include_str!("../../../../graphql/restaurant/schema.graphql");

/// The view model.
pub static ORDERS: Table = Table {
    name: "restaurant-orders",
    key: "id",
    indexes: &[NEWEST],
    stream: true,
    // Only tombstones go.
    expires: Some("expiresAt"),
};

/// All orders in one partition by their creation.
const NEWEST: Index = Index {
    name: "newest",
    partition: "listing",
    sort: "listedAs",
};

/// What keeps orders needs.
pub trait Store: Tables + Clock + Pause + Random + Send + Sync {}
impl<T: Tables + Clock + Pause + Random + Send + Sync> Store for T {}

/// The queue of orders: what is sent is received at least once, in no order.
pub trait Queue {
    /// Sends a message.
    fn send(&self, body: Value) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Whoever runs workflows.
pub trait Workflows {
    /// Starts an execution of an order's workflow under this name. One of that name that is there already, running or
    /// ended, is left as it is, and that is a success.
    fn start(&self, name: &str, input: Value)
    -> impl Future<Output = Result<(), PortError>> + Send;
}
