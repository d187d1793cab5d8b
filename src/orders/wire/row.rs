//! Rows of the API as the model's orders.

use net::UnixTime;
use net::civil::rfc3339;

use super::schema::shared::{OrderFields, OrderStatus};
use crate::live::window::Revision;
use crate::orders::model::{Item, Order, OrderId, Reached, Status};

/// Why a row of the API is none of the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A time that is not RFC 3339.
    #[error("{0:?} is not a time")]
    Time(String),
    /// A status that this page does not know.
    #[error("{0:?} is not a status that this page knows")]
    Status(String),
}

impl TryFrom<OrderFields> for Order {
    type Error = Malformed;

    fn try_from(row: OrderFields) -> Result<Self, Malformed> {
        let created = unix(&row.created_at)?;
        let updated = row.updated_at.as_deref().map_or(Ok(created), unix)?;
        let status = row.status.try_into()?;
        Ok(Self {
            id: OrderId::from(row.order_id.as_str()),
            revision: Revision(row.revision),
            status,
            customer: row.customer_id,
            items: row
                .items
                .into_iter()
                .flatten()
                .map(|item| Item {
                    description: item.description,
                    quantity: item.quantity,
                    unit_price: item.unit_price,
                })
                .collect(),
            total: row.total,
            currency: row.currency,
            created,
            updated,
            reached: Reached::told_by(status, created, updated),
        })
    }
}

impl TryFrom<OrderStatus> for Status {
    type Error = Malformed;

    fn try_from(status: OrderStatus) -> Result<Self, Malformed> {
        Ok(match status {
            OrderStatus::SUBMITTED => Self::Submitted,
            OrderStatus::ACCEPTED_BY_STORE => Self::AcceptedByStore,
            OrderStatus::IN_KITCHEN => Self::InKitchen,
            OrderStatus::READY_FOR_PICKUP => Self::ReadyForPickup,
            OrderStatus::PICKED_UP_BY_DRIVER => Self::PickedUpByDriver,
            OrderStatus::OUT_FOR_DELIVERY => Self::OutForDelivery,
            OrderStatus::DELIVERED => Self::Delivered,
            OrderStatus::COMPLETED => Self::Completed,
            OrderStatus::CANCELLED => Self::Cancelled,
            OrderStatus::Other(name) => return Err(Malformed::Status(name)),
        })
    }
}

/// A time as the API writes it, in milliseconds.
pub(super) fn unix(text: &str) -> Result<UnixTime, Malformed> {
    rfc3339(text).ok_or_else(|| Malformed::Time(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(change: impl FnOnce(&mut Value)) -> Result<Order, Malformed> {
        let mut row = json!({
            "orderId": "2abc",
            "currency": "EUR",
            "customerId": "c-1",
            "items": [{"itemId": null, "description": "Tea", "quantity": 2, "unitPrice": 3.5}, null],
            "numItems": 1,
            "status": "IN_KITCHEN",
            "total": 7.0,
            "createdAt": "2026-02-02T20:00:00.125Z",
            "updatedAt": "2026-02-02T21:00:01+01:00",
            "revision": 3
        });
        change(&mut row);
        serde_json::from_value::<OrderFields>(row)
            .unwrap()
            .try_into()
    }

    #[test]
    fn a_row_becomes_an_order() {
        let order = row(|_| {}).unwrap();
        assert_eq!(order.id, OrderId::from("2abc"));
        assert_eq!(order.status, Status::InKitchen);
        assert_eq!(order.revision, Revision(3));
        assert_eq!(order.items.len(), 1);
        assert_eq!(order.created, UnixTime(1_770_062_400_125));
        assert_eq!(order.updated, UnixTime(1_770_062_401_000));
        assert_eq!(
            row(|row| row["updatedAt"] = Value::Null).unwrap().updated,
            order.created
        );
    }

    #[test]
    fn every_status_of_the_path_has_its_name_on_the_wire() {
        for status in Status::PATH.into_iter().chain([Status::Cancelled]) {
            assert_eq!(
                row(|row| row["status"] = status.name().into())
                    .unwrap()
                    .status,
                status
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_hint() {
        assert_eq!(
            row(|row| row["status"] = "LOST".into()),
            Err(Malformed::Status("LOST".into()))
        );
        assert_eq!(
            row(|row| row["createdAt"] = "today".into()),
            Err(Malformed::Time("today".into()))
        );
    }
}
