//! A connection: the session's protocol joined to a WebSocket, the broker and the policies.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket};
use backend::api::Role;
use futures::SinkExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

use super::broker::{Audience, Bells, Member};
use super::decode::Decoder;
use super::encode::encode;
use super::message::{Delivery, Message};
use super::packet::Packet;
use super::session::{Deed, Output, Session};
use super::{Limits, Topic};
use crate::faults::Line;
use crate::policy::Access;
use crate::realtime::socket::{stopping, told_to_close};
use crate::server::Front;
use crate::world::World;

/// So many messages that wait are written to a socket at once.
const BATCH: usize = 64;
/// How long the last packets may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same for a slow reader: it has a lot to read before it gets to why. It costs nobody but itself.
const SLOW_FAREWELL: Duration = Duration::from_secs(10);

/// Serves a connection until either side ends it. The role is that of whoever signed the URL.
pub(crate) async fn serve(ws: WebSocket, front: Front, role: Role, line: Option<Arc<Line>>) {
    if let Some(line) = &line {
        line.is_a_socket();
    }
    let world = front.world.clone();
    world.counters.sockets_opened.add(1);
    Connection::new(ws, world.clone(), role)
        .run(front, line)
        .await;
    world.counters.sockets_closed.add(1);
}

struct Connection {
    ws: WebSocket,
    world: World,
    role: Role,
    limits: Limits,
    opened: Instant,
    decoder: Decoder,
    session: Session,
    /// From CONNECT on.
    member: Option<Member>,
    inbox: mpsc::Receiver<Delivery>,
    bells: Arc<Bells>,
    /// What was taken from the inbox at once.
    batch: Vec<Delivery>,
}

/// The connection is over.
struct Over;

impl Connection {
    fn new(ws: WebSocket, world: World, role: Role) -> Self {
        let limits = world.settings.mqtt;
        let spare_id = ["$GEN/", &world.surroundings.uuid()].concat();
        Self {
            ws,
            role,
            limits,
            opened: Instant::now(),
            decoder: Decoder::new(limits.packet),
            session: Session::open(limits, spare_id),
            member: None,
            // Nothing can come before CONNECT, which brings the real one.
            inbox: mpsc::channel(1).1,
            bells: Arc::default(),
            batch: Vec::new(),
            world,
        }
    }

    async fn run(mut self, mut front: Front, line: Option<Arc<Line>>) {
        // Made once: what happens once in a connection's life must not cost something with each message.
        let mut stopped = std::pin::pin!(stopping(&mut front.stopping));
        let mut told = std::pin::pin!(told_to_close(line.as_deref()));
        let mut deadline = std::pin::pin!(sleep(self.session.deadline()));
        loop {
            self.wind(deadline.as_mut());
            let bells = Arc::clone(&self.bells);
            let room = self.session.room().min(BATCH);
            let outputs = tokio::select! {
                biased;
                received = self.ws.recv() => match received {
                    Some(Ok(Frame::Binary(bytes))) => self.receive(bytes).await,
                    Some(Ok(Frame::Text(_))) => self.say_goodbye(1003, "binary frames only", FAREWELL).await,
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Ok(()),
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => Err(Over),
                },
                1.. = self.inbox.recv_many(&mut self.batch, room), if room > 0 => self.deliver().await,
                () = bells.overflow.notified() => self.cut_off().await,
                () = bells.taken_over.notified() => {
                    let outputs = self.session.taken_over();
                    self.carry_out(outputs).await
                }
                () = &mut told => {
                    let outputs = self.session.dropped();
                    self.carry_out(outputs).await
                }
                () = &mut deadline => {
                    let outputs = self.session.tick(self.opened.elapsed());
                    self.carry_out(outputs).await
                }
                () = &mut stopped => {
                    let outputs = self.session.shutting_down();
                    self.carry_out(outputs).await
                }
            };
            if outputs.is_err() {
                break;
            }
        }
        if let Some(will) = self.session.last_will() {
            self.publish(will);
        }
    }

    /// Sets the timer to the session's deadline.
    fn wind(&self, timer: std::pin::Pin<&mut Sleep>) {
        let deadline = self.opened + self.session.deadline();
        if timer.deadline() != deadline {
            timer.reset(deadline);
        }
    }

    async fn receive(&mut self, bytes: Bytes) -> Result<(), Over> {
        self.decoder.feed(bytes);
        loop {
            let outputs = match self.decoder.next() {
                Ok(Some(packet)) => {
                    let (world, role) = (&self.world, self.role);
                    let may = |deed: Deed<'_>| allowed(world, role, deed);
                    self.session.receive(packet, self.opened.elapsed(), &may)
                }
                Ok(None) => return self.flush().await,
                Err(malformed) => self.session.malformed(malformed),
            };
            self.carry_out_unflushed(outputs).await?;
        }
    }

    async fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), Over> {
        self.carry_out_unflushed(outputs).await?;
        self.flush().await
    }

    async fn carry_out_unflushed(&mut self, outputs: Vec<Output>) -> Result<(), Over> {
        for output in outputs {
            match output {
                Output::Send(packet) => self.send(&packet).await?,
                Output::Again(bytes) => self.write(bytes).await?,
                Output::Enter(client) => {
                    let broker = &self.world.broker;
                    let (member, inbox, bells) =
                        broker.enter(&client, self.role, self.limits.queue);
                    (self.inbox, self.bells) = (inbox, bells);
                    self.member = Some(member);
                }
                Output::Subscribe { filter, wish, new } => {
                    let topic = Topic::new(filter.as_str());
                    let may_receive = topic.is_some_and(|topic| {
                        let access = Access::receive(topic.as_str());
                        self.world.apis.policies().allow(self.role, &access)
                    });
                    let now = self.world.surroundings.now_millis();
                    if let Some(member) = &mut self.member {
                        member.subscribe(filter, &wish, new, may_receive, now);
                    }
                }
                Output::Unsubscribe(filter) => {
                    if let Some(member) = &mut self.member {
                        member.unsubscribe(&filter);
                    }
                }
                Output::Publish(message, id) => {
                    let reached = self.publish(message);
                    if let Some(id) = id
                        && let Output::Send(packet) = self.session.published(id, reached)
                    {
                        self.send(&packet).await?;
                    }
                }
                Output::Close { code, why } => return self.say_goodbye(code, why, FAREWELL).await,
            }
        }
        Ok(())
    }

    fn publish(&self, message: Message) -> u64 {
        let audience = self.world.audience(&message.topic);
        self.world.counters.mqtt_published.add(1);
        let now = self.world.surroundings.now_millis();
        match &self.member {
            Some(member) => member.publish(message, audience, now),
            None => self.world.broker.publish(message, audience, now),
        }
    }

    async fn deliver(&mut self) -> Result<(), Over> {
        let now = self.opened.elapsed();
        let mut delivered = 0;
        let mut batch = std::mem::take(&mut self.batch);
        for delivery in batch.drain(..) {
            if let Some(bytes) = self.session.deliver(delivery, now) {
                self.write(bytes).await?;
                delivered += 1;
            }
        }
        self.batch = batch;
        self.flush().await?;
        self.world.counters.mqtt_delivered.add(delivered);
        Ok(())
    }

    async fn send(&mut self, packet: &Packet) -> Result<(), Over> {
        self.write(encode(packet, self.session.version())).await
    }

    /// A reader who does not keep up is cut off even in the middle of a packet: only its own messages are lost, and it
    /// will know. One who asks and never reads the answers is left.
    async fn write(&mut self, bytes: Bytes) -> Result<(), Over> {
        let bells = Arc::clone(&self.bells);
        let stall = Instant::now() + self.limits.stall;
        let written = tokio::select! {
            biased;
            written = self.ws.feed(Frame::Binary(bytes)) => Some(written),
            () = bells.overflow.notified() => None,
            () = sleep_until(stall) => return self.leave(),
        };
        match written {
            Some(written) => written.map_err(|_| Over),
            None => self.cut_off().await,
        }
    }

    /// Sends what has been written.
    async fn flush(&mut self) -> Result<(), Over> {
        let bells = Arc::clone(&self.bells);
        let stall = Instant::now() + self.limits.stall;
        let sent = tokio::select! {
            biased;
            sent = self.ws.flush() => Some(sent),
            () = bells.overflow.notified() => None,
            () = sleep_until(stall) => return self.leave(),
        };
        match sent {
            Some(sent) => sent.map_err(|_| Over),
            None => self.cut_off().await,
        }
    }

    fn leave(&self) -> Result<(), Over> {
        tracing::debug!("an MQTT client that reads nothing is left");
        Err(Over)
    }

    /// The last words wait behind all that the client has not read.
    async fn cut_off(&mut self) -> Result<(), Over> {
        let waiting = self.inbox.len();
        tracing::warn!(waiting, "an MQTT client does not keep up and is cut off");
        self.world.counters.cut_off.add(1);
        self.member = None;
        let outputs = self.session.too_slow();
        let version = self.session.version();
        let deadline = Instant::now() + SLOW_FAREWELL;
        for output in outputs {
            match output {
                Output::Send(packet) => {
                    let bytes = Frame::Binary(encode(&packet, version));
                    match tokio::time::timeout_at(deadline, self.ws.feed(bytes)).await {
                        Ok(Ok(())) => {}
                        _ => return Err(Over),
                    }
                }
                Output::Close { code, why } => {
                    return self.say_goodbye(code, why, SLOW_FAREWELL).await;
                }
                _ => {}
            }
        }
        Err(Over)
    }

    async fn say_goodbye(
        &mut self,
        code: u16,
        reason: &'static str,
        at_most: Duration,
    ) -> Result<(), Over> {
        // Nothing more is queued for it, however long it takes to go.
        self.inbox.close();
        let close = Frame::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        // The peer answers a close with its own; waiting for it lets what was sent before arrive.
        let farewell = async {
            if self.ws.send(close).await.is_ok() {
                while let Some(Ok(_)) = self.ws.recv().await {}
            }
        };
        drop(timeout(at_most, farewell).await);
        Err(Over)
    }
}

fn allowed(world: &World, role: Role, deed: Deed<'_>) -> bool {
    let access = match deed {
        Deed::Connect(client) => Access::connect(client),
        Deed::Subscribe(filter) => Access::subscribe(filter),
        Deed::Publish(topic) => Access::publish(topic),
        Deed::Retain(topic) => Access::retain(topic),
    };
    world.apis.policies().allow(role, &access)
}

impl World {
    /// Who may receive what is published to a topic.
    pub(crate) fn audience(&self, topic: &Topic) -> Audience {
        let access = Access::receive(topic.as_str());
        let policies = self.apis.policies();
        Audience {
            guests: policies.allow(Role::Guest, &access),
            backend: policies.allow(Role::Backend, &access),
        }
    }
}
