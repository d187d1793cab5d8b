//! Packets that no broker sends: bytes, and right packets with something changed. [`no_packet_breaks_it`] is a plain
//! function, which a fuzzer could drive as well.

use iot::State;
use proptest::prelude::*;

use crate::broken::broken;
use crate::cases::cases;
use crate::sim::{SECOND, Sim, connack, disconnect, packet, publish};

/// Packets in each generated case.
const PACKETS: usize = 20;

fn right() -> Vec<Vec<u8>> {
    vec![
        connack(0),
        connack(0x88),
        packet(0x90, &[0, 1, 0, 1]),
        packet(0x90, &[0, 2, 0, 0x87]),
        packet(0xb0, &[0, 3, 0, 0]),
        packet(0x40, &[0, 1]),
        packet(0xd0, &[]),
        publish("a", b"payload", None),
        publish("a/b", b"payload", Some(9)),
        // With a reason string.
        packet(0xe0, b"\x8b\x05\x1f\x00\x02no"),
        disconnect(0x8e),
        // With properties: an alias, a user's.
        packet(0x30, b"\x00\x01a\x0a\x23\x00\x01\x26\x00\x01k\x00\x01vx"),
    ]
}

fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    broken(right(), b"\0\x01\x7f\x80\xff/+#$", 3)
}

/// A session with two subscriptions hears these. Nothing panics, what the simulation checks holds at every step, and when
/// the broker is itself again everyone whom it has not refused for good is live.
fn no_packet_breaks_it(seed: u64, packets: &[Vec<u8>]) {
    let mut sim = Sim::new(seed);
    let ids = [sim.subscribe("a"), sim.subscribe("a/+")];
    for packet in packets {
        for wire in sim.wires.keys().copied().collect::<Vec<_>>() {
            sim.bytes(wire, packet.clone());
        }
        sim.advance(SECOND / 10);
    }
    sim.advance(240 * SECOND);
    for id in ids {
        let state = &sim.last[&id];
        assert!(
            matches!(state, Some(State::Live | State::Failed(_))),
            "{state:?}"
        );
    }
    assert!(sim.wires.len() <= 1);
}

#[test]
fn what_is_malformed_closes_and_is_tried_again() {
    for bytes in [
        // Not a packet's type, flags that are wrong, a length without end, a packet that is too long to be read.
        vec![0x00, 0x00],
        vec![0x91, 0x04, 0, 1, 0, 1],
        vec![0x90, 0xff, 0xff, 0xff, 0xff],
        vec![0x30, 0xff, 0xff, 0xff, 0x7f],
        // QoS 2, which nobody asked for; a topic with a wildcard; an acknowledgement of nothing; a second CONNACK.
        packet(0x34, b"\x00\x01a\x00\x01\x00"),
        publish("a/#", b"", None),
        // An id that is none; a second time of QoS 0; properties without their length.
        publish("a", b"", Some(0)),
        packet(0x38, b"\x00\x01a\x00"),
        packet(0x30, b"\x00\x01a"),
        packet(0x90, &[9, 9, 0, 1]),
        connack(0),
    ] {
        let (mut sim, ids) = Sim::live(&["a"]);
        let wire = sim.wire();
        sim.bytes(wire, bytes.clone());
        assert!(!sim.wires.contains_key(&wire), "{bytes:x?}");
        sim.advance(30 * SECOND);
        assert_eq!(sim.last[&ids[0]], Some(State::Live));
    }
    let (mut sim, _) = Sim::live(&["a"]);
    let wire = sim.wire();
    sim.text(wire, "text");
    assert!(!sim.wires.contains_key(&wire));
}

#[test]
fn no_packets_break_it() {
    // 50,000 packets, and 1,000,000.
    let config = cases("hostile packets, twenty a case", 2_500, 50_000);
    proptest!(config, |(seed: u64, packets in prop::collection::vec(any_packet(), PACKETS))| {
        no_packet_breaks_it(seed, &packets);
    });
}
