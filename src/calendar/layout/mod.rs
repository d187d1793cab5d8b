//! Where events are drawn. Pure.
//!
//! [`mod@day`] lays out the hours of one day, [`week`] the rows of a month and what lasts for days.

pub mod day;
pub mod week;

/// In the order of a key; what has the same one stays in its order. For a few hundred at most: the library's sort is
/// faster, and weighs a kilobyte in the page for each type.
pub(crate) fn sorted<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    for item in items {
        let own = key(&item);
        let at = sorted.partition_point(|other| key(other) <= own);
        sorted.insert(at, item);
    }
    sorted
}
