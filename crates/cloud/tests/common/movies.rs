//! What the tests of the movies API share.

use std::collections::BTreeMap;

use cloud::store::{Store, StoreError};
use cloud::testing::Running;
use serde_json::{Value, json};

use super::{Answer, Signer, send};

pub async fn ask(cloud: &Running, signer: &Signer, query: &str) -> Answer {
    call(cloud, signer, query, json!({})).await
}

pub async fn call(cloud: &Running, signer: &Signer, query: &str, variables: Value) -> Answer {
    send(signer.graphql_of("movies", cloud, query, variables)).await
}

/// The data of an answer that has no errors.
pub fn data(answer: Answer) -> Value {
    assert_eq!(
        (answer.status, &answer.body["errors"]),
        (200, &Value::Null),
        "{}",
        answer.text
    );
    answer.body["data"].clone()
}

pub async fn say(cloud: &Running, signer: &Signer, arguments: Value) -> Answer {
    let query = "mutation($message: String!, $name: String, $token: ID) \
        { createMessage(message: $message, name: $name, token: $token) { id name message sentAt } }";
    call(cloud, signer, query, arguments).await
}

/// By round and reaction.
pub type Counts = BTreeMap<(i64, String), i64>;

/// The totals of each round, as the changes of the rows tell them, are what was accepted; the leaderboard is their
/// greatest, with that round's movie.
pub async fn accounts_for(store: &Store, accepted: &Counts) {
    let films: BTreeMap<i64, Value> = changes(store, "movies")
        .await
        .into_iter()
        .map(|(_, new)| (new["round"].as_i64().unwrap(), new["name"].clone()))
        .collect();
    let (mut counted, mut last) = (Counts::new(), BTreeMap::new());
    for (old, new) in changes(store, "movies-reviews").await {
        let id = new["id"].as_str().unwrap().to_owned();
        if let Some(old) = old.filter(|old| old["round"] != new["round"]) {
            let round = old["round"].as_i64().unwrap();
            assert_eq!(new["round"], round + 1, "one round after the other");
            let votes = old["votes"].as_i64().unwrap();
            assert_eq!(
                counted.insert((round, id.clone()), votes),
                None,
                "closed once"
            );
            let best = old["topVotes"].as_i64().unwrap();
            let (movie, top) = if votes > best {
                (films[&round].clone(), votes)
            } else {
                (old["topMovie"].clone(), best)
            };
            assert_eq!((&new["topMovie"], &new["topVotes"]), (&movie, &json!(top)));
            assert_eq!(new["votes"], 0);
        }
        last.insert(id, new);
    }
    for (id, row) in &last {
        let round = row["round"].as_i64().unwrap();
        counted.insert((round, id.clone()), row["votes"].as_i64().unwrap());
        let closed = counted
            .iter()
            .filter(|((of, it), _)| it == id && *of < round);
        let best = closed.map(|(_, votes)| *votes).max().unwrap();
        assert_eq!(row["topVotes"], best, "reaction {id}");
    }
    counted.retain(|_, votes| *votes > 0);
    assert_eq!(&counted, accepted);
}

/// The changes of a table's rows, before and after, in their order.
async fn changes(store: &Store, table: &'static str) -> Vec<(Option<Value>, Value)> {
    let read = move |connection: &rusqlite::Connection| {
        let sql = "SELECT old, new FROM stream_records WHERE tab = ? ORDER BY sequence";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([table], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, String>(1)?))
        })?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let value = |text: &String| serde_json::from_str::<Value>(text).unwrap();
        let rows = rows
            .iter()
            .map(|(old, new)| (old.as_ref().map(value), value(new)));
        Ok::<_, StoreError>(rows.collect())
    };
    store.read(read).await.unwrap()
}

/// The rounds of the movie that is shown, in the order in which they were written; each once.
pub async fn rounds(store: &Store) -> Vec<i64> {
    let changes = changes(store, "movies").await;
    let mut rounds: Vec<_> = changes
        .iter()
        .map(|(_, new)| new["round"].as_i64().unwrap())
        .collect();
    rounds.dedup();
    rounds
}
