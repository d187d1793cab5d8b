//! What follows from an error: another try, a catcher's state, or the end.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::Moved;
use super::checkpoint::{Checkpoint, Phase};
use crate::document::{Machine, Next, Retrier};
use crate::error::{Fault, names};

impl Machine {
    /// Finds the first retrier that is meant and has tries left, then the first catcher.
    ///
    /// # Errors
    /// The fault, if nobody takes it.
    pub(super) fn recover(
        &self,
        at: &mut Checkpoint,
        fault: Fault,
        now: OffsetDateTime,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Moved, Fault> {
        let Some(task) = self.task(at) else {
            return Err(fault);
        };
        if fault.error.as_deref() == Some(names::RUNTIME) {
            return Err(fault);
        }
        let meant = |errors: &[String]| errors.iter().any(|error| fault.matches(error));
        at.retries.resize(task.retriers.len(), 0);
        let retrier = task
            .retriers
            .iter()
            .zip(&mut at.retries)
            .find(|(retrier, _)| meant(&retrier.errors));
        if let Some((retrier, tries)) = retrier
            && *tries < retrier.attempts
        {
            let until = now.saturating_add(retrier.delay(*tries, random));
            *tries += 1;
            return Ok(Moved::Stands(Phase::BackingOff { until }));
        }
        let Some(catcher) = task.catchers.iter().find(|catcher| meant(&catcher.errors)) else {
            return Err(fault);
        };
        let mut error = Map::new();
        let text = |text: Option<String>| Value::from(text.unwrap_or_default());
        error.insert("Error".to_owned(), text(fault.error));
        error.insert("Cause".to_owned(), text(fault.cause));
        let output = self.caught(at, catcher.result_path.as_ref(), error.into())?;
        Ok(Moved::On(Next::State(catcher.next.clone()), output))
    }
}

impl Retrier {
    /// How long to wait before the try that follows so many.
    fn delay(&self, tries: u32, random: &mut dyn FnMut(&mut [u8])) -> Duration {
        let exponent = i32::try_from(tries).unwrap_or(i32::MAX);
        let seconds = self.interval.as_seconds_f64() * self.rate.powi(exponent);
        let longest = self.longest.unwrap_or(Duration::days(365)).as_seconds_f64();
        let share = if self.jitter { unit(random) } else { 1.0 };
        Duration::seconds_f64(seconds.min(longest) * share)
    }
}

/// From 0 to 1.
fn unit(random: &mut dyn FnMut(&mut [u8])) -> f64 {
    let mut bytes = [0; 4];
    random(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
