//! What a use case can answer instead of a result.

use axle_connectors::SourceError;
use axle_model::analytics::AnalyticsError;
use axle_store::StoreError;
use jiff::SignedDuration;

/// Failure of a use case, grouped by what the caller is told.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The request cannot be: the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not.
    #[error("{0}")]
    Forbidden(String),
    /// It was tried too often: wait for so long.
    #[error("too many tries: wait a little, then try again")]
    TooMany(SignedDuration),
    /// Reading the input stopped; what was stored before stays.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would take more than queries may: the text says what to do.
    #[error("{0}")]
    Limit(String),
    /// The query engine failed.
    #[error(transparent)]
    Analytics(AnalyticsError),
    /// Anything that should not happen.
    #[error("{0}")]
    Internal(String),
}

/// Result of this crate.
pub type AppResult<T> = Result<T, AppError>;

impl From<AnalyticsError> for AppError {
    fn from(error: AnalyticsError) -> Self {
        match error {
            AnalyticsError::Invalid(reason) => Self::Invalid(reason),
            AnalyticsError::Limit(reason) => Self::Limit(reason),
            other => Self::Analytics(other),
        }
    }
}
