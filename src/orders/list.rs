//! Which rows a table shows, and when they may move. Pure.
//!
//! Rows change in place at any time. They move only while nobody is about to use them: while the pointer is over the
//! table's panel, the keyboard in it, or the reader has scrolled away from its top, the list holds still and counts what is
//! newer. Paused, nothing changes at all, and what happens is counted.

use super::filter::Filter;
use super::model::{Order, Status};
use crate::live::View;
use crate::live::window::{Entry, Row, Window};

/// Where a row stands.
pub type Place = <Order as Row>::Position;

/// A table's list.
#[derive(Debug, Clone, Default)]
pub struct List {
    filter: Filter,
    paused: Option<Paused>,
    held: Option<Vec<Place>>,
    holds: [bool; 3],
}

/// What was there when the reader said stop.
#[derive(Debug, Clone)]
struct Paused {
    window: Window<Order>,
    changes: u64,
}

/// What may hold a list still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The pointer is over it.
    Pointer,
    /// The keyboard is in it.
    Keyboard,
    /// The reader has scrolled.
    Scroll,
}

impl List {
    /// The rows to be shown, the newest first; those without a value have left the window while the list was held.
    #[must_use]
    pub fn rows(&self, view: &View<Order>) -> Vec<(Place, Option<Entry<Order>>)> {
        let window = self.window(view);
        match &self.held {
            Some(held) => {
                let rows = held.iter();
                rows.map(|place| (place.clone(), window.get(place).cloned()))
                    .collect()
            }
            None => {
                let rows = self.wanted(view);
                rows.map(|entry| (entry.row.position(), Some(entry.clone())))
                    .collect()
            }
        }
    }

    /// Whether there is nothing to be shown.
    #[must_use]
    pub fn is_empty(&self, view: &View<Order>) -> bool {
        self.held.is_none() && self.wanted(view).next().is_none()
    }

    /// How many rows there are, and how many of them are wanted, in words.
    #[must_use]
    pub fn count(&self, view: &View<Order>) -> String {
        let all = self.window(view).rows().len().to_string();
        if self.filter.is_open() {
            return all;
        }
        let shown = self.wanted(view).count().to_string();
        [&shown, " of ", &all].concat()
    }

    /// The only status that is wanted, if it is one.
    #[must_use]
    pub const fn status(&self) -> Option<Status> {
        self.filter.status
    }

    /// Wants those with this in their ids.
    pub fn find(&mut self, view: &View<Order>, id: String) {
        self.filter.id = id;
        self.catch_up(view);
    }

    /// Wants one status only, or, if that is what it is, all again.
    pub fn show(&mut self, view: &View<Order>, status: Status) {
        self.filter.status = (self.filter.status != Some(status)).then_some(status);
        self.catch_up(view);
    }

    /// How many changes there have been since the reader said stop; none while it goes on.
    #[must_use]
    pub fn missed(&self, view: &View<Order>) -> Option<u64> {
        let paused = self.paused.as_ref()?;
        Some(view.changes - paused.changes)
    }

    /// Stop, or go on.
    pub fn pause(&mut self, view: &View<Order>) {
        self.paused = match self.paused {
            Some(_) => None,
            None => Some(Paused {
                window: view.window.clone(),
                changes: view.changes,
            }),
        };
        self.catch_up(view);
    }

    /// How many wanted rows there are that are not among those that are held.
    #[must_use]
    pub fn newer(&self, view: &View<Order>) -> usize {
        let Some(held) = &self.held else {
            return 0;
        };
        let is_held = |place: Place| held.binary_search_by(|other| place.cmp(other)).is_ok();
        let rows = self.wanted(view);
        rows.filter(|entry| !is_held(entry.row.position())).count()
    }

    /// Holds the list still, or lets go of it. Says whether anything changed.
    pub fn hold(&mut self, view: &View<Order>, holder: Holder, holds: bool) -> bool {
        if std::mem::replace(&mut self.holds[holder as usize], holds) == holds {
            return false;
        }
        if self.holds == [false; 3] || self.held.is_none() {
            self.catch_up(view);
        }
        true
    }

    /// Begins to hold what has come into an empty list that somebody was waiting over. Says whether it did.
    pub fn settle(&mut self, view: &View<Order>) -> bool {
        let waits = self.held.is_none() && self.holds != [false; 3];
        if waits {
            self.catch_up(view);
        }
        waits && self.held.is_some()
    }

    /// Whether not every order is wanted.
    #[must_use]
    pub const fn is_filtered(&self) -> bool {
        !self.filter.is_open()
    }

    /// Takes in what is newer; whoever holds the list holds it as it is then.
    pub fn catch_up(&mut self, view: &View<Order>) {
        self.held = None;
        if self.holds != [false; 3] {
            let places = self.wanted(view).map(|entry| entry.row.position());
            let places: Vec<_> = places.collect();
            // An empty list has nothing that could move.
            self.held = Some(places).filter(|places| !places.is_empty());
        }
    }

    fn wanted<'a>(&'a self, view: &'a View<Order>) -> impl Iterator<Item = &'a Entry<Order>> {
        let rows = self.window(view).rows().iter();
        rows.filter(|entry| self.filter.admits(&entry.row))
    }

    fn window<'a>(&'a self, view: &'a View<Order>) -> &'a Window<Order> {
        self.paused
            .as_ref()
            .map_or(&view.window, |paused| &paused.window)
    }
}

#[cfg(test)]
mod tests {
    use net::UnixTime;

    use super::*;
    use crate::live::window::Change;
    use crate::orders::model::tests::order;

    /// Orders come in: a letter each, later ones newer.
    fn come(view: &mut View<Order>, ids: &str, status: Status) {
        for id in ids.chars() {
            let mut order = order(1, status);
            order.id = id.to_string().as_str().into();
            order.created = UnixTime(i64::from(u32::from(id)));
            view.window.apply(Change::Put(order), UnixTime(0));
            view.changes += 1;
        }
    }

    fn shown(list: &List, view: &View<Order>) -> String {
        let rows = list.rows(view);
        assert_eq!(rows.is_empty(), list.is_empty(view));
        rows.iter().map(|((_, id), _)| id.as_str()).collect()
    }

    #[test]
    fn a_held_list_stays_and_counts_what_is_newer() {
        let (mut view, mut list) = (View::new(10), List::default());
        assert!(list.hold(&view, Holder::Pointer, true));
        come(&mut view, "ab", Status::Submitted);
        assert_eq!(shown(&list, &view), "ba", "an empty list is not held");
        assert!(list.settle(&view) && !list.settle(&view));
        come(&mut view, "c", Status::Submitted);
        assert_eq!(shown(&list, &view), "ba", "what came is");
        view = View::new(10);
        come(&mut view, "ab", Status::Submitted);
        list.hold(&view, Holder::Pointer, false);
        list.hold(&view, Holder::Pointer, true);
        list.hold(&view, Holder::Scroll, true);
        come(&mut view, "cd", Status::InKitchen);
        assert_eq!((shown(&list, &view).as_str(), list.newer(&view)), ("ba", 2));
        assert!(!list.hold(&view, Holder::Scroll, true));
        list.hold(&view, Holder::Pointer, false);
        assert_eq!(shown(&list, &view), "ba", "still scrolled");
        list.hold(&view, Holder::Scroll, false);
        assert_eq!(
            (shown(&list, &view).as_str(), list.newer(&view)),
            ("dcba", 0)
        );
        list.hold(&view, Holder::Keyboard, true);
        come(&mut view, "e", Status::Submitted);
        list.catch_up(&view);
        assert_eq!(shown(&list, &view), "edcba");
        come(&mut view, "f", Status::Submitted);
        assert_eq!(
            (shown(&list, &view).as_str(), list.newer(&view)),
            ("edcba", 1)
        );
    }

    #[test]
    fn paused_nothing_changes_and_all_is_counted() {
        let (mut view, mut list) = (View::new(2), List::default());
        come(&mut view, "ab", Status::Submitted);
        assert_eq!(list.missed(&view), None);
        list.pause(&view);
        come(&mut view, "cde", Status::Submitted);
        assert_eq!(
            (shown(&list, &view).as_str(), list.missed(&view)),
            ("ba", Some(3))
        );
        let is_there = |(_, row): &(Place, Option<_>)| row.is_some();
        assert!(
            list.rows(&view).iter().all(is_there),
            "though they have left the window"
        );
        list.pause(&view);
        assert_eq!(
            (shown(&list, &view).as_str(), list.missed(&view)),
            ("ed", None)
        );
    }

    #[test]
    fn a_filter_narrows_and_says_so() {
        let (mut view, mut list) = (View::new(10), List::default());
        come(&mut view, "ac", Status::Submitted);
        come(&mut view, "b", Status::InKitchen);
        assert_eq!(list.count(&view), "3");
        list.show(&view, Status::Submitted);
        assert_eq!(
            (shown(&list, &view).as_str(), list.count(&view).as_str()),
            ("ca", "2 of 3")
        );
        list.hold(&view, Holder::Pointer, true);
        come(&mut view, "d", Status::InKitchen);
        assert_eq!(list.newer(&view), 0, "it is not wanted");
        list.find(&view, "A".to_owned());
        assert_eq!(shown(&list, &view), "a");
        list.show(&view, Status::Submitted);
        assert_eq!(list.status(), None);
        assert_eq!(list.count(&view), "1 of 4");
    }
}
