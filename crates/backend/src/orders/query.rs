//! Answers to those who ask.

use serde_json::{Map, Value, json};

use super::model::{LISTING, Moment, Order};
use super::{NEWEST, ORDERS};
use crate::api::{Caller, FieldError, bad_request};
use crate::paging::{self, Limits};
use crate::ports::{Item, Ports, Query};

const LIMITS: Limits = Limits {
    default: 50,
    greatest: 100,
};

/// Resolves a field of the orders API. Everyone who may call it gets the same answer.
///
/// # Errors
/// As the caller shall see it: `BadRequestException` names the argument that is wrong.
pub async fn resolve<P: Ports>(
    ports: &P,
    parent: &str,
    field: &str,
    arguments: &Map<String, Value>,
    _caller: &Caller,
) -> Result<Value, FieldError> {
    match (parent, field) {
        ("Query", "orders") => orders(ports, arguments).await,
        ("Query", "order") => order(ports, arguments).await,
        _ => Err(FieldError::no_resolver(&format!("{parent}.{field}"))),
    }
}

async fn order<P: Ports>(ports: &P, arguments: &Map<String, Value>) -> Result<Value, FieldError> {
    let id = match arguments.get("orderId") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        // GraphQL takes integers for an ID as well.
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(bad_request("orderId", "an order's id is needed")),
    };
    let row = ports.get(&ORDERS, &id).await?;
    let order = row.map(|row| living(ports, row)).transpose()?.flatten();
    Ok(order.map_or(Value::Null, |order| json!(order)))
}

async fn orders<P: Ports>(ports: &P, arguments: &Map<String, Value>) -> Result<Value, FieldError> {
    let limit = LIMITS.read(arguments)?;
    let query = Query {
        partition: LISTING.to_owned(),
        after: paging::after(arguments, is_listed_as)?,
        descending: true,
        limit,
    };
    let page = ports.query(&ORDERS, &NEWEST, query).await?;
    let rows = page.items.len();
    let mut items: Vec<Order> = Vec::with_capacity(rows);
    for row in page.items {
        items.extend(living(ports, row)?);
    }
    // Newest first: behind a row that has expired there are only such.
    let more = page.more && items.len() == rows;
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| paging::token(&last.listed_as()));
    Ok(json!({ "items": items, "nextToken": next }))
}

/// The order of a row, unless its time is over: a row may still lie there for a while.
fn living<P: Ports>(ports: &P, row: Item) -> Result<Option<Order>, FieldError> {
    let order = Order::from_row(row)?;
    Ok(Some(order).filter(|order| order.expires_at() > ports.now().unix_timestamp()))
}

/// Whether the listing can have such a sort key.
fn is_listed_as(text: &str) -> bool {
    let moment = text
        .split_once('#')
        .map(|(at, _)| serde_json::from_value::<Moment>(at.into()));
    matches!(moment, Some(Ok(_)))
}
