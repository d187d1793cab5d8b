//! Locked: whatever is not signed, or not signed rightly, or not allowed, is refused in the service's own shape, over
//! HTTP and over the socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use aws_guest::Service;
use cloud::Settings;
use cloud::surroundings::Surroundings;
use common::{
    EVERY_FIELD, Passing, Received, Signer, Socket, backend, cloud, cloud_with, guest, input, send,
    with_keys,
};
use net::http::Request;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

const QUERY: &str = "{ orders { nextToken } }";
const SUBSCRIPTION: &str = "subscription { onCreateOrUpdateOrder { orderId revision } }";
const SIX_MINUTES: Duration = Duration::from_secs(360);

/// A guest of another cloud: real credentials, of a place that is not ours.
async fn stranger() -> Signer {
    let elsewhere = cloud().await;
    guest(&elsewhere)
}

#[tokio::test]
async fn unsigned() {
    let cloud = cloud().await;
    let url = |path: &str| format!("{}{path}", cloud.url);
    let graphql = send(Request::post(
        url("/orders/graphql"),
        json!({"query": QUERY}).to_string(),
    ))
    .await;
    let message = "Valid authorization header not provided.";
    assert_eq!(
        (graphql.status, graphql.error_type(), graphql.message()),
        (401, "UnauthorizedException", message)
    );
    assert_eq!(
        graphql.header("x-amzn-errortype"),
        Some("UnauthorizedException")
    );

    let order = send(Request::get(url("/order"))).await;
    assert_eq!(
        (order.status, &order.body),
        (403, &json!({"message": "Missing Authentication Token"}))
    );

    let events = send(Request::post(url("/events/"), "{}")).await;
    assert_eq!(
        (events.status, &events.body["__type"]),
        (400, &json!("MissingAuthenticationTokenException"))
    );

    let mut request = Request::post(url("/orders/graphql"), json!({"query": QUERY}).to_string());
    request
        .headers
        .push(("x-api-key".into(), "da2-guess".into()));
    let api_key = send(request).await;
    let message = "You are not authorized to make this call.";
    assert_eq!(
        (api_key.status, api_key.error_type(), api_key.message()),
        (401, "UnauthorizedException", message)
    );
}

#[tokio::test]
async fn wrongly_signed() {
    let cloud = cloud().await;
    let minted = cloud.credentials(&backend::api::Caller::backend());
    let wrong = with_keys(
        &minted.access_key_id,
        "not the secret",
        &minted.session_token,
    );
    refused_everywhere(
        &cloud,
        &wrong,
        "InvalidSignatureException",
        "does not match the signature you provided",
    )
    .await;
}

#[tokio::test]
async fn for_another_service() {
    let cloud = cloud().await;
    let order = Request::get(format!("{}/order", cloud.url));
    let answer = send(guest(&cloud).sign(Service::APPSYNC, order).unwrap()).await;
    let message = "Credential should be scoped to correct service: 'execute-api'.";
    assert_eq!(
        (answer.status, &answer.body),
        (403, &json!({"message": message}))
    );
}

#[tokio::test]
async fn tampered_body() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let mut request = guest.graphql(&cloud, QUERY, json!({}));
    request.body = String::from_utf8(request.body)
        .unwrap()
        .replace("nextToken", "__typename")
        .into_bytes();
    let answer = send(request).await;
    assert_eq!(
        (answer.status, answer.error_type()),
        (403, "InvalidSignatureException")
    );

    let mut events = backend(&cloud).put_events(&cloud, json!([common::created("o-1", 1)]));
    events.body = String::from_utf8(events.body)
        .unwrap()
        .replace("o-1", "o-2")
        .into_bytes();
    let answer = send(events).await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!("InvalidSignatureException"))
    );

    // On the socket the body is the exact text of the start's data.
    let signed = json!({"query": SUBSCRIPTION}).to_string();
    let authorization = guest.socket_headers(&cloud, "/orders/graphql", &signed);
    let tampered = signed.replace("revision", "status");
    let message = "does not match the signature";
    assert_start_denied(&cloud, &tampered, &authorization, message).await;
}

#[tokio::test]
async fn stale_date() {
    let cloud = cloud().await;
    let behind = Signer {
        clock_behind: SIX_MINUTES,
        ..guest(&cloud)
    };
    refused_everywhere(
        &cloud,
        &behind,
        "InvalidSignatureException",
        "Signature expired: 20",
    )
    .await;
    let ahead = Signer {
        clock_ahead: SIX_MINUTES,
        ..guest(&cloud)
    };
    refused_everywhere(
        &cloud,
        &ahead,
        "InvalidSignatureException",
        "Signature not yet current: 20",
    )
    .await;
}

#[tokio::test]
async fn expired_credentials() {
    // The cloud's own clock moves past the end of these, and of no others minted later.
    let today = OffsetDateTime::UNIX_EPOCH + Duration::from_millis(net::wall().0.unsigned_abs());
    let (surroundings, clock) = Surroundings::simulated(today, 1);
    let settings = Settings {
        credential_ttl: Duration::from_secs(60),
        ..Settings::default()
    };
    let cloud = cloud::testing::start_in(settings, surroundings)
        .await
        .unwrap();
    let expired = guest(&cloud);
    assert_eq!(
        send(expired.graphql(&cloud, QUERY, json!({}))).await.status,
        200
    );
    clock.advance(Duration::from_secs(60));
    refused_everywhere(&cloud, &expired, "ExpiredTokenException", "is expired").await;
}

#[tokio::test]
async fn foreign_session_token() {
    let cloud = cloud().await;
    refused_everywhere(
        &cloud,
        &stranger().await,
        "UnrecognizedClientException",
        "token included in the request is invalid",
    )
    .await;

    // A real token, with the access key of other, equally real, credentials.
    let (mine, other) = (
        cloud.credentials(&backend::api::Caller::backend()),
        guest(&cloud),
    );
    let mixed = with_keys(
        other.credentials.access_key_id(),
        &mine.secret_access_key.0,
        &mine.session_token,
    );
    refused_everywhere(&cloud, &mixed, "UnrecognizedClientException", "invalid").await;
}

/// The same refusal in each service's own shape: GraphQL, API Gateway, EventBridge, the socket's handshake and a
/// subscription on a connection that is fine.
async fn refused_everywhere(
    cloud: &cloud::testing::Running,
    signer: &Signer,
    error_type: &str,
    message: &str,
) {
    let answer = send(signer.graphql(cloud, QUERY, json!({}))).await;
    assert_eq!(
        (answer.status, answer.error_type()),
        (403, error_type),
        "{answer:?}"
    );
    assert!(answer.message().contains(message), "{answer:?}");
    assert_eq!(answer.header("x-amzn-errortype"), Some(error_type));

    let answer = send(signer.start_simulation(cloud)).await;
    assert_eq!(
        (answer.status, answer.header("x-amzn-errortype")),
        (403, Some(error_type)),
        "{answer:?}"
    );
    assert!(
        answer.body["message"].as_str().unwrap().contains(message),
        "{answer:?}"
    );

    let answer = send(signer.put_events(cloud, json!([common::created("o-1", 1)]))).await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!(error_type)),
        "{answer:?}"
    );
    assert!(
        answer.body["message"].as_str().unwrap().contains(message),
        "{answer:?}"
    );

    for passing in [Passing::Subprotocol, Passing::Query] {
        let headers = signer.socket_headers(cloud, "/orders/graphql/connect", "{}");
        assert_connection_refused(cloud, signer, Some(&headers), passing, message).await;
    }
    let data = json!({"query": SUBSCRIPTION}).to_string();
    let headers = signer.socket_headers(cloud, "/orders/graphql", &data);
    assert_start_denied(cloud, &data, &headers, message).await;
}

/// A `start` on somebody else's connection that is fine: it is denied alone, the subscription beside it goes on.
async fn assert_start_denied(
    cloud: &cloud::testing::Running,
    data: &str,
    authorization: &Map<String, Value>,
    message: &str,
) {
    let mut socket = Socket::live(cloud, &guest(cloud)).await;
    let sibling = socket.subscribe(cloud, SUBSCRIPTION, json!({})).await;
    let id = socket.start_with(data, authorization).await;
    assert_denied(&socket.frame().await, &id, message);
    assert_hears_alone(cloud, &mut socket, &sibling).await;
}

/// What is published reaches this subscription of the connection, and no other.
async fn assert_hears_alone(cloud: &cloud::testing::Running, socket: &mut Socket, id: &str) {
    for revision in [1, 2] {
        common::publish(cloud, input("o-1", revision)).await;
        let heard = socket.frame().await;
        assert_eq!(
            (&heard["type"], &heard["id"]),
            (&json!("data"), &json!(id)),
            "{heard}"
        );
        let order = &heard["payload"]["data"]["onCreateOrUpdateOrder"];
        assert_eq!(order, &json!({"orderId": "o-1", "revision": revision}));
    }
}

/// AppSync upgrades, answers the first frame with the reason, and closes.
async fn assert_connection_refused(
    cloud: &cloud::testing::Running,
    signer: &Signer,
    headers: Option<&Map<String, Value>>,
    passing: Passing,
    message: &str,
) {
    let mut socket = Socket::open_with(cloud, signer, headers, passing).await;
    socket.send(&json!({"type": "connection_init"})).await;
    let frame = socket.frame().await;
    let error = &frame["payload"]["errors"][0];
    assert_eq!(frame["type"], "connection_error", "{frame}");
    assert_eq!(
        (&error["errorType"], &error["errorCode"]),
        (&json!("UnauthorizedException"), &json!(401)),
        "{frame}"
    );
    assert!(
        error["message"].as_str().unwrap().contains(message),
        "{frame}"
    );
    assert!(matches!(socket.received().await, Received::Closed(..)));
}

fn assert_denied(frame: &Value, id: &str, message: &str) {
    let error = &frame["payload"]["errors"][0];
    assert_eq!(
        (&frame["type"], &frame["id"]),
        (&json!("error"), &json!(id)),
        "{frame}"
    );
    assert_eq!(
        (&error["errorType"], &error["errorCode"]),
        (&json!("UnauthorizedException"), &json!(401)),
        "{frame}"
    );
    assert!(
        error["message"].as_str().unwrap().contains(message),
        "{frame}"
    );
}

#[tokio::test]
async fn a_socket_without_a_header_or_with_a_bad_one() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let missing = "Valid authorization header not provided.";
    assert_connection_refused(&cloud, &guest, None, Passing::Query, missing).await;

    let nothing = Map::new();
    assert_connection_refused(
        &cloud,
        &guest,
        Some(&nothing),
        Passing::Subprotocol,
        missing,
    )
    .await;

    // A header for a subscription opens no connection: another path was signed.
    let subscription = guest.socket_headers(&cloud, "/orders/graphql", "{}");
    assert_connection_refused(
        &cloud,
        &guest,
        Some(&subscription),
        Passing::Subprotocol,
        "does not match",
    )
    .await;
}

#[tokio::test]
async fn a_subscription_with_a_bad_header_leaves_its_siblings_alive() {
    let cloud = cloud().await;
    let (me, stranger) = (guest(&cloud), stranger().await);
    let mut socket = Socket::live(&cloud, &me).await;
    let sibling = socket.subscribe(&cloud, SUBSCRIPTION, json!({})).await;
    let data = json!({"query": SUBSCRIPTION}).to_string();
    let signed =
        |signer: &Signer, body: &str| signer.socket_headers(&cloud, "/orders/graphql", body);
    let late = Signer {
        clock_behind: SIX_MINUTES,
        ..me.clone()
    };
    for (authorization, message) in [
        (Map::new(), "Valid authorization header not provided."),
        (
            signed(&stranger, &data),
            "token included in the request is invalid",
        ),
        (signed(&me, "{}"), "does not match the signature"),
        (signed(&late, &data), "Signature expired"),
    ] {
        let id = socket.start_with(&data, &authorization).await;
        assert_denied(&socket.frame().await, &id, message);
    }
    assert_hears_alone(&cloud, &mut socket, &sibling).await;
}

#[tokio::test]
async fn a_guest_calls_no_mutation() {
    let cloud = cloud().await;
    let mut witness = Socket::live(&cloud, &guest(&cloud)).await;
    witness.subscribe(&cloud, SUBSCRIPTION, json!({})).await;
    for field in ["createOrder", "updateOrder"] {
        let ty = if field == "createOrder" {
            "CreateOrderInput"
        } else {
            "UpdateOrderInput"
        };
        let mutation = format!(
            "mutation($input: {ty}!) {{ mine: {field}(input: $input) {{ {EVERY_FIELD} }} }}"
        );
        let answer =
            send(guest(&cloud).graphql(&cloud, &mutation, json!({"input": input("forged", 1)})))
                .await;
        assert_eq!(
            (answer.status, &answer.body["data"]),
            (200, &json!({"mine": null}))
        );
        let error = &answer.body["errors"][0];
        assert_eq!(
            (&error["errorType"], &error["path"]),
            (&json!("Unauthorized"), &json!(["mine"]))
        );
        assert_eq!(
            error["message"],
            format!("Not Authorized to access {field} on type Mutation")
        );

        // Nor over the socket, which is for subscriptions.
        let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
        let id = socket
            .start(&cloud, &mutation, json!({"input": input("forged", 1)}))
            .await;
        let frame = socket.frame().await;
        assert_eq!(
            (&frame["type"], &frame["id"]),
            (&json!("error"), &json!(id))
        );
        assert_eq!(
            frame["payload"]["errors"][0]["errorType"],
            "UnsupportedOperation"
        );
    }
    // Had anything been published, it would have come before this.
    common::publish(&cloud, input("genuine", 1)).await;
    let heard = witness.frame().await;
    assert_eq!(
        heard["payload"]["data"]["onCreateOrUpdateOrder"]["orderId"],
        "genuine"
    );
}

#[tokio::test]
async fn a_guest_puts_no_events() {
    let cloud = cloud().await;
    let answer = send(guest(&cloud).put_events(&cloud, json!([common::created("o-1", 1)]))).await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!("AccessDeniedException"))
    );
}

#[tokio::test]
async fn credentials_survive_a_restart_on_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = cloud::Data::Folder(folder.path().to_owned());
    let first = cloud_with(|settings| settings.data = data.clone()).await;
    let guest = guest(&first);
    first.shutdown().await.unwrap();
    let second = cloud_with(|settings| settings.data = data).await;
    let answer = send(guest.graphql(&second, QUERY, json!({}))).await;
    assert_eq!(
        (answer.status, &answer.body),
        (200, &json!({"data": {"orders": {"nextToken": null}}}))
    );
}
