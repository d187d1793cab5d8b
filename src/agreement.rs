//! What the build writes to read and write the generated types (`build/json.rs`), compared with serde's derives, which
//! stand on the same types.

use std::fmt::Debug;

use json::{FromJson, read};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Reads an answer, and every answer that differs from it in one place, both ways.
pub(crate) fn on_reading<T: FromJson + DeserializeOwned + PartialEq + Debug>(whole: &Value) {
    let theirs: T = serde_json::from_value(whole.clone()).unwrap();
    assert_eq!(ours::<T>(whole), theirs);
    let mut places = Vec::new();
    find(whole, String::new(), &mut places);
    for place in places {
        let others = [
            json!(null),
            json!(true),
            json!(7),
            json!(-1.5),
            json!(u64::MAX),
            json!("text"),
            json!([]),
            json!([7]),
            json!({}),
            json!({"a": 1}),
        ];
        for other in others {
            let mut answer = whole.clone();
            *answer.pointer_mut(&place).unwrap() = other;
            agree::<T>(&answer);
        }
        if let Some((of, name)) = place.rsplit_once('/') {
            let mut answer = whole.clone();
            if let Some(Value::Object(fields)) = answer.pointer_mut(of) {
                fields.remove(name);
                agree::<T>(&answer);
            }
        }
    }
}

/// Reads an answer.
pub(crate) fn ours<T: FromJson>(answer: &Value) -> T {
    let answer = json::parse(answer.to_string().as_bytes()).unwrap();
    read(&answer).unwrap()
}

/// Writes variables both ways.
pub(crate) fn on_writing<T: Into<json::Value> + Serialize>(variables: T) -> Value {
    let theirs = serde_json::to_value(&variables).unwrap();
    let ours = variables.into().text();
    assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), theirs);
    theirs
}

fn agree<T: FromJson + DeserializeOwned + PartialEq + Debug>(answer: &Value) {
    let theirs = serde_json::from_value::<T>(answer.clone()).ok();
    let ours = json::parse(answer.to_string().as_bytes()).unwrap();
    assert_eq!(read::<T>(&ours).ok(), theirs, "{answer}");
}

/// The JSON pointers of all that is in a value.
fn find(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                find(field, format!("{at}/{name}"), places);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                find(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}
