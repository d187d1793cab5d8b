//! The shop and the kitchen, simulated: six baskets one after the other, each going its way.
//!
//! A timer for the next basket, and for each order its workflow, a document of its own ([`super::WORKFLOW`]). Pure:
//! [`begin`] and [`fire`] say what is to be done, [`start`] and [`on_timer`] do it. A timer that fires twice does no
//! harm: its event says what is known already, its order's workflow is there already, its successor replaces the one
//! of the same name.

mod baskets;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::baskets::BASKETS;
use super::model::{NewOrder, OrderId, OrderStatus, StatusUpdate};
use super::{CREATED, UPDATED, WORKFLOW};
use crate::event::{HandlerError, NewEvent};
use crate::ids;
use crate::moment::Moment;
use crate::ports::{Clock, Pacing, Ports, Random};

/// What a timer of the simulation carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "timer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Timer {
    /// The next basket is to be submitted.
    Basket {
        /// The simulation: its first order.
        simulation: OrderId,
        /// Which of the six, from 0.
        number: usize,
        /// Under which id. Chosen beforehand, so that a timer that fires twice submits one order.
        order_id: OrderId,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An event is to be put on the bus.
    Put(NewEvent),
    /// An order's workflow is to begin.
    Begin(OrderId),
    /// A timer is to be set.
    Set(Timer),
}

/// What [`start`] began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// The first basket's order.
    pub order_id: OrderId,
    /// Its status.
    pub status: OrderStatus,
}

/// A simulation begins with its first basket under `first`; the second one will go under `second`.
#[must_use]
pub fn begin(first: &OrderId, second: OrderId) -> Vec<Effect> {
    basket(first, 0, first, second)
}

/// What follows from a timer. `fresh` is the id for one more order, should one follow.
#[must_use]
pub fn fire(timer: Timer, fresh: OrderId) -> Vec<Effect> {
    let Timer::Basket {
        simulation,
        number,
        order_id,
    } = timer;
    basket(&simulation, number, &order_id, fresh)
}

/// The event of a new order, of the sample basket with this number (they begin anew after the last).
#[must_use]
pub fn submitted(basket: usize, order_id: &OrderId) -> NewEvent {
    let basket = &BASKETS[basket % BASKETS.len()];
    let order = NewOrder {
        order_id: order_id.clone(),
        customer_id: basket.customer_id.to_owned(),
        currency: basket.currency.to_owned(),
        items: basket.items(),
    };
    NewEvent {
        source: "orders.events.ordering".to_owned(),
        detail_type: CREATED.to_owned(),
        detail: json(&order),
    }
}

/// The event of an order that has got further.
#[must_use]
pub fn moved_on(order_id: &OrderId, status: OrderStatus) -> NewEvent {
    let update = StatusUpdate {
        order_id: order_id.clone(),
        status,
    };
    NewEvent {
        source: "orders.events.kitchen".to_owned(),
        detail_type: UPDATED.to_owned(),
        detail: json(&update),
    }
}

fn basket(simulation: &OrderId, number: usize, order_id: &OrderId, fresh: OrderId) -> Vec<Effect> {
    if number >= BASKETS.len() {
        return Vec::new();
    }
    let submit = Effect::Put(submitted(number, order_id));
    let workflow = Effect::Begin(order_id.clone());
    // Last, since it replaces the timer that led here: what comes before it has been done by then.
    let next = (number + 1 < BASKETS.len()).then(|| {
        Effect::Set(Timer::Basket {
            simulation: simulation.clone(),
            number: number + 1,
            order_id: fresh,
        })
    });
    [submit, workflow].into_iter().chain(next).collect()
}

impl Timer {
    /// One timer a simulation.
    fn name(&self) -> String {
        let Self::Basket { simulation, .. } = self;
        format!("simulation/{simulation}")
    }
}

/// Starts a simulation.
///
/// # Errors
/// Where bus, workflows or timers are out of reach.
pub async fn start<P: Ports>(ports: &P) -> Result<Started, HandlerError> {
    let first = new_order_id(ports);
    carry_out(ports, begin(&first, new_order_id(ports))).await?;
    Ok(Started {
        order_id: first,
        status: OrderStatus::Submitted,
    })
}

/// Goes on with a simulation whose timer has fired.
///
/// # Errors
/// [`HandlerError::Dead`] if the payload is no timer of a simulation; [`HandlerError::Retry`] where bus, workflows or
/// timers are out of reach.
pub async fn on_timer<P: Ports>(ports: &P, payload: &Value) -> Result<(), HandlerError> {
    let timer: Timer = serde_path_to_error::deserialize(payload)
        .map_err(|error| HandlerError::Dead(format!("no timer of a simulation: {error}")))?;
    carry_out(ports, fire(timer, new_order_id(ports))).await
}

async fn carry_out<P: Ports>(ports: &P, effects: Vec<Effect>) -> Result<(), HandlerError> {
    for effect in effects {
        match effect {
            Effect::Put(event) => drop(ports.put(vec![event]).await?),
            Effect::Begin(order_id) => {
                let input = serde_json::json!({ "orderId": order_id });
                ports.start(&WORKFLOW, &order_id.0, input).await?;
            }
            Effect::Set(timer) => {
                let at = ports.now() + drawn(ports, ports.pace().basket);
                ports.schedule(&timer.name(), at, json(&timer)).await?;
            }
        }
    }
    Ok(())
}

/// The name of [`draw_wait`] in the workflow's document.
pub const DRAW_WAIT: &str = "DrawWait";

/// The function that the workflow of one order calls: until when it waits for its next status, as RFC 3339.
pub fn draw_wait<P: Clock + Pacing + Random>(ports: &P) -> Value {
    let until = ports.now() + drawn(ports, ports.pace().state);
    serde_json::json!({ "until": Moment::from(until).to_string() })
}

/// A random wait, at most the longest. Never less than a tenth of it: on a bus without order, states put at the same
/// moment overtake each other, and whoever watches would see some of them skipped.
fn drawn<R: Random>(random: &R, longest: std::time::Duration) -> std::time::Duration {
    longest.mul_f64(0.1 + 0.9 * ids::unit(random))
}

fn new_order_id<P: Ports>(ports: &P) -> OrderId {
    OrderId(ids::ksuid(ports))
}

/// Of types of ours, which all can be written as JSON.
fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests;
