//! The page.
#![forbid(unsafe_code)]
pub mod config;
pub mod live;
pub mod orders;
