//! Orders looked up by their ids, several with one query.

use json::{FromJson, Reading, Value};

use super::schema::shared::OrderFields;

/// The rows that were there, whatever the names of their fields: the type that is generated has a field for each place.
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
