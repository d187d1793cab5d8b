//! TMDb's popular list in the place of the shipped films: asked of a server that answers as TMDb does, and what happens
//! when it answers otherwise or not at all. The key stands in nothing that is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use backend::movies::shipped::FILMS;
use cloud::settings::Settings;
use cloud::testing::{Running, start_in};
use cloud::tmdb::Tmdb;
use common::admin::{cloud_with_admin, shown};
use common::movies::{ask, data};
use common::{DEADLINE, cloud_with, guest, until};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const TOKEN: &str = "eyJhbGciOiJub25l.eyJzZWNyZXQiOiJ5ZXMifQ.c2lnbmF0dXJl";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A server on this machine.
struct Server {
    url: String,
    /// What it was asked: path, query, authorization.
    asked: Arc<Mutex<Vec<(String, String, String)>>>,
}

impl Server {
    async fn start(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<_>>>::default();
        let seen = asked.clone();
        let router = Router::new().fallback(async move |request: Request| {
            let header = request.headers().get("authorization");
            let header = header.map_or("", |header| header.to_str().unwrap());
            let uri = request.uri();
            let query = uri.query().unwrap_or_default();
            let asking = [uri.path(), query, header].map(str::to_owned);
            let before = {
                let mut seen = seen.lock().unwrap();
                seen.push(asking.into());
                seen.len() - 1
            };
            answer(before)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }
}

/// As TMDb answers, cut down to two films that can be shown and one that cannot.
fn popular() -> Value {
    json!({
        "page": 1, "total_pages": 500, "total_results": 10_000,
        "results": [
            {
                "adult": false, "backdrop_path": "/b.jpg", "genre_ids": [18], "id": 1, "original_language": "en",
                "original_title": "The Tin Orchard", "overview": "Somebody waters what does not grow.",
                "popularity": 91.5, "poster_path": "/tinOrchard.jpg", "release_date": "2025-04-11",
                "title": "The Tin Orchard", "video": false, "vote_average": 7.1, "vote_count": 12,
            },
            { "adult": true, "id": 2, "title": "Not for here", "poster_path": null },
            {
                "adult": false, "id": 3, "title": "A Ferry Too Long", "overview": "", "release_date": "",
                "poster_path": "//elsewhere.example.org/x.jpg",
            },
        ],
    })
}

async fn cloud_asking(server: &Server, key: &str) -> Running {
    let tmdb = Tmdb::new(key, &server.url).unwrap();
    cloud_with_admin(|settings| {
        settings.rotation = Duration::from_millis(100);
        settings.tmdb = Some(tmdb.within(Duration::from_millis(1500)));
    })
    .await
}

/// The current movie once it is none of those, or one of those, that are shipped.
async fn movie(cloud: &Running, is_shipped: bool) -> Value {
    let mut movie = Value::Null;
    until("a movie from there", async || {
        let query = "{ getMovies(id: 0) { name poster date plot round } }";
        movie = data(ask(cloud, &guest(cloud), query).await)["getMovies"].clone();
        let shipped = FILMS.iter().any(|film| movie["name"] == film.name);
        movie["round"] != 1 && shipped == is_shipped
    })
    .await;
    movie
}

async fn films(cloud: &Running) -> Value {
    let mut films = Value::Null;
    until("TMDb was asked", async || {
        films = shown(cloud, "/counters").await["films"].clone();
        !films.is_null()
    })
    .await;
    films
}

#[tokio::test]
async fn popular_films_take_the_place_of_the_shipped_ones() {
    for key in [TOKEN, KEY] {
        let server = Server::start(|_| axum::Json(popular()).into_response()).await;
        let cloud = cloud_asking(&server, key).await;
        let mut seen = Vec::new();
        until("both films in turn", async || {
            let movie = movie(&cloud, false).await;
            if !seen
                .iter()
                .any(|seen: &Value| seen["name"] == movie["name"])
            {
                seen.push(movie);
            }
            seen.len() == 2
        })
        .await;
        seen.sort_by_key(|movie| movie["name"].to_string());
        let facts = |movie: &Value| ["name", "poster", "date", "plot"].map(|it| movie[it].clone());
        assert_eq!(
            facts(&seen[0]),
            [
                json!("A Ferry Too Long"),
                json!(null),
                json!(null),
                json!(null)
            ],
            "a poster's path leads nowhere else"
        );
        let poster = "https://image.tmdb.org/t/p/w342/tinOrchard.jpg";
        let plot = "Somebody waters what does not grow.";
        assert_eq!(
            facts(&seen[1]),
            ["The Tin Orchard", poster, "2025-04-11", plot].map(Value::from)
        );
        let films = films(&cloud).await;
        assert_eq!(
            (&films["source"], &films["problem"]),
            (&json!("tmdb"), &Value::Null)
        );

        let asked = server.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 1, "once an hour");
        let (path, query, header) = &asked[0];
        assert_eq!(path, "/3/movie/popular");
        if key == TOKEN {
            assert_eq!(header, &format!("Bearer {TOKEN}"));
            assert!(!query.contains(TOKEN), "{query}");
        } else {
            assert!(query.ends_with(&format!("&api_key={KEY}")), "{query}");
            assert_eq!(header, "");
        }
    }
}

/// The answer leaves the shipped films on show, and this is what the counters say of it.
async fn problem(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> String {
    let server = Server::start(answer).await;
    let cloud = cloud_asking(&server, TOKEN).await;
    let films = films(&cloud).await;
    assert_eq!(films["source"], "shipped");
    movie(&cloud, true).await;
    let problem = films["problem"].as_str().unwrap().to_owned();
    assert!(!problem.contains(TOKEN), "{problem}");
    problem
}

#[tokio::test]
async fn a_refusal_leaves_the_shipped_films_and_says_so() {
    let refused = problem(|_| {
        let message = format!("Invalid API key: {TOKEN} is none.");
        let body = json!({ "status_code": 7, "status_message": message, "success": false });
        (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
    });
    let refused = refused.await;
    assert_eq!(
        refused,
        "TMDb answered 401: Invalid API key: (the key) is none."
    );
}

#[tokio::test]
async fn what_is_no_list_leaves_the_shipped_films_and_says_so() {
    let garbage = problem(|_| "<html>down for maintenance".into_response()).await;
    assert!(
        garbage.starts_with("TMDb's answer does not read"),
        "{garbage}"
    );
    let moved = problem(|_| axum::response::Redirect::permanent("/").into_response()).await;
    assert_eq!(moved, "TMDb answered 308: without a word");
    let empty = problem(|_| axum::Json(json!({ "results": [] })).into_response()).await;
    assert_eq!(empty, "TMDb's popular list is empty");
    let endless = problem(|_| vec![b' '; 2_000_000].into_response()).await;
    assert!(
        endless.starts_with("TMDb's answer did not come through"),
        "{endless}"
    );
}

#[tokio::test]
async fn what_does_not_answer_is_not_waited_for() {
    let late = problem(|_| {
        Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>())
            .into_response()
    })
    .await;
    assert_eq!(late, "TMDb did not answer within 1.5 s");
    let server = Server {
        // Nobody listens at this port: the listener that took it is gone.
        url: {
            let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            format!("http://{}", taken.local_addr().unwrap())
        },
        asked: Arc::default(),
    };
    let cloud = cloud_asking(&server, TOKEN).await;
    let nobody = films(&cloud).await;
    let nobody = nobody["problem"].as_str().unwrap();
    assert!(nobody.starts_with("TMDb cannot be reached"), "{nobody}");
}

/// It does not answer, and is waited for: for longer than all of this takes.
#[tokio::test]
async fn movies_rotate_while_it_is_waited_for() {
    let server = Server::start(|_| {
        Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>())
            .into_response()
    })
    .await;
    let tmdb = Tmdb::new(TOKEN, &server.url).unwrap().within(DEADLINE * 3);
    let cloud = cloud_with(|settings| {
        settings.rotation = Duration::from_millis(100);
        settings.tmdb = Some(tmdb);
    })
    .await;
    let round = async || {
        let query = "{ getMovies(id: 0) { round } }";
        data(ask(&cloud, &guest(&cloud), query).await)["getMovies"]["round"].clone()
    };
    until("it was asked", async || {
        !server.asked.lock().unwrap().is_empty()
    })
    .await;
    let asked = round().await.as_i64().unwrap();
    until("five rotations", async || {
        round().await.as_i64().unwrap() >= asked + 5
    })
    .await;
    assert_eq!(server.asked.lock().unwrap().len(), 1, "it asks once");
}

#[tokio::test]
async fn it_is_asked_again_a_minute_later() {
    let server = Server::start(|before| {
        if before == 0 {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        } else {
            axum::Json(popular()).into_response()
        }
    })
    .await;
    let start_at = time::OffsetDateTime::now_utc();
    let (surroundings, clock) = cloud::surroundings::Surroundings::simulated(start_at, 7);
    let settings = Settings {
        admin: Some(([127, 0, 0, 1], 0).into()),
        rotation: Duration::ZERO,
        tmdb: Some(Tmdb::new(TOKEN, &server.url).unwrap()),
        ..Settings::default()
    };
    let cloud = start_in(settings, surroundings).await.unwrap();
    assert_eq!(films(&cloud).await["source"], "shipped");
    // The next time is set after what came of this one is kept: the clock moves until it has come.
    until("it was asked again", async || {
        clock.advance(Duration::from_secs(30));
        cloud.world.nudge();
        films(&cloud).await["source"] == "tmdb"
    })
    .await;
    assert_eq!(server.asked.lock().unwrap().len(), 2);
}

/// The program, with a key in its environment and everything it logs, asking over TLS: once a server whose certificate
/// it is told to trust, once without. Another cloud stands at the other end, which has no films.
#[tokio::test]
async fn over_tls_with_whom_the_machine_trusts_and_the_key_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let with_tls = |settings: &mut Settings| settings.tls = Some(([127, 0, 0, 1], 0).into());
    let tmdb = cloud_with(with_tls).await;
    let secured = tmdb.tls.as_ref().unwrap();
    let certificate = folder.path().join("certificate.pem");
    std::fs::write(&certificate, &secured.certificate).unwrap();
    for trusted in [true, false] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"));
        command
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(":memory:")
            .env("RUST_LOG", "trace")
            .env("EDDY_TMDB_KEY", KEY)
            .env(
                "EDDY_TMDB_URL",
                format!("https://localhost:{}", secured.address.port()),
            )
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if trusted {
            command.env("SSL_CERT_FILE", &certificate);
        }
        let mut child = command.spawn().unwrap();
        let mut logged = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        // A list is read elsewhere: here it matters that there is an answer.
        let said = if trusted {
            "TMDb's answer does not read"
        } else {
            "invalid peer certificate"
        };
        let reading = async {
            while !log.contains(said) {
                let line = logged.next_line().await.unwrap();
                log.push_str(&line.expect("it runs on"));
            }
        };
        let read = tokio::time::timeout(DEADLINE, reading).await;
        assert!(read.is_ok(), "{log}");
        child.kill().await.unwrap();
        while let Some(line) = logged.next_line().await.unwrap() {
            log.push_str(&line);
        }
        assert!(!log.contains(KEY), "the key is logged");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused_and_not_repeated() {
    let output = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
        .args(["--listen", "127.0.0.1:0", "--data", ":memory:"])
        .env("EDDY_TMDB_KEY", "\"quoted-key\"")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("EDDY_TMDB_KEY"),
        "{said}"
    );
    assert!(!said.contains("quoted-key"), "{said}");
}
