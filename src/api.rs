//! A GraphQL API of the configuration, for any feature: its client, what it is asked, and what its events and errors mean
//! to a live view. And the signed functions beside it.

use appsync::{Auth, Client, Endpoint, Error, Event, GraphQlError, Subscription};
use aws_guest::{Guest, Region, Service};
use futures::StreamExt as _;
use graphql_client::GraphQLQuery;
use json::{FromJson, Value};
use net::http::{Request, Response};

use crate::config;
use crate::live::Asked;
use crate::live::erased::{self, Changes, Kept};
use crate::live::gapless::{Failure, Incoming};
use crate::live::window::{Change, Row};

/// The client of an API, seen from a page of this origin, for this guest.
#[must_use]
pub fn client(api: &config::Api, guest: &Guest, origin: &str) -> Client {
    let auth = match &api.auth {
        config::Auth::Guest => Auth::Guest(guest.clone()),
        config::Auth::ApiKey(key) => Auth::ApiKey(appsync::ApiKey(key.clone())),
    };
    Client::new(Endpoint {
        url: api.graphql.resolve(origin),
        region: Region::new(api.region.as_str()),
        auth,
    })
}

/// Asks for what an operation gives; `read` makes something of its answer.
pub fn ask<Q: GraphQLQuery, T: 'static>(
    client: &Client,
    variables: Q::Variables,
    read: impl FnOnce(Result<Q::ResponseData, Error>) -> T + Send + 'static,
) -> Asked<T>
where
    Q::Variables: Into<Value>,
    Q::ResponseData: FromJson,
{
    let read = |answer: Result<Value, Error>| read(answer.and_then(|data| Ok(json::read(&data)?)));
    Asked::new(client.ask::<Q>(variables), read)
}

/// Asks for what a signed request gives; `read` makes something of its answer.
pub fn fetch<T: 'static>(
    guest: &Guest,
    service: Service,
    region: &Region,
    request: Request,
    read: impl FnOnce(Result<Response, aws_guest::Error>) -> T + Send + 'static,
) -> Asked<T, Response, aws_guest::Error> {
    Asked::new(
        signed(guest.clone(), service, region.clone(), request),
        read,
    )
}

async fn signed(
    guest: Guest,
    service: Service,
    region: Region,
    request: Request,
) -> Result<Response, aws_guest::Error> {
    guest.fetch(service, &region, request).await
}

/// The data of an answer, for a view.
///
/// # Errors
/// Why there is none, for people.
pub fn read<T: FromJson>(answer: Result<Value, Error>) -> Result<T, Failure> {
    let data = answer.and_then(|data| Ok(json::read(&data)?));
    data.map_err(|error| failure(&error))
}

/// A subscription's changes for a view; `read` makes one of what is told.
pub fn changes<T: FromJson + 'static, R: Kept>(
    told: Subscription<T>,
    read: impl Fn(T) -> Option<Change<R>> + Send + 'static,
) -> Changes<R> {
    let told = told.made(move |data| Some(erased::change(read(data)?)));
    Changes::forgotten(told.map(incoming))
}

/// What a subscription's event means for a view. What cannot be applied is a hint to fetch.
pub(crate) fn incoming<R: Row>(event: Event<Change<R>>) -> Incoming<R> {
    match event {
        Event::State(state) => Incoming::Link(state.into()),
        Event::Incomplete(_) => Incoming::Hint,
        Event::Data(change) => Incoming::Change(change),
    }
}

/// Why a query failed, for people.
#[must_use]
pub fn failure(error: &Error) -> Failure {
    let mut why = error.to_string();
    let is_denied = |error: &GraphQlError| error.error_type == "Unauthorized";
    let sort = match error {
        Error::Credentials(source) => {
            for part in [": ", &source.to_string()] {
                why.push_str(part);
            }
            if source.is_retryable() {
                Failure::Unreached
            } else {
                Failure::Refused
            }
        }
        Error::Network(_) => Failure::Unreached,
        // Refused for the time is not refused for good.
        Error::Unauthorized(_) if !error.is_retryable() => Failure::Refused,
        Error::GraphQl(errors) if errors.iter().any(is_denied) => Failure::Refused,
        _ => Failure::Failed,
    };
    sort(why)
}

/// Whether the service gave this `errorType`.
#[must_use]
pub fn is_about(error: &Error, error_type: &str) -> bool {
    let Error::GraphQl(errors) = error else {
        return false;
    };
    errors.iter().any(|error| error.error_type == error_type)
}

/// Whether the same request may succeed later, or may have succeeded already. What is no JSON was said by somebody in
/// between, such as a network that wants a visitor to sign in.
#[must_use]
pub fn is_open(error: &Error) -> bool {
    error.is_retryable()
        || matches!(error, Error::NoJson(_))
        || is_about(error, "InternalFailure")
        || is_about(error, "TransactionConflict")
}

/// What the service says about it, for people.
#[must_use]
pub fn words(error: &Error) -> String {
    match error {
        Error::GraphQl(errors) if !errors.is_empty() => errors[0].message.clone(),
        error => error.to_string(),
    }
}
