//! What there is to see.

use axum::extract::{Path, State};
use backend::moment::Moment;
use backend::movies::programme::{self, Source};
use serde::Serialize;

use super::{Answer, Refused, answer, faults::faults};
use crate::counters::Counted;
use crate::dead_letters::{self, Account};
use crate::error::CloudError;
use crate::faults::InForce;
use crate::server::Front;
use crate::trail::{self, Balance, Way};

/// Everything that is counted: events since the data began, the rest since the cloud was started.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counters {
    #[serde(flatten)]
    account: Account,
    #[serde(flatten)]
    counted: Counted,
    subscriptions: usize,
    mqtt_subscriptions: usize,
    faults: InForce,
    films: Option<Films>,
}

/// Where the films that are shown come from, once that is known.
#[derive(Serialize)]
struct Films {
    source: Source,
    /// Why they do not come from where they should.
    problem: Option<String>,
    at: Moment,
}

pub(super) async fn account(State(front): State<Front>) -> Answer<Balance> {
    answer(trail::balance(&front.world.store).await?)
}

pub(super) async fn event(State(front): State<Front>, Path(id): Path<String>) -> Answer<Way> {
    answer(trail::way(&front.world.store, &id).await?)
}

pub(super) async fn counters(State(front): State<Front>) -> Answer<Counters> {
    answer(Counters {
        account: dead_letters::account(&front.world.store).await?,
        counted: front.world.counters.now(),
        subscriptions: front.world.hub.subscriptions(),
        mqtt_subscriptions: front.world.broker.subscriptions(),
        faults: faults(&front)?.in_force(),
        films: films(&front).await?,
    })
}

async fn films(front: &Front) -> Result<Option<Films>, Refused> {
    let current = programme::current(&front.world).await;
    let current = current.map_err(|error| Refused::Failed(error.to_string()))?;
    Ok(current.map(|it| Films {
        source: it.source,
        problem: it.problem,
        at: it.at,
    }))
}

impl From<CloudError> for Refused {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::NoEvent(_) => Self::Missing(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}
