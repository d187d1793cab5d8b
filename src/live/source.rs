//! Where a live view comes from. What knows its rows' type ends here: the rest is generated once, for
//! [rows of any kind](super::erased).

use std::future::ready;

use json::Value;
use net::UnixTime;

use super::asked::Asked;
use super::erased::{Any, Changes, Kept, Name, Told};
use super::gapless::{Failure, Page};
use super::window::Row;

/// A page of rows, or why it did not come.
pub type Paged<R> = Result<Page<R>, Failure>;

/// Where a live view comes from.
pub trait Source: Sync {
    /// What it shows.
    type Row: Kept;

    /// What happens from now on. Dropping the stream unsubscribes.
    fn subscribe(&self) -> Changes<Self::Row>;

    /// A page of what there is, newest first; `after` is the [`Page::next`] of the page before.
    fn page(&self, after: Option<String>) -> Asked<Paged<Self::Row>>;

    /// The rows of these keys, as far as they are there. Asked of sources that give notices.
    fn look(&self, keys: Vec<<Self::Row as Row>::Key>) -> Asked<Result<Vec<Self::Row>, Failure>> {
        drop(keys);
        Asked::new(ready(Ok(Value::Null)), |_| Ok(Vec::new()))
    }

    /// The time, as the server has it.
    fn now(&self) -> UnixTime;
}

/// A source of rows of any kind.
pub(super) trait Whence: Sync {
    fn subscribe(&self) -> Told;
    fn page(&self, after: Option<String>) -> Asked<Paged<Any>>;
    fn look(&self, keys: Vec<Name>) -> Asked<Result<Vec<Any>, Failure>>;
    fn now(&self) -> UnixTime;
}

impl<S: Source> Whence for S {
    fn subscribe(&self) -> Told {
        Source::subscribe(self).told()
    }

    fn page(&self, after: Option<String>) -> Asked<Paged<Any>> {
        Source::page(self, after).map(|page| {
            let Page { rows, next } = page?;
            let rows = forget(rows);
            Ok(Page { rows, next })
        })
    }

    fn look(&self, keys: Vec<Name>) -> Asked<Result<Vec<Any>, Failure>> {
        let keys = keys.iter().filter_map(Name::back).collect();
        Source::look(self, keys).map(|rows| Ok(forget(rows?)))
    }

    fn now(&self) -> UnixTime {
        Source::now(self)
    }
}

fn forget<R: Kept>(rows: Vec<R>) -> Vec<Any> {
    rows.into_iter().map(Any::new).collect()
}
