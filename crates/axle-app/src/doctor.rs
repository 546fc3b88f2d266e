//! Whether a workspace is sound: its record, its column files, what was not understood or not read for long, and the disk. Each
//! finding says what to do.

use std::collections::HashSet;

use axle_store::{activity, doctor, raw, segment};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{AppResult, Workspace, by_hand, refresh, sources};

/// A source that was not read for so long may have stopped.
const READ_WITHIN_DAYS: i64 = 30;
/// Imports that are looked at, the newest.
const IMPORTS: u32 = 200;
/// With less space than this, nothing can be relied on.
const LEAST_FREE: u64 = 256 << 20;
/// How files of facts begin; the others are of activities.
const FACTS: &str = "facts-";

/// How a part of a workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Somebody should look at it; everything works.
    Warning,
    /// Something does not work, or soon will not.
    Fault,
}

/// What was found at one part of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which: `version`, `database`, `column files`, `imports`, `rejects`, `sources`, `disk`.
    pub part: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do; `None` where there is nothing to do.
    pub advice: Option<&'static str>,
}

fn good(part: &'static str, found: String) -> Finding {
    Finding { part, health: Health::Good, found, advice: None }
}

fn warning(part: &'static str, found: String, advice: &'static str) -> Finding {
    Finding { part, health: Health::Warning, found, advice: Some(advice) }
}

fn fault(part: &'static str, found: String, advice: &'static str) -> Finding {
    Finding { part, health: Health::Fault, found, advice: Some(advice) }
}

/// Looks at every part; each has one finding or more. Nothing is changed, but that imports whose process was killed are noted as
/// stopped, as on every page that lists them.
///
/// # Errors
/// When the record cannot be read at all.
pub async fn look(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Finding>> {
    let migration = doctor::migration(workspace.db()).await?;
    let version = env!("CARGO_PKG_VERSION");
    let mut found = vec![good("version", format!("Axle {version}, the record is at migration {migration}"))];
    found.extend(database(workspace).await);
    found.extend(column_files(workspace).await?);
    found.extend(imports(workspace, now).await?);
    found.extend(rejects(workspace).await?);
    found.extend(not_read(workspace, now).await?);
    found.push(disk(workspace));
    Ok(found)
}

async fn database(workspace: &Workspace) -> Vec<Finding> {
    const ADVICE: &str =
        "stop Axle, keep a copy of the folder, and make a workspace of the last backup: `axle restore`";
    let faults = match doctor::faults(workspace.db()).await {
        Ok(faults) => faults,
        Err(error) => vec![error.to_string()],
    };
    if faults.is_empty() {
        return vec![good("database", "the record is whole".into())];
    }
    faults.into_iter().map(|said| fault("database", said, ADVICE)).collect()
}

async fn column_files(workspace: &Workspace) -> AppResult<Vec<Finding>> {
    const PART: &str = "column files";
    let faults = refresh::verify(workspace).await?;
    if !faults.is_empty() {
        let told = |said| fault(PART, said, "`axle segments rebuild` makes them anew from the record");
        return Ok(faults.into_iter().map(told).collect());
    }
    let segments = segment::all(workspace.db()).await?;
    let of_activities = segments.iter().filter(|one| !one.path.starts_with(FACTS));
    let reached = of_activities.map(|one| one.max_seq).max().unwrap_or(0);
    let last = activity::last_seq(workspace.db()).await?;
    let behind = u64::try_from(last - reached).unwrap_or(0);
    let told = format!("{} are whole; {behind} later activities are in none", segments.len());
    Ok(vec![match behind >= refresh::COMPACT_AT {
        true => warning(PART, told, "`axle segments compact` writes them to a file: starting is quicker then"),
        false => good(PART, told),
    }])
}

async fn imports(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Finding>> {
    let mut seen = HashSet::new();
    let mut failed = Vec::new();
    for run in sources::runs(workspace, IMPORTS, now).await? {
        // What came of later runs counts.
        if seen.insert(run.source_id) && run.state == "failed" {
            let told = format!("{}: {}", run.path, run.message.unwrap_or_default());
            failed.push(warning("imports", told, "import it again: what was stored is kept"));
        }
    }
    if failed.is_empty() {
        failed.push(good("imports", "the last of every source came to its end".into()));
    }
    Ok(failed)
}

async fn rejects(workspace: &Workspace) -> AppResult<Vec<Finding>> {
    const ADVICE: &str = "the page Sources shows where they stand and why: mend the export and import it again";
    let told = |(source, count): (String, i64)| {
        warning("rejects", format!("{source}: {count} could not be understood"), ADVICE)
    };
    let mut found: Vec<Finding> = raw::rejects_by_source(workspace.db()).await?.into_iter().map(told).collect();
    if found.is_empty() {
        found.push(good("rejects", "every record was understood".into()));
    }
    Ok(found)
}

async fn not_read(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Finding>> {
    const ADVICE: &str = "import a newer export, or let it be if nothing comes from there any more";
    let since = now - SignedDuration::from_hours(24 * READ_WITHIN_DAYS);
    let mut all = sources::list(workspace).await?;
    // What came with another source is as new as that one.
    all.retain(|source| source.name != by_hand::SOURCE && source.runs > 0);
    let late = all.iter().filter(|source| source.last_import_at.is_none_or(|at| at < since));
    let told = |source: &sources::SourceSummary| {
        let when = source.last_import_at.map_or("never".into(), |at| at.strftime("%Y-%m-%d").to_string());
        warning("sources", format!("{}: last read {when}", source.name), ADVICE)
    };
    let mut found: Vec<Finding> = late.map(told).collect();
    if found.is_empty() {
        found.push(good("sources", format!("{} were read in the last {READ_WITHIN_DAYS} days", all.len())));
    }
    Ok(found)
}

fn disk(workspace: &Workspace) -> Finding {
    const PART: &str = "disk";
    let taken = std::fs::metadata(workspace.db().path()).map_or(0, |record| record.len());
    let free = match rustix::fs::statvfs(workspace.folder()) {
        Ok(told) => told.f_bavail.saturating_mul(told.f_frsize),
        Err(error) => {
            return warning(PART, error.to_string(), "see whether the folder of the workspace can be reached");
        }
    };
    let told = format!("{} MiB are free, the record takes {}", free >> 20, taken >> 20);
    if free < LEAST_FREE {
        return fault(PART, told, "free some space: imports stop when the disk is full");
    }
    if free < taken {
        return warning(PART, told, "free some space: a backup takes as much as the record");
    }
    good(PART, told)
}
