//! HTTP on the browser's fetch.
//!
//! Not on gloo-net's: it throws at a header that is not valid, keeps one of each name, and weighs twice as much.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit};

use crate::NetError;
use crate::error::cause;
use crate::http::{Request, Response};

pub(crate) async fn send(request: Request) -> Result<Response, NetError> {
    let abort = Abort(AbortController::new().ok());
    let exchange = start(request, &abort)?;
    let response = JsFuture::from(exchange).await.map_err(unreachable)?;
    let response: web_sys::Response = response.unchecked_into();
    let body = response.array_buffer().map_err(unreachable)?;
    let body = JsFuture::from(body).await.map_err(unreachable)?;
    Ok(Response {
        status: response.status(),
        headers: entries(&response.headers()),
        body: Uint8Array::new(&body).to_vec(),
    })
}

fn start(request: Request, abort: &Abort) -> Result<js_sys::Promise, NetError> {
    let headers = Headers::new().map_err(invalid)?;
    for (name, value) in &request.headers {
        headers.append(name, value).map_err(invalid)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_headers(&headers);
    init.set_signal(abort.0.as_ref().map(AbortController::signal).as_ref());
    if !request.body.is_empty() {
        init.set_body(&Uint8Array::from(request.body.as_slice()));
    }
    let request = web_sys::Request::new_with_str_and_init(&request.url, &init).map_err(invalid)?;
    let window = web_sys::window().ok_or(NetError::Closed)?;
    Ok(window.fetch_with_request(&request))
}

fn entries(headers: &Headers) -> Vec<(String, String)> {
    let text = |pair: &Array, place| pair.get(place).as_string().unwrap_or_default();
    headers
        .entries()
        .into_iter()
        .flatten()
        .map(|pair| {
            let pair: Array = pair.unchecked_into();
            (text(&pair, 0), text(&pair, 1))
        })
        .collect()
}

/// Aborts the exchange when its future is dropped; afterwards that does nothing.
struct Abort(Option<AbortController>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

fn invalid(error: JsValue) -> NetError {
    NetError::Invalid(words(&error))
}

fn unreachable(error: JsValue) -> NetError {
    NetError::Unreachable(words(&error))
}

/// `TypeError: Failed to fetch` and the like.
fn words(error: &JsValue) -> crate::Cause {
    cause(String::from(
        js_sys::Object::from(error.clone()).to_string(),
    ))
}
