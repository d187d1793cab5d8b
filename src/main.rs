//! The page's start: panic hook, configuration, mount.
fn main() {}
