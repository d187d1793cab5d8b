//! A thread with a connection of its own, working off closures one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

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
                    // Work that panics has rolled back its transaction on its way out, and whoever waits for it is
                    // told: the connection is as good as before, and the lane is everybody's.
                    drop(catch_unwind(AssertUnwindSafe(|| work(&mut connection))));
                }
            })?;
        Ok(Self(sender))
    }

    /// What the closure returns. Work that was handed in is done even if nobody waits for it any more: a dropped
    /// future never tears a transaction.
    ///
    /// # Errors
    /// [`StoreError::Closed`] if the thread is gone, [`StoreError::Panicked`] if the closure did.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, result) = oneshot::channel();
        let work: Work = Box::new(move |connection| drop(done.send(work(connection))));
        self.0.send(work).map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Panicked)
    }
}
