//! What changes on the page, as few types.

/// A part of the page that changes with the signals it reads.
///
/// Leptos generates the code of an effect for each closure type that a view holds, two kilobytes and more apiece. In a
/// box all that show the same type are one.
pub type Dynamic<T> = Box<dyn FnMut() -> T + Send>;

/// See [`Dynamic`].
pub fn dynamic<T>(read: impl FnMut() -> T + Send + 'static) -> Dynamic<T> {
    Box::new(read)
}

/// A text or an attribute that changes.
pub fn text<T: Into<String>>(mut read: impl FnMut() -> T + Send + 'static) -> Dynamic<String> {
    Box::new(move || read().into())
}
