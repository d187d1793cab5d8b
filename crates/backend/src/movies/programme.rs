//! Which films are shown: a list that is asked for now and then, or the one that is shipped.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PROGRAMME;
use super::model::Film;
use super::shipped::{FILMS, Shipped};
use crate::event::HandlerError;
use crate::json::{from_map, to_map};
use crate::moment::Moment;
use crate::ports::{Action, Condition, Ports, Tables, Write};

/// The row's key.
const KEY: &str = "popular";
/// How long a list is good for.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// When one that could not be had is asked for again.
const AGAIN: Duration = Duration::from_secs(60);

/// The films and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Programme {
    id: String,
    /// Where the films come from.
    pub source: Source,
    /// Why they do not come from elsewhere, if they should.
    pub problem: Option<String>,
    /// When that was found out.
    pub at: Moment,
    /// In the order in which they are shown; empty for the shipped ones.
    pub films: Vec<Film>,
}

/// Where films come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// TMDb's popular list.
    Tmdb,
    /// The list in this program.
    Shipped,
}

/// The film of a round: one after the other, then from the beginning.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn film<P: Tables>(ports: &P, round: u32) -> Result<Film, HandlerError> {
    let films = current(ports).await?.map_or(Vec::new(), |it| it.films);
    let position = usize::try_from(round.saturating_sub(1)).unwrap_or(0);
    Ok(if films.is_empty() {
        shipped(&FILMS[position % FILMS.len()])
    } else {
        films[position % films.len()].clone()
    })
}

/// The programme, if one was ever asked for.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn current<P: Tables>(ports: &P) -> Result<Option<Programme>, HandlerError> {
    let row = ports.get(&PROGRAMME, KEY).await?;
    row.map(|row| from_map(row, "programme")).transpose()
}

/// Asks for the list and keeps it, or keeps why the shipped one is shown. Says when to ask again: never, where there is
/// nobody to ask.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn refresh<P: Ports>(ports: &P) -> Result<Option<Duration>, HandlerError> {
    let (films, problem) = match ports.popular_films().await {
        None => (Vec::new(), None),
        Some(Ok(films)) if films.is_empty() => {
            (Vec::new(), Some("TMDb's popular list is empty".to_owned()))
        }
        Some(Ok(films)) => (films, None),
        Some(Err(problem)) => (Vec::new(), Some(problem)),
    };
    let next = match (&films[..], &problem) {
        (_, Some(_)) => Some(AGAIN),
        ([], None) => None,
        (_, None) => Some(FRESH),
    };
    let programme = Programme {
        id: KEY.to_owned(),
        source: if films.is_empty() {
            Source::Shipped
        } else {
            Source::Tmdb
        },
        problem,
        at: Moment::from(ports.now()),
        films,
    };
    let write = Write {
        table: &PROGRAMME,
        key: KEY.to_owned(),
        action: Action::Put(to_map(&programme)?),
        condition: Condition::Always,
    };
    ports.transact(vec![write]).await?;
    Ok(next)
}

fn shipped(film: &Shipped) -> Film {
    let text = |text: &str| Some(text.to_owned());
    Film {
        name: text(film.name),
        poster: Some(["/posters/", film.slug, ".svg"].concat()),
        date: text(film.date),
        plot: text(film.plot),
    }
}
