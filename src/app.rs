//! Puts the page together: reads the configuration, makes the connections, shows the features.

use aws_guest::{Guest, GuestConfig, Region};
use leptos::prelude::*;
use net::http::{self, Request};

use crate::config::{self, Config, ConfigError};
use crate::orders::view::Orders;
use crate::orders::wire::Api;
use crate::ui::Mark;

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
    let url = format!("{origin}/appconfig.json");
    let response = http::send(Request::get(&url)).await?;
    if !response.is_success() {
        return Err(StartError::Absent {
            url,
            status: response.status,
        });
    }
    Ok(config::parse(&String::from_utf8_lossy(&response.body))?)
}

/// The page.
#[component]
pub fn App(
    /// What to show, or why that cannot be.
    config: Result<Config, StartError>,
    /// The page's origin.
    origin: String,
) -> impl IntoView {
    view! {
        <div class="page">
            <header class="masthead">
                <Mark />
                <h1>"Eddy"</h1>
                <p class="quiet">"Events, as they happen"</p>
            </header>
            <main>
                {match config {
                    Ok(config) => view! { <Orders api=orders(&config, &origin) /> }.into_any(),
                    Err(error) => view! { <CannotStart error /> }.into_any(),
                }}
            </main>
        </div>
    }
}

/// The connections live as long as the page.
fn orders(config: &Config, origin: &str) -> Api {
    let guest = Guest::new(GuestConfig {
        endpoint: config.identity.endpoint.resolve(origin),
        region: Region::new(config.identity.region.as_str()),
        identity_pool_id: config.identity.pool.clone(),
    });
    Api::new(&config.orders, guest, origin)
}

#[component]
fn CannotStart(error: StartError) -> impl IntoView {
    let key = error
        .key()
        .map(|key| view! { <code class="fault-key">{key.to_owned()}</code> });
    view! {
        <section class="panel fault" role="alert" data-testid="config-error">
            <h2>"Eddy cannot start"</h2>
            {key}
            <p>{error.to_string()}</p>
            <p class="quiet">"Mend appconfig.toml, build the page again and reload it."</p>
        </section>
    }
}
