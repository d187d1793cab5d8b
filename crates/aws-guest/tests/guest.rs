//! A guest against an identity service on a real socket that says what the test wants.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_guest::{Error, Guest, GuestConfig, Region, Service, Status};
use futures::StreamExt;
use futures::future::{join_all, poll_immediate};
use net::civil::Civil;
use net::http::{Request, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What the service does with one call.
enum Say {
    Answer(u16, Value),
    HangUp,
}

/// The service: answers calls in the order of its script, each when a permit is there, and notes what was called. After
/// the script it hangs up.
#[derive(Clone)]
struct Identities {
    url: String,
    called: Arc<Mutex<Vec<(String, Value)>>>,
    permits: Arc<Semaphore>,
}

impl Identities {
    /// A service that answers at once.
    async fn start(script: Vec<Say>) -> Self {
        let service = Self::start_holding(script, "").await;
        service.permits.add_permits(1_000);
        service
    }

    /// A service that answers when told to, with that line among its headers.
    async fn start_holding(script: Vec<Say>, header: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            url: format!("http://{}/cognito/", listener.local_addr().unwrap()),
            called: Arc::default(),
            permits: Arc::new(Semaphore::new(0)),
        };
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let serving = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream, Arc::clone(&script), header));
            }
        });
        service
    }

    async fn serve(
        self,
        mut stream: TcpStream,
        script: Arc<Mutex<VecDeque<Say>>>,
        header: &'static str,
    ) {
        let Some((target, body)) = read_request(&mut stream).await else {
            return;
        };
        self.called.lock().unwrap().push((target, body));
        self.permits.acquire().await.unwrap().forget();
        let said = script.lock().unwrap().pop_front();
        if let Some(Say::Answer(status, body)) = said {
            let body = body.to_string();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{header}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            // Who asked may have gone.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }

    fn guest(&self, pool: &str) -> Guest {
        Guest::new(GuestConfig {
            endpoint: self.url.clone(),
            region: Region::new("eu-west-1"),
            identity_pool_id: format!("eu-west-1:{pool}"),
        })
    }

    fn operations(&self) -> Vec<String> {
        self.called
            .lock()
            .unwrap()
            .iter()
            .map(|(operation, _)| operation.clone())
            .collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(": ")?;
                found.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        if body.len() == header("content-length")?.parse::<usize>().unwrap() {
            assert_eq!(header("content-type")?, "application/x-amz-json-1.1");
            assert_eq!(header("cache-control")?, "no-store");
            assert_eq!(header("authorization"), None);
            return Some((header("x-amz-target")?, serde_json::from_str(body).unwrap()));
        }
    }
}

fn identity(id: &str) -> Say {
    Say::Answer(200, json!({ "IdentityId": id }))
}

fn granted(id: &str, key: &str) -> Say {
    let expiration = net::wall().0 as f64 / 1_000.0 + 3_600.0;
    let credentials = json!({
        "AccessKeyId": key, "SecretKey": "secret", "SessionToken": "token", "Expiration": expiration
    });
    Say::Answer(200, json!({ "IdentityId": id, "Credentials": credentials }))
}

fn error(code: &str) -> Say {
    Say::Answer(400, json!({ "__type": code, "message": "no" }))
}

const GET_ID: &str = "AWSCognitoIdentityService.GetId";
const GET_CREDENTIALS: &str = "AWSCognitoIdentityService.GetCredentialsForIdentity";

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_ask_at_once_make_one_request() {
    let service =
        Identities::start(vec![identity("eu-west-1:a"), granted("eu-west-1:a", "K")]).await;
    let guest = service.guest("hundred");
    let all = (0..100).map(|_| {
        let guest = guest.clone();
        tokio::spawn(async move {
            guest
                .credentials()
                .await
                .unwrap()
                .access_key_id()
                .to_owned()
        })
    });
    for key in join_all(all).await {
        assert_eq!(key.unwrap(), "K");
    }
    assert_eq!(service.operations(), [GET_ID, GET_CREDENTIALS]);
    assert_eq!(guest.identity().unwrap().as_str(), "eu-west-1:a");
}

#[tokio::test]
async fn the_first_who_asked_may_leave() {
    let script = vec![identity("eu-west-1:a"), granted("eu-west-1:a", "K")];
    let service = Identities::start_holding(script, "").await;
    let guest = service.guest("leaving");
    // Polled once, so that the request is on its way, then dropped.
    assert!(
        poll_immediate(Box::pin(guest.credentials()))
            .await
            .is_none()
    );
    assert!(guest.status().renewing);
    let second = tokio::spawn({
        let guest = guest.clone();
        async move { guest.credentials().await }
    });
    service.permits.add_permits(1_000);
    assert_eq!(second.await.unwrap().unwrap().access_key_id(), "K");
    assert_eq!(service.operations(), [GET_ID, GET_CREDENTIALS]);
}

#[tokio::test]
async fn the_identity_is_kept_for_the_next_visit() {
    let script = vec![
        identity("eu-west-1:a"),
        granted("eu-west-1:a", "K1"),
        granted("eu-west-1:a", "K2"),
        identity("eu-west-1:b"),
        granted("eu-west-1:b", "K3"),
    ];
    let service = Identities::start(script).await;
    service.guest("visits").credentials().await.unwrap();
    let again = service.guest("visits");
    assert_eq!(again.credentials().await.unwrap().access_key_id(), "K2");
    let other_pool = service.guest("visits-elsewhere");
    assert_eq!(
        other_pool.credentials().await.unwrap().identity().as_str(),
        "eu-west-1:b"
    );
    let expected = [
        GET_ID,
        GET_CREDENTIALS,
        GET_CREDENTIALS,
        GET_ID,
        GET_CREDENTIALS,
    ];
    assert_eq!(service.operations(), expected);
}

#[tokio::test]
async fn an_identity_that_another_tab_has_got_meanwhile_is_used() {
    let service = Identities::start(vec![granted("eu-west-1:tab", "K")]).await;
    let guest = service.guest("tabs");
    net::storage::set("aws-guest.identity.eu-west-1:tabs", "eu-west-1:tab");
    assert_eq!(guest.credentials().await.unwrap().access_key_id(), "K");
    assert_eq!(service.operations(), [GET_CREDENTIALS]);
}

#[tokio::test]
async fn an_identity_that_the_service_disowns_is_replaced_and_the_new_one_kept() {
    net::storage::set("aws-guest.identity.eu-west-1:disowned", "eu-west-1:gone");
    let script = vec![
        error("com.amazonaws#ResourceNotFoundException:http://x/"),
        identity("eu-west-1:new"),
        granted("eu-west-1:new", "K"),
    ];
    let service = Identities::start(script).await;
    let guest = service.guest("disowned");
    assert_eq!(
        guest.credentials().await.unwrap().identity().as_str(),
        "eu-west-1:new"
    );
    assert_eq!(
        service.operations(),
        [GET_CREDENTIALS, GET_ID, GET_CREDENTIALS]
    );
    let called = service.called.lock().unwrap().clone();
    assert_eq!(called[0].1, json!({ "IdentityId": "eu-west-1:gone" }));
    assert_eq!(
        called[1].1,
        json!({ "IdentityPoolId": "eu-west-1:disowned" })
    );
    let stored = net::storage::get("aws-guest.identity.eu-west-1:disowned");
    assert_eq!(stored.as_deref(), Some("eu-west-1:new"));
}

#[tokio::test]
async fn a_pool_that_admits_no_guests_is_told_apart_from_a_network_that_fails() {
    let script = vec![
        error("NotAuthorizedException"),
        Say::HangUp,
        error("TooManyRequestsException"),
        identity("eu-west-1:a"),
        granted("eu-west-1:a", "K"),
    ];
    let service = Identities::start(script).await;
    let guest = service.guest("failing");
    assert!(matches!(guest.credentials().await, Err(Error::Refused(_))));
    assert!(matches!(guest.credentials().await, Err(Error::Network(_))));
    assert!(matches!(
        guest.credentials().await,
        Err(Error::Throttled(_))
    ));
    assert_eq!(guest.credentials().await.unwrap().access_key_id(), "K");
}

#[tokio::test]
async fn refused_credentials_are_replaced_once_however_many_were_refused() {
    let script = vec![
        identity("eu-west-1:a"),
        granted("eu-west-1:a", "K1"),
        granted("eu-west-1:a", "K2"),
    ];
    let service = Identities::start(script).await;
    let guest = service.guest("refused");
    let first = guest.credentials().await.unwrap();
    guest.refused(&first);
    assert_eq!(guest.credentials().await.unwrap().access_key_id(), "K2");
    guest.refused(&first);
    assert_eq!(guest.credentials().await.unwrap().access_key_id(), "K2");
    assert_eq!(service.operations().len(), 3);
}

#[tokio::test]
async fn a_probe_asks_anew_once_a_minute() {
    let script = vec![
        identity("eu-west-1:a"),
        granted("eu-west-1:a", "K1"),
        granted("eu-west-1:a", "K2"),
    ];
    let service = Identities::start(script).await;
    let guest = service.guest("probed");
    guest.credentials().await.unwrap();
    guest.probe().await;
    guest.probe().await;
    assert_eq!(guest.credentials().await.unwrap().access_key_id(), "K2");
    assert_eq!(service.operations().len(), 3);
}

#[tokio::test]
async fn the_services_date_is_what_signatures_carry() {
    let script = vec![identity("eu-west-1:a"), granted("eu-west-1:a", "K")];
    let date = "Date: Fri, 02 Jan 2026 03:05:05 GMT\r\n";
    let service = Identities::start_holding(script, date).await;
    service.permits.add_permits(1_000);
    let guest = service.guest("skewed");
    let request = Request::post("http://127.0.0.1:8787/orders/graphql", "{}");
    let signed = guest
        .sign(Service::APPSYNC, &Region::new("eu-west-1"), request.clone())
        .await
        .unwrap();
    assert!(
        signed
            .header("x-amz-date")
            .unwrap()
            .starts_with("20260102T0305")
    );
    assert_eq!(signed.header("x-amz-security-token"), Some("token"));
    let authorization = signed.header("authorization").unwrap();
    assert!(
        authorization.contains("/20260102/eu-west-1/appsync/aws4_request"),
        "{authorization}"
    );
    assert!(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"));

    guest.learn_skew("Signature expired: 1 is now earlier than 2 (20300102T030505Z - 5 min.)");
    let signed = guest
        .sign(Service::APPSYNC, &Region::new("eu-west-1"), request)
        .await;
    // By that clock the credentials have ended, and the script has no others.
    assert!(matches!(signed, Err(Error::Network(_))));
}

/// Three seconds behind, which no signature minds, and delays would be told wrong by.
#[tokio::test]
async fn a_clock_that_is_a_little_wrong_is_learned_from_dates_and_arrivals() {
    let service = Identities::start(Vec::new()).await;
    let guest = service.guest("behind");
    let ahead = |guest: &Guest| guest.now().millis_since(net::wall());
    assert_eq!(ahead(&guest), 0);
    let sent = net::wall();
    let at = Civil::at(sent.plus_millis(3_000));
    let (year, month, day) = (at.year, at.month, at.day);
    let (hour, minute, second) = (at.hour, at.minute, at.second);
    let date = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
    let response = Response {
        status: 200,
        headers: vec![("date".to_owned(), date)],
        body: Vec::new(),
    };
    guest.learn_date(&response, sent);
    let behind = net::wall().millis_since(sent);
    assert!((1_999 - behind..=3_001).contains(&ahead(&guest)));
    let wall = net::wall();
    guest.learn_arrival(wall.plus_millis(2_990));
    let behind = net::wall().millis_since(wall);
    assert!((2_989 - behind..=3_001).contains(&ahead(&guest)));
    // Nothing comes from the future: the answers know better.
    guest.learn_arrival(net::wall().plus_millis(60_000));
    assert!(ahead(&guest) <= 4_001);
}

#[tokio::test]
async fn an_iot_address_carries_the_token_after_the_signature() {
    let script = vec![identity("eu-west-1:a"), granted("eu-west-1:a", "K")];
    let service = Identities::start(script).await;
    let guest = service.guest("presigned");
    let url = guest
        .presign(
            Service::IOT,
            &Region::new("eu-west-1"),
            "wss://iot.example.org/mqtt",
            Some(Duration::from_secs(60)),
        )
        .await
        .unwrap();
    assert!(
        url.starts_with("wss://iot.example.org/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"),
        "{url}"
    );
    assert!(
        url.contains("%2Feu-west-1%2Fiotdevicegateway%2Faws4_request"),
        "{url}"
    );
    let (_, after) = url.split_once("X-Amz-Signature=").unwrap();
    assert!(after.ends_with("&X-Amz-Security-Token=token"), "{url}");
}

#[tokio::test]
async fn statuses_tell_of_each_change() {
    let script = vec![identity("eu-west-1:a"), granted("eu-west-1:a", "K")];
    let service = Identities::start(script).await;
    let guest = service.guest("watched");
    let mut statuses = guest.statuses();
    assert_eq!(statuses.next().await, Some(Status::default()));
    guest.credentials().await.unwrap();
    assert!(statuses.next().await.unwrap().renewing);
    assert!(statuses.next().await.unwrap().identity.is_some());
    let settled = statuses.next().await.unwrap();
    assert!(!settled.renewing && settled.expires_at.is_some());
    drop(guest);
    assert_eq!(statuses.next().await, None);
}

#[test]
fn a_renewal_that_went_down_with_its_runtime_is_made_anew() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let serving = runtime();
    let script = vec![
        identity("eu-west-1:a"),
        identity("eu-west-1:a"),
        granted("eu-west-1:a", "K"),
    ];
    let service = serving.block_on(Identities::start_holding(script, ""));
    let guest = service.guest("runtimes");
    let first = runtime();
    first.spawn({
        let guest = guest.clone();
        async move { guest.credentials().await }
    });
    first.block_on(async {
        let called = async {
            while service.operations().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        net::within(Duration::from_secs(10), called).await.unwrap();
    });
    drop(first);
    assert!(!guest.status().renewing);
    service.permits.add_permits(1_000);
    let credentials = runtime().block_on(guest.credentials()).unwrap();
    assert_eq!(credentials.access_key_id(), "K");
    assert_eq!(service.operations(), [GET_ID, GET_ID, GET_CREDENTIALS]);
}

#[test]
fn a_guest_can_live_in_any_context() {
    fn everywhere<T: Send + Sync + Clone + 'static>() {}
    everywhere::<Guest>();
}
