//! The payment processor, simulated: whether an order is paid follows from a seed and the order's id, so that a task
//! that runs twice comes to the same.

use serde::{Deserialize, Serialize};

use super::model::OrderId;

/// How payments go: settings of whoever runs the workflow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Payments {
    /// How many of them succeed, 0 to 1.
    pub chance: f64,
    /// What is drawn from.
    pub seed: u64,
}

/// What a payment came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum Payment {
    /// It is paid.
    Ok,
    /// It is not.
    Error {
        /// Why.
        error_message: PaymentError,
    },
}

/// Why an order is not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentError {
    /// Nobody answered.
    #[serde(rename = "could not reach payment processor")]
    Unreachable,
    /// They would not.
    #[serde(rename = "payment method declined")]
    Declined,
    /// Anything else.
    #[serde(rename = "unknown error")]
    Unknown,
}

impl Payments {
    /// Pays an order, or not.
    #[must_use]
    pub fn pay(&self, id: &OrderId) -> Payment {
        let drawn = draw(self.seed, &id.0);
        #[expect(clippy::cast_precision_loss, reason = "a share, to 32 bits")]
        let share = (drawn >> 32) as f64 / f64::from(u32::MAX);
        if share < self.chance {
            return Payment::Ok;
        }
        let errors = [
            PaymentError::Unreachable,
            PaymentError::Declined,
            PaymentError::Unknown,
        ];
        let error_message = errors[usize::from((drawn % 3) as u8)];
        Payment::Error { error_message }
    }
}

/// FNV-1a over seed and id, its bits mixed as splitmix64 does, since those of similar ids are alike.
fn draw(seed: u64, id: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(id.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
