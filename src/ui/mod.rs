//! Components and formats that know no feature.

pub mod dynamic;
pub mod light;
pub mod locale;
pub mod mark;

pub use dynamic::{Dynamic, dynamic, text};
pub use light::Light;
pub use mark::Mark;
