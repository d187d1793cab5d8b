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
use common::movies::{ask, call, data, say};
use common::{Answer, Signer, Socket, backend, cloud, cloud_with, guest_named, until};
use serde_json::{Value, json};

const MOVIE: &str = "id name poster date plot round revision endsAt";
const REVIEW: &str = "id type votes topMovie topVotes round revision";

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

#[tokio::test]
async fn the_queries_that_people_have_run_as_they_are() {
    let cloud = cloud().await;
    let backend = backend(&cloud);
    let query = r#"mutation {
        a: createReviews(input: {id: "1", type: "love", votes: 0, topVotes: 0}) { id type votes }
        b: createReviews(input: {id: "2", type: "like", votes: 0, topVotes: 0}) { id type votes }
        c: createReviews(input: {id: "3", type: "meh", votes: 0, topVotes: 0}) { id type votes }
        d: createReviews(input: {id: "4", type: "unknown", votes: 0, topVotes: 0}) { id type votes }
        e: createReviews(input: {id: "5", type: "hate", votes: 0, topVotes: 0, topMovie: "None"}) { id type votes topMovie }
    }"#;
    let made = data(ask(&cloud, &backend, query).await);
    assert_eq!(made["c"], json!({"id": "3", "type": "meh", "votes": 0}));
    assert_eq!(made["e"]["topMovie"], "None", "what was absent is filled");
    let query = r#"{
        listReviewss(filter: {or: [{type: {beginsWith: "l"}}, {id: {eq: "5"}}]}, limit: 1000) { items { id } nextToken }
        listMoviess(filter: {name: {contains: "Light"}}) { items { id } }
    }"#;
    let found = data(ask(&cloud, &backend, query).await);
    assert_eq!(
        found["listReviewss"],
        json!({"items": [{"id": "1"}, {"id": "2"}, {"id": "5"}], "nextToken": null})
    );
    assert_eq!(found["listMoviess"]["items"], json!([{"id": "0"}]));
    let (mut token, mut seen) = (Value::Null, Vec::new());
    loop {
        let query = "query($t: String) { listReviewss(limit: 2, nextToken: $t) { items { id } nextToken } }";
        let page =
            data(call(&cloud, &backend, query, json!({"t": token})).await)["listReviewss"].clone();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["id"].clone()),
        );
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    for wrong in [
        "listReviewss(limit: 0)",
        "listReviewss(nextToken: \"!\")",
        "listMessages(limit: 101)",
    ] {
        let answer = ask(&cloud, &backend, &format!("{{ {wrong} {{ nextToken }} }}")).await;
        assert_eq!(
            answer.error_type(),
            "BadRequestException",
            "{wrong}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn reviews_are_updated_by_their_rules() {
    let cloud = cloud().await;
    let (guest, backend) = (one(&cloud).await, backend(&cloud));
    let update = async |signer: &Signer, input: &str| {
        let query =
            format!("mutation {{ updateReviews(input: {input}) {{ votes topMovie topVotes }} }}");
        ask(&cloud, signer, &query).await
    };
    let votes = |answer: Answer| data(answer)["updateReviews"].clone();
    assert_eq!(votes(update(&guest, r#"{id: "1"}"#).await)["votes"], 1);
    assert_eq!(
        votes(update(&guest, r#"{id: "1", type: "love", votes: null}"#).await)["votes"],
        2
    );
    assert_eq!(
        votes(update(&backend, r#"{id: "1", votes: 40}"#).await)["votes"],
        40
    );
    let reset = votes(
        update(
            &backend,
            r#"{id: "1", votes: 0, topMovie: "A Film", topVotes: 40}"#,
        )
        .await,
    );
    assert_eq!(
        reset,
        json!({"votes": 0, "topMovie": "A Film", "topVotes": 40})
    );
    let absent = update(&backend, r#"{id: "9"}"#).await;
    assert_eq!(
        absent.error_type(),
        "DynamoDB:ConditionalCheckFailedException"
    );
    let negative = update(&backend, r#"{id: "1", votes: -1}"#).await;
    assert_eq!(negative.error_type(), "BadRequestException");
}

#[tokio::test]
async fn what_guests_may_not_do_is_refused_as_appsync_does() {
    let cloud = cloud().await;
    let guest = one(&cloud).await;
    for (field, call) in [
        (
            "updateReviews",
            r#"updateReviews(input: {id: "1", votes: 5}) { id }"#,
        ),
        (
            "updateReviews",
            r#"updateReviews(input: {id: "1", votes: 0, topMovie: "Mine", topVotes: 9}) { id }"#,
        ),
        (
            "updateReviews",
            r#"updateReviews(input: {id: "1", topMovie: "Mine"}) { id }"#,
        ),
        (
            "updateReviews",
            r#"updateReviews(input: {id: "1", topVotes: 9}) { id }"#,
        ),
        (
            "updateReviews",
            r#"updateReviews(input: {id: "1", type: "mine"}) { id }"#,
        ),
        (
            "createReviews",
            r#"createReviews(input: {id: "1", votes: 9}) { id }"#,
        ),
        ("deleteReviews", r#"deleteReviews(input: {id: "1"}) { id }"#),
        (
            "createMovies",
            r#"createMovies(input: {id: "7", name: "Mine"}) { id }"#,
        ),
        (
            "updateMovies",
            r#"updateMovies(input: {id: "0", name: "Mine"}) { id }"#,
        ),
        ("deleteMovies", r#"deleteMovies(input: {id: "0"}) { id }"#),
        (
            "publishMovies",
            r#"publishMovies(input: {id: "0", round: 99}) { id round }"#,
        ),
        (
            "publishReviews",
            r#"publishReviews(input: {id: "1", votes: 99}) { id votes }"#,
        ),
    ] {
        let answer = ask(&cloud, &guest, &format!("mutation {{ it: {call} }}")).await;
        assert_eq!(
            (answer.status, &answer.body["data"]),
            (200, &json!({"it": null})),
            "{call}"
        );
        let error = &answer.body["errors"][0];
        assert_eq!(
            (&error["errorType"], &error["path"]),
            (&json!("Unauthorized"), &json!(["it"])),
            "{call}"
        );
        assert_eq!(
            error["message"],
            format!("Not Authorized to access {field} on type Mutation")
        );
    }
    let found = review(&cloud, "1").await;
    assert_eq!(
        (&found["votes"], &found["revision"]),
        (&json!(0), &json!(1)),
        "nothing was written"
    );
}

#[tokio::test]
async fn every_subscription_hears_its_mutations() {
    let cloud = cloud().await;
    let (guest, backend) = (one(&cloud).await, backend(&cloud));
    let mut socket = Socket::live_on("movies", &cloud, &guest).await;
    for field in ["onCreateMovies", "onUpdateMovies", "onDeleteMovies"] {
        socket
            .subscribe(
                &cloud,
                &format!("subscription {{ {field} {{ {MOVIE} }} }}"),
                json!({}),
            )
            .await;
    }
    for field in ["onCreateReviews", "onUpdateReviews", "onDeleteReviews"] {
        socket
            .subscribe(
                &cloud,
                &format!("subscription {{ {field}(id: \"1\") {{ {REVIEW} }} }}"),
                json!({}),
            )
            .await;
    }
    socket
        .subscribe(
            &cloud,
            "subscription { onCreateMessage { id name message sentAt } }",
            json!({}),
        )
        .await;
    socket
        .subscribe(
            &cloud,
            "subscription { onSendReaction { id count } }",
            json!({}),
        )
        .await;
    let mut next = async || {
        let frame = socket.frame().await;
        assert_eq!(frame["type"], "data", "{frame}");
        let data = frame["payload"]["data"].as_object().unwrap().clone();
        let (field, value) = data.into_iter().next().unwrap();
        (field, value)
    };

    let query =
        format!("mutation {{ createMovies(input: {{id: \"7\", name: \"A\"}}) {{ {MOVIE} }} }}");
    data(ask(&cloud, &backend, &query).await);
    let (field, movie) = next().await;
    assert_eq!(
        (&*field, &movie["name"], &movie["revision"]),
        ("onCreateMovies", &json!("A"), &json!(1))
    );

    // The mutation tells what its caller selected, the stream's handler everything.
    data(
        ask(
            &cloud,
            &backend,
            "mutation { updateMovies(input: {id: \"7\", name: \"B\"}) { id } }",
        )
        .await,
    );
    let mut heard = [next().await, next().await];
    heard.sort_by_key(|(_, movie)| movie["name"].is_string());
    assert_eq!(
        heard[0].1["revision"],
        Value::Null,
        "only what was selected"
    );
    assert_eq!(
        (&heard[1].1["name"], &heard[1].1["revision"]),
        (&json!("B"), &json!(2))
    );
    data(
        ask(
            &cloud,
            &backend,
            "mutation { deleteMovies(input: {id: \"7\"}) { id revision } }",
        )
        .await,
    );
    let (field, movie) = next().await;
    assert_eq!((&*field, &movie["revision"]), ("onDeleteMovies", &json!(3)));

    // A guest who selects little blanks nothing for long: the whole row follows.
    data(
        ask(
            &cloud,
            &guest,
            "mutation { updateReviews(input: {id: \"1\"}) { id } }",
        )
        .await,
    );
    data(
        ask(
            &cloud,
            &guest,
            "mutation { updateReviews(input: {id: \"2\"}) { id } }",
        )
        .await,
    );
    let mut heard = [next().await, next().await];
    heard.sort_by_key(|(_, it)| it["votes"].is_i64());
    assert_eq!(heard[0].1["votes"], Value::Null);
    assert_eq!(
        (&*heard[1].0, &heard[1].1["votes"], &heard[1].1["round"]),
        ("onUpdateReviews", &json!(1), &json!(1))
    );

    data(
        ask(
            &cloud,
            &backend,
            "mutation { deleteReviews(input: {id: \"1\"}) { id revision } }",
        )
        .await,
    );
    assert_eq!(next().await.0, "onDeleteReviews");
    let query = format!("mutation {{ createReviews(input: {{id: \"1\"}}) {{ {REVIEW} }} }}");
    data(ask(&cloud, &backend, &query).await);
    let (field, made) = next().await;
    assert_eq!(
        (&*field, &made["revision"], &made["votes"]),
        ("onCreateReviews", &json!(4), &json!(0))
    );

    let burst = "mutation { sendReaction(input: {id: 1, count: 3, token: \"x\"}) { id count } }";
    data(ask(&cloud, &guest, burst).await);
    assert_eq!(
        next().await,
        ("onSendReaction".to_owned(), json!({"id": "1", "count": 3}))
    );
    let said = say(
        &cloud,
        &guest,
        json!({"message": " hello ", "name": " me "}),
    )
    .await;
    let said = data(said)["createMessage"].clone();
    assert_eq!(
        (&said["message"], &said["name"]),
        (&json!("hello"), &json!("me"))
    );
    assert_eq!(next().await, ("onCreateMessage".to_owned(), said));
}

/// `sendReaction` so often in one request.
fn reactions(times: usize) -> String {
    let fields: Vec<_> = (0..times)
        .map(|at| {
            format!("a{at}: sendReaction(input: {{id: 1, count: 1, token: \"t\"}}) {{ id count }}")
        })
        .collect();
    format!("mutation {{ {} }}", fields.join(" "))
}

#[tokio::test]
async fn one_request_cannot_cut_off_those_who_listen() {
    // Those who listen run on the test's one thread: they read only when they get their turn.
    let cloud = cloud_with(|settings| settings.realtime.queue = 32).await;
    let guest = one(&cloud).await;
    let mut socket = Socket::live_on("movies", &cloud, &guest).await;
    let query = "subscription { onSendReaction { id count } }";
    socket.subscribe(&cloud, query, json!({})).await;
    for (times, document) in [(51, reactions(51)), (2_000, reactions(2_000))] {
        let refused = ask(&cloud, &guest, &document).await;
        assert_eq!(
            (refused.status, refused.error_type(), &refused.body["data"]),
            (200, "ResolverExecutionLimitReached", &Value::Null)
        );
        let message = refused.message();
        assert!(
            message.contains(&format!("{times} root fields")),
            "{message}"
        );
    }
    // Through a fragment they are as many.
    let fields = reactions(60);
    let fields = fields.trim_start_matches("mutation ");
    let fragment = format!("mutation {{ ...All }} fragment All on Mutation {fields}");
    let refused = ask(&cloud, &guest, &fragment).await;
    assert_eq!(refused.error_type(), "ResolverExecutionLimitReached");

    // What may be asked at once is told to all, many times over: nobody's queue runs full.
    for _ in 0..4 {
        let told = data(ask(&cloud, &guest, &reactions(50)).await);
        assert_eq!(told.as_object().unwrap().len(), 50);
    }
    for _ in 0..200 {
        let frame = socket.frame().await;
        let burst = &frame["payload"]["data"]["onSendReaction"];
        assert_eq!(*burst, json!({"id": "1", "count": 1}), "{frame}");
    }
    assert_eq!(cloud.world.counters.now().cut_off, 0);
}
