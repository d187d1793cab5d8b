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

use backend::api::{ApiName, Caller, Role};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::CloudError;
use crate::policy::{Access, Policies};

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
    movies: Schema,
    calendar: Schema,
    restaurant: Schema,
    policies: Policies,
}

impl Apis {
    /// Parses the schemas that the program is built with, and checks that every field is declared.
    ///
    /// # Errors
    /// [`CloudError::BuiltIn`] with what is wrong.
    pub fn load() -> Result<Self, CloudError> {
        let schema = |api| Schema::load(api).map_err(CloudError::BuiltIn);
        Ok(Self {
            orders: schema(ApiName::Orders)?,
            movies: schema(ApiName::Movies)?,
            calendar: schema(ApiName::Calendar)?,
            restaurant: schema(ApiName::Restaurant)?,
            policies: Policies::load().map_err(CloudError::BuiltIn)?,
        })
    }

    /// The policies of the callers.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Whether a caller may call a root field: by its role's policy or, with a key, by the schema.
    pub(crate) fn allow(&self, caller: &Caller, api: ApiName, parent: &str, field: &str) -> bool {
        match caller.role {
            Role::ApiKey => self.schema(api).takes_keys(parent, field),
            role => self
                .policies
                .allow(role, &Access::field(api, parent, field)),
        }
    }

    /// Whether the schema has this field of `Query`, `Mutation` or `Subscription`.
    pub(crate) fn has_field(&self, api: ApiName, parent: &str, field: &str) -> bool {
        ["Query", "Mutation", "Subscription"].contains(&parent)
            && self.schema(api).sdl.type_field(parent, field).is_ok()
    }

    fn schema(&self, api: ApiName) -> &Schema {
        match api {
            ApiName::Orders => &self.orders,
            ApiName::Movies => &self.movies,
            ApiName::Calendar => &self.calendar,
            ApiName::Restaurant => &self.restaurant,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::prepared::Prepared;
    use super::*;

    static APIS: LazyLock<Apis> = LazyLock::new(|| Apis::load().unwrap());

    const DOCUMENTS: &[&str] = &[
        "query($n: Int = 3, $on: Boolean!) { a: orders(limit: $n) { items { ...F @include(if: $on) } } } fragment F on Order { orderId items { quantity } }",
        "subscription($id: ID) { onCreateOrUpdateOrder(orderId: $id) { orderId ... on Order { status @skip(if: true) } } }",
        "mutation { createOrder(input: {orderId: \"1\", total: 1.5, status: SUBMITTED, items: [{description: \"x\", quantity: 1, unitPrice: 1}]}) { orderId } }",
        "{ __schema { types { fields { type { ofType { name } } } } } }",
    ];

    /// A document that was right, with a piece cut out and another put in.
    fn damaged() -> impl Strategy<Value = String> {
        let piece = prop_oneof![".{0,8}", "[{}():$@!.a-z0-9 ]{0,8}"];
        let index = any::<prop::sample::Index>;
        (prop::sample::select(DOCUMENTS), index(), 0..12usize, piece).prop_map(
            |(document, at, cut, piece)| {
                let at = at.index(document.len());
                let end = (at + cut).min(document.len());
                format!("{}{piece}{}", &document[..at], &document[end..])
            },
        )
    }

    proptest! {
        #[test]
        fn no_document_breaks_it(query in prop_oneof![".*", damaged()], id in prop_oneof![Just(json!(null)), Just(json!("1")), Just(json!([{}]))]) {
            let apis = &*APIS;
            let variables = Map::from_iter([("id".to_owned(), id.clone()), ("on".to_owned(), json!(true))]);
            let request = GraphQlRequest { query: query.clone(), variables, operation_name: None };
            if let Err(errors) = Prepared::of(apis.schema(ApiName::Orders), &request) {
                prop_assert!(!errors.is_empty());
            }
            let data = json!({"query": query, "variables": {"id": id}}).to_string();
            if let Ok(subscription) = Subscription::read(apis, ApiName::Orders, &Caller::backend(), &data) {
                subscription.select(apis, &json!({"orderId": "1", "items": [null, {"quantity": "many"}]}));
            }
        }
    }

    #[test]
    fn a_filter_compares_as_graphql_does() {
        let filter = |filter: Value| Filter(filter.as_object().cloned().unwrap_or_default());
        for (wanted, event, passes) in [
            (json!({}), json!({"id": "1"}), true),
            (json!({"id": "1"}), json!({"id": "1"}), true),
            (json!({"id": 1}), json!({"id": "1"}), true),
            (json!({"n": 1}), json!({"n": 1.0}), true),
            (
                json!({"id": "1", "n": 2}),
                json!({"id": "1", "n": 3}),
                false,
            ),
            (json!({"id": "1"}), json!({}), false),
            (json!({"id": null}), json!({"id": "1"}), false),
            (json!({"id": null}), json!({"id": null}), true),
            (json!({"id": null}), json!({}), true),
        ] {
            assert_eq!(
                filter(wanted.clone()).passes(&event),
                passes,
                "{wanted} on {event}"
            );
        }
    }
}
