//! Imports: their lines in lists, one of them while it runs and when it is over, and what it could not read.

use std::collections::HashMap;

use axle_app::sources;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Deserialize;

use crate::export::saved;
use crate::failure::{Answer, Failure, html};
use crate::pages::import::{ImportPage, ImportProgress, ImportReceipt, Reject};
use crate::pages::layout::Section;
use crate::pages::sources::{ImportLine, ImportState};
use crate::visit::Visit;

/// Rejects that the page shows.
const REJECTS: u32 = 50;
/// Letters of a reject that the page shows.
const EXCERPT: usize = 160;

/// What the pages read of a receipt.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Receipt {
    format: String,
    read: u64,
    stored: u64,
    unchanged: u64,
    rejected: u64,
    activities: u64,
    identities: u64,
    members_new: u64,
    members_joined: u64,
    members_parted: u64,
    deleted: u64,
    restored: u64,
    warnings: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    by_type: HashMap<String, u64>,
    facts: HashMap<String, u64>,
    incomplete: Option<String>,
}

/// A run with its source's name.
struct Run {
    number: i64,
    source: String,
    file: String,
    state: ImportState,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    bytes: (u64, u64),
    message: Option<String>,
    receipt: Option<Receipt>,
}

fn run_of(row: sources::ImportRun, names: &HashMap<i64, String>) -> Run {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or_default();
    Run {
        number: row.import_run_id,
        source: row.source_id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| "not known yet".into()),
        // The folders that it lay in concern nobody.
        file: row.path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
        state: match row.state.as_str() {
            "running" => ImportState::Running,
            "done" => ImportState::Done,
            _ => ImportState::Failed,
        },
        started_at: instant(row.started_at),
        ended_at: row.ended_at.map(instant),
        bytes: (row.bytes_read.unsigned_abs(), row.bytes_total.unsigned_abs()),
        receipt: row.receipt.as_deref().and_then(|json| serde_json::from_str(json).ok()),
        message: row.message,
    }
}

async fn names(visit: &Visit) -> Result<HashMap<i64, String>, Failure> {
    let known = sources::list(&visit.opened.workspace).await?;
    Ok(known.into_iter().map(|source| (i64::from(source.source_id), source.name)).collect())
}

async fn find(visit: &Visit, number: i64) -> Result<Run, Failure> {
    let row = sources::run(&visit.opened.workspace, number, visit.clock.now).await?;
    let names = names(visit).await?;
    Ok(run_of(row, &names))
}

/// Runs as lines of a list.
pub(super) async fn lines(visit: &Visit, runs: Vec<sources::ImportRun>) -> Result<Vec<ImportLine>, Failure> {
    let names = names(visit).await?;
    let line = |run: Run| {
        let receipt = run.receipt.unwrap_or_default();
        ImportLine {
            link: visit.link("imports").below(run.number.to_string()),
            source: run.source,
            file: run.file,
            state: run.state,
            read: receipt.read,
            stored: receipt.stored,
            rejected: receipt.rejected,
            at: run.ended_at.unwrap_or(run.started_at),
        }
    };
    Ok(runs.into_iter().map(|row| line(run_of(row, &names))).collect())
}

fn progress_of(visit: &Visit, run: &Run) -> ImportProgress {
    let (bytes_read, bytes_total) = run.bytes;
    let phase = match bytes_read {
        0 => "Waiting for its turn, or reading the first records",
        read if read < bytes_total => "Reading records",
        _ => "Finding out who is who",
    };
    let incomplete = run.receipt.as_ref().and_then(|receipt| receipt.incomplete.clone());
    ImportProgress {
        link: visit.link("imports").below(run.number.to_string()).below("progress"),
        source: run.source.clone(),
        file: run.file.clone(),
        state: run.state,
        phase: phase.into(),
        bytes_read,
        bytes_total: (bytes_total > 0).then_some(bytes_total),
        read: run.receipt.as_ref().map_or(0, |receipt| receipt.read),
        started_at: run.started_at,
        finished_at: run.ended_at,
        problem: run.message.clone().or(incomplete),
        clock: visit.clock.clone(),
    }
}

/// `GET /{workspace}/imports/{run}`
pub(crate) async fn page(visit: Visit, Path((_, number)): Path<(String, i64)>) -> Answer {
    let run = find(&visit, number).await?;
    // What was refused is what people wrote.
    let rejects = if visit.user.may_manage_sources() {
        sources::rejects(&visit.opened.workspace, number, REJECTS).await?
    } else {
        Vec::new()
    };
    let progress = progress_of(&visit, &run);
    html(&ImportPage {
        layout: visit.layout(format!("Import of {}", run.source), Section::Sources),
        progress,
        receipt: run.receipt.map(receipt),
        rejects: rejects
            .into_iter()
            .map(|reject| Reject {
                place: reject.place,
                reason: reject.reason,
                excerpt: String::from_utf8_lossy(&reject.payload).chars().take(EXCERPT).collect(),
            })
            .collect(),
        rejects_link: visit.link("imports").below(number.to_string()).below("rejects"),
    })
}

fn receipt(receipt: Receipt) -> ImportReceipt {
    let mut by_type: Vec<(String, u64)> = receipt.by_type.into_iter().chain(receipt.facts).collect();
    by_type.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ImportReceipt {
        format: receipt.format,
        read: receipt.read,
        stored: receipt.stored,
        unchanged: receipt.unchanged,
        rejected: receipt.rejected,
        activities: receipt.activities,
        identities: receipt.identities,
        members_new: receipt.members_new,
        members_joined: receipt.members_joined,
        members_parted: receipt.members_parted,
        deleted: receipt.deleted,
        restored: receipt.restored,
        warnings: receipt.warnings,
        covers: receipt.from.zip(receipt.to),
        by_type,
    }
}

/// `GET /{workspace}/imports/{run}/progress`: the part that a running import's page replaces every second.
pub(crate) async fn progress(visit: Visit, Path((_, number)): Path<(String, i64)>) -> Answer {
    let run = find(&visit, number).await?;
    let mut response = html(&progress_of(&visit, &run))?;
    if run.state != ImportState::Running {
        response.headers_mut().insert(HeaderName::from_static("hx-refresh"), HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `GET /{workspace}/imports/{run}/rejects`: place, reason and content of each as JSON Lines.
pub(crate) async fn rejects(visit: Visit, Path((_, number)): Path<(String, i64)>) -> Answer {
    visit.must_manage_sources()?;
    let workspace = &visit.opened.workspace;
    sources::run(workspace, number, visit.clock.now).await?;
    let lines = sources::rejects(workspace, number, u32::MAX).await?.into_iter().map(|reject| {
        let content = String::from_utf8_lossy(&reject.payload).into_owned();
        let line = serde_json::json!({
            "place": reject.place, "kind": reject.kind, "reason": reject.reason, "content": content,
        });
        Ok::<_, std::convert::Infallible>(format!("{line}\n"))
    });
    let body = Body::from_stream(futures::stream::iter(lines));
    Ok(saved(&format!("import-{number}-rejects.jsonl"), "application/x-ndjson", body).into_response())
}
