//! Bytes that no client sends, against decoder and session. The body ([`no_bytes_break_it`]) is a plain function, which
//! a fuzzer could drive as well.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::broken::broken;
use crate::cases::cases;
use crate::mqtt::decode::Decoder;
use crate::mqtt::encode::encode;

/// Packets in each generated case.
const PACKETS: usize = 20;

/// Right ones, of MQTT 5.
const RIGHT: &[&[u8]] = &[
    b"\x10\x13\0\x04MQTT\x05\x02\0\x3c\0\0\x06eddy-1",
    b"\x10\x19\0\x04MQTT\x05\x02\0\x3c\x06\x21\0\x05\x22\0\x02\0\x06eddy-2",
    b"\x82\x09\0\x01\0\0\x03a/b\x01",
    b"\x82\x0f\0\x02\0\0\x03a/#\x2d\0\x03+/+\x02",
    b"\xa2\x08\0\x03\0\0\x03a/b",
    b"\x30\x09\0\x03a/b\0hey",
    b"\x33\x0b\0\x03a/b\0\x07\0hey",
    b"\x32\x0e\0\x03a/b\0\x07\x03\x23\0\x01hey",
    b"\x32\x14\0\x03a/b\0\x08\x09\x26\0\x01k\0\x01v\x01\x01hey",
    b"\x40\x02\0\x01",
    b"\x40\x04\0\x02\0\0",
    b"\xc0\0",
    b"\xe0\0",
];

fn packet() -> impl Strategy<Value = Vec<u8>> {
    let right = RIGHT.iter().map(|right| right.to_vec());
    prop_oneof![
        10 => broken(right.collect(), b"\0\x01\x7f\x80\xff/+#$", 1),
        // Many of them whole, so that what is broken meets a session with something in it.
        5 => select(RIGHT).prop_map(<[u8]>::to_vec),
    ]
}

/// Whatever comes in: nothing panics, the end is the end, and what is kept is bounded. What follows an end is read by the
/// next connection, so that all of it is read.
fn no_bytes_break_it(packets: &[Vec<u8>]) {
    let limits = Limits {
        packet: 500,
        subscriptions: 3,
        aliases: 2,
        ..Limits::default()
    };
    let may = |deed: Deed<'_>| deed != Deed::Publish("$");
    let opened = || {
        (
            Decoder::new(limits.packet),
            Session::open(limits, "spare".into()),
        )
    };
    let (mut decoder, mut session) = opened();
    let mut over = false;
    for (second, bytes) in (0..).zip(packets) {
        let now = Duration::from_secs(second);
        if std::mem::take(&mut over) {
            (decoder, session) = opened();
            decoder.feed(RIGHT[0].into());
            let Ok(Some(connect)) = decoder.next() else {
                panic!("a right CONNECT");
            };
            session.receive(connect, now, &may);
        }
        decoder.feed(bytes.clone().into());
        loop {
            let (outputs, broken) = match decoder.next() {
                Ok(None) => break,
                Ok(Some(packet)) => (session.receive(packet, now, &may), false),
                Err(malformed) => (session.malformed(malformed), true),
            };
            assert!(!over || outputs.is_empty(), "after the end: {outputs:?}");
            for output in &outputs {
                assert!(!over, "after the end: {output:?}");
                match output {
                    Output::Send(packet) => drop(encode(packet, session.version())),
                    Output::Publish(message, _) => {
                        message.frame(session.version(), message.qos);
                    }
                    Output::Close { .. } => over = true,
                    _ => {}
                }
            }
            if broken {
                assert!(over, "what is broken ends the connection");
                break;
            }
        }
        assert!(session.subscriptions.len() <= limits.subscriptions);
        assert!(session.aliases.len() <= limits.aliases.into());
        if over {
            continue;
        }
        assert!(decoder.kept() <= limits.packet + 5);
        // CONNECT may not have come in time.
        let ticked = session.tick(now);
        over = ticked
            .iter()
            .any(|output| matches!(output, Output::Close { .. }));
    }
}

proptest! {
    #![proptest_config(cases("hostile packets", 2_000, 100_000))]

    #[test]
    fn no_packet_breaks_a_session(packets in prop::collection::vec(packet(), PACKETS)) {
        let mut all = vec![RIGHT[0].to_vec()];
        all.extend(packets);
        no_bytes_break_it(&all);
        no_bytes_break_it(&all[1..]);
    }
}
