//! TLS: a self-signed certificate for this machine and for the services' names, made on the first run and kept.
//!
//! Whoever maps the services' names to this machine trusts this certificate, and no more than it: its key never leaves
//! the data folder, and it can sign no others.

mod certificate;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use self::certificate::{CERTIFICATE, Facts, Pair, RENEWED_BEFORE, pair};
use crate::settings::Data;
use crate::surroundings::Surroundings;

/// The folder of the data folder where the certificate and its key lie.
const FOLDER: &str = "tls";

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The files in the data folder cannot be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Made(#[from] rcgen::Error),
    /// What was made or kept cannot be served with.
    #[error("the certificate cannot be used: {0}")]
    Used(#[from] rustls::Error),
}

/// What TLS connections are accepted with. It renews its certificate by itself.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Shared>);

struct Shared {
    folder: Option<PathBuf>,
    surroundings: Surroundings,
    current: Mutex<Current>,
}

struct Current {
    certificate: String,
    acceptor: TlsAcceptor,
    renew: OffsetDateTime,
}

impl Tls {
    /// Takes the certificate that is kept, or makes one: where there is none, where it is about to end, or where it does
    /// not cover every name.
    ///
    /// # Errors
    /// A [`TlsError`].
    pub(crate) fn open(data: &Data, surroundings: &Surroundings) -> Result<Self, TlsError> {
        let folder = folder(data);
        let now = surroundings.now();
        let current = Current::of(&pair(folder.as_deref(), now)?, now)?;
        Ok(Self(Arc::new(Shared {
            folder,
            surroundings: surroundings.clone(),
            current: Mutex::new(current),
        })))
    }

    /// The certificate, in PEM.
    pub(crate) fn certificate(&self) -> String {
        self.current(|current| current.certificate.clone())
    }

    /// The file it lies in, where the data is kept in a folder.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let folder = self.0.folder.as_ref();
        folder.map(|folder| folder.join(CERTIFICATE))
    }

    /// What the next connection is accepted with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let now = self.0.surroundings.now();
        self.current(|current| {
            if now >= current.renew {
                let renewed = pair(self.0.folder.as_deref(), now);
                match renewed.and_then(|pair| Current::of(&pair, now)) {
                    Ok(renewed) => *current = renewed,
                    // The old one is good for some weeks: time to see this and to mend it.
                    Err(error) => tracing::error!(%error, "the certificate cannot be renewed"),
                }
            }
            current.acceptor.clone()
        })
    }

    fn current<T>(&self, look: impl FnOnce(&mut Current) -> T) -> T {
        let current = self.0.current.lock();
        look(&mut current.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Current {
    fn of(pair: &Pair, now: OffsetDateTime) -> Result<Self, TlsError> {
        let unread =
            |error: rustls::pki_types::pem::Error| rustls::Error::General(error.to_string());
        let certificate =
            CertificateDer::from_pem_slice(pair.certificate.as_bytes()).map_err(unread)?;
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).map_err(unread)?;
        let renew = Facts::of(&certificate).map_or(now, |facts| facts.ends - RENEWED_BEFORE);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            certificate: pair.certificate.clone(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            renew,
        })
    }
}

/// Where a cloud with this data keeps its certificate, if it keeps one.
#[must_use]
pub fn certificate_file(data: &Data) -> Option<PathBuf> {
    folder(data).map(|folder| folder.join(CERTIFICATE))
}

/// The hash by which Chromium's `--ignore-certificate-errors-spki-list` knows the key of a certificate in PEM.
#[must_use]
pub fn spki_hash(certificate: &str) -> Option<String> {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let spki = certificate.tbs_certificate.subject_pki.raw;
    Some(STANDARD.encode(Sha256::digest(spki)))
}

fn folder(data: &Data) -> Option<PathBuf> {
    match data {
        Data::Memory => None,
        Data::Folder(folder) => Some(folder.join(FOLDER)),
    }
}

#[cfg(test)]
mod tests;
