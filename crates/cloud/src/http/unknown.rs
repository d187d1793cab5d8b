//! What the services answer where there is nothing.

use axum::response::Response;
use serde_json::json;

use super::json as answer;
use crate::services::{Family, Host};

const JSON: &str = "application/json";

/// A service that is here, under an id or in a region where it is not.
pub(crate) fn service(host: &Host) -> Response {
    let Host { family, id, .. } = host;
    match family {
        // What the data plane answers is nowhere written down; these are the control plane's words.
        Family::GraphQl | Family::Realtime => {
            let message = format!("GraphQL API {id} not found.");
            graphql("NotFoundException", &message)
        }
        // The front door knows no such name, and forbids it.
        Family::Rest => message(403, "ForbiddenException", "Forbidden"),
        Family::Mqtt => message(403, "ForbiddenException", "Forbidden"),
        // Source: LocalStack's `test_lambda_url_non_existing_url`, validated against AWS.
        Family::Function => {
            let body = json!({ "Message": null });
            answer(403, JSON, Some("AccessDeniedException"), &body)
        }
        Family::Identity | Family::Events => path(*family),
    }
}

/// A path or a method that the service does not have.
pub(crate) fn path(family: Family) -> Response {
    match family {
        Family::GraphQl | Family::Realtime => {
            graphql("UnknownOperationException", "Unknown operation.")
        }
        // It looks for something to authorize and finds none.
        Family::Rest => {
            let words = "Missing Authentication Token";
            message(403, "MissingAuthenticationTokenException", words)
        }
        Family::Mqtt => message(404, "ResourceNotFoundException", "Not Found"),
        Family::Identity | Family::Events | Family::Function => {
            let body = json!({ "__type": "UnknownOperationException" });
            answer(404, JSON, Some("UnknownOperationException"), &body)
        }
    }
}

/// A name of Amazon's under which nothing of this cloud is: whoever mapped it to this machine mapped too much.
pub(crate) fn name() -> Response {
    let words =
        "This is no service of Eddy's cloud. `eddy-cloud endpoints` lists the names that are.";
    message(421, "MisdirectedRequest", words)
}

fn graphql(error_type: &str, message: &str) -> Response {
    let body = json!({"errors": [{"errorType": error_type, "message": message}]});
    answer(404, JSON, Some(error_type), &body)
}

fn message(status: u16, error_type: &str, message: &str) -> Response {
    let body = json!({ "message": message });
    answer(status, JSON, Some(error_type), &body)
}
