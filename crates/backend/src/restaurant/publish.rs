//! From the table's stream to whoever subscribes.

use serde_json::Map;

use super::ORDERS;
use super::model::Order;
use crate::api::ApiName;
use crate::event::HandlerError;
use crate::json::to_map;
use crate::ports::{Change, Mutation, Ports};

/// Selects every field: what a mutation does not select, nobody receives. A test compares it with the schema.
pub(super) const PUBLISH_ORDER: &str = "mutation PublishOrder($input: PublishOrderInput!) {
  publishOrder(input: $input) {
    id
    name
    quantity
    restaurantId
    orderStatus
    errorMessage
    notification
    stage
    stages {
      name
      at
    }
    deleted
    createdAt
    revision
  }
}
";

/// Publishes a change of the view model; tombstones are told of too. Rows that expire are not news.
///
/// # Errors
/// [`HandlerError::Retry`] while publishing fails; [`HandlerError::Dead`] for a row that is no order.
pub async fn on_change<P: Ports>(ports: &P, change: &Change) -> Result<(), HandlerError> {
    let Some(row) = change.new.clone().filter(|_| change.table == ORDERS.name) else {
        return Ok(());
    };
    let order = Order::from_row(row)?;
    let variables = Map::from_iter([("input".to_owned(), to_map(&order)?.into())]);
    ports
        .publish(Mutation {
            api: ApiName::Restaurant,
            document: PUBLISH_ORDER,
            variables,
        })
        .await?;
    Ok(())
}
