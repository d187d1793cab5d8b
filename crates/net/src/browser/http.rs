//! HTTP on gloo-net's fetch.

use gloo_net::Error;
use gloo_net::http::{Headers, Method as Verb, RequestBuilder};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, RequestCache, RequestCredentials};

use crate::NetError;
use crate::error::cause;
use crate::http::{Method, Request, Response};

pub(crate) async fn send(request: Request) -> Result<Response, NetError> {
    let abort = Abort(AbortController::new().ok());
    let verb = match request.method {
        Method::Get => Verb::GET,
        Method::Post => Verb::POST,
        Method::Put => Verb::PUT,
        Method::Delete => Verb::DELETE,
    };
    // Straight on the browser's own type: gloo-net's throws at what is not a valid header, and keeps one of each name.
    let headers = web_sys::Headers::new().map_err(invalid)?;
    for (name, value) in &request.headers {
        headers.append(name, value).map_err(invalid)?;
    }
    let building = RequestBuilder::new(&request.url)
        .method(verb)
        .cache(RequestCache::NoStore)
        .credentials(RequestCredentials::Omit)
        .headers(Headers::from_raw(headers))
        .abort_signal(abort.0.as_ref().map(AbortController::signal).as_ref());
    let built = if request.body.is_empty() {
        building.build()
    } else {
        building.body(js_sys::Uint8Array::from(request.body.as_slice()))
    };
    let response = built
        .map_err(|error| NetError::Invalid(words(&error)))?
        .send()
        .await;
    let response = response.map_err(|error| NetError::Unreachable(words(&error)))?;
    Ok(Response {
        status: response.status(),
        headers: response.headers().entries().collect(),
        body: response
            .binary()
            .await
            .map_err(|error| NetError::Unreachable(words(&error)))?,
    })
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
    NetError::Invalid(cause(format!("{error:?}")))
}

fn words(error: &Error) -> crate::Cause {
    cause(error.to_string())
}
