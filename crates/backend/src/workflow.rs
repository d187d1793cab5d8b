//! The functions that workflows call.

use serde_json::Value;

use crate::event::HandlerError;
use crate::orders::{self, simulation};
use crate::ports::{Ports, Workflow};
use crate::restaurant::{self, tasks};

/// Every workflow there is.
pub static ALL: &[&Workflow] = &[&orders::WORKFLOW, &restaurant::WORKFLOW];

/// Calls one of a workflow's functions with what the workflow hands it. It may be called twice for one task and comes to
/// the same.
///
/// # Errors
/// [`HandlerError::Dead`] for a function that is none of the workflow's or an input that it cannot read; else what the
/// function says.
pub async fn call<P: Ports>(
    ports: &P,
    workflow: &Workflow,
    function: &str,
    input: &Value,
) -> Result<Value, HandlerError> {
    if workflow == &restaurant::WORKFLOW {
        return tasks::call(ports, &ports.payments(), function, input).await;
    }
    if workflow == &orders::WORKFLOW && function == simulation::DRAW_WAIT {
        return Ok(simulation::draw_wait(ports));
    }
    let name = workflow.name;
    Err(HandlerError::Dead(format!(
        "the workflow {name} has no function {function}"
    )))
}
