//! AppSync's protocol as `link`'s session speaks it.

use std::sync::Arc;

use json::Value;
use link::session::{ConnectionId, CredentialsId, OperationId, Trouble};
use link::wire::{Address, Exchange, Heard, Line, Payload, Pending, Request, Rules, Wire};
use link::{Cause, Keyring};
use net::socket::Message;

use crate::base64;
use crate::endpoint::{Signer, realtime_url};
use crate::error::refusal;
use crate::protocol::{ClientFrame, SUBPROTOCOL, ServerFrame};

/// An endpoint's subscriptions.
pub(crate) struct RealTime(pub(crate) Arc<Signer>);

impl Wire for RealTime {
    /// The service sends its keep-alive by itself, about every minute, and each start is signed.
    fn rules(&self) -> Rules {
        Rules {
            signs_starts: true,
            ping: None,
        }
    }

    fn endpoint(&self) -> &str {
        self.0.url()
    }

    fn address(self: Arc<Self>) -> Pending<Result<Address, Trouble>> {
        Box::pin(async move {
            let signer = &self.0;
            let url = realtime_url(signer.url()).ok_or_else(|| Trouble {
                cause: Cause::Address(self.endpoint().into()),
                permanent: true,
            })?;
            let (authorization, credentials) = signer.connect().await?;
            let mut header = String::from("header-");
            base64::push(&mut header, Value::from(authorization.0).text().as_bytes());
            Ok(Address {
                url,
                protocols: vec![SUBPROTOCOL.to_owned(), header],
                credentials,
            })
        })
    }

    fn authorize(
        self: Arc<Self>,
        id: OperationId,
        body: Arc<str>,
    ) -> Pending<Result<(String, Option<CredentialsId>), Trouble>> {
        Box::pin(async move {
            let (authorization, credentials) = self.0.start(&body).await?;
            let start = ClientFrame::Start {
                id,
                body,
                authorization,
            };
            Ok((start.encode(), credentials))
        })
    }

    fn line(&self, _: ConnectionId) -> Box<dyn Line> {
        Box::new(Plain)
    }

    fn keyring(&self) -> Option<Arc<Keyring>> {
        self.0.keyring().cloned()
    }
}

/// A connection, about which the protocol has nothing to remember.
struct Plain;

impl Line for Plain {
    fn say(&mut self, request: Request, exchange: &mut Exchange) {
        exchange.send.push(Message::Text(match request {
            Request::Hello => ClientFrame::ConnectionInit.encode(),
            Request::Start { signed, .. } => signed,
            Request::Stop { id } => ClientFrame::Stop { id }.encode(),
            // There is no client ping.
            Request::Ping => return,
        }));
    }

    fn flush(&mut self, _: &mut Exchange) {}

    fn hear(&mut self, message: Message, exchange: &mut Exchange) {
        let frame = match message {
            Message::Text(text) => ServerFrame::decode(&text),
            Message::Binary(_) => ServerFrame::Unknown,
        };
        exchange.heard.push(frame.into());
    }

    fn closed(&mut self, _: u16) {}
}

impl From<ServerFrame> for Heard {
    fn from(frame: ServerFrame) -> Self {
        match frame {
            ServerFrame::ConnectionAck { timeout } => Self::Ready { timeout },
            ServerFrame::ConnectionError(errors) => Self::Refused(refusal(errors)),
            ServerFrame::KeepAlive | ServerFrame::Unknown => Self::Alive,
            ServerFrame::StartAck(id) => Self::Acknowledged(id),
            ServerFrame::Data(id, payload) => Self::Published(id, Payload::new(payload)),
            ServerFrame::Complete(id) => Self::Completed(id),
            ServerFrame::Error(id, errors) => Self::Failed(id, refusal(errors)),
        }
    }
}
