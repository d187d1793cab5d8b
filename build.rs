//! Turns `graphql/<api>/` into Rust types for the page, one module an operation.
//!
//! An operation is sent alone, so each becomes a document of its own with only the fragments that it uses (a document
//! with unused fragments or several operations is refused, or dead weight on the wire). What several operations
//! generate alike, such as the fragment `OrderFields`, is kept once, in a module `shared`: one type to convert from
//! instead of one an operation, and one reader in the page instead of four.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use graphql_client_codegen::{
    CodegenMode, GraphQLClientCodegenOptions, generate_module_token_stream_from_string,
};
use graphql_parser::query::{self, Definition, OperationDefinition, Selection, SelectionSet};
use quote::{ToTokens, quote};

#[path = "build/json.rs"]
mod json;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=graphql");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let prelude = fs::read_to_string("graphql/prelude.graphql")?;
    for api in ["orders", "movies", "calendar", "restaurant"] {
        generate(api, &prelude, &out)?;
    }
    Ok(())
}

/// Writes `<api>.rs` from `graphql/<api>/`: a module `schema`, to be included by whoever speaks with that API.
fn generate(api: &str, prelude: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = Path::new("graphql").join(api);
    let schema = out.join(format!("{api}.graphql"));
    fs::write(
        &schema,
        format!(
            "{prelude}\n{}",
            fs::read_to_string(folder.join("schema.graphql"))?
        ),
    )?;
    let operations = fs::read_to_string(folder.join("operations.graphql"))?;

    let mut items = Vec::new();
    for document in split(&operations)? {
        let mut options = GraphQLClientCodegenOptions::new(CodegenMode::Cli);
        options.set_module_visibility(syn::parse_quote!(pub));
        options.set_response_derives("Debug,Clone,PartialEq".into());
        options.set_skip_serializing_none(true);
        let tokens = generate_module_token_stream_from_string(&document, &schema, options)
            .map_err(|error| format!("graphql/{api}/operations.graphql: {error}"))?;
        items.extend(syn::parse2::<syn::File>(tokens)?.items);
    }
    let mut items = share(items);
    for content in modules(&mut items) {
        let mut impls = Vec::new();
        for item in content.iter() {
            let tokens = json::impls(item)
                .map_err(|error| format!("graphql/{api}: {error}: {}", item.to_token_stream()))?;
            impls.extend(syn::parse2::<syn::File>(tokens)?.items);
        }
        content.append(&mut impls);
    }
    let module = quote! {
        #[allow(
            missing_docs,
            unreachable_pub,
            nonstandard_style,
            dead_code,
            unused_imports,
            clippy::all,
            clippy::pedantic
        )]
        mod schema {
            /// RFC 3339.
            type AWSDateTime = String;
            #(#items)*
        }
    };
    fs::write(out.join(format!("{api}.rs")), module.to_string())?;
    Ok(())
}

/// One document for each operation, with the fragments it uses.
fn split(source: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let document = query::parse_query::<String>(source)?;
    let mut fragments = BTreeMap::new();
    let mut operations = Vec::new();
    for definition in document.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(fragment.name.clone(), fragment);
            }
            Definition::Operation(operation) => operations.push(operation),
        }
    }
    operations
        .into_iter()
        .map(|operation| {
            let selections = match &operation {
                OperationDefinition::Query(it) => &it.selection_set,
                OperationDefinition::Mutation(it) => &it.selection_set,
                OperationDefinition::Subscription(it) => &it.selection_set,
                OperationDefinition::SelectionSet(it) => it,
            };
            let mut used = BTreeSet::new();
            spreads(selections, &fragments, &mut used)?;
            Ok(used.iter().fold(operation.to_string(), |text, name| {
                format!("{text}\n{}", fragments[name])
            }))
        })
        .collect()
}

/// Collects the fragments that a selection names, and those that these name.
fn spreads(
    set: &SelectionSet<'_, String>,
    fragments: &BTreeMap<String, query::FragmentDefinition<'_, String>>,
    used: &mut BTreeSet<String>,
) -> Result<(), Box<dyn Error>> {
    for selection in &set.items {
        match selection {
            Selection::Field(field) => spreads(&field.selection_set, fragments, used)?,
            Selection::InlineFragment(inline) => spreads(&inline.selection_set, fragments, used)?,
            Selection::FragmentSpread(spread) => {
                let name = &spread.fragment_name;
                let fragment = fragments
                    .get(name)
                    .ok_or_else(|| format!("no fragment `{name}`"))?;
                if used.insert(name.clone()) {
                    spreads(&fragment.selection_set, fragments, used)?;
                }
            }
        }
    }
    Ok(())
}

/// Moves the types (and their impls) that several operations' modules define alike into a module `shared`.
fn share(mut items: Vec<syn::Item>) -> Vec<syn::Item> {
    let mut seen = BTreeMap::<String, usize>::new();
    for item in modules(&mut items).flatten() {
        *seen.entry(item.to_token_stream().to_string()).or_default() += 1;
    }
    let mut shared = BTreeMap::new();
    for content in modules(&mut items) {
        content.retain(|item| {
            let text = item.to_token_stream().to_string();
            let (moves, copies) = match item {
                syn::Item::Struct(syn::ItemStruct { ident, .. }) => (!is_own(ident), false),
                syn::Item::Enum(_) => (true, false),
                syn::Item::Impl(it) => (it.trait_.is_some(), false),
                // Private aliases of scalars are wanted on both sides.
                syn::Item::Type(it) => (false, it.vis == syn::Visibility::Inherited),
                item => (false, matches!(item, syn::Item::Use(_))),
            };
            let moves = moves && seen[&text] > 1;
            if moves || copies {
                shared.insert(text, item.clone());
            }
            !moves
        });
        content.push(syn::parse_quote!(
            use super::shared::*;
        ));
    }
    let shared = shared.values();
    items.push(syn::parse_quote!(pub mod shared { #(#shared)* }));
    items
}

/// Whether a type is an operation's own by name, however alike another operation's may look.
fn is_own(name: &syn::Ident) -> bool {
    name == "Variables" || name == "ResponseData"
}

/// The contents of the operations' modules.
fn modules(items: &mut [syn::Item]) -> impl Iterator<Item = &mut Vec<syn::Item>> {
    items.iter_mut().filter_map(|item| match item {
        syn::Item::Mod(module) => module.content.as_mut().map(|(_, content)| content),
        _ => None,
    })
}
