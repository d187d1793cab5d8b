//! What an embedded cloud is told at start-up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use backend::ports::Pace;
use backend::restaurant::Payments;

use crate::api_keys::ApiKey;
use crate::tmdb::Tmdb;
use crate::{mqtt, realtime};

/// The bus's name.
pub const BUS: &str = "orders.events";
/// The region that everything here claims to be in.
pub const REGION: &str = "eu-west-1";
/// The account that everything here claims to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The one identity pool.
pub const IDENTITY_POOL: &str = "eu-west-1:e0dd1e00-0000-4000-8000-000000000001";

/// The function behind the calendar's URL, as the policies name it.
pub const CALENDAR_FUNCTION: &str = "eddy-calendar-events";

/// What an embedded cloud is told at start-up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to listen for the same over TLS, if anywhere.
    pub tls: Option<SocketAddr>,
    /// Where the admin port is ([`crate::admin`]), on this machine only. Without it there is none.
    pub admin: Option<SocketAddr>,
    /// Where the data is kept.
    pub data: Data,
    /// The folder with the built page, if it is to be served.
    pub site: Option<PathBuf>,
    /// How long guest credentials last.
    pub credential_ttl: Duration,
    /// How fast simulations move.
    pub pace: Pace,
    /// How long each movie is shown; zero: for ever.
    pub rotation: Duration,
    /// Where popular films are asked for; nowhere: those that are shipped are shown.
    pub tmdb: Option<Tmdb>,
    /// Keys that the calendar's API takes instead of a signature.
    pub calendar_keys: Vec<ApiKey>,
    /// How the restaurant's payments go.
    pub payments: Payments,
    /// Orders with this in their name are taken by no handler, so that they end among the dead letters.
    pub poison: Option<String>,
    /// How long a message that was received from a queue is invisible to others: who has not done with it by then has
    /// failed.
    pub visibility: Duration,
    /// Whether the bus shuffles and doubles its deliveries.
    pub disorder: bool,
    /// How long the pipeline tries before something goes to the dead letters, counted from its first failure.
    pub retry_window: Duration,
    /// How long a client may take for the head of a request, and then for all of it.
    pub patience: Duration,
    /// What a real-time connection is held to.
    pub realtime: realtime::Limits,
    /// What an MQTT connection is held to.
    pub mqtt: mqtt::Limits,
}

/// Where the data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// In memory, gone at the end.
    Memory,
    /// In a folder, made where it is missing.
    Folder(PathBuf),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)),
            tls: None,
            admin: None,
            data: Data::Memory,
            site: None,
            credential_ttl: Duration::from_secs(3600),
            pace: Pace::default(),
            rotation: Duration::from_secs(10),
            tmdb: None,
            calendar_keys: Vec::new(),
            payments: Payments {
                chance: 0.75,
                seed: 1,
            },
            poison: None,
            visibility: Duration::from_secs(5),
            disorder: false,
            retry_window: Duration::from_secs(60),
            patience: Duration::from_secs(30),
            realtime: realtime::Limits::default(),
            mqtt: mqtt::Limits::default(),
        }
    }
}

impl Data {
    /// The folder under the user's data directory that is used when none is named.
    #[must_use]
    pub fn default_folder() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "eddy")?;
        Some(Self::Folder(folders.data_local_dir().join("cloud")))
    }
}
