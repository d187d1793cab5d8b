//! A guest's credentials, numbered, so that their refusal is not held against newer ones.

use std::sync::{Mutex, PoisonError};

use aws_guest::{Credentials, Guest};

use crate::session::CredentialsId;

/// A guest, and the credentials that it gave last.
#[derive(Debug)]
pub struct Keyring {
    guest: Guest,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    number: u64,
    credentials: Option<Credentials>,
}

impl Keyring {
    /// A guest's.
    #[must_use]
    pub fn new(guest: Guest) -> Self {
        Self {
            guest,
            last: Mutex::default(),
        }
    }

    /// Whose they are.
    #[must_use]
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Credentials that are good for a while, and their number.
    ///
    /// # Errors
    /// As [`Guest::credentials`].
    pub async fn credentials(&self) -> Result<(Credentials, CredentialsId), aws_guest::Error> {
        let credentials = self.guest.credentials().await?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.credentials.as_ref().map(Credentials::access_key_id);
        if known != Some(credentials.access_key_id()) {
            *last = Last {
                number: last.number + 1,
                credentials: Some(credentials.clone()),
            };
        }
        Ok((credentials, CredentialsId(last.number)))
    }

    /// A service refused these, in these words (or at this date, if it told one). Newer ones are not touched.
    pub fn refused(&self, id: CredentialsId, words: &str) {
        self.guest.learn_skew(words);
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let (true, Some(credentials)) = (last.number == id.0, &last.credentials) {
            self.guest.refused(credentials);
        }
    }
}
