//! Backups: a workspace's record with its settings as one file, made while a server runs, and a workspace made of one. The column
//! files are no part of it: they are made anew from the record.

use std::path::{Path, PathBuf};

use axle_store::{StoreError, backup};

use crate::workspace::check_slug;
use crate::{AppError, AppResult, Workspace};

/// Writes the record as it is now into a file; gives its size in bytes.
///
/// # Errors
/// [`AppError::Conflict`] when the file is there already; when it cannot be written.
pub async fn write(workspace: &Workspace, file: &Path) -> AppResult<u64> {
    if file.exists() {
        return Err(AppError::Conflict(format!("{} is there already: name another file", file.display())));
    }
    let part = part_of(file);
    remove(&part)?;
    backup::copy(workspace.db(), &part).await?;
    put(&part, file)?;
    Ok(std::fs::metadata(file).map_err(|cause| failed(file, cause))?.len())
}

/// Makes a workspace of a backup. What figures are computed from is to be made anew after that.
///
/// # Errors
/// [`AppError::Conflict`] when there is a workspace of that name, [`AppError::NotFound`] without such a file,
/// [`AppError::Invalid`] when it is no whole backup.
pub async fn restore(data: &Path, slug: &str, file: &Path) -> AppResult<()> {
    check_slug(slug)?;
    let folder = data.join("workspaces").join(slug);
    let record = folder.join("axle.db");
    if record.exists() {
        let text = format!("there is a workspace `{slug}` already: give another name with `--workspace`");
        return Err(AppError::Conflict(text));
    }
    if !file.is_file() {
        return Err(AppError::NotFound(format!("there is no file {}", file.display())));
    }
    if !backup::is_copy(file).await {
        let text = format!("{} is no backup of a workspace, or it is damaged", file.display());
        return Err(AppError::Invalid(text));
    }
    std::fs::create_dir_all(&folder).map_err(|cause| failed(&folder, cause))?;
    for left in ["axle.db-wal", "axle.db-shm"] {
        remove(&folder.join(left))?;
    }
    let part = part_of(&record);
    std::fs::copy(file, &part).map_err(|cause| failed(&part, cause))?;
    put(&part, &record)
}

/// Gives a whole file its name, once it is on the disk: a power cut leaves none that is not whole.
fn put(part: &Path, file: &Path) -> AppResult<()> {
    let written = std::fs::File::open(part).and_then(|part| part.sync_all());
    written.and_then(|()| std::fs::rename(part, file)).map_err(|cause| failed(file, cause))
}

/// What is not whole yet has another name.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn remove(file: &Path) -> AppResult<()> {
    match std::fs::remove_file(file) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(failed(file, cause)),
        _ => Ok(()),
    }
}

fn failed(place: &Path, cause: std::io::Error) -> AppError {
    AppError::Store(StoreError::Io { place: place.display().to_string(), cause })
}
