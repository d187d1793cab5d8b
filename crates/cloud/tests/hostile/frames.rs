//! Frames at random: bytes, JSON that is nearly right, and right ones with something changed.

/// Sebastiano Vigna's SplitMix64.
#[derive(Clone)]
pub(crate) struct Draw(u64);

/// What a client may send, and what comes close.
const FRAMES: &[&str] = &[
    r#"{"type":"connection_init"}"#,
    r#"{"type":"connection_init","payload":{"a":[1,2,{"b":null}]}}"#,
    r#"{"id":"1","type":"start","payload":{"data":"{\"query\":\"subscription { onCreateOrUpdateOrder { orderId } }\",\"variables\":{}}","extensions":{"authorization":{"host":"h","Authorization":"AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/appsync/aws4_request, SignedHeaders=host, Signature=00","x-amz-date":"20260101T000000Z","x-amz-security-token":"t"}}}}"#,
    r#"{"id":"2","type":"start","payload":{"data":"{\"query\":\"subscription($id: ID) { onCreateOrUpdateOrder(orderId: $id) { orderId } }\",\"variables\":{\"id\":null}}","extensions":{"authorization":{"x-api-key":"da2-x"}}}}"#,
    r#"{"id":"3","type":"start","payload":{"data":"{\"query\":\"{{{{{{{{{{{{{{{{\"}"}}"#,
    r#"{"id":"1","type":"stop"}"#,
    r#"{"id":"","type":"stop"}"#,
    r#"{"id":null,"type":"start","payload":null}"#,
    r#"{"type":"ka"}"#,
    r#"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["#,
    r#"{"type":"\ud800\udc00\u0000","id":"\uffff"}"#,
];

impl Draw {
    /// From `EDDY_SEED`, or from nowhere; printed.
    pub(crate) fn seeded() -> Self {
        let seed = std::env::var("EDDY_SEED").map(|seed| seed.parse().expect("a number"));
        let seed = seed.unwrap_or_else(|_| {
            let mut seed = [0; 8];
            net::random::fill(&mut seed);
            u64::from_ne_bytes(seed)
        });
        println!("EDDY_SEED={seed}");
        Self(seed)
    }

    /// Another one, told by the number.
    pub(crate) fn nth(&self, number: u64) -> Self {
        Self(self.0 ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Bytes, at most so many.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// A frame, seldom a right one.
    pub(crate) fn frame(&mut self) -> Vec<u8> {
        if self.below(10) == 0 {
            return self.bytes(400);
        }
        let mut frame = FRAMES[self.below(FRAMES.len())].as_bytes().to_vec();
        for _ in 0..self.below(6) {
            if frame.is_empty() {
                break;
            }
            let at = self.below(frame.len());
            let to = (at + self.below(40)).min(frame.len());
            match self.below(6) {
                0 => frame[at] ^= 1 << self.below(8),
                1 => frame[at] = br#"{}[]":,\0"n"#[self.below(10)],
                2 => drop(frame.drain(at..to)),
                3 => frame.truncate(at),
                4 => {
                    let part = frame[at..to].to_vec();
                    let times = 1 + self.below(30);
                    frame.splice(at..at, part.repeat(times));
                }
                _ => {
                    let bytes = self.bytes(20);
                    frame.splice(at..at, bytes);
                }
            }
        }
        frame
    }
}
