//! Messages that nobody sends, for every decoder that faces the network: bytes, and right messages with something changed.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One change of a message: where, of which kind, and with what.
type Change = (Index, u8, Vec<u8>);

/// Bytes, and (nine times as often) one of the right messages with up to so many changes. `marks` are the bytes that mean
/// something in them.
pub(super) fn broken(
    right: Vec<Vec<u8>>,
    marks: &'static [u8],
    changes: usize,
) -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..12);
    let changes = prop::collection::vec((any::<Index>(), any::<u8>(), bytes()), 0..=changes);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        9 => (select(right), changes).prop_map(|(mut message, changes)| {
            changes.iter().for_each(|it| change(&mut message, marks, it));
            message
        }),
    ]
}

fn change(message: &mut Vec<u8>, marks: &[u8], (at, kind, bytes): &Change) {
    if message.is_empty() {
        return;
    }
    let at = at.index(message.len());
    let to = (at + bytes.len() * 3).min(message.len());
    match kind % 6 {
        0 => message[at] ^= bytes.first().copied().unwrap_or(1),
        1 => message[at] = marks[bytes.len() % marks.len()],
        2 => drop(message.drain(at..to)),
        3 => message.truncate(at),
        4 => {
            let part = message[at..to].repeat(1 + bytes.len() * 4);
            message.splice(at..at, part);
        }
        _ => drop(message.splice(at..at, bytes.iter().copied())),
    }
}
