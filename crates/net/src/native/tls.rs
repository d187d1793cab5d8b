//! TLS with those whom this machine trusts.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::NetError;
use crate::error::cause;

/// What connections over TLS are made with: the root certificates of this machine, or those of the file that
/// `SSL_CERT_FILE` names. They are read once.
///
/// # Errors
/// [`NetError::Unreachable`] where there are none, with what to do: they are looked for again the next time.
pub async fn config() -> Result<Arc<ClientConfig>, NetError> {
    static READ: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);
    let read = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = &*read() {
        return Ok(Arc::clone(config));
    }
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let mut roots = RootCertStore::empty();
    let found = found.map_err(|error| NetError::Unreachable(Arc::new(error)))?;
    if roots.add_parsable_certificates(found.certs).0 == 0 {
        return Err(NetError::Unreachable(cause(
            "this machine has no root certificates to know a server by: install them (on Debian the package \
             ca-certificates), or name their file in SSL_CERT_FILE",
        )));
    }
    let config = Arc::new(trusting(roots)?);
    *read() = Some(Arc::clone(&config));
    Ok(config)
}

/// What trusts these, and shows no certificate of its own.
pub(super) fn trusting(roots: RootCertStore) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NetError::Invalid(Arc::new(error)))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
