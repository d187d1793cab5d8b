//! Who may drive the admin port: programs on this machine, and no page in a browser on it.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a browser sends for a page. An `Origin` gives it away; so does `Sec-Fetch-Site`, unless a person typed
/// the address; and a page that has its own name lead to this machine still sends that name as `Host`.
pub(super) fn check(headers: &HeaderMap) -> Result<(), &'static str> {
    if headers.contains_key(ORIGIN) {
        return Err("the admin port is not for pages: a request with an Origin is refused");
    }
    let of_a_page = |site: &axum::http::HeaderValue| site != "none";
    if headers.get(FETCH_SITE).is_some_and(of_a_page) {
        return Err("the admin port is not for pages");
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) if is_loopback(host) => Ok(()),
        _ => Err("the Host has to be this machine, such as 127.0.0.1 or localhost"),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').map_or("", |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn checked(headers: &[(HeaderName, &'static str)]) -> bool {
        let headers = headers.iter().cloned();
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        check(&headers.fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        }))
        .is_ok()
    }

    #[test]
    fn only_this_machine_and_no_page() {
        for host in [
            "127.0.0.1:8788",
            "127.1.2.3",
            "localhost:1",
            "LOCALHOST",
            "[::1]:8788",
        ] {
            assert!(checked(&[(HOST, host)]), "{host}");
        }
        for host in [
            "eddy.example:8788",
            "192.168.0.7",
            "localhost.eddy.example",
            "[::2]",
            "[",
            "",
        ] {
            assert!(!checked(&[(HOST, host)]), "{host}");
        }
        assert!(!checked(&[]));
        assert!(!checked(&[(HOST, "127.0.0.1"), (HOST, "127.0.0.1")]));
        assert!(!checked(&[(HOST, "127.0.0.1"), (ORIGIN, "null")]));
        assert!(!checked(&[(HOST, "127.0.0.1"), (FETCH_SITE, "cross-site")]));
        assert!(checked(&[(HOST, "127.0.0.1"), (FETCH_SITE, "none")]));
    }
}
