//! (to be filled)
use backend::api::{ApiName, Caller};
use serde_json::{Map, Value};
use crate::error::CloudError;
use crate::world::World;

/// The parsed schemas.
pub struct Apis;
impl Apis {
    /// Parses them.
    pub fn load() -> Result<Self, CloudError> { Ok(Self) }
}
/// A request.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphQlRequest {
    /// The document.
    pub query: String,
    /// The variables.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// Which operation.
    pub operation_name: Option<String>,
}
/// A response.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct GraphQlResponse {
    /// The data.
    pub data: Option<Value>,
    /// The errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
}
/// Executes.
pub async fn execute(_world: &World, _api: ApiName, _caller: &Caller, _request: GraphQlRequest) -> GraphQlResponse {
    GraphQlResponse::default()
}
