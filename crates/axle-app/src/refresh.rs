//! Bringing the query engine up to the record: who and where, then the activities since it last looked.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::settings::ScoreSettings;
use axle_store::{activity, fact, segment};
use tokio::sync::MutexGuard;

use crate::directory::{self, Numbers};
use crate::{AppError, AppResult, Workspace};

/// How far the engine is.
#[derive(Debug, Default)]
pub struct Progress {
    is_open: bool,
    /// The directory's version when it was last handed over.
    directory_version: Option<i64>,
    /// Greatest sequence number read, tombstones included.
    reached: i64,
}

/// Activities handed over at once.
const ROWS_PER_HANDOVER: u32 = 50_000;

/// The tail is written to a file once it has this many activities; a smaller one is quick to read again.
pub const COMPACT_AT: u64 = 20_000;

/// A file takes this many at most, so that making one needs a bounded amount of memory.
const ROWS_PER_SEGMENT: u64 = 1_000_000;

/// Makes the engine answer from all that is stored now. Quick when nothing changed.
pub async fn refresh(workspace: &Workspace) -> AppResult<()> {
    refresh_and_stay(workspace).await.map(drop)
}

/// As [`refresh`]; while the guard lives, the engine stays at that state.
pub(crate) async fn refresh_and_stay(workspace: &Workspace) -> AppResult<MutexGuard<'_, Progress>> {
    let mut progress = workspace.refreshing().lock().await;
    let db = workspace.db();
    let engine = workspace.analytics();
    if !progress.is_open {
        engine.open(segment::all(db).await?).await?;
        progress.reached = engine.watermark();
        // What stopped holding in files written by earlier runs.
        engine.append(Default::default(), &activity::superseded_since(db, 0).await?).await?;
        progress.is_open = true;
    }
    if progress.directory_version.is_none() {
        // Rows are counted by its days.
        hand_over_directory(workspace, &mut progress).await?;
    }
    loop {
        let superseded = activity::superseded_since(db, progress.reached).await?;
        let (rows, reached, is_end) = activity::since(db, progress.reached, ROWS_PER_HANDOVER).await?;
        if reached > progress.reached {
            engine.append(rows, &superseded).await?;
            progress.reached = reached;
            compact(workspace, ROWS_PER_SEGMENT).await?;
        }
        if is_end {
            break;
        }
    }
    // Read after the rows, it knows every type and identity that they name.
    hand_over_directory(workspace, &mut progress).await?;
    compact(workspace, COMPACT_AT).await?;
    Ok(progress)
}

/// Throws the engine's files away and makes them anew from the record.
pub async fn rebuild(workspace: &Workspace) -> AppResult<()> {
    let mut progress = workspace.refreshing().lock().await;
    let mut tx = workspace.db().begin().await?;
    segment::clear(&mut tx).await?;
    tx.commit().await?;
    workspace.analytics().clear().await?;
    *progress = Progress::default();
    drop(progress);
    refresh(workspace).await
}

/// Writes what is only in memory to a file, however little it is.
pub async fn compact_now(workspace: &Workspace) -> AppResult<()> {
    refresh(workspace).await?;
    compact(workspace, 1).await
}

/// Checks the engine's files against their manifest and the manifest against the record: a line for each fault.
pub async fn verify(workspace: &Workspace) -> AppResult<Vec<String>> {
    let segments = segment::all(workspace.db()).await?;
    Ok(workspace.analytics().verify(&segments).await?)
}

async fn compact(workspace: &Workspace, at_least: u64) -> AppResult<()> {
    if let Some(segment) = workspace.analytics().compact(at_least).await? {
        let mut tx = workspace.db().begin().await?;
        axle_store::segment::add(&mut tx, &segment).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn hand_over_directory(workspace: &Workspace, progress: &mut Progress) -> AppResult<()> {
    let db = workspace.db();
    let version = axle_store::setting::directory_version(db).await?;
    if progress.directory_version == Some(version) {
        return Ok(());
    }
    let zone = workspace.time_zone().await?;
    let (settings, _) = settings(workspace).await?;
    let (directory, numbers) = directory::build(db, &zone, &settings).await?;
    let members = members_by_identity(&numbers);
    workspace.analytics().set_directory(directory).await?;
    let present: Vec<String> = fact::counts(db).await?.into_iter().map(|(kind, _)| kind).collect();
    for kind in directory::table_kinds() {
        let table = if present.iter().any(|name| name == kind.name()) {
            directory::fact_table(db, kind, &members).await?
        } else {
            // An empty table answers queries, where a missing one would fail them.
            directory::fact_table(db, kind, &HashMap::new()).await?
        };
        workspace.analytics().set_facts(table).await?;
    }
    *workspace.numbers().write().await = Arc::new(numbers);
    progress.directory_version = Some(version);
    Ok(())
}

fn members_by_identity(numbers: &Numbers) -> HashMap<u32, String> {
    let id_of = |index: u32| directory::id_text(&numbers.id_at[index as usize]);
    let identities = (0..).zip(&numbers.by_identity);
    identities.filter_map(|(identity, index)| Some((identity, id_of((*index)?)))).collect()
}

/// The workspace's score settings and their version; 0 while they are the defaults.
pub async fn settings(workspace: &Workspace) -> AppResult<(ScoreSettings, i64)> {
    let Some((value, version)) = axle_store::setting::get(workspace.db(), "score").await? else {
        return Ok((ScoreSettings::default(), 0));
    };
    let settings = serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored score settings are damaged: {error}")))?;
    Ok((settings, version))
}
