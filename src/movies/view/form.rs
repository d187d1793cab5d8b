//! What one is called, and what one has to say.

use crate::ui::signal::{Memo, RwSignal};
use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;

use crate::movies::Live;
use crate::movies::chat::{Draft, Outbox, fit};
use crate::ui::{El, Words, aim, effect, template};

/// Where the name is kept between visits.
const NAME: &str = "eddy.movies.name";

/// The form below the chat: first for a name, then for messages.
pub(super) fn form(movies: &'static Live, panel: &El) {
    let name = RwSignal::new(net::storage::get(NAME).unwrap_or_default());
    let error = RwSignal::new(Words::from(""));
    let has_name = Memo::new(move |_| name.with(|name| !name.is_empty()));
    let outbox = movies.outbox;
    let place = panel.find(".say");
    let _ = place.clone().slot(move || {
        Some(if has_name.get() {
            say(movies, name, error)
        } else {
            join(name, error)
        })
    });
    let _ = panel.find(".say-error").live(move || error.get());
    // What was refused is in the field again, with what has been written there since behind it. While another name is
    // chosen there is no such field.
    effect(move || {
        outbox.track();
        if !has_name.get() {
            return;
        }
        let returned = outbox.try_update_untracked(Outbox::returned).flatten();
        if let Some(returned) = returned {
            let field = place.find("#chat-message");
            let since = field.value();
            let text = [returned.text.as_str(), &since].join(" ");
            field.write(text.trim());
            error.set(["Not sent: ", &returned.why].concat().into());
        }
    });
}

fn join(name: RwSignal<String>, error: RwSignal<Words>) -> El {
    let form = template("chat-join");
    let field = form.find("input");
    let written = field.clone();
    let _ = form.find("form").on("submit", move |event: SubmitEvent| {
        event.prevent_default();
        match fit(&written.value(), Outbox::LONGEST_NAME) {
            Ok(chosen) => {
                net::storage::set(NAME, &chosen);
                error.set("".into());
                name.set(chosen);
                focus();
            }
            Err(unfit) => error.set(unfit.to_string().into()),
        }
    });
    form
}

fn say(movies: &'static Live, name: RwSignal<String>, error: RwSignal<Words>) -> El {
    let form = template("chat-say");
    let field = form.find("input");
    let _ = form
        .find("button[type=button]")
        .live(move || name.get())
        .on("click", move |_: MouseEvent| {
            net::storage::remove(NAME);
            error.set("".into());
            name.set(String::new());
            focus();
        });
    let _ = form.find("form").on("submit", move |event: SubmitEvent| {
        event.prevent_default();
        match fit(&field.value(), Outbox::LONGEST) {
            Ok(text) => {
                field.write("");
                error.set("".into());
                let name = name.get_untracked();
                movies.say(Draft { name, text });
            }
            Err(unfit) => error.set(unfit.to_string().into()),
        }
    });
    form
}

/// Gives the focus to the field that comes next, once it is there.
fn focus() {
    request_animation_frame(|| aim::focus(&[".say input"]));
}
