//! Putting the parts together: data folder, workspace, query engine, log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::{AppError, Workspace};
use jiff::Timestamp;
use tracing_subscriber::EnvFilter;

use crate::cli::Arguments;

/// The only clock of the program.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Opens a workspace of the data folder, creating both as needed. A folder `kpis/` in the data folder adds KPIs.
pub(crate) async fn open(data: &Path, slug: &str, limits: QueryLimits) -> Result<Workspace, AppError> {
    open_with(data, slug, |folder| DataFusionAnalytics::new(folder, limits)).await
}

/// As [`open`], with an engine for the folder of segments.
pub(crate) async fn open_with(
    data: &Path,
    slug: &str,
    engine: impl FnOnce(PathBuf) -> DataFusionAnalytics,
) -> Result<Workspace, AppError> {
    let own = data.join("kpis");
    let kpis = axle_analytics::catalogue(own.is_dir().then_some(own.as_path()))
        .map_err(|error| AppError::Invalid(format!("the KPI catalogue cannot be read: {error}")))?;
    Workspace::open(data, slug, kpis, |folder| Arc::new(engine(folder))).await
}

/// The workspaces of a data folder, by name.
pub(crate) fn workspaces(data: &Path) -> Vec<String> {
    let Ok(folders) = std::fs::read_dir(data.join("workspaces")) else { return Vec::new() };
    let mut slugs: Vec<String> = folders
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("axle.db").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    slugs.sort();
    slugs
}

/// Logs go to standard error; `AXLE_LOG` sets the level (`info`, `axle=debug`, …).
pub(crate) fn log(_: &Arguments) {
    let filter = EnvFilter::try_from_env("AXLE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,sqlx::query=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// 2 for what the caller can mend on the command line, 1 for the rest.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<AppError>() {
        Some(AppError::Invalid(_) | AppError::NotFound(_)) => 2,
        _ => 1,
    }
}

/// Whether writing failed because the reader of standard output has gone: `axle … | head`.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(is_pipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|json| json.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe))
    })
}
