//! JSON (RFC 8259) as a page needs it: values, parsed and written, and types read from them.
//!
//! It accepts and says what serde_json does, which its tests compare it with, and weighs a quarter of it in a page: a
//! number is its text until somebody asks for it, an object a list of fields, and what is wrong with a text is only
//! where. Programs that have the room use serde_json, whose values are made of these and into them (`native.rs`).
//!
//! ```
//! let answer = json::parse(br#"{"order": {"orderId": "2abc", "total": 7.5}}"#)?;
//! let order = answer.get("order");
//! assert_eq!(order.and_then(|order| order.get("total")?.as_f64()), Some(7.5));
//! # Ok::<(), json::Malformed>(())
//! ```
//!
//! Reading order: `value.rs`, `parse.rs`, `write.rs`, `read.rs` (types).

#![forbid(unsafe_code)]

#[cfg(not(target_arch = "wasm32"))]
mod native;
mod parse;
mod read;
mod value;
mod write;

pub use parse::{Malformed, parse};
pub use read::{FromJson, Mismatch, Reading, read};
pub use value::{Number, Object, Value};
