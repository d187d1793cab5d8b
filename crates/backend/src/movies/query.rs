//! Reading movies and reactions.

use serde_json::{Map, Value, json};

use super::ALL;
use super::model::{Movie, Review};
use super::rows::{self, Kept, LISTING};
use crate::api::FieldError;
use crate::filter::Filter;
use crate::input::id;
use crate::paging::{self, Limits};
use crate::ports::{Ports, Query};

const LIMITS: Limits = Limits {
    default: 100,
    greatest: 1000,
};

pub(super) async fn movie<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    get::<Movie, P>(ports, arguments).await
}

pub(super) async fn movies<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    list::<Movie, P>(ports, arguments).await
}

pub(super) async fn review<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    get::<Review, P>(ports, arguments).await
}

pub(super) async fn reviews<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    list::<Review, P>(ports, arguments).await
}

async fn get<T: Kept, P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let row = rows::get::<T, P>(ports, &id(arguments)?).await?;
    Ok(json!(row.and_then(rows::Row::living)))
}

/// A page by id. The limit counts the rows looked at, before the filter, as DynamoDB's scan has it.
async fn list<T: Kept, P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let limit = LIMITS.read(arguments)?;
    let filter = Filter::read(arguments.get("filter"))?;
    let query = Query {
        partition: LISTING.to_owned(),
        after: paging::after(arguments, |id| !id.is_empty())?,
        descending: false,
        limit,
    };
    let page = ports.query(T::TABLE, &ALL, query).await?;
    let last = page.items.last().and_then(|row| row.get("id")?.as_str());
    let next = last.filter(|_| page.more).map(paging::token);
    let mut items = Vec::new();
    for row in page.items {
        if let Some(shown) = rows::read::<T>(row)?.living() {
            let shown = json!(shown);
            if filter.passes(&shown)? {
                items.push(shown);
            }
        }
    }
    Ok(json!({ "items": items, "nextToken": next }))
}
