//! The movies API over real HTTP and sockets: what its names answer, who may call them, who hears of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use cloud::testing::Running;
use common::{Answer, Signer, Socket, backend, cloud, cloud_with, guest_named, send, until};
use serde_json::{Value, json};

const MOVIE: &str = "id name poster date plot round revision endsAt";
const REVIEW: &str = "id type votes topMovie topVotes round revision";

async fn ask(cloud: &Running, signer: &Signer, query: &str) -> Answer {
    call(cloud, signer, query, json!({})).await
}

async fn call(cloud: &Running, signer: &Signer, query: &str, variables: Value) -> Answer {
    send(signer.graphql_of("movies", cloud, query, variables)).await
}

/// The data of an answer that has no errors.
fn data(answer: Answer) -> Value {
    assert_eq!(
        (answer.status, &answer.body["errors"]),
        (200, &Value::Null),
        "{}",
        answer.text
    );
    answer.body["data"].clone()
}

async fn one(cloud: &Running) -> Signer {
    guest_named(cloud, "eu-west-1:one")
}

async fn vote(
    cloud: &Running,
    signer: &Signer,
    id: &str,
    count: i32,
    round: i64,
    token: &str,
) -> Answer {
    let query =
        format!("mutation($input: AddVotesInput!) {{ addVotes(input: $input) {{ {REVIEW} }} }}");
    let input = json!({"id": id, "count": count, "round": round, "token": token});
    call(cloud, signer, &query, json!({"input": input})).await
}

async fn review(cloud: &Running, id: &str) -> Value {
    let query = format!("{{ getReviews(id: {id:?}) {{ {REVIEW} }} }}");
    data(ask(cloud, &backend(cloud), &query).await)["getReviews"].clone()
}

#[tokio::test]
async fn a_fresh_cloud_holds_a_movie_and_five_reactions_at_zero() {
    let cloud = cloud().await;
    let guest = one(&cloud).await;
    let query = format!("{{ getMovies(id: 0) {{ {MOVIE} }} }}");
    let movie = &data(ask(&cloud, &guest, &query).await)["getMovies"];
    let first = backend::movies::shipped::FILMS[0];
    assert_eq!(movie["name"], first.name);
    assert_eq!(movie["poster"], format!("/posters/{}.svg", first.slug));
    assert_eq!(
        (&movie["round"], &movie["revision"], &movie["endsAt"]),
        (&json!(1), &json!(1), &Value::Null)
    );

    let query = "{ listReviewss { items { id type votes topMovie topVotes } } }";
    let reviews = data(ask(&cloud, &guest, query).await);
    let expected = ["love", "like", "meh", "unknown", "hate"];
    let expected: Vec<_> = (1..)
        .zip(expected)
        .map(|(id, kind)| {
            json!({"id": id.to_string(), "type": kind, "votes": 0, "topMovie": null, "topVotes": 0})
        })
        .collect();
    assert_eq!(reviews["listReviewss"]["items"], json!(expected));
}

#[tokio::test]
async fn votes_are_counted_once_for_each_token() {
    let cloud = cloud().await;
    let (one, two) = (
        guest_named(&cloud, "eu-west-1:1"),
        guest_named(&cloud, "eu-west-1:2"),
    );
    let first = data(vote(&cloud, &one, "1", 3, 1, "t").await);
    assert_eq!(first["addVotes"]["votes"], 3);
    // Another identity's token of the same name is another token; another count under the same token is nothing new.
    assert_eq!(
        data(vote(&cloud, &two, "1", 4, 1, "t").await)["addVotes"]["votes"],
        7
    );
    assert_eq!(
        data(vote(&cloud, &one, "1", 9, 1, "t").await),
        first,
        "the first result"
    );
    let found = review(&cloud, "1").await;
    assert_eq!(
        (&found["votes"], &found["revision"]),
        (&json!(7), &json!(3))
    );
    let stale = vote(&cloud, &one, "1", 1, 2, "u").await;
    assert_eq!((stale.status, stale.error_type()), (200, "StaleRound"));
    assert!(
        stale.message().starts_with("voting has moved on"),
        "{}",
        stale.message()
    );
    assert_eq!(stale.body["errors"][0]["path"], json!(["addVotes"]));
}

#[tokio::test]
async fn rotations_follow_each_other_and_keep_the_best() {
    let cloud = cloud_with(|settings| settings.rotation = Duration::from_millis(150)).await;
    let guest = one(&cloud).await;
    let mut socket = Socket::live_on("movies", &cloud, &guest).await;
    let id = socket
        .subscribe(
            &cloud,
            &format!("subscription {{ onUpdateMovies {{ {MOVIE} }} }}"),
            json!({}),
        )
        .await;
    let mut rounds = Vec::new();
    while rounds.len() < 5 {
        let frame = socket.frame().await;
        assert_eq!((&frame["type"], &frame["id"]), (&json!("data"), &json!(id)));
        rounds.push(
            frame["payload"]["data"]["onUpdateMovies"]["round"]
                .as_i64()
                .unwrap(),
        );
    }
    assert!(
        rounds.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{rounds:?}"
    );
    until("a vote is at the top", async || {
        let round = review(&cloud, "2").await["round"].as_i64().unwrap();
        vote(&cloud, &guest, "2", 2, round, &format!("t{round}")).await;
        let top = review(&cloud, "2").await;
        top["topVotes"] == 2 && top["topMovie"].is_string()
    })
    .await;
}
