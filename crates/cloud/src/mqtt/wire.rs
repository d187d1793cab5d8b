//! MQTT's data types as bytes. Source: MQTT 5, section 1.5.

use axum::body::Bytes;

use super::packet::Reason;

/// The largest number that a variable byte integer holds.
pub(super) const MOST: u32 = 268_435_455;

/// Bytes that are no packet, or not one that may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Malformed {
    /// What MQTT 5 calls it.
    pub(super) reason: Reason,
    /// What is wrong, for people.
    pub(super) what: &'static str,
}

impl Malformed {
    pub(super) const fn packet(what: &'static str) -> Self {
        Self {
            reason: Reason::MALFORMED,
            what,
        }
    }

    pub(super) const fn protocol(what: &'static str) -> Self {
        Self {
            reason: Reason::PROTOCOL_ERROR,
            what,
        }
    }
}

/// Reads a packet from its beginning to its end; nothing is copied but texts.
#[derive(Debug)]
pub(super) struct Reader(Bytes);

const SHORT: Malformed = Malformed::packet("a packet that ends too early");

impl Reader {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> Result<Bytes, Malformed> {
        if length > self.0.len() {
            return Err(SHORT);
        }
        Ok(self.0.split_to(length))
    }

    /// The next bytes, to be read on their own.
    pub(super) fn part(&mut self, length: u32) -> Result<Self, Malformed> {
        let length = usize::try_from(length).map_err(|_| SHORT)?;
        Ok(Self(self.take(length)?))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn two(&mut self) -> Result<u16, Malformed> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn four(&mut self) -> Result<u32, Malformed> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(super) fn varint(&mut self) -> Result<u32, Malformed> {
        match varint(&self.0)? {
            Some((number, length)) => {
                self.take(length)?;
                Ok(number)
            }
            None => Err(SHORT),
        }
    }

    pub(super) fn binary(&mut self) -> Result<Bytes, Malformed> {
        let length = self.two()?;
        self.take(length.into())
    }

    /// # Errors
    /// Also where it is no UTF-8, or holds U+0000.
    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        let bytes = self.binary()?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
            _ => Err(Malformed::packet("a text that is no UTF-8 or holds U+0000")),
        }
    }

    pub(super) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.0)
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Malformed::packet(
            "a packet with more in it than belongs there",
        ))
    }
}

/// A variable byte integer at the beginning of the bytes, and how many of them it takes; nothing while they are too few.
///
/// # Errors
/// Where it is longer than four bytes, or than it need be.
pub(super) fn varint(bytes: &[u8]) -> Result<Option<(u32, usize)>, Malformed> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(4) {
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            if *byte == 0 && place > 0 {
                return Err(Malformed::packet("a number that is longer than it need be"));
            }
            return Ok(Some((number, place + 1)));
        }
    }
    if bytes.len() < 4 {
        return Ok(None);
    }
    Err(Malformed::packet("a number of more than four bytes"))
}

/// Writes a packet's inside. Texts and binaries have been checked to fit; one that does not is cut.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn two(&mut self, number: u16) {
        self.0.extend(number.to_be_bytes());
    }

    pub(super) fn four(&mut self, number: u32) {
        self.0.extend(number.to_be_bytes());
    }

    pub(super) fn varint(&mut self, mut number: u32) {
        loop {
            let low = (number & 0x7f) as u8;
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn binary(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.two(length);
        self.0.extend(&bytes[..length.into()]);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.binary(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
    }

    /// What another writer has written, with its length in front.
    pub(super) fn counted(&mut self, inner: &Self) {
        self.varint(u32::try_from(inner.0.len()).unwrap_or(MOST));
        self.bytes(&inner.0);
    }

    /// How much has been written.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The packet: its first byte, its length and what has been written.
    pub(super) fn finish(self, first: u8) -> Bytes {
        let mut packet = Self(Vec::with_capacity(self.0.len() + 5));
        packet.byte(first);
        packet.counted(&self);
        packet.0.into()
    }
}
