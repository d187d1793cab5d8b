pub mod drive;
pub mod gapless;
pub mod link;
pub mod window;
