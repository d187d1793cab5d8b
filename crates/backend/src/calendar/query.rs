//! Reading events.

use serde_json::{Map, Value, json};

use super::model::{Event, EventId, LISTING, UserId, is_key, key};
use super::{ALL, EVENTS, OF_USER};
use crate::api::FieldError;
use crate::filter::Filter;
use crate::paging::{self, Limits};
use crate::ports::{Ports, Query};

const LIMITS: Limits = Limits {
    default: 100,
    greatest: 1000,
};

pub(super) async fn event<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let number = |name: &str| {
        let number = arguments.get(name).and_then(Value::as_i64);
        number
            .and_then(|number| i32::try_from(number).ok())
            .filter(|number| *number > 0)
    };
    // There are only numbers above nought.
    let (Some(user), Some(id)) = (number("user_id"), number("id")) else {
        return Ok(Value::Null);
    };
    let row = ports.get(&EVENTS, &key(UserId(user), EventId(id))).await?;
    Ok(match row {
        Some(row) => json!(Event::from_row(row)?),
        None => Value::Null,
    })
}

pub(super) async fn events<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let filter = arguments.get("filter");
    // One user's events are a part of the table of their own: what others have is not looked at.
    let user = filter
        .and_then(|filter| filter.get("user_id")?.get("eq")?.as_i64())
        .map(|user| user.to_string());
    let filter = Filter::read(filter)?;
    let (index, partition) = match user {
        Some(user) => (&OF_USER, user),
        None => (&ALL, LISTING.to_owned()),
    };
    let query = Query {
        partition,
        after: paging::after(arguments, is_key)?,
        descending: false,
        limit: LIMITS.read(arguments)?,
    };
    let page = ports.query(&EVENTS, index, query).await?;
    let last = page.items.last().and_then(|row| row.get("key")?.as_str());
    let next = last.filter(|_| page.more).map(paging::token);
    let mut items = Vec::new();
    for row in page.items {
        let event = json!(Event::from_row(row)?);
        if filter.passes(&event)? {
            items.push(event);
        }
    }
    Ok(json!({ "items": items, "nextToken": next }))
}
