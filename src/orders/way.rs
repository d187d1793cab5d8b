//! The ways by which the same orders' changes are told.

/// By what a change is told. Both follow one table's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A GraphQL subscription brings the whole order.
    AppSync,
    /// An MQTT topic brings a notice.
    Mqtt,
}

impl Way {
    /// Both of them, in the order in which they are shown.
    pub const ALL: [Self; 2] = [Self::AppSync, Self::Mqtt];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AppSync => "AppSync",
            Self::Mqtt => "MQTT",
        }
    }

    /// What tells its parts of a screen from the other's.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AppSync => "orders",
            Self::Mqtt => "mqtt",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::AppSync => Self::Mqtt,
            Self::Mqtt => Self::AppSync,
        }
    }
}
