//! Connections: accepted, made secure where that is asked for, held to a time, ended gracefully.
//!
//! `axum::serve` would do, if it had a clock: with it, whoever begins a request and does not go on holds a connection
//! for ever.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::tls::Tls;

/// Serves a router, over TLS if it is told with what, until the future completes; then waits for the requests that are
/// under way. `mark` puts into a request who sent it; `patience` is how long the head of a request may take, from the
/// connection's beginning or the answer before, and how long TLS may take to agree.
pub(crate) async fn serve<L: Listener>(
    mut listener: L,
    tls: Option<Tls>,
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
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            mark(&peer, &mut request);
            router.clone().oneshot(request)
        });
        let (http, tls, mut ending) = (http.clone(), tls.clone(), ending.subscribe());
        tokio::spawn(async move {
            let Some(tls) = tls else {
                return converse(&http, io, service, ending).await;
            };
            let acceptor = tls.acceptor();
            let agreed = tokio::select! {
                agreed = timeout(patience, acceptor.accept(io)) => agreed,
                () = told(&mut ending) => return,
            };
            match agreed {
                Ok(Ok(io)) => converse(&http, io, service, ending).await,
                Ok(Err(error)) => tracing::debug!(%error, "a client does not agree to TLS"),
                Err(_) => tracing::debug!("a client takes too long to agree to TLS"),
            }
        });
    }
    // Nobody new may knock while the rest is waited for.
    drop(listener);
    ending.send_replace(true);
    ending.closed().await;
}

/// Answers a connection's requests until it ends, or until it is told to end.
async fn converse<S>(
    http: &http1::Builder,
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: S,
    mut ending: watch::Receiver<bool>,
) where
    S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
{
    let connection = http.serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection.with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke");
    }
}

async fn told(ending: &mut watch::Receiver<bool>) {
    drop(ending.wait_for(|ending| *ending).await);
}
