//! Whatever the bus and the tables do, an event comes to one end.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::orders::model::StatusUpdate;

#[test]
fn two_deliveries_under_way_come_to_the_same_end() {
    for (delay, started) in (0..8).flat_map(|delay| [(delay, true), (delay, false)]) {
        let ports = Memory::default();
        let event = if started {
            handle(&ports, &created("1", "a")).unwrap();
            updated("2", "a", OrderStatus::InKitchen)
        } else {
            created("1", "a")
        };
        let later = async {
            for _ in 0..delay {
                tokio::task::yield_now().await;
            }
            on_event(&ports, &event).await
        };
        let ends = now(async { tokio::join!(on_event(&ports, &event), later) });
        assert_eq!(
            ends,
            (Ok(Outcome::Written), Ok(Outcome::Written)),
            "{delay} steps apart"
        );
    }
}

/// A history of a few orders: each created once, with some updates, in the order of happening.
fn histories() -> impl Strategy<Value = Vec<BusEvent>> {
    let updates = proptest::collection::vec((0..3_usize, 0..9_usize), 0..20);
    updates.prop_map(|updates| {
        let every = [&OrderStatus::WAY[..], &[OrderStatus::Cancelled]].concat();
        let created = (0..3).map(|order| created(&format!("c{order}"), &format!("o{order}")));
        let updated = updates
            .into_iter()
            .enumerate()
            .map(|(at, (order, status))| {
                updated(&format!("u{at}"), &format!("o{order}"), every[status])
            });
        created.chain(updated).collect()
    })
}

proptest! {
    /// Whatever the bus does (shuffles, doubles) and the tables do (conflicts, lost answers): every event comes to
    /// one end and stays there, revisions count the writes, and a state is never left for an earlier one.
    #[test]
    fn every_event_comes_to_one_end(
        events in histories(),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 200),
        faults in proptest::collection::vec(prop_oneof![Just(Fault::None), Just(Fault::Conflict), Just(Fault::LostAnswer)], 60),
    ) {
        let ports = Memory::default();
        ports.state().faults = faults;
        let mut ends: Map<String, Value> = Map::new();
        let mut deliver = |event: &BusEvent| -> Result<(), TestCaseError> {
            let before = status_of(&ports, event);
            match handle(&ports, event) {
                Ok(outcome) => {
                    let outcome = json!(outcome);
                    let first = ends.entry(event.id.0.clone()).or_insert_with(|| outcome.clone());
                    // A duplicate leaves no receipt: when asked again it may be late by then.
                    let stays = *first == outcome || (*first == "duplicate" && outcome == "late");
                    prop_assert!(stays, "{first} became {outcome}");
                }
                Err(HandlerError::Retry(_)) => {}
                Err(HandlerError::Dead(cause)) => prop_assert!(false, "dead: {cause}"),
            }
            if let (Some(before), Some(after)) = (before, status_of(&ports, event)) {
                prop_assert!(after >= before);
                prop_assert!(after == before || !before.is_final());
            }
            Ok(())
        };
        for index in &order {
            deliver(index.get(&events))?;
        }
        // The retry window is long enough for each to be delivered once more, in order.
        for _ in 0..3 {
            for event in &events {
                deliver(event)?;
            }
        }
        prop_assert_eq!(ends.len(), events.len());
        let written = events.iter().filter(|event| ends[&event.id.0] == "written").count();
        let listed = ask(&ports, "orders", json!({})).unwrap();
        let revisions: u64 = listed["items"].as_array().unwrap().iter().filter_map(|o| o["revision"].as_u64()).sum();
        prop_assert_eq!(revisions, written as u64);
    }
}

fn status_of(ports: &Memory, event: &BusEvent) -> Option<OrderStatus> {
    let update: StatusUpdate = serde_json::from_value(event.detail.clone()).ok()?;
    let row = ports
        .state()
        .rows
        .get(&(ORDERS.name, update.order_id.0))?
        .clone();
    serde_json::from_value(row["status"].clone()).ok()
}
