//! MQTT spoken by hand: packets as bytes, written from the specification, so that neither the cloud's codec nor the
//! client's can agree with itself.

use std::time::Duration;

use aws_guest::sign::{Scope, url};
use aws_guest::{Region, Service};
use cloud::testing::Running;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{DEADLINE, Signer};

/// The level that CONNECT names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V311 = 4,
    V5 = 5,
}
pub use Version::{V5, V311};

pub const BOTH: [Version; 2] = [V311, V5];

/// A client, packet by packet.
pub struct Mqtt {
    pub ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    version: Version,
    buffer: Vec<u8>,
    next: u16,
}

/// What has come.
#[derive(Debug, PartialEq)]
pub enum Got {
    /// The first byte, and what follows the length.
    Packet(u8, Vec<u8>),
    Closed(u16, String),
}

/// A message that has come.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub topic: String,
    pub payload: Vec<u8>,
    pub id: Option<u16>,
    pub dup: bool,
    pub retain: bool,
    pub properties: Vec<u8>,
}

pub fn text(text: &str) -> Vec<u8> {
    binary(text.as_bytes())
}

pub fn binary(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes()[..], bytes].concat()
}

pub fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        bytes.push(low | if number > 0 { 0x80 } else { 0 });
        if number == 0 {
            return bytes;
        }
    }
}

pub fn packet(first: u8, inside: &[u8]) -> Vec<u8> {
    [&[first][..], &number(inside.len()), inside].concat()
}

impl Version {
    /// Properties, where there are any.
    pub fn properties(self, properties: &[u8]) -> Vec<u8> {
        match self {
            V311 => Vec::new(),
            V5 => [&number(properties.len()), properties].concat(),
        }
    }

    pub fn connect(self, id: &str, keep_alive: u16, properties: &[u8]) -> Vec<u8> {
        let head = [
            text("MQTT"),
            vec![self as u8, 2],
            keep_alive.to_be_bytes().into(),
        ];
        let tail = [self.properties(properties), text(id)];
        packet(0x10, &[head.concat(), tail.concat()].concat())
    }

    pub fn subscribe(self, id: u16, filters: &[(&str, u8)]) -> Vec<u8> {
        let wishes = filters
            .iter()
            .flat_map(|(filter, options)| [text(filter), vec![*options]].concat());
        let head = [id.to_be_bytes().into(), self.properties(&[])].concat();
        packet(0x82, &[head, wishes.collect()].concat())
    }

    pub fn unsubscribe(self, id: u16, filter: &str) -> Vec<u8> {
        let inside = [id.to_be_bytes().into(), self.properties(&[]), text(filter)];
        packet(0xa2, &inside.concat())
    }

    /// `flags` are the low bits of the first byte; above QoS 0 the packet identifier is 7.
    pub fn publish(self, flags: u8, topic: &str, properties: &[u8], payload: &[u8]) -> Vec<u8> {
        let id = if flags & 6 == 0 { vec![] } else { vec![0, 7] };
        let inside = [
            text(topic),
            id,
            self.properties(properties),
            payload.to_vec(),
        ];
        packet(0x30 | flags, &inside.concat())
    }

    pub fn puback(self, id: u16) -> Vec<u8> {
        packet(0x40, &id.to_be_bytes())
    }

    /// A PUBLISH that has come.
    pub fn told(self, first: u8, inside: &[u8]) -> Told {
        assert_eq!(first >> 4, 3, "no PUBLISH: {first:x} {inside:x?}");
        let length = usize::from(u16::from_be_bytes([inside[0], inside[1]]));
        let (topic, mut rest) = inside[2..].split_at(length);
        let id = (first & 6 != 0).then(|| u16::from_be_bytes([rest[0], rest[1]]));
        if id.is_some() {
            rest = &rest[2..];
        }
        let mut properties = Vec::new();
        if self == V5 {
            // None of the tests' is longer.
            assert!(rest[0] < 0x80);
            let (of, payload) = rest[1..].split_at(rest[0].into());
            (properties, rest) = (of.to_vec(), payload);
        }
        Told {
            topic: String::from_utf8(topic.to_vec()).unwrap(),
            payload: rest.to_vec(),
            id,
            dup: first & 8 != 0,
            retain: first & 1 != 0,
            properties,
        }
    }
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap()
    }
}

/// The signed address of the cloud's broker.
pub fn signed(cloud: &Running, signer: &Signer, service: Service, expires: Duration) -> String {
    let region = Region::new("eu-west-1");
    let scope = Scope {
        credentials: &signer.credentials,
        region: &region,
        service,
        at: signer.at(),
    };
    let address = format!("{}/mqtt", cloud.url.replace("http", "ws"));
    url(scope, &address, Some(expires)).unwrap()
}

/// Opens the WebSocket under this address; else status and body.
pub async fn open(
    address: &str,
    protocol: Option<&str>,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, (u16, String)> {
    let mut request = address.into_client_request().unwrap();
    if let Some(protocol) = protocol {
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((ws, response)) => {
            let chosen = &response.headers()["sec-websocket-protocol"];
            assert_eq!(chosen, protocol.unwrap());
            Ok(ws)
        }
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
        }
        Err(error) => panic!("{error}"),
    }
}

impl Mqtt {
    /// A WebSocket and nothing more.
    pub async fn open(cloud: &Running, signer: &Signer, version: Version) -> Self {
        Self::open_as(cloud, signer, version, "mqtt").await
    }

    /// A WebSocket of this subprotocol.
    pub async fn open_as(
        cloud: &Running,
        signer: &Signer,
        version: Version,
        protocol: &str,
    ) -> Self {
        let address = signed(cloud, signer, Service::IOT, Duration::from_secs(60));
        Self {
            ws: open(&address, Some(protocol)).await.unwrap(),
            version,
            buffer: Vec::new(),
            next: 0,
        }
    }

    /// A client that is connected.
    pub async fn connect(cloud: &Running, signer: &Signer, version: Version, id: &str) -> Self {
        let mut client = Self::open(cloud, signer, version).await;
        client.send(version.connect(id, 60, &[])).await;
        let (first, inside) = client.packet().await;
        assert_eq!((first, &inside[..2]), (0x20, &[0, 0][..]), "{inside:x?}");
        client
    }

    /// A client that is connected and subscribed.
    pub async fn subscribed(
        cloud: &Running,
        signer: &Signer,
        version: Version,
        id: &str,
        filter: &str,
        qos: u8,
    ) -> Self {
        let mut client = Self::connect(cloud, signer, version, id).await;
        assert_eq!(client.subscribe(&[(filter, qos)]).await, [qos]);
        client
    }

    pub async fn send(&mut self, bytes: Vec<u8>) {
        self.ws.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next packet, or the end.
    pub async fn got(&mut self) -> Got {
        loop {
            if let Some(packet) = self.taken() {
                return packet;
            }
            let message = tokio::time::timeout(DEADLINE, self.ws.next()).await;
            match message.expect("a packet in time") {
                Some(Ok(Message::Binary(bytes))) => self.buffer.extend(bytes),
                Some(Ok(Message::Close(Some(close)))) => {
                    return Got::Closed(close.code.into(), close.reason.to_string());
                }
                Some(Ok(other)) => panic!("unexpected: {other:?}"),
                Some(Err(_)) | None => return Got::Closed(1006, String::new()),
            }
        }
    }

    fn taken(&mut self) -> Option<Got> {
        let (mut length, mut header) = (0_usize, 1);
        loop {
            let byte = *self.buffer.get(header)?;
            length |= usize::from(byte & 0x7f) << (7 * (header - 1));
            header += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if self.buffer.len() < header + length {
            return None;
        }
        let rest = self.buffer.split_off(header + length);
        let packet = std::mem::replace(&mut self.buffer, rest);
        Some(Got::Packet(packet[0], packet[header..].to_vec()))
    }

    pub async fn packet(&mut self) -> (u8, Vec<u8>) {
        match self.got().await {
            Got::Packet(first, inside) => (first, inside),
            Got::Closed(code, reason) => panic!("closed: {code} {reason}"),
        }
    }

    /// The next message.
    pub async fn told(&mut self) -> Told {
        let (first, inside) = self.packet().await;
        self.version.told(first, &inside)
    }

    /// The next message, acknowledged.
    pub async fn took(&mut self) -> Told {
        let told = self.told().await;
        if let Some(id) = told.id {
            self.send(self.version.puback(id)).await;
        }
        told
    }

    /// Subscribes; what each filter was answered.
    pub async fn subscribe(&mut self, filters: &[(&str, u8)]) -> Vec<u8> {
        self.next += 1;
        self.send(self.version.subscribe(self.next, filters)).await;
        let (first, inside) = self.packet().await;
        assert_eq!(first, 0x90, "{inside:x?}");
        assert_eq!(inside[..2], self.next.to_be_bytes());
        let from = match self.version {
            V311 => 2,
            V5 => 3 + usize::from(inside[2]),
        };
        inside[from..].to_vec()
    }

    /// Publishes with QoS 1 and waits for the acknowledgement; its reason.
    pub async fn publish(&mut self, topic: &str, payload: &[u8]) -> u8 {
        self.send(self.version.publish(2, topic, &[], payload))
            .await;
        let (first, inside) = self.packet().await;
        assert_eq!((first, &inside[..2]), (0x40, &[0, 7][..]), "{inside:x?}");
        inside.get(2).copied().unwrap_or(0)
    }

    /// Whether the server still answers.
    pub async fn lives(&mut self) {
        self.send(packet(0xc0, &[])).await;
        assert_eq!(self.packet().await, (0xd0, vec![]));
    }

    /// The end, and what was said before: in MQTT 5 the reason of a DISCONNECT, in 3.1.1 nothing.
    pub async fn ended(&mut self) -> (Option<u8>, u16) {
        let mut said = None;
        loop {
            match self.got().await {
                Got::Packet(0xe0, inside) if self.version == V5 => said = Some(inside[0]),
                Got::Packet(first, inside) => panic!("{first:x} {inside:x?} and no end"),
                Got::Closed(code, _) => return (said, code),
            }
        }
    }
}
