//! The systems' handlers, over [`ports`]: what happens to an event, a query, a change, wherever it runs.
//!
//! Nothing here knows HTTP, SQL or an AWS SDK. The embedded cloud and the Lambda functions call the same functions and
//! hand in the same ports.
#![forbid(unsafe_code)]

pub mod api;
pub mod calendar;
pub mod event;
mod filter;
mod ids;
mod input;
mod json;
#[cfg(test)]
mod memory;
pub mod moment;
pub mod movies;
pub mod orders;
mod paging;
pub mod ports;
pub mod restaurant;
mod retry;
pub mod tokens;
pub mod workflow;
