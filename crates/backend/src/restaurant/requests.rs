//! What clients ask for.

use serde_json::{Map, Value, json};

use super::consumer::Accepted;
use super::model::{LISTING, Order, OrderId, Ordered};
use super::{ACCEPTED, NEWEST, ORDERS, QUEUE, Store, WORKFLOW};
use crate::api::{Caller, FieldError, bad_request};
use crate::event::HandlerError;
use crate::ids;
use crate::json::to_map;
use crate::moment::Moment;
use crate::ports::{Action, Clock, Condition, PortError, Query, Queues, Tables, Write};
use crate::retry::Tries;
use crate::tokens::{Known, Token};

/// As many orders as are listed.
const LISTED: usize = 500;

/// Accepts an order: it is on the queue when this returns, and saved when its workflow has begun.
///
/// The token is used before the order is queued, with the order as its result. Who sends it again has the same order
/// queued again, in case the first one was lost between the two: its id names one execution.
///
/// # Errors
/// `BadRequestException`, which names the field; nothing is queued then.
pub async fn post_order<P: Store + Queues>(
    ports: &P,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    let ordered = Ordered::read(input(arguments)?)?;
    let token = Token::read(caller, "restaurant/postOrder", arguments.get("token"))?;
    let order = Order::accepted(
        OrderId(ids::ksuid(ports)),
        ordered,
        Moment::from(ports.now()),
    );
    let order = accepted(ports, token.as_ref(), order).await?;
    let body = Accepted {
        order_id: order.id.clone(),
        ordered: order.ordered.clone(),
        created_at: order.created_at,
    };
    ports.send(&QUEUE, to_map(&body)?.into()).await?;
    Ok(json!(order))
}

/// The order that is accepted now: this one, unless there was one before for its token. Its id is known from here on.
async fn accepted<P: Store>(
    ports: &P,
    token: Option<&Token>,
    order: Order,
) -> Result<Order, FieldError> {
    let known = Write {
        table: &ACCEPTED,
        key: order.id.0.clone(),
        action: Action::Put(to_map(
            &json!({"id": order.id, "expiresAt": order.expires_at()}),
        )?),
        condition: Condition::Always,
    };
    let mut tries = Tries::default();
    loop {
        let mut writes = vec![known.clone()];
        if let Some(token) = token {
            match token.look(ports).await? {
                Known::Free(claim) => writes.push(claim.write(Some(json!(order)))),
                Known::Result(Value::Object(row)) => return Ok(Order::from_row(row)?),
                Known::Result(_) | Known::Used => {
                    return Err(bad_request("token", "was used for something else"));
                }
            }
        }
        match ports.transact(writes).await {
            Ok(()) => return Ok(order),
            Err(PortError::Condition(_) | PortError::Conflict) if tries.again(ports).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Changes what was ordered.
///
/// # Errors
/// `BadRequestException`, `NotFound`, or `OrderInProgress` while the workflow has it.
pub async fn update_order<P: Store>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let input = input(arguments)?;
    let ordered = Ordered::read(input)?;
    let order = rewritten(ports, id(input)?, |order| order.changed(ordered.clone())).await?;
    Ok(json!(order))
}

/// Deletes an order and returns its id. Its tombstone stays for a day.
///
/// # Errors
/// `BadRequestException`, `NotFound`, or `OrderInProgress` while the workflow has it.
pub async fn delete_order<P: Store>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let order = rewritten(ports, id(arguments)?, Order::buried).await?;
    Ok(order.id.0.into())
}

/// One order.
///
/// # Errors
/// `BadRequestException`, `NotFound`, or `OrderInProgress` for one that is accepted and not saved.
pub async fn order<P: Tables + Clock + Sync>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let id = id(arguments)?;
    match living(ports, id).await? {
        Some(order) => Ok(json!(order)),
        None => Err(missing(ports, id).await?),
    }
}

/// The newest orders that are neither deleted nor past their time.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn orders<P: Tables + Clock + Sync>(ports: &P) -> Result<Value, FieldError> {
    let query = Query {
        partition: LISTING.to_owned(),
        after: None,
        descending: true,
        limit: LISTED,
    };
    let page = ports.query(&ORDERS, &NEWEST, query).await?;
    let orders = page.items.into_iter().map(Order::from_row);
    let mut orders = orders.collect::<Result<Vec<_>, _>>()?;
    let now = ports.now().unix_timestamp();
    orders.retain(|order| order.expires_at() > now);
    Ok(json!(orders))
}

/// The queue in front of the workflow, and who is on his way through both.
///
/// # Errors
/// Where queue or workflows are out of reach.
pub async fn pipeline<P: Queues + Sync>(ports: &P) -> Result<Value, FieldError> {
    Ok(json!(ports.depths(&QUEUE, &WORKFLOW).await?))
}

fn input(arguments: &Map<String, Value>) -> Result<&Map<String, Value>, FieldError> {
    let input = arguments.get("input").and_then(Value::as_object);
    input.ok_or_else(|| bad_request("input", "is missing"))
}

fn id(arguments: &Map<String, Value>) -> Result<&str, FieldError> {
    let id = arguments
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty());
    id.ok_or_else(|| bad_request("id", "an order's id is needed"))
}

/// Why there is no order under this id: nobody has ever had it, it is gone, or it is not saved so far.
async fn missing<P: Tables + Clock + Sync>(
    ports: &P,
    id: &str,
) -> Result<FieldError, HandlerError> {
    let was_saved = kept(ports, id).await?.is_some();
    let receipt = ports.get(&ACCEPTED, id).await?;
    let until = receipt.and_then(|receipt| receipt.get("expiresAt")?.as_i64());
    let now = ports.now().unix_timestamp();
    if !was_saved && until.is_some_and(|until| until > now) {
        return Ok(FieldError {
            error_type: "OrderInProgress",
            message: format!("order {id} is accepted and not saved so far: try again when it is"),
        });
    }
    Ok(FieldError {
        error_type: "NotFound",
        message: format!("there is no order {id}"),
    })
}

/// The order, unless it is deleted or its time is over: its row may still lie there for a while.
async fn living<P: Tables + Clock + Sync>(
    ports: &P,
    id: &str,
) -> Result<Option<Order>, HandlerError> {
    let now = ports.now().unix_timestamp();
    let order = kept(ports, id).await?;
    Ok(order.filter(|order| !order.deleted && order.expires_at() > now))
}

/// The order, deleted or not.
pub(super) async fn kept<P: Tables + Sync>(
    ports: &P,
    id: &str,
) -> Result<Option<Order>, HandlerError> {
    let row = ports.get(&ORDERS, id).await?;
    row.map(Order::from_row).transpose()
}

pub(super) fn write(
    order: &Order,
    condition: Condition,
    now: Moment,
) -> Result<Write, HandlerError> {
    Ok(Write {
        table: &ORDERS,
        key: order.id.0.clone(),
        action: Action::Put(order.to_row(now)?),
        condition,
    })
}

async fn rewritten<P: Store>(
    ports: &P,
    id: &str,
    change: impl Fn(Order) -> Result<Order, FieldError>,
) -> Result<Order, FieldError> {
    let mut tries = Tries::default();
    loop {
        let Some(order) = living(ports, id).await? else {
            return Err(missing(ports, id).await?);
        };
        let revision = order.revision;
        let next = change(order)?;
        let now = Moment::from(ports.now());
        let write = write(&next, Condition::Equals("revision", revision.into()), now)?;
        match ports.transact(vec![write]).await {
            Ok(()) => return Ok(next),
            Err(PortError::Condition(_) | PortError::Conflict) if tries.again(ports).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}
