//! EventBridge's `PutEvents`, the way in for producers outside: signed, for the backend's role.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bus::{self, Entry, MAX_ENTRIES};
use crate::http::{Incoming, json as answer};
use crate::policy::Access;
use crate::routes::Region;
use crate::server::Front;
use crate::settings::BUS;

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: &str = "AWSEvents.PutEvents";
/// Bytes of all the entries of a request together.
const TOTAL_SIZE: usize = 256 * 1024;
/// The envelope around the entries, and details that are longer encoded than they are.
const BODY_LIMIT: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<PutEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEntry {
    #[serde(default)]
    source: String,
    #[serde(default)]
    detail_type: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    event_bus_name: Option<String>,
}

impl PutEntry {
    /// As EventBridge counts it. Source: EventBridge user guide, "Calculating PutEvents event entry size".
    fn size(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

pub(crate) async fn put_events(
    State(front): State<Front>,
    Extension(Region(region)): Extension<Region>,
    request: Request,
) -> Response {
    let Ok(incoming) = Incoming::read(request, BODY_LIMIT).await else {
        return refused(
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        );
    };
    let caller = match front.verify_in(&incoming.as_signed(), "events", &region) {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal.error_type(), &refusal.to_string()),
    };
    if incoming.header("x-amz-target") != Some(TARGET) {
        return refused(
            "UnknownOperationException",
            &format!("the only operation here is {TARGET}"),
        );
    }
    let entries = match serde_json::from_slice::<PutEvents>(&incoming.body) {
        Ok(request) => request.entries,
        Err(error) => return refused("SerializationException", &error.to_string()),
    };
    for entry in &entries {
        let Access { action, resource } = Access::put_events(
            &region,
            entry.event_bus_name.as_deref().unwrap_or("default"),
        );
        if !front.world.apis.policies().allow(
            caller.role,
            &Access {
                action,
                resource: resource.clone(),
            },
        ) {
            let message =
                format!("User is not authorized to perform: {action} on resource: {resource}");
            return refused("AccessDeniedException", &message);
        }
    }
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        return refused(
            "ValidationException",
            &format!("Member must have length between 1 and {MAX_ENTRIES}, inclusive: 'entries'"),
        );
    }
    if entries.iter().map(PutEntry::size).sum::<usize>() > TOTAL_SIZE {
        return refused(
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        );
    }
    let entries = entries.into_iter().map(|entry| Entry {
        source: entry.source,
        detail_type: entry.detail_type,
        detail: entry.detail,
    });
    match bus::put(&front.world, entries.collect()).await {
        Ok(results) => {
            let failed = results.iter().filter(|result| result.is_err()).count();
            let entries: Vec<Value> = results
                .iter()
                .map(|result| match result {
                    Ok(id) => json!({"EventId": id}),
                    Err(refused) => {
                        json!({"ErrorCode": refused.code, "ErrorMessage": refused.message})
                    }
                })
                .collect();
            answer(
                200,
                JSON,
                None,
                &json!({"FailedEntryCount": failed, "Entries": entries}),
            )
        }
        Err(error) => {
            tracing::error!(%error, bus = BUS, "events could not be accepted");
            answer(
                500,
                JSON,
                Some("InternalException"),
                &json!({"__type": "InternalException", "message": ""}),
            )
        }
    }
}

fn refused(error_type: &str, message: &str) -> Response {
    answer(
        400,
        JSON,
        Some(error_type),
        &json!({"__type": error_type, "message": message}),
    )
}
