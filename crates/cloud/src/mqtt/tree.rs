//! Who subscribed to what: a tree of filters by their levels, so that a topic is looked up in as many steps as it has
//! levels, however many filters there are.

use std::collections::{BTreeMap, HashMap};

use super::topic::{Filter, Topic};

/// Values under filters and subscribers' numbers.
#[derive(Debug)]
pub(super) struct Tree<V> {
    root: Node<V>,
    size: usize,
}

#[derive(Debug)]
struct Node<V> {
    below: HashMap<Box<str>, Node<V>>,
    here: BTreeMap<u64, V>,
}

impl<V> Default for Node<V> {
    fn default() -> Self {
        Self {
            below: HashMap::new(),
            here: BTreeMap::new(),
        }
    }
}

impl<V> Default for Tree<V> {
    fn default() -> Self {
        Self {
            root: Node::default(),
            size: 0,
        }
    }
}

impl<V> Tree<V> {
    /// Puts a value under the filter; says which one was there.
    pub(super) fn insert(&mut self, filter: &Filter, subscriber: u64, value: V) -> Option<V> {
        let mut node = &mut self.root;
        for level in filter.levels() {
            // Looked up first: most levels are there, and making a key of each would cost more than all the rest.
            if !node.below.contains_key(level) {
                node.below.insert(level.into(), Node::default());
            }
            match node.below.get_mut(level) {
                Some(below) => node = below,
                None => return None,
            }
        }
        let before = node.here.insert(subscriber, value);
        self.size += usize::from(before.is_none());
        before
    }

    /// Takes it away, with the branches that nothing is on any more.
    pub(super) fn remove(&mut self, filter: &Filter, subscriber: u64) -> Option<V> {
        let levels: Vec<&str> = filter.levels().collect();
        let gone = self.root.remove(&levels, subscriber);
        self.size -= usize::from(gone.is_some());
        gone
    }

    /// How many values there are.
    pub(super) const fn len(&self) -> usize {
        self.size
    }

    /// The values under each filter that the topic passes: one map of them a filter.
    ///
    /// `a/#` is not for `a` itself, as IoT Core has it (MQTT differs). Wildcards at the beginning are not for topics that
    /// begin with `$`.
    pub(super) fn matching<'a>(&'a self, topic: &Topic) -> Vec<&'a BTreeMap<u64, V>> {
        let levels: Vec<&str> = topic.as_str().split('/').collect();
        let mut found = Vec::new();
        self.root
            .matching(&levels, topic.as_str().starts_with('$'), &mut found);
        found
    }
}

impl<V> Node<V> {
    fn remove(&mut self, levels: &[&str], subscriber: u64) -> Option<V> {
        let Some((level, rest)) = levels.split_first() else {
            return self.here.remove(&subscriber);
        };
        let below = self.below.get_mut(*level)?;
        let gone = below.remove(rest, subscriber);
        if below.here.is_empty() && below.below.is_empty() {
            self.below.remove(*level);
        }
        gone
    }

    fn matching<'a>(
        &'a self,
        levels: &[&str],
        reserved: bool,
        found: &mut Vec<&'a BTreeMap<u64, V>>,
    ) {
        let mut add = |here: &'a BTreeMap<u64, V>| {
            if !here.is_empty() {
                found.push(here);
            }
        };
        let Some((level, rest)) = levels.split_first() else {
            return add(&self.here);
        };
        if let Some(all) = self.below.get("#").filter(|_| !reserved) {
            add(&all.here);
        }
        if let Some(one) = self.below.get("+").filter(|_| !reserved) {
            one.matching(rest, false, found);
        }
        if let Some(named) = self.below.get(*level) {
            named.matching(rest, false, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cases::cases;

    /// The rule itself, level by level, without a tree.
    fn passes(filter: &str, topic: &str) -> bool {
        if topic.starts_with('$') && filter.starts_with(['+', '#']) {
            return false;
        }
        let (filter, topic): (Vec<_>, Vec<_>) =
            (filter.split('/').collect(), topic.split('/').collect());
        for (place, level) in filter.iter().enumerate() {
            match (*level, topic.get(place)) {
                ("#", level) => return level.is_some(),
                (_, None) => return false,
                ("+", Some(_)) => {}
                (named, Some(level)) if named != *level => return false,
                _ => {}
            }
        }
        filter.len() == topic.len()
    }

    #[test]
    fn wildcards_as_iot_core_has_them() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/#", "a/b/c", true),
            ("a/#", "a", false),
            ("a/#", "a/", true),
            ("#", "a/b", true),
            ("#", "$aws/a", false),
            ("+/a", "$aws/a", false),
            ("$aws/+", "$aws/a", true),
            ("+/+", "/a", true),
            ("+", "/a", false),
        ] {
            assert_eq!(passes(filter, topic), expected, "{filter} {topic}");
        }
    }

    fn levels(of: &'static [&'static str]) -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(of), 1..5).prop_map(|levels| levels.join("/"))
    }

    proptest! {
        #![proptest_config(cases("filters", 2_000, 50_000))]

        #[test]
        fn the_tree_finds_what_the_rule_says_and_leaves_nothing_behind(
            filters in prop::collection::vec((levels(&["a", "b", "", "$x", "+", "#"]), 0..3_u64), 0..12),
            topic in levels(&["a", "b", "", "$x"]),
        ) {
            let topic = Topic::new(&topic);
            prop_assume!(topic.is_some());
            let topic = topic.unwrap();
            let filters: Vec<_> = filters.into_iter()
                .filter_map(|(filter, number)| Some((Filter::new(&filter)?, number)))
                .collect();
            let mut tree = Tree::default();
            for (filter, number) in &filters {
                tree.insert(filter, *number, filter.clone());
            }
            let mut found: Vec<_> = tree.matching(&topic).into_iter()
                .flat_map(|here| here.iter().map(|(number, filter)| (filter.clone(), *number)))
                .collect();
            found.sort();
            let mut expected: Vec<_> = filters.iter()
                .filter(|(filter, _)| passes(filter.as_str(), topic.as_str()))
                .cloned()
                .collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(found, expected);
            for (filter, number) in &filters {
                tree.remove(filter, *number);
            }
            prop_assert_eq!(tree.len(), 0);
            prop_assert!(tree.root.below.is_empty());
        }
    }
}
