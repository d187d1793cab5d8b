//! The services under their own names: what is where, over which host and path signatures hold, and what is answered
//! where there is nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use aws_guest::Service as Signed;
use backend::api::ApiName;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud::services::{Family, Service};
use cloud::settings::{IDENTITY_POOL, REGION};
use cloud::testing::Running;
use common::{Answer, Signer, Socket, backend, cloud, guest, input, publish};
use net::http::{Method, Request};
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, http};
use tokio_tungstenite::{MaybeTlsStream, client_async};

const EVERY_ID: &str = "subscription { onCreateOrUpdateOrder { orderId revision } }";

fn name(family: Family, service: Service) -> String {
    family.name(service.id(), REGION)
}

fn graphql_host() -> String {
    name(Family::GraphQl, Service::Api(ApiName::Orders))
}

/// Sends a request to the cloud as if its host's name led there.
async fn send(cloud: &Running, request: Request) -> Answer {
    let (host, path) = request
        .url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let method = match request.method {
        Method::Get => "GET",
        other => other.as_str(),
    };
    sent(cloud, method, host, path, &request.headers, request.body).await
}

async fn sent(
    cloud: &Running,
    method: &str,
    host: &str,
    path: &str,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Answer {
    let url = format!("{}/{path}", cloud.url);
    let mut request = reqwest::Client::new()
        .request(method.parse().unwrap(), url)
        .body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = request.header("host", host).send().await.unwrap();
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer {
        status,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
        headers,
    }
}

fn cognito(host: &str, operation: &str, body: &Value) -> Request {
    let target = format!("AWSCognitoIdentityService.{operation}");
    Request::post(format!("http://{host}/"), body.to_string())
        .with("content-type", "application/x-amz-json-1.1")
        .with("x-amz-target", &target)
}

fn query(host: &str) -> Request {
    let body = json!({"query": "{ orders(limit: 1) { items { orderId } } }"}).to_string();
    Request::post(format!("http://{host}/graphql"), body)
        .with("content-type", "application/json; charset=UTF-8")
}

fn put_events(host: &str) -> Request {
    let body = json!({"Entries": [{
        "EventBusName": "orders.events", "Source": "interop", "DetailType": "x", "Detail": "{}",
    }]});
    Request::post(format!("http://{host}/"), body.to_string())
        .with("content-type", "application/x-amz-json-1.1")
        .with("x-amz-target", "AWSEvents.PutEvents")
}

/// Opens a socket to a host and a path, with these authorization headers.
async fn socket(
    cloud: &Running,
    signer: &Signer,
    host: &str,
    path: &str,
    authorization: &Map<String, Value>,
) -> Result<Socket, tungstenite::Error> {
    let encoded = URL_SAFE_NO_PAD.encode(serde_json::to_vec(authorization).unwrap());
    let mut request = format!("ws://{host}{path}").into_client_request().unwrap();
    let protocol = format!("graphql-ws, header-{encoded}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol.parse().unwrap());
    let address = cloud.url.strip_prefix("http://").unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    let (ws, _) = client_async(request, MaybeTlsStream::Plain(tcp)).await?;
    Ok(Socket::over(ws, signer))
}

#[tokio::test]
async fn guest_credentials() {
    let cloud = cloud().await;
    let host = name(Family::Identity, Service::Identity);
    let pool = json!({ "IdentityPoolId": IDENTITY_POOL });
    let told = send(&cloud, cognito(&host.to_uppercase(), "GetId", &pool)).await;
    let identity = json!({ "IdentityId": told.body["IdentityId"] });
    let told = send(
        &cloud,
        cognito(&host, "GetCredentialsForIdentity", &identity),
    )
    .await;
    assert!(
        told.body["Credentials"]["SecretKey"].is_string(),
        "{told:?}"
    );

    // Another region has the service, and neither the pool nor the identity.
    let elsewhere = host.replace(REGION, "us-east-1");
    for (operation, body) in [("GetId", &pool), ("GetCredentialsForIdentity", &identity)] {
        let told = send(&cloud, cognito(&elsewhere, operation, body)).await;
        assert_eq!(told.status, 400, "{told:?}");
        assert_eq!(told.body["__type"], "ResourceNotFoundException");
    }
    let told = send(
        &cloud,
        Request::post(format!("http://{host}/cognito/"), "{}"),
    )
    .await;
    assert_eq!(told.status, 404, "the path is another one here: {told:?}");
}

#[tokio::test]
async fn graphql_over_the_host_and_path_that_are_seen() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let host = graphql_host();
    let good = guest.sign(Signed::APPSYNC, query(&host)).unwrap();
    let told = send(&cloud, good.clone()).await;
    assert!(told.body["data"]["orders"]["items"].is_array(), "{told:?}");

    // With a port: it is part of what is signed.
    let with_port = query(&format!("{host}:8443"));
    let request = guest.sign(Signed::APPSYNC, with_port).unwrap();
    let told = send(&cloud, request).await;
    assert!(told.body["data"].is_object(), "{told:?}");
    // Signed for the path on the plain address, and for the plain address itself: not what this client saw.
    let other_path = Request {
        url: format!("http://{host}/orders/graphql"),
        ..query(&host)
    };
    let other_host = query(cloud.url.strip_prefix("http://").unwrap());
    for signed in [other_path, other_host] {
        let signed = guest.sign(Signed::APPSYNC, signed).unwrap();
        let moved = Request {
            url: format!("http://{host}/graphql"),
            ..signed
        };
        let told = send(&cloud, moved).await;
        assert_eq!(
            (told.status, told.error_type()),
            (403, "InvalidSignatureException"),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn simulations_with_their_stage() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let host = name(Family::Rest, Service::Simulations);
    let start = |path: &str| {
        guest
            .sign(
                Signed::EXECUTE_API,
                Request::get(format!("http://{host}{path}")),
            )
            .unwrap()
    };
    let told = send(&cloud, start("/Prod/order")).await;
    assert_eq!(told.body["status"], "SUBMITTED", "{told:?}");
    for path in ["/order", "/Prod", "/Dev/order", "/"] {
        let told = send(&cloud, start(path)).await;
        assert_eq!(
            (told.status, &told.body),
            (403, &json!({"message": "Missing Authentication Token"})),
            "{path}"
        );
    }
    let unstaged = Request {
        url: format!("http://{host}/Prod/order"),
        ..start("/order")
    };
    assert_eq!(send(&cloud, unstaged).await.status, 403);
}

#[tokio::test]
async fn the_calendar_s_function() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let host = name(Family::Function, Service::CalendarFunction);
    let call = |method, path: &str, body: &Value| {
        let request = Request::post(format!("http://{host}{path}"), body.to_string());
        let request = Request { method, ..request };
        guest.sign(Signed::LAMBDA, request).unwrap()
    };
    let (start, end) = ("2026-02-02T20:00:00", "2026-02-02T21:00:00");
    let event = json!({"user_id": 2, "name": "Walk", "dt_start": start, "dt_end": end});
    let told = send(&cloud, call(Method::Post, "/", &event)).await;
    assert_eq!(
        (told.status, &told.body["id"]),
        (200, &json!(1)),
        "{told:?}"
    );
    let renamed = json!({"user_id": 2, "id": 1, "name": "Long walk"});
    let told = send(&cloud, call(Method::Put, "/", &renamed)).await;
    assert_eq!(told.body["name"], "Long walk", "{told:?}");
    let gone = json!({"user_id": 2, "id": 1});
    let told = send(&cloud, call(Method::Delete, "/", &gone)).await;
    assert_eq!(told.body["revision"], 3, "{told:?}");
    // A signature holds over the path that was seen, and that of the plain address is not there.
    let elsewhere = Request {
        url: format!("http://{host}/"),
        ..call(Method::Post, "/calendar/events", &event)
    };
    assert_eq!(send(&cloud, elsewhere).await.status, 403);
    let told = send(&cloud, call(Method::Post, "/calendar/events", &event)).await;
    assert_eq!(told.status, 404, "{told:?}");
}

#[tokio::test]
async fn the_event_bus() {
    let cloud = cloud().await;
    let host = name(Family::Events, Service::Events);
    let signed = |signer: Signer, host: &str, region| {
        signer
            .sign_in(region, Signed::new("events"), put_events(host))
            .unwrap()
    };
    let told = send(&cloud, signed(backend(&cloud), &host, REGION)).await;
    assert_eq!(told.body["FailedEntryCount"], 0, "{told:?}");

    // The bus of another region is not the backend's, and credentials for a region are good in it alone.
    let elsewhere = host.replace(REGION, "us-east-1");
    let told = send(&cloud, signed(backend(&cloud), &elsewhere, "us-east-1")).await;
    assert_eq!(told.body["__type"], "AccessDeniedException", "{told:?}");
    assert!(told.text.contains(":us-east-1:"), "{told:?}");
    let told = send(&cloud, signed(backend(&cloud), &elsewhere, REGION)).await;
    assert_eq!(told.body["__type"], "InvalidSignatureException", "{told:?}");
}

#[tokio::test]
async fn subscriptions_signed_for_the_graphql_host() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let (graphql, api) = (graphql_host(), Service::Api(ApiName::Orders));
    let realtime = name(Family::Realtime, api);
    let with_port = format!("{graphql}:8443");
    // As the real service has it; and as the official clients do it where the name has a port in it.
    for (signed_host, socket_host, path) in [
        (&graphql, &realtime, "/graphql"),
        (&with_port, &with_port, "/graphql/realtime"),
    ] {
        let url = format!("http://{signed_host}");
        let connect = guest.socket_headers_at(&url, "/graphql/connect", "{}");
        let mut socket = socket(&cloud, &guest, socket_host, path, &connect)
            .await
            .unwrap();
        socket.send(&json!({"type": "connection_init"})).await;
        assert_eq!(socket.frame().await["type"], "connection_ack");
        let data = json!({ "query": EVERY_ID }).to_string();
        let start = guest.socket_headers_at(&url, "/graphql", &data);
        let id = socket.start_with(&data, &start).await;
        assert_eq!(socket.frame().await, json!({"type": "start_ack", "id": id}));
        publish(&cloud, input("by-name", 1)).await;
        let event = &socket.frame().await["payload"]["data"]["onCreateOrUpdateOrder"];
        assert_eq!(event["orderId"], "by-name");

        // A subscription that is signed for elsewhere fails alone.
        let start = guest.socket_headers(&cloud, "/orders/graphql", &data);
        socket.start_with(&data, &start).await;
        let refused = socket.frame().await;
        assert_eq!(refused["type"], "error", "{refused}");
    }
}

#[tokio::test]
async fn a_socket_that_is_signed_for_elsewhere_is_refused() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let (graphql, api) = (graphql_host(), Service::Api(ApiName::Orders));
    let realtime = name(Family::Realtime, api);
    let other_api = Family::GraphQl.name("00000000000000000000000000", REGION);
    for (host, path) in [
        (&realtime, "/graphql/connect"),
        (&other_api, "/graphql/connect"),
        (&graphql, "/orders/graphql/connect"),
        (&graphql, "/graphql"),
    ] {
        let signed = guest.socket_headers_at(&format!("http://{host}"), path, "{}");
        let mut socket = socket(&cloud, &guest, &realtime, "/graphql", &signed)
            .await
            .unwrap();
        socket.send(&json!({"type": "connection_init"})).await;
        let refused = socket.frame().await;
        assert_eq!(
            refused["type"], "connection_error",
            "{host}{path}: {refused}"
        );
        let error = &refused["payload"]["errors"][0];
        assert_eq!(error["errorType"], "UnauthorizedException", "{refused}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_answered_as_the_service_does() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let api = "00000000000000000000000000";
    let elsewhere = graphql_host().replace(REGION, "us-east-1");
    for host in [Family::GraphQl.name(api, REGION), elsewhere] {
        let request = guest.sign(Signed::APPSYNC, query(&host)).unwrap();
        let told = send(&cloud, request).await;
        assert_eq!((told.status, told.error_type()), (404, "NotFoundException"));
        assert_eq!(told.header("access-control-allow-origin"), Some("*"));
    }
    let unknown = Family::Realtime.name(api, REGION);
    let url = format!("http://{}", Family::GraphQl.name(api, REGION));
    let headers = guest.socket_headers_at(&url, "/graphql/connect", "{}");
    let refused = socket(&cloud, &guest, &unknown, "/graphql", &headers).await;
    let Err(tungstenite::Error::Http(answer)) = refused.map(|_| ()) else {
        panic!("it was not refused by an answer");
    };
    assert_eq!(answer.status(), http::StatusCode::NOT_FOUND);

    for (host, status, body) in [
        (
            Family::Rest.name("0000000000", REGION),
            403,
            json!({"message": "Forbidden"}),
        ),
        (
            Family::Function.name("00000000000000000000000000000000", REGION),
            403,
            json!({ "Message": null }),
        ),
        (
            Family::Mqtt.name("00000000000000", REGION),
            403,
            json!({"message": "Forbidden"}),
        ),
    ] {
        let told = send(&cloud, Request::get(format!("http://{host}/"))).await;
        assert_eq!((told.status, told.body), (status, body), "{host}");
    }
    let told = send(&cloud, Request::get("http://s3.eu-west-1.amazonaws.com/")).await;
    assert_eq!(told.status, 421);
    assert!(told.text.contains("eddy-cloud endpoints"), "{told:?}");
}

#[tokio::test]
async fn the_page_is_at_the_plain_address_only() {
    let cloud = cloud().await;
    for host in ["localhost:8787", "eddy.example", "127.0.0.1"] {
        let told = send(&cloud, Request::get(format!("http://{host}/"))).await;
        assert!(told.text.contains("<title>Eddy"), "{host}: {told:?}");
    }
    for host in cloud::services::doors().map(|door| door.host()) {
        let told = send(&cloud, Request::get(format!("http://{host}/orders"))).await;
        assert!((400..500).contains(&told.status), "{host}: {told:?}");
        assert!(!told.text.contains("html"), "{host}: {told:?}");
    }
}

#[tokio::test]
async fn browsers_may_call_from_any_page() {
    let cloud = cloud().await;
    let asked = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for door in cloud::services::doors() {
        let headers = [
            asked("origin", "https://eddy.example"),
            asked("access-control-request-method", door.method),
            asked("access-control-request-headers", "x-amz-date,authorization"),
        ];
        let path = door.path.trim_start_matches('/');
        let told = sent(&cloud, "OPTIONS", &door.host(), path, &headers, Vec::new()).await;
        let header = |name| told.header(name).unwrap_or_default().to_owned();
        assert_eq!(told.status, 200, "{door:?}: {told:?}");
        assert_eq!(header("access-control-allow-origin"), "*", "{door:?}");
        assert!(
            header("access-control-allow-headers").contains("authorization"),
            "{door:?}: {told:?}"
        );
    }
}
