//! The program itself, to be killed; its admin port; and clients of its APIs that do not give up.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use appsync::{Auth, Client, Endpoint, Operation, Region};
use aws_guest::{Guest, GuestConfig};
use cloud::settings::{IDENTITY_POOL, REGION};
use net::http::Request;
use serde_json::Value;
use tokio::time::timeout;

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T = ()> = std::result::Result<T, Error>;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The program; killed at the latest with the test.
pub struct Program {
    child: Child,
    listen: String,
    admin: String,
}

impl Program {
    /// Starts it on free ports, with these arguments beside.
    pub fn start(folder: &Path, arguments: &[&str]) -> Result<Self> {
        Self::start_at(folder, arguments, "127.0.0.1:0", "127.0.0.1:0")
    }

    fn start_at(folder: &Path, arguments: &[&str], listen: &str, admin: &str) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
            .args(["--listen", listen, "--admin", admin])
            .args(arguments)
            .arg("--data")
            .arg(folder)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let mut address = || -> Result<String> {
            let line = lines.next().ok_or("it ended")??;
            let (_, address) = line.split_once("http://").ok_or("no address")?;
            Ok(address.trim_end_matches('/').to_owned())
        };
        let (listen, admin) = (address()?, address()?);
        Ok(Self {
            child,
            listen,
            admin,
        })
    }

    /// SIGKILL: no handler, no destructor, no flushing. Then another one on the same folder and ports.
    pub fn kill_and_start_again(mut self, folder: &Path, arguments: &[&str]) -> Result<Self> {
        self.child.kill()?;
        self.child.wait()?;
        Self::start_at(folder, arguments, &self.listen, &self.admin)
    }

    /// SIGKILL.
    pub fn kill(mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub async fn fault(&self, fault: &str, how: Value) -> Result {
        let body = if how.is_null() {
            String::new()
        } else {
            how.to_string()
        };
        self.ask_admin(Request::post(self.fault_url(fault), body))
            .await
            .map(drop)
    }

    /// How many batches of queues were lost by kills of their consumers.
    pub async fn lost_batches(&self) -> Result<u64> {
        let told = self.ask_admin(Request::get(self.fault_url("consumers")));
        Ok(told.await?["lost"].as_u64().ok_or("no number")?)
    }

    fn fault_url(&self, fault: &str) -> String {
        format!("http://{}/faults/{fault}", self.admin)
    }

    async fn ask_admin(&self, request: Request) -> Result<Value> {
        let url = request.url.clone();
        let answer = net::http::send(request).await?;
        if answer.status != 200 {
            return Err(format!("{url}: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// A new guest.
    pub fn guest(&self) -> Guest {
        Guest::new(GuestConfig {
            endpoint: format!("{}/cognito/", self.url()),
            region: Region::new(REGION),
            identity_pool_id: IDENTITY_POOL.to_owned(),
        })
    }

    /// A guest's client of an API.
    pub fn client_of(&self, api: &str, guest: &Guest) -> Client {
        Client::new(Endpoint {
            url: format!("{}/{api}/graphql", self.url()),
            region: Region::new(REGION),
            auth: Auth::Guest(guest.clone()),
        })
    }

    /// A new guest's client of an API.
    pub fn client(&self, api: &str) -> Client {
        self.client_of(api, &self.guest())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a refusal is called: AppSync's `errorType`.
pub type Refusal = String;

/// Sends an operation until it is answered, whatever befalls the program meanwhile. A refusal is an answer.
pub async fn insist(
    client: &Client,
    query: &str,
    variables: &Value,
) -> Result<std::result::Result<Value, Refusal>> {
    let trying = async {
        loop {
            let operation = Operation::new(query).with(variables.clone());
            match client.execute(operation).await {
                Ok(data) => return Ok(data),
                Err(appsync::Error::GraphQl(errors)) => {
                    let named = errors.into_iter().next().map(|error| error.error_type);
                    return Err(named.unwrap_or_default());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(30)).await,
            }
        }
    };
    Ok(timeout(PATIENCE, trying)
        .await
        .map_err(|_| format!("{variables} was never answered"))?)
}

pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Result {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    Ok(timeout(PATIENCE, waiting)
        .await
        .map_err(|_| format!("not in time: {what}"))?)
}
