//! The subscriber's end: a stream of states and typed data.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use json::{FromJson, Value};
use link::{Deliveries, Delivery, State};

use crate::error::GraphQlError;
use crate::protocol::Payload;

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<T> {
    /// The link's state changed, or [`State::Live`] came anew.
    State(State),
    /// Something was published. It may come twice.
    Data(T),
    /// Something was published, but the event was nulled, damaged or does not decode: a hint to fetch, never something
    /// to apply.
    Incomplete(Vec<GraphQlError>),
}

/// A running subscription: a stream that ends only after [`State::Failed`]. Dropping it unsubscribes.
///
/// Events wait without limit until they are read (a lost one would be a gap), so keep reading.
#[derive(Debug)]
pub struct Subscription<T> {
    deliveries: Deliveries,
    data: PhantomData<fn() -> T>,
}

impl<T> Subscription<T> {
    pub(crate) const fn new(deliveries: Deliveries) -> Self {
        Self {
            deliveries,
            data: PhantomData,
        }
    }
}

impl<T: FromJson> Stream for Subscription<T> {
    type Item = Event<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event<T>>> {
        let event = ready!(next(&mut self.deliveries, context));
        Poll::Ready(event.map(Event::read))
    }
}

impl<T: FromJson> Subscription<T> {
    /// The same, with what is made of the data in place of it; an event of which nothing can be made is incomplete. What
    /// it is made by is forgotten, so that such streams are of one type for each thing that is made.
    pub fn made<M>(self, make: impl Fn(T) -> Option<M> + Send + 'static) -> Made<M> {
        let make = move |data: &Value| make(json::read(data).ok()?);
        Made {
            deliveries: self.deliveries,
            make: Box::new(make),
        }
    }
}

/// What makes something of data.
type Make<M> = dyn Fn(&Value) -> Option<M> + Send;

/// A running [`Subscription`] of whose data something is made.
pub struct Made<M> {
    deliveries: Deliveries,
    make: Box<Make<M>>,
}

impl<M> Stream for Made<M> {
    type Item = Event<M>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event<M>>> {
        let event = ready!(next(&mut self.deliveries, context));
        Poll::Ready(event.map(|event| match event {
            Event::State(state) => Event::State(state),
            Event::Incomplete(errors) => Event::Incomplete(errors),
            Event::Data(data) => match (self.make)(&data) {
                Some(made) => Event::Data(made),
                None => Event::Incomplete(Vec::new()),
            },
        }))
    }
}

impl<M> fmt::Debug for Made<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made")
            .field("deliveries", &self.deliveries)
            .finish_non_exhaustive()
    }
}

/// The next event, without its type.
fn next(deliveries: &mut Deliveries, context: &mut Context<'_>) -> Poll<Option<Event<Value>>> {
    let delivery = ready!(Pin::new(deliveries).poll_next(context));
    Poll::Ready(delivery.map(|delivery| match delivery {
        Delivery::State(state) => Event::State(state),
        Delivery::Payload(payload) => whole(payload.into().unwrap_or_default()),
    }))
}

/// Data is what came whole: no errors, its field not null.
fn whole(Payload { data, errors }: Payload) -> Event<Value> {
    let nulled = data
        .as_object()
        .is_none_or(|data| data.fields().all(|(_, field)| field.is_null()));
    if nulled || !errors.is_empty() {
        return Event::Incomplete(errors);
    }
    Event::Data(data)
}

impl Event<Value> {
    /// Data of the expected shape is data.
    fn read<T: FromJson>(self) -> Event<T> {
        match self {
            Self::State(state) => Event::State(state),
            Self::Incomplete(errors) => Event::Incomplete(errors),
            Self::Data(data) => match json::read(&data) {
                Ok(data) => Event::Data(data),
                Err(mismatch) => Event::Incomplete(vec![GraphQlError::from(mismatch)]),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use json::Reading;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Changed {
        order: Option<i64>,
    }

    impl FromJson for Changed {
        fn from_json(value: &Value, reading: &mut Reading) -> Self {
            Self {
                order: reading.field(value, "order"),
            }
        }
    }

    fn decoded(payload: &serde_json::Value) -> Event<Changed> {
        let payload = json::parse(payload.to_string().as_bytes()).unwrap();
        whole(Payload::from_value(payload)).read()
    }

    #[test]
    fn only_what_came_whole_is_data() {
        assert_eq!(
            decoded(&json!({"data": {"order": 7}})),
            Event::Data(Changed { order: Some(7) })
        );
        assert_eq!(
            decoded(&json!({"data": {"order": null}})),
            Event::Incomplete(vec![])
        );
        assert_eq!(decoded(&json!({"data": null})), Event::Incomplete(vec![]));
        assert_eq!(decoded(&json!(null)), Event::Incomplete(vec![]));
        let Event::Incomplete(errors) =
            decoded(&json!({"data": {"order": 7}, "errors": {"message": "nulled"}}))
        else {
            panic!("errors make an event incomplete");
        };
        assert_eq!(errors[0].message, "nulled");
        assert!(
            matches!(decoded(&json!({"data": {"order": "seven"}})), Event::Incomplete(errors) if errors.len() == 1)
        );
    }
}
