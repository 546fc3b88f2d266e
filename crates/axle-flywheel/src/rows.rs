//! Runs as rows of the tables `flywheel_runs` and `flywheel_evidence`; `rows/visits.rs` has those of `flywheel_visits`.

mod visits;

use jiff::Timestamp;
use serde::Serialize;

use crate::machine::Machine;
use crate::run::{MemberRuns, Run, RunKey};
pub use visits::{Became, VisitRow};

/// A row of `flywheel_runs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the columns are the contract's")]
pub struct RunRow {
    pub run_id: String,
    pub flywheel: String,
    pub version: u32,
    /// `member`, `member_organization` or `question`.
    pub subject_kind: String,
    /// The member's id, `member/organization`, or the question's id.
    pub subject_id: String,
    pub member_id: String,
    pub state: String,
    /// Where it is, or was at last.
    pub step: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it came to its step.
    pub entered_at: Timestamp,
    /// Null when nobody waits for it.
    pub due_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub reason: Option<String>,
    /// The run before it of the same subject.
    pub previous_run_id: Option<String>,
}

/// A row of `flywheel_evidence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the columns are the contract's")]
pub struct EvidenceRow {
    pub run_id: String,
    pub step: String,
    pub kind: String,
    pub evidence_id: String,
    /// When it happened; no column.
    #[serde(skip)]
    pub at: Timestamp,
    /// When Axle learnt of it.
    pub observed_at: Timestamp,
    /// The person who decided, or `rule flywheel/step@version`.
    pub confirmed_by: String,
}

impl Machine {
    /// One run as a row.
    pub fn run_row(&self, member_id: &str, key: &RunKey, run: &Run) -> Option<RunRow> {
        let definition = self.definition(key)?;
        let visit = run.last();
        let per = definition.steps[visit.step as usize].per.as_deref();
        let named = key.key.clone().unwrap_or_default();
        let (subject_kind, subject_id) = match per {
            None => ("member".to_owned(), member_id.to_owned()),
            Some("question") => ("question".to_owned(), named),
            Some(other) => (format!("member_{other}"), format!("{member_id}/{named}")),
        };
        Some(RunRow {
            run_id: key.run_id(member_id),
            flywheel: definition.id.clone(),
            version: definition.version,
            subject_kind,
            subject_id,
            member_id: member_id.to_owned(),
            state: run.state.name().to_owned(),
            step: definition.steps[visit.step as usize].id.clone(),
            opened_at: run.opened_at(),
            entered_at: visit.entered_at(),
            due_at: visit.due_at().filter(|_| visit.left_at().is_none()),
            ended_at: run.ended_at,
            reason: run.reason.as_deref().map(str::to_owned),
            previous_run_id: key.before().map(|before| before.run_id(member_id)),
        })
    }

    /// The ledger of one run.
    pub fn evidence_rows(&self, member_id: &str, key: &RunKey, run: &Run) -> Vec<EvidenceRow> {
        let Some(definition) = self.definition(key) else { return Vec::new() };
        let run_id = key.run_id(member_id);
        let rows = run.evidence.iter().map(|evidence| {
            let step = &definition.steps[evidence.step as usize].id;
            let rule = || format!("rule {}/{step}@{}", definition.id, definition.version);
            EvidenceRow {
                run_id: run_id.clone(),
                step: step.clone(),
                kind: evidence.kind().to_owned(),
                evidence_id: evidence.evidence_id.to_string(),
                at: evidence.at(),
                observed_at: evidence.observed_at(),
                confirmed_by: evidence.confirmed_by.as_deref().map_or_else(rule, str::to_owned),
            }
        });
        rows.collect()
    }

    /// All runs of a member as rows.
    pub fn run_rows(&self, member_id: &str, member: &MemberRuns) -> Vec<RunRow> {
        self.runs(member).filter_map(|(key, run)| self.run_row(member_id, &key, run)).collect()
    }
}
