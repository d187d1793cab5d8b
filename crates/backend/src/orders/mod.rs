//! Orders over AppSync and table streams.
//!
//! Along the way of an order: [`simulation`] stands for the shop, [`WORKFLOW`] for the kitchen, and they put their events
//! on the bus; [`on_event`]
//! writes what they mean into the view model ([`model`]); [`on_change`] takes each change of it from the table's
//! stream and publishes it, and [`tell`] says over MQTT that there was one; [`resolve`] answers those who ask.

mod events;
pub mod model;
mod publish;
mod query;
pub mod simulation;
mod tell;
pub mod traffic;

#[cfg(test)]
mod tests;

pub use events::on_event;
pub use publish::on_change;
pub use query::resolve;
pub use simulation::{Started, on_timer, start};
pub use tell::tell;

use crate::api::{Api, Field, FieldKind};
use crate::event::Rule;
use crate::ports::{Index, Table, Workflow};

/// The orders API.
pub const API: Api = Api {
    schema: include_str!("../../../../graphql/orders/schema.graphql"),
    fields: &[
        Field {
            parent: "Query",
            name: "orders",
            kind: FieldKind::Function,
        },
        Field {
            parent: "Query",
            name: "order",
            kind: FieldKind::Function,
        },
        Field {
            parent: "Mutation",
            name: "createOrder",
            kind: FieldKind::None,
        },
        Field {
            parent: "Mutation",
            name: "updateOrder",
            kind: FieldKind::None,
        },
    ],
};

/// Which events [`on_event`] wants.
pub static RULE: Rule = Rule {
    name: "orders",
    source_prefix: "orders.events",
    detail_types: &[CREATED, UPDATED],
};

/// The way of one simulated order.
pub static WORKFLOW: Workflow = Workflow {
    name: "order",
    document: include_str!("../../../../deploy/workflows/order.asl.json"),
    functions: &[simulation::DRAW_WAIT],
};

/// The detail-type of an order's first event.
pub const CREATED: &str = "New order created";
/// The detail-type of every later one.
pub const UPDATED: &str = "Order updated";

/// The view model.
pub static ORDERS: Table = Table {
    name: "orders",
    key: "orderId",
    indexes: &[NEWEST],
    stream: true,
    expires: Some("expiresAt"),
};

/// What each event that was applied or found late came to, so that a redelivery comes to the same.
pub static RECEIPTS: Table = Table {
    name: "orders-receipts",
    key: "eventId",
    indexes: &[],
    stream: false,
    expires: Some("expiresAt"),
};

/// All orders in one partition by their creation. One partition is enough: it lives for a day.
const NEWEST: Index = Index {
    name: "newest",
    partition: "listing",
    sort: "listedAs",
};
