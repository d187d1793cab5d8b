//! Orders over AppSync and table streams: a simulation to start, the live table, and one order followed on its own.

pub mod model;
pub mod simulation;
pub mod view;
pub mod wire;
