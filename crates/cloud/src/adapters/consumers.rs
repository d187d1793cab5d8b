//! The streams' consumers: what a change of each table is told to.

use backend::event::HandlerError;
use backend::ports::{Change, Table};
use backend::{calendar, movies, orders, restaurant};
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::store::StoreError;
use crate::streams::{self, Consumer};
use crate::world::World;

/// An event source mapping: whose stream, and the handler that each of its records is told to.
#[derive(Clone, Copy)]
struct Mapping {
    name: &'static str,
    table: &'static Table,
    handler: for<'a> fn(&'a World, &'a Change) -> BoxFuture<'a, Result<(), HandlerError>>,
}

/// All of them. Checkpoints are kept under the names: they stay as they are.
static MAPPINGS: [Mapping; 6] = [
    Mapping {
        name: "orders-publish",
        table: &orders::ORDERS,
        handler: |world, change| Box::pin(orders::on_change(world, change)),
    },
    Mapping {
        name: "orders-tell",
        table: &orders::ORDERS,
        handler: |world, change| Box::pin(orders::tell(world, change)),
    },
    Mapping {
        name: "movies-publish",
        table: &movies::MOVIES,
        handler: |world, change| Box::pin(movies::on_change(world, change)),
    },
    Mapping {
        name: "movies-reviews-publish",
        table: &movies::REVIEWS,
        handler: |world, change| Box::pin(movies::on_change(world, change)),
    },
    Mapping {
        name: "calendar-publish",
        table: &calendar::EVENTS,
        handler: |world, change| Box::pin(calendar::on_change(world, change)),
    },
    Mapping {
        name: "restaurant-publish",
        table: &restaurant::ORDERS,
        handler: |world, change| Box::pin(restaurant::on_change(world, change)),
    },
];

/// Starts the streams' consumers.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn start(
    world: &World,
    stop: &watch::Receiver<bool>,
    pumps: &mut JoinSet<()>,
) -> Result<(), StoreError> {
    for mapping in &MAPPINGS {
        streams::start(mapping, world, stop, pumps).await?;
    }
    Ok(())
}

impl Consumer for Mapping {
    fn name(&self) -> &'static str {
        self.name
    }

    fn table(&self) -> &'static Table {
        self.table
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        (self.handler)(world, change).await
    }
}
