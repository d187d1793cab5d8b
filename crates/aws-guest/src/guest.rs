//! The handle that everyone shares.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use futures::channel::{mpsc, oneshot};
use net::http::{Request, Response};
use net::{Pending, UnixTime, storage};

use crate::flight::{Flight, Next};
use crate::sign::{self, Scope};
use crate::state::{Decision, State, Status};
use crate::{Credentials, Error, IdentityId, Region, Service, cognito, skew};

/// Where guests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestConfig {
    /// The identity service's address.
    pub endpoint: String,
    /// The pool's region.
    pub region: Region,
    /// The pool: `<region>:<uuid>`.
    pub identity_pool_id: String,
}

impl GuestConfig {
    /// A pool at the region's own identity service.
    #[must_use]
    pub fn at_region(region: Region, identity_pool_id: impl Into<String>) -> Self {
        let endpoint = format!("https://cognito-identity.{region}.amazonaws.com/");
        Self {
            endpoint,
            region,
            identity_pool_id: identity_pool_id.into(),
        }
    }

    /// Where the identity is kept between visits.
    fn storage_key(&self) -> String {
        format!("aws-guest.identity.{}", self.identity_pool_id)
    }
}

/// One visitor's identity and credentials. Clones share everything; `Send` and `Sync` on every platform.
#[derive(Clone)]
pub struct Guest(Arc<Shared>);

struct Shared {
    config: GuestConfig,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    waiting: Vec<oneshot::Sender<Result<Credentials, Error>>>,
    watching: Vec<mpsc::UnboundedSender<Status>>,
    last: Status,
}

impl Guest {
    /// A guest of that pool, with the identity of the last visit if there was one. Nothing is sent before someone needs
    /// credentials.
    #[must_use]
    pub fn new(config: GuestConfig) -> Self {
        let identity = storage::get(&config.storage_key()).map(IdentityId::new);
        let state = State::with_identity(identity);
        let last = state.status();
        let inner = Inner {
            state,
            waiting: Vec::new(),
            watching: Vec::new(),
            last,
        };
        Self(Arc::new(Shared {
            config,
            inner: Mutex::new(inner),
        }))
    }

    /// Credentials that are good for a while. However many ask, one request is in flight, and it goes on when those who
    /// asked have gone.
    ///
    /// # Errors
    /// Any but [`Error::Unsignable`].
    pub fn credentials(&self) -> Pending<Result<Credentials, Error>> {
        let guest = self.clone();
        Box::pin(async move {
            loop {
                match guest.decide(|state| Some(state.ask(net::wall()))) {
                    Some(Waiting::Done(credentials)) => return Ok(credentials),
                    Some(Waiting::For(landing)) => {
                        if let Ok(outcome) = landing.await {
                            return outcome;
                        }
                        // The renewal went down with the runtime that it ran on. Ours still runs.
                    }
                    None => {}
                }
            }
        })
    }

    /// A service refused these credentials: the next call asks for new ones, unless that has happened meanwhile.
    pub fn refused(&self, credentials: &Credentials) {
        self.0.update(|state| state.refused(credentials));
    }

    /// To be called after a socket's upgrade failed without a reason while online. Asks for new credentials, which also
    /// tells the service's time; at most once a minute, otherwise it returns at once. What comes of it shows in the next
    /// call of whoever needs credentials.
    pub async fn probe(&self) {
        if let Some(Waiting::For(landing)) = self.decide(|state| state.probe(net::now())) {
            // Whatever comes of it was only worth a try.
            let _ = landing.await;
        }
    }

    /// Takes the service's time from a `Date` header or from the message of an error about skew; anything else is
    /// ignored.
    pub fn learn_skew(&self, server_date: &str) {
        if let Some(server) = skew::server_time(server_date) {
            self.0.lock().state.skew().named(server, net::wall());
        }
    }

    /// Takes the service's time from the `Date` of an answer that has just come, if it shows one, to a request that was
    /// sent then, by [`net::wall`].
    pub fn learn_date(&self, response: &Response, sent: UnixTime) {
        self.0.learn_date(response, sent);
    }

    /// What a service wrote at this time, by its clock, has just arrived: it is not earlier there.
    pub fn learn_arrival(&self, written: UnixTime) {
        self.0.lock().state.skew().arrived(written, net::wall());
    }

    /// The time as the services have it, as well as it is known: the wall clock's if that may be right, else to a second
    /// after the first answer and better with each.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.0.lock().state.skew().server_time(net::wall())
    }

    /// The time to sign with, which takes no notice of a few seconds.
    fn signing_time(&self) -> UnixTime {
        self.0.lock().state.skew().signing_time(net::wall())
    }

    /// The identity, once there is one.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityId> {
        self.0.lock().state.identity().cloned()
    }

    /// What is known right now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.lock().state.status()
    }

    /// What is known now, and then each change of it.
    #[must_use]
    pub fn statuses(&self) -> Statuses {
        let (sender, receiver) = mpsc::unbounded();
        let mut inner = self.0.lock();
        // The receiver is at hand: this cannot fail.
        let _ = sender.unbounded_send(inner.state.status());
        inner.watching.push(sender);
        Statuses(receiver)
    }

    /// Signs a request's headers with credentials that are good; see [`sign::headers`]. Sign each attempt anew.
    ///
    /// # Errors
    /// Any.
    pub async fn sign(
        &self,
        service: Service,
        region: &Region,
        request: Request,
    ) -> Result<Request, Error> {
        self.sign_with(&self.credentials().await?, service, region, request)
    }

    /// The same with given credentials, for callers that want to say which were [`refused`](Self::refused).
    ///
    /// # Errors
    /// [`Error::Unsignable`].
    pub fn sign_with(
        &self,
        credentials: &Credentials,
        service: Service,
        region: &Region,
        request: Request,
    ) -> Result<Request, Error> {
        sign::headers(
            Scope {
                credentials,
                region,
                service,
                at: self.signing_time(),
            },
            request,
        )
    }

    /// Signs an address with credentials that are good; see [`sign::url`]. It goes stale: sign each attempt anew.
    ///
    /// # Errors
    /// Any.
    pub async fn presign(
        &self,
        service: Service,
        region: &Region,
        url: &str,
        expires: Option<Duration>,
    ) -> Result<String, Error> {
        self.presign_with(&self.credentials().await?, service, region, url, expires)
    }

    /// The same with given credentials, for callers that want to say which were [`refused`](Self::refused).
    ///
    /// # Errors
    /// [`Error::Unsignable`].
    pub fn presign_with(
        &self,
        credentials: &Credentials,
        service: Service,
        region: &Region,
        url: &str,
        expires: Option<Duration>,
    ) -> Result<String, Error> {
        sign::url(
            Scope {
                credentials,
                region,
                service,
                at: self.signing_time(),
            },
            url,
            expires,
        )
    }

    /// Asks the state and does as it says. Deciding to wait and joining those who wait are one step, so that no landing
    /// can come between.
    fn decide(&self, ask: impl FnOnce(&mut State) -> Option<Decision>) -> Option<Waiting> {
        let mut inner = self.0.lock();
        let decision = ask(&mut inner.state)?;
        let (sender, receiver) = oneshot::channel();
        let renews = match decision {
            Decision::Use(credentials) => return Some(Waiting::Done(credentials)),
            Decision::Wait => false,
            Decision::Renew => true,
        };
        inner.waiting.push(sender);
        drop(inner);
        if renews {
            self.0.publish();
            // A task of its own, so that it does not end with the one who happened to ask first.
            net::spawn(renew(InFlight(Some(Arc::clone(&self.0)))));
        }
        Some(Waiting::For(receiver))
    }
}

/// What someone who asked has.
enum Waiting {
    Done(Credentials),
    For(oneshot::Receiver<Result<Credentials, Error>>),
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("config", &self.0.config)
            .field("status", &self.status())
            .finish()
    }
}

/// See [`Guest::statuses`].
#[derive(Debug)]
pub struct Statuses(mpsc::UnboundedReceiver<Status>);

impl Stream for Statuses {
    type Item = Status;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Status>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn_date(&self, response: &Response, sent: UnixTime) {
        if let Some(server) = response.header("date").and_then(skew::server_time) {
            let mut inner = self.lock();
            inner.state.skew().answered(server, sent, net::wall());
        }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock().state);
        self.publish();
    }

    /// Tells those who watch, if there is something new.
    fn publish(&self) {
        let mut inner = self.lock();
        let status = inner.state.status();
        if status != inner.last {
            inner
                .watching
                .retain(|watcher| watcher.unbounded_send(status.clone()).is_ok());
            inner.last = status;
        }
    }

    /// The identity, or else what another tab has stored since: one visitor should have one.
    fn identity(&self) -> Option<IdentityId> {
        let known = self.lock().state.identity().cloned();
        known.or_else(|| storage::get(&self.config.storage_key()).map(IdentityId::new))
    }

    /// Keeps the identity for the next visit, or forgets it.
    fn keep(&self, identity: Option<&IdentityId>) {
        if self.lock().state.identity() == identity {
            return;
        }
        let key = self.config.storage_key();
        match identity {
            Some(identity) => storage::set(&key, identity.as_str()),
            None => storage::remove(&key),
        }
        self.update(|state| state.set_identity(identity.cloned()));
    }
}

async fn renew(mut in_flight: InFlight) {
    let Some(shared) = in_flight.0.clone() else {
        return;
    };
    let mut flight = Flight::new(shared.identity());
    let mut call = flight.first();
    let outcome = loop {
        let sent = net::wall();
        let answer = cognito::call(&shared.config, &call, |response| {
            shared.learn_date(response, sent);
        })
        .await;
        let next = flight.answered(answer);
        shared.keep(flight.identity());
        match next {
            Next::Call(next) => call = next,
            Next::Land(outcome) => break outcome,
        }
    };
    let (outcome, waiting) = {
        let mut inner = shared.lock();
        in_flight.0 = None;
        let outcome = inner.state.landed(outcome, net::wall());
        (outcome, std::mem::take(&mut inner.waiting))
    };
    shared.publish();
    for one in waiting {
        // Who no longer waits has gone.
        let _ = one.send(outcome.clone());
    }
}

/// Dropped before the landing (a native runtime can end at any time), it lets those who wait start anew.
struct InFlight(Option<Arc<Shared>>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            let mut inner = shared.lock();
            inner.state.lost();
            inner.waiting.clear();
        }
    }
}
