//! Three ways behind one screen, which light up as something comes by them.

use crate::ui::signal::RwSignal;

use crate::movies::Live;
use crate::movies::model::{movie, reviews};
use crate::ui::flow::lights;
use crate::ui::{El, template};

/// The three kinds of backend, explained.
pub(super) fn explanation(movies: &'static Live, bursts: RwSignal<i64>) -> El {
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
