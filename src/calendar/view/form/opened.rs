//! An event that is opened: to be changed, exported or deleted.

use leptos::ev::{Event as Left, MouseEvent};
use leptos::prelude::untrack;

use super::{Form, panel, said, watch};
use crate::calendar::form::{Draft, Fault};
use crate::calendar::model::{Event, EventId};
use crate::calendar::outbox::{Action, Number, words};
use crate::calendar::view::{go, small};
use crate::calendar::{Live, Place, ics};
use crate::ui::save::save;
use crate::ui::signal::{Memo, RwSignal};
use crate::ui::{El, aim, effect, el};

/// An event, opened.
pub(in super::super) fn opened(calendar: &'static Live, id: EventId) -> El {
    let view = calendar.view;
    let is_there = Memo::new(move |_| calendar.event(id).is_some());
    let loaded = Memo::new(move |_| view.with(|view| view.loaded));
    // Here, since the event goes before the answer has come.
    let (deleting, refused) = (RwSignal::new(None), RwSignal::new(String::new()));
    watch(calendar, deleting, move |end| match end {
        Ok(event) => {
            calendar.word.set(said(&event, "is deleted"));
            go(Place::Calendar);
            aim::focus(&["a[href='/calendar/new']"]);
        }
        Err(faults) => refused.set(words(&faults)),
    });
    let back = ["[data-event-id='", &id.0.to_string(), "']"].concat();
    let alert = el("p").class("form-outcome is-error").set("role", "alert");
    panel(calendar, "Event", back)
        .slot(move || {
            if is_there.get() {
                // What changes in it is shown by the form itself.
                let event = untrack(move || calendar.event(id))?;
                return Some(known(calendar, event, deleting, refused));
            }
            let words = match (loaded.get(), deleting.get()) {
                (_, Some(_)) => "Deleting…",
                (true, None) => "This event is no longer there, or never was.",
                (false, None) => "Looking for the event…",
            };
            Some(el("p").class("empty").set("role", "status").text(words))
        })
        .child(alert.live(move || refused.get()))
}

fn known(
    calendar: &'static Live,
    event: Event,
    deleting: RwSignal<Option<Number>>,
    refused: RwSignal<String>,
) -> El {
    let id = event.id;
    let opened = Draft::of(&event);
    let form = Form::new(calendar, opened.clone());
    // The newest that is known, and what the draft was before anybody typed.
    let (seen, before) = (RwSignal::new(event), RwSignal::new(opened));
    let theirs = RwSignal::new(false);
    let take = move |event: &Event| {
        let draft = Draft::of(event);
        before.set(draft.clone());
        form.draft.set(draft);
        theirs.set(false);
    };
    // What others change is shown, unless somebody is writing here. What was sent from here is nobody else's: it comes by
    // the answer and by the subscription, whichever is first.
    let hear = move |event: Event| {
        if seen.with_untracked(|seen| seen.revision >= event.revision) {
            return;
        }
        let (draft, typed) = (Draft::of(&event), form.draft.get_untracked());
        let is_ours = form.sent.with_untracked(Draft::check) == draft.check();
        let is_untouched = if is_ours {
            form.is_as_sent()
        } else {
            before.with_untracked(|before| typed == *before) || typed.check() == draft.check()
        };
        if is_untouched {
            take(&event);
        } else {
            theirs.set(!is_ours);
        }
        if is_ours {
            before.set(draft);
            form.sent.set(Draft::default());
        }
        seen.set(event);
    };
    effect(move || {
        if let Some(event) = calendar.event(id) {
            hear(event);
        }
    });
    watch(
        calendar,
        form.job,
        move |end: Result<Event, Vec<Fault>>| match end {
            Ok(event) => {
                form.told.set(said(&event, "is saved"));
                hear(event);
            }
            Err(faults) => form.refuse(faults),
        },
    );
    let revision = move || seen.with_untracked(|event| event.revision);
    let save_it = move || form.send(|wish| Action::Update(id, revision(), wish));
    el("div")
        .slot(move || theirs.get().then(|| meanwhile(seen, take)))
        .child(form.body("Save", save_it))
        .child(
            el("div")
                .class("group form-more")
                .child(export(calendar, seen))
                .child(delete(calendar, seen, deleting, refused)),
        )
}

/// Somebody else has changed what is being changed here.
fn meanwhile(seen: RwSignal<Event>, take: impl Fn(&Event) + 'static) -> El {
    let button = small("Take theirs").on("click", move |_: MouseEvent| {
        take(&seen.get_untracked());
        aim::focus(&["#event-name"]);
    });
    el("p")
        .class("form-theirs")
        .set("role", "status")
        .text("Changed by somebody else meanwhile: ")
        .live(move || seen.with(|event| said(event, "is now")))
        .text(" Saving puts yours in its place. ")
        .child(button)
}

fn export(calendar: &'static Live, seen: RwSignal<Event>) -> El {
    small("Export .ics").on("click", move |_: MouseEvent| {
        let event = seen.get_untracked();
        let text = ics::calendar(calendar.user(), [&event], calendar.time());
        let name = ["event-", &event.id.0.to_string(), ".ics"].concat();
        let _ = save(&name, "text/calendar", &text.unwrap_or_default());
    })
}

/// Asks once more before it does it.
fn delete(
    calendar: &'static Live,
    seen: RwSignal<Event>,
    deleting: RwSignal<Option<Number>>,
    refused: RwSignal<String>,
) -> El {
    let sure = RwSignal::new(false);
    let words = move || match (deleting.with(Option::is_some), sure.get()) {
        (true, _) => "Deleting…",
        (false, true) => "Delete for everyone?",
        (false, false) => "Delete",
    };
    small("")
        .class("button is-small is-grave")
        .live(words)
        .on("blur", move |_: Left| sure.set(false))
        .on("click", move |_: MouseEvent| {
            if !sure.get_untracked() {
                sure.set(true);
            } else if deleting.with_untracked(Option::is_none) {
                refused.set(String::new());
                let event = seen.get_untracked();
                let action = Action::Delete(event.id, event.revision);
                deleting.set(Some(calendar.ask(action, event.name)));
            }
        })
}
