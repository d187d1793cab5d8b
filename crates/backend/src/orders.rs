//! Orders (filled in next).
use serde_json::{Map, Value};

use crate::api::{Api, Caller, Field, FieldError, FieldKind};
use crate::ports::Ports;

/// The orders API.
pub const API: Api = Api {
    schema: include_str!("../../../graphql/orders/schema.graphql"),
    fields: &[
        Field { parent: "Query", name: "orders", kind: FieldKind::Function },
        Field { parent: "Query", name: "order", kind: FieldKind::Function },
        Field { parent: "Mutation", name: "createOrder", kind: FieldKind::None },
        Field { parent: "Mutation", name: "updateOrder", kind: FieldKind::None },
    ],
};

/// Resolves a field of the orders API.
///
/// # Errors
/// As the caller shall see it.
pub async fn resolve<P: Ports>(
    _ports: &P,
    _parent: &str,
    _field: &str,
    _arguments: &Map<String, Value>,
    _caller: &Caller,
) -> Result<Value, FieldError> {
    Ok(Value::Null)
}

/// Placeholder.
pub struct Started { /// a
 pub order_id: String, /// b
 pub status: String }
/// Placeholder.
pub async fn start<P: Ports>(_ports: &P) -> Result<Started, crate::ports::PortError> { Err(crate::ports::PortError::Conflict) }
