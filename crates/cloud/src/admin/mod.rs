//! The admin port: faults on purpose, load, counters and the account, for whoever runs the cloud.
//!
//! Off unless the cloud is started with `--admin 127.0.0.1:PORT`, and then on that address alone, which has to be a
//! loopback address: it asks nobody who they are. What a browser sends on behalf of a page is refused (an `Origin`, a
//! `Sec-Fetch-Site` other than `none`, a `Host` that is not this machine), so that no page can drive it.
//!
//! | | body, with what is taken when a member is left out | does |
//! |---|---|---|
//! | `POST /faults/drop` | `{"share": 1.0}` or `{"count": N}`, `"how": "close"` or `"reset"` | drops sockets, with a close frame or by a TCP reset |
//! | `POST /faults/refuse` | `{"seconds": S}` | resets every new connection and those without a socket; sockets stay |
//! | `POST /faults/slow` | `{"millis": M, "seconds": S}` | what is sent arrives M later, in order |
//! | `POST /faults/hold` | `{"seconds": S}` | nothing is sent, then all of it |
//! | `POST /faults/expire` | – | every credential issued until now has expired |
//! | `POST /faults/skew` | `{"seconds": ±S, "for": 3600}` | the service's clock is S ahead: dates given and dates accepted |
//! | `POST /faults/deny` | `{"field": "Query.orders", "for": 3600}`, and perhaps `"api": "restaurant"`, else the first API that has it | guests may not call the field |
//! | `DELETE /faults/deny` | the same, or nothing for all | they may again |
//! | `POST /faults/poison` | `{"name": "text", "for": 3600}` | no handler takes a restaurant's order with this in its name |
//! | `POST /faults/payments` | `{"chance": 0.0, "for": 3600}` | so many of the restaurant's payments succeed |
//! | `POST /faults/consumers` | – | kills a queue's consumer in the middle of the batch that it has or gets next; it begins anew. `lost` batches so far (`GET` tells them too). With `{"rest": S}` they take nothing for S seconds instead |
//! | `POST /faults/reset` | – | ends all of the above, and a load |
//! | `POST /load` | `{"rate": 100, "count": 1000, "seed": 1}` | puts order events on the bus; answers when they are all there |
//! | `POST /load/restaurant` | `{"count": 100}`, and perhaps `"rate": 50` | places orders at the restaurant, without a rate all of them before the first is taken; answers when all have ended, with times |
//! | `GET /counters` | | what is counted, and the faults in force |
//! | `GET /account` | | what became of all events, and whether it adds up |
//! | `GET /events/{id}` | | the way of one event, with times |
//!
//! Answers are JSON. What does not make sense gets 400 and `{"error": "why"}`. Every fault ends by itself: `seconds` of
//! `refuse`, `slow` and `hold`, and `rest`, may be decimal and at most 600, `for` is at most 3600.

mod faults;
mod guard;
mod load;
mod report;
mod restaurant;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;

use crate::error::CloudError;
use crate::server::Front;

/// A body is a few numbers.
const BODY_LIMIT: usize = 16 * 1024;

/// Takes the admin port's address.
///
/// # Errors
/// [`CloudError::NotLoopback`], and [`CloudError::Admin`] where it cannot be listened on.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, CloudError> {
    if !address.ip().is_loopback() {
        return Err(CloudError::NotLoopback { address });
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| CloudError::Admin { address, source })
}

/// Serves the admin port, if there is one, until the cloud stops.
pub(crate) async fn serve(listener: Option<TcpListener>, front: Front) -> std::io::Result<()> {
    let Some(listener) = listener else {
        return Ok(());
    };
    tracing::info!(address = %listener.local_addr()?, "the admin port is open");
    let mut stopping = front.stopping.clone();
    axum::serve(listener, router(front))
        .with_graceful_shutdown(async move { drop(stopping.wait_for(|stopping| *stopping).await) })
        .await
}

fn router(front: Front) -> Router {
    Router::new()
        .route("/faults/drop", post(faults::drop_sockets))
        .route("/faults/refuse", post(faults::refuse))
        .route("/faults/slow", post(faults::slow))
        .route("/faults/hold", post(faults::hold))
        .route("/faults/expire", post(faults::expire))
        .route("/faults/skew", post(faults::skew))
        .route("/faults/deny", post(faults::deny).delete(faults::allow))
        .route("/faults/poison", post(faults::poison))
        .route("/faults/payments", post(faults::payments))
        .route(
            "/faults/consumers",
            post(faults::consumers).get(faults::lost_batches),
        )
        .route("/faults/reset", post(faults::reset))
        .route("/load", post(load::run))
        .route("/load/restaurant", post(restaurant::run))
        .route("/counters", get(report::counters))
        .route("/account", get(report::account))
        .route("/events/{id}", get(report::event))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(axum::middleware::from_fn(past_the_guard))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(front)
}

async fn past_the_guard(request: Request, next: Next) -> Response {
    match guard::check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => refused(StatusCode::FORBIDDEN, why),
    }
}

async fn unknown(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    refused(
        StatusCode::NOT_FOUND,
        &format!(
            "there is no {method} {path} here; POST /faults/{{drop,refuse,slow,hold,expire,skew,deny,poison,payments,consumers,reset}}, \
             DELETE /faults/deny, POST /load, POST /load/restaurant, GET /counters, GET /account and GET /events/ID are what there is"
        ),
    )
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(json!({ "error": why }))).into_response()
}

/// What a route answers.
type Answer<T> = Result<axum::Json<T>, Refused>;

/// Why a request is not obeyed.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It does not make sense; with words.
    Bad(String),
    /// What it asks for is not there.
    Missing(String),
    /// The cloud cannot do it now.
    Failed(String),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Bad(why) => refused(StatusCode::BAD_REQUEST, &why),
            Self::Missing(why) => refused(StatusCode::NOT_FOUND, &why),
            Self::Failed(why) => refused(StatusCode::INTERNAL_SERVER_ERROR, &why),
        }
    }
}

/// What was asked for; nothing stands for `{}`.
fn parsed<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let unclear =
        |error: String| Refused::Bad(format!("the body does not say what to do: {error}"));
    let mut text = serde_json::Deserializer::from_slice(body);
    let asked =
        serde_path_to_error::deserialize(&mut text).map_err(|error| unclear(error.to_string()))?;
    text.end().map_err(|error| unclear(error.to_string()))?;
    Ok(asked)
}

/// A number that has to lie between two others.
fn within<N: PartialOrd + std::fmt::Display>(
    name: &str,
    value: N,
    least: N,
    most: N,
) -> Result<N, Refused> {
    if value >= least && value <= most {
        return Ok(value);
    }
    Err(Refused::Bad(format!(
        "{name} has to be between {least} and {most}, not {value}"
    )))
}

fn answer<T: Serialize>(value: T) -> Answer<T> {
    Ok(axum::Json(value))
}
