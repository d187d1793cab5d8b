//! Orders on their way: one after the other, each under a token until it is answered, and in sight until the list has
//! them. Pure.

use std::time::Duration;

use net::{Instant, UnixTime};

use super::form::Fault;
use super::model::{Order, OrderId, Ordered};
use crate::live::flight::{Departures, Token};
use crate::live::window::{Entry, Row as _, Window};

/// Numbers orders that have no id yet; grows.
pub type Number = u32;
/// So many of the visitor's own orders are known as such.
const OWN: usize = 20;
/// Who hears of orders hears of one this long, in milliseconds, before the clock says that it was sent: clocks differ.
const SKEW: i64 = 1_000;
/// The queue has, or has handed on, what was accepted so long ago.
const SETTLES: Duration = Duration::from_secs(2);

/// Whoever asks for the same again so soon has pressed twice, or holds the key down.
const TWICE: Duration = Duration::from_millis(500);

/// What came of an order that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was accepted, now or before, and is this one.
    Accepted(Order),
    /// It cannot be accepted.
    Refused(Fault),
    /// Nobody knows: to be sent again.
    Unknown,
}

/// The visitor's orders on their way.
#[derive(Debug, Clone)]
pub struct Outbox {
    departures: Departures<(Number, Ordered)>,
    /// When the one that is not answered was sent first, by the cloud's clock.
    sent: UnixTime,
    /// Accepted, when, and not in the list so far.
    accepted: Vec<(Instant, Order)>,
    /// Not accepted, and why, in order.
    refused: Vec<(Number, Ordered, Fault)>,
    /// What may be in the form again, and whether somebody asked for that.
    again: Option<(Number, bool)>,
    /// The number given last.
    last: Number,
    /// What was asked for last, and when.
    asked: Option<(Instant, Ordered)>,
    /// What was accepted, the newest at the end.
    own: Vec<OrderId>,
}

impl Outbox {
    /// Nothing is on its way.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            departures: Departures::new(),
            sent: UnixTime(0),
            accepted: Vec::new(),
            refused: Vec::new(),
            again: None,
            last: 0,
            asked: None,
            own: Vec::new(),
        }
    }

    /// To be sent as soon as what was placed before is answered; the same again within half a second is the same order.
    pub fn place(&mut self, ordered: Ordered, now: Instant) {
        let asked = self.asked.replace((now, ordered.clone()));
        if asked.is_some_and(|(at, before)| before == ordered && now < at + TWICE) {
            return;
        }
        self.last += 1;
        self.departures.push((self.last, ordered));
    }

    /// The next order to be sent, and under which token; `token` makes new ones, `wall` is the cloud's clock.
    pub fn poll(
        &mut self,
        now: Instant,
        wall: UnixTime,
        token: impl FnOnce() -> Token,
    ) -> Option<(Ordered, Token)> {
        if self.departures.flying().is_none() {
            self.sent = wall;
        }
        let ((_, ordered), token) = self.departures.poll(now, token)?;
        Some((ordered, token))
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.departures.deadline()
    }

    /// What came of the order that was sent; `unit` is random in [0, 1). What is refused stays until somebody has seen to
    /// it; what was placed after it is sent all the same.
    pub fn answered(&mut self, outcome: Outcome, now: Instant, unit: f64) {
        if outcome == Outcome::Unknown {
            self.departures.failed(now, unit);
            return;
        }
        let Some((number, ordered)) = self.departures.landed() else {
            return;
        };
        match outcome {
            Outcome::Unknown => {}
            Outcome::Accepted(order) => {
                if self.own.len() == OWN {
                    self.own.remove(0);
                }
                self.own.push(order.id.clone());
                self.accepted.push((now, order));
            }
            Outcome::Refused(fault) => {
                // Alone it may still be what the form holds.
                let is_alone = self.refused.is_empty() && self.unsent().next().is_none();
                self.again = is_alone.then_some((number, false)).or(self.again);
                self.refused.push((number, ordered, fault));
            }
        }
    }

    /// See [`Departures::hurry`].
    pub fn hurry(&mut self, now: Instant) {
        self.departures.hurry(now);
    }

    /// What the list shows: orders that are in it are on their way no more, and those that stand below its end, if it
    /// has one, are nothing that it could show. Says whether there were any.
    pub fn observe(&mut self, window: &Window<Order>) -> bool {
        let (before, rows) = (self.accepted.len(), window.rows());
        let end = rows.last().filter(|_| window.is_cut());
        let end = end.map(|entry| entry.row.position());
        self.accepted.retain(|(_, order)| {
            rows.iter().all(|entry| entry.row.id != order.id)
                && end.as_ref().is_none_or(|end| order.position() >= *end)
        });
        self.accepted.len() < before
    }

    /// What is not known to be accepted, in order.
    pub fn unsent(&self) -> impl DoubleEndedIterator<Item = &(Number, Ordered)> {
        self.departures.unanswered()
    }

    /// What the list need not show of that, since it shows these orders: the one that was sent may be listed before
    /// anybody has answered.
    #[must_use]
    pub fn overtaken(&self, rows: &[Entry<Order>]) -> Option<Number> {
        let (number, ordered) = self.departures.flying()?;
        let since = self.sent.plus_millis(-SKEW);
        let rows = rows.iter().map(|entry| &entry.row);
        // The newest are on top.
        let mut rows = rows.take_while(|order| order.created() >= since);
        let is_listed =
            rows.any(|order| order.ordered == *ordered && !self.own.contains(&order.id));
        is_listed.then_some(*number)
    }

    /// Whether the first of them could not be sent so far.
    #[must_use]
    pub fn is_delayed(&self) -> bool {
        self.departures.is_delayed()
    }

    /// What is accepted, and not in the list so far; and whether it is lost, if the queue was seen to be empty then.
    pub fn accepted(&self, empty: Option<Instant>) -> impl Iterator<Item = (&Order, bool)> {
        self.accepted.iter().map(move |(at, order)| {
            let is_lost = empty.is_some_and(|empty| *at + SETTLES <= empty);
            (order, is_lost)
        })
    }

    /// The visitor's newest order that was accepted.
    #[must_use]
    pub fn own(&self) -> Option<&OrderId> {
        self.own.last()
    }

    /// What was not accepted, and why, in order.
    #[must_use]
    pub fn refused(&self) -> &[(Number, Ordered, Fault)] {
        &self.refused
    }

    /// It is seen to: forgotten, or to be in the form again.
    pub fn see_to(&mut self, number: Number, again: bool) {
        if again {
            self.again = Some((number, true));
        } else {
            self.refused.retain(|(refused, ..)| *refused != number);
        }
    }

    /// What goes into the form again, once: what somebody asked for, or what was refused alone while the form still
    /// holds it. What has been written there since is not written over.
    pub fn returned(&mut self, is_held: impl FnOnce(&Ordered) -> bool) -> Option<(Ordered, Fault)> {
        let (number, is_asked) = self.again.take()?;
        let mut refused = self.refused.iter();
        let at = refused.position(|(refused, ..)| *refused == number)?;
        if !is_asked && !is_held(&self.refused[at].1) {
            return None;
        }
        let (_, ordered, fault) = self.refused.remove(at);
        Some((ordered, fault))
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::window::Change;
    use crate::restaurant::model::Status;
    use crate::restaurant::model::tests::{order, soup};

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    fn sent(outbox: &mut Outbox, now: u64) -> Option<Token> {
        let sent = outbox.poll(at(now), UnixTime(2_000), || Token(now.to_string()));
        sent.map(|(_, token)| token)
    }

    fn numbers(outbox: &Outbox) -> Vec<Number> {
        outbox.unsent().map(|(number, _)| *number).collect()
    }

    #[test]
    fn orders_go_one_after_the_other_and_stay_in_sight_until_they_are_listed() {
        let mut outbox = Outbox::default();
        outbox.place(soup(), at(0));
        outbox.place(soup(), at(500));
        assert_eq!(sent(&mut outbox, 0), Some(Token("0".into())));
        assert_eq!(sent(&mut outbox, 1), None, "one at a time");
        assert_eq!(numbers(&outbox), [1, 2]);
        let accepted = order("a", 5, 0, Status::Pending);
        outbox.answered(Outcome::Accepted(accepted.clone()), at(2), 0.0);
        assert_eq!(numbers(&outbox), [2]);
        let told: Vec<_> = outbox.accepted(None).collect();
        assert_eq!(told, [(&accepted, false)]);
        // The queue is empty soon after: it is elsewhere. Still empty later: it is nowhere.
        for (empty, is_lost) in [(2_001, false), (2_002, true)] {
            let told = outbox.accepted(Some(at(empty))).next();
            assert_eq!(told, Some((&accepted, is_lost)));
        }
        assert_eq!(outbox.own(), Some(&"a".into()));
        assert_eq!(sent(&mut outbox, 3), Some(Token("3".into())));

        let mut window = Window::new(9);
        window.apply(Change::Put(order("b", 4, 1, Status::Pending)), UnixTime(0));
        assert!(!outbox.observe(&window));
        window.apply(Change::Put(order("a", 5, 1, Status::Pending)), UnixTime(0));
        assert!(outbox.observe(&window));
        assert!(outbox.accepted(None).next().is_none());
    }

    #[test]
    fn what_stands_below_the_list_s_end_is_not_waited_for() {
        let mut outbox = Outbox::default();
        outbox.place(soup(), at(0));
        sent(&mut outbox, 0);
        outbox.answered(
            Outcome::Accepted(order("a", 5, 0, Status::Pending)),
            at(2),
            0.0,
        );
        let mut window = Window::new(1);
        window.apply(Change::Put(order("b", 8, 1, Status::Pending)), UnixTime(0));
        assert!(!outbox.observe(&window), "the list may go on");
        window.apply(Change::Put(order("c", 9, 1, Status::Pending)), UnixTime(0));
        assert!(outbox.observe(&window));
        assert_eq!(outbox.accepted(None).count(), 0);
    }

    #[test]
    fn what_nobody_knows_of_goes_again_under_the_same_token() {
        let mut outbox = Outbox::default();
        outbox.place(soup(), at(0));
        let first = sent(&mut outbox, 0);
        outbox.answered(Outcome::Unknown, at(10), 1.0);
        assert!(outbox.is_delayed());
        assert_eq!(sent(&mut outbox, 20), None);
        assert_eq!(outbox.deadline(), Some(at(510)));
        outbox.hurry(at(30));
        assert_eq!(sent(&mut outbox, 30), first);
    }

    #[test]
    fn what_is_listed_before_its_answer_is_shown_once() {
        let mut outbox = Outbox::default();
        outbox.place(soup(), at(0));
        outbox.place(soup(), at(500));
        let mut window = Window::new(9);
        let mut listed = |id: &str, created| {
            window.apply(
                Change::Put(order(id, created, 1, Status::Pending)),
                UnixTime(0),
            );
            window.rows().to_vec()
        };
        let rows = listed("earlier", 999);
        assert_eq!(outbox.overtaken(&rows), None, "nothing is sent");
        sent(&mut outbox, 0);
        assert_eq!(outbox.overtaken(&rows), None, "it was there before");
        let rows = listed("a", 1_500);
        assert_eq!(outbox.overtaken(&rows), Some(1));
        outbox.answered(
            Outcome::Accepted(order("a", 1_500, 0, Status::Pending)),
            at(1),
            0.0,
        );
        sent(&mut outbox, 2);
        assert_eq!(
            outbox.overtaken(&rows),
            None,
            "that is known to be the other one"
        );
        assert_eq!(outbox.overtaken(&listed("b", 1_600)), Some(2));
    }

    #[test]
    fn what_is_refused_stays_until_it_is_seen_to_and_the_others_go() {
        let mut outbox = Outbox::default();
        for name in ["Soup", "Pie", "Cake"] {
            let name = name.to_owned();
            outbox.place(Ordered { name, ..soup() }, at(0));
        }
        let fault = Fault::read("name: must not be empty");
        for number in 0..3 {
            assert!(sent(&mut outbox, number).is_some());
            outbox.answered(Outcome::Refused(fault.clone()), at(number), 0.0);
            assert_eq!(outbox.returned(|_| true), None, "it is not alone");
        }
        let names = |outbox: &Outbox| {
            let refused = outbox.refused().iter();
            refused
                .map(|(_, ordered, _)| ordered.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&outbox), ["Soup", "Pie", "Cake"]);
        outbox.see_to(2, true);
        let (pie, why) = outbox.returned(|_| false).unwrap();
        assert_eq!((&*pie.name, why), ("Pie", fault));
        outbox.see_to(1, false);
        assert_eq!(names(&outbox), ["Cake"]);
        assert_eq!(outbox.returned(|_| true), None, "each once");
    }

    #[test]
    fn what_is_refused_alone_is_in_the_form_again_unless_that_holds_something_else() {
        for is_held in [true, false] {
            let mut outbox = Outbox::default();
            outbox.place(soup(), at(0));
            sent(&mut outbox, 0);
            let fault = Fault::read("the kitchen is closed");
            outbox.answered(Outcome::Refused(fault.clone()), at(1), 0.0);
            let returned = outbox.returned(|ordered| *ordered == soup() && is_held);
            assert_eq!(returned, is_held.then(|| (soup(), fault)));
            assert_eq!(outbox.refused().is_empty(), is_held);
            assert_eq!(
                outbox.returned(|_| true),
                None,
                "it is a line of the list by now"
            );
        }
    }

    #[test]
    fn the_same_again_at_once_is_one_order() {
        let mut outbox = Outbox::default();
        let pie = || Ordered {
            name: "Pie".into(),
            ..soup()
        };
        for (ordered, asked, orders) in [
            (soup(), 0, 1),
            (soup(), 499, 1),
            (soup(), 998, 1), // As a key that is held down.
            (soup(), 1_498, 2),
            (pie(), 1_499, 3),
            (soup(), 1_500, 4),
        ] {
            outbox.place(ordered, at(asked));
            assert_eq!(outbox.unsent().count(), orders, "at {asked}");
        }
    }
}
