//! Runs as tables of the query engine: `flywheel_runs`, `flywheel_visits` and `flywheel_evidence`, handed over in parts, so that
//! after a change only the rows of some members are made anew.

use std::collections::{BTreeMap, HashSet};

use axle_flywheel::MemberRuns;
use axle_model::analytics::FactTable;
use serde::Serialize;
use serde_json::Value;

use super::Runs;
use crate::{AppError, AppResult, Workspace};

/// Parts of each table.
pub(super) const PARTS: u32 = 256;

/// The part that has a member's rows.
pub(super) fn part_of(member_id: &str) -> u32 {
    u32::from(*blake3::hash(member_id.as_bytes()).as_bytes().first().unwrap_or(&0)) % PARTS
}

/// Hands over these parts.
///
/// # Errors
/// When the engine refuses.
pub(super) async fn hand_over(workspace: &Workspace, runs: &Runs, parts: &HashSet<u32>) -> AppResult<()> {
    let mut members: BTreeMap<u32, Vec<(&str, &MemberRuns)>> = parts.iter().map(|part| (*part, Vec::new())).collect();
    for (id, member) in &runs.members {
        if let Some(some) = members.get_mut(&part_of(id)) {
            some.push((id, member));
        }
    }
    for (part, members) in members {
        let rows = members.iter().flat_map(|(id, member)| runs.machine.run_rows(id, member));
        let visits = members.iter().flat_map(|(id, member)| runs.visits_of(id, member, None));
        let evidence = members.iter().flat_map(|(id, member)| runs.evidence(id, member));
        for table in [
            table("flywheel_runs", values(rows)?),
            table("flywheel_visits", values(visits)?),
            table("flywheel_evidence", values(evidence)?),
        ] {
            workspace.analytics().set_part(table, part).await?;
        }
    }
    Ok(())
}

fn values<T: Serialize>(rows: impl Iterator<Item = T>) -> AppResult<Vec<Value>> {
    rows.map(|row| serde_json::to_value(row).map_err(|error| AppError::Internal(error.to_string()))).collect()
}

/// Rows as columns.
fn table(name: &str, rows: Vec<Value>) -> FactTable {
    let names: Vec<String> = match rows.first() {
        Some(Value::Object(row)) => row.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let column = |name: String| {
        let values = rows.iter().map(|row| row.get(&name).cloned().unwrap_or(Value::Null)).collect();
        (name, values)
    };
    FactTable { name: name.to_owned(), columns: names.into_iter().map(column).collect() }
}
