//! Types from values, as serde reads them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use json::{FromJson, Object, Reading, Value, read};
use proptest::prelude::*;
use serde_json::{Value as Theirs, json};

/// As the build of the page writes them.
#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    total: f64,
    revision: i64,
    small: Option<i64>,
    done: Option<bool>,
    items: Vec<Option<Item>>,
}

#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
struct Item {
    quantity: i64,
}

impl FromJson for Order {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        Self {
            order_id: reading.field(value, "orderId"),
            total: reading.field(value, "total"),
            revision: reading.field(value, "revision"),
            small: reading.field(value, "small"),
            done: reading.field(value, "done"),
            items: reading.field(value, "items"),
        }
    }
}

impl FromJson for Item {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        Self {
            quantity: reading.field(value, "quantity"),
        }
    }
}

impl From<Order> for Value {
    fn from(order: Order) -> Self {
        let mut object = Object::default();
        object.set("orderId", order.order_id);
        object.set("total", order.total);
        object.set("revision", order.revision);
        object.set("small", order.small);
        object.set_some("done", order.done);
        object.set("items", order.items);
        object.into()
    }
}

impl From<Item> for Value {
    fn from(item: Item) -> Self {
        let mut object = Object::default();
        object.set("quantity", item.quantity);
        object.into()
    }
}

fn order(change: impl FnOnce(&mut Theirs)) -> Theirs {
    let mut order = json!({
        "orderId": "2abc", "total": 7, "revision": 3, "small": null, "unknown": {"a": [1]},
        "items": [{"quantity": 2}, null]
    });
    change(&mut order);
    order
}

fn ours(value: &Theirs) -> Value {
    json::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn a_whole_answer_is_read() {
    let order: Order = read(&ours(&order(|_| {}))).unwrap();
    assert_eq!(order.items, [Some(Item { quantity: 2 }), None]);
}

#[test]
fn a_mismatch_names_the_field() {
    let told = |change| {
        read::<Order>(&ours(&order(change)))
            .unwrap_err()
            .to_string()
    };
    for (change, words) in [
        (
            (|it| it["total"] = json!("7")) as fn(&mut Theirs),
            "total is of another type",
        ),
        (|it| it["total"] = json!(null), "total is of another type"),
        (|it| it["small"] = json!(u64::MAX), "small is out of range"),
        (
            |it| it["revision"] = json!(3.0),
            "revision is of another type",
        ),
        (
            |it| it["items"] = json!([{"quantity": 1}, {}]),
            "items.quantity is missing",
        ),
        (
            |it| it["items"] = json!([{"quantity": 1}, 7]),
            "items is of another type",
        ),
        (
            |it| drop(it.as_object_mut().unwrap().remove("orderId")),
            "orderId is missing",
        ),
        (
            |it| drop(it.as_object_mut().unwrap().remove("items")),
            "items is missing",
        ),
    ] {
        assert_eq!(told(change), words);
    }
    let told = read::<Order>(&ours(&json!([]))).unwrap_err().to_string();
    assert_eq!(told, "is of another type");
}

#[test]
fn the_first_mismatch_is_told() {
    let error = read::<Order>(&ours(&json!({"orderId": 7}))).unwrap_err();
    assert_eq!(error.to_string(), "orderId is of another type");
}

fn anything() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        (-1e15..1e15).prop_map(Theirs::from),
        "[A-Za-z]{0,6}".prop_map(Theirs::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Theirs::from),
            prop::collection::btree_map("quantity|b", inner, 0..3)
                .prop_map(|map| Theirs::Object(map.into_iter().collect())),
        ]
    })
}

/// What serde reads. Its structs may come as lists as well, which no object of GraphQL does.
fn theirs(order: &Theirs) -> Option<Order> {
    let items = order["items"].as_array().map(Vec::as_slice);
    let has_list = items.unwrap_or_default().iter().any(Theirs::is_array);
    let read = serde_json::from_value(order.clone()).ok();
    read.filter(|_| !has_list)
}

fn is_near(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= theirs.abs() * 1e-15
}

proptest! {
    /// Whatever stands in one field, both readers agree on what is there, or that nothing is.
    #[test]
    fn reads_what_serde_reads(
        field in prop::sample::select(vec!["orderId", "total", "revision", "small", "done", "items"]),
        value in anything(),
    ) {
        let order = order(|order| order[field] = value);
        let mut read = read::<Order>(&ours(&order)).ok();
        let theirs = theirs(&order);
        if let (Some(read), Some(theirs)) = (&mut read, &theirs) {
            prop_assert!(is_near(read.total, theirs.total));
            read.total = theirs.total;
        }
        prop_assert_eq!(read, theirs);
    }

    /// What is written is what serde writes.
    #[test]
    fn writes_what_serde_writes(total in -1e9..1e9, revision: i64, small: Option<i64>, name in ".*") {
        let order = Order {
            order_id: name,
            total,
            revision,
            small,
            done: Some(true),
            items: vec![None, Some(Item { quantity: revision })],
        };
        let theirs = serde_json::to_value(&order).unwrap();
        let mut ours: Theirs = serde_json::from_str(&Value::from(order).text()).unwrap();
        // Seven is `7` to us and `7.0` to serde.
        let written = ours["total"].take().as_f64().unwrap();
        prop_assert!(is_near(written, total));
        ours["total"] = theirs["total"].clone();
        prop_assert_eq!(ours, theirs);
    }
}
