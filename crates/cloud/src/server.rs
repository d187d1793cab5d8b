//! The way in, and the life of a running cloud.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::serve::ListenerExt as _;
use backend::api::{ApiName, Caller};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::credentials::Authority;
use crate::error::CloudError;
use crate::faults::{Faults, FaultyListener, Remote};
use crate::settings::{REGION, Settings};
use crate::sigv4::{self, Refusal, Scope, TokenRule};
use crate::tls::Tls;
use crate::world::World;
use crate::{admin, api_keys, http, listen, routes};

/// How long connections may take to end once the cloud shuts down.
const DRAIN: Duration = Duration::from_secs(10);

/// What every handler of a request has.
#[derive(Clone)]
pub struct Front {
    /// The running cloud.
    pub world: World,
    /// Who mints and knows credentials.
    pub authority: Authority,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Front {
    /// The time as the services tell it: the clock's, unless it is wrong on purpose.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.world.surroundings.now().saturating_add(self.skew())
    }

    /// How far that is ahead of the clock.
    pub(crate) fn skew(&self) -> time::Duration {
        let faults = self.world.faults.as_ref();
        faults.map_or(time::Duration::ZERO, Faults::skew)
    }

    /// Who calls a GraphQL API: who signed the request, or who holds the key that came instead of a signature.
    ///
    /// # Errors
    /// Why the signature or the key is not believed.
    pub(crate) fn caller_of(
        &self,
        api: ApiName,
        request: &sigv4::Request<'_>,
    ) -> Result<Caller, Refusal> {
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name);
        match header(api_keys::HEADER) {
            Some((_, key)) if header("authorization").is_none() => {
                let keys = match api {
                    ApiName::Calendar => &*self.world.settings.calendar_keys,
                    ApiName::Orders | ApiName::Movies | ApiName::Restaurant => &[],
                };
                api_keys::caller(keys, key, self.now())
            }
            _ => self.verify(request, "appsync"),
        }
    }

    /// Who signed a request for a service.
    ///
    /// # Errors
    /// Why the signature is not believed.
    pub fn verify(&self, request: &sigv4::Request<'_>, service: &str) -> Result<Caller, Refusal> {
        self.verify_in(request, service, REGION)
    }

    /// Who signed a request for a service of a region.
    ///
    /// # Errors
    /// Why the signature is not believed.
    pub(crate) fn verify_in(
        &self,
        request: &sigv4::Request<'_>,
        service: &str,
        region: &str,
    ) -> Result<Caller, Refusal> {
        self.verify_by(request, service, region, TokenRule::Signed)
    }

    /// The same for a service that has a rule of its own for session tokens.
    ///
    /// # Errors
    /// Why the signature is not believed.
    pub(crate) fn verify_by(
        &self,
        request: &sigv4::Request<'_>,
        service: &str,
        region: &str,
        token: TokenRule,
    ) -> Result<Caller, Refusal> {
        let now = self.now();
        let scope = Scope {
            service,
            region,
            token,
        };
        sigv4::verify(request, &scope, now, |id, token| {
            self.authority.unseal(id, token, now)
        })
    }
}

/// Opens a cloud and serves it until the future completes; then drains: sockets are closed with a reason, requests are
/// finished, the pipeline puts down what it holds.
///
/// # Errors
/// Where the data folder cannot be used, another cloud is running on it, a part of the pipeline crashes, or the
/// admin port or that for TLS cannot be where it shall be.
pub async fn serve(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CloudError> {
    serve_then(settings, listener, shutdown, |_| {}).await
}

/// Where a cloud that is ready is, apart from the listener that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ready {
    /// The admin port, if there is one.
    pub admin: Option<SocketAddr>,
    /// Where it speaks TLS, if it does.
    pub tls: Option<Secured>,
}

/// Where a cloud speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// The address.
    pub address: SocketAddr,
    /// The certificate, in PEM; it is its own authority.
    pub certificate: String,
    /// The file it is kept in, if the data is kept.
    pub file: Option<PathBuf>,
}

/// As [`serve`], and calls `ready` once it is certain that nothing keeps the cloud from running.
///
/// # Errors
/// As [`serve`].
pub async fn serve_then(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl FnOnce(Ready),
) -> Result<(), CloudError> {
    serve_world(World::open(settings).await?, listener, shutdown, ready).await
}

/// As [`serve_then`], with a world that is open already.
///
/// # Errors
/// As [`serve`].
pub async fn serve_world(
    world: World,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl FnOnce(Ready),
) -> Result<(), CloudError> {
    let admin = match world.settings.admin {
        Some(address) => Some(admin::bind(address).await?),
        None => None,
    };
    let secure = match world.settings.tls {
        Some(address) => Some(bind_tls(address).await?),
        None => None,
    };
    let (stop, stopping) = watch::channel(false);
    let mut pipeline = world.start(stopping.clone()).await?;
    let authority = Authority::open(&world.store, &world.surroundings).await?;
    // Now that the folder is this cloud's alone.
    let secure = secure.map(|listener| {
        let tls = Tls::open(&world.settings.data, &world.surroundings)?;
        Ok::<_, CloudError>((listener, tls))
    });
    let secure = secure.transpose()?;
    let front = Front {
        world,
        authority,
        stopping: stopping.clone(),
    };
    ready(Ready {
        admin: admin.as_ref().map(TcpListener::local_addr).transpose()?,
        tls: secure.as_ref().map(secured).transpose()?,
    });
    let admin = admin::serve(admin, front.clone());
    let mut stopped = stopping;
    let shutdown = async move {
        shutdown.await;
        tracing::info!("shutting down");
        stop.send_replace(true);
    };
    let secure = async {
        if let Some((listener, tls)) = secure {
            listen(listener, Some(tls), front.clone()).await;
        }
    };
    let served = futures::future::join3(shutdown, listen(listener, None, front.clone()), secure);
    let too_long = async {
        drop(stopped.wait_for(|stopping| *stopping).await);
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        (_, admin) = futures::future::join(served, admin) => admin?,
        () = too_long => tracing::warn!("some connections did not end in time"),
        // All of it may well have stopped before the last connection has, but nothing before it was told to.
        Err(broken) = pipeline.finished() => return Err(broken),
    }
    pipeline.finished().await
}

async fn bind_tls(address: SocketAddr) -> Result<TcpListener, CloudError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| CloudError::ListenTls { address, source })
}

fn secured((listener, tls): &(TcpListener, Tls)) -> std::io::Result<Secured> {
    Ok(Secured {
        address: listener.local_addr()?,
        certificate: tls.certificate(),
        file: tls.file(),
    })
}

/// Serves the services until the cloud stops: past the faults where somebody may cause them, else straight from the
/// network.
async fn listen(listener: TcpListener, tls: Option<Tls>, front: Front) {
    let patience = front.world.settings.patience;
    let mut stopping = front.stopping.clone();
    let shutdown = async move { drop(stopping.wait_for(|stopping| *stopping).await) };
    let Some(faults) = front.world.faults.clone() else {
        // Small frames that have to be there at once: no waiting for more to send.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let router = routes::all(&front);
        listen::serve(listener, tls, router, |_, _| (), patience, shutdown).await;
        return;
    };
    let dated = axum::middleware::from_fn_with_state(front.clone(), http::skewed_date);
    let router = routes::all(&front).layer(dated);
    let last_words = faults.clone();
    let shutdown = async move {
        shutdown.await;
        // What is held back has to be out before the end.
        last_words.reset();
    };
    let mark = |remote: &Remote, request: &mut Request| {
        request.extensions_mut().insert(ConnectInfo(remote.clone()));
    };
    let listener = FaultyListener::new(listener, faults.clone());
    listen::serve(listener, tls, router, mark, patience, shutdown).await;
    faults.lines().gone().await;
}
