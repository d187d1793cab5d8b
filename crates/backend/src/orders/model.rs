//! What an order is, and what an event means to it. Pure: the same order and event always come to the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::event::HandlerError;
use crate::json::{from_map, to_map};
pub use crate::moment::Moment;
use crate::ports::Item;

/// How long an order is kept after its creation.
pub const KEPT: Duration = Duration::DAY;
/// The listing's one partition.
pub const LISTING: &str = "orders";

/// An order's id, a KSUID where it is ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub String);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An order as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its key.
    pub order_id: OrderId,
    /// An ISO 4217 code.
    pub currency: String,
    /// Who ordered.
    pub customer_id: String,
    /// At least one.
    pub items: Vec<OrderItem>,
    /// The sum of the quantities.
    pub num_items: i32,
    /// How far it is.
    pub status: OrderStatus,
    /// In the currency, rounded to hundredths.
    pub total: f64,
    /// When its row was first written.
    pub created_at: Moment,
    /// When its row was last written.
    pub updated_at: Moment,
    /// Starts at 1 and grows by one with each write.
    pub revision: u32,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// What, in the shop's catalogue.
    #[serde(default)]
    pub item_id: Option<String>,
    /// What, for people.
    pub description: String,
    /// At least 1.
    pub quantity: i32,
    /// In the order's currency.
    pub unit_price: f64,
}

/// How far an order is. The order of the variants is the way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum OrderStatus {
    Submitted,
    AcceptedByStore,
    InKitchen,
    ReadyForPickup,
    PickedUpByDriver,
    OutForDelivery,
    Delivered,
    Completed,
    /// From any state that is not final.
    Cancelled,
}

impl OrderStatus {
    /// The way of an order that nobody cancels.
    pub const WAY: [Self; 8] = [
        Self::Submitted,
        Self::AcceptedByStore,
        Self::InKitchen,
        Self::ReadyForPickup,
        Self::PickedUpByDriver,
        Self::OutForDelivery,
        Self::Delivered,
        Self::Completed,
    ];

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// What the news that an order has got to `next` means to an order that is here. States may be skipped: the bus
    /// has no order, so a later state can be heard of first.
    #[must_use]
    pub fn on(self, next: Self) -> News {
        if next == self {
            News::Same
        } else if self.is_final() || next < self {
            News::Late
        } else {
            News::Forward
        }
    }
}

/// What a status means to an order, see [`OrderStatus::on`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// To be written.
    Forward,
    /// Known.
    Same,
    /// Passed already.
    Late,
}

/// The detail of [`super::CREATED`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// Given by the producer.
    pub order_id: OrderId,
    /// Who ordered.
    pub customer_id: String,
    /// An ISO 4217 code.
    pub currency: String,
    /// At least one.
    pub items: Vec<OrderItem>,
}

/// The detail of [`super::UPDATED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusUpdate {
    /// Which order.
    pub order_id: OrderId,
    /// How far it is now.
    pub status: OrderStatus,
}

impl NewOrder {
    /// The order's first revision.
    ///
    /// # Errors
    /// [`HandlerError::Dead`], saying which part of the basket cannot be.
    pub fn submit(self, now: OffsetDateTime) -> Result<Order, HandlerError> {
        let dead = |reason: String| Err(HandlerError::Dead(reason));
        if self.order_id.0.is_empty() {
            return dead("the orderId is empty".to_owned());
        }
        if self.items.is_empty() {
            return dead("the basket is empty: an order has at least one item".to_owned());
        }
        let (mut num_items, mut sum) = (0_i32, 0.0_f64);
        for (position, item) in self.items.iter().enumerate() {
            if item.quantity < 1 {
                return dead(format!(
                    "items[{position}].quantity is {}: at least 1",
                    item.quantity
                ));
            }
            if !item.unit_price.is_finite() {
                return dead(format!("items[{position}].unitPrice is not a number"));
            }
            match num_items.checked_add(item.quantity) {
                Some(more) => num_items = more,
                None => return dead(format!("the quantities add up to more than {}", i32::MAX)),
            }
            sum += f64::from(item.quantity) * item.unit_price;
        }
        let total = (sum * 100.0).round() / 100.0;
        if !total.is_finite() {
            return dead("the total is larger than a number can be".to_owned());
        }
        Ok(Order {
            order_id: self.order_id,
            currency: self.currency,
            customer_id: self.customer_id,
            items: self.items,
            num_items,
            status: OrderStatus::Submitted,
            total,
            created_at: Moment::from(now),
            updated_at: Moment::from(now),
            revision: 1,
        })
    }
}

impl Order {
    /// The next revision, at another status.
    #[must_use]
    pub fn moved_to(self, status: OrderStatus, now: OffsetDateTime) -> Self {
        Self {
            status,
            updated_at: Moment::from(now),
            revision: self.revision + 1,
            ..self
        }
    }

    /// When the row may go, in epoch seconds.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        (self.created_at.0 + KEPT).unix_timestamp()
    }

    /// What the listing sorts by: never changes, unique, the newest greatest.
    #[must_use]
    pub fn listed_as(&self) -> String {
        format!("{}#{}", self.created_at, self.order_id)
    }

    /// The row it is kept as: the order, and what index and expiry need.
    ///
    /// # Errors
    /// [`HandlerError::Dead`] if it cannot be put into JSON.
    pub fn to_row(&self) -> Result<Item, HandlerError> {
        let mut row = to_map(self)?;
        row.insert("listing".to_owned(), LISTING.into());
        row.insert("listedAs".to_owned(), self.listed_as().into());
        row.insert("expiresAt".to_owned(), self.expires_at().into());
        Ok(row)
    }

    /// From its row.
    ///
    /// # Errors
    /// [`HandlerError::Dead`] if the row is no order.
    pub fn from_row(row: Item) -> Result<Self, HandlerError> {
        from_map(row, "order")
    }
}
