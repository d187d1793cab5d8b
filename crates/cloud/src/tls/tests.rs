//! A certificate is made once, kept for its owner, and made anew only when it has to be.

use std::fs;

use super::certificate::{names, pair};
use super::*;
use crate::surroundings::from_millis;

fn at(days: i64) -> OffsetDateTime {
    from_millis(1_767_225_600_000 + days * 24 * 60 * 60 * 1000)
}

fn facts(pair: &Pair) -> Facts {
    let der = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
    Facts::of(&der).unwrap()
}

#[test]
fn it_is_made_once_and_renewed_before_its_end_with_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tls");
    let get = |day| pair(Some(&folder), at(day)).unwrap();
    let first = get(0);
    for day in [0, 100, 365] {
        assert!(get(day).certificate == first.certificate, "on day {day}");
    }
    let renewed = get(367);
    assert!(renewed.certificate != first.certificate);
    let (old, new) = (facts(&first), facts(&renewed));
    assert!(old.begins < at(0) && old.ends > at(395) && old.ends < at(397));
    assert!(new.ends > at(367 + 395));
    assert_eq!(new.key, old.key, "browsers may have been told its hash");
    assert!(get(367).certificate == renewed.certificate);
    // A clock that was wrong: a certificate that is not good yet is none.
    assert!(get(0).certificate != renewed.certificate);
}

#[test]
fn what_does_not_fit_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tls");
    let get = || pair(Some(&folder), at(0)).unwrap();
    let first = get();
    let file = folder.join(CERTIFICATE);
    let stranger = pair(None, at(0)).unwrap().certificate;
    let key = rcgen::KeyPair::from_pem(&first.key).unwrap();
    let named = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let too_few = named.self_signed(&key).unwrap().pem();
    for unfit in [stranger, too_few, "nothing that reads".to_owned()] {
        fs::write(&file, &unfit).unwrap();
        let made = get();
        assert_ne!(made.certificate, unfit);
        assert_eq!(facts(&made).key, facts(&first).key);
    }
    fs::write(folder.join("key.pem"), "nothing that reads").unwrap();
    assert_ne!(facts(&get()).key, facts(&first).key);
}

#[test]
fn it_names_this_machine_and_every_service() {
    let facts = facts(&pair(None, at(0)).unwrap());
    assert_eq!(facts.names, names());
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(facts.names.iter().any(|named| named == name), "{name}");
    }
    for host in crate::services::doors().map(|door| door.host()) {
        let (_, rest) = host.split_once('.').unwrap();
        let any = format!("*.{rest}");
        assert!(
            facts.names.contains(&host) || facts.names.contains(&any),
            "{host}"
        );
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("tls");
    pair(Some(&folder), at(0)).unwrap();
    let mode = |file: &std::path::Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(files.len(), 2, "nothing is left of the writing");
    for file in files {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_running_cloud_renews_it_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let (surroundings, clock) = Surroundings::simulated(at(0), 1);
    let tls = Tls::open(&data, &surroundings).unwrap();
    let first = tls.certificate();
    drop(tls.acceptor());
    assert_eq!(tls.certificate(), first);
    clock.advance(std::time::Duration::from_secs(370 * 24 * 60 * 60));
    drop(tls.acceptor());
    assert_ne!(tls.certificate(), first);
    let kept = fs::read_to_string(tls.file().unwrap()).unwrap();
    assert_eq!(kept, tls.certificate());
    assert_eq!(spki_hash(&kept), spki_hash(&first));
}
