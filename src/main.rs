//! The page's start: panic hook, configuration, mount.
#![forbid(unsafe_code)]

use eddy::app::{app, configuration};
use leptos::prelude::document;

fn main() {
    console_error_panic_hook::set_once();
    net::spawn(async {
        let origin = net::origin().unwrap_or_default();
        let config = configuration(&origin).await;
        leptos::mount::mount_to_body(move || {
            if let Some(body) = document().body() {
                let _ = body.append_child(app(config, &origin).raw());
            }
        });
    });
}
