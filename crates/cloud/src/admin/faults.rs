//! `/faults/…`: what is asked for, checked, and handed to [`crate::faults`].

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use backend::api::ApiName;
use serde::Deserialize;
use serde_json::{Value, json};
use time::Duration as Span;
use tokio::time::Instant;

use super::{Answer, Refused, answer, parsed, within};
use crate::faults::{Dropped, Faults, How, Which};
use crate::policy::Access;
use crate::server::Front;

/// The longest that a fault of the network may last, in seconds.
const LONGEST: f64 = 600.0;
/// The longest that what is sent may be slowed down by, in milliseconds.
const SLOWEST: u64 = 60_000;
/// The longest that a wrong clock or a denial may last, in seconds; as long as they do when nobody says.
const HOUR: f64 = 3600.0;
/// The most that the clock may be wrong by, in seconds: a year.
const YEAR: i64 = 365 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drop {
    share: Option<f64>,
    count: Option<usize>,
    #[serde(default)]
    how: How,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lasting {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slow {
    millis: u64,
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skew {
    seconds: i64,
    #[serde(default = "hour", rename = "for")]
    lasting: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deny {
    field: String,
    #[serde(default)]
    api: Option<String>,
    #[serde(default = "hour", rename = "for")]
    lasting: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Poison {
    name: String,
    #[serde(default = "hour", rename = "for")]
    lasting: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payments {
    chance: f64,
    #[serde(default = "hour", rename = "for")]
    lasting: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumers {
    rest: Option<f64>,
}

const fn hour() -> f64 {
    HOUR
}

pub(super) async fn drop_sockets(State(front): State<Front>, body: Bytes) -> Answer<Dropped> {
    let Drop { share, count, how } = parsed(&body)?;
    let which = match (share, count) {
        (None, None) => Which::All,
        (Some(share), None) => Which::Share(within("share", share, 0.0, 1.0)?),
        (None, Some(count)) => Which::Count(count),
        (Some(_), Some(_)) => {
            return Err(Refused::Bad("either a share or a count, not both".into()));
        }
    };
    answer(faults(&front)?.drop_sockets(which, how, &front.world.surroundings))
}

pub(super) async fn refuse(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Lasting { seconds } = parsed(&body)?;
    faults(&front)?.refuse(lasting("seconds", seconds, LONGEST)?);
    answer(json!({ "seconds": seconds }))
}

pub(super) async fn slow(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Slow { millis, seconds } = parsed(&body)?;
    let by = Duration::from_millis(within("millis", millis, 0, SLOWEST)?);
    faults(&front)?.slow(by, lasting("seconds", seconds, LONGEST)?);
    answer(json!({ "millis": millis, "seconds": seconds }))
}

pub(super) async fn hold(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Lasting { seconds } = parsed(&body)?;
    faults(&front)?.hold(lasting("seconds", seconds, LONGEST)?);
    answer(json!({ "seconds": seconds }))
}

/// Credentials tell milliseconds, so what is issued in this one is told from what comes after the answer.
pub(super) async fn expire(State(front): State<Front>) -> Answer<Value> {
    let now = front.world.surroundings.now_millis();
    front.authority.expire_before(now + 1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    tracing::warn!("every credential has expired on purpose");
    answer(json!({}))
}

pub(super) async fn skew(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Skew {
        seconds,
        lasting: hours,
    } = parsed(&body)?;
    within("seconds", seconds, -YEAR, YEAR)?;
    faults(&front)?.put_clock(Span::seconds(seconds), lasting("for", hours, HOUR)?);
    answer(json!({ "seconds": seconds, "for": hours }))
}

pub(super) async fn deny(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let request: Deny = parsed(&body)?;
    let (api, access) = access(&front, &request)?;
    let api = api.as_str();
    let until = Instant::now() + lasting("for", request.lasting, HOUR)?;
    tracing::warn!(
        api,
        field = request.field,
        "guests are denied a field on purpose"
    );
    front.world.apis.policies().deny_guests(access, until);
    answer(json!({ "field": request.field, "api": api, "for": request.lasting }))
}

pub(super) async fn allow(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let one = match parsed::<Option<Deny>>(&body) {
        _ if body.is_empty() => None,
        request => request?
            .map(|request| access(&front, &request))
            .transpose()?,
    };
    let access = one.as_ref().map(|(_, access)| access);
    let denied = front.world.apis.policies().deny_no_more(access);
    answer(json!({ "wasDenied": denied }))
}

pub(super) async fn poison(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Poison {
        name,
        lasting: hours,
    } = parsed(&body)?;
    if name.is_empty() {
        return Err(Refused::Bad(
            "name has to be a text that names have in them".into(),
        ));
    }
    faults(&front)?.poison(name.clone(), lasting("for", hours, HOUR)?);
    answer(json!({ "name": name, "for": hours }))
}

pub(super) async fn payments(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Payments {
        chance,
        lasting: hours,
    } = parsed(&body)?;
    let chance = within("chance", chance, 0.0, 1.0)?;
    faults(&front)?.pay(chance, lasting("for", hours, HOUR)?);
    answer(json!({ "chance": chance, "for": hours }))
}

pub(super) async fn consumers(State(front): State<Front>, body: Bytes) -> Answer<Value> {
    let Consumers { rest } = parsed(&body)?;
    if let Some(rest) = rest {
        faults(&front)?.rest_consumers(lasting("rest", rest, LONGEST)?);
        return answer(json!({ "rest": rest }));
    }
    let lost = faults(&front)?.kill_consumers();
    answer(json!({ "lost": lost }))
}

pub(super) async fn lost_batches(State(front): State<Front>) -> Answer<Value> {
    answer(json!({ "lost": faults(&front)?.lost_batches() }))
}

pub(super) async fn reset(State(front): State<Front>) -> Answer<Value> {
    faults(&front)?.reset();
    front.authority.expire_before(i64::MIN);
    front.world.apis.policies().deny_no_more(None);
    answer(json!({}))
}

/// There are faults wherever there is an admin port.
pub(super) fn faults(front: &Front) -> Result<&Faults, Refused> {
    let faults = front.world.faults.as_ref();
    faults.ok_or_else(|| Refused::Failed("this cloud was started without an admin port".into()))
}

fn lasting(name: &str, seconds: f64, most: f64) -> Result<Duration, Refused> {
    Ok(Duration::from_secs_f64(within(name, seconds, 0.0, most)?))
}

/// The API that has such a field as `Query.orders`, and calling it in the policies' terms: the API that is named, or the
/// first that has it.
fn access(front: &Front, Deny { field, api, .. }: &Deny) -> Result<(ApiName, Access), Refused> {
    let is_asked = |known: &&ApiName| api.as_deref().is_none_or(|api| known.as_str() == api);
    let apis: Vec<ApiName> = ApiName::ALL.iter().filter(is_asked).copied().collect();
    if let Some(named) = api.as_deref().filter(|_| apis.is_empty()) {
        return Err(Refused::Bad(format!("there is no API named {named:?}")));
    }
    let found = field.split_once('.').and_then(|(parent, name)| {
        let has_it = |api: &&ApiName| front.world.apis.has_field(**api, parent, name);
        let api = *apis.iter().find(has_it)?;
        Some((api, Access::field(api, parent, name)))
    });
    found.ok_or_else(|| {
        let apis: Vec<&str> = apis.iter().map(|api| api.as_str()).collect();
        Refused::Bad(format!(
            "there is no field {field:?} in {}; it has to be such as Query.orders or \
             Subscription.onCreateOrUpdateOrder",
            apis.join(", ")
        ))
    })
}
