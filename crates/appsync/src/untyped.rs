//! Operations without types, for native programs and tests: documents of their own, answers as serde_json's values.

use serde_json::Value;

use crate::client::{Client, Operation};
use crate::error::Error;
use crate::subscription::Subscription;

impl Operation {
    /// An operation without variables.
    #[must_use]
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            ..Self::default()
        }
    }

    /// The same operation with these variables.
    #[must_use]
    pub fn with(mut self, variables: Value) -> Self {
        self.variables = variables.into();
        self
    }
}

impl Client {
    /// Runs a query or a mutation without types; the result is the answer's `data`.
    ///
    /// # Errors
    /// See [`Error`]. Any `errors` in the answer is an error, whatever data came with them.
    pub async fn execute(&self, operation: Operation) -> Result<Value, Error> {
        let data = self.run(&operation).await?;
        Ok(Value::from(&data))
    }

    /// Subscribes without types; an event is the published `data`.
    ///
    /// On native this must be called within a tokio runtime.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "who subscribes has no more use for it"
    )]
    pub fn subscribe_operation(&self, operation: Operation) -> Subscription<Value> {
        Subscription::new(self.start(&operation))
    }
}
