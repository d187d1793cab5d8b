//! What the orders API and the topics say, turned into what the model knows. Parsed once, here.

mod look;
mod mqtt;
mod row;

use std::sync::Arc;

use appsync::Client;
use aws_guest::{Guest, Region};
use net::UnixTime;

use super::compare::Arrival;
use super::model::{Order, OrderId};
use super::way::Way;
use crate::api;
use crate::config;
use crate::live::erased::Changes;
use crate::live::gapless::{Failure, Page};
use crate::live::source::Paged;
use crate::live::window::{Change, Revision};
use crate::live::{Asked, Source};

// The operations' types, made from `graphql/orders/` when the page is built: the module `schema`.
include!(concat!(env!("OUT_DIR"), "/orders.rs"));

use look::Found;
pub use row::Malformed;
use schema::shared::OrderFields;

/// As many as the server gives at once.
const PAGE: i64 = 100;

/// The orders API, and the topics beside it.
#[derive(Clone)]
pub struct Api {
    client: Client,
    mqtt: iot::Client,
    guest: Guest,
    pub(super) simulation: config::Simulation,
    pub(super) origin: String,
}

impl Api {
    /// The API of a configuration, seen from a page of this origin, for this guest.
    #[must_use]
    pub fn new(orders: &config::Orders, guest: Guest, origin: &str) -> Self {
        let topics = iot::Endpoint {
            url: orders.mqtt.url.resolve(origin),
            region: Region::new(orders.mqtt.region.as_str()),
            guest: guest.clone(),
        };
        Self {
            client: api::client(&orders.api, &guest, origin),
            mqtt: iot::Client::new(topics),
            guest,
            simulation: orders.simulation.clone(),
            origin: origin.to_owned(),
        }
    }

    /// Whoever visits the page.
    #[must_use]
    pub fn guest(&self) -> &Guest {
        &self.guest
    }
}

/// Hears of each arrival.
type Heard = Arc<dyn Fn(Arrival) + Send + Sync>;

/// Orders as they are and as they change: all of them, newest first, or one on its own.
#[derive(Clone)]
pub struct Orders {
    api: Api,
    way: Way,
    only: Option<OrderId>,
    heard: Option<Heard>,
}

impl Orders {
    /// Every order, its changes told by this way.
    #[must_use]
    pub const fn every(api: Api, way: Way) -> Self {
        Self {
            api,
            way,
            only: None,
            heard: None,
        }
    }

    /// The order of this id, its changes told by this way.
    #[must_use]
    pub const fn only(api: Api, way: Way, id: OrderId) -> Self {
        Self {
            api,
            way,
            only: Some(id),
            heard: None,
        }
    }

    /// The same, and somebody hears of each arrival.
    #[must_use]
    pub fn heard_by(mut self, heard: impl Fn(Arrival) + Send + Sync + 'static) -> Self {
        self.heard = Some(Arc::new(heard));
        self
    }

    fn list(&self, next_token: Option<String>) -> Asked<Paged<Order>> {
        let variables = schema::list_orders::Variables {
            limit: Some(PAGE),
            next_token,
        };
        let answer = self.api.client.ask::<schema::ListOrders>(variables);
        Asked::new(answer, |answer| {
            let answer: schema::list_orders::ResponseData = api::read(answer)?;
            let rows = known(answer.orders.items);
            let next = answer.orders.next_token;
            Ok(Page { rows, next })
        })
    }

    fn get(&self, id: &OrderId) -> Asked<Rows> {
        let order_id = id.as_str().to_owned();
        let variables = schema::get_order::Variables { order_id };
        let answer = self.api.client.ask::<schema::GetOrder>(variables);
        Asked::new(answer, |answer| {
            let answer: schema::get_order::ResponseData = api::read(answer)?;
            Ok(known(answer.order.into_iter().collect()))
        })
    }

    /// The orders of these ids, as far as they are there.
    fn look_up(&self, ids: &[OrderId]) -> Asked<Rows> {
        let answer = self.api.client.answer(look::operation(ids));
        Asked::new(answer, |answer| {
            let Found(found) = api::read(answer)?;
            Ok(known(found))
        })
    }

    /// What happens, as this way tells it.
    fn told(&self, ear: Ear) -> Changes<Order> {
        let client = &self.api.client;
        match (self.way, &self.only) {
            (Way::Mqtt, only) => mqtt::told(&self.api.mqtt, only.as_ref(), ear),
            // A document of its own: an argument left out is not the same as one that is null.
            (Way::AppSync, None) => {
                let every = schema::every_order::Variables {};
                let every = client.subscribe::<schema::EveryOrder>(every);
                api::changes(every, move |data| {
                    put(data.on_create_or_update_order?, &ear)
                })
            }
            (Way::AppSync, Some(id)) => {
                let order_id = id.as_str().to_owned();
                let one = schema::one_order::Variables { order_id };
                let one = client.subscribe::<schema::OneOrder>(one);
                api::changes(one, move |data| put(data.on_create_or_update_order?, &ear))
            }
        }
    }
}

/// Orders, or why they did not come.
type Rows = Result<Vec<Order>, Failure>;

impl Source for Orders {
    type Row = Order;

    fn subscribe(&self) -> Changes<Order> {
        self.told(Ear {
            way: self.way,
            guest: self.api.guest.clone(),
            heard: self.heard.clone(),
        })
    }

    fn page(&self, after: Option<String>) -> Asked<Paged<Order>> {
        match &self.only {
            None => self.list(after),
            Some(id) => self.get(id).map(|rows| {
                let (rows, next) = (rows?, None);
                Ok(Page { rows, next })
            }),
        }
    }

    fn look(&self, ids: Vec<OrderId>) -> Asked<Rows> {
        match &ids[..] {
            [id] => self.get(id),
            ids => self.look_up(ids),
        }
    }

    fn now(&self) -> UnixTime {
        self.api.guest.now()
    }
}

/// Whoever hears of each arrival.
struct Ear {
    way: Way,
    guest: Guest,
    heard: Option<Heard>,
}

impl Ear {
    /// An event of an order has come, and was written then.
    fn hear(&self, order: &OrderId, revision: Revision, written: UnixTime) {
        if let Some(heard) = &self.heard {
            self.guest.learn_arrival(written);
            heard(Arrival {
                way: self.way,
                order: order.clone(),
                revision,
                written,
                at: self.guest.now(),
            });
        }
    }
}

/// What a row that is told does to a view.
fn put(row: OrderFields, ear: &Ear) -> Option<Change<Order>> {
    let order: Order = row.try_into().ok()?;
    ear.hear(&order.id, order.revision, order.updated);
    Some(Change::Put(order))
}

/// A row of a kind that this page does not know yet is not shown; the others are.
fn known(rows: Vec<OrderFields>) -> Vec<Order> {
    let mut known = Vec::new();
    for row in rows {
        if let Ok(order) = row.try_into() {
            known.push(order);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use graphql_client::GraphQLQuery;
    use serde_json::{Value, json};

    use super::*;
    use crate::agreement;
    use crate::live::gapless::Incoming;

    #[test]
    fn what_came_incomplete_is_a_hint() {
        let event = appsync::Event::<Change<Order>>::Incomplete(Vec::new());
        assert_eq!(api::incoming(event), Incoming::Hint);
    }

    #[test]
    fn answers_are_read_as_serde_reads_them() {
        let row = json!({
            "orderId": "2abc", "currency": "EUR", "customerId": "c", "numItems": 2, "status": "IN_KITCHEN",
            "items": [{"itemId": null, "description": "Tea", "quantity": 2, "unitPrice": 3.5}, null],
            "total": 7, "createdAt": "2026-02-02T20:00:00Z", "updatedAt": null, "revision": 1,
        });
        agreement::on_reading::<schema::list_orders::ResponseData>(
            &json!({"orders": {"items": [row, row], "nextToken": "next"}}),
        );
        agreement::on_reading::<schema::one_order::ResponseData>(
            &json!({"onCreateOrUpdateOrder": row}),
        );
    }

    #[test]
    fn each_operation_is_sent_alone_and_without_what_is_not_set() {
        let body = schema::ListOrders::build_query(schema::list_orders::Variables {
            limit: Some(PAGE),
            next_token: None,
        });
        assert_eq!(agreement::on_writing(body.variables), json!({"limit": 100}));
        let every = schema::EveryOrder::build_query(schema::every_order::Variables {});
        assert_eq!(agreement::on_writing(every.variables), Value::Null);
        for (query, name) in [
            (body.query, "query ListOrders"),
            (every.query, "subscription EveryOrder"),
        ] {
            assert!(query.starts_with(name), "{query}");
            let operations =
                query.matches("query ").count() + query.matches("subscription ").count();
            assert_eq!(operations, 1, "{query}");
            assert_eq!(
                query.matches("fragment OrderFields on Order").count(),
                1,
                "{query}"
            );
        }
    }
}
