//! An API's schema with what AppSync reads from it: which field is resolved how, which mutation wakes which
//! subscription.

use std::collections::HashMap;

use apollo_compiler::validation::Valid;
use apollo_compiler::{Schema as Sdl, ast};
use backend::api::{ApiName, FieldKind, PRELUDE};

/// A parsed API.
pub(super) struct Schema {
    pub(super) sdl: Valid<Sdl>,
    pub(super) api: ApiName,
    kinds: HashMap<(&'static str, &'static str), FieldKind>,
    /// By mutation: the subscription fields that its results are delivered to.
    bindings: HashMap<String, Vec<String>>,
}

impl Schema {
    /// # Errors
    /// What does not hold up: the schema itself, a field that nobody declared, a binding to a mutation that is not there.
    pub(super) fn load(api: ApiName) -> Result<Self, String> {
        let declared = api.api();
        let text = format!("{PRELUDE}\n{}", declared.schema);
        let sdl = Sdl::parse_and_validate(text, format!("{api}/schema.graphql"))
            .map_err(|invalid| format!("the {api} schema does not hold up: {}", invalid.errors))?;
        let kinds = declared
            .fields
            .iter()
            .map(|field| ((field.parent, field.name), field.kind))
            .collect();
        let schema = Self {
            bindings: bindings(&sdl),
            sdl,
            api,
            kinds,
        };
        schema.check()?;
        Ok(schema)
    }

    /// How a root field is resolved.
    pub(super) fn kind(&self, parent: &'static str, field: &str) -> Option<FieldKind> {
        self.kinds
            .iter()
            .find(|((p, f), _)| *p == parent && *f == field)
            .map(|(_, kind)| *kind)
    }

    /// Whether the schema opens a root field to those who have a key. Keys are not the APIs' default authorization, so
    /// that what says nothing is closed.
    pub(super) fn takes_keys(&self, parent: &str, field: &str) -> bool {
        self.sdl
            .type_field(parent, field)
            .is_ok_and(|field| field.directives.has("aws_api_key"))
    }

    /// The subscription fields bound to a mutation.
    pub(super) fn bound_to(&self, mutation: &str) -> &[String] {
        self.bindings.get(mutation).map_or(&[], Vec::as_slice)
    }

    fn check(&self) -> Result<(), String> {
        let api = self.api;
        for parent in ["Query", "Mutation"] {
            let fields = self
                .sdl
                .get_object(parent)
                .into_iter()
                .flat_map(|object| object.fields.keys());
            if let Some(field) = fields
                .into_iter()
                .find(|field| self.kind(parent, field).is_none())
            {
                return Err(format!(
                    "nobody declares what resolves {parent}.{field} of the {api} API"
                ));
            }
        }
        match self
            .bindings
            .keys()
            .find(|mutation| self.kind("Mutation", mutation).is_none())
        {
            Some(mutation) => Err(format!(
                "@aws_subscribe in the {api} schema names {mutation}, which is no mutation"
            )),
            None => Ok(()),
        }
    }
}

fn bindings(sdl: &Valid<Sdl>) -> HashMap<String, Vec<String>> {
    let mut bindings: HashMap<String, Vec<String>> = HashMap::new();
    let fields = sdl
        .get_object("Subscription")
        .into_iter()
        .flat_map(|object| &object.fields);
    for (subscription, definition) in fields {
        let mutations = definition
            .directives
            .get("aws_subscribe")
            .and_then(|directive| directive.specified_argument_by_name("mutations"))
            .and_then(|mutations| mutations.as_list())
            .unwrap_or_default();
        for mutation in mutations.iter().filter_map(|mutation| mutation.as_str()) {
            bindings
                .entry(mutation.to_owned())
                .or_default()
                .push(subscription.to_string());
        }
    }
    bindings
}

/// Whether a value of this type has fields to select.
pub(super) fn is_composite(sdl: &Sdl, ty: &ast::Type) -> bool {
    use apollo_compiler::schema::ExtendedType::{Interface, Object, Union};
    matches!(
        sdl.types.get(ty.inner_named_type()),
        Some(Object(_) | Interface(_) | Union(_))
    )
}
