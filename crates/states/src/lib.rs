//! The Amazon States Language, in its JSONPath dialect: [`Machine::parse`] reads a document and refuses, by name, what
//! it does not know; [`Machine::step`] runs it.
//!
//! Running is pure: a step takes where the execution stands ([`Checkpoint`]), what has happened ([`Event`]), the time
//! and randomness, and returns where it stands now and what is to be done ([`Output`]). A checkpoint can be written
//! down after every step; whoever reads it again goes on with [`Event::Resumed`].
//!
//! Known are Task, Choice, Pass, Wait, Succeed and Fail with their fields, reference paths, the context object, retriers,
//! catchers and the intrinsic functions. Not known, and refused: Parallel, Map, JSONata, variables, heartbeats, task
//! tokens, jobs that are waited for, paths that may select several values, and the hashes MD5 and SHA-1.
//!
//! Source: the Amazon States Language specification; AWS Step Functions developer guide for limits and names of errors.
#![forbid(unsafe_code)]

mod choice;
mod document;
mod error;
mod intrinsic;
mod path;
mod run;
mod template;

pub use document::Machine;
pub use error::{DocumentError, names};
pub use run::{Checkpoint, End, Event, Execution, Output, Token};
