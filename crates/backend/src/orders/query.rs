//! Answers to those who ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::model::{LISTING, Moment, Order};
use super::{NEWEST, ORDERS};
use crate::api::{Caller, FieldError};
use crate::event::HandlerError;
use crate::ports::{Item, Ports, Query};

const DEFAULT_LIMIT: usize = 50;
const GREATEST_LIMIT: usize = 100;

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
        _ => Err(FieldError {
            error_type: "InternalFailure",
            message: format!("{parent}.{field} has no resolver"),
        }),
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
    let limit = limit(arguments)?;
    let query = Query {
        partition: LISTING.to_owned(),
        after: arguments
            .get("nextToken")
            .and_then(decode_token)
            .transpose()?,
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
        .map(|last| encode_token(&last.listed_as()));
    Ok(json!({ "items": items, "nextToken": next }))
}

fn limit(arguments: &Map<String, Value>) -> Result<usize, FieldError> {
    let Some(value) = arguments.get("limit").filter(|value| !value.is_null()) else {
        return Ok(DEFAULT_LIMIT);
    };
    value
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| (1..=GREATEST_LIMIT).contains(limit))
        .ok_or_else(|| {
            bad_request(
                "limit",
                &format!("between 1 and {GREATEST_LIMIT}, not {value}"),
            )
        })
}

/// The order of a row, unless its time is over: a row may still lie there for a while.
fn living<P: Ports>(ports: &P, row: Item) -> Result<Option<Order>, FieldError> {
    let order = Order::from_row(row).map_err(|error: HandlerError| FieldError {
        error_type: "InternalFailure",
        message: error.to_string(),
    })?;
    Ok(Some(order).filter(|order| order.expires_at() > ports.now().unix_timestamp()))
}

fn encode_token(listed_as: &str) -> String {
    URL_SAFE_NO_PAD.encode(listed_as)
}

/// Nothing for an absent token; what is not one of ours is an error, not the first page.
fn decode_token(token: &Value) -> Option<Result<String, FieldError>> {
    if token.is_null() {
        return None;
    }
    let listed_as = token
        .as_str()
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| {
            let moment = text
                .split_once('#')
                .map(|(at, _)| serde_json::from_value::<Moment>(at.into()));
            matches!(moment, Some(Ok(_)))
        });
    Some(listed_as.ok_or_else(|| bad_request("nextToken", "not a token that an earlier page gave")))
}

fn bad_request(argument: &str, what: &str) -> FieldError {
    FieldError {
        error_type: "BadRequestException",
        message: format!("{argument}: {what}"),
    }
}
