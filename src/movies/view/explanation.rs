//! Three ways behind one screen, which light up as something comes by them.

use std::time::Duration;

use crate::ui::signal::RwSignal;

use crate::movies::Live;
use crate::movies::model::{movie, reviews};
use crate::ui::{El, template};

/// Something takes so long through a picture; what arrives meanwhile does not start it anew.
const PASSAGE: Duration = Duration::from_millis(1_400);

/// The three kinds of backend, explained.
pub(super) fn explanation(movies: Live, bursts: RwSignal<i64>) -> El {
    let lanes = template("pattern-movies");
    let votes = move || {
        movies.with(|view| {
            let revisions = reviews(view.window.rows()).map(|review| review.total.revision.0);
            revisions.sum::<i64>()
        })
    };
    let round = move || movies.with(|view| movie(view.window.rows()).map_or(0, |it| it.revision.0));
    lights(&lanes, "[data-lane=table]", Box::new(votes));
    lights(&lanes, "[data-lane=function]", Box::new(round));
    lights(
        &lanes,
        "[data-lane=none]",
        Box::new(move || 1 + bursts.get()),
    );
    lanes
}

/// A lane that is lit whenever a number has changed since it was known.
fn lights(lanes: &El, lane: &str, mut number: Box<dyn FnMut() -> i64>) {
    let (mut seen, mut last, mut turn) = (0, None, false);
    let _ = lanes.find(lane).bind("data-flow", move || {
        let (is, now) = (number(), net::now());
        if is != seen && last.is_none_or(|last| now >= last + PASSAGE) {
            if seen != 0 {
                (last, turn) = (Some(now), !turn);
            }
            seen = is;
        }
        // Two alike in turn, since the same animation does not start twice.
        match (last, turn) {
            (None, _) => "",
            (_, true) => "even",
            (_, false) => "odd",
        }
    });
}
