//! The flywheels of a workspace: facts of the record in, runs, evidence and tasks out, as of any instant.

mod drops;
mod facts;
pub mod own;
pub mod physics;
pub mod story;
mod wanted;
pub(crate) use wanted::Standing;

use std::collections::BTreeMap;
use std::sync::Arc;

use axle_flywheel::drop::{Alert, DropSettings, Judgement};
pub use axle_flywheel::{Became, EvidenceRow, RunRow, VisitRow};
use axle_flywheel::{BusinessCalendar, Definition, Machine, MemberRuns, Task};
use axle_model::analytics::FactTable;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{AppError, AppResult, Workspace, refresh};
use drops::Drops;

/// All runs of all members as of an instant.
#[derive(Debug)]
pub struct Runs {
    machine: Machine,
    /// By member id.
    members: BTreeMap<String, MemberRuns>,
    drops: Drops,
}

/// How many units stand at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepCount {
    /// Id of the step.
    pub step: String,
    /// Title.
    pub title: String,
    /// Owning department.
    pub owner: String,
    /// Units that are there now.
    pub inside: usize,
    /// Of them, those past their service time.
    pub late: usize,
    /// Units that ever entered it by evidence.
    pub entered: usize,
}

/// A flywheel with its units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wheel {
    /// Id.
    pub flywheel: String,
    /// Version of the definition.
    pub version: u32,
    /// Title.
    pub title: String,
    /// The question that it answers.
    pub question: String,
    /// What goes round.
    pub unit: String,
    /// Runs by the name of their state.
    pub states: BTreeMap<String, usize>,
    /// Steps in their order.
    pub steps: Vec<StepCount>,
}

/// A run with what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct RunDetail {
    /// The run.
    pub run: RunRow,
    /// Its evidence, in the order in which it came.
    pub evidence: Vec<EvidenceRow>,
}

/// Something to do.
#[derive(Debug, Clone, Serialize)]
pub struct Wanted {
    /// For whom.
    pub member_id: String,
    /// For which run.
    pub run_id: String,
    /// What, for whom, by when.
    #[serde(flatten)]
    pub task: Task,
}

/// Turns all flywheels over the whole record, up to `as_of`.
///
/// # Errors
/// When the record cannot be read.
pub async fn evaluate(workspace: &Workspace, as_of: Timestamp) -> AppResult<Runs> {
    evaluate_with(workspace, own::definitions_of(workspace).await?.all, as_of).await
}

/// The same with other definitions than those of the workspace.
async fn evaluate_with(workspace: &Workspace, definitions: Vec<Definition>, as_of: Timestamp) -> AppResult<Runs> {
    refresh::refresh(workspace).await?;
    let zone = workspace.time_zone().await?;
    let calendar = BusinessCalendar::weekdays(zone.clone());
    let machine = Machine::new(definitions, calendar)
        .map_err(|error| AppError::Internal(format!("the flywheels do not fit together: {error}")))?;
    let mut timelines = facts::of_members(workspace, as_of, &zone).await?;
    let turn = move || {
        let drops = drops::of_champions(&timelines, as_of, &zone, &DropSettings::default());
        for alert in &drops.alerts {
            timelines.entry(alert.member_id.clone()).or_default().push(drops::fact(alert, &zone));
        }
        let mut members = BTreeMap::new();
        for (member_id, facts) in timelines {
            let mut runs = MemberRuns::default();
            machine.advance(&mut runs, &facts, as_of);
            if machine.runs(&runs).next().is_some() {
                members.insert(member_id, runs);
            }
        }
        Runs { machine, members, drops }
    };
    tokio::task::spawn_blocking(turn).await.map_err(|error| AppError::Internal(error.to_string()))
}

/// Where everybody stands now: turned when the record or the day changed, and handed to the query engine then.
///
/// # Errors
/// As [`evaluate`].
pub async fn current(workspace: &Workspace, now: Timestamp) -> AppResult<Arc<Runs>> {
    let turn = async {
        let runs = evaluate(workspace, now).await?;
        hand_over(workspace, &runs).await?;
        Ok(runs)
    };
    workspace.runs().get(workspace, now, false, turn).await
}

/// Hands runs and their evidence to the query engine, as the tables `flywheel_runs`, `flywheel_visits` and
/// `flywheel_evidence`.
async fn hand_over(workspace: &Workspace, runs: &Runs) -> AppResult<()> {
    let rows: Vec<RunRow> = runs.rows(None).collect();
    let evidence: Vec<EvidenceRow> =
        runs.members.iter().flat_map(|(member_id, member)| runs.evidence(member_id, member)).collect();
    let visits: Vec<VisitRow> = runs.visits(None).collect();
    for (name, rows) in [
        ("flywheel_runs", values(&rows)?),
        ("flywheel_visits", values(&visits)?),
        ("flywheel_evidence", values(&evidence)?),
    ] {
        workspace.analytics().set_facts(table(name, rows)).await?;
    }
    Ok(())
}

fn values<T: Serialize>(rows: &[T]) -> AppResult<Vec<Value>> {
    rows.iter().map(|row| serde_json::to_value(row).map_err(|error| AppError::Internal(error.to_string()))).collect()
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

impl Runs {
    /// Runs as rows, of one flywheel or of all.
    pub fn rows<'a>(&'a self, flywheel: Option<&'a str>) -> impl Iterator<Item = RunRow> + 'a {
        let rows = self.members.iter().flat_map(|(id, member)| self.machine.run_rows(id, member));
        rows.filter(move |row| flywheel.is_none_or(|flywheel| row.flywheel == flywheel))
    }

    /// Visits of steps as rows, with what became of each by the instant that the runs are as of; of one flywheel or of all.
    pub fn visits<'a>(&'a self, flywheel: Option<&'a str>) -> impl Iterator<Item = VisitRow> + 'a {
        self.members.iter().flat_map(move |(id, member)| {
            let until = member.until().unwrap_or(Timestamp::UNIX_EPOCH);
            let runs = self.machine.runs(member);
            runs.filter(move |(key, _)| flywheel.is_none_or(|flywheel| key.flywheel == flywheel))
                .flat_map(move |(key, run)| self.machine.visit_rows(id, &key, run, until))
        })
    }

    fn evidence(&self, member_id: &str, member: &MemberRuns) -> Vec<EvidenceRow> {
        let runs = self.machine.runs(member);
        runs.flat_map(|(key, run)| self.machine.evidence_rows(member_id, &key, run)).collect()
    }

    /// Runs of one flywheel in a state and at a step, the latest to come there first.
    pub fn list(&self, flywheel: &str, state: Option<&str>, step: Option<&str>) -> Vec<RunRow> {
        let is_asked =
            |row: &RunRow| state.is_none_or(|state| row.state == state) && step.is_none_or(|step| row.step == step);
        let mut rows: Vec<RunRow> = self.rows(Some(flywheel)).filter(is_asked).collect();
        rows.sort_by(|a, b| (b.entered_at, &a.run_id).cmp(&(a.entered_at, &b.run_id)));
        rows
    }

    /// Champions whose rhythm broke, oldest first.
    pub fn alerts(&self) -> &[Alert] {
        &self.drops.alerts
    }

    /// How a champion's last weeks compare with the months before; `None` for whoever is no champion.
    pub fn rhythm(&self, member_id: &str) -> Option<&Judgement> {
        self.drops.today.get(member_id)
    }

    /// The latest run of each subject of a flywheel, with the title of the step where it is or was.
    pub(crate) fn latest(&self, flywheel: &str) -> Vec<(RunRow, &str)> {
        let Some(definition) = self.machine.definitions().iter().find(|known| known.id == flywheel) else {
            return Vec::new();
        };
        let mut latest: BTreeMap<String, RunRow> = BTreeMap::new();
        for row in self.rows(Some(flywheel)) {
            latest.insert(row.subject_id.clone(), row);
        }
        let title =
            |id: &str| definition.steps.iter().find(|step| step.id == id).map_or("", |step| step.title.as_str());
        let titled = |row: RunRow| {
            let title = title(&row.step);
            (row, title)
        };
        latest.into_values().map(titled).collect()
    }

    /// A run and its evidence.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that id.
    pub fn run(&self, run_id: &str) -> AppResult<RunDetail> {
        for (member_id, member) in &self.members {
            for (key, run) in self.machine.runs(member) {
                if key.run_id(member_id) == run_id
                    && let Some(row) = self.machine.run_row(member_id, &key, run)
                {
                    return Ok(RunDetail { run: row, evidence: self.machine.evidence_rows(member_id, &key, run) });
                }
            }
        }
        Err(AppError::NotFound(format!("there is no run `{run_id}`: `axle flywheel runs FLYWHEEL` shows their ids")))
    }

    /// What is to be done, soonest due first.
    pub fn tasks(&self) -> Vec<Wanted> {
        let of = |(member_id, member): (&String, &MemberRuns)| {
            let wanted = |task: Task| Wanted { member_id: member_id.clone(), run_id: task.run.run_id(member_id), task };
            self.machine.tasks(member).into_iter().map(wanted).collect::<Vec<_>>()
        };
        let mut tasks: Vec<Wanted> = self.members.iter().flat_map(of).collect();
        tasks.sort_by(|a, b| (a.task.due_at, &a.run_id).cmp(&(b.task.due_at, &b.run_id)));
        tasks
    }

    /// Every flywheel with its units, in the order of the definitions.
    pub fn wheels(&self) -> Vec<Wheel> {
        self.machine.definitions().iter().map(|definition| self.wheel_of(definition)).collect()
    }

    /// One flywheel with its units.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that id.
    pub fn wheel(&self, id: &str) -> AppResult<Wheel> {
        let definition = self.machine.definitions().iter().find(|definition| definition.id == id);
        definition
            .map(|definition| self.wheel_of(definition))
            .ok_or_else(|| AppError::NotFound(format!("there is no flywheel `{id}`: `axle flywheel list` shows all")))
    }

    fn wheel_of(&self, definition: &Definition) -> Wheel {
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        let step = |step: &axle_flywheel::definition::Step| StepCount {
            step: step.id.clone(),
            title: step.title.clone(),
            owner: step.owner.clone(),
            inside: 0,
            late: 0,
            entered: 0,
        };
        let mut steps: Vec<StepCount> = definition.steps.iter().map(step).collect();
        let runs = self.members.values().flat_map(|member| {
            let until = member.until();
            self.machine.runs(member).map(move |(key, run)| (key, run, until))
        });
        for (_, run, until) in runs.filter(|(key, ..)| key.flywheel == definition.id) {
            *states.entry(run.state.name().to_owned()).or_default() += 1;
            for visit in &run.visits {
                steps[visit.step as usize].entered += usize::from(visit.how != axle_flywheel::How::Implied);
            }
            if run.state.is_open() {
                let last = run.last();
                steps[last.step as usize].inside += 1;
                steps[last.step as usize].late += usize::from(last.due_at.zip(until).is_some_and(|(due, at)| due < at));
            }
        }
        Wheel {
            flywheel: definition.id.clone(),
            version: definition.version,
            title: definition.title.clone(),
            question: definition.question.clone(),
            unit: definition.unit.clone(),
            states,
            steps,
        }
    }
}
