//! The way in: the addresses, and the life of a running cloud.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get, post};
use axum::serve::ListenerExt as _;
use backend::api::Caller;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::credentials::Authority;
use crate::error::CloudError;
use crate::settings::{REGION, Settings};
use crate::sigv4::{self, Refusal, Scope, TokenRule};
use crate::world::World;
use crate::{cognito, events_api, http, site};

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
    /// Who signed a request for a service.
    ///
    /// # Errors
    /// Why the signature is not believed.
    pub fn verify(&self, request: &sigv4::Request<'_>, service: &str) -> Result<Caller, Refusal> {
        let now = self.world.surroundings.now();
        let scope = Scope {
            service,
            region: REGION,
            token: TokenRule::Signed,
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
/// Where the data folder cannot be used, another cloud is running on it, or a part of the pipeline crashes.
pub async fn serve(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CloudError> {
    serve_then(settings, listener, shutdown, || {}).await
}

/// As [`serve`], and calls `ready` once it is certain that nothing keeps the cloud from running.
///
/// # Errors
/// As [`serve`].
pub async fn serve_then(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl FnOnce(),
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
    ready: impl FnOnce(),
) -> Result<(), CloudError> {
    let (stop, stopping) = watch::channel(false);
    let mut pipeline = world.start(stopping.clone()).await?;
    let authority = Authority::open(&world.store, &world.surroundings).await?;
    let front = Front {
        world,
        authority,
        stopping: stopping.clone(),
    };
    ready();
    // Small frames that have to be there at once: no waiting for more to send.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let mut stopped = stopping;
    let server = axum::serve(listener, router(front)).with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("shutting down");
        stop.send_replace(true);
    });
    let too_long = async {
        drop(stopped.wait_for(|stopping| *stopping).await);
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = std::future::IntoFuture::into_future(server) => served?,
        () = too_long => tracing::warn!("some connections did not end in time"),
        // All of it may well have stopped before the last connection has, but nothing before it was told to.
        Err(broken) = pipeline.finished() => return Err(broken),
    }
    pipeline.finished().await
}

fn router(front: Front) -> Router {
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            axum::http::HeaderName::from_static(name),
            axum::http::HeaderValue::from_static(value),
        )
    };
    let services = Router::new()
        .route("/cognito/", post(cognito::handle))
        .route("/cognito", post(cognito::handle))
        .route("/orders/graphql", post(http::graphql::orders))
        .route("/orders/graphql/realtime", any(http::realtime::orders))
        .route("/order", get(http::simulation::start))
        .route("/events/", post(events_api::put_events))
        .route("/events", post(events_api::put_events))
        .layer(axum::middleware::from_fn_with_state(
            front.clone(),
            http::request_id,
        ))
        .layer(http::cors());
    services
        .fallback(site::serve)
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "same-origin"))
        .with_state(front)
}
