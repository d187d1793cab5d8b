//! What can be done with an order that has ended: change it, delete it.

use std::rc::Rc;

use leptos::ev::{Event, MouseEvent, SubmitEvent};
use leptos::prelude::request_animation_frame;

use super::small;
use crate::restaurant::Live;
use crate::restaurant::list::Line;
use crate::restaurant::model::{Order, OrderId, Ordered};
use crate::restaurant::view::fields::Fields;
use crate::restaurant::view::what;
use crate::restaurant::wire::Written;
use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use crate::ui::{El, Words, aim, effect, el, template};

/// What is being done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Changing,
    /// It is to be deleted if that is really wanted.
    Deleting,
}

/// An order at hand.
struct Hand {
    restaurant: &'static Live,
    line: ReadSignal<Line>,
    id: OrderId,
    doing: RwSignal<Doing>,
    /// What came of the change that was sent last.
    written: RwSignal<Option<Written>>,
    /// Grows with each change that is sent, and when what came of it is nobody's business any more.
    number: RwSignal<u32>,
    error: RwSignal<Words>,
}

/// Fills the places of a line for what can be done.
pub(super) fn acts(restaurant: &'static Live, line: ReadSignal<Line>, body: &El, id: &OrderId) {
    let hand = Rc::new(Hand {
        restaurant,
        line,
        id: id.clone(),
        doing: RwSignal::new(Doing::Nothing),
        written: RwSignal::new(None),
        number: RwSignal::new(0),
        error: RwSignal::new("".into()),
    });
    let (error, written, doing) = (hand.error, hand.written, hand.doing);
    let is_settled =
        Memo::new(move |_| line.with(|line| line.order().is_some_and(Order::is_settled)));
    let _ = body.find(".ticket-error").live(move || error.get());
    let buttons = Rc::clone(&hand);
    let _ = body.find(".ticket-acts").slot(move || {
        let doing = doing.get();
        is_settled.get().then(|| buttons.buttons(doing))
    });
    let form = Rc::clone(&hand);
    let _ = body
        .find(".ticket-form")
        .slot(move || (doing.get() == Doing::Changing).then(|| form.form()));
    effect(move || match written.get() {
        None => {}
        Some(Ok(())) => hand.turn(Doing::Nothing, "button"),
        // The form tells its own.
        Some(Err(_)) if doing.get_untracked() == Doing::Changing => {}
        Some(Err(fault)) => error.set(fault.why.into()),
    });
}

/// Where an order's line is, as a selector.
fn row(id: &OrderId) -> String {
    ["[data-id='", id.as_str(), "']"].concat()
}

impl Hand {
    /// Now this is done. Where something was pressed that goes with that, the focus goes to what comes in its place.
    fn turn(&self, to: Doing, place: &str) {
        self.error.set("".into());
        self.forget();
        if self.written.with_untracked(Option::is_some) {
            self.written.set(None);
        }
        self.doing.set(to);
        let place = [&row(&self.id), " ", place].concat();
        request_animation_frame(move || aim::refocus(&[&place, ".tickets"]));
    }

    /// Whatever comes of what was sent is too late: somebody is at something else by now.
    fn forget(&self) -> u32 {
        self.number.update_untracked(|number| {
            *number += 1;
            *number
        })
    }

    /// Changes the order, or deletes it where nothing else is wanted.
    fn write(&self, ordered: Option<Ordered>) {
        let (written, number, mine) = (self.written, self.number, self.forget());
        let deleted = ordered.is_none().then(|| row(&self.id));
        self.restaurant.write(&self.id, ordered, move |told| {
            // The row of what is deleted goes with the focus, or has gone already: the list outlives it.
            let row = deleted.filter(|_| told.is_ok());
            if row.is_some_and(|row| aim::is_lost() || aim::is_within(&row)) {
                aim::focus(&[".tickets"]);
            }
            if number.try_with_untracked(|number| *number) == Some(mine) {
                drop(written.try_set(Some(told)));
            }
        });
    }

    fn buttons(self: &Rc<Self>, doing: Doing) -> El {
        let name = self.line.with_untracked(|line| what(line.ordered()));
        let button = |words: &str, class: &str| small(words, &name, class);
        let turns = |button: El, to: Doing, place: &'static str| {
            let hand = Rc::clone(self);
            button.on("click", move |_: MouseEvent| hand.turn(to, place))
        };
        let buttons = el("div");
        match doing {
            Doing::Nothing => buttons
                .child(turns(button("Edit", ""), Doing::Changing, "[name=name]"))
                .child(turns(button("Delete", ""), Doing::Deleting, ".is-bad")),
            Doing::Deleting => {
                let hand = Rc::clone(self);
                let delete = move |_: MouseEvent| hand.write(None);
                let keep = turns(button("Keep", ""), Doing::Nothing, "button:last-child");
                buttons
                    .child(button("Really delete", "is-bad").on("click", delete))
                    .child(keep)
            }
            Doing::Changing => buttons,
        }
    }

    fn form(self: &Rc<Self>) -> El {
        let place = template("ticket-form");
        let form = place.find("form");
        let ordered = self.line.with_untracked(|line| line.ordered().clone());
        let fields = Fields::put(&form, &[self.id.as_str(), "-"].concat(), &ordered);
        let (read, hand) = (fields.clone(), Rc::clone(self));
        let _ = form.on("submit", move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(ordered) = read.read() {
                hand.error.set("".into());
                hand.write(Some(ordered));
            }
        });
        // What is typed while an answer is on its way is not thrown away with the form.
        let hand = Rc::clone(self);
        let _ = place.find("form").on("input", move |_: Event| {
            let _ = hand.forget();
        });
        let hand = Rc::clone(self);
        let _ = place
            .find("button[type=button]")
            .on("click", move |_: MouseEvent| {
                hand.turn(Doing::Nothing, "button");
            });
        let (written, error) = (self.written, self.error);
        effect(move || {
            if let Some(Err(fault)) = written.get() {
                error.set(fields.refuse(&fault));
            }
        });
        place
    }
}
