//! `fault`, `load` and `counters`: the admin port of a running cloud, driven from a terminal.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};
use cloud::CloudError;
use net::http::{Method, Request};
use serde_json::{Map, Value, json};

/// Where the admin port of the running cloud is.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct AdminFlag {
    /// The admin port of the running cloud.
    #[arg(
        long,
        global = true,
        default_value = "127.0.0.1:8788",
        value_name = "ADDRESS"
    )]
    admin: SocketAddr,
}

/// How long a fault of the network lasts.
#[derive(Debug, Args)]
pub(super) struct Lasting {
    /// For how long, in seconds, decimal; at most 600.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS")]
    seconds: f64,
}

/// How long what has no end of its own lasts.
#[derive(Debug, Args)]
pub(super) struct AtMost {
    /// For how long, in seconds, unless a reset comes first; at most 3600.
    #[arg(long = "for", default_value_t = 3600.0, value_name = "SECONDS")]
    lasting: f64,
}

#[derive(Debug, Subcommand)]
pub(super) enum Fault {
    /// Drop open sockets: all, a share, or a number of them.
    Drop {
        /// Which part of them, 0 to 1.
        #[arg(long, value_name = "PART", conflicts_with = "count")]
        share: Option<f64>,
        /// How many.
        #[arg(long, value_name = "NUMBER")]
        count: Option<u64>,
        /// With a close frame, or by a TCP reset.
        #[arg(long, value_enum, default_value_t = How::Close)]
        how: How,
    },
    /// Reset every new connection for a while. Open sockets stay.
    Refuse {
        #[command(flatten)]
        lasting: Lasting,
    },
    /// Make everything that is sent arrive later for a while.
    Slow {
        /// By how much, in milliseconds.
        #[arg(long, default_value_t = 500, value_name = "MILLISECONDS")]
        millis: u64,
        #[command(flatten)]
        lasting: Lasting,
    },
    /// Send nothing for a while, and then all of it.
    Hold {
        #[command(flatten)]
        lasting: Lasting,
    },
    /// Let every credential that was issued until now expire.
    Expire,
    /// Put the service's clock forward, or back.
    Skew {
        /// By how many seconds; back, if negative.
        #[arg(long, allow_hyphen_values = true, value_name = "SECONDS")]
        seconds: i64,
        #[command(flatten)]
        lasting: AtMost,
    },
    /// Deny guests a field of an API, such as Query.orders or Subscription.onCreateOrUpdateOrder.
    Deny {
        /// Which one.
        field: String,
        /// Of which API [default: the first that has such a field].
        #[arg(long)]
        api: Option<String>,
        #[command(flatten)]
        lasting: AtMost,
    },
    /// Take denials back: one, or all.
    Allow {
        /// Which one.
        field: Option<String>,
        /// Of which API [default: the first that has such a field].
        #[arg(long)]
        api: Option<String>,
    },
    /// Let no handler take a restaurant's order that has this in its name: it ends among the dead letters.
    Poison {
        /// The text.
        name: String,
        #[command(flatten)]
        lasting: AtMost,
    },
    /// Let so many of the restaurant's payments succeed.
    Payments {
        /// How many, 0 to 1.
        #[arg(long, value_name = "SHARE")]
        chance: f64,
        #[command(flatten)]
        lasting: AtMost,
    },
    /// Kill a queue's consumer in the middle of the batch that it has or gets next. It begins anew.
    Consumers {
        /// Let all of them take nothing for so long instead, in seconds, decimal.
        #[arg(long, value_name = "SECONDS")]
        rest: Option<f64>,
    },
    /// End every fault, and a load.
    Reset,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum How {
    Close,
    Reset,
}

pub(super) async fn fault(fault: Fault, admin: AdminFlag) -> Result<(), CloudError> {
    let (name, body, done) = match fault {
        Fault::Drop { share, count, how } => {
            let how = match how {
                How::Close => "close",
                How::Reset => "reset",
            };
            let mut body = Map::from_iter([("how".to_owned(), how.into())]);
            body.extend(share.map(|share| ("share".to_owned(), share.into())));
            body.extend(count.map(|count| ("count".to_owned(), count.into())));
            let told = post(admin, "/faults/drop", body.into()).await?;
            println!("Dropped {} of {} sockets.", told["dropped"], told["of"]);
            return Ok(());
        }
        Fault::Refuse { lasting } => (
            "refuse",
            json!({ "seconds": lasting.seconds }),
            format!("Connections are refused for {} s.", lasting.seconds),
        ),
        Fault::Slow { millis, lasting } => (
            "slow",
            json!({ "millis": millis, "seconds": lasting.seconds }),
            format!(
                "What is sent arrives {millis} ms later for {} s.",
                lasting.seconds
            ),
        ),
        Fault::Hold { lasting } => (
            "hold",
            json!({ "seconds": lasting.seconds }),
            format!("Nothing is sent for {} s.", lasting.seconds),
        ),
        Fault::Expire => (
            "expire",
            Value::Null,
            "Every credential issued until now has expired.".to_owned(),
        ),
        Fault::Skew { seconds, lasting } => (
            "skew",
            json!({ "seconds": seconds, "for": lasting.lasting }),
            format!("The service's clock is {seconds} s ahead."),
        ),
        Fault::Deny {
            field,
            api,
            lasting,
        } => {
            let body = json!({ "field": field, "api": api, "for": lasting.lasting });
            let told = post(admin, "/faults/deny", body).await?;
            let api = told["api"].as_str().unwrap_or_default();
            println!("Guests may not call {field} of the {api} API.");
            return Ok(());
        }
        Fault::Allow { field, api } => {
            let body = field.map_or(Value::Null, |field| json!({ "field": field, "api": api }));
            let told = send(admin, Method::Delete, "/faults/deny", body).await?;
            let denied = told["wasDenied"] == true;
            println!(
                "{}",
                if denied {
                    "Allowed again."
                } else {
                    "It was not denied."
                }
            );
            return Ok(());
        }
        Fault::Poison { name, lasting } => (
            "poison",
            json!({ "name": name, "for": lasting.lasting }),
            format!("No handler takes an order with {name:?} in its name."),
        ),
        Fault::Payments { chance, lasting } => (
            "payments",
            json!({ "chance": chance, "for": lasting.lasting }),
            format!("{:.0} % of the payments succeed.", chance * 100.0),
        ),
        Fault::Consumers { rest: Some(rest) } => (
            "consumers",
            json!({ "rest": rest }),
            format!("The queues' consumers take nothing for {rest} s."),
        ),
        Fault::Consumers { rest: None } => (
            "consumers",
            Value::Null,
            "The consumer is killed with the batch that it has or gets next.".to_owned(),
        ),
        Fault::Reset => ("reset", Value::Null, "All faults are over.".to_owned()),
    };
    post(admin, &format!("/faults/{name}"), body).await?;
    println!("{done}");
    Ok(())
}

pub(super) async fn load(
    rate: f64,
    count: u64,
    seed: u64,
    admin: AdminFlag,
) -> Result<(), CloudError> {
    let body = json!({ "rate": rate, "count": count, "seed": seed });
    let told = post(admin, "/load", body).await?;
    let number = |name: &str| told[name].as_f64().unwrap_or_default();
    println!(
        "Accepted {} events of {} orders (their ids begin with load-{}) in {:.1} s: {:.0} a second.",
        told["accepted"],
        told["orders"],
        told["run"].as_str().unwrap_or_default(),
        number("seconds"),
        number("rate")
    );
    if told["stopped"] == true {
        println!("It was stopped before it was through.");
    }
    Ok(())
}

pub(super) async fn counters(admin: AdminFlag) -> Result<(), CloudError> {
    let told = send(admin, Method::Get, "/counters", Value::Null).await?;
    println!("{told:#}");
    Ok(())
}

async fn post(admin: AdminFlag, path: &str, body: Value) -> Result<Value, CloudError> {
    send(admin, Method::Post, path, body).await
}

async fn send(
    AdminFlag { admin }: AdminFlag,
    method: Method,
    path: &str,
    body: Value,
) -> Result<Value, CloudError> {
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    let request = Request {
        method,
        url: format!("http://{admin}{path}"),
        headers: Vec::new(),
        body,
    };
    let answer = net::http::send(request).await.map_err(|_| {
        CloudError::Refused(format!(
            "no admin port answers at {admin}. Start the cloud with --admin {admin}, or say with --admin where it is"
        ))
    })?;
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.is_success() {
        return Ok(told);
    }
    let why = told["error"].as_str().map(str::to_owned);
    Err(CloudError::Refused(why.unwrap_or_else(|| {
        format!(
            "what answers at {admin} is no admin port (HTTP {})",
            answer.status
        )
    })))
}
