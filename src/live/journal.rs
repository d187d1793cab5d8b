//! What went wrong lately, and how it healed. Pure.

use net::{Instant, UnixTime};

use super::link::Link;

/// A time in which a link was not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Which link.
    pub link: &'static str,
    /// Why, in words.
    pub cause: String,
    /// When it began, on the wall.
    pub at: UnixTime,
    /// How it ended, if it has.
    pub healed: Option<Healed>,
}

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Healed {
    /// How long it took, in milliseconds.
    pub after: i64,
    /// How many rows were caught up.
    pub rows: u64,
}

/// The newest incidents.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// The newest first.
    incidents: Vec<Incident>,
    open: Vec<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    link: &'static str,
    since: Instant,
    rows: u64,
}

impl Journal {
    /// More are forgotten.
    pub const KEPT: usize = 20;

    /// The newest incidents, the newest first.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// A link is like this now, and has caught up so many rows since the page was opened. Says whether there is
    /// something new to tell.
    pub fn observe(
        &mut self,
        link: &'static str,
        state: &Link,
        rows: u64,
        now: Instant,
        wall: UnixTime,
    ) -> bool {
        let open = self.open.iter().position(|open| open.link == link);
        let cause = match state {
            Link::Connecting => return false,
            Link::Live => return open.is_some_and(|open| self.heal(open, rows, now)),
            Link::Offline => "No network",
            Link::Retrying { why, .. } | Link::Failed { why } => why,
        };
        if open.is_some() {
            return *state == Link::Offline && self.explain(link, cause);
        }
        self.open.push(Open {
            link,
            since: now,
            rows,
        });
        self.incidents.truncate(Self::KEPT - 1);
        let incident = Incident {
            link,
            cause: cause.to_owned(),
            at: wall,
            healed: None,
        };
        self.incidents.insert(0, incident);
        true
    }

    /// A better cause for what is not over yet: a browser may say late that there is no network.
    fn explain(&mut self, link: &str, cause: &str) -> bool {
        let incident = self.incidents.iter_mut().find(|it| it.link == link);
        let Some(incident) = incident.filter(|it| it.cause != cause) else {
            return false;
        };
        cause.clone_into(&mut incident.cause);
        true
    }

    fn heal(&mut self, open: usize, rows: u64, now: Instant) -> bool {
        let Open {
            link,
            since,
            rows: before,
        } = self.open.swap_remove(open);
        let incident = self
            .incidents
            .iter_mut()
            .find(|incident| incident.link == link);
        if let Some(incident) = incident {
            let after = now.saturating_since(since);
            incident.healed = Some(Healed {
                after: i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
                rows: rows - before,
            });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    fn retrying(why: &str) -> Link {
        Link::Retrying {
            at: at(9_999),
            why: why.to_owned(),
        }
    }

    fn observe(
        journal: &mut Journal,
        link: &'static str,
        state: &Link,
        rows: u64,
        millis: u64,
    ) -> bool {
        journal.observe(
            link,
            state,
            rows,
            at(millis),
            UnixTime(i64::try_from(millis).unwrap()),
        )
    }

    #[test]
    fn an_incident_lasts_from_the_first_failure_until_the_link_is_live() {
        let mut journal = Journal::default();
        assert!(!observe(&mut journal, "Orders", &Link::Connecting, 0, 0));
        assert!(!observe(&mut journal, "Orders", &Link::Live, 100, 10));
        assert!(observe(
            &mut journal,
            "Orders",
            &retrying("closed"),
            100,
            1_000
        ));
        assert!(!observe(
            &mut journal,
            "Orders",
            &retrying("refused"),
            100,
            2_000
        ));
        assert!(!observe(
            &mut journal,
            "Orders",
            &Link::Connecting,
            103,
            4_000
        ));
        assert!(observe(&mut journal, "Orders", &Link::Live, 104, 4_200));
        assert_eq!(
            journal.incidents(),
            [Incident {
                link: "Orders",
                cause: "closed".to_owned(),
                at: UnixTime(1_000),
                healed: Some(Healed {
                    after: 3_200,
                    rows: 4
                }),
            }]
        );
    }

    #[test]
    fn that_there_is_no_network_explains_the_rest() {
        let mut journal = Journal::default();
        observe(&mut journal, "Orders", &retrying("no answer"), 0, 10);
        assert!(observe(&mut journal, "Orders", &Link::Offline, 0, 20));
        assert!(!observe(&mut journal, "Orders", &Link::Offline, 0, 30));
        assert!(!observe(
            &mut journal,
            "Orders",
            &retrying("refused"),
            0,
            40
        ));
        assert_eq!(journal.incidents()[0].cause, "No network");
        assert_eq!(journal.incidents()[0].at, UnixTime(10));
    }

    #[test]
    fn each_link_has_its_own_and_only_the_newest_are_kept() {
        let mut journal = Journal::default();
        observe(&mut journal, "Movies", &Link::Offline, 0, 5);
        for round in 0..30 {
            observe(
                &mut journal,
                "Orders",
                &retrying("closed"),
                0,
                round * 10 + 10,
            );
            observe(&mut journal, "Orders", &Link::Live, 0, round * 10 + 15);
        }
        assert_eq!(journal.incidents().len(), Journal::KEPT);
        assert_eq!(journal.incidents()[0].at, UnixTime(300));
        // What it would have healed is forgotten by now.
        assert!(observe(&mut journal, "Movies", &Link::Live, 3, 1_000));
        assert!(
            journal
                .incidents()
                .iter()
                .all(|incident| incident.link == "Orders")
        );
    }
}
