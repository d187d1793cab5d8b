//! What goes wrong, and when: drawn from a seed, and from nothing else.

use std::time::Duration;

use serde_json::{Value, json};

/// How large a run is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Size {
    pub(crate) clients: usize,
    pub(crate) updates: u64,
    pub(crate) faults: usize,
    /// Rows that a client's view holds.
    pub(crate) window: usize,
    /// Between two faults, at most, in milliseconds; half of it on average.
    pub(crate) pause: u64,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The faults of each life of the process; at the end of each but the last it is killed.
    pub(crate) lives: Vec<Vec<Step>>,
    /// The updates' seed.
    pub(crate) load: u64,
}

/// A fault, and how long after the one before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) pause: Duration,
    pub(crate) fault: Fault,
}

/// What the admin port can make go wrong. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    Drop { percent: u64, how: &'static str },
    Refuse { lasting: u64 },
    Slow { by: u64, lasting: u64 },
    Hold { lasting: u64 },
    Expire,
    Skew { seconds: i64, lasting: u64 },
    Deny { lasting: u64 },
}

const LIVES: usize = 3;

impl Plan {
    pub(crate) fn draw(seed: u64, size: &Size) -> Self {
        let mut draw = Draw(seed);
        let mut lives = vec![Vec::new(); LIVES];
        for number in 0..size.faults {
            lives[number * LIVES / size.faults].push(Step {
                pause: Duration::from_millis(draw.between(0, size.pause)),
                fault: Fault::draw(&mut draw, size.pause),
            });
        }
        Self {
            lives,
            load: draw.next(),
        }
    }
}

impl Fault {
    /// The odds are such that most of the time something is wrong, and seldom everything.
    fn draw(draw: &mut Draw, pause: u64) -> Self {
        let how = if draw.between(0, 1) == 0 {
            "close"
        } else {
            "reset"
        };
        let lasting = draw.between(pause / 4, pause * 2);
        match draw.between(0, 19) {
            0..=6 => Self::Drop {
                percent: draw.between(1, 15),
                how,
            },
            7 => Self::Drop { percent: 100, how },
            8..=9 => Self::Refuse { lasting },
            10..=12 => Self::Slow {
                by: draw.between(5, 400),
                lasting,
            },
            13..=14 => Self::Hold { lasting },
            15..=16 => Self::Expire,
            17 => {
                let seconds = draw.between(1, 100_000).cast_signed();
                let seconds = if draw.between(0, 1) == 0 {
                    seconds
                } else {
                    -seconds
                };
                Self::Skew { seconds, lasting }
            }
            _ => Self::Deny { lasting },
        }
    }

    /// What is asked of the admin port.
    pub(crate) fn request(&self) -> (&'static str, Value) {
        let seconds = |millis: &u64| *millis as f64 / 1_000.0;
        match self {
            Self::Drop { percent, how } => (
                "/faults/drop",
                json!({"share": *percent as f64 / 100.0, "how": how}),
            ),
            Self::Refuse { lasting } => ("/faults/refuse", json!({"seconds": seconds(lasting)})),
            Self::Slow { by, lasting } => (
                "/faults/slow",
                json!({"millis": by, "seconds": seconds(lasting)}),
            ),
            Self::Hold { lasting } => ("/faults/hold", json!({"seconds": seconds(lasting)})),
            Self::Expire => ("/faults/expire", Value::Null),
            Self::Skew {
                seconds: ahead,
                lasting,
            } => (
                "/faults/skew",
                json!({"seconds": ahead, "for": seconds(lasting)}),
            ),
            Self::Deny { lasting } => (
                "/faults/deny",
                json!({"field": "Query.orders", "for": seconds(lasting)}),
            ),
        }
    }
}

/// Sebastiano Vigna's SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Both ends included.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }
}
