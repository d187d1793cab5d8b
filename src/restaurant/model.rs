//! Restaurant orders as the page thinks of them: plain values, no browser, no framework, no client.

use std::convert::Infallible;

use net::UnixTime;

use crate::id::id;
use crate::live::window::{Revision, Row};

/// How long an order is kept after its last step, in milliseconds; the server counts from that step's full second.
const KEPT: i64 = 24 * 60 * 60 * 1000;

id! {
    /// An order's id, a KSUID; also the name of its workflow's execution.
    OrderId
}

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// What; any text.
    pub name: String,
    /// How much of it, 1 to 100.
    pub quantity: i64,
    /// Where; any text.
    pub restaurant: String,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is queued, or the workflow has it.
    Pending,
    /// It is paid.
    Success,
    /// It could not be paid.
    Failed,
}

impl Status {
    /// The API's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["PENDING", "SUCCESS", "FAILED"][self as usize]
    }
}

/// A part of an order's way: it begins when the order is accepted, and then with each task of the workflow that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// In the queue.
    Queue,
    /// Saved, by the task InitializeOrder.
    Saved,
    /// Being paid, by the task ProcessPayment.
    Payment,
    /// At its end, by the task CompleteOrder or PaymentFailure.
    End,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Queue, Self::Saved, Self::Payment, Self::End];

    /// The step that a task of the workflow begins; none for a task that this page does not know.
    #[must_use]
    pub fn of_task(name: &str) -> Option<Self> {
        match name {
            "InitializeOrder" => Some(Self::Saved),
            "ProcessPayment" => Some(Self::Payment),
            "CompleteOrder" | "PaymentFailure" => Some(Self::End),
            _ => None,
        }
    }

    /// Its name, for styles and tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["queue", "saved", "payment", "end"][self as usize]
    }
}

/// An order at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// See [`Revision`]; 0 for one that is accepted and not saved.
    pub revision: Revision,
    /// What is ordered.
    pub ordered: Ordered,
    /// How far it is.
    pub status: Status,
    /// Why it failed, in the service's words.
    pub reason: Option<String>,
    /// What its customer is told: the text of the notification, written down just before it is sent.
    pub notification: Option<String>,
    /// When each step began, as far as it has come.
    pub begun: [Option<UnixTime>; 4],
}

/// Where an order stands: the newest on top.
pub type Place = (UnixTime, OrderId);

impl Order {
    /// What notifications are about (systems.md, section 5); rows of the API tell only their text.
    pub const SUBJECT: &'static str = "Orders-App: order notification";

    /// When it was accepted.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.begun[0].unwrap_or(UnixTime(0))
    }

    /// The step that it has come to.
    #[must_use]
    pub fn step(&self) -> Step {
        let come = Step::ALL.into_iter().rev();
        let mut come = come.filter(|step| self.begun[*step as usize].is_some());
        come.next().unwrap_or(Step::Queue)
    }

    /// How long it was at a step, in milliseconds; none as long as it is there, and at the end.
    #[must_use]
    pub fn took(&self, step: Step) -> Option<i64> {
        let began = self.begun[step as usize]?;
        let mut later = self.begun[step as usize + 1..].iter().flatten();
        later.next().map(|next| next.millis_since(began))
    }

    /// From its acceptance to its end, in milliseconds.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        Some(self.begun[Step::End as usize]?.millis_since(self.created()))
    }

    /// Whether it can be changed or deleted: what is being paid stays as it was ordered.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.status != Status::Pending
    }

    /// What became of it, for people.
    #[must_use]
    pub fn outcome(&self) -> &str {
        match (self.status, self.step()) {
            (Status::Success, _) => "Paid",
            (Status::Failed, _) => why(self.reason.as_deref()),
            (Status::Pending, Step::Queue) => "In the queue",
            (Status::Pending, Step::Saved) => "Saved, to be paid",
            (Status::Pending, _) => "Being paid",
        }
    }
}

/// Why an order was not paid, in plain words (the reasons are those of systems.md, section 5).
fn why(reason: Option<&str>) -> &str {
    match reason {
        Some("could not reach payment processor") => {
            "Not paid: the payment processor could not be reached"
        }
        Some("payment method declined") => "Not paid: the payment method was declined",
        None | Some("unknown error" | "") => "Not paid, and nobody knows why",
        Some(other) => other,
    }
}

impl Row for Order {
    type Key = OrderId;
    type Position = Place;
    type Patch = Infallible;

    fn key(&self) -> &OrderId {
        &self.id
    }

    fn position(&self) -> Place {
        (self.created(), self.id.clone())
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn expires(&self) -> Option<UnixTime> {
        let UnixTime(last) = self.begun[self.step() as usize]?;
        Some(UnixTime(last - last.rem_euclid(1_000)).plus_millis(KEPT))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::live::window::{Change, Window};

    pub(in crate::restaurant) fn soup() -> Ordered {
        Ordered {
            name: "Soup".into(),
            quantity: 2,
            restaurant: "Harbour".into(),
        }
    }

    /// An order that was accepted at a time and has come so far since, a step a second.
    pub(in crate::restaurant) fn order(
        id: &str,
        created: i64,
        steps: usize,
        status: Status,
    ) -> Order {
        let begun = [0, 1, 2, 3].map(|step| {
            (step <= steps).then(|| UnixTime(created + 1_000 * i64::try_from(step).unwrap()))
        });
        Order {
            id: id.into(),
            revision: Revision(i64::try_from(steps).unwrap()),
            ordered: soup(),
            status,
            reason: (status == Status::Failed).then(|| "payment method declined".into()),
            notification: (status != Status::Pending).then(|| "{}".into()),
            begun,
        }
    }

    #[test]
    fn the_way_of_an_order_is_told_with_its_times() {
        let accepted = order("a", 5, 0, Status::Pending);
        assert_eq!(
            (accepted.step(), accepted.outcome(), accepted.total()),
            (Step::Queue, "In the queue", None)
        );
        let paying = order("a", 5, 2, Status::Pending);
        assert_eq!(
            (paying.step(), paying.outcome()),
            (Step::Payment, "Being paid")
        );
        assert_eq!(
            Step::ALL.map(|step| paying.took(step)),
            [Some(1_000), Some(1_000), None, None]
        );
        let paid = order("a", 5, 3, Status::Success);
        assert_eq!((paid.outcome(), paid.total()), ("Paid", Some(3_000)));
        assert!(paid.is_settled() && !paying.is_settled());
        let failed = order("a", 5, 3, Status::Failed);
        assert_eq!(
            failed.outcome(),
            "Not paid: the payment method was declined"
        );
    }

    #[test]
    fn orders_go_a_day_after_their_last_step() {
        let mut window = Window::new(9);
        let ended = order("a", 5_500, 3, Status::Success);
        window.apply(Change::Put(ended), UnixTime(0));
        window.apply(
            Change::Put(order("b", 5_500, 1, Status::Pending)),
            UnixTime(0),
        );
        assert!(!window.expire(UnixTime(KEPT + 5_999)));
        assert!(window.expire(UnixTime(KEPT + 6_000)));
        assert_eq!(window.rows()[0].row.id, "a".into());
        assert!(window.expire(UnixTime(KEPT + 8_000)));
    }

    #[test]
    fn a_step_that_was_skipped_belongs_to_the_one_before() {
        let mut failed = order("a", 0, 3, Status::Failed);
        failed.begun[Step::Payment as usize] = None;
        assert_eq!(
            Step::ALL.map(|step| failed.took(step)),
            [Some(1_000), Some(2_000), None, None]
        );
    }

    #[test]
    fn every_task_that_writes_is_a_step() {
        for (task, step) in [
            ("InitializeOrder", Some(Step::Saved)),
            ("ProcessPayment", Some(Step::Payment)),
            ("CompleteOrder", Some(Step::End)),
            ("PaymentFailure", Some(Step::End)),
            ("NotifyCustomer", None),
        ] {
            assert_eq!(Step::of_task(task), step, "{task}");
        }
    }

    #[test]
    fn reasons_are_told_in_plain_words_and_others_as_they_are() {
        assert_eq!(
            why(Some("could not reach payment processor")),
            "Not paid: the payment processor could not be reached"
        );
        assert_eq!(why(Some("unknown error")), why(None));
        assert_eq!(why(Some("no money")), "no money");
    }

    proptest! {
        /// Whatever order the revisions come in, and however often, the newest is what is shown.
        #[test]
        fn the_newest_revision_stays(told in proptest::collection::vec(1..4_usize, 1..20)) {
            let mut window = Window::new(10);
            for steps in &told {
                window.apply(Change::Put(order("a", 5, *steps, Status::Pending)), UnixTime(0));
            }
            let newest = told.iter().max().unwrap();
            prop_assert_eq!(window.rows().len(), 1);
            prop_assert_eq!(&*window.rows()[0].row, &order("a", 5, *newest, Status::Pending));
        }

        /// A tombstone ends it, whatever comes late.
        #[test]
        fn what_is_deleted_stays_deleted(told in proptest::collection::vec(1..4_usize, 0..10), after in proptest::collection::vec(1..4_usize, 0..10)) {
            let mut window = Window::new(10);
            let put = |steps: &usize| Change::Put(order("a", 5, *steps, Status::Pending));
            told.iter().for_each(|steps| window.apply(put(steps), UnixTime(0)));
            window.apply(Change::Delete { key: "a".into(), revision: Revision(4) }, UnixTime(0));
            after.iter().for_each(|steps| window.apply(put(steps), UnixTime(0)));
            prop_assert!(window.rows().is_empty());
        }
    }
}
