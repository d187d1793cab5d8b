//! The page: event-driven systems shown live in the browser.
//!
//! Reading order, along the way of one event: [`orders::wire`] turns what comes over the network into the model's terms,
//! [`live`] makes one gapless view of a snapshot and the changes that overtake it, [`orders::model`] is what is shown,
//! [`orders::view`] shows it. [`app`] puts it together from a [`config`] and a [`route`], [`shell`] stands around every
//! screen, [`overview`] shows all systems at once; [`ui`] holds what no feature owns.
//!
//! The library builds natively too, so that tests run many clients of exactly this code against a real cloud.
#![forbid(unsafe_code)]

#[cfg(test)]
mod agreement;
pub mod api;
pub mod app;
pub mod calendar;
#[cfg(test)]
#[path = "../tests/common/cases.rs"]
mod cases;
pub mod config;
mod id;
pub mod live;
pub mod movies;
pub mod orders;
pub mod overview;
pub mod restaurant;
pub mod route;
pub mod shell;
pub mod ui;
