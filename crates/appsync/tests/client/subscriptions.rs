//! Subscriptions: shared sockets, events, losses, refusals.

use appsync::{ApiKey, Auth, Client, Endpoint, Event, Operation, Region, State};
use graphql_client::{GraphQLQuery, QueryBody};
use json::{FromJson, Object, Reading};
use link::Cause;
use link::session::LINGER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::server::{Reply, Server, next, until_state, willing};

/// What generated types look like.
struct OnOrder;

#[derive(Serialize)]
struct Variables {
    id: Option<i64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    order: i64,
}

impl From<Variables> for json::Value {
    fn from(variables: Variables) -> Self {
        let mut object = Object::default();
        object.set("id", variables.id);
        object.into()
    }
}

impl FromJson for Order {
    fn from_json(value: &json::Value, reading: &mut Reading) -> Self {
        Self {
            order: reading.field(value, "order"),
        }
    }
}

impl GraphQLQuery for OnOrder {
    type Variables = Variables;
    type ResponseData = Order;

    fn build_query(variables: Variables) -> QueryBody<Variables> {
        QueryBody {
            variables,
            query: "subscription OnOrder($id: ID) { order }",
            operation_name: "OnOrder",
        }
    }
}

fn operation() -> Operation {
    Operation::new("subscription { order }")
}

#[tokio::test]
async fn a_hundred_subscribers_share_a_socket_that_closes_a_second_after_the_last_one_goes() {
    let server = Server::willing().await;
    let client = server.with_key();
    let mut subscriptions: Vec<_> = (0..100)
        .map(|_| client.subscribe_operation(operation()))
        .collect();
    for subscription in &mut subscriptions {
        until_state(subscription, |state| *state == State::Live).await;
    }
    assert_eq!(server.connections(), 1);

    let last = subscriptions.pop();
    drop(subscriptions);
    assert_eq!(server.frames("stop", 99).await.len(), 99);
    // While one is left, that second passes without consequence.
    tokio::time::sleep(2 * LINGER).await;
    server.until_open(1).await;

    let gone = net::now();
    drop(last);
    server.until_open(0).await;
    let lingered = net::now().saturating_since(gone);
    assert!(
        lingered >= LINGER.mul_f64(0.9) && lingered < 5 * LINGER,
        "{lingered:?}"
    );
    assert_eq!(server.frames("stop", 100).await.len(), 100);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn events_are_typed_and_the_request_is_the_documented_one() {
    let server = Server::willing().await;
    let mut orders = server
        .with_key()
        .subscribe::<OnOrder>(Variables { id: Some(5) });
    assert_eq!(
        next(&mut orders).await,
        Some(Event::State(State::Connecting))
    );
    assert_eq!(next(&mut orders).await, Some(Event::State(State::Live)));
    let start = server.frames("start", 1).await.remove(0);
    let data: Value = serde_json::from_str(start["payload"]["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        data,
        json!({"query": "subscription OnOrder($id: ID) { order }", "variables": {"id": 5}})
    );
    let host = server.url.strip_prefix("http://").unwrap();
    let authorization = json!({"host": host, "x-api-key": "da2-key"});
    assert_eq!(
        start["payload"]["extensions"]["authorization"],
        authorization
    );
    assert_eq!(server.headers(1).await, authorization);

    for payload in [
        json!({"data": {"order": 1}}),
        json!({"data": {"order": null}}),
        json!({"data": {"order": 2}}),
    ] {
        server.push(json!({"type": "data", "id": start["id"], "payload": payload}));
    }
    assert_eq!(
        next(&mut orders).await,
        Some(Event::Data(Order { order: 1 }))
    );
    assert_eq!(next(&mut orders).await, Some(Event::Incomplete(vec![])));
    assert_eq!(
        next(&mut orders).await,
        Some(Event::Data(Order { order: 2 }))
    );
}

#[tokio::test]
async fn a_connection_that_the_service_closes_comes_back() {
    let server = Server::scripted(|connection, frame| {
        let mut replies = willing(frame);
        if connection == 1 && frame["type"] == "start" {
            replies.push(Reply::Close);
        }
        replies
    })
    .await;
    let mut orders = server.with_key().subscribe_operation(operation());
    let mut states = Vec::new();
    while states.len() < 5 {
        if let Some(Event::State(state)) = next(&mut orders).await {
            states.push(state);
        }
    }
    assert_eq!(states[..2], [State::Connecting, State::Live]);
    assert!(
        matches!(
            &states[2],
            State::Retrying {
                cause: Cause::Closed { .. },
                ..
            }
        ),
        "{states:?}"
    );
    assert_eq!(states[3..], [State::Connecting, State::Live]);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_refused_upgrade_is_said_to_be_that_and_has_the_guests_credentials_looked_at() {
    let server = Server::willing().await;
    server.refuse(true);
    let client = server.with_guest();
    let mut orders = client.subscribe_operation(operation());
    let state = until_state(&mut orders, |state| matches!(state, State::Retrying { .. })).await;
    assert!(
        matches!(
            &state,
            State::Retrying {
                cause: Cause::Refused,
                ..
            }
        ),
        "{state:?}"
    );
    // One call for the connection, one for the probe.
    server.until_credentials(2).await;
    server.refuse(false);
    until_state(&mut orders, |state| *state == State::Live).await;
}

#[tokio::test]
async fn a_guest_signs_the_connection_and_each_start() {
    let server = Server::willing().await;
    let mut orders = server.with_guest().subscribe_operation(operation());
    until_state(&mut orders, |state| *state == State::Live).await;
    let start = server.frames("start", 1).await.remove(0);
    let host = server.url.strip_prefix("http://").unwrap();
    for headers in [
        server.headers(1).await,
        start["payload"]["extensions"]["authorization"].clone(),
    ] {
        assert_eq!(headers["accept"], "application/json, text/javascript");
        assert_eq!(headers["content-encoding"], "amz-1.0");
        assert_eq!(headers["content-type"], "application/json; charset=UTF-8");
        assert_eq!(headers["host"], host);
        assert_eq!(headers["x-amz-security-token"], "token 1");
        assert!(
            headers["x-amz-date"]
                .as_str()
                .is_some_and(|date| date.len() == 16)
        );
        let authorization = headers["Authorization"].as_str().unwrap();
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID1/"),
            "{authorization}"
        );
        assert!(
            authorization.contains("/eu-west-1/appsync/aws4_request"),
            "{authorization}"
        );
        let signed = "accept;content-encoding;content-type;host;x-amz-date;x-amz-security-token";
        assert!(
            authorization.contains(&format!("SignedHeaders={signed},")),
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_renewed_once() {
    let server = Server::scripted(
        |connection, frame| match (connection, frame["type"].as_str()) {
            (1, Some("connection_init")) => {
                let errors = json!([{"errorType": "UnauthorizedException", "errorCode": 401}]);
                vec![
                    Reply::Send(json!({"type": "connection_error", "payload": {"errors": errors}})),
                    Reply::Close,
                ]
            }
            _ => willing(frame),
        },
    )
    .await;
    let mut orders = server.with_guest().subscribe_operation(operation());
    assert_eq!(
        next(&mut orders).await,
        Some(Event::State(State::Connecting))
    );
    assert_eq!(next(&mut orders).await, Some(Event::State(State::Live)));
    assert_eq!(server.headers(1).await["x-amz-security-token"], "token 1");
    assert_eq!(server.headers(2).await["x-amz-security-token"], "token 2");
}

#[tokio::test]
async fn a_denied_subscription_fails_alone_and_its_stream_ends() {
    let server = Server::scripted(|_, frame| {
        if frame["type"] == "start"
            && frame["payload"]["data"]
                .as_str()
                .unwrap()
                .contains("secret")
        {
            let errors =
                json!({"errorType": "UnauthorizedException", "message": "Permission denied"});
            return vec![Reply::Send(
                json!({"type": "error", "id": frame["id"], "payload": {"errors": errors}}),
            )];
        }
        willing(frame)
    })
    .await;
    let client = server.with_guest();
    let mut allowed = client.subscribe_operation(operation());
    let mut denied = client.subscribe_operation(Operation::new("subscription { secret }"));
    let State::Failed(cause) =
        until_state(&mut denied, |state| matches!(state, State::Failed(_))).await
    else {
        unreachable!()
    };
    assert_eq!(
        cause.to_string(),
        "UnauthorizedException: Permission denied"
    );
    assert_eq!(next(&mut denied).await, None);
    until_state(&mut allowed, |state| *state == State::Live).await;
    let start = server.frames("start", 1).await.remove(0);
    server.push(json!({"type": "data", "id": start["id"], "payload": {"data": {"order": 1}}}));
    assert_eq!(
        next(&mut allowed).await,
        Some(Event::Data(json!({"order": 1})))
    );
    assert_eq!(server.connections(), 1);
    // The denied one had one try with each of two sets of credentials.
    assert_eq!(server.frames("start", 3).await.len(), 3);
}

#[tokio::test]
async fn a_subscription_outlives_the_client_that_made_it() {
    let server = Server::willing().await;
    let client = server.with_key();
    let mut orders = client.subscribe_operation(operation());
    drop(client);
    until_state(&mut orders, |state| *state == State::Live).await;
    drop(orders);
    server.until_open(0).await;
}

#[tokio::test]
async fn an_address_that_is_none_fails() {
    for url in ["/graphql", "http://", "http://bad host/graphql"] {
        let auth = Auth::ApiKey(ApiKey("key".into()));
        let client = Client::new(Endpoint {
            url: url.into(),
            region: Region::new("eu-west-1"),
            auth,
        });
        let mut orders = client.subscribe_operation(operation());
        let state = until_state(&mut orders, |state| *state != State::Connecting).await;
        assert_eq!(state, State::Failed(Cause::Address(url.into())));
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_waited_for() {
    let auth = Auth::ApiKey(ApiKey("key".into()));
    // Nobody listens on the discard port.
    let url = "http://127.0.0.1:9/graphql".into();
    let client = Client::new(Endpoint {
        url,
        region: Region::new("eu-west-1"),
        auth,
    });
    let mut orders = client.subscribe_operation(operation());
    for _ in 0..2 {
        let refused = |state: &State| {
            matches!(
                state,
                State::Retrying {
                    cause: Cause::Refused,
                    ..
                }
            )
        };
        until_state(&mut orders, refused).await;
    }
}
