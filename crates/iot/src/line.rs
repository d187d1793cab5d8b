//! One connection's MQTT: what the session wants in packets, and packets in what they mean. Pure.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use link::session::OperationId;
use link::wire::{Exchange, Heard, Line, Payload, Refusal, Request, Verdict};
use link::{Cause, Map, ServiceError};
use net::socket::{LOST, Message as Frame};

use crate::names::Names;
use crate::packet::{Code, Packet, Reader, Version, Writer};
use crate::suspects::Suspects;
use crate::topic::{Qos, TopicFilter};

/// How often the service is asked for a sign of life, in seconds.
pub(crate) const PING: u16 = 30;
/// What is announced, in seconds: the service cuts after one and a half of it. Twice what is kept to, since browsers run
/// a hidden page's timers once a minute: with 30 s announced, a quiet connection would be cut after 45, again and again.
const KEEP_ALIVE: u16 = 60;
/// Filters in one SUBSCRIBE.
pub(crate) const MOST_FILTERS: usize = 8;
/// Subscriptions a connection.
const MOST_SUBSCRIPTIONS: usize = 50;

/// What a client remembers across its connections.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) names: Names,
    pub(crate) suspects: Suspects,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) outbox: crate::outbox::Outbox,
}

/// The memory that a client's connections share.
pub(crate) type Shared = Arc<Mutex<Memory>>;

pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, Memory> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct MqttLine {
    shared: Shared,
    name: String,
    writer: Writer,
    reader: Reader,
    ready: bool,
    last_id: u16,
    operations: Map<OperationId, Operation>,
    /// What waits for a SUBSCRIBE.
    queue: Vec<OperationId>,
    /// What is on the way, by packet.
    unacknowledged: Map<u16, OnTheWay>,
}

struct Operation {
    filter: TopicFilter,
    qos: Qos,
}

enum OnTheWay {
    /// Those that wait for each of the filters.
    Subscribe(Vec<(TopicFilter, Vec<OperationId>)>),
    Unsubscribe(OperationId),
    #[cfg(not(target_arch = "wasm32"))]
    Publish(OperationId),
}

/// What a subscriber asks for, as the session carries it: the QoS and the filter.
pub(crate) fn wish(filter: &TopicFilter, qos: Qos) -> Arc<str> {
    let qos = match qos {
        Qos::AtMostOnce => "0",
        Qos::AtLeastOnce => "1",
    };
    [qos, filter.as_str()].concat().into()
}

fn read_wish(body: &str) -> Option<Operation> {
    let (qos, filter) = body.split_at_checked(1)?;
    let qos = match qos {
        "0" => Qos::AtMostOnce,
        "1" => Qos::AtLeastOnce,
        _ => return None,
    };
    let filter = TopicFilter::new(filter).ok()?;
    Some(Operation { filter, qos })
}

impl MqttLine {
    pub(crate) fn new(shared: Shared, version: Version) -> Self {
        let name = lock(&shared).names.take();
        Self {
            shared,
            name,
            writer: Writer(version),
            reader: Reader::new(version),
            ready: false,
            last_id: 0,
            operations: Map::new(),
            queue: Vec::new(),
            unacknowledged: Map::new(),
        }
    }

    /// A packet id that is not in use, never 0.
    fn packet_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.unacknowledged.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    fn start(&mut self, id: OperationId, body: &str, exchange: &mut Exchange) {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(number) = crate::outbox::read_wish(body) {
            return self.publish(id, number, exchange);
        }
        let Some(operation) = read_wish(body) else {
            return refuse(exchange, id, Verdict::GiveUp, "not a filter");
        };
        if lock(&self.shared).suspects.is_to_blame(&operation.filter) {
            let words = "the connection is closed whenever this filter is subscribed to";
            return refuse(exchange, id, Verdict::GiveUp, words);
        }
        let filters = self.filters();
        if filters.len() >= MOST_SUBSCRIPTIONS && !filters.contains(&&operation.filter) {
            let words = "a connection has at most 50 subscriptions, and all are taken";
            return refuse(exchange, id, Verdict::Retry, words);
        }
        self.operations.insert(id, operation);
        self.queue.push(id);
    }

    /// The different filters.
    fn filters(&self) -> Vec<&TopicFilter> {
        let mut filters = Vec::new();
        for operation in self.operations.values() {
            if !filters.contains(&&operation.filter) {
                filters.push(&operation.filter);
            }
        }
        filters
    }

    fn stop(&mut self, id: OperationId, exchange: &mut Exchange) {
        let Some(Operation { filter, .. }) = self.operations.remove(&id) else {
            return exchange.hear(Heard::Completed(id));
        };
        let queued = self.queue.contains(&id);
        self.queue.retain(|it| *it != id);
        // A subscription is the connection's: it goes with the last one that wants it.
        let wanted = self.operations.values().any(|it| it.filter == filter);
        if wanted || queued {
            return exchange.hear(Heard::Completed(id));
        }
        let packet = self.packet_id();
        self.unacknowledged
            .insert(packet, OnTheWay::Unsubscribe(id));
        send(exchange, self.writer.unsubscribe(packet, &filter));
    }

    /// Subscribes to the next filters that wait, if any may go now.
    fn subscribe(&mut self, exchange: &mut Exchange) {
        let singly = lock(&self.shared).suspects.singly();
        // What the session has given up on is no longer waited for.
        let wanted = |id: &OperationId| self.operations.contains_key(id);
        let on_the_way = |it: &OnTheWay| match it {
            OnTheWay::Subscribe(groups) => groups.iter().any(|(_, ids)| ids.iter().any(wanted)),
            _ => false,
        };
        if singly && self.unacknowledged.values().any(on_the_way) {
            return;
        }
        let most = if singly { 1 } else { MOST_FILTERS };
        let mut batch: Vec<(TopicFilter, Vec<OperationId>)> = Vec::new();
        let mut rest = Vec::new();
        for id in std::mem::take(&mut self.queue) {
            let Some(Operation { filter, .. }) = self.operations.get(&id) else {
                continue;
            };
            let room = batch.len() < most;
            match batch.iter_mut().find(|(it, _)| it == filter) {
                Some((_, ids)) => ids.push(id),
                None if room => batch.push((filter.clone(), vec![id])),
                None => rest.push(id),
            }
        }
        self.queue = rest;
        if batch.is_empty() {
            if singly && self.ready {
                // Everything that is wanted here has been answered for.
                let filters = self.filters();
                let mut memory = lock(&self.shared);
                memory.suspects.retain(|it| filters.contains(&it));
            }
            return;
        }
        let wanted: Vec<_> = batch
            .iter()
            .map(|(filter, _)| (filter.clone(), self.qos(filter)))
            .collect();
        let packet = self.packet_id();
        self.unacknowledged
            .insert(packet, OnTheWay::Subscribe(batch));
        send(exchange, self.writer.subscribe(packet, &wanted));
        if !self.queue.is_empty() {
            self.subscribe(exchange);
        }
    }

    /// The best that anybody wants of a filter: a second SUBSCRIBE takes the place of the first.
    fn qos(&self, filter: &TopicFilter) -> Qos {
        let all = self.operations.values().filter(|it| it.filter == *filter);
        all.map(|it| it.qos).max().unwrap_or(Qos::AtMostOnce)
    }

    fn packet(&mut self, packet: Option<Packet>, exchange: &mut Exchange) {
        match packet {
            Some(Packet::Connack(code)) if !self.ready => {
                self.ready = code.number == 0;
                exchange.hear(match code.number {
                    0 => Heard::Ready { timeout: None },
                    _ => Heard::Refused(refused_connection(code)),
                });
            }
            Some(Packet::Disconnect(code)) => {
                match code.number {
                    0x8e => lock(&self.shared).names.renew(),
                    // What may be said of a packet: unspecified, malformed, an error of protocol or of the service's own,
                    // not authorized, a filter or a subscription of a kind that is not taken. Anything else (the service
                    // shuts down, is busy, wants a rest) is nobody's fault.
                    0x80..=0x83 | 0x87 | 0x8f | 0x9e | 0xa1 | 0xa2 => self.suspect(),
                    _ => {}
                }
                exchange.hear(Heard::Gone(match code.number {
                    0x8e => Cause::TakenOver,
                    _ => cause(code),
                }));
            }
            Some(packet) if self.ready => self.established(packet, exchange),
            // Nothing is said before CONNACK, which is said once, and nothing else is said by a broker.
            _ => exchange.hear(Heard::Gone(Cause::Malformed)),
        }
    }

    fn established(&mut self, packet: Packet, exchange: &mut Exchange) {
        match packet {
            Packet::Publish { id, message } => {
                let wants = |it: &Operation| it.filter.matches(&message.topic);
                let wanting = self.operations.iter().filter(|(_, it)| wants(it));
                let ids: Vec<_> = wanting.map(|(id, _)| *id).collect();
                let payload = Payload::new(message);
                if ids.is_empty() {
                    exchange.hear(Heard::Alive);
                }
                for id in ids {
                    exchange.hear(Heard::Published(id, payload.clone()));
                }
                if let Some(id) = id {
                    send(exchange, self.writer.puback(id));
                }
            }
            Packet::Suback(packet, codes) => match self.unacknowledged.remove(&packet) {
                Some(OnTheWay::Subscribe(filters)) if filters.len() == codes.len() => {
                    for ((filter, ids), code) in filters.into_iter().zip(codes) {
                        lock(&self.shared).suspects.clear(&filter);
                        for id in ids {
                            self.answered(id, &code, exchange);
                        }
                    }
                }
                _ => exchange.hear(Heard::Gone(Cause::Malformed)),
            },
            Packet::Unsuback(packet) => exchange.hear(match self.unacknowledged.remove(&packet) {
                Some(OnTheWay::Unsubscribe(id)) => Heard::Completed(id),
                _ => Heard::Gone(Cause::Malformed),
            }),
            Packet::Puback(packet, code) => self.published(packet, code, exchange),
            Packet::Pingresp => exchange.hear(Heard::Pong),
            Packet::Connack(_) | Packet::Disconnect(_) => {
                exchange.hear(Heard::Gone(Cause::Malformed));
            }
        }
    }

    fn answered(&mut self, id: OperationId, code: &Code, exchange: &mut Exchange) {
        if code.number <= 2 {
            exchange.hear(Heard::Acknowledged(id));
        } else {
            self.operations.remove(&id);
            exchange.hear(Heard::Failed(Some(id), refused_operation(code.clone())));
        }
    }

    #[cfg(target_arch = "wasm32")]
    fn published(&mut self, _: u16, _: Code, exchange: &mut Exchange) {
        // Of what was never sent.
        exchange.hear(Heard::Gone(Cause::Malformed));
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn published(&mut self, packet: u16, code: Code, exchange: &mut Exchange) {
        exchange.hear(match self.unacknowledged.remove(&packet) {
            Some(OnTheWay::Publish(id)) if code.number < 0x80 => Heard::Acknowledged(id),
            Some(OnTheWay::Publish(id)) => Heard::Failed(Some(id), refused_operation(code)),
            _ => Heard::Gone(Cause::Malformed),
        });
    }

    /// A publication is an operation that is over with its acknowledgement, or, without one to come, as it is sent.
    #[cfg(not(target_arch = "wasm32"))]
    fn publish(&mut self, id: OperationId, number: u64, exchange: &mut Exchange) {
        let Some(it) = lock(&self.shared).outbox.get(number) else {
            return refuse(exchange, id, Verdict::GiveUp, "no longer wanted");
        };
        let packet = match it.qos {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => self.packet_id(),
        };
        send(
            exchange,
            self.writer.publish(packet, &it.topic, &it.payload, it.qos),
        );
        match it.qos {
            Qos::AtMostOnce => exchange.hear(Heard::Acknowledged(id)),
            Qos::AtLeastOnce => drop(self.unacknowledged.insert(packet, OnTheWay::Publish(id))),
        }
    }

    /// The service ended the connection, perhaps for one of these.
    fn suspect(&mut self) {
        let mut filters = Vec::new();
        for on_the_way in std::mem::take(&mut self.unacknowledged).values() {
            if let OnTheWay::Subscribe(groups) = on_the_way {
                filters.extend(groups.iter().map(|(filter, _)| filter.clone()));
            }
        }
        lock(&self.shared).suspects.closed(&filters);
    }
}

impl Line for MqttLine {
    fn say(&mut self, request: Request, exchange: &mut Exchange) {
        match request {
            Request::Hello => send(exchange, self.writer.connect(&self.name, KEEP_ALIVE)),
            Request::Start { id, body, .. } => self.start(id, &body, exchange),
            Request::Stop { id } => self.stop(id, exchange),
            Request::Ping => send(exchange, self.writer.pingreq()),
        }
    }

    fn flush(&mut self, exchange: &mut Exchange) {
        self.subscribe(exchange);
    }

    fn hear(&mut self, message: Frame, exchange: &mut Exchange) {
        match message {
            Frame::Binary(bytes) => {
                for packet in self.reader.read(&bytes) {
                    self.packet(packet, exchange);
                }
            }
            Frame::Text(_) => exchange.hear(Heard::Gone(Cause::Malformed)),
        }
    }

    fn closed(&mut self, code: u16) {
        // A close that names no reason, or a policy (RFC 6455, section 7.4.1). A service that goes away or is overloaded
        // says so.
        if let 1000 | 1005 | LOST | 1008 = code {
            self.suspect();
        }
    }
}

impl Drop for MqttLine {
    fn drop(&mut self) {
        lock(&self.shared).names.give_back(&self.name);
    }
}

/// Types make sure that there is a packet.
fn send(exchange: &mut Exchange, packet: Option<Vec<u8>>) {
    if let Some(packet) = packet {
        exchange.send(Frame::Binary(packet));
    }
}

/// Refused by ourselves, in the service's stead.
fn refuse(exchange: &mut Exchange, id: OperationId, verdict: Verdict, words: &str) {
    let cause = service(String::new(), words.to_owned());
    let refusal = Refusal { verdict, cause };
    exchange.hear(Heard::Failed(Some(id), refusal));
}

fn refused_connection(code: Code) -> Refusal {
    Refusal {
        verdict: match code.number {
            // A guest's credentials may have been replaced.
            0x86 | 0x87 => Verdict::Renew,
            0x81 | 0x82 | 0x84 | 0x85 | 0x8a | 0x8c | 0x90 | 0x95 | 0x99..=0x9b => Verdict::GiveUp,
            _ => Verdict::Retry,
        },
        cause: cause(code),
    }
}

fn refused_operation(code: Code) -> Refusal {
    Refusal {
        verdict: match code.number {
            0x83 | 0x91 | 0x97 => Verdict::Retry,
            _ => Verdict::GiveUp,
        },
        cause: cause(code),
    }
}

/// In the specification's words (MQTT 5, section 2.4), as far as somebody can do something about it.
fn cause(Code { number, words }: Code) -> Cause {
    let name = match number {
        0x00 => "closed by the service",
        0x81 | 0x82 => "protocol error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8b => "server shutting down",
        0x8d => "keep-alive timeout",
        0x8f => "topic filter invalid",
        0x90 => "topic name invalid",
        0x93 | 0x97 => "quota exceeded",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x98 => "administrative action",
        0x9f => "connection rate exceeded",
        0xa0 => "maximum connect time",
        _ => "refused by the service",
    };
    service(name.to_owned(), words)
}

fn service(name: String, message: String) -> Cause {
    Cause::Service(Arc::new(ServiceError { name, message }))
}
