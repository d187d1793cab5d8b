//! The same over TLS: under every name that the certificate has, with the same faults, limits and counters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_guest::Service as Signed;
use backend::api::ApiName;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud::services::{Family, Service};
use cloud::settings::{Data, REGION, Settings};
use cloud::testing::Running;
use common::admin::told;
use common::{DEADLINE, Signer, cloud_with, guest, input, publish, until};
use futures::{SinkExt as _, StreamExt as _};
use net::http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

type Secure = WebSocketStream<TlsStream<TcpStream>>;

fn with_tls(settings: &mut Settings) {
    settings.tls = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
}

/// TLS with a client that trusts the cloud's certificate and nothing else.
async fn connect(cloud: &Running, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let secured = cloud.tls.as_ref().unwrap();
    let certificate = CertificateDer::from_pem_slice(secured.certificate.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let tcp = TcpStream::connect(secured.address).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

/// Sends a request to the host in its address; what comes back, whole.
async fn send(cloud: &Running, request: Request) -> String {
    let (host, path) = request
        .url
        .strip_prefix("https://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let method = if request.body.is_empty() {
        "GET"
    } else {
        "POST"
    };
    let mut text = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n",
        request.body.len()
    );
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut io = connect(cloud, host).await.unwrap();
    io.write_all(text.as_bytes()).await.unwrap();
    io.write_all(b"\r\n").await.unwrap();
    io.write_all(&request.body).await.unwrap();
    let mut answer = String::new();
    io.read_to_string(&mut answer).await.unwrap();
    answer
}

fn graphql_host() -> String {
    Family::GraphQl.name(Service::Api(ApiName::Orders).id(), REGION)
}

/// A live connection under the service's own names.
async fn live(cloud: &Running, signer: &Signer) -> Secure {
    let realtime = Family::Realtime.name(Service::Api(ApiName::Orders).id(), REGION);
    let url = format!("https://{}", graphql_host());
    let authorization = signer.socket_headers_at(&url, "/graphql/connect", "{}");
    let encoded = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&authorization).unwrap());
    let mut request = format!("wss://{realtime}/graphql")
        .into_client_request()
        .unwrap();
    let protocol = format!("graphql-ws, header-{encoded}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol.parse().unwrap());
    let io = connect(cloud, &realtime).await.unwrap();
    let (mut socket, _) = client_async(request, io).await.unwrap();
    tell(&mut socket, &json!({"type": "connection_init"})).await;
    assert_eq!(frame(&mut socket).await["type"], "connection_ack");
    socket
}

async fn tell(socket: &mut Secure, frame: &Value) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

/// What comes next, keep-alive frames apart.
async fn next(socket: &mut Secure) -> Option<Result<Message, tungstenite::Error>> {
    loop {
        match timeout(DEADLINE, socket.next()).await.expect("in time") {
            Some(Ok(Message::Text(text))) if text.contains(r#""ka""#) => {}
            other => return other,
        }
    }
}

async fn frame(socket: &mut Secure) -> Value {
    match next(socket).await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("unexpected: {other:?}"),
    }
}

#[tokio::test]
async fn every_name_is_in_the_certificate_and_answers() {
    let cloud = cloud_with(with_tls).await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        let io = connect(&cloud, name).await.unwrap();
        // One that offers HTTP/2 as well gets what the cloud speaks.
        let (_, session) = io.get_ref();
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    for name in ["eddy.example", "s3.eu-west-1.amazonaws.com"] {
        let refused = connect(&cloud, name).await.unwrap_err().to_string();
        assert!(refused.contains("certificate"), "{name}: {refused}");
    }
    let page = send(&cloud, Request::get("https://localhost/")).await;
    assert!(page.contains("<title>Eddy"), "{page}");
    for door in cloud::services::doors() {
        let url = format!("https://{}{}", door.host(), door.path);
        let answer = send(&cloud, Request::post(url, "{}")).await;
        assert!(answer.contains("x-amzn-requestid"), "{door:?}: {answer}");
    }
}

#[tokio::test]
async fn signed_requests_and_subscriptions() {
    let cloud = cloud_with(with_tls).await;
    let guest = guest(&cloud);
    let url = format!("https://{}/graphql", graphql_host());
    let body = json!({"query": "{ orders(limit: 1) { items { orderId } } }"}).to_string();
    let request = guest
        .sign(Signed::APPSYNC, Request::post(&url, body))
        .unwrap();
    let answer = send(&cloud, request).await;
    assert!(
        answer.contains(r#"{"data":{"orders":{"items":"#),
        "{answer}"
    );

    let mut socket = live(&cloud, &guest).await;
    let query = "subscription { onCreateOrUpdateOrder { orderId } }";
    let data = json!({ "query": query }).to_string();
    let host = url.strip_suffix("/graphql").unwrap();
    let authorization = guest.socket_headers_at(host, "/graphql", &data);
    let payload = json!({"data": data, "extensions": {"authorization": authorization}});
    tell(
        &mut socket,
        &json!({"id": "1", "type": "start", "payload": payload}),
    )
    .await;
    assert_eq!(frame(&mut socket).await["type"], "start_ack");
    publish(&cloud, input("over-tls", 1)).await;
    let event = frame(&mut socket).await;
    let order = &event["payload"]["data"]["onCreateOrUpdateOrder"];
    assert_eq!(order["orderId"], "over-tls", "{event}");
}

#[tokio::test]
async fn faults_and_counters_are_the_plain_port_s() {
    let cloud = cloud_with(|settings| {
        with_tls(settings);
        settings.admin = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    })
    .await;
    let guest = guest(&cloud);
    let mut closed = live(&cloud, &guest).await;
    until("the socket is counted", async || {
        cloud.world.counters.now().sockets_open == 1
    })
    .await;
    let dropped = told(&cloud, "/faults/drop", json!({"how": "close"})).await;
    assert_eq!(dropped, json!({"dropped": 1, "of": 1}));
    let said = next(&mut closed).await;
    assert!(
        matches!(said, Some(Ok(Message::Close(Some(_))))),
        "{said:?}"
    );
    drop(closed);

    let mut reset = live(&cloud, &guest).await;
    told(&cloud, "/faults/drop", json!({"how": "reset"})).await;
    let said = next(&mut reset).await;
    assert!(!matches!(said, Some(Ok(_))), "{said:?}");

    told(&cloud, "/faults/refuse", json!({"seconds": 600})).await;
    assert!(connect(&cloud, "localhost").await.is_err());
    told(&cloud, "/faults/reset", json!({})).await;
    assert!(connect(&cloud, "localhost").await.is_ok());

    told(&cloud, "/faults/skew", json!({"seconds": 86_400})).await;
    let url = format!("https://{}/graphql", graphql_host());
    let request = Request::post(&url, r#"{"query": "{ __typename }"}"#);
    let answer = send(&cloud, guest.sign(Signed::APPSYNC, request).unwrap()).await;
    assert!(answer.contains("Signature expired"), "{answer}");
}

#[tokio::test]
async fn nobody_holds_a_connection_without_agreeing_to_tls() {
    let cloud = cloud_with(|settings| {
        with_tls(settings);
        settings.patience = Duration::from_secs(1);
    })
    .await;
    let address = cloud.tls.as_ref().unwrap().address;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    for io in [&mut silent, &mut plain] {
        let mut answer = Vec::new();
        let ended = timeout(DEADLINE, io.read_to_end(&mut answer)).await;
        drop(ended.expect("the cloud ends it"));
        assert!(!answer.starts_with(b"HTTP"), "an answer in plain text");
    }
    // One that has agreed and asks nothing is held to the same time.
    let mut idle = connect(&cloud, "localhost").await.unwrap();
    let ended = timeout(DEADLINE, idle.read_to_end(&mut Vec::new())).await;
    drop(ended.expect("the cloud ends it"));
    connect(&cloud, "localhost")
        .await
        .expect("others do not notice");
}

#[tokio::test]
async fn the_certificate_outlives_the_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        cloud_with(|settings| {
            with_tls(settings);
            settings.data = Data::Folder(folder.path().to_owned());
        })
        .await
    };
    let first = start().await;
    let secured = first.tls.clone().unwrap();
    let file = secured.file.unwrap();
    assert_eq!(file, folder.path().join("tls/certificate.pem"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), secured.certificate);
    first.shutdown().await.unwrap();
    let second = start().await;
    assert_eq!(second.tls.clone().unwrap().certificate, secured.certificate);
    second.shutdown().await.unwrap();
    // Kept in memory, it is another one each time.
    let memory = cloud_with(with_tls).await.tls.unwrap();
    assert_eq!(memory.file, None);
    assert_ne!(memory.certificate, secured.certificate);
}

#[tokio::test]
async fn it_stops_gracefully() {
    let cloud = cloud_with(with_tls).await;
    let guest = guest(&cloud);
    let mut socket = live(&cloud, &guest).await;
    let address = cloud.tls.as_ref().unwrap().address;
    let (ended, said) = tokio::join!(cloud.shutdown(), next(&mut socket));
    ended.unwrap();
    assert!(
        matches!(said, Some(Ok(Message::Close(Some(_))))),
        "{said:?}"
    );
    assert!(TcpStream::connect(address).await.is_err());
}
