//! The certificate and its key: made, kept, judged.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::TlsError;
use crate::services::Family;
use crate::settings::REGION;

pub(super) const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// How long a certificate is good for: a little more than a year, which is the most that some systems accept.
const VALID_FOR: Duration = Duration::days(397);
/// How long before its end another one takes its place.
pub(super) const RENEWED_BEFORE: Duration = Duration::days(30);
/// How far the clock of a client may be behind.
const SINCE: Duration = Duration::days(1);

/// A certificate and its key, in PEM.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// The names that the certificate is for: this machine, and every service in any of its ids.
pub(super) fn names() -> Vec<String> {
    let machine = ["localhost", "127.0.0.1", "::1"];
    let services = Family::ALL.map(|family| family.wildcard(REGION));
    machine
        .into_iter()
        .map(str::to_owned)
        .chain(services)
        .collect()
}

/// The pair that is kept, or another one, which is kept from then on.
pub(super) fn pair(folder: Option<&Path>, now: OffsetDateTime) -> Result<Pair, TlsError> {
    let Some(folder) = folder else {
        let key = KeyPair::generate()?;
        return made(&key, now);
    };
    let (certificate_file, key_file) = (folder.join(CERTIFICATE), folder.join(KEY));
    let key = match kept(&key_file)? {
        // One that does not read is of no use to anyone.
        Some(key) => KeyPair::from_pem(&key).ok(),
        None => None,
    };
    if let (Some(key), Some(certificate)) = (&key, kept(&certificate_file)?)
        && good(&certificate, key, now)
    {
        let key = key.serialize_pem();
        return Ok(Pair { certificate, key });
    }
    // The key stays the same for as long as it can be read: browsers may have been told its hash.
    let key = key.map_or_else(KeyPair::generate, Ok)?;
    let pair = made(&key, now)?;
    let unwritten = |source| TlsError::File {
        file: folder.to_owned(),
        source,
    };
    make_folder(folder).map_err(unwritten)?;
    keep(&key_file, &pair.key)?;
    keep(&certificate_file, &pair.certificate)?;
    tracing::info!(file = %certificate_file.display(), "a certificate was made");
    Ok(pair)
}

fn made(key: &KeyPair, now: OffsetDateTime) -> Result<Pair, TlsError> {
    let mut certificate = CertificateParams::new(names())?;
    certificate.not_before = now - SINCE;
    certificate.not_after = now + VALID_FOR - SINCE;
    certificate
        .distinguished_name
        .push(DnType::CommonName, "Eddy's embedded cloud");
    // Trusted as it is, and good for servers only: whoever has its key can be no authority for other names.
    certificate.is_ca = IsCa::ExplicitNoCa;
    certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(Pair {
        certificate: certificate.self_signed(key)?.pem(),
        key: key.serialize_pem(),
    })
}

/// Whether a certificate may go on being used.
fn good(certificate: &str, key: &KeyPair, now: OffsetDateTime) -> bool {
    let Ok(der) = CertificateDer::from_pem_slice(certificate.as_bytes()) else {
        return false;
    };
    Facts::of(&der).is_some_and(|facts| {
        facts.key == key.public_key_raw()
            && facts.begins <= now
            && now < facts.ends - RENEWED_BEFORE
            && names().iter().all(|name| facts.names.contains(name))
    })
}

/// What a certificate says.
pub(super) struct Facts {
    pub(super) begins: OffsetDateTime,
    pub(super) ends: OffsetDateTime,
    pub(super) names: Vec<String>,
    pub(super) key: Vec<u8>,
}

impl Facts {
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        let names = names
            .value
            .general_names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                GeneralName::IPAddress(bytes) => address(bytes),
                _ => None,
            });
        Some(Self {
            begins: certificate.validity().not_before.to_datetime(),
            ends: certificate.validity().not_after.to_datetime(),
            names: names.collect(),
            key: certificate.public_key().subject_public_key.data.to_vec(),
        })
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let any = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
    any.ok().map(|address| address.to_string())
}

fn kept(file: &Path) -> Result<Option<String>, TlsError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TlsError::File {
            file: file.to_owned(),
            source,
        }),
    }
}

/// Writes a file that its owner alone may read, whole or not at all.
fn keep(file: &Path, text: &str) -> Result<(), TlsError> {
    let begun = file.with_extension("new");
    let written = private(&begun).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs::rename(&begun, file)
    });
    written.map_err(|source| TlsError::File {
        file: file.to_owned(),
        source,
    })
}

fn private(file: &Path) -> io::Result<File> {
    // What is left of an attempt that was cut short may have other permissions.
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
