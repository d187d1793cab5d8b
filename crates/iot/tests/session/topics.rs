//! Topics and filters: what is taken, and what a filter takes in.

use iot::{Topic, TopicError, TopicFilter};
use proptest::prelude::*;

use crate::cases::cases;

#[test]
fn what_mqtt_and_the_service_refuse_is_refused() {
    for (text, topic, filter) in [
        ("orders/events", None, None),
        ("/", None, None),
        ("a//b", None, None),
        ("+", Some(TopicError::Wildcard), None),
        ("#", Some(TopicError::Wildcard), None),
        ("a/+/b/#", Some(TopicError::Wildcard), None),
        (
            "a/#/b",
            Some(TopicError::Wildcard),
            Some(TopicError::WildcardPlace),
        ),
        (
            "a#",
            Some(TopicError::Wildcard),
            Some(TopicError::WildcardPlace),
        ),
        (
            "a+/b",
            Some(TopicError::Wildcard),
            Some(TopicError::WildcardPlace),
        ),
        ("", Some(TopicError::Empty), Some(TopicError::Empty)),
        ("a\0", Some(TopicError::Control), Some(TopicError::Control)),
        ("1/2/3/4/5/6/7/8", None, None),
        (
            "1/2/3/4/5/6/7/8/",
            Some(TopicError::TooDeep),
            Some(TopicError::TooDeep),
        ),
        ("$share/group/a", None, Some(TopicError::Shared)),
    ] {
        assert_eq!(Topic::new(text).err(), topic, "{text:?}");
        assert_eq!(TopicFilter::new(text).err(), filter, "{text:?}");
    }
    assert!(Topic::new(&"é".repeat(128)).is_ok());
    assert_eq!(Topic::new(&"é".repeat(129)), Err(TopicError::TooLong));
}

/// By trying every way, where the type goes straight through.
fn matches(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        (["#"], _) => true,
        (["+", filter @ ..], [_, topic @ ..]) => matches(filter, topic),
        ([wanted, filter @ ..], [level, topic @ ..]) => wanted == level && matches(filter, topic),
        ([], []) => true,
        _ => false,
    }
}

#[test]
fn a_filter_takes_in_what_the_specification_says() {
    let levels = |some: &'static str| prop::collection::vec(some, 1..6);
    let config = cases("filters and topics", 20_000, 200_000);
    proptest!(config, |(filter in levels("[ab$]?|[+]|#"), topic in levels("[ab$]?"))| {
        let (text, name) = (filter.join("/"), topic.join("/"));
        if let (Ok(wanted), Ok(given)) = (TopicFilter::new(&text), Topic::new(&name)) {
            let filter: Vec<&str> = filter.iter().map(String::as_str).collect();
            let topic: Vec<&str> = topic.iter().map(String::as_str).collect();
            let own = name.starts_with('$') && text.starts_with(['+', '#']);
            prop_assert_eq!(wanted.matches(&given), !own && matches(&filter, &topic));
        }
    });
}

#[test]
fn no_text_makes_one_that_cannot_be() {
    let config = cases("texts as topics", 20_000, 200_000);
    proptest!(config, |(text in "\\PC{0,20}|[a+#/\\x00]{0,12}|.{0,300}")| {
        if let Ok(topic) = Topic::new(&text) {
            prop_assert!(!topic.as_str().contains(['+', '#', '\0']));
            prop_assert!(TopicFilter::new(&text).is_ok_and(|filter| filter.matches(&topic)) || text.starts_with("$share/"));
        }
        if let Ok(filter) = TopicFilter::new(&text) {
            prop_assert!(filter.as_str().len() <= 256 && filter.as_str().matches('/').count() <= 7);
        }
    });
}
