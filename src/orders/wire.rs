//! What the orders API says, turned into what the model knows.

/// The operations' types, made from `graphql/orders/` when the page is built.
#[allow(
    missing_docs,
    unreachable_pub,
    nonstandard_style,
    dead_code,
    unused_imports,
    clippy::all,
    clippy::pedantic
)]
mod api {
    /// RFC 3339.
    type AWSDateTime = String;
    include!(concat!(env!("OUT_DIR"), "/orders.rs"));
}
