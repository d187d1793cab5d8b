//! The client ids of one client's connections.

/// Names for connections: one of the client's own, another for a successor beside it (the service would drop the older of
/// two with one name), and all of them new after a take-over: whoever has that name now shall keep it.
///
/// Each begins with `eddy-`, which is what a guest's policy allows, and has at most 128 bytes.
#[derive(Debug)]
pub(crate) struct Names {
    own: String,
    used: Vec<String>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            own: fresh(),
            used: Vec::new(),
        }
    }

    /// A name that no other connection of this client has.
    pub(crate) fn take(&mut self) -> String {
        let mut name = self.own.clone();
        while self.used.contains(&name) {
            name.push_str("-next");
        }
        self.used.push(name.clone());
        name
    }

    /// The names that connections have.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn used(&self) -> &[String] {
        &self.used
    }

    /// That connection is over.
    pub(crate) fn give_back(&mut self, name: &str) {
        self.used.retain(|used| used != name);
    }

    /// Somebody else has one of these names.
    pub(crate) fn renew(&mut self) {
        self.own = fresh();
    }
}

fn fresh() -> String {
    ["eddy-", &net::random::uuid()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_keeps_the_name_unless_another_has_it() {
        let mut names = Names::new();
        let first = names.take();
        let second = names.take();
        assert_ne!(first, second);
        assert!(
            [&first, &second]
                .iter()
                .all(|name| name.starts_with("eddy-") && name.len() <= 128)
        );
        names.give_back(&first);
        assert_eq!(names.take(), first);
    }

    #[test]
    fn after_a_take_over_it_is_another() {
        let mut names = Names::new();
        let first = names.take();
        names.renew();
        names.give_back(&first);
        assert_ne!(names.take(), first);
        assert_ne!(Names::new().take(), first);
    }
}
