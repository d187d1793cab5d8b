//! TMDb's popular list, asked for by the cloud where it was given a key.
//! What is asked and what the answer says is [`backend::movies::tmdb`]'s; here is the way there.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use backend::movies::model::Film;
use backend::movies::tmdb::{POPULAR, films, is_access_token};
use hyper::client::conn::http1::handshake;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Position, Url};

/// Where TMDb's API is.
pub const API: &str = "https://api.themoviedb.org";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A page of the list has some twenty kilobytes.
const LARGEST: usize = 1024 * 1024;
const LONGEST_KEY: usize = 1024;

/// Where the popular films are asked for, and with which key.
#[derive(Debug, Clone)]
pub struct Tmdb {
    key: Key,
    url: Url,
    patience: Duration,
}

/// A key, never shown.
#[derive(Clone)]
struct Key(String);

impl fmt::Debug for Key {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

impl Tmdb {
    /// With a read access token or an API key, at [`API`] or another address.
    ///
    /// # Errors
    /// What is wrong with either, for people; the key is not repeated.
    pub fn new(key: &str, url: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=LONGEST_KEY).contains(&key.len()) || !key.bytes().all(plain) {
            return Err("a key of TMDb has letters, digits, points, hyphens and underscores: give the API read access \
                        token or the API key that TMDb shows in your account's settings, without quotes or spaces"
                .to_owned());
        }
        let unusable = |why: &str| format!("TMDb cannot be asked at {url:?}: {why}");
        let parsed = Url::parse(url).map_err(|error| unusable(&error.to_string()))?;
        let here = match parsed.host() {
            None => return Err(unusable("it names no host")),
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
        };
        if parsed.scheme() != "https" && !(here && parsed.scheme() == "http") {
            let why = "the key goes over https only, or over http to this machine";
            return Err(unusable(why));
        }
        Ok(Self {
            key: Key(key.to_owned()),
            url: parsed,
            patience: PATIENCE,
        })
    }

    /// With another time that an answer may take.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The popular films.
    ///
    /// # Errors
    /// Why they cannot be had, for people; the key is not repeated.
    pub(crate) async fn popular(&self) -> Result<Vec<Film>, String> {
        let answer = tokio::time::timeout(self.patience, self.ask()).await;
        let late = |_| {
            let seconds = self.patience.as_secs_f64();
            Err(format!("TMDb did not answer within {seconds} s"))
        };
        let found = answer.unwrap_or_else(late);
        let found = found.and_then(|(status, body)| films(status, &body));
        // Whatever answers might repeat what it was sent.
        found.map_err(|problem| problem.replace(&self.key.0, "(the key)"))
    }

    async fn ask(&self) -> Result<(u16, Vec<u8>), String> {
        let host = self.url.host_str().unwrap_or_default();
        let host = host.trim_matches(['[', ']']);
        let port = self.url.port_or_known_default().unwrap_or(443);
        let unreachable = |error: std::io::Error| format!("TMDb cannot be reached: {error}");
        let tcp = TcpStream::connect((host, port))
            .await
            .map_err(unreachable)?;
        if self.url.scheme() == "http" {
            return self.send(tcp).await;
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| format!("TMDb's address names no server: {error}"))?;
        let config = net::tls_config().await.map_err(|error| error.to_string())?;
        let secured = TlsConnector::from(config).connect(name, tcp).await;
        self.send(secured.map_err(unreachable)?).await
    }

    async fn send<S>(&self, stream: S) -> Result<(u16, Vec<u8>), String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let broken =
            |error: &dyn fmt::Display| format!("TMDb's answer did not come through: {error}");
        let request = self.request().map_err(|error| broken(&error))?;
        let (mut sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        // It ends with this call, however that ends.
        let mut moving = JoinSet::new();
        moving.spawn(connection);
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let body = to_bytes(Body::new(response.into_body()), LARGEST).await;
        Ok((status, body.map_err(|error| broken(&error))?.to_vec()))
    }

    fn request(&self) -> Result<hyper::Request<Body>, hyper::http::Error> {
        let mut path = [self.url.path().trim_end_matches('/'), POPULAR].concat();
        let token = is_access_token(&self.key.0);
        if !token {
            path.push_str("&api_key=");
            path.push_str(&self.key.0);
        }
        let mut request = hyper::Request::get(path)
            .header(HOST, &self.url[Position::BeforeHost..Position::AfterPort])
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "eddy")
            .body(Body::empty())?;
        if token {
            let mut value = HeaderValue::try_from(["Bearer ", &self.key.0].concat())?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown_and_never_sent_in_the_open() {
        let tmdb = Tmdb::new("0123456789abcdef", API).unwrap();
        assert!(!format!("{tmdb:?}").contains("0123456789"), "{tmdb:?}");
        for (key, url) in [
            ("", API),
            ("two words", API),
            ("key&more", API),
            ("secret\r\nx: y", API),
            ("secret", "http://films.example.org"),
            ("secret", "http://127.0.0.1.example.org"),
            ("secret", "ftp://127.0.0.1"),
            ("secret", "films"),
            ("secret", "data:text/plain,films"),
        ] {
            let refused = Tmdb::new(key, url).unwrap_err();
            assert!(!refused.contains("secret"), "{refused}");
        }
        for here in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost"] {
            assert!(Tmdb::new("secret", here).is_ok(), "{here}");
        }
    }
}
