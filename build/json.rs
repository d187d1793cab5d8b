//! What reads and writes the generated types with `json`: as serde's derives, field by field, but in calls that all types
//! share. The derives stay, since `graphql_client` asks for them; nothing of them is linked.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, Fields, Item, ItemEnum, ItemStruct, Lit, Meta, Token};

/// The impls that stand beside a type; none beside anything else.
///
/// # Errors
/// What serde is told of it and this cannot say.
pub(crate) fn impls(item: &Item) -> Result<TokenStream, Error> {
    match item {
        Item::Struct(it) => {
            let reads = derives(&it.attrs, "Deserialize")?.then(|| reading(it));
            let writes = derives(&it.attrs, "Serialize")?.then(|| writing(it));
            let (reads, writes) = (reads.transpose()?, writes.transpose()?);
            Ok(quote!(#reads #writes))
        }
        // An enum of the schema has impls of serde's; one with a derive is a choice between types.
        Item::Enum(it) if derives(&it.attrs, "Deserialize")? => {
            Err(Error::new_spanned(it, "no unions or interfaces yet"))
        }
        Item::Enum(it) => Ok(choice(it)),
        _ => Ok(TokenStream::new()),
    }
}

fn reading(it: &ItemStruct) -> Result<TokenStream, Error> {
    let name = &it.ident;
    let mut fields = Vec::new();
    for field in &it.fields {
        let serde = Serde::of(&field.attrs)?;
        let ident = &field.ident;
        let wire = serde.name(field);
        fields.push(if serde.is_flat {
            quote!(#ident: ::json::FromJson::from_json(value, reading))
        } else {
            quote!(#ident: reading.field(value, #wire))
        });
    }
    Ok(quote! {
        impl ::json::FromJson for #name {
            fn from_json(value: &::json::Value, reading: &mut ::json::Reading) -> Self {
                Self { #(#fields),* }
            }
        }
    })
}

fn writing(it: &ItemStruct) -> Result<TokenStream, Error> {
    let name = &it.ident;
    if matches!(it.fields, Fields::Unit) {
        return Ok(quote! {
            impl From<#name> for ::json::Value {
                fn from(_: #name) -> Self {
                    Self::Null
                }
            }
        });
    }
    let mut fields = Vec::new();
    for field in &it.fields {
        let serde = Serde::of(&field.attrs)?;
        if serde.is_flat {
            return Err(Error::new_spanned(field, "no flat variables"));
        }
        let (ident, wire) = (&field.ident, serde.name(field));
        fields.push(if serde.skips_none {
            quote!(object.set_some(#wire, value.#ident);)
        } else {
            quote!(object.set(#wire, value.#ident);)
        });
    }
    Ok(quote! {
        impl From<#name> for ::json::Value {
            fn from(value: #name) -> Self {
                let mut object = ::json::Object::default();
                #(#fields)*
                object.into()
            }
        }
    })
}

/// An enum of the schema: a name each, and `Other` for those that are newer than the page.
fn choice(it: &ItemEnum) -> TokenStream {
    let name = &it.ident;
    let known = it.variants.iter().filter(|it| it.fields.is_empty());
    let known: Vec<_> = known.map(|it| &it.ident).collect();
    let wire: Vec<_> = known.iter().map(ToString::to_string).collect();
    quote! {
        impl ::json::FromJson for #name {
            fn from_json(value: &::json::Value, reading: &mut ::json::Reading) -> Self {
                let text: String = ::json::FromJson::from_json(value, reading);
                match text.as_str() {
                    #(#wire => Self::#known,)*
                    _ => Self::Other(text),
                }
            }
        }
        impl From<#name> for ::json::Value {
            fn from(value: #name) -> Self {
                match value {
                    #(#name::#known => #wire.into(),)*
                    #name::Other(text) => text.into(),
                }
            }
        }
    }
}

fn derives(attrs: &[Attribute], name: &str) -> Result<bool, Error> {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        let paths = attr.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated)?;
        if paths.iter().any(|path| path.is_ident(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What serde is told of a field.
#[derive(Default)]
struct Serde {
    rename: Option<String>,
    skips_none: bool,
    is_flat: bool,
}

impl Serde {
    fn of(attrs: &[Attribute]) -> Result<Self, Error> {
        let mut serde = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            let metas = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
            for meta in metas {
                match &meta {
                    Meta::Path(path) if path.is_ident("flatten") => serde.is_flat = true,
                    Meta::NameValue(it) if it.path.is_ident("skip_serializing_if") => {
                        serde.skips_none = true;
                    }
                    Meta::NameValue(it) if it.path.is_ident("rename") => {
                        serde.rename = text(&it.value);
                    }
                    other => return Err(Error::new_spanned(other, "not known to build/json.rs")),
                }
            }
        }
        Ok(serde)
    }

    /// The field's name in JSON.
    fn name(&self, field: &syn::Field) -> String {
        let ident = field.ident.as_ref().map(ToString::to_string);
        let own = ident.unwrap_or_default();
        let own = own.strip_prefix("r#").unwrap_or(&own);
        self.rename.clone().unwrap_or_else(|| own.to_owned())
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
