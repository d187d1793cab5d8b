//! Parts of the page that never change, from the `<template>`s of `index.html`.

use leptos::prelude::document;
use leptos::web_sys::HtmlTemplateElement;
use wasm_bindgen::JsCast as _;

use super::{El, el};

/// A clone of the template of that id: as markup it weighs a third of what it would as code.
#[must_use]
pub fn template(id: &str) -> El {
    let place = el("div").class("template");
    let template = document().get_element_by_id(id);
    if let Some(template) = template.and_then(|it| it.dyn_into::<HtmlTemplateElement>().ok())
        && let Ok(clone) = template.content().clone_node_with_deep(true)
    {
        let _ = place.raw().append_child(&clone);
    }
    place
}
