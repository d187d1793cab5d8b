//! The program: what it prints, how it ends, what it says when it cannot start, and its commands beside a running cloud.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]
#![cfg(unix)]

mod common;

use std::net::Ipv4Addr;
use std::process::Stdio;

use cloud::Data;
use cloud::dead_letters;
use cloud::settings::Settings;
use cloud::store::{Store, StoreError};
use common::{DEADLINE, send, with_keys};
use net::http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

fn eddy_cloud(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Its first line of output says where it is.
async fn serve(data: &str) -> (Child, String) {
    let mut child = eddy_cloud(&["--listen", "127.0.0.1:0", "--data", data, "--pace", "0"])
        .spawn()
        .unwrap();
    let line = next_line(&mut lines(&mut child)).await;
    let url = line
        .strip_prefix("Eddy's cloud is ready at ")
        .expect("the line that is agreed on")
        .to_owned();
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with('/'),
        "{url}"
    );
    (child, url)
}

fn lines(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.stdout.take().unwrap()).lines()
}

async fn next_line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    tokio::time::timeout(DEADLINE, lines.next_line())
        .await
        .expect("a line in time")
        .unwrap()
        .expect("a line")
}

async fn output(arguments: &[&str]) -> (bool, String, String) {
    let output = eddy_cloud(arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test]
async fn it_says_where_it_is_and_ends_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, url) = serve(":memory:").await;
        assert_eq!(send(Request::get(url)).await.status, 200);
        let pid = child.id().unwrap().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().await;
        assert!(sent.unwrap().success());
        let ended = tokio::time::timeout(DEADLINE, child.wait()).await;
        let status = ended.expect("it ends").unwrap();
        assert!(status.success(), "{signal}: {status}");
    }
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said_with_what_to_do() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (ok, _, said) = output(&["--listen", &address, "--data", ":memory:"]).await;
    assert!(
        !ok && said.contains(&address) && said.contains("--listen"),
        "{said}"
    );

    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("data");
    let (ok, _, said) = output(&[
        "--listen",
        "127.0.0.1:0",
        "--data",
        inside.to_str().unwrap(),
    ])
    .await;
    assert!(!ok && said.contains("--data"), "{said}");
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_not_printed() {
    for (key, why) in [
        ("not a key but secret", "letters, digits and hyphens"),
        ("da2-secretsecretsecret@tomorrow", "when the key ends"),
    ] {
        let by_flag = output(&["--data", ":memory:", "--calendar-key", key]).await;
        let mut command = eddy_cloud(&["--data", ":memory:"]);
        let ended = command
            .env("EDDY_CALENDAR_KEY", key)
            .output()
            .await
            .unwrap();
        let by_environment = String::from_utf8(ended.stderr).unwrap();
        assert!(!by_flag.0 && !ended.status.success());
        for said in [by_flag.2, by_environment] {
            assert!(
                said.contains("EDDY_CALENDAR_KEY") && said.contains(why),
                "{said}"
            );
            assert!(!said.contains("secret"), "{said}");
        }
    }
}

#[tokio::test]
async fn commands_beside_a_running_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (_child, url) = serve(data).await;
    let url = url.trim_end_matches('/');

    // Credentials that another process mints are good here.
    let (ok, printed, _) = output(&[
        "credentials",
        "--role",
        "backend",
        "--format",
        "json",
        "--data",
        data,
    ])
    .await;
    assert!(ok);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let part = |name: &str| printed[name].as_str().unwrap();
    let signer = with_keys(
        part("AccessKeyId"),
        part("SecretAccessKey"),
        part("SessionToken"),
    );
    let body = json!({"Entries": [common::created("o-1", 0)]}).to_string();
    let mut request = Request::post(format!("{url}/events/"), body);
    request
        .headers
        .push(("x-amz-target".into(), "AWSEvents.PutEvents".into()));
    let put = send(
        signer
            .sign(aws_guest::Service::new("events"), request)
            .unwrap(),
    )
    .await;
    assert_eq!(
        (put.status, &put.body["FailedEntryCount"]),
        (200, &json!(0)),
        "{put:?}"
    );

    let (_, environment, _) = output(&["credentials", "--role", "guest", "--data", data]).await;
    assert!(
        environment.starts_with("export AWS_ACCESS_KEY_ID=ASIA"),
        "{environment}"
    );

    // The event is a dead letter (nobody orders nothing), and the account says so.
    let account = async || {
        let (_, account, _) = output(&["account", "--json", "--data", data]).await;
        serde_json::from_str::<Value>(&account).unwrap()
    };
    common::until("the event is dead", async || account().await["dead"] == 1).await;
    let (_, listed, _) = output(&["dead-letters", "list", "--data", data]).await;
    assert!(listed.contains("quantity"), "{listed}");
    let (_, shown, _) = output(&["dead-letters", "show", "1", "--json", "--data", data]).await;
    assert_eq!(
        serde_json::from_str::<Value>(&shown).unwrap()["payload"]["detail"]["orderId"],
        "o-1"
    );
    let (ok, resent, _) = output(&["dead-letters", "resend", "--all", "--data", data]).await;
    assert!(ok && resent.contains('1'), "{resent}");
    let (ok, _, said) = output(&["dead-letters", "show", "77", "--data", data]).await;
    assert!(!ok && said.contains("dead-letters list"), "{said}");
}

/// One that cannot be sent again holds up nobody, is told of, and goes when it is dropped.
#[tokio::test]
async fn dead_letters_that_cannot_be_sent_again_stay_until_they_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (mut child, _) = serve(data).await;
    child.kill().await.unwrap();
    let bury = "INSERT INTO dead_letters (origin, name, subject, cause, attempts, payload, at) VALUES
        ('workflow', 'older', 'o', 'gone', 1, '{}', 0), ('stream', 'orders-publish', 'o', 'torn', 1, '{', 0),
        ('timer', 'a', 'a', 'late', 1, '{}', 0), ('queue', 'q', 'm', 'bad', 4, '{}', 0), ('bus', 'r', 'e', 'bad', 1, '{}', 0)";
    let store = Store::open(&Data::Folder(folder.path().to_owned()))
        .await
        .unwrap();
    let buried = store.write(move |tx| Ok::<_, StoreError>(tx.execute(bury, [])?));
    assert_eq!(buried.await.unwrap(), 5);
    let command = async |arguments: &[&str]| {
        output(&[&["dead-letters"], arguments, &["--data", data]].concat()).await
    };
    // What is on the bus is an event that the account counts.
    let (ok, _, said) = command(&["drop", "5"]).await;
    assert!(!ok && said.contains("resend 5"), "{said}");
    let (ok, printed, said) = command(&["resend", "--all"]).await;
    assert!(!ok && printed.contains("Sent again: 3"), "{printed} {said}");
    assert!(
        printed.contains("1 stays: this eddy-cloud has no workflow \"older\""),
        "{printed}"
    );
    assert!(
        printed.contains("2 stays: ") && said.contains("drop ID"),
        "{printed} {said}"
    );
    let left = async || {
        let letters = dead_letters::list(&store).await.unwrap();
        letters.iter().map(|letter| letter.id).collect::<Vec<_>>()
    };
    assert_eq!(left().await, [1, 2]);
    let (ok, printed, _) = command(&["resend", "--all", "--json"]).await;
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert!(
        !ok && told["resent"] == 0 && told["stayed"][1]["id"] == 2,
        "{told}"
    );
    for id in ["1", "2"] {
        let (ok, printed, _) = command(&["drop", id]).await;
        assert!(ok && printed.contains(id), "{printed}");
        let (ok, _, said) = command(&["drop", id]).await;
        assert!(!ok && said.contains("dead-letters list"), "{said}");
    }
    assert_eq!(left().await, [] as [i64; 0]);
    let (ok, printed, _) = command(&["resend", "--all"]).await;
    assert!(ok && printed.contains("Sent again: 0"), "{printed}");
}

#[tokio::test]
async fn commands_where_no_cloud_has_been_say_so_and_make_none() {
    let root = tempfile::tempdir().unwrap();
    let (empty, missing) = (root.path().join("empty"), root.path().join("missing"));
    std::fs::create_dir(&empty).unwrap();
    for folder in [&empty, &missing] {
        let data = folder.to_str().unwrap();
        for command in [
            &["credentials", "--role", "guest"][..],
            &["account"],
            &["mailbox"],
            &["dead-letters", "list"],
            &["dead-letters", "show", "1"],
            &["dead-letters", "resend", "--all"],
            &["dead-letters", "drop", "1"],
        ] {
            let (ok, printed, said) = output(&[command, &["--data", data]].concat()).await;
            let expected = format!(
                "there is no cloud in {data}: start one there first, or name its folder with --data"
            );
            assert!(!ok && printed.is_empty(), "{command:?}: {printed}");
            assert!(said.contains(&expected), "{command:?}: {said}");
        }
    }
    assert!(!missing.exists() && empty.read_dir().unwrap().next().is_none());

    // The folder that is used when none is named is no exception.
    let unnamed = eddy_cloud(&["account"])
        .env("HOME", root.path())
        .env_remove("XDG_DATA_HOME")
        .output();
    let said = String::from_utf8(unnamed.await.unwrap().stderr).unwrap();
    assert!(said.contains("there is no cloud in "), "{said}");
}

/// Until it says that it is live.
async fn live(watching: &mut Child) {
    let mut told = BufReader::new(watching.stderr.take().unwrap()).lines();
    let live = tokio::time::timeout(DEADLINE, async {
        while !told
            .next_line()
            .await
            .unwrap()
            .expect("it goes on")
            .starts_with("live")
        {}
    });
    live.await.expect("it is live in time");
}

#[tokio::test]
async fn watching_prints_a_line_an_event() {
    let cloud = common::cloud().await;
    let mut watching = eddy_cloud(&["watch", "orders", "--endpoint", &cloud.url])
        .spawn()
        .unwrap();
    live(&mut watching).await;
    common::publish(&cloud, common::input("o-42", 3)).await;
    let line = next_line(&mut lines(&mut watching)).await;
    for part in ["o-42", "SUBMITTED", "revision 3", "12.00 EUR"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn watching_over_tls_wants_a_certificate_that_it_is_to_trust() {
    let with_tls = |settings: &mut Settings| settings.tls = Some((Ipv4Addr::LOCALHOST, 0).into());
    let cloud = common::cloud_with(with_tls).await;
    let secured = cloud.tls.as_ref().unwrap();
    let endpoint = format!("https://{}", secured.address);
    let folder = tempfile::tempdir().unwrap();
    let watch = |certificate: &str| {
        let file = folder.path().join("trusted.pem");
        std::fs::write(&file, certificate).unwrap();
        eddy_cloud(&["watch", "orders", "--endpoint", &endpoint])
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .spawn()
            .unwrap()
    };

    let mut watching = watch(&secured.certificate);
    live(&mut watching).await;
    common::publish(&cloud, common::input("o-43", 1)).await;
    let line = next_line(&mut lines(&mut watching)).await;
    assert!(line.contains("o-43"), "{line}");

    // Somebody else's says what is wrong, and goes on trying.
    let other = common::cloud_with(with_tls).await;
    let mut distrusting = watch(&other.tls.as_ref().unwrap().certificate);
    let mut told = BufReader::new(distrusting.stderr.take().unwrap()).lines();
    let said = tokio::time::timeout(DEADLINE, async {
        loop {
            let line = told.next_line().await.unwrap().expect("it goes on");
            if line.contains("certificate") {
                return line;
            }
        }
    });
    said.await.expect("it says so in time");
}

#[tokio::test]
async fn the_endpoints_that_are_printed_answer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut child = eddy_cloud(&[
        "--listen",
        "127.0.0.1:0",
        "--tls",
        "127.0.0.1:0",
        "--data",
        data,
    ])
    .spawn()
    .unwrap();
    let mut lines = lines(&mut child);
    let plain = next_line(&mut lines).await;
    let plain = plain.strip_prefix("Eddy's cloud is ready at http://");
    let secure = next_line(&mut lines).await;
    let secure = secure.strip_prefix("Over TLS it is at https://");
    let certificate = next_line(&mut lines).await;
    let (plain, secure) = (plain.unwrap(), secure.expect("the line that is agreed on"));
    let (plain, secure) = (plain.trim_end_matches('/'), secure.trim_end_matches('/'));
    let flags = ["--listen", plain, "--tls", secure, "--data", data];
    let asked = |extra: &[&'static str]| [&["endpoints"], &flags[..], extra].concat();
    let (ok, printed, said) = output(&asked(&["--json"])).await;
    assert!(ok, "{said}");
    let told: Value = serde_json::from_str(&printed).unwrap();
    let (_, text, _) = output(&asked(&[])).await;

    let mapping = &told["mapping"];
    let file = mapping["certificate"].as_str().unwrap();
    assert_eq!(certificate, format!("Its certificate is {file}"));
    for shown in [
        &mapping["spki"],
        &mapping["hostResolverRules"],
        &mapping["certificate"],
    ] {
        assert!(text.contains(shown.as_str().unwrap()), "{shown}");
    }
    let client = reqwest::Client::new();
    let endpoints = told["endpoints"].as_array().unwrap();
    assert!(endpoints.len() >= 5, "{told}");
    for endpoint in endpoints {
        let field = |name: &str| endpoint[name].as_str().unwrap();
        let (url, name) = (field("url"), field("name"));
        assert!(text.contains(url) && text.contains(name), "{text}");
        assert!(field("secureUrl").contains(secure), "{endpoint}");
        let (_, address) = name.split_once("://").unwrap();
        let (host, path) = address.split_once('/').unwrap();
        let line = format!("127.0.0.1 {host}");
        let hosts = mapping["hosts"].as_array().unwrap();
        assert!(hosts.iter().any(|mapped| *mapped == *line), "{line}");
        // Unsigned, and without what a socket's handshake has: refused, but by the service.
        let by_path = url.replace("ws://", "http://");
        let by_name = format!("http://{plain}/{path}");
        for (url, host) in [(by_path, plain), (by_name, host)] {
            let method = field("method").parse().unwrap();
            let request = client.request(method, &url).header("host", host);
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            assert!((400..404).contains(&status), "{url} at {host}: {status}");
            assert!(answer.headers().contains_key("x-amzn-requestid"), "{url}");
        }
    }
}
