//! Bringing the query engine up to the record: who and where, then the activities since it last looked.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::Arc;

use axle_model::analytics::Segment;
use axle_model::interchange::FactKind;
use axle_model::settings::ScoreSettings;
use axle_store::{activity, activity_index, segment};
use jiff::tz::TimeZone;
use tokio::sync::MutexGuard;

use crate::directory;
use crate::{AppError, AppResult, Workspace, run_lock};

/// How far the engine is.
#[derive(Debug, Default)]
pub struct Progress {
    is_open: bool,
    /// The directory's version when it was last handed over.
    directory_version: Option<i64>,
    /// That of the facts.
    facts_version: i64,
    /// Greatest sequence number read, tombstones included.
    reached: i64,
    /// Held by the one process that writes the engine's files; it is given back when that process ends, however it ends.
    files: Option<File>,
}

impl Progress {
    /// Becomes the process that writes files, if no other is. What the other wrote is on the manifest then.
    fn take_files(&mut self, workspace: &Workspace) -> AppResult<()> {
        if self.files.is_some() {
            return Ok(());
        }
        let path = workspace.folder().join("segments.lock");
        let failed =
            |error: std::io::Error| AppError::Internal(format!("{} cannot be locked: {error}", path.display()));
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                self.files = Some(file);
                self.is_open = false;
                self.directory_version = None;
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn must_have_files(&self) -> AppResult<()> {
        if self.files.is_some() {
            return Ok(());
        }
        Err(AppError::Invalid("another Axle process works on this workspace: stop it, then try again".into()))
    }
}

/// Activities handed over at once.
const ROWS_PER_HANDOVER: u32 = 50_000;

/// The tail is written to a file once it has this many activities; a smaller one is quick to read again.
pub const COMPACT_AT: u64 = 20_000;

/// A file takes this many at most, so that making one needs a bounded amount of memory.
const ROWS_PER_SEGMENT: u64 = 1_000_000;

/// Facts are smaller than activities.
const FACTS_PER_SEGMENT: usize = 500_000;
/// A tail of so many facts is written to a file.
const FACTS_AT_END: usize = 20_000;

/// Makes the engine answer from all that is stored now. Quick when nothing changed.
pub async fn refresh(workspace: &Workspace) -> AppResult<()> {
    refresh_and_stay(workspace).await.map(drop)
}

/// As [`refresh`]; while the guard lives, the engine stays at that state.
pub(crate) async fn refresh_and_stay(workspace: &Workspace) -> AppResult<MutexGuard<'_, Progress>> {
    let mut progress = workspace.refreshing().lock().await;
    let db = workspace.db();
    let engine = workspace.analytics();
    progress.take_files(workspace)?;
    if !activity_index::are_there(db).await? && !run_lock::is_any_held(workspace).await? {
        // A large import was killed.
        activity_index::restore(db).await?;
    }
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
    // Who did something, and from when to when.
    let mut did: HashMap<u32, (i64, i64)> = HashMap::new();
    loop {
        let superseded = activity::superseded_since(db, progress.reached).await?;
        let (rows, reached, is_end) = activity::since(db, progress.reached, ROWS_PER_HANDOVER).await?;
        for (identity, at) in rows.identity.iter().zip(&rows.occurred_at) {
            let (first, last) = did.entry(*identity).or_insert((*at, *at));
            (*first, *last) = ((*first).min(*at), (*last).max(*at));
        }
        if reached > progress.reached {
            engine.append(rows, &superseded).await?;
            progress.reached = reached;
            compact(workspace, &progress, ROWS_PER_SEGMENT).await?;
        }
        if is_end {
            break;
        }
    }
    // Read after the rows, it knows every type and identity that they name.
    bring_up_directory(workspace, &mut progress, &did).await?;
    compact(workspace, &progress, COMPACT_AT).await?;
    Ok(progress)
}

/// Throws the engine's files away and makes them anew from the record. Refused while another process writes them.
pub async fn rebuild(workspace: &Workspace) -> AppResult<()> {
    let mut progress = workspace.refreshing().lock().await;
    progress.take_files(workspace)?;
    progress.must_have_files()?;
    let mut tx = workspace.db().begin().await?;
    segment::clear(&mut tx).await?;
    tx.commit().await?;
    workspace.analytics().clear().await?;
    *progress = Progress { files: progress.files.take(), ..Progress::default() };
    drop(progress);
    refresh(workspace).await
}

/// Whether this process may write the engine's files; the error says what to do when another does.
pub(crate) async fn must_have_files(workspace: &Workspace) -> AppResult<()> {
    let mut progress = workspace.refreshing().lock().await;
    progress.take_files(workspace)?;
    progress.must_have_files()
}

/// Writes what is only in memory to a file, however little it is. Refused while another process writes them.
pub async fn compact_now(workspace: &Workspace) -> AppResult<()> {
    let progress = refresh_and_stay(workspace).await?;
    progress.must_have_files()?;
    compact(workspace, &progress, 1).await
}

/// Checks the engine's files against their manifest and the manifest against the record: a line for each fault.
pub async fn verify(workspace: &Workspace) -> AppResult<Vec<String>> {
    let segments = segment::all(workspace.db()).await?;
    Ok(workspace.analytics().verify(&segments).await?)
}

/// Two processes that wrote the same activities would count them twice: only one writes.
async fn compact(workspace: &Workspace, progress: &Progress, at_least: u64) -> AppResult<()> {
    if progress.files.is_none() {
        return Ok(());
    }
    let segment = workspace.analytics().compact(at_least).await?;
    keep(workspace, segment).await
}

/// Puts a new file on the manifest.
async fn keep(workspace: &Workspace, segment: Option<Segment>) -> AppResult<()> {
    if let Some(segment) = segment {
        let mut tx = workspace.db().begin().await?;
        axle_store::segment::add(&mut tx, &segment).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Brings the directory up to who did something since, where nothing else changed: whoever used an address on a later day is
/// elsewhere. Otherwise it is handed over anew.
async fn bring_up_directory(
    workspace: &Workspace,
    progress: &mut Progress,
    did: &HashMap<u32, (i64, i64)>,
) -> AppResult<()> {
    let version = axle_store::setting::directory_version(workspace.db()).await?;
    if progress.directory_version == Some(version) {
        let (numbers, zone) = (workspace.numbers().read().await.clone(), workspace.time_zone().await?);
        let facts_version = axle_store::setting::facts_version(workspace.db()).await?;
        if progress.facts_version != facts_version {
            hand_over_facts(workspace, progress, &zone).await?;
            progress.facts_version = facts_version;
        }
        match directory::later_uses(&numbers, did, &zone) {
            Some(later) if later.is_empty() => return Ok(()),
            Some(later) => {
                if let Some((numbers, moves)) = directory::moved(workspace.db(), &zone, &numbers, later).await? {
                    if !moves.is_empty() {
                        workspace.analytics().move_members(moves).await?;
                    }
                    *workspace.numbers().write().await = Arc::new(numbers);
                    return Ok(());
                }
            }
            None => {}
        }
    }
    hand_over_directory(workspace, progress).await
}

async fn hand_over_directory(workspace: &Workspace, progress: &mut Progress) -> AppResult<()> {
    let db = workspace.db();
    let version = axle_store::setting::directory_version(db).await?;
    let facts_version = axle_store::setting::facts_version(db).await?;
    let zone = workspace.time_zone().await?;
    let (settings, _) = settings(workspace).await?;
    let engine = workspace.analytics();
    let ahead = async { Ok(engine.read_ahead(zone.clone()).await?) };
    let ((directory, numbers), ()) = tokio::try_join!(directory::build(db, &zone, &settings), ahead)?;
    engine.set_directory(directory).await?;
    hand_over_facts(workspace, progress, &zone).await?;
    *workspace.numbers().write().await = Arc::new(numbers);
    (progress.directory_version, progress.facts_version) = (Some(version), facts_version);
    Ok(())
}

/// Hands over the facts that the engine does not have yet.
async fn hand_over_facts(workspace: &Workspace, progress: &Progress, zone: &TimeZone) -> AppResult<()> {
    for kind in FactKind::tables() {
        hand_over_kind(workspace, progress, kind, zone).await?;
    }
    Ok(())
}

/// Those of a kind, even if there are none: then the engine knows the kind.
async fn hand_over_kind(workspace: &Workspace, progress: &Progress, kind: FactKind, zone: &TimeZone) -> AppResult<()> {
    loop {
        let reached = workspace.analytics().facts_watermark(kind).await?;
        let rows = directory::facts(workspace.db(), kind, reached, ROWS_PER_HANDOVER, zone).await?;
        let is_end = rows.seq.len() < ROWS_PER_HANDOVER as usize;
        let compact_at = match (&progress.files, is_end) {
            (None, _) => usize::MAX,
            (Some(_), true) => FACTS_AT_END,
            (Some(_), false) => FACTS_PER_SEGMENT,
        };
        let segment = workspace.analytics().append_facts(rows, compact_at).await?;
        keep(workspace, segment).await?;
        if is_end {
            return Ok(());
        }
    }
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
