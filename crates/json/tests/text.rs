//! Texts into values and back, as serde_json does it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use json::{Object, Value, parse};
use proptest::prelude::*;
use serde_json::Value as Theirs;

/// The same value in serde_json's terms.
fn theirs(value: &Value) -> Theirs {
    match value {
        Value::Null => Theirs::Null,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match (value.as_u64(), value.as_i64()) {
            (Some(whole), _) => whole.into(),
            (_, Some(whole)) => whole.into(),
            _ => number.as_f64().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(theirs).collect(),
        Value::Object(object) => {
            let fields = object.fields();
            fields
                .map(|(name, value)| (name.to_owned(), theirs(value)))
                .collect()
        }
    }
}

/// Alike, numbers in fourteen digits (fewer where there are fewer, next to zero).
fn is_alike(ours: &Theirs, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Theirs::Number(a), Theirs::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || (a - b).abs() <= b.abs() * 1e-14 || b.abs() < 1e-290
        }
        (Theirs::Array(a), Theirs::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        (Theirs::Object(a), Theirs::Object(b)) => {
            let mut pairs = a.iter().zip(b);
            a.len() == b.len() && pairs.all(|((n, a), (m, b))| n == m && is_alike(a, b))
        }
        (a, b) => a == b,
    }
}

/// Both take a text, or neither does.
fn check(text: &[u8]) {
    let shown = String::from_utf8_lossy(text);
    match (parse(text), serde_json::from_slice::<Theirs>(text)) {
        (Ok(ours), Ok(other)) => {
            assert!(is_alike(&theirs(&ours), &other), "{shown}: {ours:?}");
            let again = parse(ours.text().as_bytes());
            assert_eq!(again.as_ref(), Ok(&ours), "{shown}");
        }
        (Err(_), Err(_)) => {}
        // We keep as text what is too large for a number.
        (Ok(_), Err(error)) if error.to_string().contains("out of range") => {}
        (ours, other) => panic!("{shown}: {ours:?} where serde_json has {other:?}"),
    }
}

#[test]
fn what_is_json_is_read_and_nothing_else() {
    for text in [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        " true ",
        "false",
        "1",
        "-1",
        "-",
        "01",
        "1.",
        ".5",
        "1.5e3",
        "1e",
        "1e+",
        "1E-2",
        "--1",
        "+1",
        "0",
        "-0.0",
        "1 2",
        "[]",
        "[ ]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1, 2]",
        "[",
        "]",
        "{}",
        "{ }",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" : 1 , \"b\":[{}]}",
        "{1:2}",
        "\"",
        "\"a",
        "\"a\"",
        "\"\\\"",
        "\"\\n\\t\\r\\b\\f\\/\\\\\\\"\"",
        "\"\\x\"",
        "\"\\u00e9\"",
        "\"\\u00E9\"",
        "\"\\u00\"",
        "\"\\u+123\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83dx\"",
        "\"\u{e9}\u{1F600}\"",
        "\"a\nb\"",
        "\"\u{7f}\"",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "0.1",
        "3.14159265358979",
        "1e22",
        "1.7976931348623157e308",
        "5e-324",
        "1e-400",
        "\u{feff}1",
        "NaN",
        "Infinity",
        "'a'",
        "/**/1",
    ] {
        check(text.as_bytes());
    }
    check(b"\"\xff\"");
    check(b"\"\xed\xa0\x80\"");
    check(b"\xff");
}

#[test]
fn depth_has_an_end() {
    for (depth, is_read) in [(127, true), (128, false), (100_000, false)] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(parse(text.as_bytes()).is_ok(), is_read, "{depth}");
            if depth < 1_000 {
                check(text.as_bytes());
            }
        }
    }
}

#[test]
fn where_a_text_goes_wrong_is_told() {
    let told = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(told("{\n  \"a\": nil\n}"), "not JSON at line 2 column 9");
    assert_eq!(told("<html>"), "not JSON at line 1 column 1");
    assert_eq!(told(""), "not JSON at line 1 column 1");
    assert_eq!(told("[1,"), "not JSON at line 1 column 4");
}

#[test]
fn numbers_are_what_they_say() {
    for (text, number) in [
        ("7", 7.0),
        ("-0.125", -0.125),
        ("1050.05", 1050.05),
        ("1767323105.25", 1_767_323_105.25),
        ("1e22", 1e22),
        ("123456789012345", 123_456_789_012_345.0),
        ("0.000001", 0.000_001),
        ("1E3", 1000.0),
        ("0e999999999999", 0.0),
    ] {
        let value = parse(text.as_bytes()).unwrap();
        assert_eq!(value.as_f64(), Some(number), "{text}");
    }
    let at = |text: &str| parse(text.as_bytes()).unwrap();
    assert_eq!(at("1e400").as_f64(), None);
    assert_eq!(at("7.0").as_i64(), None);
    assert_eq!(at("-7").as_i64(), Some(-7));
    assert_eq!(at("-7").as_u64(), None);
}

#[test]
fn the_last_of_two_fields_counts() {
    let mut value = parse(br#"{"a": 1, "a": 2, "b": null}"#).unwrap();
    assert_eq!(value.get("a").and_then(Value::as_i64), Some(2));
    assert_eq!(value.take("a").as_i64(), Some(2));
    assert_eq!(value.take("none"), Value::Null);
}

#[test]
fn a_field_without_a_value_is_null_or_left_out() {
    let mut object = Object::default();
    object.set("a", None::<String>);
    object.set_some("b", None::<String>);
    object.set_some("c", Some(1));
    object.set("d", vec!["x\u{1}\"\n"]);
    assert_eq!(
        Value::from(object).text(),
        r#"{"a":null,"c":1,"d":["x\u0001\"\n"]}"#
    );
}

fn value() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        any::<f64>().prop_map(Theirs::from),
        any::<String>().prop_map(Theirs::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Theirs::from),
            prop::collection::btree_map(".{0,5}", inner, 0..5)
                .prop_map(|map| Theirs::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// What serde_json writes, plainly or for people, is read; and what it does not take, broken at any byte, is not.
    #[test]
    fn whole_and_broken_texts_are_read_alike(
        value in value(),
        is_pretty: bool,
        at: prop::sample::Index,
        byte in prop::sample::select(b"{}[]\",:0919-+.eE\\unt \n\x00\x1f\x80\xff".to_vec()),
        cut: bool,
    ) {
        let text = if is_pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        check(text.as_bytes());
        let mut text = text.into_bytes();
        let at = at.index(text.len());
        if cut {
            text.truncate(at);
        } else {
            text[at] = byte;
        }
        check(&text);
    }

    /// No bytes make it panic, and both agree on all of them.
    #[test]
    fn any_bytes_are_read_alike(text in prop::collection::vec(any::<u8>(), 0..64)) {
        check(&text);
    }

    #[test]
    fn anything_in_json_s_letters_is_read_alike(text in "[\\[\\]{}\",:0-2.eE+\\-\\\\ntrufalsd ]{0,24}") {
        check(text.as_bytes());
    }
}
