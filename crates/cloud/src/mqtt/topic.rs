//! Topics and filters, as IoT Core takes them.
//! Source: MQTT 5, section 4.7; IoT Core's quotas for the sizes.

use std::fmt;
use std::sync::Arc;

/// A topic that something is published to: no wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Topic(Arc<str>);

/// What a subscription is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Filter(Arc<str>);

/// Bytes of a topic or a filter.
pub(super) const LONGEST: usize = 256;
/// Slashes in it.
pub(super) const SLASHES: usize = 7;

fn fits(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && !text.contains('\0')
        && text.bytes().filter(|byte| *byte == b'/').count() <= SLASHES
}

impl Topic {
    /// The topic, if it is one.
    pub(crate) fn new(text: &str) -> Option<Self> {
        (fits(text) && !text.contains(['+', '#'])).then(|| Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Filter {
    /// The filter, if it is one: `+` fills a level, `#` the last.
    pub(super) fn new(text: &str) -> Option<Self> {
        let last = text.split('/').count() - 1;
        let sound = |(place, level): (usize, &str)| match level {
            "+" => true,
            "#" => place == last,
            level => !level.contains(['+', '#']),
        };
        (fits(text) && text.split('/').enumerate().all(sound)).then(|| Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.0.contains(['+', '#'])
    }

    /// Whether it belongs to a group of subscribers that share what comes (`$share/…`).
    pub(super) fn is_shared(&self) -> bool {
        self.0.starts_with("$share/")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_and_filters_that_are_none() {
        let long = "x".repeat(LONGEST);
        for (text, topic, filter) in [
            ("orders/events", true, true),
            ("orders/events/+", false, true),
            ("+/+/#", false, true),
            ("#", false, true),
            ("a#", false, false),
            ("a/#/b", false, false),
            ("a+/b", false, false),
            ("", false, false),
            ("/", true, true),
            ("a\0b", false, false),
            ("a/b/c/d/e/f/g/h", true, true),
            ("a/b/c/d/e/f/g/h/i", false, false),
            (&long, true, true),
            (&format!("{long}x"), false, false),
        ] {
            assert_eq!(Topic::new(text).is_some(), topic, "{text}");
            assert_eq!(Filter::new(text).is_some(), filter, "{text}");
        }
    }
}
