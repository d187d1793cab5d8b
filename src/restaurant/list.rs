//! What the list shows: the visitor's own orders from the moment they are placed, and everybody's from when they are
//! saved. Pure.

use std::sync::Arc;

use net::Instant;

use super::model::{Order, Ordered, Place};
use super::outbox::{Number, Outbox};
use crate::live::window::{Entry, Row as _};

/// Where a line stands, the greatest on top. An order keeps its line when it is accepted, saved, and at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An order that has an id.
    Order(Place),
    /// One that has none yet.
    Unsent(Number),
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Not known to be accepted; and whether it could not be sent so far.
    Unsent(Ordered, bool),
    /// Not accepted, and why, for people.
    Refused(Ordered, String),
    /// Accepted, and perhaps on its way.
    Order(Arc<Order>),
    /// Accepted, not saved, and in the queue no more.
    Lost(Arc<Order>),
}

impl Line {
    /// What is ordered.
    #[must_use]
    pub fn ordered(&self) -> &Ordered {
        match self {
            Self::Unsent(ordered, _) | Self::Refused(ordered, _) => ordered,
            Self::Order(order) | Self::Lost(order) => &order.ordered,
        }
    }

    /// The order, if it is one by now.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Unsent(..) | Self::Refused(..) => None,
            Self::Order(order) | Self::Lost(order) => Some(order),
        }
    }
}

/// The lines, the newest first; `empty` is when the queue was seen to be empty, if it is.
#[must_use]
pub fn lines(rows: &[Entry<Order>], outbox: &Outbox, empty: Option<Instant>) -> Vec<(Key, Line)> {
    let (is_delayed, overtaken) = (outbox.is_delayed(), outbox.overtaken(rows));
    let unsent = outbox.unsent().rev();
    let unsent = unsent.filter(|(number, _)| Some(*number) != overtaken);
    let unsent = unsent.map(|(number, ordered)| {
        let line = Line::Unsent(ordered.clone(), is_delayed);
        (Key::Unsent(*number), line)
    });
    let mut lines: Vec<_> = unsent.collect();
    // What is answered was placed before what is not.
    lines.extend(
        outbox
            .refused()
            .iter()
            .rev()
            .map(|(number, ordered, fault)| {
                let why = ["Not accepted: ", &fault.why].concat();
                (Key::Unsent(*number), Line::Refused(ordered.clone(), why))
            }),
    );
    lines.extend(rows.iter().map(|entry| {
        let key = Key::Order(entry.row.position());
        (key, Line::Order(Arc::clone(&entry.row)))
    }));
    for (order, is_lost) in outbox.accepted(empty) {
        let key = Key::Order(order.position());
        let at = lines.partition_point(|(other, _)| *other > key);
        // Listed, and not struck off so far.
        if lines.get(at).is_some_and(|(other, _)| *other == key) {
            continue;
        }
        let line = if is_lost { Line::Lost } else { Line::Order };
        lines.insert(at, (key, line(Arc::new(order.clone()))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use net::UnixTime;

    use super::*;
    use crate::live::flight::Token;
    use crate::live::window::{Change, Window};
    use crate::restaurant::form::Fault;
    use crate::restaurant::model::Status;
    use crate::restaurant::model::tests::{order, soup};
    use crate::restaurant::outbox::Outcome;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    #[test]
    fn own_orders_stand_where_they_will_stand_from_the_moment_they_are_placed() {
        let mut window = Window::new(9);
        for (id, created) in [("a", 1), ("c", 9)] {
            window.apply(
                Change::Put(order(id, created, 3, Status::Success)),
                UnixTime(0),
            );
        }
        let mut outbox = Outbox::default();
        for second in 0..3 {
            outbox.place(soup(), at(1_000 * second));
        }
        let _ = outbox.poll(at(0), UnixTime(9_999), || Token("t".into()));
        outbox.answered(
            Outcome::Accepted(order("b", 5, 0, Status::Pending)),
            at(0),
            0.0,
        );
        let told = |window: &Window<Order>, outbox: &Outbox, empty| {
            let lines = lines(window.rows(), outbox, empty).into_iter();
            let lines = lines.map(|(_, line)| match line {
                Line::Refused(_, why) => why,
                Line::Unsent(_, delayed) => ["sending", "delayed"][usize::from(delayed)].to_owned(),
                Line::Order(order) => order.id.as_str().to_owned(),
                Line::Lost(order) => ["lost ", order.id.as_str()].concat(),
            });
            lines.collect::<Vec<_>>()
        };
        assert_eq!(
            told(&window, &outbox, None),
            ["sending", "sending", "c", "b", "a"]
        );
        assert_eq!(
            told(&window, &outbox, Some(at(5_000))),
            ["sending", "sending", "c", "lost b", "a"]
        );
        assert_eq!(
            told(&window, &outbox, Some(at(1_000)))[3],
            "b",
            "it may be on its way into the list"
        );
        let keys: Vec<_> = lines(window.rows(), &outbox, None)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        assert!(keys.is_sorted_by(|one, other| one > other), "{keys:?}");

        // Once it is saved, its line is the same.
        window.apply(Change::Put(order("b", 5, 1, Status::Pending)), UnixTime(0));
        let saved = lines(window.rows(), &outbox, Some(at(9_000)));
        assert_eq!(saved[3].0, keys[3]);
        assert_eq!(saved.len(), keys.len());
        let _ = outbox.poll(at(1), UnixTime(9_999), || Token("u".into()));
        outbox.answered(Outcome::Unknown, at(1), 1.0);
        assert_eq!(
            told(&window, &outbox, None),
            ["delayed", "delayed", "c", "b", "a"]
        );

        // What is not accepted keeps its line, too.
        let keys = |outbox: &Outbox| {
            let lines = lines(window.rows(), outbox, None).into_iter();
            lines.map(|(key, _)| key).collect::<Vec<_>>()
        };
        let before = keys(&outbox);
        let fault = Fault::read("quantity: too many");
        outbox.answered(Outcome::Refused(fault), at(2), 0.0);
        assert_eq!(
            told(&window, &outbox, None),
            ["sending", "Not accepted: too many", "c", "b", "a"]
        );
        assert_eq!(keys(&outbox), before);
    }
}
