//! What the page is told of a cloud that runs with its own settings, and whom it takes its visitor for.

use aws_guest::{Guest, GuestConfig, Region};
use cloud::settings::{IDENTITY_POOL, REGION};
use eddy::config::{self, Config};
use serde_json::json;

/// The configuration of a page that the cloud itself serves.
pub(crate) fn configuration() -> Config {
    let api = |path: &str| json!({ "region": REGION, "graphql": path, "auth": "guest" });
    let mut orders = api("/orders/graphql");
    orders["mqtt"] = json!({ "region": REGION, "url": "/mqtt" });
    orders["simulation"] = json!({ "region": REGION, "url": "/order" });
    let mut calendar = api("/calendar/graphql");
    calendar["user"] = json!(1);
    calendar["function"] = json!({ "region": REGION, "url": "/calendar/events" });
    calendar["holidays"] = json!("/holidays/api/v3");
    let configuration = json!({
        "identity": { "region": REGION, "pool": IDENTITY_POOL, "endpoint": "/cognito/" },
        "orders": orders,
        "movies": api("/movies/graphql"),
        "restaurant": api("/restaurant/graphql"),
        "calendar": calendar,
    });
    config::parse(&configuration.to_string()).unwrap()
}

/// A visitor of their own, as each browser has one.
pub(crate) fn guest(url: &str) -> Guest {
    Guest::new(GuestConfig {
        endpoint: format!("{url}/cognito/"),
        region: Region::new(REGION),
        identity_pool_id: IDENTITY_POOL.to_owned(),
    })
}
