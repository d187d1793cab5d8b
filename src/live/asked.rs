//! Questions to the cloud, and how their answers are read.
//!
//! To wait for an answer is a task with a deadline, whose machinery weighs kilobytes in the page for each kind of answer
//! that it is generated for. Here it is generated for answers as they come; what is made of one is a plain function.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use json::Value;
use net::{MaybeSend, NetError, Pending};

/// Longer than that nobody waits to be [told](Asked::told), whatever was asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question whose answer is read as a `T`. It is sent when somebody waits for that.
#[must_use = "nothing is sent before somebody waits for the answer"]
pub struct Asked<T, V = Value, E = appsync::Error> {
    answer: Pending<Result<V, E>>,
    /// None once it has read.
    read: Option<Read<T, V, E>>,
}

type Read<T, V, E> = Box<dyn FnOnce(Result<V, E>) -> T + Send>;

impl<T: 'static, V: Send + 'static, E: Send + 'static> Asked<T, V, E> {
    /// What brings the answer, and what reads it.
    pub fn new(
        answer: impl Future<Output = Result<V, E>> + MaybeSend + 'static,
        read: impl FnOnce(Result<V, E>) -> T + Send + 'static,
    ) -> Self {
        Self {
            answer: Box::pin(answer),
            read: Some(Box::new(read)),
        }
    }

    /// The same question, and something else made of its answer.
    pub fn map<U>(self, make: impl FnOnce(T) -> U + Send + 'static) -> Asked<U, V, E> {
        let read = self.read.map(|read| {
            let read: Read<U, V, E> = Box::new(move |answer| make(read(answer)));
            read
        });
        Asked {
            answer: self.answer,
            read,
        }
    }

    /// Sends it, and tells what came of it. No answer within ten seconds is [`NetError::TimedOut`].
    pub fn told(self, tell: impl FnOnce(T) + Send + 'static)
    where
        E: From<NetError>,
    {
        net::spawn(wait(Box::new(self.map(tell))));
    }
}

async fn wait(mut question: Box<dyn Question>) {
    let answer = poll_fn(|context| question.poll(context));
    if let Err(late) = net::within(PATIENCE, answer).await {
        question.late(late);
    }
}

/// Any question, whose answer is told.
trait Question: MaybeSend {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()>;
    /// It has not been answered in time.
    fn late(&mut self, late: NetError);
}

impl<V, E: From<NetError>> Question for Asked<(), V, E> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(self).poll(context)
    }

    fn late(&mut self, late: NetError) {
        if let Some(read) = self.read.take() {
            read(Err(late.into()));
        }
    }
}

impl<T, V, E> Future for Asked<T, V, E> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let answer = ready!(self.answer.as_mut().poll(context));
        match self.read.take() {
            Some(read) => Poll::Ready(read(answer)),
            None => Poll::Pending,
        }
    }
}

impl<T, V, E> fmt::Debug for Asked<T, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}
