//! Movies.
pub mod chat;
pub mod model;
pub mod votes;
pub mod wire;
