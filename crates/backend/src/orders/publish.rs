//! From the table's stream to whoever subscribes.

use serde_json::Map;

use super::ORDERS;
use super::model::Order;
use crate::api::ApiName;
use crate::event::HandlerError;
use crate::json::to_map;
use crate::ports::{Change, Mutation, Ports};

// What a mutation does not select, nobody receives, and a non-null field that is missing nulls the whole event: both
// select everything there is. A test compares them with the schema.
macro_rules! publishing {
    ($operation:literal, $field:literal, $input:literal) => {
        concat!(
            "mutation ",
            $operation,
            "($input: ",
            $input,
            "!) {\n  ",
            $field,
            "(input: $input) {\n    orderId\n    currency\n    customerId\n",
            "    items {\n      itemId\n      description\n      quantity\n      unitPrice\n    }\n",
            "    numItems\n    status\n    total\n    createdAt\n    updatedAt\n    revision\n  }\n}\n",
        )
    };
}

pub(super) const CREATE_ORDER: &str = publishing!("CreateOrder", "createOrder", "CreateOrderInput");
pub(super) const UPDATE_ORDER: &str = publishing!("UpdateOrder", "updateOrder", "UpdateOrderInput");

/// Publishes a change of the view model: the first revision as `createOrder`, every later one as `updateOrder`. Rows
/// that expire are not news: whoever shows them computes the expiry.
///
/// # Errors
/// [`HandlerError::Retry`] while publishing fails; [`HandlerError::Dead`] for a row that is no order.
pub async fn on_change<P: Ports>(ports: &P, change: &Change) -> Result<(), HandlerError> {
    let Some(row) = change.new.clone().filter(|_| change.table == ORDERS.name) else {
        return Ok(());
    };
    let order = Order::from_row(row)?;
    let document = if order.revision == 1 {
        CREATE_ORDER
    } else {
        UPDATE_ORDER
    };
    let variables = Map::from_iter([("input".to_owned(), to_map(&order)?.into())]);
    ports
        .publish(Mutation {
            api: ApiName::Orders,
            document,
            variables,
        })
        .await?;
    Ok(())
}
