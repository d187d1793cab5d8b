//! The one task of an endpoint: it gives the session a clock, sockets, signatures and the life of the page.
//!
//! What has to wait (a socket, a signature) runs beside it and answers through one channel, so that the session is
//! always free to hear that something is no longer wanted.

use crate::map::Map;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, ready, select};
use futures::{StreamExt, stream};
use net::life::Life;
use net::socket::{LOST, Message, Received, Socket};
use serde_json::Value;

use crate::endpoint::{Authorized, Signer, realtime_url};
use crate::protocol::{OperationId, SUBPROTOCOL, ServerFrame};
use crate::session::{
    Cause, ConnectionId, Delivery, Input, Output, Session, SubscriptionId, Trouble,
};

/// A frame that the network does not take within this time will not arrive.
const SEND_DEADLINE: Duration = Duration::from_secs(10);

/// What subscribers ask of the actor.
#[derive(Debug)]
pub(crate) enum Command {
    Subscribe(SubscriptionId, Arc<str>, UnboundedSender<Delivery>),
    Unsubscribe(SubscriptionId),
}

enum Event {
    Command(Command),
    /// Neither a client nor a subscription is left.
    HandlesGone,
    Input(Input),
    Life(Life),
}

struct Actor {
    signer: Arc<Signer>,
    session: Session,
    subscribers: Map<SubscriptionId, UnboundedSender<Delivery>>,
    /// Frames to send, by socket. Dropping the sender closes the socket.
    sockets: Map<ConnectionId, UnboundedSender<String>>,
    /// Where work that runs beside the actor puts its answers.
    answers: UnboundedSender<Input>,
}

/// Runs until no handle is left and the socket is closed.
pub(crate) async fn run(signer: Arc<Signer>, commands: UnboundedReceiver<Command>) {
    let mut seed = [0; 8];
    net::random::fill(&mut seed);
    let (answers, inputs) = unbounded();
    let mut actor = Actor {
        signer,
        session: Session::new(u64::from_ne_bytes(seed), net::life::is_online()),
        subscribers: Map::new(),
        sockets: Map::new(),
        answers,
    };
    let commands = commands
        .map(Event::Command)
        .chain(stream::once(ready(Event::HandlesGone)));
    let life = net::life::events().map(Event::Life);
    let mut events = pin!(stream::select(
        stream::select(commands, inputs.map(Event::Input)),
        life
    ));
    let mut handles_gone = false;
    loop {
        while let Some(output) = actor.session.poll_output() {
            actor.perform(output);
        }
        if handles_gone && actor.session.is_idle() {
            return;
        }
        let event = match actor.session.next_deadline() {
            None => events.next().await,
            Some(deadline) => match select(events.next(), pin!(net::sleep_until(deadline))).await {
                Either::Left((event, _)) => event,
                Either::Right(((), _)) => {
                    actor.session.handle_timeout(net::now());
                    continue;
                }
            },
        };
        match event {
            Some(Event::HandlesGone) => handles_gone = true,
            Some(Event::Command(command)) => actor.command(command),
            Some(Event::Input(input)) => actor.session.handle(net::now(), input),
            Some(Event::Life(life)) => actor.life(life),
            // The page's life ends with the page.
            None => return,
        }
    }
}

impl Actor {
    fn command(&mut self, command: Command) {
        let input = match command {
            Command::Subscribe(id, body, deliver) => {
                self.subscribers.insert(id, deliver);
                Input::Subscribe(id, body)
            }
            Command::Unsubscribe(id) => {
                self.subscribers.remove(&id);
                Input::Unsubscribe(id)
            }
        };
        self.session.handle(net::now(), input);
    }

    fn life(&mut self, life: Life) {
        let input = match life {
            Life::Online => Input::Online,
            Life::Offline => Input::Offline,
            Life::Visible | Life::Wake => Input::Wake,
            Life::Hidden => return,
        };
        self.session.handle(net::now(), input);
    }

    /// Sending to someone who has just gone is not an error anywhere here.
    fn perform(&mut self, output: Output) {
        match output {
            Output::Open(id) => {
                let (frames, outgoing) = unbounded();
                self.sockets.insert(id, frames);
                net::spawn(connection(
                    Arc::clone(&self.signer),
                    id,
                    outgoing,
                    self.answers.clone(),
                ));
            }
            Output::Authorize(id, body) => {
                net::spawn(authorize(
                    Arc::clone(&self.signer),
                    id,
                    body,
                    self.answers.clone(),
                ));
            }
            Output::Send(id, frame) => {
                let _ = self
                    .sockets
                    .get(&id)
                    .map(|frames| frames.unbounded_send(frame.encode()));
            }
            Output::Close(id) => drop(self.sockets.remove(&id)),
            Output::Deliver(id, delivery) => {
                let _ = self
                    .subscribers
                    .get(&id)
                    .map(|deliver| deliver.unbounded_send(delivery));
            }
            Output::Probe => {
                if let Some(guest) = self.signer.guest().cloned() {
                    net::spawn(async move { guest.probe().await });
                }
            }
            Output::Renew(credentials, words) => self.signer.refused(credentials, &words),
        }
    }
}

async fn authorize(
    signer: Arc<Signer>,
    id: OperationId,
    body: Arc<str>,
    answers: UnboundedSender<Input>,
) {
    let answer = match signer.start(&body).await {
        Ok((authorization, credentials)) => Input::Authorized(id, authorization, credentials),
        Err(error) => Input::NotAuthorized(id, error.into()),
    };
    let _ = answers.unbounded_send(answer);
}

/// One socket, from signing to its end. It is closed when nobody holds the other end of `outgoing` any more.
async fn connection(
    signer: Arc<Signer>,
    id: ConnectionId,
    mut outgoing: UnboundedReceiver<String>,
    answers: UnboundedSender<Input>,
) {
    let mut socket = match select(pin!(open(&signer)), outgoing.next()).await {
        Either::Left((Ok((socket, credentials)), _)) => {
            let _ = answers.unbounded_send(Input::Opened(id, credentials));
            socket
        }
        Either::Left((Err(trouble), _)) => {
            let _ = answers.unbounded_send(Input::NotOpened(id, trouble));
            return;
        }
        // Nothing is sent through a closed door: this is its other end going away.
        Either::Right(_) => return,
    };
    loop {
        let next = match select(outgoing.next(), pin!(socket.receive())).await {
            Either::Left((frame, _)) => Either::Left(frame),
            Either::Right((received, _)) => Either::Right(received),
        };
        let (code, reason) = match next {
            Either::Left(None) => return socket.close(1000, "").await,
            Either::Left(Some(frame)) => {
                match net::within(SEND_DEADLINE, socket.send(Message::Text(frame))).await {
                    // If the socket does not take any more, receiving tells why.
                    Ok(_) => continue,
                    Err(_) => (LOST, String::new()),
                }
            }
            Either::Right(Received::Closed { code, reason }) => (code, reason),
            Either::Right(Received::Message(message)) => {
                let frame = match message {
                    Message::Text(text) => ServerFrame::decode(&text),
                    Message::Binary(_) => ServerFrame::Unknown,
                };
                let _ = answers.unbounded_send(Input::Received(id, frame));
                continue;
            }
        };
        let _ = answers.unbounded_send(Input::Closed {
            connection: id,
            code,
            reason,
        });
        return;
    }
}

async fn open(signer: &Signer) -> Result<Authorized<Socket>, Trouble> {
    let address = || Trouble {
        cause: Cause::Address(signer.url().to_owned()),
        permanent: true,
    };
    let url = realtime_url(signer.url()).ok_or_else(address)?;
    let (authorization, credentials) = signer.connect().await?;
    let header = serde_json::to_vec(&Value::Object(authorization.0)).unwrap_or_default();
    let header = format!("header-{}", BASE64_URL_SAFE_NO_PAD.encode(header));
    match Socket::open(&url, &[SUBPROTOCOL, &header]).await {
        Ok(socket) => Ok((socket, credentials)),
        Err(net::NetError::Invalid(_)) => Err(address()),
        Err(_) => Err(Trouble {
            cause: Cause::Refused,
            permanent: false,
        }),
    }
}

impl From<aws_guest::Error> for Trouble {
    fn from(error: aws_guest::Error) -> Self {
        Self {
            permanent: !error.is_retryable(),
            cause: Cause::Credentials(error.to_string()),
        }
    }
}
