//! The command line of `eddy-cloud`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command has to say goes to the terminal"
)]

mod account;
mod commands;
mod drive;
mod endpoints;
mod serve;
mod watch;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use cloud::api_keys::ApiKey;
use cloud::{CloudError, Data};
use tracing_subscriber::EnvFilter;

use self::drive::{AdminFlag, Fault};

/// No span of time here is longer, in seconds.
const A_YEAR: u64 = 365 * 24 * 60 * 60;

/// Eddy's embedded cloud: guest credentials, GraphQL with subscriptions, an event bus and a pipeline, on one machine.
#[derive(Debug, Parser)]
#[command(name = "eddy-cloud", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

/// Runs the cloud (what happens without a subcommand).
#[derive(Debug, Args)]
struct Serve {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where to listen for the same over TLS, for clients that have the services' names mapped to this machine; off
    /// unless given. `eddy-cloud endpoints` says how.
    #[arg(long, value_name = "ADDRESS")]
    tls: Option<SocketAddr>,
    /// Where to listen for `load`, `fault` and GET /counters; on this machine only, off unless given.
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    #[command(flatten)]
    data: DataFlag,
    /// The folder with the built page.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// How long guest credentials last, in seconds.
    #[arg(long, default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=A_YEAR))]
    credential_ttl: u64,
    /// The longest wait between two states of a simulated order, in seconds, decimal; 0 does not wait. A task of a
    /// restaurant's order takes up to half as long.
    #[arg(long, default_value = "4", value_name = "SECONDS", value_parser = seconds)]
    pace: Duration,
    /// How long each movie is shown, in seconds, decimal; 0 shows one for ever.
    #[arg(long, default_value = "10", value_name = "SECONDS", value_parser = seconds)]
    rotate: Duration,
    /// TMDb's API read access token or API key: its popular films are shown instead of the shipped ones. Rather in the
    /// environment, where no list of processes shows it.
    #[arg(
        long,
        env = "EDDY_TMDB_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    tmdb_key: Option<String>,
    /// Where TMDb's API is.
    #[arg(long, env = "EDDY_TMDB_URL", default_value = cloud::tmdb::API, value_name = "URL")]
    tmdb_url: String,
    /// A key that the calendar's API takes instead of a signature: `KEY`, or `KEY@2027-01-31T00:00:00Z` for one that
    /// ends. May be given more than once.
    #[arg(
        long,
        env = "EDDY_CALENDAR_KEY",
        hide_env_values = true,
        value_name = "KEY",
        value_parser = Secret
    )]
    calendar_key: Vec<ApiKey>,
    /// How many of the restaurant's payments succeed, 0 to 1.
    #[arg(long, default_value = "0.75", value_name = "SHARE", value_parser = share)]
    payment_chance: f64,
    /// What the restaurant's payments are drawn from.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    payment_seed: u64,
    /// Let no handler take a restaurant's order that has this in its name: it ends among the dead letters.
    #[arg(long, value_name = "TEXT")]
    poison: Option<String>,
    /// How long a message that was received from a queue is invisible to others, in seconds, decimal.
    #[arg(long, default_value = "5", value_name = "SECONDS", value_parser = seconds)]
    visibility: Duration,
    /// Shuffle and double the deliveries of the bus.
    #[arg(long)]
    disorder: bool,
    /// How long the pipeline tries before something goes to the dead letters, in seconds.
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = seconds)]
    retry_window: Duration,
    /// How log lines are written (to stderr; RUST_LOG says which).
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// Reads a key. What is wrong with it is told without it: clap's own words would print it.
#[derive(Debug, Clone, Copy)]
struct Secret;

impl TypedValueParser for Secret {
    type Value = ApiKey;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<ApiKey, clap::Error> {
        value.to_string_lossy().parse().map_err(|why: String| {
            let words = format!("--calendar-key or EDDY_CALENDAR_KEY cannot be used: {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, words).with_cmd(command)
        })
    }
}

#[derive(Debug, Args)]
struct DataFlag {
    /// Where the data is kept, `:memory:` for nowhere [default: a folder under the user's data directory].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataFlag {
    fn data(self) -> Result<Data, CloudError> {
        match self.data {
            Some(folder) if folder.as_os_str() == ":memory:" => Ok(Data::Memory),
            Some(folder) => Ok(Data::Folder(folder)),
            None => Data::default_folder().ok_or_else(|| {
                CloudError::BuiltIn(
                    "there is no home directory to keep the data under: name a folder with --data"
                        .into(),
                )
            }),
        }
    }
}

/// Where the cloud is meant to run.
#[derive(Debug, Clone, Copy, Args)]
struct At {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where it speaks TLS.
    #[arg(long, default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
    tls: SocketAddr,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print temporary credentials for tools of your own.
    Credentials {
        /// What they may do.
        #[arg(long, value_enum)]
        role: RoleName,
        /// How they are printed.
        #[arg(long, value_enum, default_value_t = CredentialFormat::Env)]
        format: CredentialFormat,
        /// How long they last, in seconds.
        #[arg(long, default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=A_YEAR))]
        credential_ttl: u64,
        #[command(flatten)]
        data: DataFlag,
    },
    /// Print where everything is: on this machine, and under the services' own names once those are mapped to it.
    Endpoints {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Follow something live at the terminal, as a guest.
    Watch {
        /// What to follow.
        #[arg(value_enum)]
        what: Watched,
        /// The running cloud. One that is known by a certificate of its own needs the file of that in `SSL_CERT_FILE`.
        #[arg(long, default_value = "http://127.0.0.1:8787", value_name = "URL", value_parser = endpoint)]
        endpoint: String,
    },
    /// What the pipeline gave up on.
    DeadLetters {
        #[command(subcommand)]
        action: DeadLetterAction,
    },
    /// What the restaurant's customers were told.
    Mailbox {
        /// As many of the newest are shown.
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        newest: u32,
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What became of every event, and whether it adds up (if not, this ends with an error).
    Account {
        /// Follow one event, by its id.
        #[arg(long, value_name = "ID")]
        event: Option<String>,
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let something go wrong on purpose in a running cloud that has an admin port.
    Fault {
        #[command(subcommand)]
        fault: Fault,
        #[command(flatten)]
        admin: AdminFlag,
    },
    /// Put order events on the bus of a running cloud that has an admin port.
    Load {
        /// Events a second.
        #[arg(long, default_value_t = 100.0)]
        rate: f64,
        /// Events.
        #[arg(long, default_value_t = 1000)]
        count: u64,
        /// The same seed, the same mix.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        admin: AdminFlag,
    },
    /// Show what a running cloud that has an admin port has counted.
    Counters {
        #[command(flatten)]
        admin: AdminFlag,
    },
}

#[derive(Debug, Subcommand)]
enum DeadLetterAction {
    /// List them, the oldest first.
    List {
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one, whole.
    Show {
        /// Its id, as `list` prints it.
        id: i64,
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send one or all of them again. Each is kept until it is sent or dropped; where any of all cannot be sent, it says
    /// which and why, and ends with an error.
    Resend {
        /// Its id, as `list` prints it.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<i64>,
        /// Every one there is.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        data: DataFlag,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give one up for good: a change, a timer, a message or an execution. It cannot be sent again then.
    Drop {
        /// Its id, as `list` prints it.
        id: i64,
        #[command(flatten)]
        data: DataFlag,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Guest,
    Backend,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CredentialFormat {
    /// Lines for a shell: `eval "$(eddy-cloud credentials --role backend)"`.
    Env,
    /// As `credential_process` of the AWS tools has it.
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Watched {
    Orders,
}

/// Runs the command that the arguments say.
pub(crate) async fn run() -> ExitCode {
    let Cli { command, serve } = Cli::parse();
    log(
        if command.is_none() { "info" } else { "warn" },
        serve.log_format,
    );
    let done = match command {
        None => serve::run(serve).await,
        Some(command) => commands::run(command).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eddy-cloud: {error}");
            ExitCode::FAILURE
        }
    }
}

fn log(default: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|seconds| seconds.as_secs() <= A_YEAR)
        .ok_or_else(|| "a number of seconds, such as 4 or 0.5".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a number from 0 to 1, such as 0.75".to_owned())
}

fn endpoint(url: &str) -> Result<String, String> {
    let known = ["http://", "https://"].iter().any(|it| url.starts_with(it));
    known
        .then(|| url.to_owned())
        .ok_or_else(|| "it has to be http://HOST:PORT or https://HOST:PORT".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn paces_may_be_decimal_and_not_negative() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for nonsense in ["-1", "soon", "NaN", "1e300", "1e10"] {
            assert!(seconds(nonsense).is_err(), "{nonsense}");
        }
    }
}
