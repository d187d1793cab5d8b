//! The handle: queries, mutations and subscriptions of one endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use graphql_client::GraphQLQuery;
use json::{FromJson, Mismatch, Object, Value};
use link::wire::{Pending, Verdict, Wire};
use link::{Deliveries, Handle};
use net::http::Response;

use crate::endpoint::{Endpoint, Signer};
use crate::error::{Error, GraphQlError, verdict};
use crate::subscription::Subscription;
use crate::wire::RealTime;

/// The service itself gives a request 30 s.
const DEADLINE: Duration = Duration::from_secs(35);

/// A page keeps its client where any task may reach it.
const _: () = {
    const fn is_shared<T: Send + Sync + Clone>() {}
    const fn is_kept<T: Send + Unpin>() {}
    is_shared::<Client>();
    is_kept::<Subscription<Value>>();
};

/// One GraphQL operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Operation {
    /// The document. A subscription's holds nothing but that operation and its fragments, since real-time messages
    /// cannot name one of several.
    pub query: String,
    /// An object, or null for none. What is null in it is sent as null, which to a subscription is a filter.
    pub variables: Value,
    /// Which of the document's operations.
    pub name: Option<String>,
}

impl Operation {
    fn typed<Q: GraphQLQuery>(variables: Q::Variables) -> Self
    where
        Q::Variables: Into<Value>,
    {
        let body = Q::build_query(variables);
        Self::named(body.query, body.operation_name, body.variables.into())
    }

    /// What [`typed`](Self::typed) makes of any type's parts: generated once.
    fn named(query: &str, name: &str, variables: Value) -> Self {
        Self {
            query: query.to_owned(),
            variables,
            name: Some(name.to_owned()),
        }
    }

    /// The body of a request; without a name it is what goes into `payload.data`.
    fn body(&self, name: Option<&str>) -> String {
        let variables = match &self.variables {
            Value::Null => Object::default().into(),
            variables => variables.clone(),
        };
        let mut body = Object::default();
        body.set("query", self.query.as_str());
        body.set("variables", variables);
        body.set_some("operationName", name);
        Value::from(body).text()
    }
}

/// A client of one endpoint. Clones share its socket; nothing is opened before somebody subscribes.
#[derive(Clone)]
pub struct Client {
    signer: Arc<Signer>,
    link: Handle,
}

impl Client {
    /// A client of that endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        let signer = Arc::new(Signer::new(endpoint));
        let wire: Arc<dyn Wire> = Arc::new(RealTime(Arc::clone(&signer)));
        Self {
            signer,
            link: Handle::new(wire),
        }
    }

    /// Runs a query or a mutation, and gives the answer's `data` as it came. Nothing is generated for the operation.
    ///
    /// # Errors
    /// See [`Error`]. Any `errors` in the answer is an error, whatever data came with them.
    pub fn ask<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Pending<Result<Value, Error>>
    where
        Q::Variables: Into<Value>,
    {
        self.answer(Operation::typed::<Q>(variables))
    }

    /// The same for a document of one's own.
    ///
    /// # Errors
    /// As those of [`ask`](Self::ask).
    pub fn answer(&self, operation: Operation) -> Pending<Result<Value, Error>> {
        let client = self.clone();
        Box::pin(async move { client.run(&operation).await })
    }

    /// The `data` of the answer.
    pub(crate) async fn run(&self, operation: &Operation) -> Result<Value, Error> {
        let body = operation.body(operation.name.as_deref());
        let mut renewed = false;
        loop {
            let (request, credentials) = self.signer.query(&body).await?;
            let sent = net::wall();
            let response = net::within(DEADLINE, net::http::send(request)).await??;
            if let Some(keyring) = self.signer.keyring() {
                keyring.guest().learn_date(&response, sent);
            }
            match (read(&response), credentials) {
                // Refused is not executed: even a mutation can be sent again.
                (Err(Error::Unauthorized(errors)), Some(credentials)) if !renewed => {
                    renewed = true;
                    let words = errors.first().map(ToString::to_string).unwrap_or_default();
                    if let Some(keyring) = self.signer.keyring() {
                        keyring.refused(credentials, response.header("date").unwrap_or(&words));
                    }
                }
                (outcome, _) => return outcome,
            }
        }
    }

    /// Subscribes. The stream begins with how the link stands.
    ///
    /// On native this must be called within a tokio runtime.
    pub fn subscribe<Q: GraphQLQuery>(
        &self,
        variables: Q::Variables,
    ) -> Subscription<Q::ResponseData>
    where
        Q::Variables: Into<Value>,
        Q::ResponseData: FromJson,
    {
        Subscription::new(self.start(&Operation::typed::<Q>(variables)))
    }

    pub(crate) fn start(&self, operation: &Operation) -> Deliveries {
        self.link.subscribe(operation.body(None).into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.signer.url())
            .finish_non_exhaustive()
    }
}

/// An answer's data, or what keeps us from it.
fn read(response: &Response) -> Result<Value, Error> {
    let status = response.status;
    let answer = json::parse(&response.body);
    if response.is_success() {
        let mut answer = answer.map_err(Error::NoJson)?;
        let errors = answer
            .get("errors")
            .map(|_| GraphQlError::list(&answer))
            .unwrap_or_default();
        if !errors.is_empty() {
            return Err(Error::GraphQl(errors));
        }
        return match answer.get("data") {
            Some(_) => Ok(answer.take("data")),
            None => Err(Mismatch::of("data", "is missing").into()),
        };
    }
    if matches!(status, 429 | 500..) {
        return Err(Error::Unavailable { status });
    }
    // Whoever refuses may be a gateway that speaks no JSON.
    let mut errors = answer.as_ref().map(GraphQlError::list).unwrap_or_default();
    if errors.is_empty() {
        let message = format!("HTTP {status}");
        errors.push(GraphQlError {
            message,
            code: Some(status),
            ..GraphQlError::default()
        });
    }
    if matches!(status, 401 | 403) || matches!(verdict(&errors), Verdict::Renew | Verdict::Stale) {
        Err(Error::Unauthorized(errors))
    } else {
        Err(Error::GraphQl(errors))
    }
}
