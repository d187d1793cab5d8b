//! What can be done with an order that has ended: change it, delete it.

use std::rc::Rc;

use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::request_animation_frame;

use crate::restaurant::Live;
use crate::restaurant::list::Line;
use crate::restaurant::model::{Order, OrderId};
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

impl Hand {
    /// Now this is done. Where something was pressed that goes with that, the focus goes to what comes in its place.
    fn turn(&self, to: Doing, place: &str) {
        self.error.set("".into());
        if self.written.with_untracked(Option::is_some) {
            self.written.set(None);
        }
        self.doing.set(to);
        let place = ["[data-id='", self.id.as_str(), "'] ", place].concat();
        request_animation_frame(move || aim::focus(&[&place, ".tickets"]));
    }

    fn buttons(self: &Rc<Self>, doing: Doing) -> El {
        let name = self.line.with_untracked(|line| what(line.ordered()));
        let button = |words: &str, class: &str| {
            el("button")
                .class(&["button is-small ", class].concat())
                .set("type", "button")
                .set("aria-label", &[words, " ", &name].concat())
                .text(words)
        };
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
                let delete = move |_: MouseEvent| {
                    hand.restaurant.write(&hand.id, None, hand.written);
                };
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
                let ordered = Some(ordered);
                hand.restaurant.write(&hand.id, ordered, hand.written);
            }
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
