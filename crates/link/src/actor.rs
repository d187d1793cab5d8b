//! The one task of an endpoint: it gives the conversation a clock, sockets, signatures and the life of the page.
//!
//! What has to wait (a socket, a signature) runs beside it and answers through one channel, so that the session is
//! always free to hear that something is no longer wanted.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, pending, ready, select};
use futures::{StreamExt, stream};
use net::Instant;
use net::life::Life;
use net::socket::{LOST, Message, Received, Socket};

use crate::conversation::{Action, Conversation};
use crate::map::Map;
use crate::session::{
    ConnectionId, CredentialsId, Input, OperationId, Output, SubscriptionId, Trouble,
};
use crate::state::{Cause, Delivery};
use crate::wire::Wire;

/// A frame that the network does not take within this time will not arrive.
const SEND_DEADLINE: Duration = Duration::from_secs(10);

/// What subscribers ask of the actor.
#[derive(Debug)]
pub(crate) enum Command {
    Subscribe(SubscriptionId, Arc<str>, UnboundedSender<Delivery>),
    Unsubscribe(SubscriptionId),
}

/// What work that runs beside the actor has to tell.
enum Report {
    Input(Input),
    Message(ConnectionId, Message),
}

enum Event {
    Command(Command),
    /// Neither a client nor a subscription is left.
    HandlesGone,
    Report(Report),
    Life(Life),
}

struct Actor {
    wire: Arc<dyn Wire>,
    conversation: Conversation,
    subscribers: Map<SubscriptionId, UnboundedSender<Delivery>>,
    /// Messages to send, by socket. Dropping the sender closes the socket.
    sockets: Map<ConnectionId, UnboundedSender<Message>>,
    /// Where work that runs beside the actor puts its answers.
    reports: UnboundedSender<Report>,
}

/// Runs until no handle is left and the socket is closed.
pub(crate) async fn run(wire: Arc<dyn Wire>, commands: UnboundedReceiver<Command>) {
    let mut seed = [0; 8];
    net::random::fill(&mut seed);
    let seed = u64::from_ne_bytes(seed);
    let (reports, inputs) = unbounded();
    let mut actor = Actor {
        conversation: Conversation::new(Arc::clone(&wire), seed, net::life::is_online()),
        wire,
        subscribers: Map::new(),
        sockets: Map::new(),
        reports,
    };
    let commands = commands
        .map(Event::Command)
        .chain(stream::once(ready(Event::HandlesGone)));
    let life = net::life::events().map(Event::Life);
    let mut events = pin!(stream::select(
        stream::select(commands, inputs.map(Event::Report)),
        life
    ));
    let mut handles_gone = false;
    loop {
        let armed = actor.conversation.next_deadline();
        let mut timer = pin!(until(armed));
        loop {
            for action in actor.conversation.take_actions() {
                actor.perform(action);
            }
            if handles_gone && actor.conversation.is_idle() {
                return;
            }
            // With every message the deadline moves away: the timer stays set and comes early, rather than being set
            // anew each time.
            if is_before(actor.conversation.next_deadline(), armed) {
                break;
            }
            let event = match select(events.next(), timer.as_mut()).await {
                Either::Left((event, _)) => event,
                Either::Right(((), _)) => {
                    actor.conversation.handle_timeout(net::now());
                    break;
                }
            };
            match event {
                Some(Event::HandlesGone) => handles_gone = true,
                Some(Event::Command(command)) => actor.command(command),
                Some(Event::Report(Report::Input(input))) => actor.input(input),
                Some(Event::Report(Report::Message(id, message))) => {
                    actor.conversation.hear(net::now(), id, message);
                }
                Some(Event::Life(life)) => actor.life(life),
                // The page's life ends with the page.
                None => return,
            }
        }
    }
}

/// Whether one deadline comes first; none never comes.
fn is_before(one: Option<Instant>, other: Option<Instant>) -> bool {
    one.is_some_and(|one| other.is_none_or(|other| one < other))
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => net::sleep_until(deadline).await,
        None => pending().await,
    }
}

impl Actor {
    fn input(&mut self, input: Input) {
        self.conversation.handle(net::now(), input);
    }

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
        self.input(input);
    }

    fn life(&mut self, life: Life) {
        let input = match life {
            Life::Online => Input::Online,
            Life::Offline => Input::Offline,
            Life::Visible | Life::Wake => Input::Wake,
            Life::Hidden => return,
        };
        self.input(input);
    }

    /// Sending to someone who has just gone is not an error anywhere here.
    fn perform(&mut self, action: Action) {
        let output = match action {
            Action::Say(id, message) => {
                let _ = self
                    .sockets
                    .get(&id)
                    .map(|messages| messages.unbounded_send(message));
                return;
            }
            Action::Do(output) => output,
        };
        let (wire, reports) = (Arc::clone(&self.wire), self.reports.clone());
        match output {
            Output::Open(id) => {
                let (messages, outgoing) = unbounded();
                self.sockets.insert(id, messages);
                net::spawn(connection(wire, id, outgoing, reports));
            }
            Output::Authorize(id, body) => net::spawn(authorize(wire, id, body, reports)),
            // The conversation has put it into messages.
            Output::Send(..) => {}
            Output::Close(id) => drop(self.sockets.remove(&id)),
            Output::Deliver(id, delivery) => {
                let _ = self
                    .subscribers
                    .get(&id)
                    .map(|deliver| deliver.unbounded_send(delivery));
            }
            Output::Probe => {
                if let Some(keyring) = wire.keyring() {
                    net::spawn(async move { keyring.guest().probe().await });
                }
            }
            Output::Renew(credentials, words) => {
                if let Some(keyring) = wire.keyring() {
                    keyring.refused(credentials, &words);
                }
            }
        }
    }
}

async fn authorize(
    wire: Arc<dyn Wire>,
    id: OperationId,
    body: Arc<str>,
    reports: UnboundedSender<Report>,
) {
    let answer = match wire.authorize(id, body).await {
        Ok((signed, credentials)) => Input::Authorized(id, signed, credentials),
        Err(trouble) => Input::NotAuthorized(id, trouble),
    };
    let _ = reports.unbounded_send(Report::Input(answer));
}

/// One socket, from signing to its end. It is closed when nobody holds the other end of `outgoing` any more.
async fn connection(
    wire: Arc<dyn Wire>,
    id: ConnectionId,
    mut outgoing: UnboundedReceiver<Message>,
    reports: UnboundedSender<Report>,
) {
    let mut socket = match select(pin!(open(wire)), outgoing.next()).await {
        Either::Left((Ok((socket, credentials)), _)) => {
            let _ = reports.unbounded_send(Report::Input(Input::Opened(id, credentials)));
            socket
        }
        Either::Left((Err(trouble), _)) => {
            let _ = reports.unbounded_send(Report::Input(Input::NotOpened(id, trouble)));
            return;
        }
        // Nothing is sent through a closed door: this is its other end going away.
        Either::Right(_) => return,
    };
    loop {
        let next = match select(outgoing.next(), pin!(socket.receive())).await {
            Either::Left((message, _)) => Either::Left(message),
            Either::Right((received, _)) => Either::Right(received),
        };
        let (code, reason) = match next {
            Either::Left(None) => return socket.close(1000, "").await,
            Either::Left(Some(message)) => {
                match net::within(SEND_DEADLINE, socket.send(message)).await {
                    // If the socket does not take any more, receiving tells why.
                    Ok(_) => continue,
                    Err(_) => (LOST, String::new()),
                }
            }
            Either::Right(Received::Closed { code, reason }) => (code, reason),
            Either::Right(Received::Message(message)) => {
                let _ = reports.unbounded_send(Report::Message(id, message));
                continue;
            }
        };
        let _ = reports.unbounded_send(Report::Input(Input::Closed {
            connection: id,
            code,
            reason,
        }));
        return;
    }
}

async fn open(wire: Arc<dyn Wire>) -> Result<(Socket, Option<CredentialsId>), Trouble> {
    let address = Arc::clone(&wire).address().await?;
    let protocols: Vec<&str> = address.protocols.iter().map(String::as_str).collect();
    match Socket::open(&address.url, &protocols).await {
        Ok(socket) => Ok((socket, address.credentials)),
        Err(net::NetError::Invalid(_)) => Err(Trouble {
            cause: Cause::Address(wire.endpoint().to_owned()),
            permanent: true,
        }),
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
