//! The embedded cloud: the services' wire protocols, and the backend's ports over SQLite, on one machine.
//!
//! Read it along the way of an event: [`events_api`] takes it in, [`bus`] delivers it, [`tables`] writes the view
//! model and its stream record, [`streams`] hands the change on, [`graphql`] runs the mutation that publishes it and
//! [`realtime`] sends it to whoever subscribed; [`mqtt`] tells the same change to its own subscribers. [`adapters`] says
//! which handler hangs where; [`world`] is what all of them share; [`server`] is the way in from outside, by the names
//! and paths of [`services`], past [`sigv4`] and [`policy`].
//! An order of the restaurant goes from a queue (`queues`) into a workflow ([`workflows`]), which tells its customer
//! by a topic ([`topics`]).
//! [`admin`] is a way in for whoever runs it, to do harm on purpose ([`faults`]) and to count.
//!
//! The server's side of every protocol is implemented here on its own: nothing is shared with the clients but tests.
#![forbid(unsafe_code)]

pub mod adapters;
pub mod admin;
pub mod api_keys;
pub mod bus;
pub mod cognito;
pub mod counters;
pub mod credentials;
pub mod dead_letters;
pub mod error;
pub mod events_api;
pub mod faults;
pub mod graphql;
pub mod http;
mod listen;
pub mod mqtt;
pub mod policy;
mod pump;
mod queues;
pub mod realtime;
mod routes;
pub mod server;
pub mod services;
pub mod settings;
pub mod sigv4;
pub mod site;
pub mod store;
pub mod streams;
pub mod surroundings;
pub mod tables;
pub mod testing;
pub mod timers;
pub mod tls;
pub mod tmdb;
pub mod topics;
pub mod trail;
pub mod workflows;
pub mod world;

#[cfg(test)]
#[path = "../../../tests/common/broken.rs"]
mod broken;
#[cfg(test)]
#[path = "../../../tests/common/cases.rs"]
mod cases;

pub use error::CloudError;
pub use server::{Ready, serve, serve_then};
pub use settings::{Data, Settings};
pub use world::World;
