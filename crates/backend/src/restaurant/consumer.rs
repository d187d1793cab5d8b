//! From the queue to the workflow.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WORKFLOW;
use super::model::{OrderId, Ordered};
use crate::moment::Moment;
use crate::ports::Workflows;

/// What lies on the queue, and what an execution begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Also the execution's name.
    pub order_id: OrderId,
    /// What is ordered.
    #[serde(flatten)]
    pub ordered: Ordered,
    /// When it was accepted.
    pub created_at: Moment,
}

/// A message of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id, by which a failure is told.
    pub id: String,
    /// What was sent.
    pub body: Value,
}

/// A message that was not taken: it comes again, or ends in the dead-letter queue with this cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFailure {
    /// Which.
    pub id: String,
    /// Why.
    pub cause: String,
}

/// Starts a workflow for each order of a batch. What is returned failed; the rest of the batch is done. An order that
/// comes again starts nothing: the execution of its name is there.
pub async fn on_batch<P: Workflows>(ports: &P, batch: &[Message]) -> Vec<MessageFailure> {
    let mut failures = Vec::new();
    for message in batch {
        if let Err(cause) = started(ports, &message.body).await {
            failures.push(MessageFailure {
                id: message.id.clone(),
                cause,
            });
        }
    }
    failures
}

async fn started<P: Workflows>(ports: &P, body: &Value) -> Result<(), String> {
    let accepted: Accepted =
        serde_path_to_error::deserialize(body).map_err(|error| format!("no order: {error}"))?;
    let name = &accepted.order_id.0;
    ports
        .start(&WORKFLOW, name, body.clone())
        .await
        .map_err(|error| error.to_string())
}
