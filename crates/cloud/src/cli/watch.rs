//! `watch`: the native side of the real-time client, a line an event.
//!
//! The one place of this crate that uses the clients' crates: nothing of the server's side does.

use appsync::{Auth, Client, Endpoint, Event, Operation, Region, State};
use aws_guest::{Guest, GuestConfig};
use cloud::CloudError;
use cloud::settings::{IDENTITY_POOL, REGION};
use futures::StreamExt as _;
use serde_json::Value;

use super::Watched;

const EVERY_ORDER: &str = "subscription { onCreateOrUpdateOrder { orderId currency customerId items { itemId \
    description quantity unitPrice } numItems status total createdAt updatedAt revision } }";

pub(super) async fn run(Watched::Orders: Watched, endpoint: &str) -> Result<(), CloudError> {
    let endpoint = endpoint.trim_end_matches('/');
    let guest = Guest::new(GuestConfig {
        endpoint: format!("{endpoint}/cognito/"),
        region: Region::new(REGION),
        identity_pool_id: IDENTITY_POOL.to_owned(),
    });
    let client = Client::new(Endpoint {
        url: format!("{endpoint}/orders/graphql"),
        region: Region::new(REGION),
        auth: Auth::Guest(guest),
    });
    let mut orders = client.subscribe_operation(Operation::new(EVERY_ORDER));
    while let Some(event) = orders.next().await {
        match event {
            Event::Data(data) => println!("{}", line(&data["onCreateOrUpdateOrder"])),
            Event::Incomplete(errors) => {
                let why: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
                println!("(an event came incomplete: {})", why.join("; "));
            }
            Event::State(State::Connecting) => eprintln!("connecting to {endpoint}"),
            Event::State(State::Live) => eprintln!("live; every order will be a line here"),
            Event::State(State::Retrying { cause, .. }) => eprintln!("trying again: {cause}"),
            Event::State(State::Offline) => eprintln!("offline"),
            Event::State(State::Failed(cause)) => {
                return Err(std::io::Error::other(cause.to_string()).into());
            }
        }
    }
    Ok(())
}

fn line(order: &Value) -> String {
    let text = |field: &str| order[field].as_str().unwrap_or("-").to_owned();
    let updated = if order["updatedAt"].is_null() {
        text("createdAt")
    } else {
        text("updatedAt")
    };
    let (id, status, revision) = (text("orderId"), text("status"), &order["revision"]);
    let (items, total, currency) = (
        &order["numItems"],
        order["total"].as_f64().unwrap_or_default(),
        text("currency"),
    );
    format!(
        "{updated}  {id}  {status:<20}  revision {revision}  {items} items  {total:.2} {currency}"
    )
}
