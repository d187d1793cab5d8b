//! From the guest to the notification, with parts that light up as orders pass.

use crate::restaurant::Live;
use crate::restaurant::model::Step;
use crate::ui::flow::lights;
use crate::ui::{El, template};

/// The queue and the workflow, explained.
pub(super) fn explanation(restaurant: &'static Live) -> El {
    let picture = template("pattern-restaurant");
    // When an order came to a step last, or that none has so far; what is deleted takes nothing back.
    let newest = |step: Step| {
        let mut newest = 0;
        move || {
            let at = restaurant.with(|view| {
                let rows = view.window.rows().iter();
                let begun = rows.filter_map(|entry| entry.row.begun[step as usize]);
                begun.map(|at| at.0).max().or(view.loaded.then_some(1))
            });
            newest = newest.max(at.unwrap_or_default());
            newest
        }
    };
    let parts = [
        ("[data-part=guest]", Step::Queue),
        ("[data-part=queue]", Step::Queue),
        ("[data-part=consumer]", Step::Saved),
        ("[data-part=initialize]", Step::Saved),
        ("[data-part=payment]", Step::Payment),
        ("[data-part=choice]", Step::End),
        ("[data-part=notification]", Step::End),
    ];
    for (part, step) in parts {
        lights(&picture, part, Box::new(newest(step)));
    }
    let changes = move || {
        restaurant
            .with(|view| i64::try_from(view.changes).unwrap_or_default() + i64::from(view.loaded))
    };
    lights(&picture, "[data-part=browser]", Box::new(changes));
    picture
}
