//! Where events are drawn. Pure.
//!
//! [`mod@day`] lays out the hours of one day, [`week`] the rows of a month and what lasts for days.

pub mod day;
pub mod week;
