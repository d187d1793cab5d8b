//! Orders as the page thinks of them: plain values, no browser, no framework, no client.

use net::UnixTime;

use crate::id::id;
use crate::live::window::{Patch, Revision, Row};

/// How long an order is kept after its creation, in milliseconds. The server counts in whole seconds.
const KEPT: i64 = 24 * 60 * 60 * 1000;

id! {
    /// An order's id, a KSUID.
    OrderId
}

/// An order at one revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// See [`Revision`].
    pub revision: Revision,
    /// How far it is.
    pub status: Status,
    /// Who ordered.
    pub customer: String,
    /// What was ordered.
    pub items: Vec<Item>,
    /// The sum of the items.
    pub total: f64,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// When it was submitted.
    pub created: UnixTime,
    /// When this revision was written.
    pub updated: UnixTime,
    /// When it came to each state, as far as the page has seen.
    pub reached: Reached,
}

/// When an order came to its states, as far as the page has seen; revisions tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached(Vec<(Status, UnixTime)>);

impl Reached {
    /// What one revision tells.
    #[must_use]
    pub fn told_by(status: Status, created: UnixTime, updated: UnixTime) -> Self {
        let mut reached = Self(vec![(Status::Submitted, created)]);
        reached.note(status, updated);
        reached
    }

    /// When it came to this state.
    #[must_use]
    pub fn at(&self, status: Status) -> Option<UnixTime> {
        self.0
            .iter()
            .find(|(is, _)| *is == status)
            .map(|(_, at)| *at)
    }

    fn note(&mut self, status: Status, at: UnixTime) {
        if self.at(status).is_none() {
            self.0.push((status, at));
        }
    }
}

impl Order {
    /// How long it took, in milliseconds, from the state before that the page knows of to this one.
    #[must_use]
    pub fn took(&self, status: Status) -> Option<i64> {
        let reached = self.reached.at(status)?;
        let before = self.reached.0.iter().filter(|(is, _)| *is < status);
        let before = before.map(|(_, at)| *at).max()?;
        Some(reached.millis_since(before))
    }

    /// Whether it is in this state or has been. A cancelled order has been where the page saw it.
    #[must_use]
    pub fn has_reached(&self, status: Status) -> bool {
        (self.status != Status::Cancelled && status <= self.status)
            || self.reached.at(status).is_some()
    }
}

/// What a notice tells of an order. Nothing else of it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// How far it is now.
    pub status: Status,
    /// When it came there.
    pub updated: UnixTime,
}

impl Patch<Order> for Moved {
    fn apply(&self, revision: Revision, before: &Order) -> Order {
        Order {
            revision,
            status: self.status,
            updated: self.updated,
            reached: Reached::told_by(self.status, before.created, self.updated),
            ..before.clone()
        }
    }
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub description: String,
    /// How many of it.
    pub quantity: i64,
    /// The price of one, in the order's currency.
    pub unit_price: f64,
}

/// How far an order is. Any of these may be followed by [`Status::Cancelled`] but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Status {
    Submitted,
    AcceptedByStore,
    InKitchen,
    ReadyForPickup,
    PickedUpByDriver,
    OutForDelivery,
    Delivered,
    Completed,
    Cancelled,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Submitted,
        Self::AcceptedByStore,
        Self::InKitchen,
        Self::ReadyForPickup,
        Self::PickedUpByDriver,
        Self::OutForDelivery,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
    ];

    /// The states that an order goes through, in order.
    pub const PATH: [Self; 8] = [
        Self::Submitted,
        Self::AcceptedByStore,
        Self::InKitchen,
        Self::ReadyForPickup,
        Self::PickedUpByDriver,
        Self::OutForDelivery,
        Self::Delivered,
        Self::Completed,
    ];

    /// The schema's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::AcceptedByStore => "ACCEPTED_BY_STORE",
            Self::InKitchen => "IN_KITCHEN",
            Self::ReadyForPickup => "READY_FOR_PICKUP",
            Self::PickedUpByDriver => "PICKED_UP_BY_DRIVER",
            Self::OutForDelivery => "OUT_FOR_DELIVERY",
            Self::Delivered => "DELIVERED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The one that the schema calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The same for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::AcceptedByStore => "Accepted by store",
            Self::InKitchen => "In kitchen",
            Self::ReadyForPickup => "Ready for pickup",
            Self::PickedUpByDriver => "Picked up by driver",
            Self::OutForDelivery => "Out for delivery",
            Self::Delivered => "Delivered",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// Newest first as the server sorts them: by time of creation, and by id within a millisecond.
impl Row for Order {
    type Key = OrderId;
    type Position = (UnixTime, OrderId);
    type Patch = Moved;

    fn key(&self) -> &OrderId {
        &self.id
    }

    fn position(&self) -> Self::Position {
        (self.created, self.id.clone())
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn expires(&self) -> Option<UnixTime> {
        let created = self.created.0;
        Some(UnixTime(created - created.rem_euclid(1_000)).plus_millis(KEPT))
    }

    /// Other revisions tell when earlier states were reached.
    fn absorb(&mut self, other: &Self) -> bool {
        let known = self.reached.0.len();
        for &(status, at) in &other.reached.0 {
            self.reached.note(status, at);
        }
        self.reached.0.len() > known
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::live::window::{Change, Window};

    pub(in crate::orders) fn order(revision: i64, status: Status) -> Order {
        Order {
            id: "2abc".into(),
            revision: Revision(revision),
            status,
            customer: "c".into(),
            items: Vec::new(),
            total: 12.5,
            currency: "EUR".into(),
            created: UnixTime(1_000),
            updated: UnixTime(1_000 * revision),
            reached: Reached::told_by(status, UnixTime(1_000), UnixTime(1_000 * revision)),
        }
    }

    #[test]
    fn an_order_knows_when_it_came_where_in_whatever_order_it_was_told() {
        let mut window = Window::new(1);
        for revision in [3, 1, 2, 2, 5] {
            let status = Status::PATH[usize::try_from(revision).unwrap() - 1];
            window.apply(Change::Put(order(revision, status)), UnixTime(0));
        }
        let order = window.rows()[0].row.clone();
        let times: Vec<_> = Status::PATH
            .iter()
            .map(|status| order.reached.at(*status).map(|at| at.0))
            .collect();
        assert_eq!(
            times,
            [
                Some(1_000),
                Some(2_000),
                Some(3_000),
                None,
                Some(5_000),
                None,
                None,
                None
            ]
        );
        assert!(
            order.has_reached(Status::ReadyForPickup),
            "it must have been there"
        );
        assert!(!order.has_reached(Status::OutForDelivery));
    }

    #[test]
    fn a_notice_moves_an_order_and_leaves_the_rest() {
        let before = order(1, Status::Submitted);
        let moved = Moved {
            status: Status::AcceptedByStore,
            updated: UnixTime(2_000),
        };
        let after = moved.apply(Revision(2), &before);
        assert_eq!(after, order(2, Status::AcceptedByStore));
        assert_eq!(Status::named("ACCEPTED_BY_STORE"), Some(after.status));
        assert_eq!(Status::named("LOST"), None);
    }

    #[test]
    fn a_cancelled_order_has_been_where_it_was_seen() {
        let mut cancelled = order(3, Status::Cancelled);
        cancelled.absorb(&order(2, Status::AcceptedByStore));
        let reached: Vec<_> = Status::PATH
            .into_iter()
            .filter(|status| cancelled.has_reached(*status))
            .collect();
        assert_eq!(reached, [Status::Submitted, Status::AcceptedByStore]);
        assert!(cancelled.has_reached(Status::Cancelled));
    }

    #[test]
    fn orders_stand_newest_first_and_go_after_a_day() {
        let mut window = Window::new(10);
        for (id, created) in [("b", 2_000), ("a", 2_000), ("c", 1_999)] {
            let order = Order {
                id: id.into(),
                created: UnixTime(created),
                ..order(1, Status::Submitted)
            };
            window.apply(Change::Put(order), UnixTime(0));
        }
        let ids: Vec<_> = window
            .rows()
            .iter()
            .map(|entry| entry.row.id.as_str().to_owned())
            .collect();
        assert_eq!(ids, ["b", "a", "c"]);
        assert!(window.expire(UnixTime(KEPT + 1_000)));
        assert_eq!(window.rows().len(), 2);
    }
}
