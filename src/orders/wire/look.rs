//! Orders looked up by their ids, several with one query.

use appsync::Operation;
use json::{FromJson, Reading, Value};

use super::schema::get_order;
use super::schema::shared::OrderFields;
use crate::orders::model::OrderId;

/// An order's own fields: those that are asked of one order. Found by the compiler, since the page has no other use for
/// a search in texts.
const FRAGMENT: &str = {
    let (query, mut at) = (get_order::QUERY, 0);
    while !matches!(query.as_bytes().split_at(at).1, [b'\n', b'f', ..]) {
        at += 1;
    }
    query.split_at(at).1
};

/// A query with a field for each of these orders. Not generated: how many there are is known only here.
pub(super) fn operation(ids: &[OrderId]) -> Operation {
    let mut query = String::from("{");
    for (id, name) in ids.iter().zip('a'..) {
        query.push(name);
        query += ":order(orderId:";
        // JSON's way to write a text is one of GraphQL's.
        query += &Value::from(id.as_str()).text();
        query += "){...OrderFields}";
    }
    query.push('}');
    query += FRAGMENT;
    Operation {
        query,
        variables: Value::Null,
        name: None,
    }
}

/// The rows that were there, whatever the names of their fields.
pub(super) struct Found(pub(super) Vec<OrderFields>);

impl FromJson for Found {
    fn from_json(data: &Value, reading: &mut Reading) -> Self {
        let rows: Vec<Option<OrderFields>> = reading.fields(data);
        Self(rows.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agreement;

    #[test]
    fn each_order_has_a_field_of_its_own_whatever_its_id_contains() {
        let ids = ["2abc", "\"){id}\n\\"].map(OrderId::from);
        let query = operation(&ids).query;
        let (head, fragment) = query.split_once("\nfragment").unwrap();
        assert_eq!(
            head,
            r#"{a:order(orderId:"2abc"){...OrderFields}b:order(orderId:"\"){id}\n\\"){...OrderFields}}"#
        );
        assert!(
            fragment.starts_with(" OrderFields on Order {"),
            "{fragment}"
        );
    }

    #[test]
    fn what_is_there_is_found() {
        let row = json!({
            "orderId": "2abc", "currency": "EUR", "customerId": "c", "items": [], "numItems": 0,
            "status": "SUBMITTED", "total": 0.0, "createdAt": "2026-02-02T20:00:00Z", "updatedAt": null, "revision": 1,
        });
        let found: Found = agreement::ours(&json!({ "a": row, "b": null, "c": row }));
        let ids: Vec<_> = found.0.iter().map(|row| row.order_id.as_str()).collect();
        assert_eq!(ids, ["2abc", "2abc"]);
    }
}
