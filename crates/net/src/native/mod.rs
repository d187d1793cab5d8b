//! The native side: tokio, tokio-tungstenite, hyper and rustls.

pub(crate) mod clock;
pub(crate) mod http;
pub(crate) mod life;
pub(crate) mod random;
pub(crate) mod socket;
pub(crate) mod storage;
pub(crate) mod tls;

pub(crate) fn origin() -> Option<String> {
    None
}

pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future);
}
