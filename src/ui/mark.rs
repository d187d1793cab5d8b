//! The page's mark: water that turns on itself.

use super::{El, svg};

/// An eddy. Decoration: what it stands beside says the name.
#[must_use]
pub fn mark() -> El {
    svg("svg")
        .class("mark")
        .set("viewBox", "0 0 32 32")
        .set("aria-hidden", "true")
        .child(svg("path").set(
            "d",
            "M3 20c4 5 10 8 16 6 7-2 11-9 8-15-2-5-8-7-13-5-4 2-6 7-4 11 2 3 6 4 9 2 2-2 2-5 0-6",
        ))
}
