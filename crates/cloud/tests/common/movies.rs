//! What the tests of the movies API share.

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
