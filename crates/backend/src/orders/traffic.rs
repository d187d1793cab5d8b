//! A crowd of orders, for load: new ones, and the news of each through the seven states, mixed as many customers at once
//! would mix them. Pure: the same seed, the same mix.

use super::model::{OrderId, OrderStatus};
use super::simulation::{moved_on, submitted};
use crate::event::NewEvent;

/// How many orders are under way at once; between two events of one order lie about as many of others.
const AT_ONCE: usize = 40;

/// An order's events: it is submitted, and seven times moved on.
const EVENTS: u64 = OrderStatus::WAY.len() as u64;

/// A given number of events. All orders go the whole way, except the last ones where the number does not suffice.
#[derive(Debug)]
pub struct Mix {
    prefix: String,
    random: u64,
    left: u64,
    /// Orders that may still begin.
    unborn: u64,
    begun: u64,
    /// Those under way, and how far they are.
    open: Vec<(OrderId, usize)>,
}

impl Mix {
    /// So many events; the orders' ids begin with the prefix.
    #[must_use]
    pub fn new(seed: u64, prefix: String, events: u64) -> Self {
        Self {
            prefix,
            random: seed,
            left: events,
            unborn: events.div_ceil(EVENTS),
            begun: 0,
            open: Vec::new(),
        }
    }

    /// How many orders have begun.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.begun
    }

    fn submit(&mut self) -> NewEvent {
        let id = OrderId(format!("{}-{:06}", self.prefix, self.begun));
        let basket = usize::try_from(self.draw(6)).unwrap_or(0);
        self.unborn -= 1;
        self.begun += 1;
        self.open.push((id.clone(), 1));
        submitted(basket, &id)
    }

    /// Below the bound. Sebastiano Vigna's SplitMix64.
    fn draw(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

impl Iterator for Mix {
    type Item = NewEvent;

    fn next(&mut self) -> Option<NewEvent> {
        self.left = self.left.checked_sub(1)?;
        let crowded = self.open.len() >= AT_ONCE;
        if self.open.is_empty() || (self.unborn > 0 && !crowded && self.draw(4) == 0) {
            return Some(self.submit());
        }
        let drawn = self.draw(self.open.len() as u64);
        let drawn = usize::try_from(drawn).unwrap_or(0);
        let (id, far) = &mut self.open[drawn];
        let event = moved_on(id, OrderStatus::WAY[*far]);
        *far += 1;
        if *far == OrderStatus::WAY.len() {
            self.open.swap_remove(drawn);
        }
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn mix(seed: u64, events: u64) -> Vec<NewEvent> {
        Mix::new(seed, "load".to_owned(), events).collect()
    }

    #[test]
    fn one_seed_one_mix() {
        assert_eq!(mix(7, 500), mix(7, 500));
        assert_ne!(mix(7, 500), mix(8, 500));
    }

    #[test]
    fn as_many_as_asked_for_and_every_order_goes_its_way() {
        for events in [0, 1, 7, 8, 9, 800, 803] {
            let mixed = mix(3, events);
            assert_eq!(mixed.len() as u64, events);
            let mut ways = BTreeMap::<String, Vec<String>>::new();
            for event in &mixed {
                let text = |name: &str| {
                    event.detail[name]
                        .as_str()
                        .unwrap_or("SUBMITTED")
                        .to_owned()
                };
                ways.entry(text("orderId"))
                    .or_default()
                    .push(text("status"));
            }
            let way: Vec<_> = OrderStatus::WAY.iter().collect();
            let way: Vec<String> = serde_json::from_value(serde_json::json!(way)).unwrap();
            assert!(ways.values().all(|gone| way.starts_with(gone)), "{ways:?}");
            if events % EVENTS == 0 {
                assert!(ways.values().all(|gone| *gone == way), "{ways:?}");
            }
        }
    }
}
