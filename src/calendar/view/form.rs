//! The form: what is typed, what is wrong with it, and what became of it. [`new`] and [`opened`] are its two uses.

mod new;
mod opened;

use leptos::ev::{Event as Typed, KeyboardEvent, MouseEvent, SubmitEvent};
use leptos::prelude::{on_cleanup, request_animation_frame};

use super::chip::when;
use super::go;
use crate::calendar::form::{Draft, Fault, Field, Wish};
use crate::calendar::model::Event;
use crate::calendar::outbox::{Action, Number, Outbox};
use crate::calendar::{Live, Place};
use crate::ui::signal::RwSignal;
use crate::ui::{El, Words, aim, effect, template};
pub(super) use new::new;
pub(super) use opened::opened;

/// A form in use.
#[derive(Clone, Copy)]
struct Form {
    calendar: &'static Live,
    draft: RwSignal<Draft>,
    /// What was sent last: meanwhile somebody may type on.
    sent: RwSignal<Draft>,
    /// What the server found, or the last check before sending; typing clears what it is about.
    faults: RwSignal<Vec<Fault>>,
    /// Which fields have been left once: only those are found fault with before sending.
    touched: RwSignal<[bool; 4]>,
    /// What it has sent and not heard of yet.
    job: RwSignal<Option<Number>>,
    /// What came of it.
    told: RwSignal<String>,
}

impl Form {
    fn new(calendar: &'static Live, draft: Draft) -> Self {
        Self {
            calendar,
            draft: RwSignal::new(draft),
            sent: RwSignal::new(Draft::default()),
            faults: RwSignal::new(Vec::new()),
            touched: RwSignal::new([false; 4]),
            job: RwSignal::new(None),
            told: RwSignal::new(String::new()),
        }
    }

    /// What is wrong with a field, as far as it is to be told by now.
    fn fault(self, field: Field) -> Words {
        let is_of = |fault: &&Fault| fault.field == Some(field);
        let find = |faults: &Vec<Fault>| faults.iter().find(is_of).cloned();
        let told = self.faults.with(find);
        let typed = || {
            let touched = self.touched.with(|touched| touched[field as usize]);
            let faults = self.draft.with(Draft::check).err();
            find(&faults.filter(|_| touched)?)
        };
        let fault = told.or_else(typed);
        fault.map_or("".into(), |fault| fault.message.into())
    }

    fn type_in(self, field: Field, text: String) {
        self.draft.update(|draft| draft.type_in(field, text));
        self.changed(field);
    }

    /// What was found wrong with a field is no longer told; whether an end is wrong depends on its start.
    fn changed(self, field: Field) {
        let is_told = |of| of != field && (field, of) != (Field::Start, Field::End);
        self.faults
            .update(|faults| faults.retain(|fault| fault.field.is_some_and(is_told)));
        self.told.set(String::new());
    }

    /// Whether nobody has typed since it was sent.
    fn is_as_sent(self) -> bool {
        self.draft.get_untracked() == self.sent.get_untracked()
    }

    /// Sends what is written, or says what is wrong with it.
    fn send(self, action: impl FnOnce(Wish) -> Action) {
        if self.job.with_untracked(Option::is_some) {
            return;
        }
        match self.draft.with_untracked(Draft::check) {
            Ok(wish) => {
                let name = wish.name.clone();
                self.faults.set(Vec::new());
                self.told.set(String::new());
                self.sent.set(self.draft.get_untracked());
                self.job.set(Some(self.calendar.ask(action(wish), name)));
            }
            Err(faults) => self.refuse(faults),
        }
    }

    fn refuse(self, faults: Vec<Fault>) {
        let first = faults.iter().find_map(|fault| fault.field);
        self.faults.set(faults);
        if let Some(field) = first {
            aim::focus(&[&["#event-", field.key()].concat()]);
        }
    }

    fn field(self, form: &El, field: Field) {
        let id = ["#event-", field.key()].concat();
        let input = form.find(&id);
        let written = input.clone();
        let draft = self.draft;
        effect(move || {
            let text = draft.with(|draft| draft.text(field).to_owned());
            // What is being typed is not written over.
            if written.value() != text {
                written.write(&text);
            }
        });
        let typed = input.clone();
        let _ = input
            .flag("aria-invalid", move || !self.fault(field).is_empty())
            .on("input", move |_: Typed| self.type_in(field, typed.value()))
            .on("blur", move |_: Typed| {
                self.touched
                    .update(|touched| touched[field as usize] = true);
            });
        let _ = form
            .find(&[&id, "-fault"].concat())
            .live(move || self.fault(field));
    }

    fn body(self, button: &str, submit: impl Fn() + 'static) -> El {
        let body = template("event-form");
        for field in Field::ALL {
            self.field(&body, field);
        }
        let _ = body
            .find("button")
            .text(button)
            .flag("aria-disabled", move || self.job.with(Option::is_some));
        let _ = body.find("form").on("submit", move |event: SubmitEvent| {
            event.prevent_default();
            submit();
        });
        let outbox = self.calendar.outbox;
        let told = move || match self.job.get() {
            None => Words::from(self.told.get()),
            Some(job) if outbox.with(|outbox| outbox.is_late(job)) => {
                "Waits to be sent again…".into()
            }
            Some(_) => "Sending…".into(),
        };
        let _ = body.find("[role=status]").live(told);
        let general = move || {
            self.faults.with(|faults| {
                let general = faults.iter().filter(|fault| fault.field.is_none());
                let general = general.map(|fault| fault.message.as_str());
                general.collect::<Vec<_>>().join(" ")
            })
        };
        let _ = body.find("[role=alert]").live(general);
        body
    }
}

/// Calls back with what became of each job that is put there. Whoever goes before that leaves it to the outbox to tell.
fn watch(
    calendar: &'static Live,
    job: RwSignal<Option<Number>>,
    ended: impl Fn(Result<Event, Vec<Fault>>) + 'static,
) {
    let outbox = calendar.outbox;
    effect(move || {
        let Some(number) = job.get() else {
            return;
        };
        let has_ended = outbox.with(|outbox| outbox.has_ended(number));
        let take = |outbox: &mut Outbox| outbox.take(number);
        if has_ended && let Some(end) = outbox.update_untracked(take) {
            job.set(None);
            ended(end);
        }
    });
    on_cleanup(move || {
        if let Some(Some(number)) = job.try_with_untracked(|job| *job) {
            let _ = outbox.try_update(|outbox| outbox.leave(number));
        }
    });
}

/// What is said of an event that something was done with.
fn said(event: &Event, done: &str) -> String {
    let when = when(event.start, event.end);
    ["“", &event.name, "” ", done, ": ", &when, "."].concat()
}

fn panel(calendar: &'static Live, title: &str, back: String) -> El {
    calendar.forget();
    let panel = template("event-panel");
    let close = move || {
        go(Place::Calendar);
        // What had the focus goes.
        aim::focus(&[&back, "a[href='/calendar/new']"]);
    };
    let closes = close.clone();
    let _ = panel.find("h2").text(title);
    let _ = panel
        .find("button")
        .on("click", move |_: MouseEvent| close());
    let aside = panel.find("aside");
    let _ = aside.clone().on("keydown", move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            closes();
        }
    });
    request_animation_frame(|| aim::lead(&["#event-name"]));
    aside
}
