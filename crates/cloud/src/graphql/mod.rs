//! The GraphQL APIs, as AppSync runs them.
//!
//! The schemas are the ones that are deployed; what each root field does is declared beside them in `backend`; who may
//! call it stands in the policies. Parsing, validation and the walk over the selection are `apollo-compiler`'s.

mod execute;
mod prepared;
mod response;
mod rows;
mod schema;
mod selection;
mod subscription;

use backend::api::ApiName;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::CloudError;
use crate::policy::Policies;

pub use execute::execute;
pub use response::{GraphQlError, GraphQlResponse, Location};
pub use subscription::{Filter, Subscription};

use schema::Schema;

/// A GraphQL request, as it stands in a body or in a subscription's `data`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphQlRequest {
    /// The document.
    pub query: String,
    /// The variables' values.
    #[serde(default, deserialize_with = "null_is_none")]
    pub variables: Map<String, Value>,
    /// Which operation of the document; may be left out where there is only one.
    #[serde(default)]
    pub operation_name: Option<String>,
}

fn null_is_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Every API's schema, parsed and checked once, and the policies that its fields are guarded by.
pub struct Apis {
    orders: Schema,
    policies: Policies,
}

impl Apis {
    /// Parses the schemas that the program is built with, and checks that every field is declared.
    ///
    /// # Errors
    /// [`CloudError::BuiltIn`] with what is wrong.
    pub fn load() -> Result<Self, CloudError> {
        let orders = Schema::load(ApiName::Orders).map_err(CloudError::BuiltIn)?;
        Ok(Self {
            orders,
            policies: Policies::load().map_err(CloudError::BuiltIn)?,
        })
    }

    /// The policies of the callers.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    fn schema(&self, api: ApiName) -> &Schema {
        match api {
            ApiName::Orders => &self.orders,
        }
    }
}
