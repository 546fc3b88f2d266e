//! Runs as tables of the query engine: `flywheel_runs`, `flywheel_visits` and `flywheel_evidence`, handed over in parts, so that
//! after a change only the rows of some members are made anew.

use std::collections::HashSet;
use std::mem::take;

use axle_flywheel::{EvidenceRow, MemberRuns, RunRow, VisitRow};
use axle_model::analytics::{Cells, TypedTable};
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Serialize;

use super::Runs;
use crate::{AppResult, Workspace};

/// Parts of each table: one for each first byte of members' ids, which are hashes.
pub(super) const PARTS: u32 = 256;

/// The part that has a member's rows.
pub(super) fn part_of(member_id: &str) -> u32 {
    member_id.get(..2).and_then(|byte| u32::from_str_radix(byte, 16).ok()).unwrap_or_default()
}

/// Hands over these parts, as many at once as there are processors.
///
/// # Errors
/// When the engine refuses.
pub(super) async fn hand_over(workspace: &Workspace, runs: &Runs, parts: &HashSet<u32>) -> AppResult<()> {
    let mut parts: Vec<u32> = parts.iter().copied().collect();
    parts.sort_unstable();
    for some in parts.chunks(rayon::current_num_threads()) {
        let made = some.par_iter().map(|part| (*part, tables(runs, &members_of(runs, *part))));
        for (part, tables) in made.collect::<Vec<_>>() {
            for (name, table) in tables {
                workspace.analytics().set_part(name, part, table).await?;
            }
        }
    }
    Ok(())
}

/// The members of a part, who lie side by side.
fn members_of(runs: &Runs, part: u32) -> Vec<(&str, &MemberRuns)> {
    let from_here = runs.members.range(format!("{part:02x}")..);
    let here = from_here.take_while(|(id, _)| part_of(id) == part);
    here.map(|(id, member)| (id.as_str(), member.as_ref())).collect()
}

fn tables(runs: &Runs, members: &[(&str, &MemberRuns)]) -> [(&'static str, TypedTable); 3] {
    let rows = members.iter().flat_map(|(id, member)| runs.machine.run_rows(id, member));
    let visits = members.iter().flat_map(|(id, member)| runs.visits_of(id, member, None));
    let evidence = members.iter().flat_map(|(id, member)| runs.evidence(id, member));
    [
        ("flywheel_runs", of_runs(rows.collect())),
        ("flywheel_visits", of_visits(visits.collect())),
        ("flywheel_evidence", of_evidence(evidence.collect())),
    ]
}

fn of_runs(rows: Vec<RunRow>) -> TypedTable {
    Columns::of(rows)
        .text("run_id", |row| Some(take(&mut row.run_id)))
        .text("flywheel", |row| Some(take(&mut row.flywheel)))
        .number("version", |row| row.version)
        .text("subject_kind", |row| Some(take(&mut row.subject_kind)))
        .text("subject_id", |row| Some(take(&mut row.subject_id)))
        .text("member_id", |row| Some(take(&mut row.member_id)))
        .text("state", |row| Some(take(&mut row.state)))
        .text("step", |row| Some(take(&mut row.step)))
        .instant("opened_at", |row| Some(row.opened_at))
        .instant("entered_at", |row| Some(row.entered_at))
        .instant("due_at", |row| row.due_at)
        .instant("ended_at", |row| row.ended_at)
        .text("reason", |row| row.reason.take())
        .text("previous_run_id", |row| row.previous_run_id.take())
        .table
}

fn of_visits(rows: Vec<VisitRow>) -> TypedTable {
    Columns::of(rows)
        .text("run_id", |row| Some(take(&mut row.run_id)))
        .number("visit", |row| row.visit)
        .text("flywheel", |row| Some(take(&mut row.flywheel)))
        .number("version", |row| row.version)
        .text("member_id", |row| Some(take(&mut row.member_id)))
        .text("step", |row| Some(take(&mut row.step)))
        .text("segment", |row| word(row.segment))
        .text("function", |row| word(row.function))
        .text("owner", |row| Some(take(&mut row.owner)))
        .text("how", |row| word(row.how))
        .instant("entered_at", |row| Some(row.entered_at))
        .instant("due_at", |row| row.due_at)
        .instant("left_at", |row| row.left_at)
        .text("became", |row| word(row.became))
        .text("reason", |row| row.reason.take())
        .instant("delight_until", |row| row.delight_until)
        .table
}

fn of_evidence(rows: Vec<EvidenceRow>) -> TypedTable {
    Columns::of(rows)
        .text("run_id", |row| Some(take(&mut row.run_id)))
        .text("step", |row| Some(take(&mut row.step)))
        .text("kind", |row| Some(take(&mut row.kind)))
        .text("evidence_id", |row| Some(take(&mut row.evidence_id)))
        .instant("observed_at", |row| Some(row.observed_at))
        .text("confirmed_by", |row| Some(take(&mut row.confirmed_by)))
        .table
}

/// What a variant without fields is called.
fn word(variant: impl Serialize) -> Option<String> {
    serde_json::to_value(variant).ok()?.as_str().map(str::to_owned)
}

/// Rows that become columns; texts are taken out of them.
struct Columns<R> {
    rows: Vec<R>,
    table: TypedTable,
}

impl<R> Columns<R> {
    fn of(rows: Vec<R>) -> Self {
        Self { rows, table: TypedTable::default() }
    }

    fn with(mut self, name: &str, cells: Cells) -> Self {
        self.table.columns.push((name.to_owned(), cells));
        self
    }

    fn text(mut self, name: &str, of: impl Fn(&mut R) -> Option<String>) -> Self {
        let cells = Cells::Texts(self.rows.iter_mut().map(of).collect());
        self.with(name, cells)
    }

    fn number(self, name: &str, of: impl Fn(&R) -> u32) -> Self {
        let cells = Cells::Numbers(self.rows.iter().map(|row| Some(of(row).into())).collect());
        self.with(name, cells)
    }

    fn instant(self, name: &str, of: impl Fn(&R) -> Option<Timestamp>) -> Self {
        let cells = Cells::Instants(self.rows.iter().map(|row| of(row).map(Timestamp::as_microsecond)).collect());
        self.with(name, cells)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use axle_flywheel::{BusinessCalendar, Machine};
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn every_member_is_in_one_part() {
        let id = |byte: u32| format!("{byte:02x}000000-0000-0000-0000-000000000000");
        let members: BTreeMap<_, _> = (0..PARTS).map(|byte| (id(byte), Arc::new(MemberRuns::default()))).collect();
        let machine = Machine::new(Vec::new(), BusinessCalendar::weekdays(TimeZone::UTC)).unwrap();
        let runs = Runs {
            machine,
            members,
            former: Arc::default(),
            drops: Default::default(),
            as_of: Timestamp::MIN,
            turned: 0,
        };
        for part in 0..PARTS {
            let found: Vec<&str> = members_of(&runs, part).into_iter().map(|(id, _)| id).collect();
            assert_eq!(found, [id(part)]);
        }
    }
}
