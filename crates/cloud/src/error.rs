//! Why an embedded cloud could not start or carry out a command.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::store::StoreError;
use crate::tls::TlsError;

/// Why an embedded cloud could not start or carry out a command. The messages are for people at a terminal: they name
/// what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The data folder cannot be made, written or opened.
    #[error(
        "the data folder {} cannot be used: {source}. Mend that, or name another one with --data DIR (or --data :memory:)",
        folder.display()
    )]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A command for a cloud's folder was given one where no cloud has been.
    #[error(
        "there is no cloud in {}: start one there first, or name its folder with --data",
        folder.display()
    )]
    NoCloud {
        /// Which one.
        folder: PathBuf,
    },
    /// Another cloud is running on the data folder.
    #[error(
        "another eddy-cloud is running on the data folder {}. Stop it first, or name another folder with --data DIR",
        folder.display()
    )]
    InUse {
        /// Which one.
        folder: PathBuf,
    },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}. Name another address with --listen, for example --listen 127.0.0.1:0"
    )]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address for TLS cannot be listened on.
    #[error(
        "cannot listen on {address} for TLS: {source}. Name another address with --tls, for example --tls 127.0.0.1:0"
    )]
    ListenTls {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no certificate to serve with.
    #[error(
        "TLS cannot be served: {0}. Make the folder `tls` in the data folder readable and writable, or remove it: a certificate is made anew"
    )]
    Tls(#[from] TlsError),
    /// TMDb cannot be asked as it stands in the flags or the environment.
    #[error("{0} (--tmdb-key or EDDY_TMDB_KEY, --tmdb-url or EDDY_TMDB_URL)")]
    Tmdb(String),
    /// The admin port may only be on this machine.
    #[error(
        "the admin port can do harm and asks nobody who they are, so it listens on this machine only: {address} is not a loopback address. Name one with --admin, for example --admin 127.0.0.1:8788"
    )]
    NotLoopback {
        /// Which one was asked for.
        address: SocketAddr,
    },
    /// The admin port's address cannot be listened on.
    #[error(
        "cannot listen on {address} for the admin port: {source}. Name another address with --admin, for example --admin 127.0.0.1:0"
    )]
    Admin {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A command could not reach the admin port, or was refused there.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// What a fresh cloud has to hold could not be made.
    #[error(
        "what a fresh cloud holds could not be made: {0}. What lies in a data folder is kept: start it again"
    )]
    Prepare(String),
    /// A part of the pipeline came to an end that was not told to.
    #[error(
        "a part of the pipeline has ended ({0}), so the cloud ends too rather than lose sight of events. What lies in a data folder is kept: start it again"
    )]
    Pipeline(String),
    /// A schema or a policy that the cloud is built with does not hold up.
    #[error("{0}")]
    BuiltIn(String),
    /// There is no dead letter under this id.
    #[error("there is no dead letter {0}. `eddy-cloud dead-letters list` shows what there is")]
    NoDeadLetter(i64),
    /// Some dead letters could not be sent again; each of them has been printed, with why.
    #[error(
        "{0} could not be sent again and stay. `eddy-cloud dead-letters drop ID` gives one up for good"
    )]
    LettersStay(usize),
    /// The cloud knows no event under this id.
    #[error(
        "there is no event {0}. `PutEvents` answers with the ids of what it accepted; a week after its end an event is forgotten"
    )]
    NoEvent(String),
    /// The account does not add up; what is wrong has been printed.
    #[error("the account does not add up: {0}")]
    Account(String),
    /// Anything else that the system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<rusqlite::Error> for CloudError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
