//! Puts the page together: reads the configuration, makes the connections, shows the screens.

use std::sync::Arc;

use crate::ui::signal::{Memo, ReadSignal, signal};
use aws_guest::{Guest, GuestConfig, Region};
use leptos::prelude::*;
use net::http::{self, Request};

use crate::calendar;
use crate::config::{self, Config, ConfigError};
use crate::movies;
use crate::orders::way::Way;
use crate::orders::{self, wire::Api};
use crate::overview::overview;
use crate::restaurant;
use crate::route::Route;
use crate::shell::{self, Line};
use crate::ui::{self, El, Ticker, effect, el, history, template};

/// Why the page cannot start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration did not come.
    #[error("the configuration cannot be fetched: {0}")]
    Fetch(#[from] net::NetError),
    /// Something else came.
    #[error("there is no configuration at {url} (HTTP {status})")]
    Absent {
        /// Where it should be.
        url: String,
        /// What came instead.
        status: u16,
    },
}

impl StartError {
    /// The key to mend, if the configuration is what is wrong.
    fn key(&self) -> Option<&str> {
        match self {
            Self::Config(error) => error.key(),
            Self::Fetch(_) | Self::Absent { .. } => None,
        }
    }
}

/// Fetches the configuration from beside the page.
///
/// # Errors
/// If there is none, or it is wrong.
pub async fn configuration(origin: &str) -> Result<Config, StartError> {
    let url = [origin, "/appconfig.json"].concat();
    let response = http::send(Request::get(&url)).await?;
    if !response.is_success() {
        return Err(StartError::Absent {
            url,
            status: response.status,
        });
    }
    Ok(config::parse(&String::from_utf8_lossy(&response.body))?)
}

/// The page, or why it cannot be.
#[must_use]
pub fn app(config: Result<Config, StartError>, origin: &str) -> El {
    match config {
        Ok(config) => screens(&config, origin),
        Err(error) => el("div").class("app").child(cannot_start(&error)),
    }
}

/// The connections live as long as the page, whatever screen is shown.
fn screens(config: &Config, origin: &str) -> El {
    let guest = Guest::new(GuestConfig {
        endpoint: config.identity.endpoint.resolve(origin),
        region: Region::new(config.identity.region.as_str()),
        identity_pool_id: config.identity.pool.clone(),
    });
    Ticker::provide();
    let orders = orders::Live::start(Api::new(&config.orders, guest.clone(), origin));
    let movies = movies::Live::start(movies::wire::Api::new(
        &config.movies,
        guest.clone(),
        origin,
    ));
    let restaurant = restaurant::Live::start(restaurant::wire::Api::new(
        &config.restaurant,
        guest.clone(),
        origin,
    ));
    let calendar = calendar::Live::start(calendar::wire::Api::new(
        &config.calendar,
        guest.clone(),
        origin,
    ));
    let line = |name, way, feed: &'static orders::Feed| Line {
        name,
        way,
        link: feed.link(),
        caught_up: Arc::new(|| feed.view.with(|view| view.window.caught_up())),
    };
    let lines = [
        line("Orders", "AppSync, one socket", orders.by(Way::AppSync)),
        line(
            "Orders · MQTT",
            "IoT Core, one socket",
            orders.by(Way::Mqtt),
        ),
        Line {
            name: "Movies",
            way: "AppSync, one socket for film, votes, chat and bursts",
            link: movies.link(),
            caught_up: Arc::new(|| movies.with(|view| view.window.caught_up())),
        },
        Line {
            name: "Restaurant",
            way: "AppSync, one socket",
            link: restaurant.link(),
            caught_up: Arc::new(|| restaurant.with(|view| view.window.caught_up())),
        },
        Line {
            name: "Calendar",
            way: "AppSync, one socket; a signed function writes",
            link: calendar.link(),
            caught_up: Arc::new(|| calendar.view.with(|view| view.window.caught_up())),
        },
    ];
    let route = routes();
    let journal = shell::journal(&lines);
    // A screen stays while only what it shows changes.
    let screen = Memo::new(move |_| match route.get() {
        Route::Orders(_) => Route::Orders(None),
        Route::Compare(_) => Route::Compare(None),
        Route::Calendar(_) => Route::Calendar(calendar::Place::Calendar),
        route => route,
    });
    el("div")
        .class("app")
        .child(
            el("a")
                .class("skip")
                .set("href", "#main")
                .text("Skip to content"),
        )
        .child(shell::header(route, &lines))
        .slot(move || {
            Some(match screen.get() {
                Route::Overview => overview(orders, movies, restaurant, calendar),
                Route::Movies => movies::view::screen(movies),
                Route::Restaurant => restaurant::view::screen(restaurant),
                Route::Orders(_) => orders::view::screen(orders, route),
                Route::Compare(_) => orders::view::compare(orders, route),
                Route::Calendar(_) => calendar::view::screen(calendar, route),
                Route::NotFound => ui::screen().child(template("not-found")),
            })
        })
        .child(shell::links(&lines, guest, journal))
}

/// The route, as the visitor changes it. A new screen gets the focus, so that keyboards and screen readers begin there.
fn routes() -> ReadSignal<Route> {
    let (route, set) = signal(Route::of(&history::path()));
    effect(move || document().set_title(route.with(Route::title)));
    history::follow(move |path| {
        let to = Route::of(&path);
        let from = route.get_untracked();
        set.set(to.clone());
        std::mem::discriminant(&from) != std::mem::discriminant(&to)
    });
    route
}

fn cannot_start(error: &StartError) -> El {
    let fault = el("section")
        .class("panel fault")
        .set("role", "alert")
        .set("data-testid", "config-error")
        .child(el("h1").text("Eddy cannot start"))
        .children(error.key().map(|key| el("code").text(key)))
        .child(el("p").text(&error.to_string()))
        .child(
            el("p")
                .class("quiet")
                .text("Mend appconfig.toml, build the page again and reload it."),
        );
    ui::screen().child(fault)
}
