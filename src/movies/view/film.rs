//! The film of the moment, how long it is shown, and the votes for it.

use crate::ui::signal::Memo;
use leptos::ev::MouseEvent;

use crate::live::Link;
use crate::movies::Live;
use crate::movies::model::{Movie, Reaction, movie};
use crate::movies::pace::Pace;
use crate::movies::votes::{Told, Votes};
use crate::ui::{El, Ticker, Words, el, template};

/// What is shown of a film.
#[derive(Clone, PartialEq)]
pub(super) struct Film {
    movie: Movie,
    poster: Option<String>,
}

/// What stands in a film's place.
#[derive(Clone, PartialEq)]
pub(super) enum Showing {
    /// The film of the moment.
    Film(Film),
    /// The template of that id.
    Else(&'static str),
}

/// The film of the moment: another value only when another film is shown.
pub(super) fn showing(movies: &'static Live) -> Memo<Showing> {
    Memo::new(move |_| {
        let film = movies.with(|view| {
            let movie = movie(view.window.rows())?.clone();
            let poster = movie.poster.as_deref();
            let poster = poster.and_then(|poster| movies.picture(poster));
            Some(Film { movie, poster })
        });
        film.map_or_else(|| Showing::Else(movies.with(super::nothing)), Showing::Film)
    })
}

/// Puts it there, made by this.
pub(super) fn show(place: El, showing: Memo<Showing>, make: fn(&Film) -> El) {
    let _ = place.slot(move || {
        Some(showing.with(|showing| match showing {
            Showing::Film(film) => make(film),
            Showing::Else(why) => template(why),
        }))
    });
}

/// Its poster, title, date and plot.
pub(super) fn film(film: &Film) -> El {
    let Film { movie, poster } = film;
    let text = el("div")
        .class("film-text")
        .child(el("h3").set("dir", "auto").text(&movie.name))
        .child(el("p").class("quiet numeric").text(&day(&movie.date)))
        .child(el("p").set("dir", "auto").text(&movie.plot));
    el("article")
        .class("film-card")
        .set("data-testid", "film")
        .set("data-round", &movie.round.0.to_string())
        .child(frame(poster.as_deref()))
        .child(text)
}

/// A poster in its frame. Its title stands beside it.
fn frame(poster: Option<&str>) -> El {
    let frame = el("div").class("poster");
    match poster {
        Some(address) => frame.child(el("img").set("alt", "").set("src", address)),
        None => frame,
    }
}

/// The same where there is less room.
pub(super) fn small(film: &Film) -> El {
    el("div")
        .class("film-small")
        .child(frame(film.poster.as_deref()))
        .child(el("h3").set("dir", "auto").text(&film.movie.name))
}

/// A day as `8 March 2024`; whatever else it is, as it is.
fn day(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => {
            [day.trim_start_matches('0'), " ", month, " ", year].concat()
        }
        _ => date.to_owned(),
    }
}

/// How much of the round is left, in milliseconds, and where that will be in a second, in hundredths of the whole. Looked
/// at each second.
pub(super) fn left(movies: &'static Live) -> impl FnMut() -> Option<(i64, i64)> {
    let (ticker, mut pace) = (Ticker::here(), Pace::new());
    move || {
        ticker.track();
        let is_live = movies.with(|view| {
            if let Some(movie) = movie(view.window.rows()) {
                pace.observe(movie);
            }
            view.link == Link::Live
        });
        let now = movies.now();
        let (left, share) = (pace.left(now)?, pace.share(now.plus_millis(1_000))?);
        is_live.then_some((left, share))
    }
}

/// How many seconds of the round are left, in words; nothing while that is not known.
pub(super) fn seconds(left: Option<(i64, i64)>) -> Words {
    match left {
        Some((0, _)) => "the next film is due".into(),
        Some((left, _)) => [&(left / 1_000 + 1).to_string(), " s left"].concat().into(),
        None => "".into(),
    }
}

/// The time that is left, as a bar that shrinks.
pub(super) fn round(movies: &'static Live, film: &El) {
    let (mut words, mut bar) = (left(movies), left(movies));
    let _ = film.find(".round-left").live(move || seconds(words()));
    let _ = film.find(".round-bar").bind_style("--share", move || {
        // It takes that second to get there.
        bar().map_or_else(String::new, |(_, share)| [&share.to_string(), "%"].concat())
    });
}

/// A button a reaction, with its votes.
pub(super) fn vote(movies: &'static Live, film: &El) {
    let buttons = Reaction::ALL.map(|reaction| {
        el("button")
            .class("reaction")
            .set("type", "button")
            .set("data-reaction", reaction.id())
            .bind("data-pending", move || {
                movies.tally(|votes| votes.pending(reaction)).to_string()
            })
            .child(super::icon(reaction))
            .child(el("span").text(reaction.words()).text(" "))
            .child(total(movies, reaction))
            .on("click", move |_: MouseEvent| movies.vote(reaction))
    });
    let _ = film.find(".reactions").children(buttons);
    let _ = film
        .find(".word")
        .live(move || movies.tally(word))
        .flag("data-told", || movies.tally(|votes| votes.told().is_some()));
}

/// A reaction's votes in this round, one's own on top.
pub(super) fn total(movies: &'static Live, reaction: Reaction) -> El {
    el("b").class("numeric").live(move || {
        if movies.with(|view| view.loaded) {
            Words::from(movies.tally(|votes| votes.total(reaction)).to_string())
        } else {
            "–".into()
        }
    })
}

/// What there is to say about the visitor's votes.
fn word(votes: &Votes) -> Words {
    let counted = |count: u32, one: &str, many: &str| {
        [
            count.to_string().as_str(),
            if count == 1 { one } else { many },
        ]
        .concat()
    };
    match (votes.told(), votes.waiting()) {
        (Some(Told::Late(count)), _) => {
            let count = counted(*count, " vote", " votes");
            [
                "Voting has moved on: ",
                &count,
                " came too late and will not count.",
            ]
            .concat()
            .into()
        }
        (Some(Told::Refused(why)), _) => ["Not counted: ", why].concat().into(),
        (None, 0) => "".into(),
        (None, count) => {
            let words = counted(count, " vote waits", " votes wait");
            [&words, " to be sent, and will be as soon as it can."]
                .concat()
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_out_and_anything_else_left_alone() {
        assert_eq!(day("2024-03-08"), "8 March 2024");
        assert_eq!(day("2024-12-31"), "31 December 2024");
        for other in ["2024", "2024-13-01", "2024-00-01", "soon", ""] {
            assert_eq!(day(other), other);
        }
    }
}
