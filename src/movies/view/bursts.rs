//! Reactions bursting on the screen as they come in, whoever they are of. They are kept nowhere.

use crate::ui::signal::RwSignal;
use leptos::ev::AnimationEvent;

use crate::live;
use crate::movies::Live;
use crate::movies::wire::Burst;
use crate::ui::{El, Words};

/// More are not in the air at once, and not of one burst.
const MOST: u32 = 40;
const MOST_OF_ONE: u32 = 8;
/// What has come.
#[derive(Clone, Copy)]
pub(super) struct Come {
    /// So many bursts.
    pub(super) bursts: RwSignal<i64>,
    /// Why none can come, if that is so.
    pub(super) failed: RwSignal<Words>,
}

/// Shows bursts in the sky for as long as the current owner lives.
pub(super) fn bursts(movies: &'static Live, sky: El) -> Come {
    let (failed, bursts) = (RwSignal::new(Words::from("")), RwSignal::new(0));
    let come = movies.api.bursts();
    live::each(come, move |burst| match burst {
        None => {}
        Some(Ok(burst)) => {
            bursts.update(|count| *count += 1);
            show(&sky, burst);
        }
        Some(Err(why)) => failed.set(
            // It may follow what is said of votes.
            [" Others' reactions cannot be shown: ", &why]
                .concat()
                .into(),
        ),
    });
    Come { bursts, failed }
}

fn show(sky: &El, Burst { reaction, count }: Burst) {
    let room = MOST.saturating_sub(sky.raw().child_element_count());
    for _ in 0..count.min(MOST_OF_ONE).min(room) {
        // Somewhere between the edges, and not all at once.
        let percent = |from: f64, to: f64| {
            #[allow(clippy::cast_possible_truncation)]
            let number = (from + net::random::unit() * (to - from)) as i32;
            number.to_string()
        };
        let x = [&percent(4.0, 90.0), "%"].concat();
        let wait = [&percent(0.0, 250.0), "ms"].concat();
        let sway = [&percent(-28.0, 28.0), "px"].concat();
        let piece = super::icon(reaction).set("data-reaction", reaction.id());
        for (name, value) in [("--x", x), ("--wait", wait), ("--sway", sway)] {
            piece.style(name, &value);
        }
        let gone = piece.clone();
        let piece = piece.on("animationend", move |_: AnimationEvent| gone.raw().remove());
        let _ = sky.clone().child(piece);
    }
}
