//! The chat's rules.

use proptest::prelude::*;

use super::*;
use cases::cases;

async fn say(memory: &Memory, caller: &Caller, arguments: Value) -> Result<Value, FieldError> {
    ask(memory, caller, "createMessage", arguments).await
}

async fn listed(memory: &Memory, arguments: Value) -> Value {
    ask(memory, &guest("reader"), "listMessages", arguments)
        .await
        .unwrap()
}

#[tokio::test]
async fn five_messages_in_five_seconds_and_no_more() {
    let memory = fresh().await;
    let one = guest("one");
    for number in 0..5 {
        memory.state().now += Duration::from_millis(500);
        let message = json!({ "message": format!("{number}") });
        say(&memory, &one, message).await.unwrap();
    }
    let refused = say(&memory, &one, json!({"message": "too much"})).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.error_type, "RateLimited");
    assert!(
        refused.message.contains("5 messages in 5 seconds"),
        "{refused}"
    );
    // Another guest has turns of its own, and the backend as many as it likes.
    say(&memory, &guest("two"), json!({"message": "hello"}))
        .await
        .unwrap();
    for _ in 0..7 {
        say(&memory, &Caller::backend(), json!({"message": "notice"}))
            .await
            .unwrap();
    }
    // Five seconds after the first of them there is one turn, not five.
    memory.state().now += Duration::from_secs(3);
    say(&memory, &one, json!({"message": "again"}))
        .await
        .unwrap();
    assert!(
        say(&memory, &one, json!({"message": "and again"}))
            .await
            .is_err()
    );
    assert_eq!(
        listed(&memory, json!({})).await["items"]
            .as_array()
            .unwrap()
            .len(),
        14
    );
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_said_once() {
    let memory = fresh().await;
    let arguments = json!({"message": "hello", "name": "A.", "token": "t"});
    memory.state().faults = vec![Fault::LostAnswer];
    assert!(
        say(&memory, &guest("one"), arguments.clone())
            .await
            .is_err()
    );
    let first = say(&memory, &guest("one"), arguments.clone())
        .await
        .unwrap();
    for _ in 0..9 {
        // None of these takes a turn.
        assert_eq!(
            say(&memory, &guest("one"), arguments.clone())
                .await
                .unwrap(),
            first
        );
    }
    assert_eq!(listed(&memory, json!({})).await["items"], json!([first]));
}

#[tokio::test]
async fn a_day_can_be_listed_page_by_page_the_newest_first() {
    let memory = fresh().await;
    for number in 0..25 {
        memory.state().now += Duration::from_secs(60 * 60);
        let message = json!({ "message": format!("{number}") });
        say(&memory, &guest("one"), message).await.unwrap();
    }
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = listed(&memory, json!({"limit": 7, "nextToken": token})).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|it| it["message"].as_str().unwrap().to_owned()),
        );
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    // The first one is a day old.
    let expected: Vec<_> = (1..25).rev().map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
}

fn is_refused(text: &str) -> bool {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    !(1..=500).contains(&text.chars().count())
        || text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
}

proptest! {
    #![proptest_config(cases("texts of the chat", 500, 20_000))]

    #[test]
    fn any_text_is_kept_as_it_is_or_refused_with_a_word(
        text in prop_oneof![
            any::<String>(),
            "[ \t\r\n]{0,3}[a-z<>&\"'\u{200b}\u{202e}\u{1f600}]{490,510}[ \n]{0,3}",
            "[ \t\n\r\u{3000}]{0,9}",
            "\\PC{0,40}[\u{0}-\u{1f}\u{7f}-\u{9f}]?\\PC{0,40}",
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let memory = fresh().await;
            let said = say(&memory, &guest("one"), json!({ "message": text })).await;
            let page = listed(&memory, json!({})).await;
            match said {
                Ok(message) => {
                    assert!(!is_refused(&text), "{text:?}");
                    assert_eq!(message["message"], text.replace("\r\n", "\n").trim());
                    assert_eq!(page["items"], json!([message]));
                }
                Err(error) => {
                    assert!(is_refused(&text), "{text:?}: {error}");
                    assert_eq!(error.error_type, "BadRequestException");
                    assert!(error.message.starts_with("message: "), "{error}");
                    assert_eq!(page["items"], json!([]));
                }
            }
        });
    }
}
