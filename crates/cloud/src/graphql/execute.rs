//! Executing queries and mutations.

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::executable::OperationType;
use apollo_compiler::resolvers::{
    Execution, FieldError as Unresolved, ObjectValue, ResolveInfo, ResolvedValue,
};
use backend::api::{ApiName, Caller, FieldError, FieldKind};
use serde_json::{Map, Value};

use super::prepared::{Prepared, from_json};
use super::rows::resolved;
use super::selection::Selector;
use super::{GraphQlError, GraphQlRequest, GraphQlResponse};
use crate::world::World;

/// So many root fields may an operation call. What one mutation publishes has to fit many times into the queue of each who
/// listens (`realtime::Limits::queue`): else one request could cut off all of them.
/// Source: AppSync API reference, `resolverCountLimit`; the service's own setting, 10,000 unless told otherwise.
const MOST_FIELDS: usize = 50;

/// Executes a query or a mutation as its caller may, and tells the subscribers of what a mutation did.
pub async fn execute(
    world: &World,
    api: ApiName,
    caller: &Caller,
    request: GraphQlRequest,
) -> GraphQlResponse {
    let schema = world.apis.schema(api);
    let prepared = match Prepared::of(schema, &request) {
        Ok(prepared) => prepared,
        Err(errors) => return GraphQlResponse::refused(errors),
    };
    let parent = match prepared.operation.operation_type {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => {
            let message =
                "Subscriptions run over the real-time endpoint, <graphql endpoint>/realtime.";
            return GraphQlResponse::refused(vec![GraphQlError::new(
                "UnsupportedOperation",
                message,
            )]);
        }
    };
    // Execution is synchronous: first it tells which root fields are called with what, then it selects from the answers.
    let execution = Execution::new(&schema.sdl, &prepared.document)
        .operation(&prepared.operation)
        .coerced_variable_values(&prepared.variables)
        .enable_schema_introspection(true);
    let calls = calls(&execution, parent);
    if calls.len() > MOST_FIELDS {
        return GraphQlResponse::refused(vec![too_many(calls.len())]);
    }
    let mut answers = HashMap::new();
    for Call {
        key,
        field,
        arguments,
    } in calls
    {
        let answer = call(world, api, caller, parent, &field, &arguments).await;
        answers.insert(key, answer);
    }
    let selector = Selector {
        document: &prepared.document,
        variables: &prepared.variables,
    };
    let root = Answers {
        parent,
        answers,
        selector,
        results: RefCell::default(),
    };
    let executed = match execution.execute_sync(&root) {
        Ok(executed) => executed,
        Err(error) => {
            let error =
                GraphQlError::validation(&error.to_graphql_error(&prepared.document.sources));
            return GraphQlResponse::refused(vec![error]);
        }
    };
    let Answers {
        answers, results, ..
    } = root;
    let response = GraphQlResponse {
        errors: executed
            .errors
            .iter()
            .map(|error| with_type(GraphQlError::field(error), &answers))
            .collect(),
        data: executed.data.as_ref().map(from_json),
    };
    for Published { key, field, value } in results.into_inner() {
        // What the caller did not get, nobody gets.
        if response
            .data
            .as_ref()
            .is_some_and(|data| !data[&key].is_null())
        {
            for subscription in schema.bound_to(&field) {
                let reached = world.hub.publish(api, subscription, &value);
                world.counters.published.add(1);
                if let Some(errand) = world.errand() {
                    errand.reached.add(reached);
                }
            }
            // Those who listen get their turn before the next.
            tokio::task::yield_now().await;
        }
    }
    response
}

/// Refused before anything of it is done. The service's type and first words.
/// Source: amplify-cli issue 6128.
fn too_many(fields: usize) -> GraphQlError {
    let message = format!(
        "Resolver invocation limit reached. {fields} root fields are called at once; at most {MOST_FIELDS} are taken: \
         send several requests."
    );
    GraphQlError::new("ResolverExecutionLimitReached", message)
}

/// A root field as its caller called it.
struct Call {
    /// Its name in the response: its alias, if it has one.
    key: String,
    field: String,
    arguments: Map<String, Value>,
}

fn calls(execution: &Execution<'_>, parent: &'static str) -> Vec<Call> {
    let recorder = Recorder {
        parent,
        calls: RefCell::default(),
    };
    // Its errors (arguments that do not fit) come again when the answers are selected from.
    drop(execution.execute_sync(&recorder));
    recorder.calls.into_inner()
}

/// Answers one root field, as far as the policy lets the caller.
async fn call(
    world: &World,
    api: ApiName,
    caller: &Caller,
    parent: &'static str,
    field: &str,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    if !world.apis.allow(caller, api, parent, field) {
        let refused = GraphQlError::unauthorized(parent, field);
        return Err(FieldError {
            error_type: "Unauthorized",
            message: refused.message,
        });
    }
    match world.apis.schema(api).kind(parent, field) {
        Some(FieldKind::Function) => {
            backend::api::resolve(world, api, parent, field, arguments, caller).await
        }
        Some(FieldKind::None) => Ok(arguments.get("input").cloned().unwrap_or_default()),
        None => Err(FieldError::no_resolver(field)),
    }
}

/// A root object that only writes down what is called.
struct Recorder {
    parent: &'static str,
    calls: RefCell<Vec<Call>>,
}

impl ObjectValue for Recorder {
    fn type_name(&self) -> &str {
        self.parent
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, Unresolved> {
        let arguments = match from_json(info.arguments()) {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        self.calls.borrow_mut().push(Call {
            key: key(info),
            field: info.field_name().to_owned(),
            arguments,
        });
        Ok(ResolvedValue::SkipForPartialExecution)
    }
}

/// The root object whose fields have their answers.
struct Answers<'a> {
    parent: &'static str,
    /// By response key.
    answers: HashMap<String, Result<Value, FieldError>>,
    selector: Selector<'a>,
    results: RefCell<Vec<Published>>,
}

/// What a mutation returned and selected.
struct Published {
    key: String,
    field: String,
    value: Value,
}

impl ObjectValue for Answers<'_> {
    fn type_name(&self) -> &str {
        self.parent
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, Unresolved> {
        let key = key(info);
        match self.answers.get(&key) {
            Some(Ok(value)) => {
                if self.parent == "Mutation" {
                    let selected = self.selector.take(info.field_selections(), value);
                    let field = info.field_name().to_owned();
                    self.results.borrow_mut().push(Published {
                        key,
                        field,
                        value: selected,
                    });
                }
                Ok(resolved(
                    info.schema(),
                    &info.field_definition().ty,
                    value.clone(),
                ))
            }
            Some(Err(error)) => Err(Unresolved {
                message: error.message.clone(),
            }),
            None => Err(self.unknown_field_error(info)),
        }
    }
}

fn key(info: &ResolveInfo<'_>) -> String {
    info.field_selections()[0].response_key().to_string()
}

/// Puts back what apollo-compiler's field errors have no room for: the error type, by the path.
fn with_type(
    error: GraphQlError,
    answers: &HashMap<String, Result<Value, FieldError>>,
) -> GraphQlError {
    let known = match error.path.as_deref() {
        Some([Value::String(key)]) => answers.get(key).and_then(|answer| answer.as_ref().err()),
        _ => None,
    };
    match known {
        Some(known) => GraphQlError {
            error_type: Some(known.error_type.to_owned()),
            message: known.message.clone(),
            ..error
        },
        None => error,
    }
}
