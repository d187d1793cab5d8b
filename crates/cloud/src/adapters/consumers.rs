//! The streams' consumers: what a change of each table is told to.

use backend::event::HandlerError;
use backend::ports::{Change, Table};
use backend::{calendar, movies, orders, restaurant};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::store::StoreError;
use crate::streams::{self, Consumer};
use crate::world::World;

/// Starts the streams' consumers.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn start(
    world: &World,
    stop: &watch::Receiver<bool>,
    pumps: &mut JoinSet<()>,
) -> Result<(), StoreError> {
    streams::start(&PublishOrders, world, stop, pumps).await?;
    streams::start(&TellOfOrders, world, stop, pumps).await?;
    streams::start(&PublishMovies, world, stop, pumps).await?;
    streams::start(&PublishReviews, world, stop, pumps).await?;
    streams::start(&PublishEvents, world, stop, pumps).await?;
    streams::start(&PublishRestaurant, world, stop, pumps).await
}

/// Publishes the changes of orders over AppSync.
#[derive(Clone)]
struct PublishOrders;

impl Consumer for PublishOrders {
    fn name(&self) -> &'static str {
        "orders-publish"
    }

    fn table(&self) -> &'static Table {
        &orders::ORDERS
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        orders::on_change(world, change).await
    }
}

/// Tells of the changes of orders over MQTT.
#[derive(Clone)]
struct TellOfOrders;

impl Consumer for TellOfOrders {
    fn name(&self) -> &'static str {
        "orders-tell"
    }

    fn table(&self) -> &'static Table {
        &orders::ORDERS
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        orders::tell(world, change).await
    }
}

/// Publishes the changes of movies over AppSync.
#[derive(Clone)]
struct PublishMovies;

impl Consumer for PublishMovies {
    fn name(&self) -> &'static str {
        "movies-publish"
    }

    fn table(&self) -> &'static Table {
        &movies::MOVIES
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        movies::on_change(world, change).await
    }
}

/// Publishes the changes of reactions over AppSync.
#[derive(Clone)]
struct PublishReviews;

impl Consumer for PublishReviews {
    fn name(&self) -> &'static str {
        "movies-reviews-publish"
    }

    fn table(&self) -> &'static Table {
        &movies::REVIEWS
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        movies::on_change(world, change).await
    }
}

/// Publishes the changes of calendar events over AppSync.
#[derive(Clone)]
struct PublishEvents;

impl Consumer for PublishEvents {
    fn name(&self) -> &'static str {
        "calendar-publish"
    }

    fn table(&self) -> &'static Table {
        &calendar::EVENTS
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        calendar::on_change(world, change).await
    }
}

/// Publishes the changes of the restaurant's orders over AppSync.
#[derive(Clone)]
struct PublishRestaurant;

impl Consumer for PublishRestaurant {
    fn name(&self) -> &'static str {
        "restaurant-publish"
    }

    fn table(&self) -> &'static Table {
        &restaurant::ORDERS
    }

    async fn handle(&self, world: &World, change: &Change) -> Result<(), HandlerError> {
        restaurant::on_change(world, change).await
    }
}
