//! `GET /order`: starts an order simulation, behind API Gateway's way of refusing.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::json;

use super::{Incoming, json as answer};
use crate::policy::Access;
use crate::server::Front;

const JSON: &str = "application/json";

pub(crate) async fn start(State(front): State<Front>, request: Request) -> Response {
    let Ok(incoming) = Incoming::read(request, 0).await else {
        return answer(413, JSON, None, &json!({"message": "Request Too Long"}));
    };
    let caller = match front.verify(&incoming.as_signed(), "execute-api") {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal.error_type(), &refusal.to_string()),
    };
    let access = Access::route("GET", "order");
    if !front.world.apis.policies().allow(caller.role, &access) {
        let Access { action, resource } = access;
        let message =
            format!("User is not authorized to perform: {action} on resource: {resource}");
        return refused("AccessDeniedException", &message);
    }
    match backend::orders::start(&front.world).await {
        Ok(started) => answer(200, JSON, None, &started),
        Err(error) => {
            tracing::error!(%error, "a simulation could not be started");
            answer(
                502,
                JSON,
                Some("InternalServerErrorException"),
                &json!({"message": "Internal server error"}),
            )
        }
    }
}

fn refused(error_type: &str, message: &str) -> Response {
    answer(403, JSON, Some(error_type), &json!({"message": message}))
}
