//! The page's start: panic hook, configuration, mount.
#![forbid(unsafe_code)]

use eddy::app::{App, configuration};
use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    net::spawn(async {
        let origin = net::origin().unwrap_or_default();
        let config = configuration(&origin).await;
        leptos::mount::mount_to_body(move || view! { <App config origin /> });
    });
}
