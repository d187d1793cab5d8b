//! The native side against real sockets on this machine.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::future::Future;
use std::time::Duration;

use futures::future::poll_immediate;
use futures::{SinkExt, StreamExt};
use net::http::{Request, send};
use net::socket::{LOST, Message, Received, Socket};
use net::{NetError, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{
    ErrorResponse, Request as Upgrade, Response,
};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

const DEADLINE: Duration = Duration::from_secs(10);

/// Listens, gives the first connection to `serve`, and returns the address without a scheme.
async fn server<F>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    format!("{address}")
}

/// Reads until the text has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(end) {
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "hung up early"
        );
    }
    String::from_utf8(bytes).unwrap()
}

#[expect(clippy::result_large_err, reason = "the type is the library's")]
fn choose(_: &Upgrade, mut response: Response) -> Result<Response, ErrorResponse> {
    response
        .headers_mut()
        .insert("sec-websocket-protocol", "graphql-ws".parse().unwrap());
    Ok(response)
}

async fn accept(stream: TcpStream) -> WebSocketStream<TcpStream> {
    accept_hdr_async(stream, choose).await.unwrap()
}

async fn open(address: &str) -> Socket {
    Socket::open(&format!("ws://{address}/"), &["graphql-ws", "header-e30"])
        .await
        .unwrap()
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_any_answer_comes_back() {
    let (tell, told) = oneshot::channel();
    let address = server(async |mut stream| {
        tell.send(read_until(&mut stream, "the body").await)
            .unwrap();
        let answer = "HTTP/1.1 418 X\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\nno!";
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let request =
        Request::post(format!("http://{address}/a%20b?c=d"), "the body").with("x-mine", "1");
    let response = send(request).await.unwrap();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (418, b"no!".as_slice())
    );
    assert_eq!(response.header("X-TWO"), Some("1"));
    assert_eq!(
        response
            .headers
            .iter()
            .filter(|(name, _)| name == "x-two")
            .count(),
        2
    );
    let asked = told.await.unwrap().to_lowercase();
    assert!(asked.starts_with("post /a%20b?c=d http/1.1\r\n"), "{asked}");
    for line in [
        &format!("host: {address}"),
        "x-mine: 1",
        "content-length: 8",
    ] {
        assert!(
            asked.contains(&format!("\r\n{line}\r\n")),
            "{line} in {asked}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_apart_from_what_was_not_answered() {
    let invalid = [
        Request::get("not an address"),
        Request::get("http://127.0.0.1/").with("bad name", "1"),
        Request::get("http://127.0.0.1/").with("x", "two\r\nlines"),
    ];
    for request in invalid {
        let outcome = send(request).await;
        assert!(matches!(outcome, Err(NetError::Invalid(_))), "{outcome:?}");
    }

    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let outcome = send(Request::get(format!("http://{closed}/?secret"))).await;
    assert!(
        matches!(outcome, Err(NetError::Unreachable(_))),
        "{outcome:?}"
    );
    assert!(!format!("{outcome:?}").contains("secret"));

    let address = server(async |mut stream| {
        read_until(&mut stream, "\r\n\r\n").await;
        stream
            .write_all(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf")
            .await
            .unwrap();
    })
    .await;
    let outcome = send(Request::get(format!("http://{address}/"))).await;
    assert!(
        matches!(outcome, Err(NetError::Unreachable(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_dropped_request_hangs_up() {
    let (asked, was_asked) = oneshot::channel();
    let (gone, was_gone) = oneshot::channel();
    let address = server(async |mut stream| {
        read_until(&mut stream, "\r\n\r\n").await;
        asked.send(()).unwrap();
        let _ = gone.send(stream.read(&mut [0]).await);
    })
    .await;
    let sending = tokio::spawn(send(Request::get(format!("http://{address}/"))));
    was_asked.await.unwrap();
    sending.abort();
    let read = within(DEADLINE, was_gone).await.unwrap().unwrap();
    assert_eq!(read.unwrap_or(0), 0);
}

#[test]
fn requests_work_in_one_runtime_after_another() {
    let serving = tokio::runtime::Runtime::new().unwrap();
    let listener = serving.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    serving.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Keeps the connection open, as a client's pool likes it.
                let mut bytes = [0; 1_024];
                while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                    stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await.unwrap();
                }
            });
        }
    });
    for _ in 0..3 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        assert_eq!(
            runtime.block_on(send(Request::get(&url))).unwrap().status,
            204
        );
    }
}

#[tokio::test]
async fn messages_go_both_ways_and_the_close_is_told_again_and_again() {
    let address = server(async |stream| {
        let mut peer = accept(stream).await;
        while let Some(Ok(frame)) = peer.next().await {
            if frame == Frame::text("enough") {
                let reason = CloseFrame {
                    code: 4_400.into(),
                    reason: "as you wish".into(),
                };
                peer.close(Some(reason)).await.unwrap();
            } else if !frame.is_close() {
                peer.send(frame).await.unwrap();
            }
        }
    })
    .await;
    let mut socket = open(&address).await;
    assert_eq!(socket.protocol().as_deref(), Some("graphql-ws"));
    for message in [Message::Text("ü".to_owned()), Message::Binary(vec![0, 255])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.receive().await, Received::Message(message));
    }
    socket
        .send(Message::Text("enough".to_owned()))
        .await
        .unwrap();
    let closed = Received::Closed {
        code: 4_400,
        reason: "as you wish".to_owned(),
    };
    assert_eq!(socket.receive().await, closed);
    assert_eq!(socket.receive().await, closed);
    assert!(matches!(
        socket.send(Message::Text(String::new())).await,
        Err(NetError::Closed)
    ));
}

#[tokio::test]
async fn a_dropped_receive_loses_no_message() {
    let (go, gone) = oneshot::channel::<()>();
    let address = server(async |stream| {
        let mut peer = accept(stream).await;
        gone.await.unwrap();
        peer.send(Frame::text("late")).await.unwrap();
        let _ = peer.next().await;
    })
    .await;
    let mut socket = open(&address).await;
    assert!(poll_immediate(Box::pin(socket.receive())).await.is_none());
    go.send(()).unwrap();
    let received = within(DEADLINE, socket.receive()).await.unwrap();
    assert_eq!(
        received,
        Received::Message(Message::Text("late".to_owned()))
    );
}

#[tokio::test]
async fn a_lost_connection_is_1006_and_a_close_without_a_code_is_1005() {
    let address = server(async |stream| drop(accept(stream).await)).await;
    let lost = Received::Closed {
        code: LOST,
        reason: String::new(),
    };
    assert_eq!(open(&address).await.receive().await, lost);

    let address = server(async |stream| accept(stream).await.close(None).await.unwrap()).await;
    let closed = Received::Closed {
        code: 1_005,
        reason: String::new(),
    };
    assert_eq!(open(&address).await.receive().await, closed);
}

#[tokio::test]
async fn our_close_reaches_the_peer_and_so_does_a_drop() {
    let (tell, told) = oneshot::channel();
    let address = server(async |stream| {
        let _ = tell.send(accept(stream).await.next().await);
    })
    .await;
    open(&address).await.close(4_000, &"ü".repeat(100)).await;
    let frame = within(DEADLINE, told)
        .await
        .unwrap()
        .unwrap()
        .unwrap()
        .unwrap();
    let Frame::Close(Some(close)) = frame else {
        panic!("{frame:?}")
    };
    assert_eq!(
        (close.code.into(), close.reason.as_str()),
        (4_000_u16, "ü".repeat(61).as_str())
    );

    let (tell, told) = oneshot::channel();
    let address = server(async |stream| {
        let _ = tell.send(
            accept(stream)
                .await
                .next()
                .await
                .is_none_or(|frame| frame.is_err()),
        );
    })
    .await;
    drop(open(&address).await);
    assert!(within(DEADLINE, told).await.unwrap().unwrap());
}

#[tokio::test]
async fn an_upgrade_that_is_refused_says_so() {
    let address = server(async |mut stream| {
        read_until(&mut stream, "\r\n\r\n").await;
        stream
            .write_all(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let outcome = Socket::open(&format!("ws://{address}/"), &[]).await;
    assert!(matches!(outcome, Err(NetError::Refused(_))), "{outcome:?}");
    for (url, protocol) in [("nowhere", "a"), ("ws://127.0.0.1:1/", "two\nlines")] {
        let outcome = Socket::open(url, &[protocol]).await;
        assert!(
            matches!(outcome, Err(NetError::Invalid(_))),
            "{url} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn clocks_run_and_a_limit_ends_what_takes_too_long() {
    let (before, wall_before) = (net::now(), net::wall());
    net::sleep_until(before + Duration::from_millis(20)).await;
    assert!(net::now().saturating_since(before) >= Duration::from_millis(20));
    assert!(net::wall().millis_since(wall_before) >= 19);
    assert!(net::wall().0 > 1_700_000_000_000);
    let limit = Duration::from_millis(5);
    let outcome = within(limit, std::future::pending::<()>()).await;
    assert!(matches!(outcome, Err(NetError::TimedOut(after)) if after == limit));
    assert!(matches!(within(DEADLINE, async { 7 }).await, Ok(7)));
}

#[test]
fn random_things_are_random_and_well_formed() {
    let (one, other) = (net::random::uuid(), net::random::uuid());
    assert_ne!(one, other);
    for uuid in [&one, &other] {
        let parts: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&uuid[19..20]), "{uuid}");
    }
    assert!(
        (0..1_000)
            .map(|_| net::random::unit())
            .all(|unit| (0.0..1.0).contains(&unit))
    );
    let mut bytes = [0; 100];
    net::random::fill(&mut bytes);
    assert_ne!(bytes, [0; 100]);
}

#[test]
fn what_is_stored_is_there_until_it_is_removed() {
    assert_eq!(net::storage::get("native-test"), None);
    net::storage::set("native-test", "1");
    net::storage::set("native-test", "2");
    assert_eq!(net::storage::get("native-test").as_deref(), Some("2"));
    net::storage::remove("native-test");
    assert_eq!(net::storage::get("native-test"), None);
}

#[test]
fn a_native_program_is_online_and_visible_and_has_no_origin() {
    fn is_send<T: Send>(_: &T) {}
    assert!(net::life::is_online() && net::life::is_visible());
    assert_eq!(net::origin(), None);
    is_send(&net::life::events());
    is_send(&send(Request::get("http://127.0.0.1/")));
    is_send(&Socket::open("ws://127.0.0.1/", &[]));
}
