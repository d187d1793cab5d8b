//! What clients ask for.

use serde_json::{Map, Value, json};

use super::consumer::Accepted;
use super::model::{LISTING, Order, OrderId, Ordered};
use super::{NEWEST, ORDERS, QUEUE, Store, WORKFLOW};
use crate::api::{Caller, FieldError, bad_request};
use crate::event::HandlerError;
use crate::ids;
use crate::json::to_map;
use crate::moment::Moment;
use crate::ports::{
    Action, Clock, Condition, Depths, PortError, Query, Queues, Tables, Workflows, Write,
};
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
    let order = match token {
        Some(token) => claimed(ports, &token, order).await?,
        None => order,
    };
    let body = Accepted {
        order_id: order.id.clone(),
        ordered: order.ordered.clone(),
        created_at: order.created_at,
    };
    ports.send(&QUEUE, to_map(&body)?.into()).await?;
    Ok(json!(order))
}

/// The order that stands for a token: this one, unless there was one before.
async fn claimed<P: Store>(ports: &P, token: &Token, order: Order) -> Result<Order, FieldError> {
    let mut tries = Tries::default();
    loop {
        let claim = match token.look(ports).await? {
            Known::Free(claim) => claim,
            Known::Result(Value::Object(row)) => return Ok(Order::from_row(row)?),
            Known::Result(_) | Known::Used => {
                return Err(bad_request("token", "was used for something else"));
            }
        };
        match ports.transact(vec![claim.write(Some(json!(order)))]).await {
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
/// `BadRequestException` or `NotFound`.
pub async fn order<P: Tables + Clock + Sync>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let id = id(arguments)?;
    let order = living(ports, id).await?;
    order.map(|order| json!(order)).ok_or_else(|| not_there(id))
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
pub async fn pipeline<P: Queues + Workflows + Sync>(ports: &P) -> Result<Value, FieldError> {
    let Depths {
        depth,
        in_flight,
        dead,
    } = ports.depths(&QUEUE).await?;
    let in_flight = in_flight + ports.running(&WORKFLOW).await?;
    Ok(json!({"depth": depth, "inFlight": in_flight, "dead": dead}))
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

fn not_there(id: &str) -> FieldError {
    FieldError {
        error_type: "NotFound",
        message: format!("there is no order {id}"),
    }
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
        let order = living(ports, id).await?;
        let order = order.ok_or_else(|| not_there(id))?;
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
