//! Starts a simulation: six baskets, one after the other, each going its way from submitted to completed.

use aws_guest::{Region, Service};
use json::Value;
use net::http::{Request, Response};

use super::model::OrderId;
use super::wire::Api;
use crate::api;
use crate::live::Asked;

/// Why no simulation was started, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody answered.
    #[error(
        "The cloud cannot be reached. Check that it runs and that you are online, then try again."
    )]
    Unreachable(#[from] net::NetError),
    /// There are no credentials to sign with.
    #[error("This page gets no guest credentials: {0}. Check [identity] in appconfig.toml.")]
    Credentials(aws_guest::Error),
    /// The service does not let the guest do this.
    #[error("The cloud refuses this page ({0}). Check [orders.simulation] in appconfig.toml.")]
    Refused(String),
    /// Too many at once.
    #[error("Too many simulations at once. Wait a moment, then try again.")]
    Busy,
    /// The service failed.
    #[error("The cloud had a problem (HTTP {status}). Try again in a moment.")]
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// Something answered, but not what was asked.
    #[error(
        "Something else answered at this address. Check `orders.simulation.url` in appconfig.toml."
    )]
    Malformed,
}

impl Api {
    /// Starts a simulation; the answer is the first order's id.
    pub fn start_simulation(
        &self,
    ) -> Asked<Result<OrderId, StartError>, Response, aws_guest::Error> {
        let region = Region::new(self.simulation.region.as_str());
        let request = Request::get(self.simulation.url.resolve(&self.origin));
        let read = |answer: Result<_, _>| started(&answer?);
        api::fetch(self.guest(), Service::EXECUTE_API, &region, request, read)
    }
}

impl From<aws_guest::Error> for StartError {
    fn from(error: aws_guest::Error) -> Self {
        match error {
            aws_guest::Error::Network(error) | aws_guest::Error::Unanswered(error) => {
                Self::Unreachable(error)
            }
            error => Self::Credentials(error),
        }
    }
}

fn started(response: &Response) -> Result<OrderId, StartError> {
    let body = json::parse(&response.body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    match response.status {
        200..300 => text("orderId")
            .map(OrderId::from)
            .ok_or(StartError::Malformed),
        status @ (401 | 403) => {
            let reason = text("message").or_else(|| text("Message"));
            Err(StartError::Refused(
                reason.map_or_else(|| format!("HTTP {status}"), str::to_owned),
            ))
        }
        429 => Err(StartError::Busy),
        status @ 500.. => Err(StartError::Failed { status }),
        _ => Err(StartError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> String {
        let response = Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        };
        match started(&response) {
            Ok(id) => id.as_str().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_answer_is_told_in_words() {
        assert_eq!(
            told(200, r#"{"orderId":"2abc","status":"SUBMITTED"}"#),
            "2abc"
        );
        assert!(told(200, "<!doctype html>").contains("orders.simulation.url"));
        assert!(told(404, "").contains("orders.simulation.url"));
        assert!(told(403, r#"{"message":"not you"}"#).contains("not you"));
        assert!(told(403, r#"{"Message":"Forbidden"}"#).contains("Forbidden"));
        assert!(told(403, "").contains("HTTP 403"));
        assert!(told(429, "").contains("Wait"));
        assert!(told(502, "").contains("HTTP 502"));
    }
}
