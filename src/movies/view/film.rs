//! The film of the moment, how long it is shown, and the votes for it.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::movies::Live;
use crate::movies::model::{Movie, Reaction};
use crate::movies::pace::Pace;
use crate::movies::votes::{Told, Votes};
use crate::ui::{El, Ticker, Words, effect, el};

/// What is shown of a film.
#[derive(Clone, PartialEq)]
pub(super) struct Film {
    movie: Movie,
    poster: Option<String>,
}

/// The film of the moment: another value only when another film is shown.
pub(super) fn current(movies: &Live) -> Memo<Option<Film>> {
    let (shown, api) = (super::shown(movies.view), movies.api.clone());
    Memo::new(move |_| {
        let movie = shown.get()?;
        let poster = movie.poster.as_deref();
        let poster = poster.and_then(|poster| api.picture(poster).map(str::to_owned));
        Some(Film { movie, poster })
    })
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
pub(super) fn frame(poster: Option<&str>) -> El {
    let frame = el("div").class("poster");
    match poster {
        Some(address) => frame.child(el("img").set("alt", "").set("src", address)),
        None => frame,
    }
}

impl Film {
    pub(super) fn poster(&self) -> Option<&str> {
        self.poster.as_deref()
    }

    pub(super) fn name(&self) -> &str {
        &self.movie.name
    }
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

/// How the rounds go, as far as the page has seen.
pub(super) fn pace(movies: &Live) -> RwSignal<Pace> {
    let (pace, shown) = (RwSignal::new(Pace::new()), super::shown(movies.view));
    effect(move || {
        shown.with(|movie| {
            if let Some(movie) = movie {
                pace.update(|pace| pace.observe(movie));
            }
        });
    });
    pace
}

/// How many seconds of the round are left, in words; nothing while that is not known.
pub(super) fn left(movies: &Live, pace: RwSignal<Pace>) -> impl FnMut() -> Words + use<> {
    let (ticker, api, link) = (Ticker::here(), movies.api.clone(), movies.link());
    move || {
        ticker.track();
        let is_live = link() == crate::live::Link::Live;
        match pace.with(|pace| pace.left(api.now())).filter(|_| is_live) {
            Some(0) => "the next film is due".into(),
            Some(left) => [&(left / 1_000 + 1).to_string(), " s left"].concat().into(),
            None => "".into(),
        }
    }
}

/// The time that is left, as a bar that shrinks.
pub(super) fn round(movies: &Live, film: &El) {
    let pace = pace(movies);
    let (ticker, api) = (Ticker::here(), movies.api.clone());
    let _ = film.find(".round-left").live(left(movies, pace));
    let _ = film.find(".round-bar").bind_style("--share", move || {
        ticker.track();
        // Where it will be when the second is over: it takes that long to get there.
        let now = api.now().plus_millis(1_000);
        match pace.with(|pace| pace.share(now)) {
            Some(share) => [&share.to_string(), "%"].concat(),
            None => String::new(),
        }
    });
}

/// A button a reaction, with its votes.
pub(super) fn vote(movies: &Live, film: &El) {
    let votes = movies.votes;
    let buttons = Reaction::ALL.map(|reaction| {
        let clicked = movies.clone();
        el("button")
            .class("reaction")
            .set("type", "button")
            .set("data-reaction", reaction.id())
            .bind("data-pending", move || {
                votes.with(|votes| votes.pending(reaction)).to_string()
            })
            .child(super::icon(reaction))
            .child(el("span").text(reaction.words()).text(" "))
            .child(total(movies, reaction))
            .on("click", move |_: MouseEvent| clicked.vote(reaction))
    });
    let _ = film.find(".reactions").children(buttons);
    let _ = film
        .find(".word")
        .live(move || votes.with(word))
        .bind("data-told", move || {
            votes.with(|votes| votes.told().is_some()).to_string()
        });
}

/// A reaction's votes in this round, one's own on top.
pub(super) fn total(movies: &Live, reaction: Reaction) -> El {
    let (votes, view) = (movies.votes, movies.view);
    let is_known = Memo::new(move |_| view.with(|view| view.loaded));
    el("b").class("numeric").live(move || {
        if is_known.get() {
            Words::from(votes.with(|votes| votes.total(reaction)).to_string())
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
