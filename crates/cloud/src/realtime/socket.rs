//! A connection: the session's protocol joined to a WebSocket, the hub and the verification of signatures.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::SinkExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::frames::{Problem, ServerFrame};
use super::hub::{Delivery, Listening, Mailbox};
use super::session::{GOING_AWAY, Output, POLICY, Session, Start};
use super::{Limits, Place};
use crate::faults::Line;
use crate::graphql::Subscription;
use crate::server::Front;
use crate::sigv4::Refusal;

/// So many events that wait are written to a socket at once.
const BATCH: usize = 64;
/// How long a last frame may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same for a slow reader: it has a lot to read before it gets to why. It costs nobody but itself.
const SLOW_FAREWELL: Duration = Duration::from_secs(10);

/// Serves a connection until either side ends it. `authorized` is what the handshake's signature came to.
pub(crate) async fn serve(
    ws: WebSocket,
    front: Front,
    place: Place,
    authorized: Result<(), Refusal>,
    line: Option<Arc<Line>>,
) {
    let limits = front.world.settings.realtime;
    let world = front.world.clone();
    let session = Session::open(limits, authorized.map_err(|refusal| unauthorized(&refusal)));
    if let Some(line) = &line {
        line.is_a_socket();
    }
    world.counters.sockets_opened.add(1);
    Connection::new(ws, front, place, session, limits, line)
        .run()
        .await;
    world.counters.sockets_closed.add(1);
}

/// A refused signature, on the socket.
fn unauthorized(refusal: &Refusal) -> Problem {
    let message = match refusal {
        Refusal::Missing => "Valid authorization header not provided.".to_owned(),
        refusal => refusal.to_string(),
    };
    Problem::new("UnauthorizedException", message, 401)
}

struct Connection {
    ws: WebSocket,
    front: Front,
    place: Place,
    session: Session,
    opened: Instant,
    running: HashMap<String, (Subscription, Listening)>,
    mailbox: Mailbox,
    inbox: tokio::sync::mpsc::Receiver<Delivery>,
    /// What was taken from the inbox at once.
    batch: Vec<Delivery>,
    overflow: Arc<Notify>,
    /// See [`Limits::stall`].
    stall: Duration,
    line: Option<Arc<Line>>,
}

/// The connection is over.
struct Over;

/// Completes when the server ends.
pub(crate) async fn stopping(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Completes when the connection is to be dropped on purpose.
pub(crate) async fn told_to_close(line: Option<&Line>) {
    match line {
        Some(line) => line.told_to_close().await,
        None => std::future::pending().await,
    }
}

impl Connection {
    fn new(
        ws: WebSocket,
        front: Front,
        place: Place,
        session: Session,
        limits: Limits,
        line: Option<Arc<Line>>,
    ) -> Self {
        let (mailbox, inbox, overflow) = Mailbox::with_room_for(limits.queue);
        Self {
            ws,
            front,
            place,
            session,
            opened: Instant::now(),
            running: HashMap::new(),
            mailbox,
            inbox,
            batch: Vec::new(),
            overflow,
            stall: limits.stall,
            line,
        }
    }

    async fn run(mut self) {
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> Result<(), Over> {
        let deadline = self.opened + self.session.deadline();
        let outputs = tokio::select! {
            received = self.ws.recv() => match received {
                Some(Ok(Message::Text(text))) => self.session.receive(&text),
                Some(Ok(Message::Binary(_))) => self.session.close(1003, "text frames only"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Vec::new(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over),
            },
            1.. = self.inbox.recv_many(&mut self.batch, BATCH) => self.deliver(),
            () = self.overflow.notified() => return self.cut_off().await,
            () = told_to_close(self.line.as_deref()) => {
                self.session.close(GOING_AWAY, "dropped on purpose")
            }
            () = sleep_until(deadline) => self.session.tick(self.opened.elapsed()),
            () = stopping(&mut self.front.stopping) => {
                self.session.close(GOING_AWAY, "the server is shutting down")
            }
        };
        self.carry_out(outputs).await
    }

    async fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), Over> {
        let mut delivered = 0;
        for output in outputs {
            match output {
                Output::Send(frame) => self.send(&frame).await?,
                Output::Deliver(frame) => {
                    self.write(frame).await?;
                    delivered += 1;
                }
                Output::Start(start) => {
                    let verdict = self.judge(&start);
                    if let Some(Output::Send(frame)) = self.session.judged(&start.id, verdict) {
                        self.send(&frame).await?;
                    }
                }
                Output::Stop(id) => drop(self.running.remove(&id)),
                Output::Close { code, reason } => {
                    return self.say_goodbye(code, reason, FAREWELL).await;
                }
            }
        }
        self.flush().await?;
        self.front.world.counters.delivered.add(delivered);
        Ok(())
    }

    /// A subscription's signature is over the exact text of its `data`; then its document, then the policy.
    fn judge(&mut self, start: &Start) -> Result<(), Vec<Problem>> {
        let Place { api, path, .. } = &self.place;
        let caller = self
            .place
            .verify(&self.front, path, &start.authorization, &start.data)
            .map_err(|refusal| vec![unauthorized(&refusal)])?;
        let world = &self.front.world;
        let subscription = Subscription::read(&world.apis, *api, &caller, &start.data)
            .map_err(|errors| errors.into_iter().map(Problem::from).collect::<Vec<_>>())?;
        let listening = world.hub.listen(&start.id, &subscription, &self.mailbox);
        self.running
            .insert(start.id.clone(), (subscription, listening));
        Ok(())
    }

    /// What there is to be sent of the events in the batch.
    fn deliver(&mut self) -> Vec<Output> {
        let apis = &self.front.world.apis;
        let frame = |Delivery { id, event }: Delivery| {
            // It may have been stopped, or even started anew, while this was under way.
            let (subscription, _) = self.running.get(&*id)?;
            let payload = event.told(subscription, apis)?;
            self.session.deliver(&id, &payload)
        };
        self.batch.drain(..).filter_map(frame).collect()
    }

    async fn send(&mut self, frame: &ServerFrame) -> Result<(), Over> {
        let text = serde_json::to_string(frame).map_err(|_| Over)?;
        self.write(text).await
    }

    /// A reader who does not keep up is cut off even in the middle of a frame: only its own events are lost, and it
    /// will know. One who asks and never reads the answers is left: nobody publishes to it, so its queue says nothing.
    async fn write(&mut self, text: String) -> Result<(), Over> {
        let stall = tokio::time::sleep(self.stall);
        let written = tokio::select! {
            written = self.ws.feed(Message::Text(text.into())) => Some(written),
            () = self.overflow.notified() => None,
            () = stall => return self.leave(),
        };
        match written {
            Some(written) => written.map_err(|_| Over),
            None => self.cut_off().await,
        }
    }

    /// Sends what has been written.
    async fn flush(&mut self) -> Result<(), Over> {
        let stall = tokio::time::sleep(self.stall);
        let sent = tokio::select! {
            sent = self.ws.flush() => Some(sent),
            () = self.overflow.notified() => None,
            () = stall => return self.leave(),
        };
        match sent {
            Some(sent) => sent.map_err(|_| Over),
            None => self.cut_off().await,
        }
    }

    fn leave(&self) -> Result<(), Over> {
        tracing::debug!(api = %self.place.api, "a client that reads nothing is left");
        Err(Over)
    }

    async fn cut_off(&mut self) -> Result<(), Over> {
        let waiting = self.inbox.len();
        tracing::warn!(api = %self.place.api, waiting, "a subscriber does not keep up and is cut off");
        self.front.world.counters.cut_off.add(1);
        self.session.close(POLICY, "too slow");
        let reason = "too slow: events were waiting to be read";
        self.say_goodbye(POLICY, reason, SLOW_FAREWELL).await
    }

    async fn say_goodbye(
        &mut self,
        code: u16,
        reason: &'static str,
        at_most: Duration,
    ) -> Result<(), Over> {
        // Nothing more is queued for it, however long it takes to go.
        self.running.clear();
        let close = Message::Close(Some(CloseFrame {
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
