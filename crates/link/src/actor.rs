//! The one task of an endpoint: it gives the conversation a clock, sockets, signatures and the life of the page.
//!
//! What has to wait (a socket, a signature) runs beside it and answers through one channel, so that the session is
//! always free to hear that something is no longer wanted.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use net::life::{Events, Life};
use net::socket::{LOST, Message, Received, Socket};
use net::{Instant, NetError, Pending};

use crate::conversation::{Action, Conversation};
use crate::map::Map;
use crate::session::{
    ConnectionId, CredentialsId, Input, OperationId, Output, SubscriptionId, Trouble,
};
use crate::state::{Cause, Delivery};
use crate::wire::{Heard, Wire};

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

/// Everything that the actor hears.
struct Ears {
    commands: UnboundedReceiver<Command>,
    /// Whether that was told: nobody is left who could command.
    handles_gone: bool,
    reports: UnboundedReceiver<Report>,
    life: Events,
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
    let (reports, heard) = unbounded();
    let mut actor = Actor {
        conversation: Conversation::new(Arc::clone(&wire), seed, net::life::is_online()),
        wire,
        subscribers: Map::new(),
        sockets: Map::new(),
        reports,
    };
    let mut ears = Ears {
        commands,
        handles_gone: false,
        reports: heard,
        life: net::life::events(),
    };
    loop {
        let armed = actor.conversation.next_deadline();
        let mut timer = until(armed);
        loop {
            for action in actor.conversation.take_actions() {
                actor.perform(action);
            }
            if ears.handles_gone && actor.conversation.is_idle() {
                return;
            }
            // With every message the deadline moves away: the timer stays set and comes early, rather than being set
            // anew each time.
            if is_before(actor.conversation.next_deadline(), armed) {
                break;
            }
            match select(poll_fn(|context| ears.poll(context)), &mut timer).await {
                Either::Left((event, _)) => actor.event(event),
                Either::Right(((), _)) => {
                    actor.conversation.handle_timeout(net::now());
                    break;
                }
            }
        }
    }
}

/// Whether one deadline comes first; none never comes.
fn is_before(one: Option<Instant>, other: Option<Instant>) -> bool {
    one.is_some_and(|one| other.is_none_or(|other| one < other))
}

fn until(deadline: Option<Instant>) -> Pending<()> {
    match deadline {
        Some(deadline) => net::sleep_until(deadline),
        None => Box::pin(pending()),
    }
}

impl Ears {
    /// What happens next. Subscribers come first: they ask for little, and for what is no longer wanted nobody need
    /// listen.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if !self.handles_gone
            && let Poll::Ready(command) = self.commands.poll_next_unpin(context)
        {
            self.handles_gone = command.is_none();
            return Poll::Ready(command.map_or(Event::HandlesGone, Event::Command));
        }
        if let Poll::Ready(Some(report)) = self.reports.poll_next_unpin(context) {
            return Poll::Ready(Event::Report(report));
        }
        match self.life.poll_next_unpin(context) {
            Poll::Ready(Some(life)) => Poll::Ready(Event::Life(life)),
            _ => Poll::Pending,
        }
    }
}

impl Actor {
    fn event(&mut self, event: Event) {
        match event {
            // Whoever watches the ears sees it.
            Event::HandlesGone => {}
            Event::Command(command) => self.command(command),
            Event::Report(Report::Input(input)) => self.input(input),
            Event::Report(Report::Message(id, message)) => {
                self.conversation.hear(net::now(), id, message);
            }
            Event::Life(life) => self.life(life),
        }
    }

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
    tell(&reports, Report::Input(answer));
}

fn tell(reports: &UnboundedSender<Report>, report: Report) {
    // The actor goes before what runs beside it only when nobody is left to hear it.
    let _ = reports.unbounded_send(report);
}

/// One socket, from signing to its end. It is closed when nobody holds the other end of `outgoing` any more.
async fn connection(
    wire: Arc<dyn Wire>,
    id: ConnectionId,
    mut outgoing: UnboundedReceiver<Message>,
    reports: UnboundedSender<Report>,
) {
    let opening: Pending<_> = Box::pin(open(wire));
    let end = match select(opening, outgoing.next()).await {
        Either::Left((Ok((socket, credentials)), _)) => {
            tell(&reports, Report::Input(Input::Opened(id, credentials)));
            carry(socket, id, outgoing, &reports).await
        }
        Either::Left((Err(trouble), _)) => Some(Input::NotOpened(id, trouble)),
        // Nothing is sent through a closed door: this is its other end going away.
        Either::Right(_) => None,
    };
    if let Some(end) = end {
        tell(&reports, Report::Input(end));
    }
}

/// Carries messages both ways until the socket ends, which is what it returns, or is no longer wanted.
async fn carry(
    mut socket: Socket,
    connection: ConnectionId,
    mut outgoing: UnboundedReceiver<Message>,
    reports: &UnboundedSender<Report>,
) -> Option<Input> {
    loop {
        let next = match select(outgoing.next(), pin!(socket.receive())).await {
            Either::Left((message, _)) => Either::Left(message),
            Either::Right((received, _)) => Either::Right(received),
        };
        let (code, reason) = match next {
            Either::Left(None) => {
                socket.close(1000, "").await;
                return None;
            }
            Either::Left(Some(message)) => match socket.send(message).await {
                // The end is ours: the other side has closed nothing, and is not to be judged as if it had.
                Err(NetError::TimedOut(_)) => {
                    let cause = Cause::Closed {
                        code: LOST,
                        reason: Arc::from(""),
                    };
                    return Some(Input::Received(connection, Heard::Gone(cause)));
                }
                // If the socket does not take any more, receiving tells why.
                _ => continue,
            },
            Either::Right(Received::Closed { code, reason }) => (code, reason.into()),
            Either::Right(Received::Message(message)) => {
                tell(reports, Report::Message(connection, message));
                continue;
            }
        };
        return Some(Input::Closed {
            connection,
            code,
            reason,
        });
    }
}

async fn open(wire: Arc<dyn Wire>) -> Result<(Socket, Option<CredentialsId>), Trouble> {
    let address = Arc::clone(&wire).address().await?;
    let protocols: Vec<&str> = address.protocols.iter().map(String::as_str).collect();
    match Socket::open(&address.url, &protocols).await {
        Ok(socket) => Ok((socket, address.credentials)),
        Err(NetError::Invalid(_)) => Err(Trouble {
            cause: Cause::Address(wire.endpoint().into()),
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
            cause: Cause::Credentials(error.to_string().into()),
        }
    }
}
