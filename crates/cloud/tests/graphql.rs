//! GraphQL over HTTP: answers, errors in AppSync's shapes, CORS, guest credentials.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use common::{EVERY_FIELD, backend, cloud, guest, input, send};
use net::http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn a_guest_reads_what_the_pipeline_wrote() {
    let cloud = cloud().await;
    let put = send(backend(&cloud).put_events(&cloud, json!([common::created("o-1", 2)]))).await;
    assert_eq!(
        (put.status, &put.body["FailedEntryCount"]),
        (200, &json!(0)),
        "{put:?}"
    );
    let query = format!("query One($id: ID!) {{ order(orderId: $id) {{ {EVERY_FIELD} }} }}");
    let read = async || {
        send(guest(&cloud).graphql(&cloud, &query, json!({"id": "o-1"})))
            .await
            .body
    };
    common::until("the order is there", async || {
        !read().await["data"]["order"].is_null()
    })
    .await;
    let order = read().await["data"]["order"].take();
    assert_eq!(
        (&order["status"], &order["total"], &order["revision"]),
        (&json!("SUBMITTED"), &json!(13.0), &json!(1))
    );
    assert_eq!(order["items"][0]["description"], "Soup");

    let page = send(guest(&cloud).graphql(
        &cloud,
        "{ a: orders(limit: 1) { items { id: orderId } } __typename }",
        json!(null),
    ));
    let page = page.await.body;
    assert_eq!(
        page,
        json!({"data": {"a": {"items": [{"id": "o-1"}]}, "__typename": "Query"}})
    );
}

#[tokio::test]
async fn a_simulation_runs_from_submitted_to_completed() {
    let cloud = cloud().await;
    let started = send(guest(&cloud).start_simulation(&cloud)).await;
    assert_eq!(
        (started.status, &started.body["status"]),
        (200, &json!("SUBMITTED")),
        "{started:?}"
    );
    let id = started.body["orderId"].as_str().unwrap().to_owned();
    let query = "query($id: ID!) { order(orderId: $id) { status } }";
    common::until("the order is completed", async || {
        let answer = send(guest(&cloud).graphql(&cloud, query, json!({"id": id}))).await;
        answer.body["data"]["order"]["status"] == "COMPLETED"
    })
    .await;
}

#[tokio::test]
async fn a_mutation_without_a_data_source_echoes_its_input() {
    let cloud = cloud().await;
    let echoed = common::publish(&cloud, input("o-1", 7)).await.body["data"]["createOrder"].take();
    assert_eq!(
        (&echoed["orderId"], &echoed["revision"]),
        (&json!("o-1"), &json!(7))
    );
    // An integer in the input is a Float in the answer, as its type says.
    assert_eq!(
        (&echoed["total"], &echoed["items"][0]["unitPrice"]),
        (&json!(12.0), &json!(6.0))
    );
    assert_eq!(echoed["updatedAt"], Value::Null);
}

#[tokio::test]
async fn a_field_that_is_not_null_and_not_there_nulls_what_holds_it() {
    let cloud = cloud().await;
    let mutation = "mutation { createOrder(input: {orderId: \"o-1\"}) { orderId currency } }";
    let answer = send(backend(&cloud).graphql(&cloud, mutation, json!({}))).await;
    assert_eq!(
        (answer.status, &answer.body["data"]),
        (200, &json!({"createOrder": null}))
    );
    let error = &answer.body["errors"][0];
    assert_eq!(error["path"], json!(["createOrder", "currency"]));
    assert_eq!(
        error["message"],
        "Cannot return null for non-nullable type: 'String' (/createOrder/currency)"
    );
}

#[tokio::test]
async fn documents_that_do_not_fit_are_refused_with_the_place() {
    let cloud = cloud().await;
    for (query, variables, expected) in [
        ("{ badfield }", json!({}), "badfield"),
        ("{ orders { ", json!({}), "syntax error"),
        (
            "query($id: ID!) { order(orderId: $id) { orderId } }",
            json!({}),
            "missing value",
        ),
        (
            "query($n: Int) { orders(limit: $n) { nextToken } }",
            json!({"n": "many"}),
            "Int",
        ),
        (
            "query A { orders { nextToken } } query B { orders { nextToken } }",
            json!({}),
            "operation",
        ),
        (
            "subscription { onCreateOrUpdateOrder { orderId } }",
            json!({}),
            "real-time",
        ),
        ("", json!({}), ""),
    ] {
        let answer = send(guest(&cloud).graphql(&cloud, query, variables)).await;
        assert_eq!(
            (answer.status, &answer.body["data"]),
            (200, &Value::Null),
            "{query}: {answer:?}"
        );
        assert!(
            matches!(
                answer.error_type(),
                "ValidationError" | "UnsupportedOperation"
            ),
            "{query}: {answer:?}"
        );
        assert!(answer.text.contains(expected), "{query}: {answer:?}");
    }
    let located = send(guest(&cloud).graphql(&cloud, "{ badfield }", json!({}))).await;
    assert_eq!(
        located.body["errors"][0]["locations"],
        json!([{"line": 1, "column": 3, "sourceName": null}])
    );
}

#[tokio::test]
async fn the_schema_can_be_asked_for() {
    let cloud = cloud().await;
    let answer =
        send(guest(&cloud).graphql(&cloud, "{ __type(name: \"Order\") { kind } }", json!({})))
            .await;
    assert_eq!(answer.body, json!({"data": {"__type": {"kind": "OBJECT"}}}));
}

#[tokio::test]
async fn preflights_and_exposed_headers() {
    let cloud = cloud().await;
    let client = reqwest::Client::new();
    for (path, asked) in [
        (
            "/orders/graphql",
            "authorization,content-type,x-amz-date,x-amz-security-token,x-amz-user-agent,x-api-key",
        ),
        (
            "/cognito/",
            "cache-control,content-type,x-amz-target,amz-sdk-request",
        ),
        ("/order", "authorization,x-amz-date,x-amz-security-token"),
    ] {
        let preflight = client
            .request(reqwest::Method::OPTIONS, format!("{}{path}", cloud.url))
            .header("origin", "http://localhost:8080")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", asked);
        let preflight = preflight.send().await.unwrap();
        assert_eq!(preflight.status(), 200, "{path}");
        assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
        assert_eq!(preflight.headers()["access-control-allow-headers"], asked);
    }
    let answer = client
        .post(format!("{}/cognito/", cloud.url))
        .header("origin", "http://localhost:8080")
        .send();
    let answer = answer.await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(
        exposed.contains("date") && exposed.contains("x-amzn-errortype"),
        "{exposed}"
    );
    assert!(answer.headers().contains_key("date"));
}

async fn cognito(cloud: &cloud::testing::Running, call: &str, body: &str) -> common::Answer {
    let mut request = Request::post(format!("{}/cognito/", cloud.url), body);
    request.headers.push((
        "x-amz-target".into(),
        format!("AWSCognitoIdentityService.{call}"),
    ));
    request
        .headers
        .push(("content-type".into(), "application/x-amz-json-1.1".into()));
    send(request).await
}

#[tokio::test]
async fn guest_credentials_work() {
    let cloud = cloud().await;
    let pool = json!({"IdentityPoolId": cloud::settings::IDENTITY_POOL}).to_string();
    let identity = cognito(&cloud, "GetId", &pool).await.body["IdentityId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(identity.starts_with("eu-west-1:"));
    let answer = cognito(
        &cloud,
        "GetCredentialsForIdentity",
        &json!({"IdentityId": identity}).to_string(),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.body["IdentityId"]),
        (200, &json!(identity))
    );
    let credentials = &answer.body["Credentials"];
    let ttl = credentials["Expiration"].as_f64().unwrap() - net::wall().0 as f64 / 1000.0;
    assert!((3590.0..=3600.0).contains(&ttl), "{ttl}");
    let part = |name: &str| credentials[name].as_str().unwrap();
    let guest = common::with_keys(part("AccessKeyId"), part("SecretKey"), part("SessionToken"));
    let read = send(guest.graphql(&cloud, "{ orders { nextToken } }", json!({}))).await;
    assert_eq!(read.status, 200, "{read:?}");
}

#[tokio::test]
async fn identities_go_thirty_days_after_their_last_use() {
    let start = time::OffsetDateTime::UNIX_EPOCH;
    let (surroundings, clock) = cloud::surroundings::Surroundings::simulated(start, 1);
    let cloud = cloud::testing::start_in(cloud::Settings::default(), surroundings)
        .await
        .unwrap();
    let pool = json!({"IdentityPoolId": cloud::settings::IDENTITY_POOL}).to_string();
    let (used, unused) = (
        cognito(&cloud, "GetId", &pool).await.body,
        cognito(&cloud, "GetId", &pool).await.body,
    );
    let credentials = async |identity: &serde_json::Value| {
        cognito(&cloud, "GetCredentialsForIdentity", &identity.to_string()).await
    };
    let twenty_days = Duration::from_secs(20 * 24 * 3600);
    clock.advance(twenty_days);
    assert_eq!(credentials(&used).await.status, 200);
    clock.advance(twenty_days);
    common::until("one is gone", async || {
        cloud.world.nudge();
        let count = |connection: &rusqlite::Connection| {
            let sql = "SELECT count(*) FROM identities";
            Ok::<i64, cloud::store::StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
        };
        cloud.world.store.read(count).await.unwrap() == 1
    })
    .await;
    assert_eq!(credentials(&used).await.status, 200);
    let gone = credentials(&unused).await;
    assert_eq!(gone.body["__type"], "ResourceNotFoundException");
}

#[tokio::test]
async fn what_cognito_refuses() {
    let cloud = cloud().await;
    let unknown = "eu-west-1:00000000-0000-4000-8000-000000000000";
    let pool = cloud::settings::IDENTITY_POOL;
    for (call, body, error) in [
        (
            "GetId",
            json!({"IdentityPoolId": unknown}),
            "ResourceNotFoundException",
        ),
        (
            "GetId",
            json!({"IdentityPoolId": "a pool"}),
            "InvalidParameterException",
        ),
        ("GetId", json!({}), "InvalidParameterException"),
        (
            "GetId",
            json!({"IdentityPoolId": 7}),
            "SerializationException",
        ),
        (
            "GetId",
            json!({"IdentityPoolId": pool, "Logins": {"a": "b"}}),
            "NotAuthorizedException",
        ),
        (
            "GetCredentialsForIdentity",
            json!({"IdentityId": unknown}),
            "ResourceNotFoundException",
        ),
        (
            "GetCredentialsForIdentity",
            json!({"IdentityId": "me"}),
            "InvalidParameterException",
        ),
        ("GetOpenIdToken", json!({}), "UnknownOperationException"),
    ] {
        let answer = cognito(&cloud, call, &body.to_string()).await;
        assert_eq!(
            (answer.status, &answer.body["__type"]),
            (400, &json!(error)),
            "{call} {body}"
        );
        assert_eq!(answer.header("x-amzn-errortype"), Some(error));
        assert!(answer.body["message"].is_string());
    }
    assert_eq!(
        cognito(&cloud, "GetId", "not json").await.body["__type"],
        "SerializationException"
    );
}
