//! HTTP on hyper.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::{Handle, Id};
use tokio_rustls::rustls::RootCertStore;

use super::tls;
use crate::NetError;
use crate::error::cause;
use crate::http::{self, Request, Response};

type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;
type Last = Mutex<Option<(Id, Client)>>;

pub(crate) async fn send(request: Request) -> Result<Response, NetError> {
    let url: Uri = request.url.parse().map_err(invalid)?;
    let client = client(url.scheme_str() == Some("https")).await?;
    let mut sent = hyper::Request::builder()
        .uri(url)
        .method(match request.method {
            http::Method::Get => Method::GET,
            http::Method::Post => Method::POST,
            http::Method::Put => Method::PUT,
            http::Method::Delete => Method::DELETE,
        });
    for (name, value) in &request.headers {
        sent = sent.header(name, value);
    }
    let sent = sent.body(Full::from(request.body)).map_err(invalid)?;
    let response = client.request(sent).await.map_err(unreachable)?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(unreachable)?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok(Response {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect(),
        body: body.to_bytes().into(),
    })
}

/// The client of this runtime. A pooled connection dies with the runtime that drives it, so another runtime (another
/// test, for one) gets a client of its own. Only who speaks TLS needs to know whom to trust.
async fn client(secure: bool) -> Result<Client, NetError> {
    static PLAIN: Last = Mutex::new(None);
    static SECURE: Last = Mutex::new(None);
    let last = if secure { &SECURE } else { &PLAIN };
    let last = || last.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Handle::current().id();
    if let Some((id, client)) = &*last()
        && *id == runtime
    {
        return Ok(client.clone());
    }
    let config = if secure {
        (*tls::config().await?).clone()
    } else {
        tls::trusting(RootCertStore::empty())?
    };
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    *last() = Some((runtime, client.clone()));
    Ok(client)
}

fn invalid(error: impl Error + Send + Sync + 'static) -> NetError {
    NetError::Invalid(std::sync::Arc::new(error))
}

/// What it comes from, since "client error (Connect)" tells nobody anything. None of these repeats the address, which may
/// carry a signature.
fn unreachable(error: impl Error) -> NetError {
    let mut error: &dyn Error = &error;
    while let Some(source) = error.source() {
        error = source;
    }
    NetError::Unreachable(cause(error.to_string()))
}
