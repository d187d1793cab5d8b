//! Orders looked up by their ids, several with one query.

use std::fmt;

use graphql_client::{GraphQLQuery, QueryBody};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::schema::shared::OrderFields;
use super::schema::{LookUpOrders, look_up_orders};

/// The operation. Its answer is read as the rows that were found, whatever the names of their fields: the type that is
/// generated, a field for each place, weighs some kilobytes more in the page.
pub(super) struct LookUp;

/// The rows that were there.
pub(super) struct Found(pub(super) Vec<OrderFields>);

impl GraphQLQuery for LookUp {
    type Variables = look_up_orders::Variables;
    type ResponseData = Found;

    fn build_query(variables: Self::Variables) -> QueryBody<Self::Variables> {
        LookUpOrders::build_query(variables)
    }
}

impl<'de> Deserialize<'de> for Found {
    fn deserialize<D: Deserializer<'de>>(data: D) -> Result<Self, D::Error> {
        data.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Found;

    fn expecting(&self, words: &mut fmt::Formatter<'_>) -> fmt::Result {
        words.write_str("orders")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Found, A::Error> {
        let mut found = Vec::new();
        while fields.next_key::<IgnoredAny>()?.is_some() {
            found.extend(fields.next_value::<Option<OrderFields>>()?);
        }
        Ok(Found(found))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_is_found() {
        let row = json!({
            "orderId": "2abc", "currency": "EUR", "customerId": "c", "items": [], "numItems": 0,
            "status": "SUBMITTED", "total": 0.0, "createdAt": "2026-02-02T20:00:00Z", "updatedAt": null, "revision": 1,
        });
        let found: Found =
            serde_json::from_value(json!({ "a": row, "b": null, "c": row })).unwrap();
        let ids: Vec<_> = found.0.iter().map(|row| row.order_id.as_str()).collect();
        assert_eq!(ids, ["2abc", "2abc"]);
    }
}
