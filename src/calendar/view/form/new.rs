//! A new event.

use super::{Form, panel, said, watch};
use crate::calendar::Live;
use crate::calendar::form::{Draft, Field};
use crate::calendar::outbox::Action;
use crate::ui::{El, aim, effect};

/// The form for a new event. It is free again as soon as the event is there, or waits to be sent.
pub(in super::super) fn new(calendar: &'static Live) -> El {
    let pointed = calendar.pointed;
    let mut draft = Draft::at(calendar.now());
    if pointed.get_untracked().is_some() {
        let morning = [&draft.start[..10], "T09:00"].concat();
        draft.type_in(Field::Start, morning);
    }
    let form = Form::new(calendar, draft);
    // Also another day, while the form is open.
    effect(move || {
        pointed.track();
        if let Some(day) = pointed.update_untracked(Option::take) {
            form.draft.update(|draft| draft.point_at(day));
            form.changed(Field::Start);
            aim::lead(&["#event-name"]);
        }
    });
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
            let name = form.sent.with_untracked(|draft| draft.name.clone());
            form.job.set(None);
            outbox.update(|outbox| outbox.leave(job));
            let words = "” waits: it is sent as soon as the cloud can be reached.";
            free(form, ["“", name.trim(), words].concat());
        }
    });
    panel(calendar, "New event", String::new())
        .child(form.body("Create event", move || form.send(Action::Create)))
}

/// Empty, for the next one, around the time of the last one; unless the next one is being written already.
fn free(form: Form, told: String) {
    form.told.set(told);
    if form.is_as_sent() {
        form.draft.update(|draft| {
            draft.name = String::new();
            draft.location = String::new();
        });
        form.touched.set([false; 4]);
    }
}
