//! IoT Core's endpoint as `link`'s session reaches it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_guest::{Region, Service};
use link::session::{ConnectionId, CredentialsId, OperationId, Trouble};
use link::wire::{Address, Line, Pending, Rules, Wire};
use link::{Cause, Keyring};

use crate::line::{Memory, MqttLine, PING, Shared};
use crate::names::Names;
use crate::packet::Version;
use crate::suspects::Suspects;

/// The WebSocket subprotocol.
const SUBPROTOCOL: &str = "mqtt";

/// MQTT, as spoken to one endpoint.
#[derive(Debug)]
pub struct Mqtt {
    url: String,
    version: Version,
    signs: Option<Signs>,
    shared: Shared,
}

#[derive(Debug)]
struct Signs {
    region: Region,
    keyring: Arc<Keyring>,
}

impl Mqtt {
    pub(crate) fn signed(url: String, region: Region, keyring: Keyring) -> Self {
        let keyring = Arc::new(keyring);
        Self::new(url, Version::V5, Some(Signs { region, keyring }))
    }

    /// An endpoint that wants no signature.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn unsigned(url: impl Into<String>, version: Version) -> Self {
        Self::new(url.into(), version, None)
    }

    fn new(url: String, version: Version, signs: Option<Signs>) -> Self {
        let memory = Memory {
            names: Names::new(),
            suspects: Suspects::default(),
            #[cfg(not(target_arch = "wasm32"))]
            outbox: crate::outbox::Outbox::default(),
        };
        Self {
            url,
            version,
            signs,
            shared: Arc::new(Mutex::new(memory)),
        }
    }

    pub(crate) fn shared(&self) -> Shared {
        Arc::clone(&self.shared)
    }
}

impl Wire for Mqtt {
    fn rules(&self) -> Rules {
        Rules {
            signs_starts: false,
            ping: Some(Duration::from_secs(PING.into())),
        }
    }

    fn endpoint(&self) -> &str {
        &self.url
    }

    /// A signed address goes stale within minutes.
    fn address(self: Arc<Self>) -> Pending<Result<Address, Trouble>> {
        Box::pin(async move {
            let url = socket_url(&self.url).ok_or_else(|| Trouble {
                cause: Cause::Address(self.url.as_str().into()),
                permanent: true,
            })?;
            let (url, credentials) = match &self.signs {
                None => (url, None),
                Some(Signs { region, keyring }) => {
                    let (credentials, id) = keyring.credentials().await?;
                    let guest = keyring.guest();
                    let url = guest.presign_with(&credentials, Service::IOT, region, &url, None)?;
                    (url, Some(id))
                }
            };
            Ok(Address {
                url,
                protocols: vec![SUBPROTOCOL.to_owned()],
                credentials,
            })
        })
    }

    /// Nothing but the address is signed.
    fn authorize(
        self: Arc<Self>,
        _: OperationId,
        _: Arc<str>,
    ) -> Pending<Result<(String, Option<CredentialsId>), Trouble>> {
        Box::pin(async { Ok((String::new(), None)) })
    }

    fn line(&self, _: ConnectionId) -> Box<dyn Line> {
        Box::new(MqttLine::new(self.shared(), self.version))
    }

    fn keyring(&self) -> Option<Arc<Keyring>> {
        self.signs.as_ref().map(|signs| Arc::clone(&signs.keyring))
    }
}

/// The address for a socket; `None` if there cannot be one.
fn socket_url(url: &str) -> Option<String> {
    let (scheme, rest) = net::address::split(url)?;
    let scheme = match scheme {
        "https" | "wss" => "wss://",
        "http" | "ws" => "ws://",
        _ => return None,
    };
    (!rest.is_empty() && !rest.starts_with('/')).then(|| [scheme, rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_sites_and_of_sockets_are_both_taken() {
        for (url, expected) in [
            ("https://host/mqtt", Some("wss://host/mqtt")),
            ("wss://host/mqtt", Some("wss://host/mqtt")),
            (
                "http://127.0.0.1:8787/mqtt",
                Some("ws://127.0.0.1:8787/mqtt"),
            ),
            ("ws://127.0.0.1:8787/mqtt", Some("ws://127.0.0.1:8787/mqtt")),
            ("mqtts://host", None),
            ("/mqtt", None),
            ("https:///mqtt", None),
        ] {
            assert_eq!(socket_url(url).as_deref(), expected, "{url}");
        }
    }
}
