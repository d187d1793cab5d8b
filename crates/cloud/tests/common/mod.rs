//! What the tests share: a running cloud, callers with credentials, requests signed by the clients' signer (written
//! independently of the cloud's verification), and sockets spoken to frame by frame.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file is a crate that uses its part"
)]

pub mod admin;
pub mod movies;
pub mod mqtt;
pub mod program;

use std::time::Duration;

use aws_guest::sign::{Scope, headers};
use aws_guest::{Credentials, Error, IdentityId, Region, Service};
use backend::api::{Caller, Role};
use backend::ports::Pace;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud::Settings;
use cloud::testing::{Running, start};
use futures::{SinkExt as _, StreamExt as _};
use net::UnixTime;
use net::http::Request;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Nothing here takes longer, on the slowest machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub const EVERY_FIELD: &str = "orderId currency customerId items { itemId description quantity unitPrice } numItems \
    status total createdAt updatedAt revision";

/// A running cloud that does not wait in its simulations and rotates no movies.
pub async fn cloud() -> Running {
    cloud_with(|_| ()).await
}

pub async fn cloud_with(change: impl FnOnce(&mut Settings)) -> Running {
    let mut settings = Settings {
        pace: Pace::from_state(Duration::ZERO),
        rotation: Duration::ZERO,
        ..Settings::default()
    };
    change(&mut settings);
    start(settings).await.unwrap()
}

/// Someone with credentials, and a clock that may be wrong.
#[derive(Clone)]
pub struct Signer {
    pub credentials: Credentials,
    pub clock_ahead: Duration,
    pub clock_behind: Duration,
}

pub fn guest(cloud: &Running) -> Signer {
    signer(
        cloud,
        &Caller {
            role: Role::Guest,
            identity: None,
        },
    )
}

pub fn backend(cloud: &Running) -> Signer {
    signer(cloud, &Caller::backend())
}

/// A guest with an identity of its own.
pub fn guest_named(cloud: &Running, identity: &str) -> Signer {
    let identity = Some(backend::api::IdentityId(identity.to_owned()));
    signer(
        cloud,
        &Caller {
            role: Role::Guest,
            identity,
        },
    )
}

fn signer(cloud: &Running, caller: &Caller) -> Signer {
    let minted = cloud.credentials(caller);
    with_keys(
        &minted.access_key_id,
        &minted.secret_access_key.0,
        &minted.session_token,
    )
}

pub fn with_keys(access_key_id: &str, secret: &str, token: &str) -> Signer {
    let forever = UnixTime(i64::MAX);
    let identity = IdentityId::new("eu-west-1:00000000-0000-4000-8000-000000000000");
    let credentials = Credentials::new(
        access_key_id,
        secret,
        Some(token.to_owned()),
        forever,
        identity,
    );
    Signer {
        credentials,
        clock_ahead: Duration::ZERO,
        clock_behind: Duration::ZERO,
    }
}

impl Signer {
    pub fn at(&self) -> UnixTime {
        let ahead = i64::try_from(self.clock_ahead.as_millis()).unwrap();
        let behind = i64::try_from(self.clock_behind.as_millis()).unwrap();
        UnixTime(net::wall().0 + ahead - behind)
    }

    pub fn sign(&self, service: Service, request: Request) -> Result<Request, Error> {
        self.sign_in("eu-west-1", service, request)
    }

    pub fn sign_in(
        &self,
        region: &str,
        service: Service,
        request: Request,
    ) -> Result<Request, Error> {
        let region = Region::new(region);
        headers(
            Scope {
                credentials: &self.credentials,
                region: &region,
                service,
                at: self.at(),
            },
            request,
        )
    }

    /// A signed GraphQL request.
    pub fn graphql(&self, cloud: &Running, query: &str, variables: Value) -> Request {
        self.graphql_of("orders", cloud, query, variables)
    }

    /// A signed GraphQL request to an API.
    pub fn graphql_of(&self, api: &str, cloud: &Running, query: &str, variables: Value) -> Request {
        let body = json!({"query": query, "variables": variables}).to_string();
        let mut request = Request::post(format!("{}/{api}/graphql", cloud.url), body);
        request.headers.push((
            "content-type".into(),
            "application/json; charset=UTF-8".into(),
        ));
        self.sign(Service::APPSYNC, request).unwrap()
    }

    pub fn start_simulation(&self, cloud: &Running) -> Request {
        self.sign(
            Service::EXECUTE_API,
            Request::get(format!("{}/order", cloud.url)),
        )
        .unwrap()
    }

    /// A signed `PutEvents`.
    pub fn put_events(&self, cloud: &Running, entries: Value) -> Request {
        let body = json!({"Entries": entries}).to_string();
        let mut request = Request::post(format!("{}/events/", cloud.url), body);
        request
            .headers
            .push(("content-type".into(), "application/x-amz-json-1.1".into()));
        request
            .headers
            .push(("x-amz-target".into(), "AWSEvents.PutEvents".into()));
        self.sign(Service::new("events"), request).unwrap()
    }

    /// The signed headers, as JSON, of a POST that travels in a socket.
    pub fn socket_headers(&self, cloud: &Running, path: &str, body: &str) -> Map<String, Value> {
        self.socket_headers_at(&cloud.url, path, body)
    }

    /// The same for a cloud's address by another name.
    pub fn socket_headers_at(&self, url: &str, path: &str, body: &str) -> Map<String, Value> {
        let mut request = Request::post(format!("{url}{path}"), body);
        for (name, value) in [
            ("accept", "application/json, text/javascript"),
            ("content-encoding", "amz-1.0"),
            ("content-type", "application/json; charset=UTF-8"),
        ] {
            request.headers.push((name.into(), value.into()));
        }
        let signed = self.sign(Service::APPSYNC, request).unwrap();
        let mut headers: Map<String, Value> = signed
            .headers
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        let host = url.split_once("://").unwrap().1;
        headers.insert("host".into(), host.into());
        headers
    }
}

/// An answer, as the tests look at it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub headers: Vec<(String, String)>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// AppSync's name of the first error.
    pub fn error_type(&self) -> &str {
        self.body["errors"][0]["errorType"]
            .as_str()
            .unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
    }
}

pub async fn send(request: Request) -> Answer {
    let response = net::http::send(request).await.unwrap();
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer {
        status: response.status,
        body,
        text,
        headers: response.headers,
    }
}

/// How the authorization gets into the handshake.
#[derive(Debug, Clone, Copy)]
pub enum Passing {
    Subprotocol,
    Query,
}

/// A socket, frame by frame.
pub struct Socket {
    pub ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    signer: Signer,
    /// The API's GraphQL endpoint.
    path: String,
    next: u32,
}

impl Socket {
    /// A live connection of this signer.
    pub async fn live(cloud: &Running, signer: &Signer) -> Self {
        Self::live_on("orders", cloud, signer).await
    }

    /// A live connection of this signer to an API.
    pub async fn live_on(api: &str, cloud: &Running, signer: &Signer) -> Self {
        let path = format!("/{api}/graphql");
        let headers = signer.socket_headers(cloud, &format!("{path}/connect"), "{}");
        let passing = Passing::Subprotocol;
        let mut socket = Self::open_at(path, cloud, signer, Some(&headers), passing).await;
        socket.send(&json!({"type": "connection_init"})).await;
        assert_eq!(socket.frame().await["type"], "connection_ack");
        socket
    }

    pub async fn open(cloud: &Running, signer: &Signer, passing: Passing) -> Self {
        let headers = signer.socket_headers(cloud, "/orders/graphql/connect", "{}");
        Self::open_with(cloud, signer, Some(&headers), passing).await
    }

    pub async fn open_with(
        cloud: &Running,
        signer: &Signer,
        headers: Option<&Map<String, Value>>,
        passing: Passing,
    ) -> Self {
        Self::open_at(
            "/orders/graphql".to_owned(),
            cloud,
            signer,
            headers,
            passing,
        )
        .await
    }

    pub async fn open_at(
        path: String,
        cloud: &Running,
        signer: &Signer,
        headers: Option<&Map<String, Value>>,
        passing: Passing,
    ) -> Self {
        let encoded =
            headers.map(|headers| URL_SAFE_NO_PAD.encode(serde_json::to_vec(headers).unwrap()));
        let url = format!("{}{path}/realtime", cloud.url.replace("http", "ws"));
        let (url, protocol) = match (encoded, passing) {
            (Some(encoded), Passing::Subprotocol) => (url, format!("graphql-ws, header-{encoded}")),
            (Some(encoded), Passing::Query) => (
                format!("{url}?header={encoded}&payload=e30="),
                "graphql-ws".into(),
            ),
            (None, _) => (url, "graphql-ws".to_owned()),
        };
        let mut request = url.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol.parse().unwrap());
        let (ws, response) = tokio_tungstenite::connect_async(request).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-ws");
        Self {
            path,
            ..Self::over(ws, signer)
        }
    }

    /// One that is open already, to the orders API.
    pub fn over(ws: WebSocketStream<MaybeTlsStream<TcpStream>>, signer: &Signer) -> Self {
        Self {
            ws,
            signer: signer.clone(),
            path: "/orders/graphql".to_owned(),
            next: 0,
        }
    }

    pub async fn send(&mut self, frame: &Value) {
        self.ws
            .send(Message::text(frame.to_string()))
            .await
            .unwrap();
    }

    /// The next frame that is no keep-alive.
    pub async fn frame(&mut self) -> Value {
        loop {
            match self.received().await {
                Received::Frame(frame) if frame["type"] == "ka" => {}
                Received::Frame(frame) => return frame,
                Received::Closed(code, reason) => panic!("closed: {code} {reason}"),
            }
        }
    }

    pub async fn received(&mut self) -> Received {
        let message = tokio::time::timeout(DEADLINE, self.ws.next())
            .await
            .expect("a frame in time");
        match message {
            Some(Ok(Message::Text(text))) => Received::Frame(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(close)))) => {
                Received::Closed(close.code.into(), close.reason.to_string())
            }
            Some(Ok(other)) => panic!("unexpected: {other:?}"),
            Some(Err(_)) | None => Received::Closed(1006, String::new()),
        }
    }

    /// A `start`, signed; its id.
    pub async fn start(&mut self, cloud: &Running, query: &str, variables: Value) -> String {
        let data = json!({"query": query, "variables": variables}).to_string();
        let authorization = self.signer.socket_headers(cloud, &self.path, &data);
        self.start_with(&data, &authorization).await
    }

    pub async fn start_with(&mut self, data: &str, authorization: &Map<String, Value>) -> String {
        self.next += 1;
        let id = format!("{}", self.next);
        let payload = json!({"data": data, "extensions": {"authorization": authorization}});
        self.send(&json!({"id": id, "type": "start", "payload": payload}))
            .await;
        id
    }

    /// A subscription that runs; its id.
    pub async fn subscribe(&mut self, cloud: &Running, query: &str, variables: Value) -> String {
        let id = self.start(cloud, query, variables).await;
        assert_eq!(self.frame().await, json!({"type": "start_ack", "id": id}));
        id
    }
}

#[derive(Debug)]
pub enum Received {
    Frame(Value),
    Closed(u16, String),
}

/// An input that holds a whole order.
pub fn input(order_id: &str, revision: u32) -> Value {
    json!({
        "orderId": order_id, "currency": "EUR", "customerId": "c-1", "numItems": 1, "status": "SUBMITTED",
        "total": 12, "createdAt": "2026-02-02T20:00:00.000Z", "revision": revision,
        "items": [{"itemId": "i-1", "description": "Soup", "quantity": 2, "unitPrice": 6}],
    })
}

/// Publishes an order as the backend does.
pub async fn publish(cloud: &Running, input: Value) -> Answer {
    let query = format!(
        "mutation($input: CreateOrderInput!) {{ createOrder(input: $input) {{ {EVERY_FIELD} }} }}"
    );
    let answer = send(backend(cloud).graphql(cloud, &query, json!({"input": input}))).await;
    assert_eq!(
        (answer.status, &answer.body["errors"]),
        (200, &Value::Null),
        "{answer:?}"
    );
    answer
}

/// A producer's event, as an entry of `PutEvents`.
pub fn entry(source: &str, detail_type: &str, detail: &Value) -> Value {
    json!({"Source": source, "DetailType": detail_type, "Detail": detail.to_string(), "EventBusName": "orders.events"})
}

pub fn created(order_id: &str, quantity: i64) -> Value {
    let item =
        json!({"itemId": "i-1", "description": "Soup", "quantity": quantity, "unitPrice": 6.5});
    let detail =
        json!({"orderId": order_id, "customerId": "c-1", "currency": "EUR", "items": [item]});
    entry("orders.events.ordering", "New order created", &detail)
}

pub fn updated(order_id: &str, status: &str) -> Value {
    entry(
        "orders.events.kitchen",
        "Order updated",
        &json!({"orderId": order_id, "status": status}),
    )
}

/// Waits until the condition holds.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let waited = tokio::time::timeout(DEADLINE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"));
}
