//! The one SQLite database everything is kept in: a lane that writes and a lane that reads.
//!
//! A lane is a thread with a connection of its own, so that no query ever blocks the async threads and there is one
//! writer by construction. WAL with `synchronous=NORMAL`: what was committed survives a kill of the process.

mod lane;
mod layout;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use self::lane::Lane;
use self::layout::LAYOUT;
use crate::error::CloudError;
use crate::settings::Data;

/// The database's file in its folder.
const FILE: &str = "eddy.sqlite3";
/// How long a statement waits for another process (a command beside a running cloud) to finish its transaction.
const BUSY: Duration = Duration::from_secs(10);

/// A handle to the database.
#[derive(Clone)]
pub struct Store {
    writer: Lane,
    reader: Lane,
    folder: Option<PathBuf>,
    claim: Arc<OnceLock<File>>,
}

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A value in the database does not read as what it should be.
    #[error("a stored value does not read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The thread that works on the database is gone.
    #[error("the database has been closed")]
    Closed,
    /// What was to be done panicked; nothing of it was kept.
    #[error("the work on the database panicked")]
    Panicked,
}

impl Store {
    /// Opens the database, making folder and tables where they are missing.
    ///
    /// # Errors
    /// [`CloudError::Folder`] where the folder cannot be used.
    pub async fn open(data: &Data) -> Result<Self, CloudError> {
        match data {
            Data::Memory => {
                let writer = Lane::start(prepare(Connection::open_in_memory()?)?)?;
                Ok(Self {
                    reader: writer.clone(),
                    writer,
                    folder: None,
                    claim: Arc::default(),
                })
            }
            Data::Folder(folder) => {
                let path = folder.clone();
                let opened = tokio::task::spawn_blocking(move || {
                    let connections = open_folder(&path);
                    connections.map_err(|source| CloudError::Folder {
                        folder: path,
                        source,
                    })
                });
                let (writer, reader) = opened.await.map_err(std::io::Error::other)??;
                Ok(Self {
                    writer: Lane::start(writer)?,
                    reader: Lane::start(reader)?,
                    folder: Some(folder.clone()),
                    claim: Arc::default(),
                })
            }
        }
    }

    /// Whether there is a database in the folder, for commands that must not make one.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Keeps other processes from running a cloud on the same folder, until this one ends. Commands that only look or
    /// put something in need no claim.
    ///
    /// # Errors
    /// [`CloudError::InUse`] where another one has it.
    pub fn claim(&self) -> Result<(), CloudError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let unusable = |source| CloudError::Folder {
            folder: folder.clone(),
            source,
        };
        let lock = folder.join("running.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {
                // A second claim by the same world would have failed at the lock already.
                drop(self.claim.set(file));
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(CloudError::InUse {
                folder: folder.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Reads. Sees what was committed when it starts.
    ///
    /// # Errors
    /// As the closure says, [`StoreError::Closed`] and [`StoreError::Panicked`].
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.reader.run(move |connection| work(connection)).await?
    }

    /// Writes in one transaction: committed if the closure succeeds, rolled back if it does not.
    ///
    /// # Errors
    /// As the closure says, what SQLite says, [`StoreError::Closed`] and [`StoreError::Panicked`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let transaction = move |connection: &mut Connection| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(StoreError::from)?;
            let value = work(&transaction)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok(value)
        };
        self.writer.run(transaction).await?
    }
}

fn open_folder(folder: &Path) -> std::io::Result<(Connection, Connection)> {
    let file = folder.join(FILE);
    private(folder, &file)?;
    let open = || {
        let connection = Connection::open(&file).map_err(std::io::Error::other)?;
        match layout::of(&connection) {
            // Zero: a new file.
            Ok(0..=LAYOUT) => prepare(connection).map_err(std::io::Error::other),
            Ok(other) => Err(std::io::Error::other(format!(
                "it was written by another version of eddy-cloud (layout {other}, this one knows {LAYOUT})"
            ))),
            Err(error) => Err(std::io::Error::other(error)),
        }
    };
    Ok((open()?, open()?))
}

/// Makes folder and file for their user's eyes only, before SQLite makes them for everybody's: the key that all
/// credentials come from lies in there. SQLite gives its other files the mode of this one. What is there already keeps
/// the mode it was given.
fn private(folder: &Path, file: &Path) -> std::io::Result<()> {
    let (mut folders, mut files) = (DirBuilder::new(), OpenOptions::new());
    folders.recursive(true);
    files.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        files.mode(0o600);
    }
    folders.create(folder)?;
    files.open(file).map(drop)
}

fn prepare(mut connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    layout::apply(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

#[cfg(test)]
mod tests;
