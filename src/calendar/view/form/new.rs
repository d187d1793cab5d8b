//! A new event.

use super::{Form, panel, said, watch};
use crate::calendar::Live;
use crate::calendar::form::{Draft, Field};
use crate::calendar::outbox::Action;
use crate::ui::{El, effect};

/// The form for a new event. It is free again as soon as the event is there, or waits to be sent.
pub(in super::super) fn new(calendar: &'static Live) -> El {
    let mut draft = Draft::at(calendar.now());
    if let Some(date) = calendar.pointed.update_untracked(Option::take) {
        // In the morning of the day that was pointed at.
        draft.type_in(Field::Start, [&date.text(), "T09:00"].concat());
    }
    let form = Form::new(calendar, draft);
    watch(calendar, form.job, move |end| match end {
        Ok(event) => free(form, said(&event, "is in the calendar")),
        Err(faults) => form.refuse(faults),
    });
    let outbox = calendar.outbox;
    effect(move || {
        let Some(job) = form.job.get() else {
            return;
        };
        if outbox.with(|outbox| outbox.is_late(job)) {
            let name = form.draft.with_untracked(|draft| draft.name.clone());
            form.job.set(None);
            outbox.update(|outbox| outbox.leave(job));
            let words = "” waits: it is sent as soon as the cloud can be reached.";
            free(form, ["“", name.trim(), words].concat());
        }
    });
    panel("New event", String::new())
        .child(form.body("Create event", move || form.send(Action::Create)))
}

/// Empty, for the next one, around the time of the last one.
fn free(form: Form, told: String) {
    form.draft.update(|draft| {
        draft.name = String::new();
        draft.location = String::new();
    });
    form.touched.set([false; 4]);
    form.told.set(told);
}
