//! The authorization that travels with a socket: headers as JSON, signed as if they were those of a POST.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::sigv4;

/// The body that a connection is signed with.
pub(crate) const CONNECT_BODY: &str = "{}";

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The authorization headers of a handshake: from the subprotocol `header-…`, or from the query's `header`.
pub(crate) fn of_handshake(protocols: &str, query: &str) -> Option<Map<String, Value>> {
    let protocol = protocols
        .split(',')
        .find_map(|protocol| protocol.trim().strip_prefix("header-"));
    let encoded = match protocol {
        Some(encoded) => encoded.to_owned(),
        None => url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "header")?
            .1
            .into_owned(),
    };
    // Clients use either alphabet, with padding and without. A `+` that was not encoded in the query became a space.
    let encoded = encoded.replace(' ', "+");
    let alphabet = if encoded.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    let json = GeneralPurpose::new(alphabet, LENIENT)
        .decode(encoded)
        .ok()?;
    serde_json::from_slice(&json).ok()
}

/// The headers as if they had come with a request; names in lower case.
pub(crate) fn headers(authorization: &Map<String, Value>) -> Vec<(String, String)> {
    authorization
        .iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
        .collect()
}

/// The request that the headers were signed for.
pub(crate) fn signed<'a>(
    path: &'a str,
    headers: &'a [(String, String)],
    body: &'a str,
) -> sigv4::Request<'a> {
    sigv4::Request {
        method: "POST",
        path,
        query: "",
        headers,
        body: body.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_passing_the_header_in_every_spelling() {
        // The JSON is made so that its base64 has the characters in which the alphabets differ.
        let json = r#"{"host":"x>>>???"}"#;
        let encode = |alphabet, pad| {
            GeneralPurpose::new(
                alphabet,
                GeneralPurposeConfig::new().with_encode_padding(pad),
            )
            .encode(json)
        };
        let expected: Map<String, Value> = serde_json::from_str(json).unwrap();
        for (alphabet, pad) in [
            (&STANDARD, true),
            (&STANDARD, false),
            (&URL_SAFE, true),
            (&URL_SAFE, false),
        ] {
            let header = encode(alphabet, pad);
            let protocol = format!("graphql-ws, header-{header}");
            assert_eq!(
                of_handshake(&protocol, "").as_ref(),
                Some(&expected),
                "{protocol}"
            );
            for query in [
                format!("header={header}&payload=e30="),
                format!("payload=e30=&header={}", urlencoded(&header)),
            ] {
                assert_eq!(
                    of_handshake("graphql-ws", &query).as_ref(),
                    Some(&expected),
                    "{query}"
                );
            }
        }
        assert_eq!(of_handshake("graphql-ws", ""), None);
        assert_eq!(of_handshake("graphql-ws, header-!!", ""), None);
    }

    fn urlencoded(text: &str) -> String {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }
}
