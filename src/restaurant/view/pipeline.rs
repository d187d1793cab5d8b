//! How full the queue and its workflow are, in live figures.

use crate::restaurant::Live;
use crate::restaurant::gauge::Figures;
use crate::ui::{El, Words};

/// Fills the figures' places.
pub(super) fn pipeline(restaurant: &'static Live, panel: &El) {
    let figure = |place: &str, read: fn(&Figures) -> i64| {
        let figure = move || restaurant.figures().map(|figures| read(&figures));
        let place = panel.find(place);
        let _ = place.find("b").live(move || match figure() {
            Some(figure) => Words::from(figure.to_string()),
            None => "–".into(),
        });
        let _ = place
            .flag("data-some", move || figure() > Some(0))
            // As many blocks as there is room for.
            .bind_style("--count", move || {
                figure().unwrap_or_default().min(99).to_string()
            });
    };
    figure("[data-figure=depth]", |figures| figures.depth);
    figure("[data-figure=inFlight]", |figures| figures.in_flight);
    figure("[data-figure=dead]", |figures| figures.dead);
}
