//! Notices: that a row has changed, and a part of how.
//!
//! A row is shown only whole. So a notice is applied to the revision just before it and to no other: what it does not
//! tell has stayed as it was. Where the row is older, or not here at all, it has to be looked up; until then the notice
//! waits (`live::notices`).

use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::Arc;

use net::UnixTime;

use super::{Revision, Row, Window, absorb, succeed};

/// That a row is now of this revision, and the part of it that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice<R: Row> {
    /// Which row.
    pub key: R::Key,
    /// What it is now.
    pub revision: Revision,
    /// What else was told.
    pub patch: R::Patch,
}

/// The part of a row that a notice tells.
pub trait Patch<R>: Clone + PartialEq + Debug {
    /// The row at the notice's revision, from what it was just before.
    fn apply(&self, revision: Revision, before: &R) -> R;
}

impl<R> Patch<R> for Infallible {
    fn apply(&self, _: Revision, _: &R) -> R {
        match *self {}
    }
}

impl<R: Row> Window<R> {
    /// So many rows below the range are remembered.
    const OUTSIDE: usize = 500;

    /// A notice, received at this time. Says whether that was all there is to do: if not, the row has to be looked up.
    pub fn notice(&mut self, notice: &Notice<R>, received: UnixTime) -> bool {
        let Notice {
            key,
            revision,
            patch,
        } = notice;
        let trust = Some(self.trust());
        let is_here = |entry: &&mut super::Entry<R>| entry.row.key() == key;
        let Some(entry) = self.rows.iter_mut().find(is_here) else {
            return self.is_gone(key, *revision) || self.is_outside(key);
        };
        let told = patch.apply(*revision, &entry.row);
        let is = entry.row.revision();
        if is >= *revision {
            absorb(&mut entry.row, &told);
            if is > *revision {
                return true;
            }
            entry.received.get_or_insert(received);
        } else if is.0 + 1 == revision.0 {
            entry.row = Arc::new(succeed(told, &entry.row));
            entry.received = Some(received);
        } else {
            return false;
        }
        entry.trust = trust;
        true
    }

    /// Rows that were looked up.
    pub fn found(&mut self, rows: Vec<R>) {
        let places = rows.iter().map(|row| (row.key().clone(), row.position()));
        let places: Vec<_> = places.collect();
        rows.into_iter().for_each(|row| self.put(row, None));
        for place in places {
            // Some of them may have pushed out others.
            if self.is_below(&place.1) && !self.is_outside(&place.0) {
                if self.outside.len() == Self::OUTSIDE {
                    self.outside.remove(0);
                }
                self.outside.push(place);
            }
        }
    }

    fn is_gone(&self, key: &R::Key, revision: Revision) -> bool {
        let mut tombstones = self.tombstones.iter();
        tombstones.any(|tombstone| tombstone.key == *key && tombstone.revision >= revision)
    }

    /// Whether the row is known to lie below the range. While a snapshot is read nobody knows where that will end.
    fn is_outside(&self, key: &R::Key) -> bool {
        self.snapshot.is_none() && self.outside.iter().any(|(other, _)| other == key)
    }
}
