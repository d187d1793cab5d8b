//! What the restaurant's API says, turned into what the models know. Parsed once, here.

use appsync::{Client, Error};
use aws_guest::Guest;
use json::Value;
use net::UnixTime;
use net::civil::rfc3339;

use super::form::Fault;
use super::gauge::Figures;
use super::model::{Order, OrderId, Ordered, Status, Step};
use super::outbox::Outcome;
use crate::live::erased::Changes;
use crate::live::flight::Token;
use crate::live::gapless::Page;
use crate::live::source::Paged;
use crate::live::window::{Change, Revision};
use crate::live::{Asked, Source};
use crate::{api, config};

// The operations' types, made from `graphql/restaurant/` when the page is built: the module `schema`.
include!(concat!(env!("OUT_DIR"), "/restaurant.rs"));

use schema::shared::{ORDER_STATUS, OrderFields};

/// As many orders as the server lists; there may be more where it lists so many.
const LISTED: usize = 500;

/// What came of a change, or why it was not made, for people.
pub type Written = Result<(), Fault>;

/// The restaurant's API.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    guest: Guest,
}

impl Api {
    /// The API of a configuration, seen from a page of this origin, for this guest.
    #[must_use]
    pub fn new(api: &config::Api, guest: Guest, origin: &str) -> Self {
        Self {
            client: api::client(api, &guest, origin),
            guest,
        }
    }

    /// The time, as the cloud has it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.guest.now()
    }

    /// Places an order.
    pub fn place(&self, ordered: Ordered, token: Token) -> Asked<Outcome> {
        let variables = schema::post_order::Variables {
            input: schema::post_order::PostOrderInput {
                name: ordered.name,
                quantity: ordered.quantity,
                restaurant_id: ordered.restaurant,
            },
            token: Some(token.0),
        };
        api::ask::<schema::PostOrder, _>(&self.client, variables, |answer| match answer {
            Ok(data) => match change(data.post_order) {
                Some(Change::Put(order)) => Outcome::Accepted(order),
                _ => Outcome::Refused(Fault::read("the answer cannot be read")),
            },
            Err(error) if api::is_open(&error) => Outcome::Unknown,
            Err(error) => Outcome::Refused(Fault::read(&api::words(&error))),
        })
    }

    /// Changes what was ordered.
    pub fn change(&self, id: &OrderId, ordered: Ordered) -> Asked<Written> {
        let input = schema::update_order::UpdateOrderInput {
            id: id.as_str().to_owned(),
            name: ordered.name,
            quantity: ordered.quantity,
            restaurant_id: ordered.restaurant,
        };
        let variables = schema::update_order::Variables { input };
        Asked::new(self.client.ask::<schema::UpdateOrder>(variables), written)
    }

    /// Deletes an order.
    pub fn delete(&self, id: &OrderId) -> Asked<Written> {
        let id = id.as_str().to_owned();
        let variables = schema::delete_order::Variables { id };
        Asked::new(self.client.ask::<schema::DeleteOrder>(variables), written)
    }

    /// How full the queue is, if it says so.
    pub fn pipeline(&self) -> Asked<Option<Figures>> {
        let variables = schema::pipeline::Variables {};
        api::ask::<schema::Pipeline, _>(&self.client, variables, |answer| {
            let pipeline = answer.ok()?.pipeline;
            Some(Figures {
                depth: pipeline.depth,
                in_flight: pipeline.in_flight,
                dead: pipeline.dead,
            })
        })
    }
}

/// What came of a change. Whatever else the answer says is told by the subscription, too.
fn written(answer: Result<Value, Error>) -> Written {
    let fault = |error| Fault::read(&api::words(&error));
    answer.map(drop).map_err(fault)
}

/// The orders as they are and as they change.
#[derive(Debug)]
pub struct Orders(pub Api);

impl Source for Orders {
    type Row = Order;

    fn subscribe(&self) -> Changes<Order> {
        let client = &self.0.client;
        let told = schema::on_order_changed::Variables {};
        let told = client.subscribe::<schema::OnOrderChanged>(told);
        api::changes(told, |data| change(data.on_order_changed?))
    }

    fn page(&self, _: Option<String>) -> Asked<Paged<Order>> {
        let variables = schema::orders::Variables {};
        Asked::new(self.0.client.ask::<schema::Orders>(variables), page)
    }

    fn now(&self) -> UnixTime {
        self.0.now()
    }
}

fn page(answer: Result<Value, Error>) -> Paged<Order> {
    let answer: schema::orders::ResponseData = api::read(answer)?;
    // There are no further pages, but there may be further orders.
    let next = (answer.orders.len() >= LISTED).then(String::new);
    let mut rows = Vec::new();
    // A row of a kind that this page does not know is not shown; the others are.
    for row in answer.orders.into_iter().flatten() {
        if let Some(Change::Put(order)) = change(row) {
            rows.push(order);
        }
    }
    Ok(Page { rows, next })
}

/// What a row tells; nothing where a publisher did not select all of it, or it is of a kind that this page does not know.
fn change(row: OrderFields) -> Option<Change<Order>> {
    let id = OrderId::from(row.id.as_str());
    let revision = Revision(row.revision?);
    if row.deleted == Some(true) {
        return Some(Change::Delete { key: id, revision });
    }
    let mut begun = [None; 4];
    begun[Step::Queue as usize] = Some(rfc3339(&row.created_at?)?);
    for stage in row.stages.into_iter().flatten() {
        if let Some(step) = Step::of_task(&stage.name) {
            begun[step as usize] = Some(rfc3339(&stage.at)?);
        }
    }
    Some(Change::Put(Order {
        id,
        revision,
        ordered: Ordered {
            name: row.name,
            quantity: row.quantity,
            restaurant: row.restaurant_id,
        },
        status: match row.order_status {
            ORDER_STATUS::PENDING => Status::Pending,
            ORDER_STATUS::SUCCESS => Status::Success,
            ORDER_STATUS::FAILED => Status::Failed,
            ORDER_STATUS::Other(_) => return None,
        },
        reason: row.error_message,
        notification: row.notification,
        begun,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::agreement;

    fn row() -> Value {
        json!({
            "id": "2abc", "name": "Soup", "quantity": 2, "restaurantId": "Harbour", "orderStatus": "FAILED",
            "errorMessage": "payment method declined", "notification": "{}",
            "stages": [
                {"name": "InitializeOrder", "at": "2026-02-02T20:00:01Z"},
                {"name": "ProcessPayment", "at": "2026-02-02T20:00:02.5Z"},
                {"name": "PaymentFailure", "at": "2026-02-02T20:00:04Z"},
            ],
            "deleted": false, "createdAt": "2026-02-02T20:00:00Z", "revision": 3
        })
    }

    fn read(row: &Value) -> Option<Change<Order>> {
        let answer: schema::on_order_changed::ResponseData =
            agreement::ours(&json!({ "onOrderChanged": row }));
        change(answer.on_order_changed.unwrap())
    }

    #[test]
    fn a_row_is_an_order_with_the_times_of_its_steps() {
        let Some(Change::Put(order)) = read(&row()) else {
            panic!("no order");
        };
        assert_eq!(
            (order.status, order.revision),
            (Status::Failed, Revision(3))
        );
        assert_eq!(
            Step::ALL.map(|step| order.took(step)),
            [Some(1_000), Some(1_500), Some(1_500), None]
        );
        assert_eq!(order.total(), Some(4_000));
        assert_eq!(order.ordered.restaurant, "Harbour");
        assert_eq!(order.notification.as_deref(), Some("{}"));
    }

    #[test]
    fn a_tombstone_deletes_and_what_is_incomplete_is_none() {
        let mut deleted = row();
        deleted["deleted"] = json!(true);
        let delete = Change::Delete {
            key: "2abc".into(),
            revision: Revision(3),
        };
        assert_eq!(read(&deleted), Some(delete));
        for (field, value) in [
            ("revision", json!(null)),
            ("createdAt", json!(null)),
            ("createdAt", json!("soon")),
            ("orderStatus", json!("EATEN")),
            ("stages", json!([{"name": "ProcessPayment", "at": "later"}])),
        ] {
            let mut row = row();
            row[field] = value;
            assert_eq!(read(&row), None, "{field}");
        }
        // A task that a later version has.
        let mut later = row();
        later["stages"] = json!([{"name": "CookOrder", "at": "later"}]);
        assert!(read(&later).is_some());
    }

    #[test]
    fn answers_are_read_and_variables_written_as_serde_does_it() {
        agreement::on_reading::<schema::orders::ResponseData>(&json!({ "orders": [row(), null] }));
        agreement::on_reading::<schema::pipeline::ResponseData>(
            &json!({ "pipeline": {"depth": 1, "inFlight": 2, "dead": 3} }),
        );
        agreement::on_reading::<schema::delete_order::ResponseData>(
            &json!({ "deleteOrder": "2abc" }),
        );
        let input = schema::post_order::PostOrderInput {
            name: "Soup".to_owned(),
            quantity: 2,
            restaurant_id: "Harbour".to_owned(),
        };
        let token = Some("t".to_owned());
        let written = agreement::on_writing(schema::post_order::Variables { input, token });
        assert_eq!(
            written,
            json!({"input": {"name": "Soup", "quantity": 2, "restaurantId": "Harbour"}, "token": "t"})
        );
    }
}
