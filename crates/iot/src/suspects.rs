//! Filters that may be what the service closes connections for.
//!
//! IoT Core may answer a SUBSCRIBE that the policy forbids by closing, without a word. So closes that follow an
//! unacknowledged SUBSCRIBE are counted: after two, filters go singly, and the one that goes alone each time when the
//! connection closes is refused here, so that it fails alone. Any acknowledgement of what is suspected clears it, since a
//! network can fail at such a moment too. Once the culprit is known, filters go together again: whoever comes later is
//! suspected no sooner for it.

use crate::topic::TopicFilter;

/// Closes after which filters go singly.
const ALARM: u32 = 2;
/// Closes after which one that went alone is to blame.
const VERDICT: u32 = 2;

#[derive(Debug, Default)]
pub(crate) struct Suspects {
    /// Closes that followed an unacknowledged SUBSCRIBE, nothing acknowledged since.
    closes: u32,
    /// Who was on the way then and has not been acknowledged since, with the closes while it was alone.
    alone: Vec<(TopicFilter, u32)>,
    /// Those for which the service closes the connection.
    blamed: Vec<TopicFilter>,
}

impl Suspects {
    /// Whether filters are to go singly.
    pub(crate) const fn singly(&self) -> bool {
        !self.alone.is_empty()
    }

    /// Whether the service closes the connection for this one.
    pub(crate) fn is_to_blame(&self, filter: &TopicFilter) -> bool {
        self.blamed.contains(filter)
    }

    /// The service closed while these were on the way, and gave no other reason.
    pub(crate) fn closed(&mut self, filters: &[TopicFilter]) {
        match filters {
            [] => {}
            [filter] if self.singly() => {
                match self.alone.iter_mut().find(|(it, _)| it == filter) {
                    Some((_, closes)) => *closes += 1,
                    // It came only now, and is suspected only now.
                    None => self.alone.push((filter.clone(), 0)),
                }
                let guilty = |(_, closes): &(TopicFilter, u32)| *closes >= VERDICT;
                if let Some(at) = self.alone.iter().position(guilty) {
                    self.blamed.push(self.alone.swap_remove(at).0);
                }
            }
            filters => {
                self.closes += 1;
                if self.closes >= ALARM {
                    self.closes = 0;
                    self.alone = filters.iter().map(|filter| (filter.clone(), 0)).collect();
                }
            }
        }
    }

    /// The service answered for this one.
    pub(crate) fn clear(&mut self, filter: &TopicFilter) {
        self.closes = 0;
        self.retain(|it| it != filter);
    }

    /// Nobody wants the others any more: no answer will come for them.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&TopicFilter) -> bool) {
        self.alone.retain(|(it, _)| wanted(it));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::new(text).unwrap()
    }

    #[test]
    fn the_one_that_goes_alone_when_it_closes_is_to_blame() {
        let (good, bad) = (filter("good"), filter("bad"));
        let mut suspects = Suspects::default();
        for _ in 0..ALARM {
            assert!(!suspects.singly());
            suspects.closed(&[good.clone(), bad.clone()]);
        }
        for _ in 0..VERDICT {
            assert!(suspects.singly());
            assert!(!suspects.is_to_blame(&bad));
            suspects.clear(&good);
            suspects.closed(std::slice::from_ref(&bad));
        }
        assert!(suspects.is_to_blame(&bad) && !suspects.is_to_blame(&good));
        // Who comes later is no more suspected than the first ones were.
        for _ in 0..ALARM {
            assert!(!suspects.singly());
            suspects.closed(std::slice::from_ref(&good));
        }
        assert!(suspects.singly() && !suspects.is_to_blame(&good));
        suspects.retain(|_| false);
        assert!(!suspects.singly() && suspects.is_to_blame(&bad));
    }

    #[test]
    fn closes_that_come_and_go_blame_nobody() {
        let only = filter("only");
        let mut suspects = Suspects::default();
        for _ in 0..100 {
            for _ in 0..ALARM + VERDICT - 1 {
                suspects.closed(std::slice::from_ref(&only));
                assert!(!suspects.is_to_blame(&only));
            }
            suspects.clear(&only);
        }
        suspects.closed(&[]);
        assert!(!suspects.singly());
    }
}
