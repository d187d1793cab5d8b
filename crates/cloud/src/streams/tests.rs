use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::ports::{Action, Condition, Item, Tables as _, Write};
use serde_json::json;

use super::log::shard_of;
use super::*;
use crate::settings::Settings;
use crate::surroundings::{SimulatedClock, Surroundings, from_millis};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

static THINGS: Table = Table {
    name: "things",
    key: "id",
    indexes: &[],
    stream: true,
    expires: None,
};

/// Remembers what it has been handed, and fails at what it is told to.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<(Vec<u64>, Option<HandlerError>)>>);

impl Consumer for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn table(&self) -> &'static Table {
        &THINGS
    }

    async fn handle(
        &self,
        _world: &World,
        change: &Change,
    ) -> std::result::Result<(), HandlerError> {
        let mut state = self.0.lock().unwrap();
        let revision = change
            .new
            .as_ref()
            .and_then(|row| row["revision"].as_u64())
            .unwrap_or(0);
        match state.1.clone() {
            Some(error) if revision == 3 => Err(error),
            _ => {
                state.0.push(revision);
                Ok(())
            }
        }
    }
}

impl Recorder {
    fn fail(&self, error: Option<HandlerError>) {
        self.0.lock().unwrap().1 = error;
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap().0)
    }
}

async fn world() -> Result<(World, SimulatedClock)> {
    let (surroundings, clock) = Surroundings::simulated(from_millis(1_800_000_000_000), 1);
    Ok((
        World::open_in(Settings::default(), surroundings).await?,
        clock,
    ))
}

async fn write(world: &World, revisions: std::ops::RangeInclusive<u64>) -> Result {
    for revision in revisions {
        let item = Item::from_iter([
            ("id".to_owned(), json!("a")),
            ("revision".to_owned(), json!(revision)),
        ]);
        let write = Write {
            table: &THINGS,
            key: "a".into(),
            action: Action::Put(item),
            condition: Condition::Always,
        };
        world.transact(vec![write]).await?;
    }
    Ok(())
}

fn retry() -> Option<HandlerError> {
    Some(HandlerError::Retry("not now".to_owned()))
}

#[tokio::test]
async fn the_checkpoint_moves_up_to_the_first_failure_and_goes_on_from_there() -> Result {
    let (world, _) = world().await?;
    let (recorder, shard) = (Recorder::default(), shard_of("a"));
    write(&world, 1..=5).await?;
    recorder.fail(retry());
    assert!(matches!(
        batch(&recorder, &world, shard).await?,
        Progress::Held(_)
    ));
    assert_eq!(recorder.take(), [1, 2]);
    recorder.fail(None);
    assert_eq!(batch(&recorder, &world, shard).await?, Progress::More);
    assert_eq!(recorder.take(), [3, 4, 5], "in order, none twice");
    assert_eq!(batch(&recorder, &world, shard).await?, Progress::Idle);
    Ok(())
}

#[tokio::test]
async fn after_the_retry_window_a_record_is_dead_and_the_shard_moves_on() -> Result {
    let (world, clock) = world().await?;
    let (recorder, shard) = (Recorder::default(), shard_of("a"));
    write(&world, 1..=5).await?;
    recorder.fail(retry());
    let mut attempts = 0;
    while let Progress::Held(due) = batch(&recorder, &world, shard).await? {
        attempts += 1;
        clock.advance(pump::duration(due - world.surroundings.now_millis()));
    }
    assert!(attempts > 10, "{attempts} attempts in a minute");
    batch(&recorder, &world, shard).await?;
    assert_eq!(recorder.take(), [1, 2, 4, 5]);
    let letters = dead_letters::list(&world.store).await?;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(
        (letter.origin, letter.name.as_str(), letter.cause.as_str()),
        (Origin::Stream, "recorder", "not now")
    );
    assert_eq!(letter.attempts, attempts + 1);
    assert_eq!(letter.payload["new"]["revision"], 3);

    recorder.fail(None);
    dead_letters::resend(&world, letter.id).await?;
    batch(&recorder, &world, shard).await?;
    assert_eq!(recorder.take(), [3]);
    assert!(dead_letters::list(&world.store).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_can_never_succeed_is_dead_at_once() -> Result {
    let (world, _) = world().await?;
    let (recorder, shard) = (Recorder::default(), shard_of("a"));
    write(&world, 1..=4).await?;
    recorder.fail(Some(HandlerError::Dead("never".to_owned())));
    assert_eq!(batch(&recorder, &world, shard).await?, Progress::More);
    batch(&recorder, &world, shard).await?;
    assert_eq!(recorder.take(), [1, 2, 4]);
    assert_eq!(dead_letters::list(&world.store).await?[0].attempts, 1);
    Ok(())
}

/// Panics at whatever it is handed.
#[derive(Clone)]
struct Broken;

impl Consumer for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn table(&self) -> &'static Table {
        &THINGS
    }

    async fn handle(&self, _: &World, _: &Change) -> std::result::Result<(), HandlerError> {
        panic!("out of order")
    }
}

#[tokio::test]
async fn a_handler_that_panics_ends_in_the_dead_letters() -> Result {
    let (world, clock) = world().await?;
    write(&world, 1..=1).await?;
    while let Progress::Held(due) = batch(&Broken, &world, shard_of("a")).await? {
        clock.advance(pump::duration(due - world.surroundings.now_millis()));
    }
    let letters = dead_letters::list(&world.store).await?;
    assert_eq!(letters[0].cause, "the handler panicked: out of order");
    Ok(())
}

/// Another consumer of the same stream.
#[derive(Clone)]
struct Second(Recorder);

impl Consumer for Second {
    fn name(&self) -> &'static str {
        "second"
    }

    fn table(&self) -> &'static Table {
        &THINGS
    }

    async fn handle(
        &self,
        world: &World,
        change: &Change,
    ) -> std::result::Result<(), HandlerError> {
        self.0.handle(world, change).await
    }
}

#[tokio::test]
async fn records_are_kept_a_day_and_until_every_consumer_has_had_them() -> Result {
    let (world, clock) = world().await?;
    let (recorder, shard) = (Recorder::default(), shard_of("a"));
    write(&world, 1..=2).await?;
    let trimmed = async |world: &World| {
        let now = world.surroundings.now_millis();
        let left = world.store.write(move |tx| {
            trim(tx, now)?;
            Ok::<i64, StoreError>(tx.query_row(
                "SELECT count(*) FROM stream_records",
                [],
                |row| row.get(0),
            )?)
        });
        left.await
    };
    clock.advance(Duration::from_secs(25 * 3600));
    assert_eq!(trimmed(&world).await?, 2, "nobody has had them");
    let second = Second(Recorder::default());
    declare(&second, &world).await?;
    batch(&recorder, &world, shard).await?;
    assert_eq!(trimmed(&world).await?, 2, "the second has not");
    batch(&second, &world, shard).await?;
    assert_eq!(second.0.take(), [1, 2]);
    declare(&second, &world).await?;
    assert_eq!(trimmed(&world).await?, 0);
    write(&world, 3..=3).await?;
    batch(&recorder, &world, shard).await?;
    batch(&second, &world, shard).await?;
    assert_eq!(trimmed(&world).await?, 1, "not a day old");
    Ok(())
}
