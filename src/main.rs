//! The page's start: panic hook, configuration, mount.
#![forbid(unsafe_code)]

use eddy::app::{app, configuration};
use eddy::ui::template;
use leptos::prelude::document;

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        // The browser shows beside it who called whom.
        leptos::leptos_dom::logging::console_error(&panic.to_string());
        // What is still to be seen does not change any more: nobody shall take it for the truth.
        if let Some(body) = document().body() {
            let _ = body.prepend_with_node_1(template("stopped").raw());
        }
    }));
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
