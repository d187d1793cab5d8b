//! Live views: a server's rows on the page, without a reload and without a gap.
//!
//! [`mod@window`] says what is true, [`gapless`] what to ask for and when, [`drive`] runs both against a [`Source`]; none of
//! them knows Leptos. This module is the one bridge from streams to signals, and the only place that starts a
//! subscription's task.

pub mod again;
pub mod asked;
pub mod drive;
pub mod erased;
pub mod flight;
pub mod gapless;
pub mod journal;
pub mod link;
pub mod notices;
pub mod several;
pub mod source;
pub mod window;

use std::pin::Pin;
use std::sync::Arc;

use crate::ui::ReadLink;
use crate::ui::signal::{ReadSignal, signal};
use futures::{Stream, StreamExt as _};
use leptos::task::spawn_local_scoped_with_cancellation;

pub use asked::Asked;
use erased::Any;
pub use gapless::View;
pub use journal::Journal;
pub use link::Link;
pub use source::Source;
use source::Whence;
use window::Row;

/// Follows a source for as long as the current reactive owner lives, showing its newest `limit` rows.
pub fn follow<S: Source + 'static>(source: S, limit: usize) -> ReadSignal<View<S::Row>> {
    let (view, show) = signal(View::new(limit));
    let show = move |view: &View<Any>| {
        // The owner may be gone between an abort and the task's next turn.
        let _ = show.try_update(|shown| erased::remember(view, shown));
    };
    keep(Box::new(source), limit, Box::new(show));
    view
}

fn keep(source: Box<dyn Whence>, limit: usize, mut show: Box<drive::Show<'static>>) {
    task(async move { drive::keep(&*source, limit, &mut *show).await });
}

/// The state of the link behind a view.
#[must_use]
pub fn link_of<R: Row + 'static>(view: ReadSignal<View<R>>) -> ReadLink
where
    View<R>: Send + Sync,
{
    Arc::new(move || view.with(|view| view.link.clone()))
}

/// Keeps for as long as the page is open what is made once, when it starts: whoever needs it holds one pointer. It is
/// never freed.
pub fn forever<T>(made: T) -> &'static T {
    Box::leak(Box::new(made))
}

/// Does something with each item of a stream, for as long as the current reactive owner lives.
pub fn each<T: 'static>(
    mut stream: impl Stream<Item = T> + Unpin + 'static,
    mut come: impl FnMut(T) + 'static,
) {
    task(async move {
        while let Some(item) = stream.next().await {
            come(item);
        }
    });
}

/// Runs a task for as long as the current reactive owner lives. Boxed, so that the machinery around a task is generated
/// once.
pub(crate) fn task(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local_scoped_with_cancellation(task);
}
