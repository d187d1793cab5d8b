//! What was done under a token is not done again: the first result is kept for a day per identity and returned again.
//!
//! For everything that a client may have to send again, since an answer can be lost. The claim of a token and what is
//! done under it are one transaction.

use serde_json::{Map, Value};
use time::Duration;

use crate::api::{Caller, FieldError, Role, bad_request};
use crate::ports::{
    Action, Clock, Condition, Item, Pause, PortError, Random, Table, Tables, Update, Write,
};
use crate::retry::Tries;

/// The tokens and their results.
pub static TOKENS: Table = Table {
    name: "tokens",
    key: "token",
    indexes: &[],
    stream: false,
    expires: Some("expiresAt"),
};

/// How long a result is kept.
const KEPT: Duration = Duration::DAY;
/// As many characters as a token may have.
const LONGEST: usize = 128;

/// A token that an identity has sent to one operation; to another operation, or from another identity, it is another
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(String);

/// What is known of a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// It was used, and this came of it.
    Result(Value),
    /// It was used; what came of it has not been kept yet.
    Used,
    /// It is free to be claimed.
    Free(Claim),
}

/// The right to use a token, if nobody else is faster.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    token: Token,
    expires_at: i64,
    condition: Condition,
}

impl Token {
    /// The token that a caller has sent with an operation, such as `movies/addVotes`; nothing if there is none.
    ///
    /// # Errors
    /// `BadRequestException` for one that is empty, too long or no text.
    pub fn read(
        caller: &Caller,
        operation: &str,
        token: Option<&Value>,
    ) -> Result<Option<Self>, FieldError> {
        let token = match token {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(token)) => token.clone(),
            // GraphQL takes integers for an ID as well.
            Some(Value::Number(token)) => token.to_string(),
            Some(_) => return Err(bad_request("token", "a text")),
        };
        let length = token.chars().count();
        if !(1..=LONGEST).contains(&length) {
            let message = format!("1 to {LONGEST} characters, not {length}");
            return Err(bad_request("token", &message));
        }
        let owner = match (&caller.identity, caller.role) {
            (Some(identity), _) => identity.0.as_str(),
            (None, Role::Guest) => "guest",
            (None, Role::Backend) => "backend",
            (None, Role::ApiKey) => "api-key",
        };
        Ok(Some(Self([owner, operation, &token].join("/"))))
    }

    /// What is known of it.
    ///
    /// # Errors
    /// Where the tables are out of reach.
    pub async fn look<P: Tables + Clock>(&self, ports: &P) -> Result<Known, PortError> {
        let now = ports.now();
        let row = ports.get(&TOKENS, &self.0).await?;
        let until = |row: &Item| row.get("expiresAt").cloned().unwrap_or_default();
        let condition = match &row {
            None => Condition::Absent,
            Some(row) if until(row).as_i64() > Some(now.unix_timestamp()) => {
                return Ok(match row.get("result") {
                    None | Some(Value::Null) => Known::Used,
                    Some(result) => Known::Result(result.clone()),
                });
            }
            // Its time is over; the row may lie there for a while.
            Some(row) => Condition::Equals("expiresAt", until(row)),
        };
        Ok(Known::Free(Claim {
            token: self.clone(),
            expires_at: (now + KEPT).unix_timestamp(),
            condition,
        }))
    }

    /// Keeps what came of a token that was claimed without a result, unless another delivery was faster: what is
    /// returned is what is kept.
    ///
    /// # Errors
    /// Where the tables are out of reach, or others keep getting in front.
    pub async fn keep<P>(&self, ports: &P, result: Value) -> Result<Value, PortError>
    where
        P: Tables + Clock + Pause + Random,
    {
        let mut tries = Tries::default();
        loop {
            let write = Write {
                table: &TOKENS,
                key: self.0.clone(),
                action: Action::Update(Update {
                    set: vec![("result", result.clone())],
                    add: Vec::new(),
                }),
                condition: Condition::Equals("result", Value::Null),
            };
            match ports.transact(vec![write]).await {
                Ok(()) => return Ok(result),
                Err(PortError::Condition(_)) => match self.look(ports).await? {
                    Known::Result(kept) => return Ok(kept),
                    // Its day ended just now: nobody will ask for it again.
                    Known::Used | Known::Free(_) => return Ok(result),
                },
                Err(PortError::Conflict) if tries.again(ports).await => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Claim {
    /// The write that claims the token; to be part of the transaction that does what it stands for. Its condition fails
    /// if the token has been used meanwhile. The result can be kept at once, or later with [`Token::keep`].
    #[must_use]
    pub fn write(self, result: Option<Value>) -> Write {
        let Self {
            token: Token(key),
            expires_at,
            condition,
        } = self;
        let row = Map::from_iter([
            (TOKENS.key.to_owned(), key.clone().into()),
            ("result".to_owned(), result.unwrap_or_default()),
            ("expiresAt".to_owned(), expires_at.into()),
        ]);
        Write {
            table: &TOKENS,
            key,
            action: Action::Put(row),
            condition,
        }
    }
}
