//! The page's addresses.

use crate::orders::model::OrderId;

/// A screen, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// All live panels at once.
    Overview,
    /// The orders, one of them followed or none.
    Orders(Option<OrderId>),
    /// No screen has this address.
    NotFound,
}

impl Route {
    /// The route of an address's path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => Self::Overview,
            (Some("orders"), None, _) => Self::Orders(None),
            (Some("orders"), Some(id), None) if is_id(id) => Self::Orders(Some(id.into())),
            _ => Self::NotFound,
        }
    }

    /// The path that leads here.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Overview => "/".to_owned(),
            Self::Orders(None) => "/orders".to_owned(),
            Self::Orders(Some(id)) => ["/orders/", id.as_str()].concat(),
            Self::NotFound => "/not-found".to_owned(),
        }
    }

    /// What the browser's tab says.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Overview => "Eddy",
            Self::Orders(_) => "Orders · Eddy",
            Self::NotFound => "Nothing here · Eddy",
        }
    }
}

/// Ids are letters and digits; whatever else an address holds was not made here.
fn is_id(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= 64 && text.bytes().all(is_of_id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_lead_to_screens() {
        for (path, route) in [
            ("/", Route::Overview),
            ("", Route::Overview),
            ("/orders", Route::Orders(None)),
            ("/orders/", Route::Orders(None)),
            ("/orders/2abc", Route::Orders(Some("2abc".into()))),
            ("/orders/2abc/items", Route::NotFound),
            ("/orders/%3Cb%3E", Route::NotFound),
            ("/order", Route::NotFound),
            ("/Orders", Route::NotFound),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_route_is_found_again_by_its_path(id in "[0-9A-Za-z]{1,32}") {
            for route in [Route::Overview, Route::Orders(None), Route::Orders(Some(id.as_str().into())), Route::NotFound] {
                prop_assert_eq!(Route::of(&route.path()), route);
            }
        }

        #[test]
        fn no_path_panics(path in ".{0,80}") {
            let _ = Route::of(&path).path();
        }
    }
}
