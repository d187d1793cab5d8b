//! A cloud in a process of its own, to be killed and started again where it was.
//!
//! The process is this test program itself, told to be a cloud: the same code that `eddy-cloud` runs, always as new as
//! the test, and with nothing that would have to be built beside it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use cloud::{Data, Settings};
use net::http::{Method, Request};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Result;

const LISTEN: &str = "EDDY_FAULTS_LISTEN";
const ADMIN: &str = "EDDY_FAULTS_ADMIN";
const FOLDER: &str = "EDDY_FAULTS_FOLDER";
/// What the process says when it serves, before the admin port's address and its own.
const READY: &str = "the cloud serves at ";
/// How long the admin port may be away: from a kill to the next start, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves, as the environment says, until killed.
pub(crate) async fn serve() -> Result {
    let of = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let settings = Settings {
        data: Data::Folder(of(FOLDER)?.into()),
        admin: Some(of(ADMIN)?.parse()?),
        disorder: true,
        // Renewed every few seconds, beside the times when they are made to expire.
        credential_ttl: Duration::from_secs(20),
        ..Settings::default()
    };
    let listener = tokio::net::TcpListener::bind(of(LISTEN)?).await?;
    let own = listener.local_addr()?;
    let ready = move |ready: cloud::Ready| {
        if let Some(admin) = ready.admin {
            println!("\n{READY}{own} {admin}");
        }
    };
    cloud::serve_then(settings, listener, orphaned(), ready).await?;
    Ok(())
}

/// Completes when the test is gone, however it went: whatever holds the other end of our input goes with it.
async fn orphaned() {
    let read = || std::io::stdin().read(&mut [0]);
    drop(tokio::task::spawn_blocking(read).await);
}

/// A running cloud.
pub(crate) struct Cloud {
    pub(crate) url: String,
    folder: PathBuf,
    listen: String,
    admin: String,
    child: Mutex<Running>,
}

/// Killed at the latest with the test. What it says is read no further than to the line that it waits for, but somebody
/// has to hold the other end: who prints into nothing ends.
struct Running(Child, Option<ChildStdout>);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Cloud {
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let (child, listen, admin) = spawn(folder, "127.0.0.1:0", "127.0.0.1:0")?;
        Ok(Self {
            url: format!("http://{listen}"),
            folder: folder.to_path_buf(),
            listen,
            admin,
            child: Mutex::new(child),
        })
    }

    /// SIGKILL: no handler, no destructor, no flushing. Then another one on the same ports and the same folder.
    pub(crate) async fn kill_and_start_again(&self) -> Result {
        let mut child = self.child.lock().await;
        child.0.kill()?;
        child.0.wait()?;
        let (folder, listen, admin) =
            (self.folder.clone(), self.listen.clone(), self.admin.clone());
        let started = tokio::task::spawn_blocking(move || spawn(&folder, &listen, &admin)).await?;
        *child = started?.0;
        Ok(())
    }

    /// Asks the admin port, once.
    pub(crate) async fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request {
            method: if method == "GET" {
                Method::Get
            } else {
                Method::Post
            },
            url: format!("http://{}{path}", self.admin),
            headers: Vec::new(),
            body,
        };
        let response = net::http::send(request).await?;
        let answer: Value = serde_json::from_slice(&response.body)?;
        assert_eq!(response.status, 200, "{path}: {answer}");
        Ok(answer)
    }

    /// Asks the admin port until it answers: it is away while the process is dead.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> Result<Value> {
        let begun = Instant::now();
        loop {
            match self.try_ask(method, path, &body).await {
                Err(_) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                answered => return answered,
            }
        }
    }
}

/// The process, its address and its admin port's.
fn spawn(folder: &Path, listen: &str, admin: &str) -> Result<(Running, String, String)> {
    let child = Command::new(std::env::current_exe()?)
        .args(["--exact", "the_cloud", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(LISTEN, listen)
        .env(ADMIN, admin)
        .env("RUST_LOG", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut child = Running(child, None);
    let mut lines = BufReader::new(child.0.stdout.take().ok_or("no stdout")?);
    let mut line = String::new();
    while !line.starts_with(READY) {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Err("the cloud did not come to serve".into());
        }
    }
    child.1 = Some(lines.into_inner());
    let ready = line.trim_start_matches(READY).trim();
    let (own, admin) = ready.split_once(' ').ok_or("two addresses")?;
    Ok((child, own.to_owned(), admin.to_owned()))
}
