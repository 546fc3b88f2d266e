//! Sources and their channels.

use axle_connectors::sources::SOURCES;
use axle_store::import_run;
pub use axle_store::import_run::ImportRun;
use axle_store::raw::{self, Reject};
use axle_store::{channel, source};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::{self, Actor};
use crate::{AppError, AppResult, Workspace, by_hand, directory, figures, privacy, run_lock};

/// A source with its last import.
#[derive(Debug, Clone, Serialize)]
pub struct SourceSummary {
    /// Small number.
    pub source_id: u32,
    /// Name.
    pub name: String,
    /// Format.
    pub format: String,
    /// When the last run ended.
    pub last_import_at: Option<Timestamp>,
    /// Runs.
    pub runs: i64,
}

/// The newest activity of all sources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Newest {
    /// Name of its source.
    pub source: String,
    /// When it was.
    pub at: Timestamp,
}

impl Newest {
    /// Whether figures stand still: nothing is known of the last 30 days.
    pub fn is_still(&self, now: Timestamp) -> bool {
        self.at < now - SignedDuration::from_hours(24 * 30)
    }
}

/// A format that can be read.
#[derive(Debug, Clone, Serialize)]
pub struct Format {
    /// For `--as`.
    pub format: &'static str,
    /// For people.
    pub title: &'static str,
    /// How it is recognized.
    pub looked_for: &'static str,
}

/// A channel.
#[derive(Debug, Clone, Serialize)]
pub struct Channel {
    /// Small number.
    pub channel_id: u32,
    /// Name of its source.
    pub source: String,
    /// Name.
    pub name: String,
    /// `chat`, `forum`, `qa`, …
    pub kind: String,
    /// Whether its threads are questions.
    pub is_qa: bool,
    /// Whether what is said there is not public: as people or the source say, else by its kind.
    pub is_private: bool,
}

/// Every source, by name.
pub async fn list(workspace: &Workspace) -> AppResult<Vec<SourceSummary>> {
    let rows = source::summaries(workspace.db()).await?;
    Ok(rows
        .into_iter()
        .map(|row| SourceSummary {
            source_id: row.source_id,
            name: row.name,
            format: row.format,
            last_import_at: row.last_import_at.and_then(|at| Timestamp::from_microsecond(at).ok()),
            runs: row.runs,
        })
        .collect())
}

/// The newest activity of all sources, whoever did it; `None` where there is none. It is read from the days that figures are made of.
pub async fn newest(workspace: &Workspace, now: Timestamp) -> AppResult<Option<Newest>> {
    let query = "select coalesce(name_of_source(source), '') as source, max(last_at) as at from all_days
                 group by source order by at desc, source limit 1";
    Ok(figures::records(workspace, query, now).await?.pop())
}

/// Every format, in the order of the register.
pub fn formats() -> Vec<Format> {
    SOURCES
        .iter()
        .map(|source| Format { format: source.format(), title: source.title(), looked_for: source.looked_for() })
        .collect()
}

/// Every channel, by source and name.
pub async fn channels(workspace: &Workspace) -> AppResult<Vec<Channel>> {
    let rows = channel::all(workspace.db()).await?.into_iter();
    let known = rows.map(|row| {
        let (source, said) = (row.source.clone(), row.is_private);
        let known = directory::channel_of(row);
        Channel {
            channel_id: known.channel_id,
            source,
            name: known.name,
            is_private: privacy::is_private(said, &known.kind),
            kind: known.kind,
            is_qa: known.is_qa,
        }
    });
    let mut channels: Vec<Channel> = known.collect();
    channels.sort_by(|a, b| (&a.source, &a.name, a.channel_id).cmp(&(&b.source, &b.name, b.channel_id)));
    Ok(channels)
}

/// Says whether the threads of a channel are questions, whatever its source says.
pub async fn set_qa(workspace: &Workspace, channel_id: u32, is_qa: bool, by: &str) -> AppResult<()> {
    let mut tx = workspace.db().begin().await?;
    if !channel::set_qa(&mut tx, channel_id, is_qa, by).await? {
        return Err(no_channel(channel_id));
    }
    Ok(tx.commit().await?)
}

/// Says whether a channel is private, whatever its source says: what was said there reaches sales only with a consent that
/// covers it. It holds at once, also for what was handed over before.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such channel.
pub async fn set_private(
    workspace: &Workspace,
    channel_id: u32,
    is_private: bool,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<()> {
    let mut tx = workspace.db().begin().await?;
    if !channel::set_private(&mut tx, channel_id, is_private, actor.name).await? {
        return Err(no_channel(channel_id));
    }
    tx.commit().await?;
    let what = if is_private { "made private" } else { "made public" };
    audit::note(workspace, actor, what, ("channel", &channel_id.to_string()), None, now).await
}

fn no_channel(channel_id: u32) -> AppError {
    AppError::NotFound(format!("there is no channel {channel_id}: `axle channels list` shows all"))
}

/// A run by number.
pub async fn run(workspace: &Workspace, import_run_id: i64, now: Timestamp) -> AppResult<ImportRun> {
    let get = async || import_run::get(workspace.db(), import_run_id).await;
    let mut run = get().await?;
    if run.as_ref().is_some_and(ImportRun::is_running) && run_lock::mark_stopped(workspace, now).await?.stopped > 0 {
        run = get().await?;
    }
    run.ok_or_else(|| AppError::NotFound(format!("there is no import {import_run_id}")))
}

/// The newest runs, newest first. What people say in Axle is none.
pub async fn runs(workspace: &Workspace, limit: u32, now: Timestamp) -> AppResult<Vec<ImportRun>> {
    // Of all that people say there is one run.
    let newest = async || import_run::newest(workspace.db(), None, limit.saturating_add(1)).await;
    let mut runs = newest().await?;
    if runs.iter().any(ImportRun::is_running) && run_lock::mark_stopped(workspace, now).await?.stopped > 0 {
        runs = newest().await?;
    }
    runs.retain(|run| run.path != by_hand::PATH);
    runs.truncate(limit as usize);
    Ok(runs)
}

/// What a run could not understand.
pub async fn rejects(workspace: &Workspace, import_run_id: i64, limit: u32) -> AppResult<Vec<Reject>> {
    Ok(raw::rejects(workspace.db(), import_run_id, limit).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_still_when_nothing_is_known_of_thirty_days() {
        let newest = Newest { source: "forum".into(), at: "2026-08-22T10:00:00Z".parse().unwrap() };
        assert!(!newest.is_still("2026-09-21T10:00:00Z".parse().unwrap()));
        assert!(newest.is_still("2026-09-21T10:00:01Z".parse().unwrap()));
    }
}
