//! GraphQL over HTTP, as AppSync answers it.
//! Source of the shapes: AppSync team, "AWS AppSync HTTP behavior", graphql-over-http issue 81.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use backend::api::ApiName;
use serde_json::json;

use super::{Incoming, TooLarge, json as answer};
use crate::graphql::{GraphQlRequest, execute};
use crate::server::Front;
use crate::sigv4::Refusal;

const BODY_LIMIT: usize = 1024 * 1024;
const JSON: &str = "application/json;charset=UTF-8";

/// Runs a document against the API that the route says.
pub(crate) async fn call(
    State(front): State<Front>,
    Extension(api): Extension<ApiName>,
    request: Request,
) -> Response {
    let Ok(incoming) = Incoming::read(request, BODY_LIMIT)
        .await
        .map_err(|TooLarge| ())
    else {
        let message = format!("Request body has more than {BODY_LIMIT} bytes.");
        return refused(413, "RequestEntityTooLargeException", &message);
    };
    let caller = match front.caller_of(api, &incoming.as_signed()) {
        Ok(caller) => caller,
        Err(refusal) => return not_believed(&refusal),
    };
    if incoming.body.is_empty() {
        return refused(
            400,
            "MalformedHttpRequestException",
            "Request body is empty.",
        );
    }
    match serde_json::from_slice::<GraphQlRequest>(&incoming.body) {
        Ok(request) => answer(
            200,
            JSON,
            None,
            &execute(&front.world, api, &caller, request).await,
        ),
        Err(error) => {
            let message = format!("Unable to parse GraphQL query. {error}");
            refused(400, "MalformedHttpRequestException", &message)
        }
    }
}

fn not_believed(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Key => refused(401, refusal.error_type(), &refusal.to_string()),
        Refusal::Missing => refused(
            401,
            "UnauthorizedException",
            "Valid authorization header not provided.",
        ),
        refusal => refused(403, refusal.error_type(), &refusal.to_string()),
    }
}

fn refused(status: u16, error_type: &str, message: &str) -> Response {
    let body = json!({"errors": [{"errorType": error_type, "message": message}]});
    answer(status, JSON, Some(error_type), &body)
}
