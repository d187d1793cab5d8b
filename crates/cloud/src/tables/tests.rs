use backend::ports::Tables;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::settings::Settings;
use crate::surroundings::Surroundings;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

static THINGS: Table = Table {
    name: "orders",
    key: "id",
    indexes: &[Index {
        name: "by-rank",
        partition: "kind",
        sort: "rank",
    }],
    stream: true,
    expires: Some("expiresAt"),
};

async fn world() -> Result<World> {
    let start = crate::surroundings::from_millis(1_800_000_000_000);
    let (surroundings, _) = Surroundings::simulated(start, 1);
    Ok(World::open_in(Settings::default(), surroundings).await?)
}

fn thing(id: &str, rank: &str) -> Item {
    Item::from_iter(
        [("id", id), ("kind", "k"), ("rank", rank)]
            .map(|(name, value)| (name.to_owned(), json!(value))),
    )
}

fn put(id: &str, rank: &str, condition: Condition) -> Write {
    Write {
        table: &THINGS,
        key: id.to_owned(),
        action: Action::Put(thing(id, rank)),
        condition,
    }
}

async fn records(world: &World) -> Result<i64> {
    let count = |connection: &Connection| {
        Ok::<_, StoreError>(connection.query_row(
            "SELECT count(*) FROM stream_records",
            [],
            |row| row.get(0),
        )?)
    };
    Ok(world.store.read(count).await?)
}

#[tokio::test]
async fn all_writes_or_none() -> Result {
    let world = world().await?;
    world
        .transact(vec![put("a", "1", Condition::Absent)])
        .await?;
    let refused = world
        .transact(vec![
            put("b", "2", Condition::Always),
            put("a", "3", Condition::Absent),
        ])
        .await;
    assert_eq!(refused, Err(PortError::Condition(1)));
    assert_eq!(Tables::get(&world, &THINGS, "b").await?, None);
    assert_eq!(
        records(&world).await?,
        1,
        "the stream knows nothing of what did not happen"
    );
    world
        .transact(vec![put("a", "3", Condition::Equals("rank", json!("1")))])
        .await?;
    let stale = world
        .transact(vec![put("a", "4", Condition::Equals("rank", json!("1")))])
        .await;
    assert_eq!(stale, Err(PortError::Condition(0)));
    assert_eq!(records(&world).await?, 2);
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_a_reason() -> Result {
    let world = world().await?;
    let mut large = put("a", "1", Condition::Always);
    if let Action::Put(item) = &mut large.action {
        item.insert("text".to_owned(), json!("x".repeat(MAX_ITEM)));
    }
    let strange = Write {
        key: "other".to_owned(),
        ..put("a", "1", Condition::Always)
    };
    let many = (0..101)
        .map(|n| put(&n.to_string(), "1", Condition::Always))
        .collect();
    let twice = vec![
        put("a", "1", Condition::Always),
        put("a", "2", Condition::Always),
    ];
    for (writes, reason) in [
        (vec![large], "bytes: at most"),
        (vec![strange], "needs it as its id"),
        (many, "101 writes"),
        (twice, "two writes"),
    ] {
        match world.transact(writes).await {
            Err(PortError::Refused(why)) => assert!(why.contains(reason), "{why}"),
            other => return Err(format!("{reason}: {other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn expired_rows_go_as_changes_and_leave_the_index() -> Result {
    let world = world().await?;
    let mut old = put("a", "1", Condition::Always);
    if let Action::Put(item) = &mut old.action {
        item.insert("expiresAt".to_owned(), json!(1_799_999_999));
    }
    world
        .transact(vec![old, put("b", "2", Condition::Always)])
        .await?;
    assert!(!sweep_some(&world).await?);
    assert_eq!(Tables::get(&world, &THINGS, "a").await?, None);
    assert!(Tables::get(&world, &THINGS, "b").await?.is_some());
    assert_eq!(records(&world).await?, 3);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Pages, put together, are the rows as sorting them gives, whatever was written before and however large they are.
    #[test]
    fn pages_are_the_sorted_rows(
        writes in proptest::collection::vec((0..12_u8, 0..40_u8, any::<bool>()), 0..60),
        limit in 1..7_usize,
        descending: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = world().await.unwrap();
            let mut rows = std::collections::BTreeMap::new();
            for (id, rank, delete) in writes {
                let (id, rank) = (format!("id-{id}"), format!("{rank:02}-{id}"));
                let mut write = put(&id, &rank, Condition::Always);
                if delete {
                    write.action = Action::Delete;
                    rows.remove(&id);
                } else {
                    rows.insert(id, rank);
                }
                world.transact(vec![write]).await.unwrap();
            }
            let mut expected: Vec<_> = rows.into_values().collect();
            expected.sort();
            if descending {
                expected.reverse();
            }
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let query = Query { partition: "k".to_owned(), after, descending, limit };
                let page = Tables::query(&world, &THINGS, &THINGS.indexes[0], query).await.unwrap();
                seen.extend(page.items.iter().map(|item| item["rank"].as_str().unwrap().to_owned()));
                after = seen.last().cloned();
                if !page.more {
                    break;
                }
            }
            assert_eq!(seen, expected);
        });
    }
}
