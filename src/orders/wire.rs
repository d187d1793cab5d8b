//! What the orders API says, turned into what the model knows. Parsed once, here.

use appsync::{Auth, Client, Endpoint, Event};
use aws_guest::{Guest, Region};
use futures::{Stream, StreamExt};
use net::civil::rfc3339;
use net::{MaybeSend, UnixTime};

use super::model::{Item, Order, OrderId, Reached, Status};
use crate::api::failure;
use crate::config;
use crate::live::Source;
use crate::live::gapless::{Failure, Incoming, Page};
use crate::live::window::{Change, Revision};

/// The operations' types, made from `graphql/orders/` when the page is built.
#[allow(
    missing_docs,
    unreachable_pub,
    nonstandard_style,
    dead_code,
    unused_imports,
    clippy::all,
    clippy::pedantic
)]
mod schema {
    /// RFC 3339.
    type AWSDateTime = String;
    include!(concat!(env!("OUT_DIR"), "/orders.rs"));
}

use schema::shared::{OrderFields, OrderStatus};

/// As many as the server gives at once.
const PAGE: i64 = 100;

/// The orders API.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    guest: Guest,
    pub(super) simulation: config::Simulation,
    pub(super) origin: String,
}

impl Api {
    /// The API of a configuration, seen from a page of this origin, for this guest.
    #[must_use]
    pub fn new(orders: &config::Orders, guest: Guest, origin: &str) -> Self {
        let auth = match &orders.auth {
            config::Auth::Guest => Auth::Guest(guest.clone()),
            config::Auth::ApiKey(key) => Auth::ApiKey(appsync::ApiKey(key.clone())),
        };
        let endpoint = Endpoint {
            url: orders.graphql.resolve(origin),
            region: Region::new(orders.region.as_str()),
            auth,
        };
        Self {
            client: Client::new(endpoint),
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

/// Orders as they are and as they change: all of them, newest first, or one on its own.
#[derive(Debug, Clone)]
pub struct Orders {
    api: Api,
    only: Option<OrderId>,
}

impl Orders {
    /// Every order.
    #[must_use]
    pub const fn every(api: Api) -> Self {
        Self { api, only: None }
    }

    /// The order of this id.
    #[must_use]
    pub const fn only(api: Api, id: OrderId) -> Self {
        Self {
            api,
            only: Some(id),
        }
    }

    async fn list(&self, next_token: Option<String>) -> Result<Page<Order>, appsync::Error> {
        let variables = schema::list_orders::Variables {
            limit: Some(PAGE),
            next_token,
        };
        let orders = self
            .api
            .client
            .query::<schema::ListOrders>(variables)
            .await?
            .orders;
        // A row of a kind that this page does not know yet is not shown; the others are.
        let rows = orders
            .items
            .into_iter()
            .filter_map(|row| row.try_into().ok())
            .collect();
        Ok(Page {
            rows,
            next: orders.next_token,
        })
    }

    async fn get(&self, id: &OrderId) -> Result<Page<Order>, appsync::Error> {
        let variables = schema::get_order::Variables {
            order_id: id.as_str().to_owned(),
        };
        let order = self
            .api
            .client
            .query::<schema::GetOrder>(variables)
            .await?
            .order;
        let rows = order
            .into_iter()
            .filter_map(|row| row.try_into().ok())
            .collect();
        Ok(Page { rows, next: None })
    }
}

impl Source for Orders {
    type Row = Order;

    fn subscribe(&self) -> impl Stream<Item = Incoming<Order>> + Unpin + MaybeSend {
        let client = &self.api.client;
        match &self.only {
            // A document of its own: an argument left out is not the same as one that is null.
            None => client
                .subscribe::<schema::EveryOrder>(schema::every_order::Variables {})
                .map(|event| incoming(event, |data| data.on_create_or_update_order))
                .left_stream(),
            Some(id) => client
                .subscribe::<schema::OneOrder>(schema::one_order::Variables {
                    order_id: id.as_str().to_owned(),
                })
                .map(|event| incoming(event, |data| data.on_create_or_update_order))
                .right_stream(),
        }
    }

    async fn page(&self, after: Option<String>) -> Result<Page<Order>, Failure> {
        let page = match &self.only {
            None => self.list(after).await,
            Some(id) => self.get(id).await,
        };
        page.map_err(|error| failure(&error))
    }

    fn now(&self) -> UnixTime {
        self.api.guest.now()
    }
}

/// What a subscription's event means for a view. What cannot be applied is a hint to fetch.
fn incoming<T>(event: Event<T>, field: impl FnOnce(T) -> Option<OrderFields>) -> Incoming<Order> {
    match event {
        Event::State(state) => Incoming::Link(state.into()),
        Event::Incomplete(_) => Incoming::Hint,
        Event::Data(data) => match field(data).map(Order::try_from) {
            Some(Ok(order)) => Incoming::Change(Change::Put(order)),
            Some(Err(_)) | None => Incoming::Hint,
        },
    }
}

/// Why a row of the API is none of the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A time that is not RFC 3339.
    #[error("{0:?} is not a time")]
    Time(String),
    /// A status that this page does not know.
    #[error("{0:?} is not a status that this page knows")]
    Status(String),
}

impl TryFrom<OrderFields> for Order {
    type Error = Malformed;

    fn try_from(row: OrderFields) -> Result<Self, Malformed> {
        let created = unix(&row.created_at)?;
        let updated = row.updated_at.as_deref().map_or(Ok(created), unix)?;
        let status = row.status.try_into()?;
        Ok(Self {
            id: OrderId::from(row.order_id.as_str()),
            revision: Revision(row.revision),
            status,
            customer: row.customer_id,
            items: row
                .items
                .into_iter()
                .flatten()
                .map(|item| Item {
                    description: item.description,
                    quantity: item.quantity,
                    unit_price: item.unit_price,
                })
                .collect(),
            total: row.total,
            currency: row.currency,
            created,
            updated,
            reached: Reached::told_by(status, created, updated),
        })
    }
}

impl TryFrom<OrderStatus> for Status {
    type Error = Malformed;

    fn try_from(status: OrderStatus) -> Result<Self, Malformed> {
        Ok(match status {
            OrderStatus::SUBMITTED => Self::Submitted,
            OrderStatus::ACCEPTED_BY_STORE => Self::AcceptedByStore,
            OrderStatus::IN_KITCHEN => Self::InKitchen,
            OrderStatus::READY_FOR_PICKUP => Self::ReadyForPickup,
            OrderStatus::PICKED_UP_BY_DRIVER => Self::PickedUpByDriver,
            OrderStatus::OUT_FOR_DELIVERY => Self::OutForDelivery,
            OrderStatus::DELIVERED => Self::Delivered,
            OrderStatus::COMPLETED => Self::Completed,
            OrderStatus::CANCELLED => Self::Cancelled,
            OrderStatus::Other(name) => return Err(Malformed::Status(name)),
        })
    }
}

/// A time as the API writes it, in milliseconds.
fn unix(text: &str) -> Result<UnixTime, Malformed> {
    rfc3339(text).ok_or_else(|| Malformed::Time(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use graphql_client::GraphQLQuery;
    use serde_json::{Value, json};

    use super::*;

    fn row(change: impl FnOnce(&mut Value)) -> Result<Order, Malformed> {
        let mut row = json!({
            "orderId": "2abc",
            "currency": "EUR",
            "customerId": "c-1",
            "items": [{"itemId": null, "description": "Tea", "quantity": 2, "unitPrice": 3.5}, null],
            "numItems": 1,
            "status": "IN_KITCHEN",
            "total": 7.0,
            "createdAt": "2026-02-02T20:00:00.125Z",
            "updatedAt": "2026-02-02T21:00:01+01:00",
            "revision": 3
        });
        change(&mut row);
        serde_json::from_value::<OrderFields>(row)
            .unwrap()
            .try_into()
    }

    #[test]
    fn a_row_becomes_an_order() {
        let order = row(|_| {}).unwrap();
        assert_eq!(order.id, OrderId::from("2abc"));
        assert_eq!(order.status, Status::InKitchen);
        assert_eq!(order.revision, Revision(3));
        assert_eq!(order.items.len(), 1);
        assert_eq!(order.created, UnixTime(1_770_062_400_125));
        assert_eq!(order.updated, UnixTime(1_770_062_401_000));
        assert_eq!(
            row(|row| row["updatedAt"] = Value::Null).unwrap().updated,
            order.created
        );
    }

    #[test]
    fn every_status_of_the_path_has_its_name_on_the_wire() {
        for status in Status::PATH.into_iter().chain([Status::Cancelled]) {
            assert_eq!(
                row(|row| row["status"] = status.name().into())
                    .unwrap()
                    .status,
                status
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_hint() {
        assert_eq!(
            row(|row| row["status"] = "LOST".into()),
            Err(Malformed::Status("LOST".into()))
        );
        assert_eq!(
            row(|row| row["createdAt"] = "today".into()),
            Err(Malformed::Time("today".into()))
        );
        let event: Event<Option<OrderFields>> = Event::Incomplete(Vec::new());
        assert_eq!(incoming(event, |row| row), Incoming::Hint);
        assert_eq!(incoming(Event::Data(None), |row| row), Incoming::Hint);
    }

    #[test]
    fn each_operation_is_sent_alone_and_without_what_is_not_set() {
        let body = schema::ListOrders::build_query(schema::list_orders::Variables {
            limit: Some(PAGE),
            next_token: None,
        });
        assert_eq!(
            serde_json::to_value(&body.variables).unwrap(),
            json!({"limit": 100})
        );
        let every = schema::EveryOrder::build_query(schema::every_order::Variables {});
        assert_eq!(serde_json::to_value(&every.variables).unwrap(), Value::Null);
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
