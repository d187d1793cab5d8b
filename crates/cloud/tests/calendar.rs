//! The calendar over real HTTP and sockets: the function's URL, the API with signatures and with keys, who hears of
//! what, bad input, and public holidays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use aws_guest::Service;
use backend::api::{Caller, IdentityId, Role};
use cloud::testing::Running;
use common::{Answer, Passing, Signer, Socket, backend, cloud, cloud_with, guest, send, with_keys};
use net::http::{Method, Request};
use serde_json::{Map, Value, json};

const EVERYTHING: &str = "user_id id name dt_start dt_end location revision";
const KEY: &str = "da2-abcdefghijklmnopqrstuvwxyz";
const ENDED: &str = "da2-zyxwvutsrqponmlkjihgfedcba";

fn request(cloud: &Running, method: Method, body: impl Into<Vec<u8>>) -> Request {
    Request {
        method,
        url: format!("{}/calendar/events", cloud.url),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into(),
    }
}

async fn call(cloud: &Running, method: Method, body: &Value) -> Answer {
    let request = request(cloud, method, body.to_string());
    send(guest(cloud).sign(Service::new("lambda"), request).unwrap()).await
}

async fn ask(cloud: &Running, signer: &Signer, query: &str) -> Answer {
    send(signer.graphql_of("calendar", cloud, query, json!({}))).await
}

fn wish(user: i32, name: &str) -> Value {
    json!({
        "user_id": user,
        "name": name,
        "dt_start": "2026-02-02T20:00:00",
        "dt_end": "2026-02-02T22:00:00",
        "location": "Room 2",
    })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

fn subscription(kind: &str) -> String {
    format!(
        "subscription($user: Int) {{ on{kind}EventsTableWithLocalResolver(user_id: $user) {{ {EVERYTHING} }} }}"
    )
}

/// The event that the next frame brings, and of which kind it is.
async fn heard(socket: &mut Socket) -> (String, Value) {
    let frame = socket.frame().await;
    let data = frame["payload"]["data"].as_object().expect("an event");
    let (field, event) = data.iter().next().expect("a field");
    (field.clone(), event.clone())
}

#[tokio::test]
async fn what_is_created_edited_and_deleted_is_heard_by_those_who_follow_that_user() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let mut of_two = Socket::live_on("calendar", &cloud, &guest).await;
    let mut of_three = Socket::live_on("calendar", &cloud, &guest).await;
    for kind in ["Create", "Update", "Delete"] {
        let query = subscription(kind);
        of_two.subscribe(&cloud, &query, json!({"user": 2})).await;
        of_three.subscribe(&cloud, &query, json!({"user": 3})).await;
    }

    let created = call(&cloud, Method::Post, &wish(2, " Film night ")).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let event = with(wish(2, "Film night"), json!({"id": 1, "revision": 1}));
    assert_eq!(created.body, event);
    let which = json!({"user_id": 2, "id": 1});
    let later = json!({"dt_start": "2026-02-02T23:30", "dt_end": "2026-02-03T01:00"});
    let moved = call(&cloud, Method::Put, &with(which.clone(), later)).await;
    let times =
        json!({"dt_start": "2026-02-02T23:30:00", "dt_end": "2026-02-03T01:00:00", "revision": 2});
    assert_eq!(moved.body, with(event.clone(), times));
    let ended = call(&cloud, Method::Delete, &which).await;
    assert_eq!(ended.body, with(moved.body.clone(), json!({"revision": 3})));

    let on = |kind: &str| format!("on{kind}EventsTableWithLocalResolver");
    assert_eq!(heard(&mut of_two).await, (on("Create"), event));
    assert_eq!(heard(&mut of_two).await, (on("Update"), moved.body));
    assert_eq!(heard(&mut of_two).await, (on("Delete"), ended.body));
    // The first that the other one hears is its own.
    let other = call(&cloud, Method::Post, &wish(3, "Elsewhere")).await;
    assert_eq!(heard(&mut of_three).await, (on("Create"), other.body));
}

#[tokio::test]
async fn a_fresh_calendar_is_not_empty_and_the_queries_of_people_s_notes_run() {
    let cloud = cloud().await;
    let guest = guest(&cloud);
    let listed = ask(
        &cloud,
        &guest,
        "{ listEventsTables { items { id dt_start } } }",
    )
    .await;
    let items = listed.body["data"]["listEventsTables"]["items"]
        .as_array()
        .unwrap();
    assert_eq!(items.len(), 5, "{}", listed.text);
    assert!(items[0]["dt_start"].as_str().unwrap().len() == 19);

    for name in ["a", "b"] {
        call(&cloud, Method::Post, &wish(2, name)).await;
    }
    let query = "{ listEventsTables(filter: {user_id: {eq: 2}}, limit: 1) { items { id name } nextToken } }";
    let page = ask(&cloud, &guest, query).await;
    let page = &page.body["data"]["listEventsTables"];
    assert_eq!(page["items"], json!([{"id": 1, "name": "a"}]));
    assert!(page["nextToken"].is_string());
    let one = ask(
        &cloud,
        &guest,
        "{ getEventsTable(user_id: 2, id: 2) { name } }",
    )
    .await;
    assert_eq!(one.body["data"]["getEventsTable"]["name"], "b");
}

#[tokio::test]
async fn a_create_that_is_sent_again_with_its_token_makes_nothing_new() {
    let cloud = cloud().await;
    let body = with(wish(4, "Once"), json!({"token": "t-1"}));
    let first = call(&cloud, Method::Post, &body).await;
    let again = call(&cloud, Method::Post, &body).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let next = call(&cloud, Method::Post, &wish(4, "Next")).await;
    assert_eq!(next.body["id"], 2);
}

#[tokio::test]
async fn bad_input_is_told_field_by_field() {
    let cloud = cloud().await;
    let long = "x".repeat(201);
    for (body, field) in [
        (wish(2, ""), "name"),
        (wish(2, "   "), "name"),
        (wish(2, &long), "name"),
        (with(wish(2, "x"), json!({"location": long})), "location"),
        (
            with(wish(2, "x"), json!({"dt_end": "2026-02-02T19:59:59"})),
            "dt_end",
        ),
        (
            with(wish(2, "x"), json!({"dt_end": "2026-02-01T23:00:00"})),
            "dt_end",
        ),
        (
            with(wish(2, "x"), json!({"dt_start": "2026-02-29T20:00:00"})),
            "dt_start",
        ),
        (
            with(wish(2, "x"), json!({"dt_start": "2100-02-29T20:00:00"})),
            "dt_start",
        ),
        (
            with(wish(2, "x"), json!({"dt_end": "2026-04-31T20:00:00"})),
            "dt_end",
        ),
        (
            with(wish(2, "x"), json!({"dt_end": "2026-02-02T22:00:00Z"})),
            "dt_end",
        ),
        (wish(6, "x"), "user_id"),
        (wish(-1, "x"), "user_id"),
        (with(wish(2, "x"), json!({"user_id": "2"})), "user_id"),
        (json!([]), "body"),
    ] {
        let answer = call(&cloud, Method::Post, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{body}");
        assert!(answer.body["errors"][0]["message"].is_string());
    }
    let missing = json!({"user_id": 2, "id": 7, "name": "x"});
    assert_eq!(call(&cloud, Method::Put, &missing).await.status, 404);
    assert_eq!(call(&cloud, Method::Delete, &missing).await.status, 404);
    let created = call(&cloud, Method::Post, &wish(2, "x")).await;
    assert_eq!(created.body["id"], 1, "nothing of that was written");
    let late = json!({"user_id": 2, "id": 1, "name": "y", "revision": 7});
    assert_eq!(call(&cloud, Method::Put, &late).await.status, 409);
}

#[tokio::test]
async fn whoever_does_not_sign_as_they_should_is_forbidden() {
    let cloud = cloud().await;
    let body = wish(2, "x").to_string();
    let post = || request(&cloud, Method::Post, body.clone());
    let lambda = || Service::new("lambda");
    let signed = guest(&cloud).sign(lambda(), post()).unwrap();
    let mut altered = signed.clone();
    altered.body = wish(3, "x").to_string().into_bytes();
    let mut put = signed.clone();
    put.method = Method::Put;
    let stranger = with_keys("ASIAAAAAAAAAAAAAAAAA", "secret", "token");
    // A guest's own id and token, and the secret of another one.
    let guests = ["one", "other"].map(|name| Caller {
        role: Role::Guest,
        identity: Some(IdentityId(name.to_owned())),
    });
    let [one, other] = guests.map(|caller| cloud.credentials(&caller));
    let mixed = with_keys(
        &one.access_key_id,
        &other.secret_access_key.0,
        &one.session_token,
    );
    let mut late = guest(&cloud);
    late.clock_behind = std::time::Duration::from_secs(6 * 60);
    for (what, request) in [
        ("no signature", post()),
        ("someone else's", stranger.sign(lambda(), post()).unwrap()),
        ("another guest's", mixed.sign(lambda(), post()).unwrap()),
        ("another body", altered),
        ("another method", put),
        (
            "another service",
            guest(&cloud).sign(Service::APPSYNC, post()).unwrap(),
        ),
        ("too late", late.sign(lambda(), post()).unwrap()),
    ] {
        let answer = send(request).await;
        assert_eq!(
            (answer.status, &answer.body),
            (403, &json!({"Message": "Forbidden"})),
            "{what}"
        );
    }
    let large = request(&cloud, Method::Post, vec![b' '; 6 * 1024 * 1024 + 1]);
    assert_eq!(send(large).await.status, 413);
    let get = request(&cloud, Method::Get, "");
    let get = send(guest(&cloud).sign(lambda(), get).unwrap()).await;
    assert_eq!(get.status, 405);
    let events = ask(
        &cloud,
        &guest(&cloud),
        "{ listEventsTables(filter: {user_id: {ge: 2}}) { items { id } } }",
    )
    .await;
    assert_eq!(events.body["data"]["listEventsTables"]["items"], json!([]));
}

#[tokio::test]
async fn the_table_s_mutations_are_the_backend_s() {
    let cloud = cloud().await;
    let create = "mutation { createEventsTable(input: {user_id: 2, name: \"x\", dt_start: \"2026-02-02T20:00\", dt_end: \"2026-02-02T21:00\"}) { id name location revision } }";
    let refused = ask(&cloud, &guest(&cloud), create).await;
    assert_eq!(
        (refused.status, refused.error_type()),
        (200, "Unauthorized")
    );
    assert_eq!(refused.body["data"]["createEventsTable"], Value::Null);
    let mut socket = Socket::live_on("calendar", &cloud, &guest(&cloud)).await;
    socket
        .subscribe(&cloud, &subscription("Create"), json!({"user": 2}))
        .await;
    let created = ask(&cloud, &backend(&cloud), create).await;
    let event = json!({"id": 1, "name": "x", "location": null, "revision": 1});
    assert_eq!(
        created.body["data"]["createEventsTable"], event,
        "{}",
        created.text
    );
    // The stream tells everything, whatever the mutation selected.
    assert_eq!(
        heard(&mut socket).await.1["dt_start"],
        "2026-02-02T20:00:00"
    );
    let wrong = create.replace("\"x\"", "\"\"");
    let wrong = ask(&cloud, &backend(&cloud), &wrong).await;
    assert_eq!(wrong.error_type(), "BadRequestException");
    assert!(wrong.message().starts_with("name: "), "{}", wrong.message());
    let publish =
        "mutation { createEventsTableWithLocalResolver(input: {user_id: 2, id: 9}) { id } }";
    assert_eq!(
        ask(&cloud, &guest(&cloud), publish).await.error_type(),
        "Unauthorized"
    );
}

async fn with_keys_set() -> Running {
    cloud_with(|settings| {
        let keys = [KEY.to_owned(), format!("{ENDED}@2020-01-01T00:00:00Z")];
        settings.calendar_keys = keys.map(|key| key.parse().unwrap()).into();
    })
    .await
}

async fn by_key(cloud: &Running, api: &str, key: &str, query: &str) -> Answer {
    let body = json!({ "query": query }).to_string();
    let request = Request::post(format!("{}/{api}/graphql", cloud.url), body)
        .with("content-type", "application/json")
        .with("x-api-key", key);
    send(request).await
}

#[tokio::test]
async fn a_key_opens_what_the_schema_says_and_nothing_else() {
    let cloud = with_keys_set().await;
    let list = "{ listEventsTables { items { id } } }";
    let listed = by_key(&cloud, "calendar", KEY, list).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    assert_eq!(
        listed.body["data"]["listEventsTables"]["items"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    for (api, key, query) in [
        ("calendar", "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa", list),
        ("calendar", ENDED, list),
        ("calendar", "", list),
        ("orders", KEY, "{ orders { items { orderId } } }"),
    ] {
        let refused = by_key(&cloud, api, key, query).await;
        assert_eq!(
            (refused.status, refused.error_type()),
            (401, "UnauthorizedException"),
            "{api} {key}"
        );
        assert_eq!(
            refused.message(),
            "You are not authorized to make this call."
        );
    }
    let create = "mutation { deleteEventsTable(input: {user_id: 1, id: 1}) { id } }";
    let refused = by_key(&cloud, "calendar", KEY, create).await;
    assert_eq!(
        (refused.status, refused.error_type()),
        (200, "Unauthorized")
    );
    // Signatures are good beside keys.
    assert_eq!(
        ask(&cloud, &guest(&cloud), list).await.body["errors"],
        Value::Null
    );
}

async fn socket_by(cloud: &Running, key: &str) -> Socket {
    let path = "/calendar/graphql".to_owned();
    let headers = authorization(cloud, key);
    let mut socket = Socket::open_at(
        path,
        cloud,
        &guest(cloud),
        Some(&headers),
        Passing::Subprotocol,
    )
    .await;
    socket.send(&json!({"type": "connection_init"})).await;
    socket
}

fn authorization(cloud: &Running, key: &str) -> Map<String, Value> {
    let host = cloud.url.trim_start_matches("http://");
    Map::from_iter([
        ("host".to_owned(), host.into()),
        ("x-api-key".to_owned(), key.into()),
    ])
}

#[tokio::test]
async fn a_key_connects_and_subscribes_and_a_wrong_one_is_told() {
    let cloud = with_keys_set().await;
    for key in [ENDED, "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let refused = socket_by(&cloud, key).await.frame().await;
        assert_eq!(refused["type"], "connection_error");
        let error = &refused["payload"]["errors"][0];
        assert_eq!(
            (&error["errorType"], &error["errorCode"]),
            (&json!("UnauthorizedException"), &json!(401))
        );
    }
    let mut socket = socket_by(&cloud, KEY).await;
    assert_eq!(socket.frame().await["type"], "connection_ack");
    let data = json!({"query": subscription("Create"), "variables": {"user": 2}}).to_string();
    let id = socket
        .start_with(&data, &authorization(&cloud, ENDED))
        .await;
    let refused = socket.frame().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!(id))
    );
    assert_eq!(
        refused["payload"]["errors"][0]["errorType"],
        "UnauthorizedException"
    );
    let id = socket.start_with(&data, &authorization(&cloud, KEY)).await;
    assert_eq!(socket.frame().await, json!({"type": "start_ack", "id": id}));
    call(&cloud, Method::Post, &wish(2, "Heard")).await;
    assert_eq!(heard(&mut socket).await.1["name"], "Heard");
}

#[tokio::test]
async fn public_holidays_are_answered_to_everyone_as_nager_date_does() {
    let cloud = cloud().await;
    let get = async |path: &str| {
        let url = format!("{}/holidays/api/v3/{path}", cloud.url);
        send(Request::get(url).with("origin", "http://elsewhere.example")).await
    };
    let year = get("PublicHolidays/2026/DE").await;
    assert_eq!(year.status, 200);
    assert_eq!(year.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        year.body[0],
        json!({
            "date": "2026-01-01", "localName": "Neujahr", "name": "New Year's Day", "countryCode": "DE",
            "fixed": true, "global": true, "counties": null, "launchYear": null, "types": ["Public"],
        })
    );
    let countries = get("AvailableCountries").await;
    assert_eq!(countries.body.as_array().unwrap().len(), 12);
    assert_eq!(
        countries.body[0],
        json!({"countryCode": "AT", "name": "Austria"})
    );
    for (path, status, title) in [
        ("PublicHolidays/2026/XX", 404, "Not Found"),
        (
            "PublicHolidays/1999/DE",
            400,
            "One or more validation errors occurred.",
        ),
        (
            "PublicHolidays/2051/DE",
            400,
            "One or more validation errors occurred.",
        ),
        (
            "PublicHolidays/soon/DE",
            400,
            "One or more validation errors occurred.",
        ),
        ("LongWeekend/2026/DE", 404, "Not Found"),
    ] {
        let answer = get(path).await;
        assert_eq!(
            (answer.status, &answer.body["title"]),
            (status, &json!(title)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_function_s_preflight_lets_edits_and_deletes_pass() {
    let cloud = cloud().await;
    let client = reqwest::Client::new();
    let preflight = client
        .request(
            reqwest::Method::OPTIONS,
            format!("{}/calendar/events", cloud.url),
        )
        .header("origin", "http://elsewhere.example")
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization,x-amz-date")
        .send()
        .await
        .unwrap();
    let allowed = preflight.headers()["access-control-allow-methods"]
        .to_str()
        .unwrap();
    assert!(
        allowed.contains("PUT") && allowed.contains("DELETE"),
        "{allowed}"
    );
}
