//! What no WebSocket library sends: bytes on a TCP connection.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud::testing::Running;
use futures::FutureExt;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::guest;

const UPGRADE: &str = "GET /orders/graphql/realtime HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\n\
    connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Beginnings of requests that are not gone on with.
pub(crate) const STALLS: &[&str] = &[
    "",
    "G",
    "GET /orders/graphql/realtime HTTP/1.1\r\nhost: h\r\nupgrade: websock",
    "POST /orders/graphql HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\n{\"query\":",
    "POST /events/ HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"E",
];

/// All of them at once, each in a box: many at a time by value are more than a test's stack holds.
async fn together(work: impl Iterator<Item: Future<Output = ()>>) {
    futures::future::join_all(work.map(FutureExt::boxed_local)).await;
}

async fn connect(cloud: &Running) -> TcpStream {
    let address = cloud.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the cloud ends the connection.
async fn ended(tcp: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = tcp.read(&mut buffer).await {}
}

/// Sends this and nothing more: the cloud ends it, in about that time.
pub(crate) async fn ended_after(cloud: &Running, sent: &str, stall: Duration) {
    let mut tcp = connect(cloud).await;
    tcp.write_all(sent.as_bytes()).await.unwrap();
    let waited = timeout(stall * 10, ended(&mut tcp)).await;
    assert!(waited.is_ok(), "{sent:?} is waited for without an end");
}

/// An upgraded connection, with the head of the answer. Authorized as it should be, with `protocols` before it.
async fn upgraded(cloud: &Running, protocols: &str) -> (TcpStream, String) {
    let headers = guest(cloud).socket_headers(cloud, "/orders/graphql/connect", "{}");
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&headers).unwrap());
    let protocols = protocols.replace("HEADER", &format!("header-{header}"));
    let mut tcp = connect(cloud).await;
    let request = format!("{UPGRADE}{protocols}\r\n");
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.unwrap());
    }
    (tcp, String::from_utf8(head).unwrap())
}

/// A frame of a client: masked with zeros, so that what is sent can be read here.
fn frame(first: u8, length: u64, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![first];
    match length {
        0..126 => frame.push(mask | u8::try_from(length).unwrap()),
        126..65_536 => {
            frame.push(mask | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(mask | 127);
            frame.extend(length.to_be_bytes());
        }
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}

fn whole(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload.len() as u64, true, payload)
}

/// Frames that break WebSocket's own rules, or that are larger than anything may be: the connection is ended for each.
pub(crate) async fn broken_frames(cloud: &Running) {
    let part = vec![b'x'; 64 * 1024];
    let endless: Vec<u8> = (0..40)
        .flat_map(|number| whole(if number == 0 { 0x01 } else { 0x00 }, &part))
        .collect();
    let broken = [
        ("text that is not UTF-8", whole(0x81, b"\xff\xfe\x00")),
        (
            "text cut within a letter",
            whole(0x81, "\u{20ac}".as_bytes().split_at(2).0),
        ),
        (
            "a binary frame",
            whole(0x82, b"{\"type\":\"connection_init\"}"),
        ),
        ("a frame without a mask", frame(0x81, 2, false, b"{}")),
        ("a reserved opcode", whole(0x83, b"{}")),
        ("reserved bits", whole(0xf1, b"{}")),
        ("a continuation of nothing", whole(0x80, b"{}")),
        ("a ping of 200 bytes", whole(0x89, &[0; 200])),
        ("a ping in parts", whole(0x09, b"x")),
        (
            "a frame of two megabytes",
            whole(0x81, &vec![b' '; 2 * 1024 * 1024]),
        ),
        (
            "the promise of a terabyte",
            frame(0x81, 1 << 40, true, b"{"),
        ),
        (
            "the promise of more than there is",
            frame(0x81, u64::MAX, true, b"{"),
        ),
        ("a message of endless parts", endless),
        ("a close with half a code", whole(0x88, b"\x03")),
        ("a close with a code that is none", whole(0x88, b"\x00\x05")),
        ("HTTP again", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("zeros", vec![0; 100_000]),
    ];
    // All at once: a client that does not answer a close is waited for.
    let sent = broken.into_iter().map(|(what, bytes)| async move {
        let (mut tcp, head) =
            upgraded(cloud, "sec-websocket-protocol: graphql-ws, HEADER\r\n").await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let (mut from, mut to) = tcp.split();
        // It may be ended while this is still being sent.
        let sending = async { drop(to.write_all(&bytes).await) };
        let reading = async {
            let mut buffer = [0; 4096];
            while let Ok(1..) = from.read(&mut buffer).await {}
        };
        let both = async { futures::join!(sending, reading) };
        let waited = timeout(Duration::from_secs(10), both).await;
        assert!(waited.is_ok(), "{what}: the connection goes on");
    });
    together(sent).await;
}

/// Subprotocols that are not ours, none, or too many of them: no connection that does anything.
pub(crate) async fn wrong_subprotocols(cloud: &Running) {
    let many = format!("sec-websocket-protocol: {}\r\n", "x,".repeat(5_000));
    let tried = [
        "",
        "sec-websocket-protocol: mqtt\r\n",
        "sec-websocket-protocol: graphql-transport-ws, chat\r\n",
        "sec-websocket-protocol: graphql-ws, header-\r\n",
        "sec-websocket-protocol: graphql-ws, header-!!!!\r\n",
        "sec-websocket-protocol: graphql-ws, header-e30\r\n",
        "sec-websocket-protocol: graphql-ws, header-W10\r\n",
        "sec-websocket-protocol: \u{7f}\r\n",
        &many,
    ]
    .into_iter()
    .map(|protocols| async move {
        let (mut tcp, head) = upgraded(cloud, protocols).await;
        if !head.starts_with("HTTP/1.1 101") {
            return;
        }
        let init = whole(0x81, b"{\"type\":\"connection_init\"}");
        tcp.write_all(&init).await.unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        let reading = async {
            while let Ok(read @ 1..) = tcp.read(&mut buffer).await {
                answer.extend_from_slice(&buffer[..read]);
            }
        };
        let waited = timeout(Duration::from_secs(10), reading).await;
        assert!(waited.is_ok(), "{protocols:?}: the connection goes on");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.contains("connection_error"),
            "{protocols:?}: {answer}"
        );
    });
    together(tried).await;
}

/// Asks and asks, and reads no answer: once the network is full, it is left.
pub(crate) async fn asks_and_never_reads(cloud: &Running, stall: Duration) {
    let (mut tcp, _) = upgraded(cloud, "sec-websocket-protocol: graphql-ws, HEADER\r\n").await;
    let init = whole(0x81, b"{\"type\":\"connection_init\"}");
    tcp.write_all(&init).await.unwrap();
    let nonsense = format!("{{\"type\":\"{}\"}}", "n".repeat(10_000));
    let nonsense = whole(0x81, nonsense.as_bytes());
    let asking = async { while tcp.write_all(&nonsense).await.is_ok() {} };
    let waited = timeout(stall * 10, asking).await;
    assert!(waited.is_ok(), "who reads nothing may go on asking");
}
