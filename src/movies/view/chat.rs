//! The chat: what was said, the newest at the end and in view, unless the reader looks at what was before.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use leptos::ev::{Event, MouseEvent};

use super::form;
use crate::live;
use crate::live::window::Row as _;
use crate::movies::Live;
use crate::movies::model::{Is, Item, Message, Place};
use crate::ui::locale::clock_time;
use crate::ui::{El, Ticker, Words, aim, effect, el};

/// Nobody is told of messages more often than that.
const CALM: Duration = Duration::from_secs(6);
/// So near to the end counts as the end, in pixels.
const NEAR: i32 = 32;
/// More messages than that the page does not hold.
const MOST: usize = 2_000;

/// A message as a line shows it.
#[derive(PartialEq)]
struct Line {
    item: Arc<Item>,
    is_own: bool,
}

/// Fills the chat's panel.
pub(super) fn chat(movies: &'static Live, panel: &El) {
    let outbox = movies.outbox;
    // The oldest first.
    let said = Memo::new(move |_| {
        movies.with(|view| {
            let rows = view.window.rows().iter().rev();
            let messages = rows.filter(|entry| matches!(entry.row.is, Is::Message(_)));
            messages
                .map(|entry| Arc::clone(&entry.row))
                .collect::<Vec<_>>()
        })
    });
    // The newest that there was when the reader left the end; none while they are there.
    let left = RwSignal::new(None::<Place>);
    let newest = move || said.with_untracked(|said| said.last().map(|item| item.position()));
    let talk = panel.find(".talk");
    let lines = move || {
        outbox.with(|outbox| {
            said.with(|said| {
                let lines = said.iter().map(|item| {
                    let is_own = message(item).is_some_and(|it| outbox.own().contains(&it.id));
                    let item = Arc::clone(item);
                    (Reverse(item.position()), Line { item, is_own })
                });
                lines.collect()
            })
        })
    };
    let _ = panel.find(".said").list(lines, |_, line| said_line(line));
    let _ = panel.find(".unsaid").slot(move || {
        outbox.with(|outbox| {
            let word = if outbox.is_delayed() {
                "waits to be sent"
            } else {
                "on its way"
            };
            let drafts = outbox.unsaid().map(|draft| {
                el("li")
                    .set("data-own", "true")
                    .child(name(&draft.name))
                    .child(el("span").class("quiet").text(word))
                    .child(text(&draft.text))
            });
            let drafts: Vec<_> = drafts.collect();
            (!drafts.is_empty()).then(|| el("ol").children(drafts))
        })
    });
    let _ = panel.find(".silence").live(move || {
        if movies.with(|view| view.loaded) && said.with(Vec::is_empty) {
            "Nobody has said anything in the last day."
        } else {
            ""
        }
    });
    older(movies, panel);

    // The end stays in view while the reader is there.
    let end = talk.clone();
    effect(move || {
        said.track();
        outbox.track();
        if left.with(Option::is_none) {
            let end = end.clone();
            live::task(async move {
                net::frame().await;
                to_end(&end);
            });
        }
    });
    let scrolled = talk.clone();
    let talk = talk.on("scroll", move |_: Event| {
        let talk = scrolled.raw();
        let is_away = talk.scroll_height() - talk.scroll_top() - talk.client_height() > NEAR;
        left.maybe_update(|left| {
            let changes = left.is_some() != is_away;
            if changes {
                *left = if is_away { newest() } else { None };
            }
            changes
        });
    });
    let newer = Memo::new(move |_| {
        let Some(left) = left.get() else {
            return 0;
        };
        said.with(|said| {
            let newer = said.iter().rev();
            newer.take_while(|item| item.position() > left).count()
        })
    });
    let _ = panel.find(".newer").slot(move || {
        let newer = Some(newer.get()).filter(|newer| *newer > 0)?.to_string();
        let talk = talk.clone();
        let button = el("button")
            .class("button is-small is-primary numeric")
            .set("type", "button")
            .text(&[&newer, " new ↓"].concat())
            .on("click", move |_: MouseEvent| {
                to_end(&talk);
                aim::focus(&[".talk"]);
            });
        Some(button)
    });
    let _ = panel.find(".spoken").live(spoken(movies, said));
    form::form(movies, panel);
}

/// The button that reaches further back.
fn older(movies: &'static Live, panel: &El) {
    let talk = panel.find(".talk");
    let has_older = Memo::new(move |_| {
        movies.with(|view| view.window.is_cut() && view.window.rows().len() < MOST)
    });
    let _ = panel.find(".older").slot(move || {
        let talk = talk.clone();
        has_older.get().then(|| {
            el("button")
                .class("button is-small")
                .set("type", "button")
                .text("Older messages")
                .on("click", move |_: MouseEvent| {
                    // Browsers keep the reader's place while more is put above it, but not at the very top.
                    talk.raw().set_scroll_top(talk.raw().scroll_top().max(1));
                    movies.reach_back();
                })
        })
    });
}

/// What is read aloud of what others say: the message, or how many there are, and not too often.
fn spoken(movies: &'static Live, said: Memo<Vec<Arc<Item>>>) -> impl FnMut() -> Words + use<> {
    let (ticker, outbox) = (Ticker::here(), movies.outbox);
    let (mut until, mut last, mut words) = (net::now() + CALM, None::<Place>, Words::from(""));
    move || {
        ticker.track();
        let now = net::now();
        if now < until {
            return words.clone();
        }
        let (count, text) = said.with_untracked(|said| {
            let newer = said.iter().rev();
            let newer =
                newer.take_while(|item| last.as_ref().is_some_and(|last| item.position() > *last));
            let newer = newer.filter_map(|item| message(item));
            let others = outbox.with_untracked(|outbox| {
                let others = newer.filter(|message| !outbox.own().contains(&message.id));
                others
                    .map(|it| [&it.name, ": ", &it.text].concat())
                    .collect::<Vec<_>>()
            });
            last = said.last().map(|item| item.position());
            (others.len(), others.into_iter().next())
        });
        words = match (count, text) {
            (0, _) | (_, None) => return words.clone(),
            (1, Some(text)) => text.into(),
            _ => [&count.to_string(), " new messages"].concat().into(),
        };
        until = now + CALM;
        words.clone()
    }
}

fn to_end(talk: &El) {
    talk.raw().set_scroll_top(talk.raw().scroll_height());
}

fn message(item: &Item) -> Option<&Message> {
    match &item.is {
        Is::Message(message) => Some(message),
        _ => None,
    }
}

fn said_line(line: ReadSignal<Line>) -> El {
    let li = el("li").flag("data-own", move || line.with(|line| line.is_own));
    // What is said is said: only whose it is may be learned later.
    line.with_untracked(|line| match message(&line.item) {
        Some(message) => li
            .child(name(&message.name))
            .child(el("time").class("quiet").text(&clock_time(message.sent)))
            .child(text(&message.text)),
        None => li,
    })
}

/// Whatever it holds: it is a text of its own, whose direction ends where it ends.
fn name(name: &str) -> El {
    el("bdi").class("said-by").text(if name.trim().is_empty() {
        "Somebody"
    } else {
        name
    })
}

fn text(text: &str) -> El {
    el("p").set("dir", "auto").text(text)
}
