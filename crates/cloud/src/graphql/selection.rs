//! What a selection takes from a value, by the fields' own names.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast;
use apollo_compiler::executable::{Field, Selection};
use apollo_compiler::response::JsonMap;
use serde_json::{Map, Value};

/// Selects from rows the way a mutation selected, to tell what its subscribers get.
pub(super) struct Selector<'a> {
    pub(super) document: &'a ExecutableDocument,
    pub(super) variables: &'a JsonMap,
}

impl Selector<'_> {
    /// The part of a field's value that the mutation selected. Aliases do not count: subscribers have their own.
    pub(super) fn take(&self, fields: &[&Field], value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.take(fields, item)).collect(),
            Value::Object(row) => {
                let mut taken = Map::new();
                for field in fields {
                    self.collect(&field.selection_set.selections, row, &mut taken);
                }
                Value::Object(taken)
            }
            scalar => scalar.clone(),
        }
    }

    fn collect(
        &self,
        selections: &[Selection],
        row: &Map<String, Value>,
        taken: &mut Map<String, Value>,
    ) {
        for selection in selections
            .iter()
            .filter(|selection| self.included(selection.directives()))
        {
            match selection {
                Selection::Field(field) => {
                    let value = row.get(field.name.as_str()).cloned().unwrap_or_default();
                    let value = if field.selection_set.is_empty() {
                        value
                    } else {
                        self.take(&[field], &value)
                    };
                    merge(
                        taken.entry(field.name.as_str()).or_insert(Value::Null),
                        value,
                    );
                }
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.selection_set.selections, row, taken);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.collect(&fragment.selection_set.selections, row, taken);
                    }
                }
            }
        }
    }

    fn included(&self, directives: &ast::DirectiveList) -> bool {
        let condition = |name: &str| match directives
            .get(name)?
            .specified_argument_by_name("if")?
            .as_ref()
        {
            ast::Value::Boolean(value) => Some(*value),
            ast::Value::Variable(name) => self.variables.get(name.as_str())?.as_bool(),
            _ => None,
        };
        !condition("skip").unwrap_or(false) && condition("include").unwrap_or(true)
    }
}

/// The same field selected twice (through an alias or a fragment): what either selected is there.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) if into.len() == from.len() => {
            into.iter_mut()
                .zip(from)
                .for_each(|(into, from)| merge(into, from));
        }
        (into, from) => *into = from,
    }
}
