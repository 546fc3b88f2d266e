//! What can go wrong in the database.

/// Failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left. Everything acknowledged before is stored.
    #[error("the disk is full: free some space and run the same command again; what was stored before is safe")]
    DiskFull,
    /// The database was written by a newer Axle.
    #[error("the database was written by a newer version of Axle: use that version, or restore a backup")]
    TooNew,
    /// Another process writes for longer than the timeout.
    #[error("the database is in use by another process: stop it, or try again later")]
    Busy,
    /// Stored data that cannot be read back.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Reading or writing outside SQL.
    #[error("{place}: {cause}")]
    Io {
        /// Path.
        place: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Anything else the database said.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// Anything else it said while many rows were read.
    #[error("database: {0}")]
    Scan(rusqlite::Error),
}

/// Result of this crate.
pub type StoreResult<T> = Result<T, StoreError>;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|database| database.code()).unwrap_or_default();
        match code.as_ref() {
            // SQLITE_FULL, and SQLITE_IOERR_WRITE as some file systems report a full disk.
            "13" | "778" => Self::DiskFull,
            // SQLITE_BUSY and its kinds.
            "5" | "261" | "517" => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseBusy) => Self::Busy,
            _ => Self::Scan(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => Self::TooNew,
            sqlx::migrate::MigrateError::Execute(cause) => cause.into(),
            other => Self::Damaged(other.to_string()),
        }
    }
}
