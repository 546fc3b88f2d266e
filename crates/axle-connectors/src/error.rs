//! What can go wrong while reading, grouped by what to do next.

use std::io;

/// A failed read of a whole input. What was committed before stays; the same import can be started again.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The input cannot be opened or read: tell the user, who can mend it.
    #[error("{place}: {cause}")]
    Unreadable {
        /// Path, or path inside the archive.
        place: String,
        /// What the system or the decompressor said.
        cause: io::Error,
    },
    /// The input is not what was looked for.
    #[error("{0}")]
    NotAnExport(String),
    /// An archive is larger, deeper or denser than [`crate::Limits`] allow.
    #[error("{0}")]
    TooLarge(String),
    /// The receiver of the records asked to stop.
    #[error("stopped: {0}")]
    Stopped(String),
}

impl SourceError {
    /// Whether the input is damaged or cut off: what stands before the damage is still worth reading.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::NotAnExport(_))
    }
}

/// Why one raw record gives no entries. The record is kept and counted, and the next one is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

impl RecordError {
    /// A reason, as a phrase without a full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<axle_model::interchange::LineError> for RecordError {
    fn from(error: axle_model::interchange::LineError) -> Self {
        Self(error.0)
    }
}
