//! The calendar's function behind its URL, as Lambda has it where callers sign.
//! Sources: Lambda developer guide, "Control access to Lambda function URLs" and "Lambda quotas" (6 MB a request).

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use backend::calendar::{self, Reply};
use serde_json::json;

use super::{Incoming, json as answer};
use crate::policy::Access;
use crate::server::Front;
use crate::settings::CALENDAR_FUNCTION;

const BODY_LIMIT: usize = 6 * 1024 * 1024;
const JSON: &str = "application/json";

pub(crate) async fn calendar(State(front): State<Front>, request: Request) -> Response {
    let method = request.method().clone();
    let Ok(incoming) = Incoming::read(request, BODY_LIMIT).await else {
        let message = format!(
            "Request must be smaller than {BODY_LIMIT} bytes for the InvokeFunction operation"
        );
        let body = json!({ "Message": message });
        return answer(413, JSON, Some("RequestEntityTooLargeException"), &body);
    };
    // Whatever is wrong with a signature, the URL says no more than this.
    let caller = match front.verify(&incoming.as_signed(), "lambda") {
        Ok(caller) => caller,
        Err(refusal) => {
            tracing::debug!(%refusal, "a call of the calendar's function is not believed");
            return forbidden();
        }
    };
    let access = Access::function(CALENDAR_FUNCTION);
    if !front.world.apis.policies().allow(caller.role, &access) {
        return forbidden();
    }
    let method = match method {
        Method::POST => calendar::Method::Create,
        Method::PUT => calendar::Method::Update,
        Method::DELETE => calendar::Method::Delete,
        _ => {
            let fault = json!({"field": "method", "message": "must be POST, PUT or DELETE"});
            return answer(405, JSON, None, &json!({ "errors": [fault] }));
        }
    };
    match calendar::on_call(&front.world, method, &incoming.body, &caller).await {
        Ok(Reply { status, body }) => answer(status, JSON, None, &body),
        Err(error) => {
            tracing::error!(%error, "the calendar's function failed");
            answer(
                502,
                JSON,
                None,
                &json!({"Message": "Internal Server Error"}),
            )
        }
    }
}

fn forbidden() -> Response {
    let body = json!({"Message": "Forbidden"});
    answer(403, JSON, Some("AccessDeniedException"), &body)
}
