//! The page's addresses.

use net::percent;

use crate::calendar::Place;
use crate::calendar::model::EventId;
use crate::orders::model::OrderId;

/// A screen, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// All live panels at once.
    Overview,
    /// The orders, one of them followed or none.
    Orders(Option<OrderId>),
    /// The orders over AppSync and over MQTT, one of them followed or none.
    Compare(Option<OrderId>),
    /// The film of the moment, its votes and the chat.
    Movies,
    /// Orders of a restaurant: a queue, a workflow, a notification.
    Restaurant,
    /// The calendar, and what is open beside it.
    Calendar(Place),
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
            (Some("orders"), id, None) => Self::of_order(id, Self::Orders),
            (Some("compare"), id, None) => Self::of_order(id, Self::Compare),
            (Some("movies"), None, _) => Self::Movies,
            (Some("restaurant"), None, _) => Self::Restaurant,
            (Some("calendar"), None, _) => Self::Calendar(Place::Calendar),
            (Some("calendar"), Some("new"), None) => Self::Calendar(Place::New),
            (Some("calendar"), Some(id), None) => match id.parse() {
                Ok(id) => Self::Calendar(Place::Event(EventId(id))),
                Err(_) => Self::NotFound,
            },
            _ => Self::NotFound,
        }
    }

    fn of_order(id: Option<&str>, route: fn(Option<OrderId>) -> Self) -> Self {
        let id = id.map(|id| String::from_utf8(percent::decoded(id)));
        match id.transpose() {
            Ok(id) => route(id.map(|id| id.as_str().into())),
            Err(_) => Self::NotFound,
        }
    }

    /// The path that leads here.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Overview => "/".to_owned(),
            Self::Orders(id) => path("/orders", id),
            Self::Compare(id) => path("/compare", id),
            Self::Movies => "/movies".to_owned(),
            Self::Restaurant => "/restaurant".to_owned(),
            Self::Calendar(Place::Calendar) => "/calendar".to_owned(),
            Self::Calendar(Place::New) => "/calendar/new".to_owned(),
            Self::Calendar(Place::Event(id)) => ["/calendar/", &id.0.to_string()].concat(),
            Self::NotFound => "/not-found".to_owned(),
        }
    }

    /// What the browser's tab says.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Overview => "Eddy",
            Self::Orders(_) => "Orders · Eddy",
            Self::Compare(_) => "AppSync and MQTT · Eddy",
            Self::Movies => "Movies · Eddy",
            Self::Restaurant => "Restaurant · Eddy",
            Self::Calendar(_) => "Calendar · Eddy",
            Self::NotFound => "Nothing here · Eddy",
        }
    }
}

/// A screen's path, and that of an order on it.
fn path(screen: &str, id: &Option<OrderId>) -> String {
    match id {
        None => screen.to_owned(),
        // Also the dot: by it servers know files.
        Some(id) => [screen, "/", &percent::encoded(id.as_str().as_bytes(), &[])].concat(),
    }
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
            ("/movies", Route::Movies),
            ("/movies/0", Route::NotFound),
            ("/restaurant", Route::Restaurant),
            ("/restaurant/2abc", Route::NotFound),
            ("/orders/2abc", Route::Orders(Some("2abc".into()))),
            ("/orders/2abc/items", Route::NotFound),
            ("/orders/shop%2E17", Route::Orders(Some("shop.17".into()))),
            ("/orders/%FF", Route::NotFound),
            ("/compare", Route::Compare(None)),
            ("/compare/2abc", Route::Compare(Some("2abc".into()))),
            ("/compare/2abc/items", Route::NotFound),
            ("/calendar", Route::Calendar(Place::Calendar)),
            ("/calendar/new", Route::Calendar(Place::New)),
            ("/calendar/17", Route::Calendar(Place::Event(EventId(17)))),
            ("/calendar/x", Route::NotFound),
            ("/order", Route::NotFound),
            ("/Orders", Route::NotFound),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_route_is_found_again_by_its_path(id in ".{1,32}") {
            for route in [Route::Overview, Route::Movies, Route::Restaurant, Route::Orders(None), Route::Orders(Some(id.as_str().into())), Route::Compare(None), Route::Compare(Some(id.as_str().into())), Route::NotFound] {
                prop_assert_eq!(Route::of(&route.path()), route);
            }
        }

        #[test]
        fn no_path_panics(path in ".{0,80}") {
            let _ = Route::of(&path).path();
        }
    }
}
