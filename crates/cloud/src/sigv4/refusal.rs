//! Why a request was not believed, in the words the services use: clients learn from them.

use time::{Duration, OffsetDateTime};

use super::WINDOW;
use super::presented::basic_date;

/// Why a signed request is refused. Its `Display` is the message that the services send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no signature at all.
    #[error("Missing Authentication Token")]
    Missing,
    /// A key that the API does not take, or that has expired.
    #[error("You are not authorized to make this call.")]
    Key,
    /// A part of the signature is missing or malformed.
    #[error("{0}")]
    Incomplete(String),
    /// A header that has to be signed is not.
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    Unsigned(&'static str),
    /// Signed for another day, region or service.
    #[error("{0}")]
    Scope(String),
    /// Signed too long ago, or by a clock that is behind. The text tells a client our time.
    #[error(
        "Signature expired: {} is now earlier than {} ({} - {} min.)",
        basic_date(*.signed), basic_date(*.now - *.valid_for), basic_date(*.now), .valid_for.whole_minutes()
    )]
    Stale {
        /// The date it was signed with.
        signed: OffsetDateTime,
        /// Our time.
        now: OffsetDateTime,
        /// How long it would have been valid.
        valid_for: Duration,
    },
    /// Signed by a clock that is ahead. The text tells a client our time.
    #[error(
        "Signature not yet current: {} is still later than {} ({} + {} min.)",
        basic_date(*.signed), basic_date(*.now + WINDOW), basic_date(*.now), WINDOW.whole_minutes()
    )]
    NotYet {
        /// The date it was signed with.
        signed: OffsetDateTime,
        /// Our time.
        now: OffsetDateTime,
    },
    /// The session token is missing, foreign, altered, or belongs to another access key.
    #[error("The security token included in the request is invalid.")]
    UnknownToken,
    /// The credentials have expired.
    #[error("The security token included in the request is expired")]
    Expired,
    /// The hash of the body that the caller sent along is not the body's.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadHash,
    /// The signature is wrong: another secret, or something was changed on the way.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl Refusal {
    /// The error's name, as the services have it in `errorType`, `__type` and `x-amzn-errortype`.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Key => "UnauthorizedException",
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnknownToken => "UnrecognizedClientException",
            Self::Expired => "ExpiredTokenException",
            Self::Unsigned(_)
            | Self::Scope(_)
            | Self::Stale { .. }
            | Self::NotYet { .. }
            | Self::PayloadHash
            | Self::Mismatch => "InvalidSignatureException",
        }
    }
}
