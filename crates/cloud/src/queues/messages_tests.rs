//! Generated histories of a queue: whatever is sent, received, done with, failed or forgotten, and however long it
//! takes, each message is in one place, nobody has it while another does, and it dies after four receives and not before.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::TransactionBehavior;
use serde_json::json;

use super::*;
use crate::cases::cases;

static QUEUE: Queue = Queue {
    name: "q",
    subject: "about",
    batch: 5,
    receives: 4,
};
static WORKFLOW: Workflow = Workflow {
    name: "w",
    document: "",
    functions: &[],
};
const VISIBILITY: i64 = 100;

#[derive(Debug, Clone)]
enum Happens {
    /// So many messages are sent.
    Sent(usize),
    /// Somebody receives a batch.
    Received,
    /// Somebody who has a batch comes to its end; what fails of it is drawn.
    Settled(prop::sample::Index, u8),
    /// Somebody who has a batch is killed.
    Killed(prop::sample::Index),
    Passed(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        1 => (1..8usize).prop_map(Happens::Sent),
        4 => Just(Happens::Received),
        3 => (which(), any::<u8>()).prop_map(|(which, fails)| Happens::Settled(which, fails)),
        1 => which().prop_map(Happens::Killed),
        3 => (0..150i64).prop_map(Happens::Passed),
    ]
}

/// What is known of a message without looking.
#[derive(Debug, Clone, Default)]
struct Known {
    invisible_until: i64,
    receives: u32,
    cause: Option<String>,
    done: bool,
}

struct World {
    connection: Connection,
    now: i64,
    messages: BTreeMap<String, Known>,
    /// Batches that somebody has.
    held: Vec<Vec<Received>>,
}

impl World {
    fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(include_str!("../store/schema.sql"))
            .unwrap();
        Self {
            connection,
            now: 0,
            messages: BTreeMap::new(),
            held: Vec::new(),
        }
    }

    fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> T) -> T {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        let value = work(&tx);
        tx.commit().unwrap();
        value
    }

    fn send(&mut self) {
        let about = format!("m{}", self.messages.len());
        let (body, now) = (json!({ "about": about }), self.now);
        self.messages.insert(about, Known::default());
        self.write(|tx| send(tx, QUEUE.name, &body, now)).unwrap();
    }

    fn receive(&mut self) -> Vec<Received> {
        let now = self.now;
        let batch = self
            .write(|tx| receive(tx, &QUEUE, now, VISIBILITY))
            .unwrap();
        assert!(batch.len() <= 5);
        for received in &batch {
            let known = self.messages.get_mut(about(received)).unwrap();
            assert!(!known.done, "what was done with is received again");
            assert!(known.invisible_until <= now, "somebody else has it");
            known.receives += 1;
            known.invisible_until = now + VISIBILITY;
            assert_eq!(known.receives, received.receives);
            assert!(known.receives <= QUEUE.receives);
        }
        batch
    }

    fn settle(&mut self, batch: &[Received], fails: u8) {
        let now = self.now;
        let mut failures = Vec::new();
        for (at, received) in batch.iter().enumerate() {
            let died = self.has_died(about(received));
            let known = self.messages.get_mut(about(received)).unwrap();
            if fails & (1 << at) == 0 {
                known.done = true;
                continue;
            }
            let cause = format!("failed at {now}");
            if known.receives == received.receives && !died {
                known.cause = Some(cause.clone());
            }
            failures.push(MessageFailure {
                id: received.id.to_string(),
                cause,
            });
        }
        self.write(|tx| settle(tx, &QUEUE, batch, &failures, now))
            .unwrap();
    }

    fn has_died(&self, about: &str) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM dead_letters WHERE subject = ?)";
        let died = self.connection.query_row(sql, [about], |row| row.get(0));
        died.unwrap()
    }

    /// Each message is in one place, and those that are dead have the cause that was last told.
    fn check(&self) {
        let (mut waiting, mut dead) = (Vec::new(), BTreeMap::new());
        let sql = "SELECT json_extract(body, '$.about') FROM messages";
        let mut rows = self.connection.prepare(sql).unwrap();
        let abouts = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        waiting.extend(abouts.map(Result::unwrap));
        let sql = "SELECT subject, attempts, cause FROM dead_letters WHERE origin = 'queue' AND name = 'q'";
        let mut rows = self.connection.prepare(sql).unwrap();
        let letters = rows.query_map([], |row| {
            let letter: (u32, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, String>(0)?, letter))
        });
        for letter in letters.unwrap() {
            let (about, letter) = letter.unwrap();
            assert!(dead.insert(about, letter).is_none(), "it died twice");
        }
        for (about, known) in &self.messages {
            let waits = waiting.iter().filter(|it| *it == about).count();
            match dead.get(about) {
                Some((attempts, cause)) => {
                    assert!(!known.done, "{about}: {known:?}");
                    assert_eq!((waits, *attempts, known.receives), (0, 4, 4), "{about}");
                    let silent = "never said what became of it";
                    match &known.cause {
                        Some(known) => assert_eq!(cause, known),
                        None => assert!(cause.contains(silent), "{cause}"),
                    }
                }
                None => assert_eq!(waits, usize::from(!known.done), "{about}: {known:?}"),
            }
        }
        let depths = depths(&self.connection, &QUEUE, &WORKFLOW, self.now).unwrap();
        let visible = |about: &&String| self.messages[*about].invisible_until <= self.now;
        let visible = waiting.iter().filter(visible).count();
        let counted = [visible, waiting.len() - visible, dead.len()];
        let counted = counted.map(|count| u32::try_from(count).unwrap());
        assert_eq!([depths.depth, depths.in_flight, depths.dead], counted);
    }
}

fn about(received: &Received) -> &str {
    received.body["about"].as_str().unwrap()
}

proptest! {
    #![proptest_config(cases("histories of a queue", 200, 5000))]
    #[test]
    fn each_message_is_in_one_place(history in prop::collection::vec(happens(), 1..60)) {
        let mut world = World::new();
        for happens in history {
            match happens {
                Happens::Sent(many) => (0..many).for_each(|_| world.send()),
                Happens::Received => {
                    let batch = world.receive();
                    world.held.push(batch);
                }
                Happens::Settled(which, fails) if !world.held.is_empty() => {
                    let batch = world.held.swap_remove(which.index(world.held.len()));
                    world.settle(&batch, fails);
                }
                Happens::Killed(which) if !world.held.is_empty() => {
                    world.held.swap_remove(which.index(world.held.len()));
                }
                Happens::Settled(..) | Happens::Killed(_) => {}
                Happens::Passed(time) => world.now += time,
            }
            world.check();
        }
        // Whoever goes on alone comes to the end of everything.
        world.held.clear();
        for _ in 0..10 * world.messages.len() {
            let batch = world.receive();
            world.settle(&batch, 0);
            world.now += VISIBILITY;
        }
        world.check();
        let left = depths(&world.connection, &QUEUE, &WORKFLOW, world.now).unwrap();
        prop_assert_eq!((left.depth, left.in_flight), (0, 0));
    }
}

/// Written by hand, or torn: it is among the dead letters as it is, and the others go on.
#[test]
fn a_message_that_does_not_read_is_given_up_and_holds_up_nobody() {
    let mut world = World::new();
    for body in ["'{'", "x'ff00'", "17"] {
        let sql = format!("INSERT INTO messages (queue, body, visible) VALUES ('q', {body}, 0)");
        world.connection.execute(&sql, []).unwrap();
    }
    world.send();
    let batch = world
        .write(|tx| receive(tx, &QUEUE, 0, VISIBILITY))
        .unwrap();
    let bodies: Vec<_> = batch.iter().map(|received| &received.body).collect();
    assert_eq!(bodies, [&json!(17), &json!({"about": "m0"})]);
    let letters = "SELECT subject, payload, cause FROM dead_letters ORDER BY id";
    let mut letters = world.connection.prepare(letters).unwrap();
    let letters = letters.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let letters: Vec<(String, String, String)> = letters.unwrap().map(Result::unwrap).collect();
    assert_eq!(letters.len(), 2);
    for ((subject, payload, cause), kept) in letters.iter().zip(["\"{\"", "\"\u{fffd}\\u0000\""]) {
        assert_eq!((&**subject, &**payload), ("unknown", kept));
        assert!(cause.starts_with("no JSON: "), "{cause}");
    }
    let left = depths(&world.connection, &QUEUE, &WORKFLOW, 0).unwrap();
    assert_eq!((left.depth, left.in_flight, left.dead), (0, 2, 2));
}

/// From the start of an execution until its consumer says so, an order is in two places and counted in one; where its
/// execution has failed it is dead, and nobody's any more when that letter is gone.
#[test]
fn each_order_is_counted_once() {
    let mut world = World::new();
    let counted = |world: &World| {
        let Depths {
            depth,
            in_flight,
            dead,
        } = depths(&world.connection, &QUEUE, &WORKFLOW, world.now).unwrap();
        (depth, in_flight, dead)
    };
    world.send();
    assert_eq!(counted(&world), (1, 0, 0));
    let batch = world.receive();
    assert_eq!(counted(&world), (0, 1, 0));
    let begin = "INSERT INTO executions (machine, name, state, step, due) VALUES ('w', 'm0', 'running', 0, 0)";
    world.connection.execute(begin, []).unwrap();
    assert_eq!(
        counted(&world),
        (0, 1, 0),
        "with the consumer and in the workflow"
    );
    world.now += VISIBILITY;
    assert_eq!(
        counted(&world),
        (0, 1, 0),
        "its consumer was killed: it is visible again"
    );
    world.settle(&batch, 0);
    assert_eq!(counted(&world), (0, 1, 0));
    let fail = "UPDATE executions SET state = 'failed', due = NULL";
    world.connection.execute(fail, []).unwrap();
    world
        .write(|tx| dead_letters::bury(tx, Origin::Workflow, "w", "m0", "why", 1, &json!({}), 0))
        .unwrap();
    assert_eq!(counted(&world), (0, 0, 1));
}
