//! Ids, and what else is drawn.

use svix_ksuid::{Ksuid, KsuidLike as _};

use crate::ports::{Clock, Random};

/// A KSUID: unlike any other, and greater than those of earlier seconds.
pub(crate) fn ksuid<P: Clock + Random>(ports: &P) -> String {
    let mut payload = [0; 16];
    ports.fill(&mut payload);
    Ksuid::from_seconds(Some(ports.now().unix_timestamp()), Some(&payload)).to_string()
}

/// A number from 0 to 1.
pub(crate) fn unit<R: Random>(random: &R) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
