//! A live view of the page's own code, and the query that it has to equal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use eddy::live::gapless::Failure;
use eddy::live::{Link, Source as _, View, drive};
use eddy::orders::model::Order;
use eddy::orders::way::Way;
use eddy::orders::wire::{Api, Orders};

use crate::{Result, page};

/// Everything that the page shows of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) revision: i64,
    pub(crate) status: String,
    pub(crate) customer: String,
    pub(crate) total: f64,
    pub(crate) items: usize,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// A live view as it was last shown.
#[derive(Clone, Default)]
pub(crate) struct Watcher(Arc<Mutex<Shown>>);

#[derive(Default)]
struct Shown {
    rows: Vec<Row>,
    link: Option<Link>,
    changes: u64,
    /// The newest revision of each row that was ever shown.
    newest: BTreeMap<String, i64>,
    went_back: Vec<String>,
}

impl Watcher {
    /// Runs until the test ends.
    pub(crate) fn start(orders: Orders, limit: usize) -> Self {
        let watcher = Self::default();
        let shows = watcher.clone();
        tokio::spawn(async move {
            drive::run(&orders, limit, |view| shows.shown().show(view)).await;
        });
        watcher
    }

    pub(crate) fn is_live(&self) -> bool {
        self.shown().link == Some(Link::Live)
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        self.shown().rows.clone()
    }

    /// Changes that the subscription brought.
    pub(crate) fn changes(&self) -> u64 {
        self.shown().changes
    }

    /// What was shown older than it had been before, or twice at once.
    pub(crate) fn went_back(&self) -> Vec<String> {
        self.shown().went_back.clone()
    }

    /// In which rows the view is not what it should be, in words.
    pub(crate) fn differs(&self, truth: &[Row]) -> String {
        let shown = self.shown();
        let missing = truth.iter().filter(|row| !shown.rows.contains(row));
        let wrong = shown.rows.iter().filter(|row| !truth.contains(row));
        let (missing, wrong): (Vec<_>, Vec<_>) = (missing.collect(), wrong.collect());
        format!(
            "{:?}; {} rows of {}; {} not shown, such as {:?}; {} shown wrongly, such as {:?}",
            shown.link,
            shown.rows.len(),
            truth.len(),
            missing.len(),
            missing.first(),
            wrong.len(),
            wrong.first()
        )
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap()
    }
}

impl Shown {
    fn show(&mut self, view: &View<Order>) {
        let rows = view.window.rows().iter();
        self.rows = rows.map(|entry| crate::row(&entry.row)).collect();
        self.link = Some(view.link.clone());
        self.changes = view.changes;
        for pair in self.rows.windows(2) {
            if pair[0].id == pair[1].id {
                self.went_back.push(format!("twice: {pair:?}"));
            }
        }
        for row in &self.rows {
            let newest = self.newest.entry(row.id.clone()).or_insert(row.revision);
            if *newest > row.revision {
                self.went_back
                    .push(format!("{newest} was shown before {row:?}"));
            }
            *newest = row.revision.max(*newest);
        }
    }
}

/// What a visitor asks for.
pub(crate) fn visitor(url: &str) -> Api {
    Api::new(&page::configuration().orders, page::guest(url), url)
}

/// What the query says now, newest first.
pub(crate) async fn query(visitor: &Api, limit: usize) -> Result<Vec<Row>> {
    let orders = Orders::every(visitor.clone(), Way::AppSync);
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = orders.page(after).await.map_err(Failure::words)?;
        rows.extend(page.rows.iter().map(crate::row));
        after = page.next;
        if after.is_none() || rows.len() >= limit {
            return Ok(rows);
        }
    }
}
