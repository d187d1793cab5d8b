//! What customers are told, as this page came to know of it. Pure.
//!
//! The workflow's last task writes the text into the order, and the next step hands it to the topic: what arrived is what
//! `eddy-cloud mailbox` shows. A letter stays as it was, whatever becomes of its order.

use std::sync::Arc;

use net::UnixTime;

use super::model::{Order, OrderId, Step};
use crate::live::window::Entry;

/// So many of the newest are kept.
const KEPT: usize = 200;

/// When a letter was written and about which order: the greatest on top.
pub type Key = (UnixTime, OrderId);

/// The letters of as long as the page is open: each as its order was when the page heard of it first.
#[derive(Debug, Clone, Default)]
pub struct Letters(Vec<(Key, Arc<Order>)>);

impl Letters {
    /// None so far.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// What the list shows; says whether there are letters among it that were not known.
    pub fn observe(&mut self, rows: &[Entry<Order>]) -> bool {
        let mut is_news = false;
        for order in rows.iter().map(|entry| &entry.row) {
            let Some(at) = order.begun[Step::End as usize] else {
                continue;
            };
            let key = (at, &order.id);
            let place = self.0.partition_point(|((at, id), _)| (*at, id) > key);
            let there = self.0.get(place);
            let is_known = there.is_some_and(|((at, id), _)| (*at, id) == key);
            if order.notification.is_some() && !is_known && place < KEPT {
                let letter = ((at, order.id.clone()), Arc::clone(order));
                self.0.insert(place, letter);
                self.0.truncate(KEPT);
                is_news = true;
            }
        }
        is_news
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, the newest on top.
    #[must_use]
    pub fn all(&self) -> Vec<(Key, Arc<Order>)> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::window::{Change, Revision, Window};
    use crate::restaurant::model::Status;
    use crate::restaurant::model::tests::order;

    fn ids(letters: &Letters) -> Vec<String> {
        let letters = letters.all().into_iter();
        letters
            .map(|(_, order)| order.id.as_str().to_owned())
            .collect()
    }

    #[test]
    fn a_letter_stays_as_it_was_whatever_becomes_of_its_order() {
        let (mut window, mut letters) = (Window::new(9), Letters::new());
        for (id, created) in [("a", 5_000), ("b", 1_000), ("c", 9_000)] {
            let ended = order(id, created, 3, Status::Success);
            window.apply(Change::Put(ended), UnixTime(0));
        }
        window.apply(
            Change::Put(order("d", 7_000, 2, Status::Pending)),
            UnixTime(0),
        );
        assert!(letters.observe(window.rows()));
        assert_eq!(ids(&letters), ["c", "a", "b"]);
        assert!(!letters.observe(window.rows()), "they are known");

        let mut changed = order("a", 5_000, 3, Status::Success);
        (changed.revision, changed.ordered.name) = (Revision(4), "Pie".into());
        window.apply(Change::Put(changed), UnixTime(0));
        let (key, revision) = ("c".into(), Revision(4));
        window.apply(Change::Delete { key, revision }, UnixTime(0));
        assert!(!letters.observe(window.rows()));
        assert_eq!(ids(&letters), ["c", "a", "b"]);
        assert_eq!(letters.all()[1].1.ordered.name, "Soup");
    }

    #[test]
    fn the_newest_are_kept() {
        let (mut window, mut letters) = (Window::new(300), Letters::new());
        for number in 0..300 {
            let ended = order(&number.to_string(), number, 3, Status::Failed);
            window.apply(Change::Put(ended), UnixTime(0));
        }
        assert!(letters.observe(window.rows()));
        assert_eq!((letters.all().len(), &*ids(&letters)[199]), (200, "100"));
        assert!(!letters.observe(window.rows()));
    }
}
