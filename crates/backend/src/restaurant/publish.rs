//! From the table's stream to whoever subscribes.

use serde_json::{Map, Value};

use super::ORDERS;
use super::model::Order;
use crate::event::HandlerError;
use crate::json::to_map;
use crate::ports::Change;

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

/// A mutation to call.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// The GraphQL document.
    pub document: &'static str,
    /// Its variables.
    pub variables: Map<String, Value>,
}

/// The mutation that tells of a change of the view model; tombstones are told of too. Rows that
/// expire are not news.
///
/// # Errors
/// [`HandlerError::Dead`] for a row that is no order.
pub fn publication(change: &Change) -> Result<Option<Publication>, HandlerError> {
    let Some(row) = change.new.clone().filter(|_| change.table == ORDERS.name) else {
        return Ok(None);
    };
    let order = Order::from_row(row)?;
    let variables = Map::from_iter([("input".to_owned(), to_map(&order)?.into())]);
    Ok(Some(Publication {
        document: PUBLISH_ORDER,
        variables,
    }))
}
