//! Files for the visitor to keep.

use leptos::prelude::document;
use leptos::web_sys::js_sys::Array;
use leptos::web_sys::{Blob, BlobPropertyBag, HtmlElement, Url};
use wasm_bindgen::{JsCast as _, JsValue};

use super::el;

/// Gives the visitor a text as a file of this name and media type.
pub fn save(name: &str, media_type: &str, text: &str) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link = el("a").set("href", &url).set("download", name);
    // Some browsers follow only links that are in the document.
    document().body()?.append_child(link.raw()).ok()?;
    link.raw().unchecked_ref::<HtmlElement>().click();
    link.raw().remove();
    Url::revoke_object_url(&url).ok()
}
