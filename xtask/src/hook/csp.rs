//! The content security policy of a built page.
//! Source: W3C, "Content Security Policy Level 3".

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The policy for a page with this HTML and this configuration, as a header's value.
pub(super) fn policy(html: &str, configuration: &Value) -> String {
    let hashes: String = inline_scripts(html)
        .map(|script| format!(" '{}'", hash(script)))
        .collect();
    let hosts: String = hosts(configuration)
        .iter()
        .map(|host| format!(" {host}"))
        .collect();
    [
        "default-src 'none'".to_owned(),
        format!("script-src 'self' 'wasm-unsafe-eval'{hashes}"),
        "style-src 'self'".to_owned(),
        format!("img-src 'self' data:{}", images(configuration)),
        "font-src 'self'".to_owned(),
        "manifest-src 'self'".to_owned(),
        format!("connect-src 'self'{hosts}"),
        "base-uri 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ]
    .join("; ")
}

fn hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// The text of each script element that has no `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let after = &rest[find(rest, "<script")? + "<script".len()..];
            let (attributes, body) = after.split_at(tag_end(after)?);
            let (script, next) = body[1..].split_at(find(&body[1..], "</script")?);
            rest = next;
            if !has_src(attributes) && !script.trim().is_empty() {
                return Some(script);
            }
        }
    })
}

/// Where the start tag's `>` is, outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, letter)| {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        None
    })
}

fn has_src(attributes: &str) -> bool {
    attributes
        .split_ascii_whitespace()
        .any(|word| word.to_ascii_lowercase().starts_with("src="))
}

fn find(text: &str, what: &str) -> Option<usize> {
    // ASCII case only changes bytes in place, so offsets stay true.
    text.to_ascii_lowercase().find(what)
}

/// The origin that posters may come from, if one is configured.
fn images(configuration: &Value) -> String {
    let address = configuration["movies"]["images"].as_str();
    let split = address.and_then(|address| address.split_once("://"));
    split.map_or_else(String::new, |(scheme, rest)| {
        format!(" {scheme}://{}", host(rest))
    })
}

/// The origins that the configuration names, and those that the services derive from its regions.
fn hosts(configuration: &Value) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    addresses(configuration, &mut hosts);
    let identity = &configuration["identity"];
    if let (None, Some(region)) = (identity["endpoint"].as_str(), identity["region"].as_str()) {
        hosts.insert(format!("https://cognito-identity.{region}.amazonaws.com"));
    }
    hosts
}

fn host(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn addresses(value: &Value, hosts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            for (scheme, socket) in [("https://", "wss://"), ("http://", "ws://")] {
                if let Some(rest) = text.strip_prefix(socket) {
                    hosts.insert(format!("{socket}{}", host(rest)));
                }
                let Some(rest) = text.strip_prefix(scheme) else {
                    continue;
                };
                let host = host(rest);
                hosts.insert(format!("{scheme}{host}"));
                // AppSync's own names keep their sockets on a host beside the API's.
                hosts.insert(format!(
                    "{socket}{}",
                    host.replace(".appsync-api.", ".appsync-realtime-api.")
                ));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| addresses(value, hosts)),
        // Pictures are not connected to.
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| *key != "images")
            .for_each(|(_, value)| addresses(value, hosts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inline_scripts_are_allowed_by_hash_and_files_are_not_hashed() {
        let html =
            r#"<SCRIPT type="module" data-a="x>y">alert(1)</SCRIPT><script src="/a.js"></script>"#;
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["alert(1)"]);
        // Computed by `printf 'alert(1)' | openssl dgst -sha256 -binary | base64`.
        assert!(
            policy(html, &json!({}))
                .contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='")
        );
    }

    #[test]
    fn an_unclosed_script_is_left_alone() {
        assert_eq!(inline_scripts("<script>alert(1)").count(), 0);
        assert_eq!(inline_scripts("<script data-a=\"").count(), 0);
    }

    #[test]
    fn relative_addresses_stay_with_the_page() {
        let policy = policy(
            "",
            &json!({"identity": {"endpoint": "/cognito/"}, "orders": {"graphql": "/orders/graphql"}}),
        );
        assert!(policy.contains("connect-src 'self';"), "{policy}");
    }

    #[test]
    fn pictures_come_from_the_page_and_from_where_the_configuration_says() {
        let none = policy("", &json!({"movies": {"graphql": "/movies/graphql"}}));
        assert!(none.contains("img-src 'self' data:;"), "{none}");
        let some = policy(
            "",
            &json!({"movies": {"images": "https://image.example.org/t/p"}}),
        );
        assert!(
            some.contains("img-src 'self' data: https://image.example.org;"),
            "{some}"
        );
        assert!(some.contains("connect-src 'self';"), "{some}");
    }

    #[test]
    fn absolute_addresses_may_be_reached_by_request_and_socket() {
        let policy = policy(
            "",
            &json!({
                "identity": {"region": "eu-west-1"},
                "orders": {"graphql": "https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com/graphql"},
                "other": {"url": "http://127.0.0.1:8787/order?x=1"},
                "mqtt": {"url": "wss://prefix-ats.iot.eu-west-1.amazonaws.com/mqtt"},
            }),
        );
        for host in [
            "https://cognito-identity.eu-west-1.amazonaws.com",
            "https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com",
            "wss://abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.eu-west-1.amazonaws.com",
            "http://127.0.0.1:8787",
            "ws://127.0.0.1:8787",
            "wss://prefix-ats.iot.eu-west-1.amazonaws.com",
        ] {
            assert!(
                policy.contains(&format!(" {host}")),
                "{host} is not in {policy}"
            );
        }
    }
}
