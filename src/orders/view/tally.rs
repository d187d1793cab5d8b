//! How many orders are where.

use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use leptos::ev::MouseEvent;

use crate::live::View;
use crate::orders::list::List;
use crate::orders::model::{Order, Status};
use crate::ui::{El, Words, el};

/// So many orders in each status; none before the orders are known.
type Counts = Memo<Option<[u32; 9]>>;

/// Counts by status.
pub(super) fn tally(view: ReadSignal<View<Order>>) -> El {
    let counts = counts(view);
    let cells = Status::ALL.map(|status| cell(el("li"), counts, status));
    el("ul")
        .class("tally")
        .set("aria-label", "Orders by status")
        .children(cells)
}

/// Counts by status, as buttons that show one status only.
pub(super) fn filter(view: ReadSignal<View<Order>>, list: RwSignal<List>) -> El {
    let counts = counts(view);
    let cells = Status::ALL.map(|status| {
        let pressed = move || list.with(|list| list.status() == Some(status));
        let button = el("button")
            .set("type", "button")
            .flag("aria-pressed", pressed)
            .on("click", move |_: MouseEvent| {
                view.with_untracked(|view| list.update(|list| list.show(view, status)));
            });
        cell(button, counts, status)
    });
    el("div")
        .class("tally")
        .set("role", "group")
        .set("aria-label", "Show only one status")
        .children(cells)
}

fn cell(cell: El, counts: Counts, status: Status) -> El {
    let number = move || match counts.get() {
        Some(counts) => Words::from(counts[status as usize].to_string()),
        None => "–".into(),
    };
    cell.set("data-status", status.name())
        .bind_style("--share", move || {
            counts
                .get()
                .map_or_else(String::new, |counts| share(&counts, status))
        })
        .child(el("b").live(number))
        .text(status.words())
}

fn counts(view: ReadSignal<View<Order>>) -> Counts {
    Memo::new(move |_| view.with(|view| view.loaded.then(|| count(view))))
}

fn count(view: &View<Order>) -> [u32; 9] {
    let mut counts = [0; 9];
    for entry in view.window.rows() {
        counts[entry.row.status as usize] += 1;
    }
    counts
}

/// A count beside the largest, from 0 to 1.
fn share(counts: &[u32; 9], status: Status) -> String {
    let largest = counts.iter().max().copied().unwrap_or_default().max(1);
    let hundredths = 100 + counts[status as usize] * 100 / largest;
    let digits = hundredths.to_string();
    [if hundredths == 200 { "1." } else { "0." }, &digits[1..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_largest() {
        let counts = [0, 1, 3, 6, 0, 0, 0, 0, 0];
        let told = |status| share(&counts, status);
        assert_eq!(told(Status::Submitted), "0.00");
        assert_eq!(told(Status::AcceptedByStore), "0.16");
        assert_eq!(told(Status::InKitchen), "0.50");
        assert_eq!(told(Status::ReadyForPickup), "1.00");
        assert_eq!(share(&[0; 9], Status::Completed), "0.00");
    }
}
