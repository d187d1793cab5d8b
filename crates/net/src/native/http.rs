//! HTTP on reqwest.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use tokio::runtime::{Handle, Id};

use crate::NetError;
use crate::http::{Method, Request, Response};

pub(crate) async fn send(request: Request) -> Result<Response, NetError> {
    let url = Url::parse(&request.url).map_err(invalid)?;
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for (name, value) in &request.headers {
        headers.append(
            HeaderName::try_from(name).map_err(invalid)?,
            HeaderValue::try_from(value).map_err(invalid)?,
        );
    }
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut sending = client()?.request(method, url).headers(headers);
    if !request.body.is_empty() {
        sending = sending.body(request.body);
    }
    let response = sending.send().await.map_err(unreachable)?;
    Ok(Response {
        status: response.status().as_u16(),
        headers: response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: response.bytes().await.map_err(unreachable)?.into(),
    })
}

/// The client of this runtime. A pooled connection dies with the runtime that drives it, so another runtime (another
/// test, for one) gets a client of its own.
fn client() -> Result<Client, NetError> {
    static LAST: Mutex<Option<(Id, Client)>> = Mutex::new(None);
    let runtime = Handle::current().id();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    match &*last {
        Some((id, client)) if *id == runtime => Ok(client.clone()),
        _ => {
            // Without a proxy, because sockets have none either.
            let client = Client::builder().no_proxy().build().map_err(invalid)?;
            *last = Some((runtime, client.clone()));
            Ok(client)
        }
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> NetError {
    NetError::Invalid(Arc::new(error))
}

fn unreachable(error: reqwest::Error) -> NetError {
    // The address may carry a signature; it has no place in an error's text.
    let error = error.without_url();
    if error.is_builder() {
        invalid(error)
    } else {
        NetError::Unreachable(Arc::new(error))
    }
}
