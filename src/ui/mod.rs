//! Elements and formats that know no feature.

pub mod aim;
pub mod element;
pub mod flow;
pub mod history;
pub mod light;
pub mod locale;
pub mod save;
pub mod signal;
pub mod template;
pub mod theme;
pub mod ticker;

pub use element::{El, Words, effect, el, svg};
pub use light::{ReadLink, light};
pub use template::template;
pub use theme::theme;
pub use ticker::Ticker;

/// A screen's element: the page's main part, which takes the focus when the visitor comes to it.
#[must_use]
pub fn screen() -> El {
    el("main")
        .class("page")
        .set("id", "main")
        .set("tabindex", "-1")
}
