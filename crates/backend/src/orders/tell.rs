//! From the table's stream to whoever subscribes over MQTT: that an order has changed, not all that it is.

use serde_json::json;

use super::ORDERS;
use super::model::Order;
use crate::event::HandlerError;
use crate::ports::{Change, Notice, Ports};

/// The topic of every change. Those of one order are told under it as well, at `orders/events/<orderId>`.
pub(super) const TOPIC: &str = "orders/events";

/// Tells a change of the view model: first everyone, then whoever follows the one order. Rows that expire are not news:
/// whoever shows them computes the expiry.
///
/// # Errors
/// [`HandlerError::Retry`] while publishing fails; [`HandlerError::Dead`] for a row that is no order, and for an order
/// whose id cannot stand in a topic: everyone has been told of it, nobody can follow it.
pub async fn tell<P: Ports>(ports: &P, change: &Change) -> Result<(), HandlerError> {
    let Some(row) = change.new.clone().filter(|_| change.table == ORDERS.name) else {
        return Ok(());
    };
    let order = Order::from_row(row)?;
    let event = if order.revision == 1 {
        "CREATED"
    } else {
        "UPDATED"
    };
    let payload = json!({
        "orderId": order.order_id,
        "status": order.status,
        "updatedAt": order.updated_at,
        "event": event,
        "revision": order.revision,
    });
    for topic in [TOPIC.to_owned(), [TOPIC, "/", &order.order_id.0].concat()] {
        let payload = payload.clone();
        ports.notify(Notice { topic, payload }).await?;
    }
    Ok(())
}
