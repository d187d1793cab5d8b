//! Both ways side by side: the same orders in two tables, and above them how long each way takes.

use crate::ui::signal::ReadSignal;

use super::{Stand, explanation, head, shows};
use crate::orders::Live;
use crate::orders::compare::{Delays, Figures, STEPS, step};
use crate::orders::way::Way;
use crate::route::Route;
use crate::ui::locale::span;
use crate::ui::{self, El, Words, el, template};

/// The screen; the route says which order is followed.
#[must_use]
pub fn compare(orders: &'static Live, route: ReadSignal<Route>) -> El {
    let head = head(
        "AppSync and MQTT",
        "One table stream, told by two ways at once: whole orders through AppSync, notices through an MQTT topic.",
        orders.by(Way::AppSync).api,
    );
    let stands = Way::ALL.map(|way| Stand::new(orders.by(way), route, Route::Compare));
    let tables = stands.iter().map(|stand| {
        let way = stand.feed.way;
        let panel = stand.panel(&[way.name(), " "].concat());
        shows(el("div"), "", stand.feed)
            .set("data-way", way.key())
            .child(panel)
    });
    let ways = el("div").class("ways").children(tables);
    // After both tables: what comes and goes moves none of them.
    let ways = stands
        .into_iter()
        .fold(ways, |ways, stand| stand.with_follower(ways));
    ui::screen()
        .child(head)
        .child(comparison(orders.figures))
        .child(ways)
        .child(explanation("pattern-mqtt", orders.by(Way::Mqtt)))
}

/// Reads a way's part of the figures; none if there is nothing to tell yet.
type Read = fn(&Delays) -> Option<Words>;

/// The figures, and the chart that shows the same.
fn comparison(figures: ReadSignal<Figures>) -> El {
    let panel = template("comparison");
    let _ = panel
        .find(".compare-both")
        .live(move || figures.with(basis));
    for way in Way::ALL {
        let told = move |read: Read| {
            move || figures.with(|figures| read(&figures.ways[way as usize]).unwrap_or("–".into()))
        };
        let cell = |name: &str| {
            panel.find(&["[data-figure=", name, "] [data-way=", way.key(), "]"].concat())
        };
        let rows: [(&str, Read); 5] = [
            ("p50", |way| way.p50.map(|it| span(it).into())),
            ("p95", |way| way.p95.map(|it| span(it).into())),
            ("p99", |way| way.p99.map(|it| span(it).into())),
            ("first", |way| way.p50.map(|_| way.first.to_string().into())),
            ("seen", |way| Some(way.seen.to_string().into())),
        ];
        for (name, read) in rows {
            let _ = cell(name).live(told(read));
        }
        let _ = cell("spread").bind("points", move || {
            figures.with(|figures| spread(figures, way))
        });
        let _ = cell("median").bind("points", move || {
            figures.with(|figures| median(figures, way))
        });
    }
    panel
}

/// What the figures stand on.
fn basis(figures: &Figures) -> String {
    let number = figures.both.to_string();
    let (number, events, end) = match figures.both {
        0 => ("", "Nothing has come by both ways", "."),
        1 => ("1", " event that came by both,", ""),
        _ => (number.as_str(), " events that came by both,", ""),
    };
    let lately = match figures.full {
        true => " among the newest 1,000",
        false => " in the last five minutes",
    };
    [number, events, lately, end].concat()
}

/// From the middle of a box of 56 by 100, two a step: AppSync grows upwards, MQTT downwards.
const MIDDLE: u32 = 50;
const TALL: u32 = 46;

/// How many took how long, as the outline of a row of bars; the tallest of both ways is the measure of all.
fn spread(figures: &Figures, way: Way) -> String {
    let of = |way: Way| &figures.ways[way as usize].spread;
    let all = of(way).iter().chain(of(way.other()));
    let most = all.max().copied().unwrap_or_default().max(1);
    let mut points = Points::default();
    points.add(0, MIDDLE);
    for (at, count) in of(way).iter().enumerate() {
        let y = height(way, count * TALL / most);
        points.add(at * 2, y);
        points.add(at * 2 + 2, y);
    }
    points.add(STEPS * 2, MIDDLE);
    points.0
}

/// A line through the median's bar.
fn median(figures: &Figures, way: Way) -> String {
    let mut points = Points::default();
    if let Some(p50) = figures.ways[way as usize].p50 {
        let at = step(p50) * 2 + 1;
        points.add(at, MIDDLE);
        points.add(at, height(way, TALL));
    }
    points.0
}

const fn height(way: Way, tall: u32) -> u32 {
    match way {
        Way::AppSync => MIDDLE - tall,
        Way::Mqtt => MIDDLE + tall,
    }
}

#[derive(Default)]
struct Points(String);

impl Points {
    fn add(&mut self, x: usize, y: u32) {
        for part in [x.to_string().as_str(), ",", &y.to_string(), " "] {
            self.0.push_str(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::compare::Compare;

    #[test]
    fn what_the_figures_stand_on_is_said() {
        assert_eq!(Compare::KEPT, 1_000, "as the words say");
        for (both, full, words) in [
            (
                0,
                false,
                "Nothing has come by both ways in the last five minutes.",
            ),
            (
                0,
                true,
                "Nothing has come by both ways among the newest 1,000.",
            ),
            (
                1,
                false,
                "1 event that came by both, in the last five minutes",
            ),
            (
                2,
                false,
                "2 events that came by both, in the last five minutes",
            ),
            (
                997,
                true,
                "997 events that came by both, among the newest 1,000",
            ),
        ] {
            let figures = Figures {
                both,
                full,
                ..Figures::default()
            };
            assert_eq!(basis(&figures), words);
        }
    }

    #[test]
    fn the_two_spreads_grow_from_the_middle_by_one_measure() {
        let mut figures = Figures::default();
        figures.ways[0].spread[1] = 4;
        figures.ways[1].spread[0] = 1;
        figures.ways[1].p50 = Some(2);
        let appsync = spread(&figures, Way::AppSync);
        assert!(
            appsync.starts_with("0,50 0,50 2,50 2,4 4,4 4,50 6,50 "),
            "{appsync}"
        );
        assert!(appsync.ends_with("54,50 56,50 56,50 "), "{appsync}");
        assert!(spread(&figures, Way::Mqtt).starts_with("0,50 0,61 2,61 2,50 "));
        assert_eq!(median(&figures, Way::AppSync), "");
        assert_eq!(median(&figures, Way::Mqtt), "5,50 5,96 ");
    }
}
