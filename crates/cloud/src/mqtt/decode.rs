//! From bytes to packets.

use axum::body::Bytes;

use super::packet::{
    Answers, ConnAck, Connect, Disconnect, Packet, PubAck, Publish, QoS, Reason, Retained,
    Subscribe, Unsubscribe, Version, Will, Wish,
};
use super::properties::{Place, Properties};
use super::wire::{Malformed, Reader, varint};

/// Takes bytes as they come and gives packets. It keeps at most one packet that is not complete.
#[derive(Debug)]
pub(super) struct Decoder {
    /// Known once CONNECT has come.
    version: Option<Version>,
    /// The most bytes that may follow a packet's fixed header.
    limit: usize,
    whole: Bytes,
    /// The beginning of a packet whose end has not come. Only what comes later is added to it.
    begun: Vec<u8>,
}

impl Decoder {
    /// A decoder for a new connection.
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            version: None,
            limit,
            whole: Bytes::new(),
            begun: Vec::new(),
        }
    }

    /// More bytes. Packets need not begin or end where they do (MQTT 5, section 6).
    pub(super) fn feed(&mut self, bytes: Bytes) {
        if self.begun.is_empty() && self.whole.is_empty() {
            self.whole = bytes;
        } else {
            self.begun
                .extend_from_slice(&std::mem::take(&mut self.whole));
            self.begun.extend_from_slice(&bytes);
        }
    }

    /// The next packet, once all of it is there.
    ///
    /// # Errors
    /// What is no packet. Nothing sensible can follow it.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, Malformed> {
        if self.begun.is_empty() {
            match self.length(&self.whole)? {
                Some(length) if length <= self.whole.len() => {}
                _ => {
                    self.begun = std::mem::take(&mut self.whole).into();
                    return Ok(None);
                }
            }
        } else {
            match self.length(&self.begun)? {
                Some(length) if length <= self.begun.len() => {
                    self.whole = std::mem::take(&mut self.begun).into();
                }
                _ => return Ok(None),
            }
        }
        let Some(length) = self.length(&self.whole)? else {
            return Ok(None);
        };
        let packet = decode(self.whole.split_to(length), self.version)?;
        if let Packet::Connect(connect) = &packet {
            self.version.get_or_insert(connect.version);
        }
        Ok(Some(packet))
    }

    /// Bytes that are kept for later.
    #[cfg(test)]
    pub(super) const fn kept(&self) -> usize {
        self.whole.len() + self.begun.len()
    }

    /// How long the packet at the beginning is, once its header says so.
    fn length(&self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        let Some(after) = bytes.get(1..) else {
            return Ok(None);
        };
        let Some((rest, header)) = varint(after)? else {
            return Ok(None);
        };
        let rest = usize::try_from(rest).unwrap_or(usize::MAX);
        if rest > self.limit {
            return Err(Malformed {
                reason: Reason::TOO_LARGE,
                what: "a packet that is too large",
            });
        }
        Ok(Some(1 + header + rest))
    }
}

/// One whole packet. Without a version, it has to be CONNECT.
pub(super) fn decode(bytes: Bytes, version: Option<Version>) -> Result<Packet, Malformed> {
    let mut reader = Reader::new(bytes);
    let first = reader.byte()?;
    let length = reader.varint()?;
    let mut inside = reader.part(length)?;
    reader.end()?;
    let (kind, flags) = (first >> 4, first & 0x0f);
    if kind == 3 {
        let version = version.ok_or(NOT_YET)?;
        return publish(inside, flags, version).map(Packet::Publish);
    }
    let expected = if matches!(kind, 6 | 8 | 10) {
        0b0010
    } else {
        0
    };
    if flags != expected {
        return Err(Malformed::packet("flags that no such packet has"));
    }
    let r = &mut inside;
    let packet = match (kind, version) {
        (1, None) => Packet::Connect(Box::new(connect(r)?)),
        (1, Some(_)) => return Err(Malformed::protocol("a second CONNECT")),
        (_, None) => return Err(NOT_YET),
        (2, Some(version)) => Packet::ConnAck(connack(r, version)?),
        (4, Some(version)) => Packet::PubAck(puback(r, version)?),
        (8, Some(version)) => Packet::Subscribe(subscribe(r, version)?),
        (9, Some(version)) => Packet::SubAck(answers(r, version)?),
        (10, Some(version)) => Packet::Unsubscribe(unsubscribe(r, version)?),
        (11, Some(version)) => Packet::UnsubAck(answers(r, version)?),
        (12, _) => Packet::PingReq,
        (13, _) => Packet::PingResp,
        (14, Some(version)) => Packet::Disconnect(disconnect(r, version)?),
        (5..=7, _) => {
            return Err(Malformed::protocol(
                "a packet of QoS 2, which there is not here",
            ));
        }
        (15, Some(Version::V5)) => {
            return Err(Malformed::protocol("AUTH, which there is not here"));
        }
        _ => return Err(Malformed::packet("a packet of no known kind")),
    };
    inside.end()?;
    Ok(packet)
}

const NOT_YET: Malformed = Malformed::protocol("a packet before CONNECT");

fn connect(r: &mut Reader) -> Result<Connect, Malformed> {
    let unsupported = Malformed {
        reason: Reason::UNSUPPORTED_VERSION,
        what: "a version of MQTT that is none of 3.1, 3.1.1 and 5",
    };
    let version = match (r.text()?.as_str(), r.byte()?) {
        // 3.1 is what AWS's own Amplify speaks to IoT Core (@aws-amplify/pubsub 6.2). It is held to
        // 3.1.1's rules: an empty client id gets a name, and a refused filter gets 0x80, for which 3.1 has no code.
        ("MQIsdp", 3) | ("MQTT", 4) => Version::V311,
        ("MQTT", 5) => Version::V5,
        ("MQTT" | "MQIsdp", _) => return Err(unsupported),
        _ => return Err(Malformed::packet("another protocol than MQTT")),
    };
    let flags = r.byte()?;
    let [will, password, username] = [0x04, 0x40, 0x80].map(|bit| flags & bit != 0);
    let qos = QoS::from_bits((flags >> 3) & 3).ok_or(Malformed::packet("a QoS of 3"))?;
    let retain = flags & 0x20 != 0;
    if flags & 1 != 0 || (!will && (retain || qos != QoS::AtMostOnce)) {
        return Err(Malformed::packet(
            "flags of CONNECT that do not go together",
        ));
    }
    if version == Version::V311 && password && !username {
        return Err(Malformed::packet("a password without a user name"));
    }
    let keep_alive = r.two()?;
    let properties = properties(r, version, Place::Connect)?;
    let client_id = r.text()?;
    let will = if will {
        Some(Will {
            qos,
            retain,
            properties: self::properties(r, version, Place::Will)?,
            topic: r.text()?,
            payload: r.binary()?,
        })
    } else {
        None
    };
    Ok(Connect {
        version,
        clean: flags & 0x02 != 0,
        keep_alive,
        client_id,
        will,
        username: username.then(|| r.text()).transpose()?,
        password: password.then(|| r.binary()).transpose()?,
        properties,
    })
}

fn connack(r: &mut Reader, version: Version) -> Result<ConnAck, Malformed> {
    let flags = r.byte()?;
    if flags > 1 {
        return Err(Malformed::packet("flags that no CONNACK has"));
    }
    Ok(ConnAck {
        session_present: flags == 1,
        reason: Reason(r.byte()?),
        properties: properties(r, version, Place::ConnAck)?,
    })
}

fn publish(mut r: Reader, flags: u8, version: Version) -> Result<Publish, Malformed> {
    let qos = QoS::from_bits((flags >> 1) & 3).ok_or(Malformed::packet("a QoS of 3"))?;
    let dup = flags & 0x08 != 0;
    if dup && qos == QoS::AtMostOnce {
        return Err(Malformed::packet("a duplicate of QoS 0"));
    }
    let topic = r.text()?;
    let id = if qos == QoS::AtMostOnce {
        None
    } else {
        Some(id(&mut r)?)
    };
    Ok(Publish {
        dup,
        qos,
        retain: flags & 1 != 0,
        topic,
        id,
        properties: properties(&mut r, version, Place::Publish)?,
        payload: r.rest(),
    })
}

fn puback(r: &mut Reader, version: Version) -> Result<PubAck, Malformed> {
    let id = id(r)?;
    let (reason, properties) = outcome(r, version, Place::Ack)?;
    Ok(PubAck {
        id,
        reason,
        properties,
    })
}

fn subscribe(r: &mut Reader, version: Version) -> Result<Subscribe, Malformed> {
    let id = id(r)?;
    let properties = properties(r, version, Place::Subscribe)?;
    let mut filters = Vec::new();
    while !r.is_empty() {
        let filter = r.text()?;
        let options = r.byte()?;
        let reserved = if version == Version::V5 { 0xc0 } else { 0xfc };
        if options & reserved != 0 {
            return Err(Malformed::packet("options that no subscription has"));
        }
        filters.push(Wish {
            filter,
            qos: QoS::from_bits(options & 3).ok_or(Malformed::packet("a QoS of 3"))?,
            no_local: options & 0x04 != 0,
            as_published: options & 0x08 != 0,
            retained: match (options >> 4) & 3 {
                0 => Retained::Always,
                1 => Retained::IfNew,
                2 => Retained::Never,
                _ => return Err(Malformed::protocol("a retain handling of 3")),
            },
        });
    }
    if filters.is_empty() {
        return Err(Malformed::protocol("SUBSCRIBE without a filter"));
    }
    Ok(Subscribe {
        id,
        filters,
        properties,
    })
}

fn answers(r: &mut Reader, version: Version) -> Result<Answers, Malformed> {
    Ok(Answers {
        id: id(r)?,
        properties: properties(r, version, Place::Ack)?,
        reasons: r.rest().iter().copied().map(Reason).collect(),
    })
}

fn unsubscribe(r: &mut Reader, version: Version) -> Result<Unsubscribe, Malformed> {
    let id = id(r)?;
    let properties = properties(r, version, Place::Unsubscribe)?;
    let mut filters = Vec::new();
    while !r.is_empty() {
        filters.push(r.text()?);
    }
    if filters.is_empty() {
        return Err(Malformed::protocol("UNSUBSCRIBE without a filter"));
    }
    Ok(Unsubscribe {
        id,
        filters,
        properties,
    })
}

fn disconnect(r: &mut Reader, version: Version) -> Result<Disconnect, Malformed> {
    let (reason, properties) = outcome(r, version, Place::Disconnect)?;
    Ok(Disconnect { reason, properties })
}

/// A reason and properties, both of which may be left out.
fn outcome(
    r: &mut Reader,
    version: Version,
    place: Place,
) -> Result<(Reason, Properties), Malformed> {
    if version == Version::V311 || r.is_empty() {
        return Ok((Reason::SUCCESS, Properties::default()));
    }
    let reason = Reason(r.byte()?);
    if r.is_empty() {
        return Ok((reason, Properties::default()));
    }
    Ok((reason, properties(r, version, place)?))
}

fn id(r: &mut Reader) -> Result<u16, Malformed> {
    match r.two()? {
        0 => Err(Malformed::protocol("a packet identifier of 0")),
        id => Ok(id),
    }
}

fn properties(r: &mut Reader, version: Version, place: Place) -> Result<Properties, Malformed> {
    match version {
        Version::V5 => Properties::read(r, place),
        Version::V311 => Ok(Properties::default()),
    }
}
