//! A running cloud for tests, of this crate and of others: the real server on a free port.

use std::net::Ipv4Addr;

use backend::api::Caller;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::credentials::{Authority, Credentials};
use crate::error::CloudError;
use crate::server::{Secured, serve_world};
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::world::World;

/// A running cloud; it shuts down when this is dropped, or, to wait for it, with [`Running::shutdown`].
pub struct Running {
    /// Such as `http://127.0.0.1:43121`, without a slash at the end.
    pub url: String,
    /// The admin port's address in the same form, where the settings ask for one.
    pub admin: Option<String>,
    /// Where it speaks TLS, where the settings ask for that.
    pub tls: Option<Secured>,
    /// Everything it shares.
    pub world: World,
    authority: Authority,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), CloudError>>,
}

/// Starts a cloud on a free port, with the machine's clock and randomness.
///
/// # Errors
/// As [`crate::serve`].
pub async fn start(settings: Settings) -> Result<Running, CloudError> {
    start_in(settings, Surroundings::machine()).await
}

/// Starts a cloud on a free port, with the clock and the randomness handed in.
///
/// # Errors
/// As [`crate::serve`].
pub async fn start_in(
    settings: Settings,
    surroundings: Surroundings,
) -> Result<Running, CloudError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    start_on(listener, settings, surroundings).await
}

/// Starts a cloud on this listener, such as where another one was before.
///
/// # Errors
/// As [`crate::serve`].
pub async fn start_on(
    listener: TcpListener,
    settings: Settings,
    surroundings: Surroundings,
) -> Result<Running, CloudError> {
    let url = format!("http://{}", listener.local_addr()?);
    let world = World::open_in(settings, surroundings).await?;
    let authority = Authority::open(&world.store, &world.surroundings).await?;
    let (stop, stopped) = oneshot::channel();
    let (ready, is_ready) = oneshot::channel();
    let served = tokio::spawn(serve_world(
        world.clone(),
        listener,
        async { drop(stopped.await) },
        |told| ready.send(told).unwrap_or_default(),
    ));
    let Ok(told) = is_ready.await else {
        // It ended before it was ready, so there is an error to tell.
        served.await.map_err(std::io::Error::other)??;
        return Err(std::io::Error::other("the cloud ended at once").into());
    };
    Ok(Running {
        url,
        admin: told.admin.map(|address| format!("http://{address}")),
        tls: told.tls,
        world,
        authority,
        stop,
        served,
    })
}

impl Running {
    /// Credentials as this cloud mints them.
    #[must_use]
    pub fn credentials(&self, caller: &Caller) -> Credentials {
        let ttl = self.world.settings.credential_ttl;
        self.authority.mint(caller, ttl, &self.world.surroundings)
    }

    /// Shuts it down and waits until it has drained.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn shutdown(self) -> Result<(), CloudError> {
        drop(self.stop);
        self.served.await.map_err(std::io::Error::other)?
    }
}
