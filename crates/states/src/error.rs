//! Why a document is refused, and why a state fails.

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It uses something that the language has and this interpreter does not.
    #[error("{at}: {construct} is not supported")]
    Unsupported {
        /// Where, as a JSON pointer.
        at: String,
        /// What, by its name.
        construct: String,
    },
    /// It is not a document of the language.
    #[error("{at}: {why}")]
    Malformed {
        /// Where, as a JSON pointer.
        at: String,
        /// What is wrong with it.
        why: String,
    },
}

impl DocumentError {
    pub(crate) fn unsupported(at: &str, construct: impl Into<String>) -> Self {
        Self::Unsupported {
            at: at.to_owned(),
            construct: construct.into(),
        }
    }

    pub(crate) fn malformed(at: &str, why: impl Into<String>) -> Self {
        Self::Malformed {
            at: at.to_owned(),
            why: why.into(),
        }
    }
}

/// The language's own names of errors.
/// Source: Amazon States Language specification, appendix A; AWS Step Functions developer guide, "Error names".
pub mod names {
    /// Matches every error that can be caught.
    pub const ALL: &str = "States.ALL";
    /// A payload is larger than the service lets pass. Cannot be caught by [`ALL`].
    pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
    /// An intrinsic function failed.
    pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
    /// No rule of a Choice matched and it has no default.
    pub const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
    /// A path in a payload template selects nothing.
    pub const PARAMETER_PATH_FAILURE: &str = "States.ParameterPathFailure";
    /// A result cannot be put where the result path says.
    pub const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
    /// The execution cannot go on. Cannot be caught by [`ALL`], nor be retried.
    pub const RUNTIME: &str = "States.Runtime";
    /// Matches every error of a task but [`TIMEOUT`].
    pub const TASK_FAILED: &str = "States.TaskFailed";
    /// A task or the execution took too long.
    pub const TIMEOUT: &str = "States.Timeout";
}

/// Why a state fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The error's name.
    pub(crate) error: Option<String>,
    /// For people.
    pub(crate) cause: Option<String>,
    /// Whether a task said so, rather than the interpreter.
    pub(crate) by_task: bool,
}

impl Fault {
    /// An error that the interpreter found.
    pub(crate) fn of(error: &str, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.to_owned()),
            cause: Some(cause.into()),
            by_task: false,
        }
    }

    /// Whether a retrier or catcher that names `wanted` is meant.
    pub(crate) fn matches(&self, wanted: &str) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        match wanted {
            names::ALL => ![names::RUNTIME, names::DATA_LIMIT_EXCEEDED].contains(&error),
            names::TASK_FAILED if error != names::TASK_FAILED => {
                self.by_task && error != names::TIMEOUT
            }
            _ => wanted == error,
        }
    }
}
