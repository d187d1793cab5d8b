//! Publishing leaves nothing out, and tells no news that is none.

use graphql_parser::{query, schema};

use super::super::publish::{PUBLISH_MOVIES, PUBLISH_REVIEWS};
use super::super::{API, on_change};
use super::*;
use crate::ports::{Change, Mutation};

/// Everything that the tables' streams have told so far, published.
async fn published(memory: &Memory) -> Vec<Mutation> {
    let changes = std::mem::take(&mut memory.state().changes);
    for (sequence, (table, key, old, new)) in (1..).zip(changes) {
        let change = Change {
            table: table.to_owned(),
            key,
            sequence,
            old,
            new,
        };
        on_change(memory, &change).await.unwrap();
    }
    std::mem::take(&mut memory.state().published)
}

#[tokio::test]
async fn votes_and_rotations_are_published_whole_and_in_order() {
    let memory = fresh().await;
    assert_eq!(
        published(&memory).await,
        [],
        "what is made is told by what made it"
    );
    vote(&memory, &guest("one"), ("3", 2, 1), "t")
        .await
        .unwrap();
    let news = published(&memory).await;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].document, PUBLISH_REVIEWS);
    assert_eq!(news[0].variables["input"], review(&memory, "3").await);

    rotate(&memory, 1).await;
    let news = published(&memory).await;
    // Five reactions and the movie; that the round was being closed before is no news.
    assert_eq!(news.len(), 6, "{news:?}");
    let movie = news
        .iter()
        .find(|it| it.document == PUBLISH_MOVIES)
        .unwrap();
    let shown = ask(&memory, &guest("one"), "getMovies", json!({"id": 0})).await;
    assert_eq!(movie.variables["input"], shown.unwrap());
    rotate(&memory, 1).await;
    assert_eq!(published(&memory).await, [], "its timer fired twice");
}

#[tokio::test]
async fn the_movie_that_follows_a_deleted_one_is_published() {
    let memory = fresh().await;
    let deleted = json!({"input": {"id": "0"}});
    ask(&memory, &Caller::backend(), "deleteMovies", deleted)
        .await
        .unwrap();
    assert_eq!(published(&memory).await, [], "told by the mutation");
    rotate(&memory, 1).await;
    let news = published(&memory).await;
    let movie = news.iter().find(|it| it.document == PUBLISH_MOVIES);
    let shown = ask(&memory, &guest("one"), "getMovies", json!({"id": 0})).await;
    assert_eq!(movie.unwrap().variables["input"], shown.unwrap());
}

#[test]
fn publishing_selects_every_field_and_hands_in_every_one() {
    let schema = graphql_parser::parse_schema::<String>(API.schema).unwrap();
    let fields = |name: &str| -> Vec<String> {
        let found = schema
            .definitions
            .iter()
            .find_map(|definition| match definition {
                schema::Definition::TypeDefinition(schema::TypeDefinition::Object(it))
                    if it.name == name =>
                {
                    Some(it.fields.iter().map(|field| field.name.clone()).collect())
                }
                schema::Definition::TypeDefinition(schema::TypeDefinition::InputObject(it))
                    if it.name == name =>
                {
                    Some(it.fields.iter().map(|field| field.name.clone()).collect())
                }
                _ => None,
            });
        found.unwrap()
    };
    for (document, row) in [(PUBLISH_MOVIES, "Movies"), (PUBLISH_REVIEWS, "Reviews")] {
        let read = graphql_parser::parse_query::<String>(document).unwrap();
        let query::Definition::Operation(query::OperationDefinition::Mutation(it)) =
            &read.definitions[0]
        else {
            panic!("{document}")
        };
        let query::Selection::Field(root) = &it.selection_set.items[0] else {
            panic!("{document}")
        };
        let selected = root.selection_set.items.iter().map(|it| match it {
            query::Selection::Field(field) => field.name.clone(),
            _ => panic!("{document}"),
        });
        let mut selected: Vec<_> = selected.collect();
        let (mut all, mut given) = (fields(row), fields(&format!("Publish{row}Input")));
        selected.sort();
        all.sort();
        given.sort();
        assert_eq!(selected, all, "{row}");
        assert_eq!(given, all, "{row}");
    }
}

#[tokio::test]
async fn what_a_row_shows_is_what_the_schema_has() {
    let memory = fresh().await;
    let movie = ask(&memory, &guest("one"), "getMovies", json!({"id": 0})).await;
    let movie = movie.unwrap();
    for (row, document) in [
        (movie, PUBLISH_MOVIES),
        (review(&memory, "1").await, PUBLISH_REVIEWS),
    ] {
        for name in row.as_object().unwrap().keys() {
            assert!(document.contains(&format!("    {name}\n")), "{name}");
        }
    }
}
