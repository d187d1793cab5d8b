//! A guest in a browser, and a signature that is the same there and natively.

use std::time::Duration;

use aws_guest::sign::{self, Scope};
use aws_guest::{Credentials, Error, IdentityId, Region, Service};
use net::UnixTime;
use net::http::Request;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_signature_is_the_same_everywhere() -> Result<(), Error> {
    let credentials = Credentials::new(
        "ASIAEXAMPLE",
        "secret",
        Some("session/token==".to_owned()),
        UnixTime(0),
        IdentityId::new("eu-west-1:a"),
    );
    let region = &Region::new("eu-west-1");
    let scope = |service| Scope {
        credentials: &credentials,
        region,
        service,
        at: UnixTime(1_767_323_105_999),
    };

    let request = Request::post("http://127.0.0.1:8787/orders/graphql", r#"{"query":"ü"}"#)
        .with("content-type", "application/json");
    let signed = sign::headers(scope(Service::APPSYNC), request)?;
    assert_eq!(signed.header("x-amz-date"), Some("20260102T030505Z"));
    let authorization = "AWS4-HMAC-SHA256 \
        Credential=ASIAEXAMPLE/20260102/eu-west-1/appsync/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
        Signature=dca595c431dcabcdccb719c74ae0a2187324e002de5ec74369a1d1c85d408bbc";
    assert_eq!(signed.header("authorization"), Some(authorization));

    let url = sign::url(
        scope(Service::IOT),
        "wss://iot.example.org/mqtt",
        Some(Duration::from_secs(60)),
    )?;
    let expected = "wss://iot.example.org/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=ASIAEXAMPLE%2F20260102%2Feu-west-1%2Fiotdevicegateway%2Faws4_request\
        &X-Amz-Date=20260102T030505Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=1c1bd12c1e7deb0a8ed143fc590246247f0912efa0da0f5bae26eef20352ba6a\
        &X-Amz-Security-Token=session%2Ftoken%3D%3D";
    assert_eq!(url, expected);
    Ok(())
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn an_address_that_is_no_identity_service_is_told_and_time_is_learned() {
    use aws_guest::{Guest, GuestConfig};

    let origin = net::origin().unwrap_or_default();
    let guest = Guest::new(GuestConfig {
        endpoint: format!("{origin}/cognito/"),
        region: Region::new("eu-west-1"),
        identity_pool_id: "eu-west-1:browser".to_owned(),
    });
    let asked = futures::future::join(guest.credentials(), guest.credentials()).await;
    assert!(
        matches!(asked, (Err(Error::Malformed(_)), Err(Error::Malformed(_)))),
        "{asked:?}"
    );
    guest.learn_skew("Fri, 02 Jan 2026 03:05:05 GMT");
    let learned = guest.now().millis_since(UnixTime(1_767_323_105_000));
    assert!((0..10_000).contains(&learned), "{learned}");
}
