//! A service that follows a script: real-time connections, queries and guest credentials on one port.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use appsync::{ApiKey, Auth, Client, Endpoint, Event, Region, State, Subscription};
use aws_guest::{Guest, GuestConfig};
use base64::Engine as _;
use futures::{SinkExt, StreamExt};
use json::FromJson;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What a connection does after a frame.
pub(crate) enum Reply {
    Send(Value),
    Close,
}

/// A frame with the number of its connection, counted from 1.
type Script = dyn Fn(usize, &Value) -> Vec<Reply> + Send + Sync;
/// The status and body of the answer to the n-th query, counted from 1.
type Answers = dyn Fn(usize, &Value) -> (u16, String) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<Script>,
    answers: Box<Answers>,
    refuses: AtomicBool,
    connections: AtomicUsize,
    queries: AtomicUsize,
    /// How many sockets are open.
    open: watch::Sender<usize>,
    /// How often credentials were asked for.
    credentials: watch::Sender<usize>,
    frames: watch::Sender<Vec<Value>>,
    headers: watch::Sender<Vec<Value>>,
    push: broadcast::Sender<Value>,
}

/// How a service behaves that has nothing against anybody.
pub(crate) fn willing(frame: &Value) -> Vec<Reply> {
    let id = &frame["id"];
    vec![Reply::Send(match frame["type"].as_str().unwrap() {
        "connection_init" => {
            json!({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}})
        }
        "start" => json!({"type": "start_ack", "id": id}),
        "stop" => json!({"type": "complete", "id": id}),
        other => panic!("no such frame: {other}"),
    })]
}

impl Server {
    pub(crate) async fn willing() -> Self {
        Self::scripted(|_, frame| willing(frame)).await
    }

    pub(crate) async fn scripted(
        script: impl Fn(usize, &Value) -> Vec<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::start(Box::new(script), Box::new(|_, _| (500, String::new()))).await
    }

    pub(crate) async fn answering(
        answers: impl Fn(usize, &Value) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::start(Box::new(|_, frame| willing(frame)), Box::new(answers)).await
    }

    async fn start(script: Box<Script>, answers: Box<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script,
            answers,
            refuses: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            queries: AtomicUsize::new(0),
            open: watch::Sender::new(0),
            credentials: watch::Sender::new(0),
            frames: watch::Sender::new(Vec::new()),
            headers: watch::Sender::new(Vec::new()),
            push: broadcast::Sender::new(64),
        });
        let server = Self { url, shared };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting.shared);
                tokio::spawn(async move {
                    let mut first = [0; 4];
                    if stream
                        .peek(&mut first)
                        .await
                        .is_ok_and(|_| &first == b"POST")
                    {
                        serve_http(&shared, stream).await;
                    } else {
                        serve_socket(&shared, stream).await;
                    }
                });
            }
        });
        server
    }

    pub(crate) fn with_key(&self) -> Client {
        self.client(Auth::ApiKey(ApiKey("da2-key".into())))
    }

    pub(crate) fn with_guest(&self) -> Client {
        self.client(Auth::Guest(Guest::new(GuestConfig {
            endpoint: format!("{}/cognito/", self.url),
            region: Region::new("eu-west-1"),
            // Identities are kept by pool, and tests must not share them.
            identity_pool_id: format!("eu-west-1:{}", net::random::uuid()),
        })))
    }

    fn client(&self, auth: Auth) -> Client {
        let url = format!("{}/graphql", self.url);
        Client::new(Endpoint {
            url,
            region: Region::new("eu-west-1"),
            auth,
        })
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn queries(&self) -> usize {
        self.shared.queries.load(Ordering::SeqCst)
    }

    /// Sends a frame to every connection.
    pub(crate) fn push(&self, frame: Value) {
        let _ = self.shared.push.send(frame);
    }

    pub(crate) async fn until_open(&self, count: usize) {
        until(&self.shared.open, |open| *open == count).await;
    }

    pub(crate) async fn until_credentials(&self, count: usize) {
        until(&self.shared.credentials, |asked| *asked == count).await;
    }

    /// The frames of a type, as soon as there are so many.
    pub(crate) async fn frames(&self, kind: &str, count: usize) -> Vec<Value> {
        let of_kind = |frames: &[Value]| -> Vec<Value> {
            frames
                .iter()
                .filter(|frame| frame["type"] == kind)
                .cloned()
                .collect()
        };
        of_kind(&until(&self.shared.frames, |frames| of_kind(frames).len() >= count).await)
    }

    /// The headers by which the n-th connection was authorized.
    pub(crate) async fn headers(&self, number: usize) -> Value {
        until(&self.shared.headers, |headers| headers.len() >= number).await[number - 1].clone()
    }
}

async fn until<T: Clone + Send + Sync + 'static>(
    sender: &watch::Sender<T>,
    is: impl Fn(&T) -> bool,
) -> T {
    let mut receiver = sender.subscribe();
    deadline(receiver.wait_for(|value| is(value)))
        .await
        .unwrap()
        .clone()
}

/// No condition in these tests takes longer.
pub(crate) async fn deadline<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("what was waited for")
}

/// The next event.
pub(crate) async fn next<T: FromJson>(subscription: &mut Subscription<T>) -> Option<Event<T>> {
    deadline(subscription.next()).await
}

/// Reads until a state comes that is wanted.
pub(crate) async fn until_state<T: FromJson>(
    subscription: &mut Subscription<T>,
    is: impl Fn(&State) -> bool,
) -> State {
    loop {
        match next(subscription).await.expect("the stream goes on") {
            Event::State(state) if is(&state) => return state,
            _ => {}
        }
    }
}

#[allow(
    clippy::result_large_err,
    reason = "the callback's type is tungstenite's"
)]
async fn serve_socket(shared: &Shared, stream: TcpStream) {
    let upgrade = |request: &Request, mut response: Response| {
        assert_eq!(request.uri().path(), "/graphql/realtime");
        let offered = request.headers()["sec-websocket-protocol"]
            .to_str()
            .unwrap();
        let (protocol, header) = offered.split_once(", header-").unwrap();
        let headers = base64::prelude::BASE64_URL_SAFE_NO_PAD
            .decode(header)
            .unwrap();
        shared
            .headers
            .send_modify(|all| all.push(serde_json::from_slice(&headers).unwrap()));
        if shared.refuses.load(Ordering::SeqCst) {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = 403.try_into().unwrap();
            return Err(refusal);
        }
        response
            .headers_mut()
            .insert("sec-websocket-protocol", protocol.try_into().unwrap());
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, upgrade).await else {
        return;
    };
    let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
    shared.open.send_modify(|open| *open += 1);
    let mut pushed = shared.push.subscribe();
    loop {
        let replies = tokio::select! {
            frame = pushed.recv() => vec![Reply::Send(frame.unwrap())],
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let replies = (shared.script)(number, &frame);
                    shared.frames.send_modify(|frames| frames.push(frame));
                    replies
                }
                Some(Ok(_)) => vec![],
                Some(Err(_)) | None => break,
            },
        };
        for reply in replies {
            let _ = match reply {
                Reply::Send(frame) => socket.send(Message::text(frame.to_string())).await,
                Reply::Close => socket.close(None).await,
            };
        }
    }
    shared.open.send_modify(|open| *open -= 1);
}

async fn serve_http(shared: &Shared, mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return;
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head
            .split("content-length: ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        if body.len() >= length.parse().unwrap() {
            break (head, serde_json::from_str::<Value>(body).unwrap());
        }
    };
    let (status, answer) = if head.starts_with("post /cognito/") {
        let identity = "eu-west-1:00000000-0000-4000-8000-000000000001";
        let answer = if head.contains("getid") {
            json!({"IdentityId": identity})
        } else {
            let mut number = 0;
            shared.credentials.send_modify(|asked| {
                *asked += 1;
                number = *asked;
            });
            let expiration = net::wall().0 / 1000 + 3600;
            json!({"IdentityId": identity, "Credentials": {
                "AccessKeyId": format!("AKID{number}"), "SecretKey": "secret",
                "SessionToken": format!("token {number}"), "Expiration": expiration,
            }})
        };
        (200, answer.to_string())
    } else {
        assert!(head.starts_with("post /graphql http"), "{head}");
        let number = shared.queries.fetch_add(1, Ordering::SeqCst) + 1;
        shared
            .headers
            .send_modify(|all| all.push(head.clone().into()));
        (shared.answers)(number, &body)
    };
    let length = answer.len();
    let answer = format!(
        "HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}
