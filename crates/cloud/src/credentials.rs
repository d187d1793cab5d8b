//! Temporary credentials: minted here, verified here, kept nowhere.
//!
//! A session token is a claim (role, identity, access key id, expiry) with a MAC under a master key, and the secret key
//! is derived from the master key and the access key id. So credentials survive a restart, another process on the same
//! data folder can mint them (`eddy-cloud credentials`), and verifying one takes no look into the database.

use backend::api::{Caller, IdentityId, Role};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use crate::sigv4::{Refusal, SecretKey, hmac};
use crate::store::{Store, StoreError};
use crate::surroundings::Surroundings;

/// Mints credentials and knows its own again.
#[derive(Clone)]
pub struct Authority {
    master: [u8; 32],
    /// What was issued before this time (milliseconds) has expired, whatever it says.
    expired_before: Arc<AtomicI64>,
}

/// Temporary credentials.
#[derive(Clone)]
pub struct Credentials {
    /// Begins with `ASIA`, as temporary ones do.
    pub access_key_id: String,
    /// What is signed with.
    pub secret_access_key: SecretKey,
    /// To be sent along with each signature.
    pub session_token: String,
    /// Refused from then on.
    pub expiration: OffsetDateTime,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// What a session token says, for whoever holds the master key.
#[derive(Serialize, Deserialize)]
struct Claim {
    role: Claimed,
    identity: Option<String>,
    access_key_id: String,
    /// Epoch seconds.
    expires: i64,
    /// Epoch milliseconds; older tokens do not say.
    #[serde(default)]
    issued: i64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Claimed {
    Guest,
    Backend,
}

const MAC: usize = 32;

impl Authority {
    /// The authority of this store; its master key is made on the first run.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn open(store: &Store, surroundings: &Surroundings) -> Result<Self, StoreError> {
        let mut fresh = [0; 32];
        surroundings.fill(&mut fresh);
        let master = store
            .write(move |transaction| {
                let kept = transaction
                    .query_row(
                        "SELECT value FROM secrets WHERE name = 'master'",
                        [],
                        |row| row.get(0),
                    )
                    .optional()?;
                if let Some(kept) = kept {
                    return Ok(kept);
                }
                transaction.execute(
                    "INSERT INTO secrets (name, value) VALUES ('master', ?1)",
                    [fresh],
                )?;
                Ok::<_, StoreError>(fresh)
            })
            .await?;
        Ok(Self::with(master))
    }

    fn with(master: [u8; 32]) -> Self {
        Self {
            master,
            expired_before: Arc::new(AtomicI64::new(i64::MIN)),
        }
    }

    /// Takes everything for expired that was issued before this time, in milliseconds: for [`crate::faults`].
    pub(crate) fn expire_before(&self, millis: i64) {
        self.expired_before.store(millis, Ordering::Relaxed);
    }

    /// Makes credentials.
    #[must_use]
    pub fn mint(&self, caller: &Caller, ttl: Duration, surroundings: &Surroundings) -> Credentials {
        self.mint_until(caller, surroundings.now() + ttl, surroundings)
    }

    /// Makes credentials that last until then.
    pub(crate) fn mint_until(
        &self,
        caller: &Caller,
        expiration: OffsetDateTime,
        surroundings: &Surroundings,
    ) -> Credentials {
        let access_key_id = access_key_id(surroundings);
        let claim = Claim {
            role: match caller.role {
                // A key is sent as it is; were credentials made for it, they would be anybody's.
                Role::Guest | Role::ApiKey => Claimed::Guest,
                Role::Backend => Claimed::Backend,
            },
            identity: caller.identity.as_ref().map(|identity| identity.0.clone()),
            access_key_id: access_key_id.clone(),
            expires: expiration.unix_timestamp(),
            issued: surroundings.now_millis(),
        };
        Credentials {
            secret_access_key: self.secret_of(&access_key_id),
            session_token: self.seal(&claim),
            access_key_id,
            expiration,
        }
    }

    /// The secret key of, and the caller behind, an access key id and its session token.
    ///
    /// # Errors
    /// [`Refusal::UnknownToken`] where the token was not made here, was altered or belongs to another access key;
    /// [`Refusal::Expired`].
    pub fn unseal(
        &self,
        access_key_id: &str,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<(SecretKey, Caller), Refusal> {
        let claim = self.open_token(token).ok_or(Refusal::UnknownToken)?;
        if claim.access_key_id != access_key_id {
            return Err(Refusal::UnknownToken);
        }
        let expired = claim.issued < self.expired_before.load(Ordering::Relaxed);
        if expired || claim.expires <= now.unix_timestamp() {
            return Err(Refusal::Expired);
        }
        let role = match claim.role {
            Claimed::Guest => Role::Guest,
            Claimed::Backend => Role::Backend,
        };
        Ok((
            self.secret_of(access_key_id),
            Caller {
                role,
                identity: claim.identity.map(IdentityId),
            },
        ))
    }

    /// Standard base64 with `+`, `/` and `=`, as the real tokens have: clients that forget to encode them in a query
    /// shall find out here.
    fn seal(&self, claim: &Claim) -> String {
        let mut bytes = serde_json::to_vec(claim).unwrap_or_default();
        let mac = self.mac(&bytes);
        bytes.extend(mac);
        STANDARD.encode(bytes)
    }

    fn open_token(&self, token: &str) -> Option<Claim> {
        let bytes = STANDARD.decode(token).ok()?;
        let (claim, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        bool::from(self.mac(claim).ct_eq(mac)).then(|| serde_json::from_slice(claim).ok())?
    }

    fn mac(&self, claim: &[u8]) -> [u8; MAC] {
        hmac(&hmac(&self.master, b"session token"), claim)
    }

    fn secret_of(&self, access_key_id: &str) -> SecretKey {
        let derived = hmac(
            &hmac(&self.master, b"secret access key"),
            access_key_id.as_bytes(),
        );
        // 30 bytes are the 40 characters that secret access keys have.
        SecretKey(STANDARD.encode(&derived[..30]))
    }
}

fn access_key_id(surroundings: &Surroundings) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = [0; 16];
    surroundings.fill(&mut random);
    let tail = random.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    format!("ASIA{}", tail.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Data;

    fn guest() -> Caller {
        Caller {
            role: Role::Guest,
            identity: Some(IdentityId("eu-west-1:1".into())),
        }
    }

    #[tokio::test]
    async fn the_same_store_knows_its_credentials_again_and_another_does_not() {
        let (world, clock) = Surroundings::simulated(OffsetDateTime::UNIX_EPOCH, 1);
        let store = Store::open(&Data::Memory).await.unwrap();
        let minted = Authority::open(&store, &world).await.unwrap().mint(
            &guest(),
            Duration::from_secs(60),
            &world,
        );
        let again = Authority::open(&store, &world).await.unwrap();
        let (secret, caller) = again
            .unseal(&minted.access_key_id, &minted.session_token, clock.now())
            .unwrap();
        assert!(secret == minted.secret_access_key && caller == guest());

        let elsewhere = Authority::open(&Store::open(&Data::Memory).await.unwrap(), &world)
            .await
            .unwrap();
        let refused = elsewhere.unseal(&minted.access_key_id, &minted.session_token, clock.now());
        assert_eq!(refused.unwrap_err(), Refusal::UnknownToken);
    }

    #[test]
    fn altered_borrowed_and_expired_tokens_are_refused() {
        let (world, clock) = Surroundings::simulated(OffsetDateTime::UNIX_EPOCH, 2);
        let authority = Authority::with([7; 32]);
        let mint = || authority.mint(&guest(), Duration::from_secs(60), &world);
        let (mine, other) = (mint(), mint());
        let unseal = |id: &str, token: &str| {
            authority
                .unseal(id, token, clock.now())
                .map(|(_, caller)| caller)
        };
        assert_eq!(
            unseal(&mine.access_key_id, &mine.session_token),
            Ok(guest())
        );
        assert_eq!(
            unseal(&other.access_key_id, &mine.session_token),
            Err(Refusal::UnknownToken)
        );

        let bytes = STANDARD.decode(&mine.session_token).unwrap();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert_eq!(
                unseal(&mine.access_key_id, &STANDARD.encode(altered)),
                Err(Refusal::UnknownToken)
            );
        }
        for nonsense in ["", "AAAA", "not base64!"] {
            assert_eq!(
                unseal(&mine.access_key_id, nonsense),
                Err(Refusal::UnknownToken)
            );
        }
        clock.advance(Duration::from_secs(60));
        assert_eq!(
            unseal(&mine.access_key_id, &mine.session_token),
            Err(Refusal::Expired)
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let (world, _) = Surroundings::simulated(OffsetDateTime::UNIX_EPOCH, 3);
        let minted = Authority::with([7; 32]).mint(&guest(), Duration::from_secs(60), &world);
        let shown = format!("{minted:?}");
        assert!(
            !shown.contains(&minted.secret_access_key.0) && !shown.contains(&minted.session_token)
        );
    }
}
