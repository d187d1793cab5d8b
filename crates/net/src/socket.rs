//! A WebSocket.

use crate::{NetError, platform};

/// What travels on a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

/// What [`Socket::receive`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A message.
    Message(Message),
    /// The end; asked again, it is given again.
    Closed {
        /// The close code of RFC 6455, section 7.4: 1005 if the peer sent none, [`LOST`] if the connection broke.
        code: u16,
        /// The reason that the peer gave, often none.
        reason: String,
    },
}

/// The close code for a connection that ended without a close frame.
pub const LOST: u16 = 1006;

/// An open socket. Dropping it closes it.
#[derive(Debug)]
pub struct Socket(Box<platform::socket::Socket>);

impl Socket {
    /// Opens a socket to a `ws:` or `wss:` address, offering subprotocols. There is no deadline
    /// ([`within`](crate::within) sets one); dropping the future gives the attempt up.
    ///
    /// # Errors
    /// [`NetError::Invalid`] for an address or a subprotocol that cannot be, [`NetError::Refused`] for everything that
    /// happens before the socket is open: a browser does not say more.
    pub async fn open(url: &str, protocols: &[&str]) -> Result<Self, NetError> {
        platform::socket::Socket::open(url, protocols)
            .await
            .map(|socket| Self(Box::new(socket)))
    }

    /// The subprotocol that the server chose.
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        self.0.protocol()
    }

    /// Hands a message to the network.
    ///
    /// # Errors
    /// [`NetError::Closed`] if the socket no longer takes any; [`receive`](Self::receive) tells why it closed.
    /// [`NetError::TimedOut`] if the network takes nothing for ten seconds: what it has taken so far will not arrive
    /// either. A browser takes everything at once.
    pub async fn send(&mut self, message: Message) -> Result<(), NetError> {
        self.0.send(message).await
    }

    /// The next message or the end. Cancel-safe: a dropped call loses nothing. Pings are answered while this is awaited.
    pub async fn receive(&mut self) -> Received {
        self.0.receive().await
    }

    /// Closes in good order: 1000, or 3000 to 4999, with a reason of at most 123 bytes (longer ones are cut). Does not
    /// wait for the peer.
    pub async fn close(self, code: u16, reason: &str) {
        self.0
            .close(code, &reason[..reason.floor_char_boundary(123)])
            .await;
    }
}
