//! TMDb's popular list: how it is asked for, and what the answer says.
//! Source: The Movie Database, API reference, "Movie lists: Popular" and "Image basics".

use serde::Deserialize;

use super::model::Film;

/// The list's path and query, to be sent with `GET` to the API's address.
pub const POPULAR: &str = "/3/movie/popular?language=en-US&page=1";
/// Where posters lie, in the width in which they are shown.
const POSTERS: &str = "https://image.tmdb.org/t/p/w342";

/// The header that a key goes into. There are two kinds: a read access token (a JWT) is a bearer token, the older API
/// key is a parameter of the query.
#[must_use]
pub fn is_access_token(key: &str) -> bool {
    key.split('.').count() == 3
}

/// The films of an answer.
///
/// # Errors
/// What is wrong with it, for people.
pub fn films(status: u16, body: &[u8]) -> Result<Vec<Film>, String> {
    #[derive(Deserialize)]
    struct Popular {
        results: Vec<Listed>,
    }
    #[derive(Deserialize)]
    struct Listed {
        title: String,
        overview: Option<String>,
        poster_path: Option<String>,
        release_date: Option<String>,
        #[serde(default)]
        adult: bool,
    }
    #[derive(Deserialize)]
    struct Refusal {
        status_message: String,
    }
    if status != 200 {
        let said = serde_json::from_slice::<Refusal>(body).map_or_else(
            |_| "without a word".to_owned(),
            |refusal| refusal.status_message.chars().take(200).collect(),
        );
        return Err(format!("TMDb answered {status}: {said}"));
    }
    let popular: Popular = serde_json::from_slice(body)
        .map_err(|error| format!("TMDb's answer does not read: {error}"))?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    // A poster's path is one name; anything else would lead elsewhere.
    let is_a_name = |path: &String| {
        path.strip_prefix('/').is_some_and(|name| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        })
    };
    Ok(popular
        .results
        .into_iter()
        .filter(|film| !film.adult && !film.title.is_empty())
        .map(|film| Film {
            name: Some(film.title),
            poster: film
                .poster_path
                .filter(is_a_name)
                .map(|path| [POSTERS, &path].concat()),
            date: given(film.release_date),
            plot: given(film.overview),
        })
        .collect())
}
