//! Which imports are being read: a lock for each, held by the process that reads it.
//!
//! The operating system gives a lock back when its holder ends, however it ends. So a run that the record calls running
//! and whose lock is free has stopped, and one whose lock is held has not, whoever asks and whenever.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use axle_store::import_run;
use jiff::Timestamp;

use crate::{AppError, AppResult, Workspace};

/// The lock of one run, held until it is dropped.
#[derive(Debug)]
pub(crate) struct RunLock {
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Takes the lock of a run that nobody else knows of yet.
    pub(crate) fn take(workspace: &Workspace, run: i64) -> AppResult<Self> {
        let path = path(workspace, run);
        let locked = || {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        let failed =
            |error: std::io::Error| AppError::Internal(format!("{} cannot be locked: {error}", path.display()));
        let _file = locked().map_err(failed)?;
        Ok(Self { path, _file })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        forget(&self.path);
    }
}

fn path(workspace: &Workspace, run: i64) -> PathBuf {
    workspace.folder().join("running").join(format!("{run}.lock"))
}

fn forget(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the lock of an import could not be deleted");
    }
}

/// Whether some process, this one perhaps, reads that run. Where that cannot be found out, it does.
fn is_held(path: &Path) -> bool {
    match File::open(path).map(|file| file.try_lock()) {
        Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) => true,
        Ok(Ok(())) => false,
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Whether some process reads an import now.
pub(crate) async fn is_any_held(workspace: &Workspace) -> AppResult<bool> {
    Ok(import_run::running(workspace.db()).await?.into_iter().any(|run| is_held(&path(workspace, run))))
}

/// What [`mark_stopped`] found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Runs that are still read.
    pub running: u64,
    /// Runs that nobody reads any more; they are marked as failed now.
    pub stopped: u64,
}

/// Looks which of the runs that the record calls running are, and marks the others as failed: their process was killed.
pub async fn mark_stopped(workspace: &Workspace, now: Timestamp) -> AppResult<Found> {
    let mut found = Found::default();
    for run in import_run::running(workspace.db()).await? {
        let path = path(workspace, run);
        if is_held(&path) {
            found.running += 1;
            continue;
        }
        let mut tx = workspace.db().begin().await?;
        found.stopped += u64::from(import_run::abandon(&mut tx, run, now.as_microsecond()).await?);
        tx.commit().await?;
        forget(&path);
    }
    Ok(found)
}
