//! The trail of each event: every try to deliver it, every change it made, every publication of those; kept in the
//! transactions that they happen in, so that it never tells of what did not happen.
//!
//! `record` keeps it, [`way`] shows it for one event, [`balance`] adds it up over all of them.

mod balance;
mod record;
mod way;

pub use balance::{Balance, Publications, Why, balance};
pub(crate) use record::{
    Attempt, Cause, Published, attempt, consumer_came, effect, forget, given_up, published,
    sent_again,
};
pub use way::{Change, Delivery, Publication, Try, Way, way};
