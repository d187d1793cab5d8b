//! The handlers over tables in memory.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::publish::{CREATED, DELETED, UPDATED};
use super::{API, CALENDARS, EVENTS, Method, Reply, USERS, on_call, on_change, prepare, resolve};
use crate::api::{Caller, FieldError, IdentityId, Role};
use crate::memory::{Fault, Memory};
use crate::ports::{Change, Item};

fn guest(name: &str) -> Caller {
    Caller {
        role: Role::Guest,
        identity: Some(IdentityId(name.to_owned())),
    }
}

async fn fresh() -> Memory {
    let memory = Memory::default();
    prepare(&memory).await.unwrap();
    memory
}

async fn call(memory: &Memory, method: Method, body: &Value) -> Reply {
    let body = body.to_string();
    on_call(memory, method, body.as_bytes(), &guest("a"))
        .await
        .unwrap()
}

fn wish(user: i32, name: &str) -> Value {
    json!({
        "user_id": user,
        "name": name,
        "dt_start": "2026-02-02T20:00:00",
        "dt_end": "2026-02-02T22:00",
        "location": " Room 2 ",
    })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

async fn ask(memory: &Memory, field: &str, arguments: Value) -> Result<Value, FieldError> {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    resolve(memory, "", field, &arguments, &Caller::backend()).await
}

#[tokio::test]
async fn an_event_is_created_changed_and_deleted_under_its_user_s_next_id() {
    let memory = fresh().await;
    let created = call(&memory, Method::Create, &wish(2, " Film night ")).await;
    assert_eq!(created.status, 200);
    let event = json!({
        "user_id": 2,
        "id": 1,
        "name": "Film night",
        "dt_start": "2026-02-02T20:00:00",
        "dt_end": "2026-02-02T22:00:00",
        "location": "Room 2",
        "revision": 1,
    });
    assert_eq!(created.body, event);
    assert_eq!(
        call(&memory, Method::Create, &wish(2, "Second")).await.body["id"],
        2
    );
    assert_eq!(
        call(&memory, Method::Create, &wish(3, "Third")).await.body["id"],
        1
    );

    let change = json!({"user_id": 2, "id": 1, "name": "Film afternoon", "revision": 1});
    let changed = call(&memory, Method::Update, &change).await;
    let renamed = with(event, json!({"name": "Film afternoon", "revision": 2}));
    assert_eq!((changed.status, &changed.body), (200, &renamed));
    // Nothing new in it: nothing written.
    let same = json!({"user_id": 2, "id": 1, "name": "Film afternoon"});
    assert_eq!(call(&memory, Method::Update, &same).await.body, renamed);
    // What it changes has been changed meanwhile.
    let late = call(&memory, Method::Update, &change).await;
    assert_eq!(
        (late.status, &late.body["errors"][0]["field"]),
        (409, &json!("revision"))
    );

    let which = json!({"user_id": 2, "id": 1});
    let deleted = call(&memory, Method::Delete, &which).await;
    assert_eq!(deleted.body, with(renamed, json!({"revision": 3})));
    assert_eq!(call(&memory, Method::Delete, &which).await.status, 404);
    assert_eq!(call(&memory, Method::Update, &which).await.status, 404);
    // Ids are never used twice.
    assert_eq!(
        call(&memory, Method::Create, &wish(2, "Next")).await.body["id"],
        3
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_field_and_nothing_is_written() {
    let memory = fresh().await;
    let before = memory.state().rows.clone();
    for (method, body, field) in [
        (Method::Create, json!("a text"), "body"),
        (Method::Create, json!([]), "body"),
        (Method::Create, json!({}), "user_id"),
        (Method::Create, wish(9, "x"), "user_id"),
        (Method::Create, wish(0, "x"), "user_id"),
        (Method::Create, with(wish(1, "x"), json!({"id": 1})), "id"),
        (Method::Create, wish(1, ""), "name"),
        (
            Method::Create,
            with(wish(1, "x"), json!({"token": ""})),
            "token",
        ),
        (
            Method::Create,
            with(wish(1, "x"), json!({"token": {}})),
            "token",
        ),
        (Method::Update, wish(1, "x"), "id"),
        (
            Method::Update,
            with(wish(9, "x"), json!({"id": 1})),
            "user_id",
        ),
        (Method::Update, with(wish(1, ""), json!({"id": 1})), "name"),
        (Method::Delete, json!({"user_id": 1, "id": "1"}), "id"),
    ] {
        let reply = call(&memory, method, &body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body["errors"][0]["field"], field, "{body}");
        assert!(
            !reply.body["errors"][0]["message"]
                .as_str()
                .unwrap()
                .is_empty()
        );
    }
    let broken = on_call(&memory, Method::Create, b"{", &guest("a"))
        .await
        .unwrap();
    assert_eq!(broken.status, 400);
    assert_eq!(memory.state().rows, before);
}

#[tokio::test]
async fn the_same_token_again_is_answered_as_before_and_does_nothing() {
    let memory = fresh().await;
    let body = with(wish(2, "Once"), json!({"token": "t"}));
    // The write is done and its answer is lost: what comes again finds it.
    memory.state().faults.push(Fault::LostAnswer);
    let lost = on_call(
        &memory,
        Method::Create,
        body.to_string().as_bytes(),
        &guest("a"),
    )
    .await;
    assert!(lost.is_err());
    let again = call(&memory, Method::Create, &body).await;
    assert_eq!((again.status, &again.body["id"]), (200, &json!(1)));
    assert_eq!(call(&memory, Method::Create, &body).await, again);
    // Somebody else's token is another one, and so is that of another operation.
    let other = on_call(
        &memory,
        Method::Create,
        body.to_string().as_bytes(),
        &guest("b"),
    )
    .await;
    assert_eq!(other.unwrap().body["id"], 2);
    let change = json!({"user_id": 2, "id": 1, "name": "Twice", "token": "t"});
    let changed = call(&memory, Method::Update, &change).await;
    assert_eq!(changed.body["revision"], 2);
    assert_eq!(call(&memory, Method::Update, &change).await, changed);
    let end = json!({"user_id": 2, "id": 1, "token": "t"});
    let ended = call(&memory, Method::Delete, &end).await;
    assert_eq!(ended.body["revision"], 3);
    assert_eq!(call(&memory, Method::Delete, &end).await, ended);
}

#[tokio::test]
async fn whoever_is_overtaken_looks_again() {
    let memory = fresh().await;
    memory
        .state()
        .faults
        .extend([Fault::Conflict, Fault::Conflict]);
    assert_eq!(
        call(&memory, Method::Create, &wish(2, "x")).await.body["id"],
        1
    );
    memory.state().faults.extend([Fault::Conflict; 50]);
    let busy = call(&memory, Method::Create, &wish(2, "x")).await;
    assert_eq!(busy.status, 503);
    memory.state().faults.clear();
    assert_eq!(
        call(&memory, Method::Create, &wish(2, "x")).await.body["id"],
        2
    );
}

#[tokio::test]
async fn the_table_s_own_mutations_keep_the_same_rules() {
    let memory = fresh().await;
    let input = with(wish(2, "x"), json!({"id": 1}));
    let create =
        async |input: &Value| ask(&memory, "createEventsTable", json!({"input": input})).await;
    assert_eq!(create(&wish(2, "x")).await.unwrap()["id"], 1);
    let clash = create(&input).await.unwrap_err();
    assert_eq!(clash.error_type, "DynamoDB:ConditionalCheckFailedException");
    let gap = create(&with(wish(2, "x"), json!({"id": 3})))
        .await
        .unwrap_err();
    assert_eq!(gap.error_type, "BadRequestException");
    assert!(gap.message.contains("must be 2"), "{}", gap.message);
    assert_eq!(
        create(&with(wish(2, "x"), json!({"id": 2}))).await.unwrap()["id"],
        2
    );
    let wrong = create(&wish(2, "")).await.unwrap_err();
    assert_eq!(wrong.message, "name: must not be empty");
    let change = json!({"input": {"user_id": 2, "id": 2, "name": "y"}});
    let changed = ask(&memory, "updateEventsTable", change).await.unwrap();
    assert_eq!(
        (&changed["name"], &changed["revision"]),
        (&json!("y"), &json!(2))
    );
    let which = json!({"input": {"user_id": 2, "id": 2}});
    let ended = ask(&memory, "deleteEventsTable", which.clone())
        .await
        .unwrap();
    assert_eq!(ended["revision"], 3);
    let gone = ask(&memory, "deleteEventsTable", which).await.unwrap_err();
    assert_eq!(gone.error_type, "DynamoDB:ConditionalCheckFailedException");
}

#[tokio::test]
async fn events_are_listed_by_user_and_id_and_filtered() {
    let memory = fresh().await;
    for name in ["a", "b", "c"] {
        call(&memory, Method::Create, &wish(2, name)).await;
        call(&memory, Method::Create, &wish(3, name)).await;
    }
    let list = async |arguments: Value| ask(&memory, "listEventsTables", arguments).await.unwrap();
    let ids = |page: &Value| -> Vec<(i64, i64)> {
        let items = page["items"].as_array().unwrap();
        let number = |item: &Value, name: &str| item[name].as_i64().unwrap();
        items
            .iter()
            .map(|item| (number(item, "user_id"), number(item, "id")))
            .collect()
    };
    let of_two = json!({"filter": {"user_id": {"eq": 2}}, "limit": 2});
    let page = list(of_two.clone()).await;
    assert_eq!(ids(&page), [(2, 1), (2, 2)]);
    let rest = list(with(of_two, json!({"nextToken": page["nextToken"]}))).await;
    assert_eq!(ids(&rest), [(2, 3)]);
    assert_eq!(rest["nextToken"], Value::Null);
    let all = list(json!({})).await;
    assert!(ids(&all).is_sorted() && ids(&all).len() > 6);
    let named = list(json!({"filter": {"name": {"eq": "b"}, "user_id": {"gt": 1}}})).await;
    assert_eq!(ids(&named), [(2, 2), (3, 2)]);
    let wrong = ask(&memory, "listEventsTables", json!({"nextToken": "x"}))
        .await
        .unwrap_err();
    assert_eq!(wrong.error_type, "BadRequestException");
    let one = ask(&memory, "getEventsTable", json!({"user_id": 3, "id": 2}))
        .await
        .unwrap();
    assert_eq!(one["name"], "b");
    let none = ask(&memory, "getEventsTable", json!({"user_id": 3, "id": 9}))
        .await
        .unwrap();
    assert_eq!(none, Value::Null);
}

#[tokio::test]
async fn a_fresh_cloud_has_its_users_and_samples_and_is_made_once() {
    let memory = fresh().await;
    let events = |memory: &Memory| -> BTreeSet<String> {
        let state = memory.state();
        let keys = state.rows.keys().filter(|(table, _)| *table == EVENTS.name);
        keys.map(|(_, key)| key.clone()).collect()
    };
    let users = USERS.filter(|user| {
        let key = (CALENDARS.name, user.to_string());
        memory.state().rows.contains_key(&key)
    });
    assert_eq!(users.count(), 5);
    assert_eq!(events(&memory).len(), 5);
    call(&memory, Method::Delete, &json!({"user_id": 1, "id": 2})).await;
    let left = events(&memory);
    prepare(&memory).await.unwrap();
    assert_eq!(events(&memory), left);
    assert_eq!(
        call(&memory, Method::Create, &wish(1, "x")).await.body["id"],
        6
    );
}

#[tokio::test]
async fn each_change_is_published_with_everything_there_is() {
    let memory = fresh().await;
    memory.state().changes.clear();
    call(&memory, Method::Create, &wish(2, "x")).await;
    call(
        &memory,
        Method::Update,
        &json!({"user_id": 2, "id": 1, "name": "y"}),
    )
    .await;
    call(&memory, Method::Delete, &json!({"user_id": 2, "id": 1})).await;
    let changes: Vec<(&str, String, Option<Item>, Option<Item>)> = memory.state().changes.clone();
    for (sequence, (table, key, old, new)) in (1..).zip(changes) {
        let table = table.to_owned();
        let change = Change {
            table,
            key,
            sequence,
            old,
            new,
        };
        on_change(&memory, &change).await.unwrap();
    }
    let published = memory.state().published.clone();
    let told: Vec<_> = published
        .iter()
        .map(|mutation| {
            let input = &mutation.variables["input"];
            (
                mutation.document,
                input["name"].clone(),
                input["revision"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (CREATED, json!("x"), json!(1)),
            (UPDATED, json!("y"), json!(2)),
            (DELETED, json!("y"), json!(3)),
        ]
    );
    let fields: Map<String, Value> = published[0].variables["input"].as_object().unwrap().clone();
    let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
    let schema = graphql_parser::parse_schema::<&str>(API.schema).unwrap();
    let event = schema
        .definitions
        .iter()
        .find_map(|definition| match definition {
            graphql_parser::schema::Definition::TypeDefinition(
                graphql_parser::schema::TypeDefinition::Object(object),
            ) if object.name == "EventsTable" => Some(object),
            _ => None,
        });
    let declared: BTreeSet<&str> = event
        .unwrap()
        .fields
        .iter()
        .map(|field| field.name)
        .collect();
    assert_eq!(names, declared);
    for document in [CREATED, UPDATED, DELETED] {
        for name in &declared {
            assert!(document.contains(&format!("    {name}\n")), "{document}");
        }
    }
}
