//! Configurations, good and bad, and what is said about them.

use serde_json::{Value, json};

use super::{Auth, Config, ConfigError, parse};

fn good() -> Value {
    json!({
        "identity": {
            "region": "eu-west-1",
            "pool": "eu-west-1:e0dd1e00-0000-4000-8000-000000000001",
            "endpoint": "/cognito/"
        },
        "orders": {
            "region": "eu-west-1",
            "graphql": "/orders/graphql",
            "auth": "guest",
            "mqtt": { "region": "eu-west-1", "url": "/mqtt" },
            "simulation": { "region": "us-gov-west-1", "url": "https://example.org:8443/order" }
        },
        "movies": { "region": "eu-west-1", "graphql": "/movies/graphql", "auth": "guest" },
        "restaurant": { "region": "eu-west-1", "graphql": "/restaurant/graphql", "auth": "guest" },
        "calendar": {
            "region": "eu-west-1", "graphql": "/calendar/graphql", "auth": "guest", "user": 1,
            "holidays": "/holidays/api/v3",
            "function": { "region": "eu-west-1", "url": "/calendar/events" }
        }
    })
}

/// The configuration with the value at this pointer replaced, or taken away.
fn with(pointer: &str, value: Option<Value>) -> Result<Config, ConfigError> {
    let mut config = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let table = config.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(table.insert(key.to_owned(), value)),
        None => drop(table.remove(key)),
    }
    parse(&config.to_string())
}

fn message(pointer: &str, value: impl Into<Option<Value>>) -> String {
    let error = with(pointer, value.into()).unwrap_err();
    let key = error.key().unwrap().to_owned();
    assert_eq!(
        key,
        pointer[1..].replace('/', "."),
        "the error names the key"
    );
    let message = error.to_string();
    assert!(message.contains(&key), "{message}");
    message
}

#[test]
fn a_good_configuration_is_read() {
    let config = parse(&good().to_string()).unwrap();
    assert_eq!(
        config.identity.endpoint.resolve("http://127.0.0.1:8787"),
        "http://127.0.0.1:8787/cognito/"
    );
    assert_eq!(
        config.orders.simulation.url.resolve("http://x"),
        "https://example.org:8443/order"
    );
    assert_eq!(config.orders.simulation.region.as_str(), "us-gov-west-1");
    assert_eq!(config.orders.api.auth, Auth::Guest);
}

#[test]
fn without_an_endpoint_the_pool_is_the_regions() {
    let config = with("/identity/endpoint", None).unwrap();
    assert_eq!(
        config.identity.endpoint.resolve("x"),
        "https://cognito-identity.eu-west-1.amazonaws.com/"
    );
}

#[test]
fn what_is_missing_is_named() {
    for pointer in [
        "/identity",
        "/identity/region",
        "/identity/pool",
        "/orders",
        "/orders/region",
        "/orders/graphql",
        "/orders/auth",
        "/orders/mqtt",
        "/orders/mqtt/region",
        "/orders/mqtt/url",
        "/orders/simulation",
        "/orders/simulation/region",
        "/orders/simulation/url",
        "/movies",
        "/restaurant",
        "/restaurant/graphql",
    ] {
        assert!(message(pointer, None).contains("is missing"));
        assert!(message(pointer, Value::Null).contains("is missing"));
        assert!(message(pointer, json!(7)).contains("but is a number"));
    }
}

#[test]
fn what_is_unknown_is_named() {
    assert!(message("/orders/grapql", json!("/x")).contains("graphql"));
    assert!(message("/films", json!({})).contains("known: identity, orders"));
}

#[test]
fn a_region_has_the_form_of_one() {
    for bad in [
        "",
        "eu",
        "eu-west",
        "eu-west-one",
        "EU-west-1",
        "eu--1",
        "eu-west-1a",
    ] {
        message("/orders/region", json!(bad));
    }
    assert!(message("/identity/region", json!("eu_west_1")).contains("an AWS region"));
}

#[test]
fn a_pool_is_of_its_region() {
    assert!(
        message(
            "/identity/pool",
            json!("us-east-1:e0dd1e00-0000-4000-8000-000000000001")
        )
        .contains("region")
    );
    assert!(message("/identity/pool", json!("eu-west-1:e0dd1e00")).contains("UUID"));
    assert!(message("/identity/pool", json!("e0dd1e00")).contains("colon"));
}

#[test]
fn an_address_can_be_reached() {
    for bad in [
        "orders",
        "ftp://x/",
        "wss://x/graphql",
        "//x/graphql",
        "https://",
        "https:///x",
        "http://x:99999/",
        "http://me@x/",
        "https://x/#a",
        "https://x /",
    ] {
        assert!(
            message("/orders/graphql", json!(bad)).contains(bad),
            "{bad}"
        );
    }
    for good in [
        "https://x",
        "http://[::1]:8787/graphql",
        "http://[::1]/",
        "/a?b=c",
    ] {
        with("/orders/graphql", Some(json!(good))).unwrap();
    }
}

#[test]
fn a_socket_s_address_may_be_one_of_either_kind() {
    for good in [
        "/mqtt",
        "wss://prefix-ats.iot.eu-west-1.amazonaws.com/mqtt",
        "ws://127.0.0.1:8787/mqtt",
        "https://prefix-ats.iot.eu-west-1.amazonaws.com/mqtt",
    ] {
        let config = with("/orders/mqtt/url", Some(json!(good))).unwrap();
        assert!(config.orders.mqtt.url.resolve("http://x").ends_with(good));
    }
    for bad in ["mqtt", "mqtt://x/", "wsx://x/mqtt", "wss:///mqtt", "ws:/x"] {
        let message = message("/orders/mqtt/url", json!(bad));
        assert!(message.contains(bad), "{message}");
    }
}

#[test]
fn an_api_key_is_wanted_where_it_is_used_and_never_printed() {
    assert!(message("/orders/auth", json!("none")).contains("guest"));
    let mut config = good();
    config["orders"]["auth"] = json!("api-key");
    assert_eq!(
        parse(&config.to_string()).unwrap_err().key(),
        Some("orders.api_key")
    );
    config["orders"]["api_key"] = json!("da2-secret");
    let config = parse(&config.to_string()).unwrap();
    assert_eq!(config.orders.api.auth, Auth::ApiKey("da2-secret".into()));
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn what_is_not_json_says_so() {
    for text in ["", "<!doctype html>", "[1", "[]", "\"x\""] {
        parse(text).unwrap_err();
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", at in 0usize..10) {
        let _ = parse(&text);
        let pointers = ["/identity/region", "/identity/pool", "/identity/endpoint", "/orders/graphql", "/orders/auth"];
        let _ = with(pointers[at % pointers.len()], Some(Value::String(text)));
    }
}

#[test]
fn posters_come_from_elsewhere_only_where_that_is_said() {
    assert_eq!(parse(&good().to_string()).unwrap().movies.images, None);
    let images = Some(json!("https://image.example.org/t/p"));
    let config = with("/movies/images", images).unwrap();
    let images = config
        .movies
        .images
        .map(|images| images.resolve("http://x"));
    assert_eq!(images.as_deref(), Some("https://image.example.org/t/p"));
    assert!(message("/movies/images", json!("elsewhere")).contains("elsewhere"));
}
