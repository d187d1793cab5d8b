//! The page's movies against the real cloud, natively: the live view, votes and messages as the page sends them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "all of it is a test")]

#[path = "common/page.rs"]
mod page;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use appsync::{Auth, Client, Endpoint, Operation};
use aws_guest::Region;
use backend::api::Caller;
use cloud::settings::REGION;
use cloud::surroundings::Surroundings;
use cloud::{Settings, testing};
use eddy::live::flight::Token;
use eddy::live::{Link, View, drive};
use eddy::movies::chat::{self, Draft};
use eddy::movies::model::{Best, Item, Message, Reaction, Round, messages, movie, reviews};
use eddy::movies::votes::{Batch, Outcome};
use eddy::movies::wire::{Api, Here, Movies};
use serde_json::json;
use tokio::net::TcpListener;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Shown = Arc<Mutex<Option<View<Item>>>>;

/// A visitor of their own, as the page makes one, and what they see.
fn visitor(url: &str) -> (Api, Shown) {
    let (api, shown, _) = visitor_here(url);
    (api, shown)
}

/// The same, and what tells the view what the page itself knows.
fn visitor_here(url: &str) -> (Api, Shown, Here) {
    let api = Api::new(&page::configuration().movies, page::guest(url), url);
    let shown = Shown::default();
    let shows = Arc::clone(&shown);
    let (movies, here) = Movies::new(api.clone());
    tokio::spawn(async move {
        drive::run(&movies, 206, |view: &View<Item>| {
            *shows.lock().unwrap() = Some(view.clone());
        })
        .await;
    });
    (api, shown, here)
}

/// A guest who writes their own documents.
fn author(url: &str) -> Client {
    Client::new(Endpoint {
        url: format!("{url}/movies/graphql"),
        region: Region::new(REGION),
        auth: Auth::Guest(page::guest(url)),
    })
}

async fn until(what: &str, is_so: impl Fn() -> bool) -> Result {
    for _ in 0..3_000 {
        if is_so() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("{what}: not within a minute").into())
}

fn of<T>(shown: &Shown, read: impl FnOnce(&View<Item>) -> Option<T>) -> Option<T> {
    shown.lock().unwrap().as_ref().and_then(read)
}

async fn live(shown: &Shown) -> Result {
    let is_live = || of(shown, |view| Some(view.link == Link::Live));
    until("live", || is_live() == Some(true)).await
}

/// A cloud whose movies rotate every so many milliseconds; with none they do not.
fn of_rotation(millis: u64) -> Settings {
    Settings {
        rotation: Duration::from_millis(millis),
        ..Settings::default()
    }
}

fn votes(shown: &Shown, wanted: Reaction) -> Option<i64> {
    of(shown, |view| {
        let mut reviews = reviews(view.window.rows());
        let review = reviews.find(|review| review.reaction == wanted)?;
        Some(review.total.votes)
    })
}

fn said(shown: &Shown) -> Vec<(String, String)> {
    let said = of(shown, |view| {
        let messages = messages(view.window.rows());
        Some(
            messages
                .map(|it| (it.name.clone(), it.text.clone()))
                .collect(),
        )
    });
    said.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_visitors_see_the_same_and_what_is_sent_twice_counts_once() -> Result {
    let cloud = testing::start(of_rotation(0)).await?;
    let ((api, mine), (_, theirs)) = (visitor(&cloud.url), visitor(&cloud.url));
    for shown in [&mine, &theirs] {
        live(shown).await?;
        let rows = of(shown, |view| Some(view.window.rows().len()));
        assert_eq!(rows, Some(6), "a film and five reactions");
    }
    let round = of(&mine, |view| {
        movie(view.window.rows()).map(|movie| movie.round)
    })
    .unwrap();

    let batch = |round| Batch {
        reaction: Reaction::Meh,
        count: 3,
        round,
    };
    for _ in 0..2 {
        let outcome = api.vote(&batch(round), Token("one".into())).await;
        assert!(
            matches!(outcome, Outcome::Counted(total) if total.votes == 3),
            "{outcome:?}"
        );
    }
    let later = eddy::movies::model::Round(round.0 + 1);
    assert_eq!(
        api.vote(&batch(later), Token("two".into())).await,
        Outcome::Late
    );
    for shown in [&mine, &theirs] {
        until("three votes", || votes(shown, Reaction::Meh) == Some(3)).await?;
    }

    let draft = |text: &str| Draft {
        name: "ida".into(),
        text: text.into(),
    };
    let first = api.say(draft("hello"), Token("a".into())).await;
    assert!(matches!(first, chat::Outcome::Said(_)), "{first:?}");
    assert_eq!(api.say(draft("hello"), Token("a".into())).await, first);
    // More at once than are let through.
    let many = (0..30).map(|number| api.say(draft("more"), Token(format!("b{number}"))));
    let many = futures::future::join_all(many).await;
    let told_to_wait = many.iter().find_map(|outcome| match outcome {
        chat::Outcome::TooMany { wait, .. } => Some(wait.as_secs()),
        _ => None,
    });
    assert!(
        told_to_wait.is_some_and(|wait| (1..=5).contains(&wait)),
        "{told_to_wait:?}"
    );
    let is_said = |outcome: &&chat::Outcome| matches!(outcome, chat::Outcome::Said(_));
    let count = 1 + many.iter().filter(is_said).count();
    assert!(
        count < 31,
        "a guest is let through five times in five seconds"
    );
    for shown in [&mine, &theirs] {
        until("all that was said", || said(shown).len() == count).await?;
        assert_eq!(
            said(shown)[count - 1],
            ("ida".to_owned(), "hello".to_owned())
        );
    }
    cloud.shutdown().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_selects_little_blanks_nothing_for_others() -> Result {
    let cloud = testing::start(of_rotation(0)).await?;
    let (_, shown) = visitor(&cloud.url);
    let love = || {
        of(&shown, |view| {
            let mut reviews = reviews(view.window.rows());
            reviews.find(|it| it.reaction == Reaction::Love).cloned()
        })
    };
    live(&shown).await?;
    let best = json!({"input": {"id": "1", "votes": 0, "topMovie": "A Film", "topVotes": 9}});
    let best = best.as_object().unwrap();
    backend::movies::resolve(
        &cloud.world,
        "Mutation",
        "updateReviews",
        best,
        &Caller::backend(),
    )
    .await
    .unwrap();
    let best = Some(Best {
        movie: "A Film".to_owned(),
        votes: 9,
    });
    until("a film at the top", || {
        love().is_some_and(|it| it.best == best)
    })
    .await?;

    let author = author(&cloud.url);
    let little = [
        "updateReviews(input: {id: \"1\"}) { id revision votes }",
        "updateReviews(input: {id: \"1\"}) { id revision votes round }",
        "updateReviews(input: {id: \"1\"}) { id revision votes round topVotes }",
        "updateReviews(input: {id: \"1\"}) { id revision votes topMovie topVotes }",
        "updateReviews(input: {id: \"1\"}) { revision }",
    ];
    for (count, mutation) in (1..).zip(little.iter().cycle().take(15)) {
        let mutation = Operation::new(format!("mutation {{ {mutation} }}"));
        author.execute(mutation).await?;
        until("one vote more", || {
            love().is_some_and(|it| it.total.votes == count)
        })
        .await?;
        let shown = love().unwrap();
        assert_eq!((shown.total.round, shown.best), (Round(1), best.clone()));
    }

    let said_by = |text: &str| {
        let said = said(&shown).into_iter();
        said.filter(|(_, it)| it == text)
            .map(|(name, _)| name)
            .next()
    };
    for (text, name) in [("with a name", "kim"), ("without one", "")] {
        let name_given = if name.is_empty() {
            ""
        } else {
            ", name: \"kim\""
        };
        let say = format!("createMessage(message: \"{text}\"{name_given}) {{ id message sentAt }}");
        let say = Operation::new(format!("mutation {{ {say} }}"));
        author.execute(say).await?;
        until("what was said", || said_by(text).is_some()).await?;
        assert_eq!(said_by(text).as_deref(), Some(name));
    }
    cloud.shutdown().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_that_began_anew_is_what_an_open_page_shows() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let cloud = testing::start_on(listener, of_rotation(300), Surroundings::machine()).await?;
    let (api, shown) = visitor(&cloud.url);
    let round = || of(&shown, |view| Some(movie(view.window.rows())?.round));
    until("the fifth film", || round() >= Some(Round(5))).await?;
    cloud.shutdown().await?;

    // Nothing is left of what it knew.
    let listener = TcpListener::bind(address).await?;
    let cloud = testing::start_on(listener, of_rotation(0), Surroundings::machine()).await?;
    until("the first film again", || round() == Some(Round(1))).await?;
    let first = backend::movies::shipped::FILMS[0].name;
    let name = of(&shown, |view| {
        movie(view.window.rows()).map(|it| it.name.clone())
    });
    assert_eq!(name.as_deref(), Some(first));
    let batch = Batch {
        reaction: Reaction::Like,
        count: 2,
        round: Round(1),
    };
    let counted = api.vote(&batch, Token("one".into())).await;
    assert!(matches!(counted, Outcome::Counted(_)), "{counted:?}");
    until("two votes", || votes(&shown, Reaction::Like) == Some(2)).await?;
    cloud.shutdown().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_page_was_answered_is_shown_whoever_tells_of_it() -> Result {
    let cloud = testing::start(of_rotation(0)).await?;
    // Asked by one, told to another, who hears of it by the subscription as well: it is there once.
    let (api, shown, here) = visitor_here(&cloud.url);
    live(&shown).await?;
    let draft = Draft {
        name: "ida".into(),
        text: "hello".into(),
    };
    let chat::Outcome::Said(message) = api.say(draft, Token("a".into())).await else {
        return Err("it was not said".into());
    };
    here.said(message.clone());
    until("what was said", || !said(&shown).is_empty()).await?;
    // What nobody else has told.
    here.said(Message {
        id: "alone".into(),
        text: "known here".into(),
        sent: message.sent.plus_millis(1),
        ..message
    });
    let texts = || said(&shown).into_iter().map(|(_, text)| text);
    until("what is known here", || texts().eq(["known here", "hello"])).await?;
    cloud.shutdown().await?;
    Ok(())
}
