//! A thread with a connection of its own, working off closures one after the other.

use std::sync::mpsc;

use rusqlite::Connection;
use tokio::sync::oneshot;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the thread; it ends with the last handle.
#[derive(Clone)]
pub(super) struct Lane(mpsc::Sender<Work>);

impl Lane {
    pub(super) fn start(mut connection: Connection) -> std::io::Result<Self> {
        let (sender, works) = mpsc::channel::<Work>();
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                for work in works {
                    work(&mut connection);
                }
            })?;
        Ok(Self(sender))
    }

    /// What the closure returns, or nothing if the thread is gone. Work that was handed in is done even if nobody
    /// waits for it any more: a dropped future never tears a transaction.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        let work: Work = Box::new(move |connection| drop(done.send(work(connection))));
        self.0.send(work).ok()?;
        result.await.ok()
    }
}
