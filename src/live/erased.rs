//! A source whose type is forgotten. What runs a view is generated once for each kind of row, and not for each way by
//! which rows of that kind come: it weighs seven kilobytes in the page each time.

use std::future::Future;
use std::pin::Pin;

use futures::stream::Stream;
use net::{MaybeSend, UnixTime};

use super::drive::Source;
use super::gapless::{Failure, Incoming, Page};
use super::window::Row;

// `Send` where tasks wander between threads.
#[cfg(not(target_arch = "wasm32"))]
type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
#[cfg(target_arch = "wasm32")]
type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
#[cfg(not(target_arch = "wasm32"))]
/// What a subscription says, whatever stream says it.
pub type Changes<'a, R> = Pin<Box<dyn Stream<Item = Incoming<R>> + Send + 'a>>;
#[cfg(target_arch = "wasm32")]
/// What a subscription says, whatever stream says it.
pub type Changes<'a, R> = Pin<Box<dyn Stream<Item = Incoming<R>> + 'a>>;

/// A source of rows, wherever they come from.
pub(super) struct Erased<R: Row>(Box<dyn Behind<R>>);

impl<R: Row> Erased<R> {
    /// Forgets what a source is.
    #[must_use]
    pub(super) fn new(source: impl Source<Row = R> + 'static) -> Self {
        Self(Box::new(source))
    }
}

/// What is behind it.
trait Behind<R: Row> {
    fn subscribe(&self) -> Changes<'_, R>;
    fn page(&self, after: Option<String>) -> Later<'_, Result<Page<R>, Failure>>;
    fn look(&self, keys: Vec<R::Key>) -> Later<'_, Result<Vec<R>, Failure>>;
    fn now(&self) -> UnixTime;
}

impl<S: Source> Behind<S::Row> for S {
    fn subscribe(&self) -> Changes<'_, S::Row> {
        Box::pin(Source::subscribe(self))
    }

    fn page(&self, after: Option<String>) -> Later<'_, Result<Page<S::Row>, Failure>> {
        Box::pin(Source::page(self, after))
    }

    fn look(&self, keys: Vec<<S::Row as Row>::Key>) -> Later<'_, Result<Vec<S::Row>, Failure>> {
        Box::pin(Source::look(self, keys))
    }

    fn now(&self) -> UnixTime {
        Source::now(self)
    }
}

impl<R: Row> Source for Erased<R> {
    type Row = R;

    fn subscribe(&self) -> impl Stream<Item = Incoming<R>> + Unpin + MaybeSend {
        self.0.subscribe()
    }

    fn page(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<Page<R>, Failure>> + MaybeSend {
        self.0.page(after)
    }

    fn look(&self, keys: Vec<R::Key>) -> impl Future<Output = Result<Vec<R>, Failure>> + MaybeSend {
        self.0.look(keys)
    }

    fn now(&self) -> UnixTime {
        self.0.now()
    }
}
