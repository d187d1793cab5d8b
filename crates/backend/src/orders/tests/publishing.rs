//! Publishing leaves nothing out.

use graphql_parser::{query, schema};
use serde_json::{Value, json};

use super::*;
use crate::event::HandlerError;
use crate::ports::{Change, Item, PortError};

#[test]
fn first_revisions_are_published_as_created_later_ones_as_updated() {
    let ports = Memory::default();
    handle(&ports, &created("1", "a")).unwrap();
    let row = |ports: &Memory| ports.state().rows[&(ORDERS.name, "a".to_owned())].clone();
    let change = |old, new| Change {
        table: ORDERS.name.into(),
        key: "a".into(),
        sequence: 1,
        old,
        new,
    };
    let first = row(&ports);
    now(on_change(&ports, &change(None, Some(first.clone())))).unwrap();
    handle(&ports, &updated("2", "a", OrderStatus::InKitchen)).unwrap();
    now(on_change(&ports, &change(Some(first), Some(row(&ports))))).unwrap();
    now(on_change(&ports, &change(Some(row(&ports)), None))).unwrap();
    let published = std::mem::take(&mut ports.state().published);
    assert_eq!(published.len(), 2, "a removal is not published");
    assert_eq!(published[0].document, publish::CREATE_ORDER);
    assert_eq!(published[1].document, publish::UPDATE_ORDER);
    let order = ask(&ports, "order", json!({ "orderId": "a" })).unwrap();
    assert_eq!(
        Value::Object(published[1].variables.clone()),
        json!({ "input": order })
    );
}

#[test]
fn a_change_is_told_to_everyone_and_to_whoever_follows_the_order() {
    let ports = Memory::default();
    handle(&ports, &created("1", "a")).unwrap();
    let row = |ports: &Memory| ports.state().rows[&(ORDERS.name, "a".to_owned())].clone();
    let told = |old: Option<Item>, new: Option<Item>| {
        let change = Change {
            table: ORDERS.name.into(),
            key: "a".into(),
            sequence: 1,
            old,
            new,
        };
        now(tell(&ports, &change)).unwrap();
        std::mem::take(&mut ports.state().notices)
    };
    let first = row(&ports);
    let notices = told(None, Some(first.clone()));
    let topics: Vec<_> = notices.iter().map(|notice| &notice.topic).collect();
    assert_eq!(topics, ["orders/events", "orders/events/a"]);
    let payload = json!({
        "orderId": "a", "status": "SUBMITTED", "updatedAt": first["updatedAt"], "event": "CREATED", "revision": 1,
    });
    assert!(notices.iter().all(|notice| notice.payload == payload));

    handle(&ports, &updated("2", "a", OrderStatus::InKitchen)).unwrap();
    let notices = told(Some(first), Some(row(&ports)));
    let told_of = &notices[0].payload;
    assert_eq!(
        (&told_of["status"], &told_of["event"], &told_of["revision"]),
        (&json!("IN_KITCHEN"), &json!("UPDATED"), &json!(2))
    );
    assert_eq!(told(Some(row(&ports)), None), [], "a removal is not told");
}

#[test]
fn what_cannot_be_told_now_is_told_again_and_what_never_can_is_dead() {
    let ports = Memory::default();
    handle(&ports, &created("1", "a")).unwrap();
    let row = ports.state().rows[&(ORDERS.name, "a".to_owned())].clone();
    let change = Change {
        table: ORDERS.name.into(),
        key: "a".into(),
        sequence: 1,
        old: None,
        new: Some(row),
    };
    ports.state().lost_notices = vec![PortError::Unavailable("gone".into())];
    let later = now(tell(&ports, &change)).unwrap_err();
    assert!(matches!(later, HandlerError::Retry(_)), "{later:?}");
    now(tell(&ports, &change)).unwrap();
    ports.state().lost_notices = vec![PortError::Refused("no topic".into())];
    let never = now(tell(&ports, &change)).unwrap_err();
    assert!(matches!(never, HandlerError::Dead(_)), "{never:?}");
}

/// The names of a type's fields, with those of the types under them.
fn fields_of(document: &schema::Document<'_, String>, name: &str) -> Vec<String> {
    let fields = document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            schema::Definition::TypeDefinition(schema::TypeDefinition::Object(object))
                if object.name == name =>
            {
                Some(
                    object
                        .fields
                        .iter()
                        .map(|f| (f.name.clone(), f.field_type.to_string()))
                        .collect::<Vec<_>>(),
                )
            }
            schema::Definition::TypeDefinition(schema::TypeDefinition::InputObject(input))
                if input.name == name =>
            {
                Some(
                    input
                        .fields
                        .iter()
                        .map(|f| (f.name.clone(), f.value_type.to_string()))
                        .collect(),
                )
            }
            _ => None,
        });
    let mut names = Vec::new();
    for (name, type_name) in fields.unwrap_or_default() {
        let below = fields_of(document, type_name.trim_matches(|c| "[]!".contains(c)));
        names.push(name.clone());
        names.extend(below.into_iter().map(|field| format!("{name}.{field}")));
    }
    names.sort();
    names
}

fn selected(set: &query::SelectionSet<'_, String>) -> Vec<String> {
    let mut names = Vec::new();
    for item in &set.items {
        let query::Selection::Field(field) = item else {
            continue;
        };
        names.push(field.name.clone());
        names.extend(
            selected(&field.selection_set)
                .into_iter()
                .map(|below| format!("{}.{below}", field.name)),
        );
    }
    names.sort();
    names
}

#[test]
fn publishing_sends_and_selects_every_field_of_the_schema() {
    let schema = graphql_parser::parse_schema::<String>(API.schema).unwrap();
    let order = fields_of(&schema, "Order");
    assert!(order.contains(&"items.unitPrice".to_owned()));
    for (document, input) in [
        (publish::CREATE_ORDER, "CreateOrderInput"),
        (publish::UPDATE_ORDER, "UpdateOrderInput"),
    ] {
        assert_eq!(fields_of(&schema, input), order, "{input}");
        let document = graphql_parser::parse_query::<String>(document).unwrap();
        let query::Definition::Operation(query::OperationDefinition::Mutation(mutation)) =
            &document.definitions[0]
        else {
            panic!("not a mutation")
        };
        let query::Selection::Field(field) = &mutation.selection_set.items[0] else {
            panic!("not a field")
        };
        assert_eq!(selected(&field.selection_set), order);
    }
}
