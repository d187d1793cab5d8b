//! What there is to see.

use axum::extract::{Path, State};
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
    })
}

impl From<CloudError> for Refused {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::NoEvent(_) => Self::Missing(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}
