//! The two ways compared on the same events: how long after the write each of them brought it. Pure, and bounded.
//!
//! An event is an order at a revision. What a snapshot or a look brings has not arrived by any way and does not count;
//! what comes twice counts once. Delays are told of the events that both ways have brought: on those alone the two can be
//! compared, whatever one of them missed.

use net::UnixTime;

use super::model::OrderId;
use super::way::Way;
use crate::live::window::Revision;

/// An event, as one way brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Which way.
    pub way: Way,
    /// Which order.
    pub order: OrderId,
    /// Which of its revisions.
    pub revision: Revision,
    /// When that was written, by the server's clock.
    pub written: UnixTime,
    /// When it arrived, by the same clock.
    pub at: UnixTime,
}

/// The newest events, and when each way brought them.
#[derive(Debug, Clone, Default)]
pub struct Compare {
    /// A ring, once it is full.
    events: Vec<Event>,
    /// The oldest of a full ring: where the next one goes.
    oldest: usize,
}

#[derive(Debug, Clone)]
struct Event {
    order: OrderId,
    revision: Revision,
    written: UnixTime,
    arrived: [Option<UnixTime>; 2],
}

/// What is told of the events of some time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Whether more came in that time than is kept: these are the newest [`Compare::KEPT`] then.
    pub full: bool,
    /// How many both ways have brought.
    pub both: u32,
    /// How many of those both brought in the same millisecond.
    pub same: u32,
    /// Of each way, see [`Way`].
    pub ways: [Delays; 2],
}

/// One way's part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delays {
    /// How many events it has brought, whether the other did or not.
    pub seen: u32,
    /// How many of those that both brought it brought first.
    pub first: u32,
    /// Half of those that both brought took at most so long, in milliseconds; none without such events.
    pub p50: Option<i64>,
    /// 95 of a hundred did.
    pub p95: Option<i64>,
    /// 99 of a hundred did.
    pub p99: Option<i64>,
    /// How many of them took how long, see [`step`].
    pub spread: [u32; STEPS],
}

/// A spread has so many steps: up to 16 s.
pub const STEPS: usize = 28;

/// The step of a spread in which a delay of so many milliseconds lies: two for each doubling.
#[must_use]
pub const fn step(millis: i64) -> usize {
    let millis = if millis < 1 { 1 } else { millis };
    let doublings = millis.ilog2() as usize;
    // The bit below the highest one says which half of the doubling.
    let half = match doublings.checked_sub(1) {
        Some(below) => (millis >> below) as usize & 1,
        None => 0,
    };
    let step = doublings * 2 + half;
    if step < STEPS { step } else { STEPS - 1 }
}

impl Compare {
    /// More events are forgotten, the oldest first.
    pub const KEPT: usize = 1_000;

    /// An event arrived.
    pub fn arrived(&mut self, arrival: Arrival) {
        let Arrival {
            way,
            order,
            revision,
            written,
            at,
        } = arrival;
        // What arrives is mostly among the newest: the other way has just brought it.
        let (newer, older) = self.events.split_at_mut(self.oldest);
        let mut newest_first = newer.iter_mut().rev().chain(older.iter_mut().rev());
        let known = newest_first.find(|event| event.revision == revision && event.order == order);
        if let Some(event) = known {
            event.arrived[way as usize].get_or_insert(at);
            return;
        }
        let full = self.events.len() == Self::KEPT;
        // What is older than all that is kept was among it, or comes too late to be compared with anything. (What was
        // written in the future keeps nobody out: some clock has been set.)
        if full && (written..=at).contains(&self.events[self.oldest].written) {
            return;
        }
        let mut event = Event {
            order,
            revision,
            written,
            arrived: [None; 2],
        };
        event.arrived[way as usize] = Some(at);
        if full {
            self.events[self.oldest] = event;
            self.oldest = (self.oldest + 1) % Self::KEPT;
        } else {
            self.events.push(event);
        }
    }

    /// What there is to tell of the events written since then.
    #[must_use]
    pub fn figures(&self, since: UnixTime) -> Figures {
        let mut figures = Figures::default();
        let mut delays = [const { Vec::new() }; 2];
        let mut told = 0;
        for event in self.events.iter().filter(|event| event.written >= since) {
            told += 1;
            for (way, arrived) in figures.ways.iter_mut().zip(event.arrived) {
                way.seen += u32::from(arrived.is_some());
            }
            let [Some(appsync), Some(mqtt)] = event.arrived else {
                continue;
            };
            figures.both += 1;
            figures.ways[0].first += u32::from(appsync < mqtt);
            figures.ways[1].first += u32::from(mqtt < appsync);
            figures.same += u32::from(appsync == mqtt);
            for (delays, arrived) in delays.iter_mut().zip([appsync, mqtt]) {
                // Two clocks never agree to the millisecond.
                let delay = arrived.millis_since(event.written).max(0);
                // A thousand at most, once a second: a sort would weigh more than it saves.
                delays.insert(delays.partition_point(|less| *less < delay), delay);
            }
        }
        figures.full = told == Self::KEPT;
        for (way, delays) in figures.ways.iter_mut().zip(delays) {
            way.p50 = quantile(&delays, 50);
            way.p95 = quantile(&delays, 95);
            way.p99 = quantile(&delays, 99);
            for delay in delays {
                way.spread[step(delay)] += 1;
            }
        }
        figures
    }
}

/// The least of these sorted numbers that so many of a hundred do not exceed.
fn quantile(sorted: &[i64], of_a_hundred: usize) -> Option<i64> {
    let rank = (sorted.len() * of_a_hundred).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn arrival(way: Way, order: &str, revision: i64, written: i64, delay: i64) -> Arrival {
        Arrival {
            way,
            order: order.into(),
            revision: Revision(revision),
            written: UnixTime(written),
            at: UnixTime(written + delay),
        }
    }

    #[test]
    fn the_same_event_is_compared_and_what_comes_twice_counts_once() {
        let mut compare = Compare::default();
        for (way, order, revision, delay) in [
            (Way::AppSync, "a", 1, 10),
            (Way::Mqtt, "a", 1, 4),
            (Way::Mqtt, "a", 1, 400),
            (Way::Mqtt, "a", 2, 7),
            (Way::AppSync, "a", 2, 7),
            (Way::Mqtt, "b", 1, 9),
            (Way::AppSync, "b", 2, -3),
            (Way::Mqtt, "b", 2, 1),
        ] {
            compare.arrived(arrival(way, order, revision, 1_000, delay));
        }
        let figures = compare.figures(UnixTime(0));
        assert_eq!((figures.both, figures.same), (3, 1));
        let [appsync, mqtt] = figures.ways;
        assert_eq!((appsync.seen, appsync.first), (3, 1));
        assert_eq!((mqtt.seen, mqtt.first), (4, 1));
        assert_eq!((appsync.p50, appsync.p99), (Some(7), Some(10)));
        assert_eq!((mqtt.p50, mqtt.p95), (Some(4), Some(7)));
        assert_eq!(appsync.spread.iter().sum::<u32>(), 3);
        assert_eq!(appsync.spread[step(0)], 1, "before it was written");
    }

    #[test]
    fn nothing_is_told_of_what_is_too_old_or_was_never_there() {
        let mut compare = Compare::default();
        assert_eq!(compare.figures(UnixTime(0)), Figures::default());
        for way in Way::ALL {
            compare.arrived(arrival(way, "a", 1, 1_000, 5));
        }
        assert_eq!(compare.figures(UnixTime(1_000)).both, 1);
        assert_eq!(compare.figures(UnixTime(1_001)), Figures::default());
    }

    #[test]
    fn steps_double_every_second_time() {
        let first = |wanted| (0..).find(|millis| step(*millis) == wanted).unwrap();
        // Between one and two there is no half.
        let firsts: Vec<i64> = [0, 2, 3, 4, 5, 6, 12, 20, 26, 27].map(first).into();
        assert_eq!(firsts, [0, 2, 3, 4, 6, 8, 64, 1_024, 8_192, 12_288]);
        assert_eq!(step(i64::MAX), STEPS - 1);
        assert_eq!(step(i64::MIN), 0);
    }

    #[test]
    fn a_way_that_lags_behind_all_that_is_kept_counts_nothing_twice() {
        let mut compare = Compare::default();
        let lag = i64::try_from(Compare::KEPT).unwrap() + 500;
        let arrived = |compare: &mut Compare, way, number: i64| {
            let delay = if way == Way::Mqtt { lag * 10 } else { 3 };
            compare.arrived(arrival(way, "a", number, number * 10, delay));
        };
        for number in 0..3 * lag {
            arrived(&mut compare, Way::AppSync, number);
            if number >= lag {
                arrived(&mut compare, Way::Mqtt, number - lag);
            }
        }
        let figures = compare.figures(UnixTime(0));
        let seen = figures.ways.each_ref().map(|way| way.seen as usize);
        assert_eq!((figures.both, seen), (0, [Compare::KEPT, 0]));
        // It catches up, and counts again.
        for number in 2 * lag..3 * lag {
            arrived(&mut compare, Way::Mqtt, number);
        }
        assert_eq!(compare.figures(UnixTime(0)).both as usize, Compare::KEPT);
        // The server's clock is set back: what is new is taken in all the same.
        for number in 0..10 {
            compare.arrived(arrival(Way::AppSync, "b", number, number, 3));
        }
        assert_eq!(
            compare.figures(UnixTime(0)).both as usize,
            Compare::KEPT - 10
        );
    }

    proptest! {
        /// Against a map of everything: within what is kept, the ring forgets nothing and mixes nothing up.
        #[test]
        fn figures_are_those_of_all_events(arrivals in prop::collection::vec(
            (any::<bool>(), 0u8..20, 1i64..20, 0i64..3_000), 0..300,
        )) {
            let mut compare = Compare::default();
            let mut plain = BTreeMap::<(u8, i64), [Option<i64>; 2]>::new();
            for (is_mqtt, order, revision, delay) in arrivals {
                let way = Way::ALL[usize::from(is_mqtt)];
                compare.arrived(arrival(way, &order.to_string(), revision, 0, delay));
                plain.entry((order, revision)).or_default()[way as usize].get_or_insert(delay);
            }
            let figures = compare.figures(UnixTime(0));
            let both: Vec<_> = plain.values().filter_map(|[a, b]| Some([(*a)?, (*b)?])).collect();
            prop_assert_eq!(figures.both as usize, both.len());
            for way in Way::ALL {
                let told = &figures.ways[way as usize];
                let seen = plain.values().filter(|arrived| arrived[way as usize].is_some());
                prop_assert_eq!(told.seen as usize, seen.count());
                let mut delays: Vec<_> = both.iter().map(|delays| delays[way as usize]).collect();
                delays.sort_unstable();
                let is_half = |p50| {
                    let upto = delays.iter().filter(|delay| **delay <= p50).count();
                    let below = delays.iter().filter(|delay| **delay < p50).count();
                    upto * 2 >= delays.len() && below * 2 < delays.len()
                };
                prop_assert!(told.p50.map_or(delays.is_empty(), is_half));
                prop_assert_eq!(told.spread.iter().sum::<u32>() as usize, both.len());
                let first = both.iter().filter(|delays| delays[way as usize] < delays[way.other() as usize]);
                prop_assert_eq!(told.first as usize, first.count());
            }
        }

        /// However many come, so many are kept, and they are the newest.
        #[test]
        fn memory_is_bounded(extra in 0usize..2_500) {
            let mut compare = Compare::default();
            for number in 0..extra {
                let number = i64::try_from(number).unwrap();
                for way in Way::ALL {
                    compare.arrived(arrival(way, "a", number, number, 3));
                }
            }
            prop_assert_eq!(compare.events.len(), extra.min(Compare::KEPT));
            let oldest = i64::try_from(extra.saturating_sub(Compare::KEPT)).unwrap();
            prop_assert!(compare.events.iter().all(|event| event.revision.0 >= oldest));
            let figures = compare.figures(UnixTime(0));
            prop_assert_eq!(figures.both as usize, extra.min(Compare::KEPT));
            prop_assert_eq!(figures.full, extra >= Compare::KEPT);
            prop_assert!(!compare.figures(UnixTime(oldest + 1)).full);
        }
    }
}
