//! The page's mark: water that turns on itself.

use leptos::prelude::*;

/// An eddy. Decoration: what it stands beside says the name.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path d="M3 20c4 5 10 8 16 6 7-2 11-9 8-15-2-5-8-7-13-5-4 2-6 7-4 11 2 3 6 4 9 2 2-2 2-5 0-6" />
        </svg>
    }
}
