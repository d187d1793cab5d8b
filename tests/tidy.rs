//! The house's rules that a program can check, so that they stay true. Each failure says what to do.
//!
//! Sources are read as text without their comments: good enough to find what somebody imports, and far simpler than
//! resolving names.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is a test")]

#[path = "tidy/repository.rs"]
mod repository;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use repository::{FILES, assert_none, cargo, features, output, packages, root, sources};

// Who may know whom.

#[test]
fn a_model_knows_neither_leptos_nor_the_browser_nor_clients_nor_its_siblings() {
    let foreign = [
        "leptos",
        "web_sys",
        "js_sys",
        "gloo_net",
        "appsync",
        "aws_guest",
        "view",
        "wire",
    ];
    let models = sources("src/").filter(|file| file.room().is_some_and(|room| room == "model"));
    assert_none(
        models.flat_map(|file| {
            let mut found = file.knows(&foreign);
            // `net::UnixTime` is a plain value; the clock that tells it is not.
            found.extend(file.contains(&[
                "net::now",
                "net::wall",
                "net::sleep",
                "net::spawn",
                "net::http",
                "net::storage",
            ]));
            found
        }),
        "a model is plain state and `apply`; move this to `wire` (payloads), `view` (components) or `live` (streams)",
    );
}

#[test]
fn features_do_not_know_each_other_and_ui_knows_none() {
    let features = features();
    let found = sources("src/")
        .filter_map(|file| Some((file.feature()?, file)))
        .flat_map(|(own, file)| {
            let others: Vec<_> = features
                .iter()
                .filter(|other| **other != own)
                .map(|other| format!("crate::{other}"))
                .collect();
            file.contains(&others)
        });
    assert_none(
        found,
        "features meet in `app.rs` only; what two of them need belongs in `ui` or a crate",
    );
}

#[test]
fn views_are_known_to_nobody_but_their_feature_s_page() {
    let found = sources("src/")
        .filter(|file| file.room().is_some_and(|room| room == "wire"))
        .flat_map(|file| file.knows(&["view", "leptos"]));
    assert_none(
        found,
        "`wire` turns payloads into the model's events and knows no screen",
    );
}

#[test]
fn only_config_reads_configuration() {
    let found = sources("src/")
        .filter(|file| file.path != Path::new("src/config.rs"))
        .flat_map(|file| {
            file.contains(&[
                "env!(\"EDDY",
                "env::var",
                "option_env!",
                "include_str!(\"../appconfig",
            ])
        });
    assert_none(found, "read it in src/config.rs and hand the value on");
}

#[test]
fn only_net_touches_the_browser_and_ui_its_document() {
    let found = sources("")
        .filter(|file| !file.path.starts_with("crates/net"))
        .flat_map(|file| {
            let ui = file.path.starts_with("src/ui");
            file.knows(if ui {
                &["gloo_net"]
            } else {
                &["web_sys", "js_sys", "gloo_net"]
            })
        });
    assert_none(
        found,
        "network, clock, randomness, storage and the page's life are `net`'s; `ui` may use web-sys for DOM, History and Blob",
    );
}

#[test]
fn only_live_starts_subscription_tasks() {
    let found = sources("src/")
        .filter(|file| !file.path.starts_with("src/live") && file.path != Path::new("src/live.rs"))
        .filter(|file| file.room().is_none_or(|room| room != "wire"))
        .flat_map(|file| file.contains(&[".subscribe::<", ".subscribe_operation("]));
    assert_none(
        found,
        "streams become signals in `live`, which also ends them",
    );
}

#[test]
fn the_cloud_uses_our_clients_only_to_watch_itself() {
    let found = sources("crates/cloud/src/")
        .filter(|file| !file.path.to_string_lossy().contains("cli/watch"))
        .flat_map(|file| file.knows(&["appsync", "aws_guest", "aws_sigv4", "iot", "link"]));
    assert_none(
        found,
        "the cloud implements the server's side on its own: one misunderstanding must not pass both",
    );
}

#[test]
fn nothing_below_crates_knows_leptos_or_the_page() {
    let found = packages()
        .filter(|package| package.folder.starts_with("crates"))
        .flat_map(|package| {
            let foreign = package
                .dependencies
                .iter()
                .filter(|name| name.starts_with("leptos") || *name == "eddy");
            foreign
                .map(|name| format!("{} depends on {name}", package.name))
                .collect::<Vec<_>>()
        });
    assert_none(found, "screens live in src/");
}

/// Which of our own packages each one may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("net", &[]),
    ("aws-guest", &["json", "net"]),
    ("link", &["aws-guest", "net"]),
    ("appsync", &["aws-guest", "json", "link", "net"]),
    ("iot", &["aws-guest", "link", "net"]),
    ("backend", &[]),
    ("holidays", &[]),
    (
        "cloud",
        &[
            "appsync",
            "aws-guest",
            "backend",
            "holidays",
            "net",
            "states",
        ],
    ),
    (
        "eddy",
        &["appsync", "aws-guest", "iot", "json", "link", "net"],
    ),
    ("states", &[]),
    ("xtask", &["json"]),
];

#[test]
fn packages_depend_on_each_other_only_as_the_map_says() {
    let ours: BTreeSet<_> = packages().map(|package| package.name).collect();
    let found = packages().flat_map(|package| {
        let allowed = ALLOWED
            .iter()
            .find(|(name, _)| *name == package.name)
            .map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| {
            panic!(
                "{} is new: give it a line in ALLOWED (tests/tidy.rs)",
                package.name
            )
        });
        let wrong = package
            .dependencies
            .iter()
            .filter(|name| ours.contains(*name) && !allowed.contains(&name.as_str()));
        wrong
            .map(|name| format!("{} depends on {name}", package.name))
            .collect::<Vec<_>>()
    });
    assert_none(found, "see ARCHITECTURE.md for who may know whom");
}

#[test]
fn handlers_know_no_http_no_sql_no_sdk_and_no_runtime() {
    let foreign = [
        "axum",
        "hyper",
        "reqwest",
        "tower",
        "tower-http",
        "rusqlite",
        "tokio",
        "aws-config",
        "lambda_runtime",
    ];
    let found = packages()
        .filter(|package| package.name == "backend")
        .flat_map(|package| {
            let wrong = package
                .dependencies
                .iter()
                .filter(|name| foreign.contains(&name.as_str()) || name.starts_with("aws-"));
            wrong
                .map(|name| format!("backend depends on {name}"))
                .collect::<Vec<_>>()
        });
    assert_none(
        found,
        "what handlers need from the world is a port (crates/backend/src/ports.rs)",
    );
}

#[test]
fn clients_reach_the_world_through_net() {
    let foreign = [
        "tokio",
        "reqwest",
        "tokio-tungstenite",
        "getrandom",
        "web-sys",
        "js-sys",
        "gloo-net",
        "wasm-bindgen-futures",
    ];
    let found = packages()
        .filter(|package| {
            ["eddy", "appsync", "aws-guest", "iot", "link"].contains(&package.name.as_str())
        })
        .flat_map(|package| {
            let wrong = package
                .dependencies
                .iter()
                .filter(|name| foreign.contains(&name.as_str()));
            // `ui` may speak to the document, which the test above watches.
            let document = |name: &str| ["web-sys", "js-sys"].contains(&name);
            let wrong = wrong.filter(|name| !(package.name == "eddy" && document(name)));
            wrong
                .map(|name| format!("{} depends on {name}", package.name))
                .collect::<Vec<_>>()
        });
    assert_none(found, "network, clock, randomness and tasks are `net`'s");
}

#[test]
fn the_page_links_no_runtime_network_or_timer_of_tokio() {
    let tree = output(cargo().args([
        "tree",
        "--package=eddy",
        "--target=wasm32-unknown-unknown",
        "--edges=normal",
        "--prefix=none",
        "--format={p}|{f}",
    ]));
    let native = [
        "hyper v",
        "reqwest v",
        "mio v",
        "socket2 v",
        "tokio-tungstenite v",
    ];
    let found = tree.lines().filter(|line| {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let features = features.split(['(', ' ']).next().unwrap_or_default();
        let tokio = package.starts_with("tokio v")
            && features
                .split(',')
                .any(|feature| !["default", "sync", ""].contains(&feature));
        tokio || native.iter().any(|name| package.starts_with(name))
    });
    assert_none(
        found.map(str::to_owned),
        "only tokio's `sync` may come along (with aws-sigv4): find who asks for more with `cargo tree -i`",
    );
}

// How it is written.

#[test]
fn files_can_be_read_in_one_sitting() {
    const MOST: usize = 600;
    let generated = ["Cargo.lock", "package-lock.json"];
    let found = FILES
        .iter()
        .filter(|file| !generated.contains(&file.name()))
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > MOST).then(|| format!("{} has {lines} lines", file.path.display()))
        });
    assert_none(
        found,
        "split it where it has a seam; most files have less than 300 lines and none more than 600",
    );
}

#[test]
fn no_unsafe_code_anywhere() {
    let found = packages()
        .flat_map(|package| package.roots)
        .filter_map(|root| {
            let text = fs::read_to_string(&root).unwrap();
            (!text.contains("#![forbid(unsafe_code)]")).then(|| root.display().to_string())
        });
    assert_none(found, "begin it with `#![forbid(unsafe_code)]`");
}

#[test]
fn packages_share_what_the_workspace_says() {
    let found = packages().flat_map(|package| {
        let manifest: String =
            fs::read_to_string(root().join(&package.folder).join("Cargo.toml")).unwrap();
        [
            "version.workspace = true",
            "edition.workspace = true",
            "license.workspace = true",
            "[lints]\nworkspace = true",
        ]
        .into_iter()
        .filter(|line| !manifest.contains(line))
        .map(|line| format!("{} lacks `{}`", package.name, line.replace('\n', " ")))
        .collect::<Vec<_>>()
    });
    assert_none(
        found,
        "version, edition, licence and lints stand once, in the root manifest",
    );
}

// What does not belong into a public repository.

#[test]
fn nothing_names_a_package_registry_s_hosts() {
    // Put together here, so that this file does not name them either.
    let hosts = [
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
        concat!("registry.npm", "js"),
        concat!("registry.yarn", "pkg"),
        concat!("deb.debian", ".org"),
        concat!("proxy.golang", ".org"),
    ];
    let files = FILES.iter().filter(|file| file.name() != "Cargo.lock");
    assert_none(
        files.flat_map(|file| file.contains_anywhere(&hosts)),
        "packages are named, and everybody's clients know where to get them (npm: `omit-lockfile-registry-resolved=true`)",
    );
}

#[test]
fn nothing_names_a_place_on_somebody_s_machine() {
    let places = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let found = FILES
        .iter()
        .flat_map(|file| file.contains_anywhere(&places));
    assert_none(
        found,
        "use a path relative to the repository, `$HOME` or a temporary folder",
    );
}

#[test]
fn every_file_is_ours_or_says_whose_it_is() {
    let written = [
        "rs", "toml", "md", "graphql", "sql", "css", "html", "svg", "ts", "mjs", "js", "json",
        "yml", "yaml", "lock", "py", "txt",
    ];
    let notice = fs::read_to_string(root().join("NOTICE")).unwrap_or_default();
    let found = FILES.iter().filter(|file| {
        let extension = file
            .path
            .extension()
            .and_then(|extension| extension.to_str());
        let plain = extension.map_or_else(
            || file.name().starts_with(['.', 'L']) || file.path.starts_with(".ci"),
            |extension| written.contains(&extension),
        );
        let licence = file.name().starts_with("LICENSE");
        let foreign = !licence
            && (file.text.contains(concat!("Copyright", " (c)"))
                || file.text.contains(concat!("Copyright", " ©")));
        (!plain || foreign) && !notice.contains(&*file.path.to_string_lossy())
    });
    assert_none(
        found.map(|file| file.path.display().to_string()),
        "name the file, where it comes from and its licence (MIT, Apache-2.0 or alike) in a file NOTICE, or leave it out",
    );
}
