//! Components and formats that know no feature.

pub mod light;
pub mod locale;
pub mod mark;

pub use light::Light;
pub use mark::Mark;
