//! Topics and filters, of which only those exist that MQTT and IoT Core take.
//!
//! Source: MQTT 5, section 4.7, and "AWS IoT Core message broker and protocol limits": 256 bytes of UTF-8, seven slashes.

use std::fmt;
use std::sync::Arc;

const MOST_BYTES: usize = 256;
const MOST_SLASHES: usize = 7;

/// Why a text is no topic or filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It has no character.
    #[error("a topic has at least one character")]
    Empty,
    /// It is too long.
    #[error("a topic has at most 256 bytes")]
    TooLong,
    /// It has too many levels.
    #[error("a topic has at most seven slashes")]
    TooDeep,
    /// It holds a control character, of which NUL is forbidden and the others are better not used.
    #[error("a topic has no control characters")]
    Control,
    /// A topic to publish to holds `+` or `#`.
    #[error("`+` and `#` are for filters")]
    Wildcard,
    /// A filter holds `+` or `#` where it does not stand for whole levels.
    #[error("`+` stands for one whole level, and `#` for all that follow, at the end")]
    WildcardPlace,
    /// A filter of a shared subscription, which is another thing.
    #[error("shared subscriptions are not supported")]
    Shared,
}

/// A topic: where something is published. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// A filter: which topics somebody wants. `+` stands for one level, `#` for all that follow. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(Arc<str>);

impl Topic {
    /// A topic by its name.
    ///
    /// # Errors
    /// It is none.
    pub fn new(name: &str) -> Result<Self, TopicError> {
        check(name)?;
        if name.contains(['+', '#']) {
            return Err(TopicError::Wildcard);
        }
        Ok(Self(name.into()))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TopicFilter {
    /// A filter by its text.
    ///
    /// # Errors
    /// It is none.
    pub fn new(text: &str) -> Result<Self, TopicError> {
        check(text)?;
        if text.starts_with("$share/") {
            return Err(TopicError::Shared);
        }
        let mut levels = text.split('/').peekable();
        while let Some(level) = levels.next() {
            let whole = match level {
                "#" => levels.peek().is_none(),
                "+" => true,
                plain => !plain.contains(['+', '#']),
            };
            if !whole {
                return Err(TopicError::WildcardPlace);
            }
        }
        Ok(Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it takes in a topic, by MQTT's rule. (IoT Core does not send `a` to who asked for `a/#`, MQTT does:
    /// whoever decides is the service, and what comes is handed on.) Topics that begin with `$` are the service's own
    /// and are not met by a wildcard at the beginning.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        if topic.0.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.0.split('/');
        for wanted in self.0.split('/') {
            match (wanted, levels.next()) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

impl From<Topic> for TopicFilter {
    fn from(topic: Topic) -> Self {
        Self(topic.0)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        Err(TopicError::Empty)
    } else if text.len() > MOST_BYTES {
        Err(TopicError::TooLong)
    } else if text.bytes().filter(|byte| *byte == b'/').count() > MOST_SLASHES {
        Err(TopicError::TooDeep)
    } else if text
        .chars()
        .any(|char| char < ' ' || ('\u{7f}'..'\u{a0}').contains(&char))
    {
        Err(TopicError::Control)
    } else {
        Ok(())
    }
}

/// What is promised of a delivery. IoT Core has no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// At most once.
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
}
