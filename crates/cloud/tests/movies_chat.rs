//! The chat of the movies API: what is kept, what is refused, and who is stopped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use cloud::testing::Running;
use common::movies::{call, data, say};
use common::{Signer, cloud, guest_named};
use serde_json::{Value, json};

async fn listed(cloud: &Running, signer: &Signer, limit: usize) -> Vec<Value> {
    let (mut messages, mut token) = (Vec::new(), Value::Null);
    loop {
        let query = "query($l: Int, $t: String) { listMessages(limit: $l, nextToken: $t) { items { id message name } nextToken } }";
        let page =
            data(call(cloud, signer, query, json!({"l": limit, "t": token})).await)["listMessages"]
                .clone();
        messages.extend(page["items"].as_array().unwrap().iter().cloned());
        token = page["nextToken"].clone();
        if token.is_null() {
            return messages;
        }
    }
}

#[tokio::test]
async fn messages_are_kept_as_text_or_refused_with_a_reason() {
    let cloud = cloud().await;
    let longest = "\u{1f3ac}".repeat(500);
    let texts = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE items; --",
        "{{7*7}} ${7*7} <%= 7 %>",
        "\u{202e}desrever\u{202c} \u{2066}isolated\u{2069}",
        "zero\u{200b}width\u{200d}\u{feff}",
        "\u{200b}",
        "two\nlines\tand a tab",
        "e\u{301}\u{301}\u{301}\u{301}",
        &longest,
    ];
    for (at, text) in texts.iter().enumerate() {
        let guest = guest_named(&cloud, &format!("eu-west-1:{at}"));
        let said = data(say(&cloud, &guest, json!({"message": text})).await);
        assert_eq!(said["createMessage"]["message"], **text);
    }
    let guest = guest_named(&cloud, "eu-west-1:one");
    let listed = listed(&cloud, &guest, 3).await;
    let kept: Vec<_> = listed
        .iter()
        .rev()
        .map(|it| it["message"].as_str().unwrap())
        .collect();
    assert_eq!(kept, texts, "newest first, page by page");
    for (message, name, argument) in [
        ("", "", "message"),
        (" \n\t ", "", "message"),
        ("a\u{0}b", "", "message"),
        ("a\u{1b}[31mb", "", "message"),
        ("a\u{85}b", "", "message"),
        (&"x".repeat(501), "", "message"),
        (&"x".repeat(100 * 1024), "", "message"),
        ("hello", &"n".repeat(41), "name"),
        ("hello", "a\nb", "name"),
    ] {
        let answer = say(&cloud, &guest, json!({"message": message, "name": name})).await;
        assert_eq!(
            (answer.status, answer.error_type()),
            (200, "BadRequestException")
        );
        assert!(
            answer.message().starts_with(argument),
            "{}",
            answer.message()
        );
        assert!(
            answer.text.len() < 1000,
            "what was refused is not told again"
        );
    }
}

#[tokio::test]
async fn a_flood_is_refused_and_stops_nobody_else() {
    let cloud = cloud().await;
    let (flooder, other) = (
        guest_named(&cloud, "eu-west-1:f"),
        guest_named(&cloud, "eu-west-1:o"),
    );
    let flood = (0..20).map(|at| {
        say(
            &cloud,
            &flooder,
            json!({"message": format!("{at}"), "token": at.to_string()}),
        )
    });
    let answers = futures::future::join_all(flood).await;
    let refused = answers
        .iter()
        .filter(|answer| answer.error_type() == "RateLimited")
        .count();
    assert!(refused >= 10, "{refused} of 20 refused");
    for answer in answers
        .iter()
        .filter(|answer| !answer.body["errors"].is_null())
    {
        assert!(
            ["RateLimited", "TransactionConflict"].contains(&answer.error_type()),
            "{}",
            answer.text
        );
    }
    data(say(&cloud, &other, json!({"message": "still here"})).await);
    // What was said once is not said again, nor refused: it is an answer that was lost.
    let said = answers
        .iter()
        .position(|answer| answer.body["errors"].is_null())
        .unwrap();
    let again = say(
        &cloud,
        &flooder,
        json!({"message": "another", "token": said.to_string()}),
    )
    .await;
    assert_eq!(again.body, answers[said].body);
    let listed = listed(&cloud, &other, 100).await;
    assert_eq!(
        listed.len(),
        20 - answers
            .iter()
            .filter(|it| !it.body["errors"].is_null())
            .count()
            + 1
    );
}
