//! An execution that is interrupted wherever it can be, overtaken, or fails.

use std::task::{Context, Poll};
use std::time::Duration;

use backend::event::HandlerError;
use backend::ports::Pace;
use backend::restaurant::{Payments, WORKFLOW};
use serde_json::json;

use super::*;
use crate::dead_letters::{self, Origin};
use crate::settings::Settings;
use crate::surroundings::{SimulatedClock, Surroundings, from_millis};
use crate::topics;

async fn world(task: Duration) -> (World, SimulatedClock) {
    let (surroundings, clock) = Surroundings::simulated(from_millis(1_800_000_000_000), 1);
    let settings = Settings {
        pace: Pace {
            task,
            ..Pace::from_state(Duration::ZERO)
        },
        payments: Payments {
            chance: 1.0,
            seed: 1,
        },
        ..Settings::default()
    };
    (World::open_in(settings, surroundings).await.unwrap(), clock)
}

fn input(id: &str) -> Value {
    json!({
        "orderId": id, "name": "Soup", "quantity": 1, "restaurantId": "corner",
        "createdAt": "2027-01-15T08:00:00.000Z",
    })
}

/// What is due now.
async fn kept(world: &World) -> Vec<(Place, Kept)> {
    let now = world.surroundings.now_millis();
    let look = move |connection: &_| executions::due(connection, now, BATCH);
    world.store.read(look).await.unwrap().0
}

/// What is due now, each with its checkpoint.
async fn due(world: &World) -> Vec<(Place, Checkpoint)> {
    let kept = kept(world).await.into_iter();
    kept.map(|(place, kept)| (place, kept.unwrap())).collect()
}

async fn state(world: &World, name: &'static str) -> String {
    let read = move |connection: &rusqlite::Connection| {
        let sql = "SELECT state FROM executions WHERE name = ?";
        Ok::<_, StoreError>(connection.query_row(sql, [name], |row| row.get(0))?)
    };
    world.store.read(read).await.unwrap()
}

/// The order's row, and how often its customer was told.
async fn outcome(world: &World, id: &str) -> (Value, usize) {
    use backend::ports::Tables as _;
    let row = world.get(&backend::restaurant::ORDERS, id).await.unwrap();
    let mails = topics::mailbox(&world.store, 100).await.unwrap();
    (json!(row), mails.len())
}

/// Whoever runs it is gone after so many moments in which it waited for something; what was handed to the database is
/// done all the same, as after a kill of the process.
#[tokio::test]
async fn wherever_it_is_interrupted_it_ends_once() {
    let mut interruptions = 0;
    for moments in 1..=12 {
        let (world, _) = world(Duration::ZERO).await;
        start(&world, &WORKFLOW, "o", input("o")).await.unwrap();
        while let Some((place, checkpoint)) = due(&world).await.pop() {
            let machine = Arc::clone(world.machines.get(&place.machine).unwrap());
            let mut running = Box::pin(run(&world, &machine, place, checkpoint));
            let mut left = moments;
            let over = std::future::poll_fn(|context: &mut Context<'_>| {
                match running.as_mut().poll(context) {
                    Poll::Ready(_) => Poll::Ready(true),
                    Poll::Pending if left == 0 => Poll::Ready(false),
                    Poll::Pending => {
                        left -= 1;
                        Poll::Pending
                    }
                }
            });
            if !over.await {
                interruptions += 1;
            }
        }
        let (row, told) = outcome(&world, "o").await;
        assert_eq!(
            (&row["orderStatus"], &row["revision"], told),
            (&json!("SUCCESS"), &json!(3), 1),
            "{moments} moments"
        );
    }
    assert!(interruptions > 0);
}

/// Two that run one execution: one of them goes on, and what is said is said once.
#[tokio::test]
async fn whoever_is_overtaken_leaves_nothing_behind() {
    let (world, _) = world(Duration::ZERO).await;
    start(&world, &WORKFLOW, "o", input("o")).await.unwrap();
    let (place, checkpoint) = due(&world).await.pop().unwrap();
    let machine = Arc::clone(world.machines.get(&place.machine).unwrap());
    let twice = || run(&world, &machine, place.clone(), checkpoint.clone());
    let (first, second) = futures::future::join(twice(), twice()).await;
    assert!(
        matches!(first, Err(Broken::Overtaken)) != matches!(second, Err(Broken::Overtaken)),
        "one of them goes on"
    );
    let (row, told) = outcome(&world, "o").await;
    assert_eq!((&row["orderStatus"], told), (&json!("SUCCESS"), 1));
    // It is known by its name for as long as it is kept.
    start(&world, &WORKFLOW, "o", input("o")).await.unwrap();
    assert_eq!(due(&world).await.len(), 0);
}

#[tokio::test]
async fn a_task_takes_its_time_and_the_clock_goes_on_with_it() {
    let (world, clock) = world(Duration::from_secs(2)).await;
    start(&world, &WORKFLOW, "o", input("o")).await.unwrap();
    let mut stages = Vec::new();
    let begun = clock.now();
    loop {
        for (place, checkpoint) in due(&world).await {
            moved(&world, place, Ok(checkpoint)).await;
        }
        let (row, _) = outcome(&world, "o").await;
        let stage = row["stage"].as_str().unwrap().to_owned();
        if stages.last() != Some(&stage) {
            stages.push(stage);
        }
        if state(&world, "o").await == "succeeded" {
            break;
        }
        clock.advance(Duration::from_millis(100));
    }
    assert_eq!(
        stages,
        ["InitializeOrder", "ProcessPayment", "CompleteOrder"]
    );
    let took = (clock.now() - begun).unsigned_abs();
    assert!(
        took >= Duration::from_secs(1) && took <= Duration::from_millis(4200),
        "{took:?}"
    );
}

#[tokio::test]
async fn an_execution_that_fails_is_kept_with_its_cause_and_can_be_begun_again() {
    let (world, _) = world(Duration::ZERO).await;
    start(&world, &WORKFLOW, "o", json!({"orderId": "o"}))
        .await
        .unwrap();
    for _ in 0..2 {
        let (place, checkpoint) = due(&world).await.pop().unwrap();
        moved(&world, place, Ok(checkpoint)).await;
        assert_eq!(state(&world, "o").await, "failed");
        let letters = dead_letters::list(&world.store).await.unwrap();
        let letter = &letters[0];
        assert_eq!(
            (
                letters.len(),
                letter.origin,
                &*letter.name,
                &*letter.subject
            ),
            (1, Origin::Workflow, "restaurant", "o")
        );
        assert!(
            letter
                .cause
                .starts_with("Refused in InitializeOrder: no order"),
            "{}",
            letter.cause
        );
        assert_eq!(letter.payload, json!({"orderId": "o"}));
        dead_letters::resend(&world, letter.id).await.unwrap();
        assert_eq!(dead_letters::list(&world.store).await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_execution_of_a_workflow_that_is_gone_is_given_up_and_stays_so() {
    let (world, _) = world(Duration::ZERO).await;
    start(&world, &WORKFLOW, "o", input("o")).await.unwrap();
    let rename = |tx: &Transaction<'_>| {
        tx.execute("UPDATE executions SET machine = 'older'", [])?;
        Ok::<_, StoreError>(())
    };
    world.store.write(rename).await.unwrap();
    let (place, checkpoint) = due(&world).await.pop().unwrap();
    moved(&world, place, Ok(checkpoint)).await;
    assert_eq!(
        (due(&world).await.len(), &*state(&world, "o").await),
        (0, "failed")
    );
    let letters = dead_letters::list(&world.store).await.unwrap();
    assert!(
        letters[0].cause.contains("no workflow \"older\""),
        "{}",
        letters[0].cause
    );
    let refused = dead_letters::resend(&world, letters[0].id)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("older"), "{refused}");
    assert_eq!(dead_letters::list(&world.store).await.unwrap(), letters);
}

/// Of another version's making, or broken: the others go on, and what can be read of it can be begun again.
#[tokio::test]
async fn an_execution_whose_checkpoint_does_not_read_is_given_up_and_holds_up_nobody() {
    let (world, _) = world(Duration::ZERO).await;
    for name in ["older", "o", "torn"] {
        start(&world, &WORKFLOW, name, input(name)).await.unwrap();
    }
    let spoil = |tx: &Transaction<'_>| {
        tx.execute_batch(
            "UPDATE executions SET checkpoint = json_set(checkpoint, '$.phase', 'Napping') WHERE name = 'older';
             UPDATE executions SET checkpoint = '{' WHERE name = 'torn';",
        )?;
        Ok::<_, StoreError>(())
    };
    world.store.write(spoil).await.unwrap();
    for (place, kept) in kept(&world).await {
        moved(&world, place, kept).await;
    }
    assert_eq!(kept(&world).await.len(), 0);
    for (name, ended) in [("older", "failed"), ("o", "succeeded"), ("torn", "failed")] {
        assert_eq!(state(&world, name).await, ended, "{name}");
    }
    let letters = dead_letters::list(&world.store).await.unwrap();
    let told = |name: &str| letters.iter().find(|it| it.subject == name).unwrap();
    let (older, torn) = (told("older"), told("torn"));
    assert!(
        older.cause.contains("does not read: unknown variant"),
        "{}",
        older.cause
    );
    assert_eq!(
        (&older.payload, &torn.payload),
        (&input("older"), &json!("{"))
    );
    dead_letters::resend(&world, older.id).await.unwrap();
    let (place, checkpoint) = due(&world).await.pop().unwrap();
    moved(&world, place, Ok(checkpoint)).await;
    assert_eq!(state(&world, "older").await, "succeeded");
    // Of the other there is nothing to begin with: what is sent again comes back, with the reason.
    dead_letters::resend(&world, torn.id).await.unwrap();
    let (place, checkpoint) = due(&world).await.pop().unwrap();
    moved(&world, place, Ok(checkpoint)).await;
    let letters = dead_letters::list(&world.store).await.unwrap();
    assert!(
        letters[0].cause.starts_with("Refused in InitializeOrder"),
        "{}",
        letters[0].cause
    );
}

/// What is out of reach for now is tried again by every task that calls a function.
#[tokio::test]
async fn the_documents_try_again_what_may_pass() {
    let (world, _) = world(Duration::ZERO).await;
    let mut random = |bytes: &mut [u8]| world.surroundings.fill(bytes);
    for workflow in backend::workflow::ALL {
        let machine = world.machines.get(workflow.name).unwrap();
        let execution = Execution {
            id: "id".into(),
            name: "o".into(),
            machine_id: machine.arn(),
            machine: workflow.name.into(),
            input: input("o"),
        };
        let now = world.surroundings.now();
        let started = machine.machine.start(execution, now);
        let (at, output) = machine
            .machine
            .step(started, Event::Resumed, now, &mut random);
        let Output::Invoke { token, .. } = output else {
            panic!("{output:?}")
        };
        let answer = invoke::answered(token, Err(HandlerError::Retry("busy".into())));
        let Answer::Event(failed) = answer else {
            panic!("{answer:?}")
        };
        let (_, output) = machine.machine.step(at, failed, now, &mut random);
        assert!(
            matches!(output, Output::WaitUntil(_)),
            "{}: {output:?}",
            workflow.name
        );
    }
}

/// What ends in the moment in which it is looked at again, with nobody called before, is written down as ended.
#[tokio::test]
async fn what_is_over_at_once_is_over_for_good() {
    let (world, _) = world(Duration::ZERO).await;
    let document = json!({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}});
    let machine = Arc::new(StateMachine {
        workflow: &WORKFLOW,
        machine: states::Machine::parse(&document.to_string()).unwrap(),
    });
    let (begun, now) = (Arc::clone(&machine), world.surroundings.now());
    let begin = move |tx: &Transaction<'_>| begin(tx, &begun, "o".into(), json!({}), now);
    world.store.write(begin).await.unwrap();
    let (place, checkpoint) = due(&world).await.pop().unwrap();
    assert!(run(&world, &machine, place, checkpoint).await.is_ok());
    assert_eq!(state(&world, "o").await, "succeeded");
    assert_eq!(due(&world).await.len(), 0);
}
