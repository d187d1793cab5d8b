//! Which orders are wanted.

use super::model::{Order, Status};

/// What an order must be like to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// A part of its id, whatever the case; empty for all.
    pub id: String,
    /// Its status; none for all.
    pub status: Option<Status>,
}

impl Filter {
    /// Whether it lets every order through.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.id.is_empty() && self.status.is_none()
    }

    /// Whether it lets this order through.
    #[must_use]
    pub fn admits(&self, order: &Order) -> bool {
        self.status.is_none_or(|status| order.status == status)
            && contains(order.id.as_str().as_bytes(), self.id.trim().as_bytes())
    }
}

/// Whether one text is somewhere in another, both ASCII, whatever the case.
fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty()
        || text
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::model::tests::order;

    #[test]
    fn by_id_and_by_status() {
        let order = order(1, Status::InKitchen);
        let admits = |id: &str, status| {
            let id = id.to_owned();
            Filter { id, status }.admits(&order)
        };
        assert!(admits("", None) && admits("2ABC", None) && admits(" bc ", None));
        assert!(!admits("bd", None) && !admits("2abcd", None));
        assert!(admits("b", Some(Status::InKitchen)));
        assert!(!admits("b", Some(Status::Delivered)));
    }

    proptest! {
        #[test]
        fn a_part_is_found_as_the_standard_library_finds_it(text in "[abAB]{0,8}", part in "[abAB]{0,3}") {
            prop_assert_eq!(
                contains(text.as_bytes(), part.as_bytes()),
                text.to_lowercase().contains(&part.to_lowercase())
            );
        }
    }
}
