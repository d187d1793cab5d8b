//! Votes on their way: shown at once, gathered for a moment, sent as one, counted once. Pure.
//!
//! A click counts for the round that was on the screen. What is shown never says more than the truth will be: the
//! reaction's known total before the batch that is on its way left, and one's own clicks on top, or what the cloud tells
//! meanwhile if that is more, since nobody can know whether that has one's own in it already.

use std::time::Duration;

use net::Instant;

use super::model::{Reaction, Round, Total};
use crate::live::flight::{Flight, Token};
use crate::live::window::Revision;

/// Clicks of one reaction in one round, to be added at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which reaction.
    pub reaction: Reaction,
    /// How many.
    pub count: u32,
    /// When they were cast.
    pub round: Round,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was counted, now or before; this is the reaction right after that.
    Counted(Total),
    /// Its round is over.
    Late,
    /// It cannot be counted, and why.
    Refused(String),
    /// Nobody knows: to be sent again.
    Unknown,
}

/// What there is to say about votes that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// So many came too late for their round.
    Late(u32),
    /// They were refused.
    Refused(String),
}

/// The visitor's votes.
#[derive(Debug, Clone)]
pub struct Votes {
    /// The round on the screen; none before a movie is known.
    round: Option<Round>,
    ballots: [Ballot; 5],
    told: Option<Told>,
}

#[derive(Debug, Clone)]
struct Ballot {
    /// What the cloud said last.
    known: Option<Total>,
    /// What the view showed last; an answer may know more.
    seen: Revision,
    /// What was known when the batch left that is on its way.
    base: i64,
    /// Clicks that are not on their way yet.
    gathered: u32,
    /// When they leave.
    leaves: Instant,
    flight: Option<Flight<Batch>>,
}

impl Votes {
    /// Clicks are gathered for so long.
    pub const GATHER: Duration = Duration::from_millis(300);
    /// More are not taken at once.
    const MOST: u32 = 1000;

    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            round: None,
            ballots: [const { Ballot::new() }; 5],
            told: None,
        }
    }

    /// A click. Before a movie is known there is nothing to vote for.
    pub fn cast(&mut self, reaction: Reaction, now: Instant) {
        if self.round.is_none() {
            return;
        }
        self.told = None;
        let ballot = &mut self.ballots[reaction as usize];
        if ballot.gathered == 0 {
            ballot.leaves = now + Self::GATHER;
        }
        ballot.gathered += 1;
    }

    /// What is on the screen now. Says whether that is something new.
    pub fn observe<'a>(
        &mut self,
        round: Option<Round>,
        totals: impl IntoIterator<Item = (Reaction, &'a Total)>,
    ) -> bool {
        let before = (
            self.round,
            self.ballots.each_ref().map(|ballot| ballot.known),
        );
        if round.is_some() && round != self.round {
            let is_first = self.round.is_none();
            self.round = round;
            for ballot in &mut self.ballots {
                let late = std::mem::take(&mut ballot.gathered);
                if !is_first {
                    tell_late(&mut self.told, late);
                }
            }
        }
        for (reaction, total) in totals {
            let ballot = &mut self.ballots[reaction as usize];
            // A view that goes back is that of a cloud that began anew: what was known was of the one before.
            if total.revision < ballot.seen {
                ballot.known = None;
                ballot.base = 0;
            }
            ballot.seen = total.revision;
            ballot.learn(total);
        }
        before
            != (
                self.round,
                self.ballots.each_ref().map(|ballot| ballot.known),
            )
    }

    /// The next batch to be sent, and under which token; `token` makes new ones.
    pub fn poll(
        &mut self,
        now: Instant,
        mut token: impl FnMut() -> Token,
    ) -> Option<(Batch, Token)> {
        let round = self.round?;
        for (reaction, ballot) in Reaction::ALL.into_iter().zip(&mut self.ballots) {
            if ballot.flight.is_none() && ballot.gathered > 0 && ballot.leaves <= now {
                let count = ballot.gathered.min(Self::MOST);
                ballot.gathered -= count;
                ballot.base = ballot.votes(round);
                let batch = Batch {
                    reaction,
                    count,
                    round,
                };
                ballot.flight = Some(Flight::new(batch, token(), now));
            }
            if let Some(flight) = &mut ballot.flight
                && flight.departs(now)
            {
                return Some((flight.what.clone(), flight.token.clone()));
            }
        }
        None
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let ballots = self.ballots.iter();
        ballots.filter_map(Ballot::deadline).min()
    }

    /// What came of the batch of a reaction; `unit` is random in [0, 1).
    pub fn answered(&mut self, reaction: Reaction, outcome: Outcome, now: Instant, unit: f64) {
        let ballot = &mut self.ballots[reaction as usize];
        let Some(mut flight) = ballot.flight.take() else {
            return;
        };
        match outcome {
            Outcome::Counted(total) => ballot.learn(&total),
            Outcome::Late => tell_late(&mut self.told, flight.what.count),
            Outcome::Refused(why) => self.told = Some(Told::Refused(why)),
            Outcome::Unknown => {
                flight.failed(now, unit);
                ballot.flight = Some(flight);
            }
        }
    }

    /// There is reason to believe that what failed will succeed now: online again, awake again.
    pub fn hurry(&mut self, now: Instant) {
        let flights = self.ballots.iter_mut();
        for flight in flights.filter_map(|ballot| ballot.flight.as_mut()) {
            flight.hurry(now);
        }
    }

    /// A reaction's votes in the round on the screen, one's own on top.
    #[must_use]
    pub fn total(&self, reaction: Reaction) -> i64 {
        let Some(round) = self.round else {
            return 0;
        };
        let ballot = &self.ballots[reaction as usize];
        let known = ballot.votes(round);
        let flying = ballot.flying(round);
        let base = if flying > 0 { ballot.base } else { known };
        known.max(base + i64::from(flying + ballot.gathered))
    }

    /// How many of one's own votes in the round on the screen are not known to be counted.
    #[must_use]
    pub fn pending(&self, reaction: Reaction) -> u32 {
        let ballot = &self.ballots[reaction as usize];
        self.round
            .map_or(0, |round| ballot.gathered + ballot.flying(round))
    }

    /// How many votes could not be sent so far.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        let delayed = self.ballots.iter().filter_map(|ballot| {
            let flight = ballot.flight.as_ref()?;
            flight
                .is_delayed()
                .then_some(flight.what.count + ballot.gathered)
        });
        delayed.sum()
    }

    /// What became of the last votes, if they do not count.
    #[must_use]
    pub const fn told(&self) -> Option<&Told> {
        self.told.as_ref()
    }
}

impl Default for Votes {
    fn default() -> Self {
        Self::new()
    }
}

impl Ballot {
    const fn new() -> Self {
        Self {
            known: None,
            seen: Revision(0),
            base: 0,
            gathered: 0,
            leaves: Instant::ZERO,
            flight: None,
        }
    }

    fn learn(&mut self, total: &Total) {
        if self
            .known
            .is_none_or(|known| total.revision > known.revision)
        {
            self.known = Some(*total);
        }
    }

    /// What is known of a round; nothing of one that the cloud has not told of, or no longer tells of.
    fn votes(&self, round: Round) -> i64 {
        let known = self.known.filter(|known| known.round == round);
        known.map_or(0, |known| known.votes)
    }

    fn flying(&self, round: Round) -> u32 {
        let flight = self.flight.as_ref();
        let flight = flight.filter(|flight| flight.what.round == round);
        flight.map_or(0, |flight| flight.what.count)
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.flight {
            Some(flight) => flight.due(),
            None => (self.gathered > 0).then_some(self.leaves),
        }
    }
}

fn tell_late(told: &mut Option<Told>, count: u32) {
    let before = match told {
        Some(Told::Late(before)) => *before,
        _ => 0,
    };
    if count > 0 {
        *told = Some(Told::Late(before + count));
    }
}

#[cfg(test)]
mod tests;
