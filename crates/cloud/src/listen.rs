//! Connections: accepted, held to a time, ended gracefully.
//!
//! `axum::serve` would do, if it had a clock: with it, whoever begins a request and does not go on holds a connection
//! for ever.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// Serves a router until the future completes; then waits for the requests that are under way. `mark` puts into a
/// request who sent it; `patience` is how long the head of a request may take, from the connection's beginning or the
/// answer before.
pub(crate) async fn serve<L: Listener>(
    mut listener: L,
    router: Router,
    mark: impl Fn(&L::Addr, &mut Request) + Clone + Send + Sync + 'static,
    patience: Duration,
    shutdown: impl Future<Output = ()> + Send,
) where
    L::Addr: Clone + Sync,
{
    let ending = watch::Sender::new(false);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (io, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (router, mark) = (router.clone(), mark.clone());
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            mark(&peer, &mut request);
            router.clone().oneshot(request)
        });
        let connection = http.serve_connection(TokioIo::new(io), service);
        let mut connection = Box::pin(connection.with_upgrades());
        let mut ending = ending.subscribe();
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = async { drop(ending.wait_for(|ending| *ending).await) } => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke");
            }
        });
    }
    // Nobody new may knock while the rest is waited for.
    drop(listener);
    ending.send_replace(true);
    ending.closed().await;
}
