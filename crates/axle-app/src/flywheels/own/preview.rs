//! What a changed definition would have made of the last twelve months: the record is turned with it and with the present ones.

use std::collections::{BTreeMap, HashMap};

use axle_flywheel::physics::Window;
use axle_flywheel::{Became, Definition, RunRow};
use axle_model::time::local_day;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::{Alert, Numbers, Runs, Wanted, evaluate_with};
use super::{Check, check, definitions_of};
use crate::{AppResult, Workspace, figures};

/// Days that a preview looks back.
const DAYS: i64 = 365;
/// Examples of each kind of change.
const EXAMPLES: usize = 5;

/// What would differ.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// The first instant that it looks at.
    pub since: Timestamp,
    /// The last one.
    pub as_of: Timestamp,
    /// Runs of the flywheel by state, of those that were open or moved since then.
    pub states: Vec<Moved<usize>>,
    /// Its steps, those that are gone last.
    pub steps: Vec<StepChange>,
    /// What would have happened to runs of this flywheel.
    pub runs: Vec<Happens>,
    /// Tasks that would be open now, or no longer.
    pub tasks: Vec<Happens>,
    /// Runs of other flywheels that would differ, by their title.
    pub elsewhere: BTreeMap<String, usize>,
}

/// What would differ with other numbers.
#[derive(Debug, Clone, Serialize)]
pub struct NumbersPreview {
    /// The first instant that it looks at.
    pub since: Timestamp,
    /// The last one.
    pub as_of: Timestamp,
    /// The flywheels in which anything would differ.
    pub wheels: Vec<WheelChange>,
    /// Alerts of champions since then: as they are, and as they would be.
    pub alerts: (usize, usize),
    /// Of them, those that were pushed.
    pub pushed: (usize, usize),
}

/// What would differ in one flywheel.
#[derive(Debug, Clone, Serialize)]
pub struct WheelChange {
    /// Its title.
    pub title: String,
    /// What would have happened to its runs.
    pub runs: Vec<Happens>,
    /// Tasks that would be open now, or no longer, or due otherwise.
    pub tasks: Vec<Happens>,
}

impl Appears {
    /// What is said of runs or tasks of which it is so: `noun` is `run` or `task`.
    pub fn words(self, noun: &str) -> &'static str {
        match (self, noun) {
            (Self::Begins, "task") => "would appear",
            (Self::Begins, _) => "would be there that is not",
            (Self::Vanishes, "task") => "would not be there",
            (Self::Vanishes, _) => "would never have been",
            (Self::Ends, _) => "would be over",
            (Self::Reopens, _) => "would be open again",
            (Self::Moves, _) => "would stand elsewhere",
            (Self::EndsOtherwise, _) => "would have ended otherwise",
            (Self::InTime, _) => "would be in time instead of late",
            (Self::Late, _) => "would be late instead of in time",
            (Self::DueOtherwise, _) => "would be due at another time",
        }
    }
}

impl NumbersPreview {
    /// What would differ, a sentence each; when nothing would, it says so.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        for wheel in &self.wheels {
            for (happens, noun) in [(&wheel.runs, "run"), (&wheel.tasks, "task")] {
                let sentence = |Happens { kind, count, .. }: &Happens| {
                    let ending = if *count == 1 { "" } else { "s" };
                    format!("{}: {count} {noun}{ending} {}.", wheel.title, kind.words(noun))
                };
                said.extend(happens.iter().map(sentence));
            }
        }
        for (what, (before, after)) in [("Alerts of champions", self.alerts), ("Alerts pushed", self.pushed)] {
            if before != after {
                said.push(format!("{what}: {after} instead of {before}."));
            }
        }
        if said.is_empty() {
            said.push("Nothing would have been otherwise.".into());
        }
        said
    }
}

/// A figure before and after the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved<T> {
    /// What is counted.
    pub name: String,
    /// As it is.
    pub before: T,
    /// As it would be.
    pub after: T,
}

/// One step before and after the change.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StepChange {
    /// Id.
    pub step: String,
    /// Title.
    pub title: String,
    /// As it is; `None`: there is no such step.
    pub before: Option<StepState>,
    /// As it would be; `None`: it would be gone.
    pub after: Option<StepState>,
}

/// Where units of a step stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StepState {
    /// Units that came to it since the first instant.
    pub entered: usize,
    /// Units that are there now.
    pub inside: usize,
    /// Of them, those past their service time.
    pub late: usize,
    /// Of those due since the first instant, the share that was not through in time; `None`: nothing was due.
    pub friction: Option<f64>,
}

/// One kind of change, with whom it would have met.
#[derive(Debug, Clone, Serialize)]
pub struct Happens {
    /// Which kind.
    pub kind: Appears,
    /// How many.
    pub count: usize,
    /// Some of them, the latest first.
    pub examples: Vec<Example>,
}

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Appears {
    /// A run that is not there now.
    Begins,
    /// A run that would not have been.
    Vanishes,
    /// An open run that would be over.
    Ends,
    /// A run that is over and would be open.
    Reopens,
    /// An open run that would be at another step, or in another state.
    Moves,
    /// A run that is over and would have ended otherwise.
    EndsOtherwise,
    /// A late run that would be in time.
    InTime,
    /// A run in time that would be late.
    Late,
    /// An open run that would be due at another instant, without becoming late or in time.
    DueOtherwise,
}

/// One run or task that would differ.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// The run.
    pub run_id: String,
    /// Whose it is.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// The task; `None`: it is about the run.
    pub task: Option<String>,
    /// Title of the step and the state as it is; `None`: it is not there.
    pub before: Option<String>,
    /// As it would be.
    pub after: Option<String>,
    /// When it is due.
    pub due_before: Option<Timestamp>,
    /// When it would be.
    pub due_after: Option<Timestamp>,
}

/// Checks a definition; when it can be used, says what it would have made of the last twelve months. Nothing is saved.
///
/// # Errors
/// When the record cannot be read.
pub async fn preview(
    workspace: &Workspace,
    id: &str,
    text: &str,
    now: Timestamp,
) -> AppResult<(Check, Option<Preview>)> {
    let present = definitions_of(workspace).await?.all;
    let mut check = check::among(&present, id, text);
    check.note_figures(workspace, &present);
    let Some(wanted) = check.definition.clone() else { return Ok((check, None)) };
    let mut changed: Vec<Definition> = present.clone();
    match changed.iter_mut().find(|one| one.id == id) {
        Some(one) => *one = wanted,
        None => changed.push(wanted),
    }
    let before = evaluate_with(workspace, present, Numbers::default(), now).await?;
    let after = evaluate_with(workspace, changed, Numbers::default(), now).await?;
    let names = &names(workspace, now).await?;
    let compared = Compared { id, before: &before, after: &after, names, since: since(now), now };
    Ok((check, Some(compared.preview())))
}

/// What other numbers than those that are set would have made of the last twelve months. Nothing is saved.
///
/// # Errors
/// When the record cannot be read.
pub async fn preview_numbers(workspace: &Workspace, numbers: Numbers, now: Timestamp) -> AppResult<NumbersPreview> {
    let definitions = definitions_of(workspace).await?.all;
    let before = evaluate_with(workspace, definitions.clone(), Numbers::default(), now).await?;
    let after = evaluate_with(workspace, definitions.clone(), numbers, now).await?;
    let (names, since) = (&names(workspace, now).await?, since(now));
    let of = |definition: &Definition| {
        let compared = Compared { id: &definition.id, before: &before, after: &after, names, since, now };
        let Preview { runs, tasks, .. } = compared.preview();
        let differs = !runs.is_empty() || !tasks.is_empty();
        differs.then(|| WheelChange { title: definition.title.clone(), runs, tasks })
    };
    let first_day = local_day(since, &workspace.time_zone().await?);
    let alerts = |wanted: fn(&Alert) -> bool| {
        let count =
            |runs: &Runs| runs.alerts().iter().filter(|alert| alert.as_of >= first_day && wanted(alert)).count();
        (count(&before), count(&after))
    };
    Ok(NumbersPreview {
        since,
        as_of: now,
        wheels: definitions.iter().filter_map(of).collect(),
        alerts: alerts(|_| true),
        pushed: alerts(|alert| alert.pushed_on.is_some()),
    })
}

fn since(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_hours(24 * DAYS)
}

/// Names by public id.
async fn names(workspace: &Workspace, now: Timestamp) -> AppResult<HashMap<String, String>> {
    let names = figures::sql(workspace, "select member_id, name from members", usize::MAX, now).await?;
    let pair = |row: &Vec<serde_json::Value>| match &row[..] {
        [id, name] => Some((id.as_str()?.to_owned(), name.as_str().unwrap_or_default().to_owned())),
        _ => None,
    };
    Ok(names.rows.iter().filter_map(pair).collect())
}

struct Compared<'a> {
    id: &'a str,
    before: &'a Runs,
    after: &'a Runs,
    names: &'a HashMap<String, String>,
    since: Timestamp,
    now: Timestamp,
}

impl Compared<'_> {
    fn preview(&self) -> Preview {
        let (before, after) = (rows(self.before), rows(self.after));
        let mut happened: BTreeMap<Appears, Vec<Example>> = BTreeMap::new();
        let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
        let ids: Vec<&String> = before.keys().chain(after.keys().filter(|id| !before.contains_key(*id))).collect();
        for run_id in ids {
            let (one, other) = (before.get(run_id), after.get(run_id));
            if !one.into_iter().chain(other).any(|row| self.is_recent(row)) {
                continue;
            }
            let Some(kind) = self.kind(one, other) else { continue };
            let Some(row) = one.or(other) else { continue };
            if row.flywheel == self.id {
                happened.entry(kind).or_default().push(self.example(one, other));
            } else {
                *elsewhere.entry(row.flywheel.clone()).or_default() += 1;
            }
        }
        Preview {
            since: self.since,
            as_of: self.now,
            states: self.states(&before, &after),
            steps: self.steps(),
            runs: listed(happened),
            tasks: self.tasks(),
            elsewhere: elsewhere.into_iter().map(|(id, count)| (title(self.before, &id), count)).collect(),
        }
    }

    /// Open, or moved since the first instant.
    fn is_recent(&self, row: &RunRow) -> bool {
        row.ended_at.is_none_or(|ended_at| ended_at >= self.since)
    }

    fn kind(&self, before: Option<&RunRow>, after: Option<&RunRow>) -> Option<Appears> {
        let (one, other) = match (before, after) {
            (None, None) => return None,
            (None, Some(_)) => return Some(Appears::Begins),
            (Some(_), None) => return Some(Appears::Vanishes),
            (Some(one), Some(other)) => (one, other),
        };
        let is_late = |row: &RunRow| row.ended_at.is_none() && row.due_at.is_some_and(|due_at| due_at < self.now);
        let stands = |row: &RunRow| (row.state.clone(), row.step.clone());
        Some(match (one.ended_at.is_none(), other.ended_at.is_none()) {
            (true, false) => Appears::Ends,
            (false, true) => Appears::Reopens,
            (false, false) if (stands(one), one.ended_at) != (stands(other), other.ended_at) => Appears::EndsOtherwise,
            (true, true) if stands(one) != stands(other) => Appears::Moves,
            (true, true) if is_late(one) && !is_late(other) => Appears::InTime,
            (true, true) if !is_late(one) && is_late(other) => Appears::Late,
            (true, true) if one.due_at != other.due_at => Appears::DueOtherwise,
            _ => return None,
        })
    }

    fn example(&self, before: Option<&RunRow>, after: Option<&RunRow>) -> Example {
        let row = before.or(after).expect("one of them is there");
        let said = |runs: &Runs, row: &RunRow| {
            let step = step_title(runs, &row.flywheel, &row.step);
            if row.state == "active" { step } else { format!("{step}, {}", row.state.replace('_', " ")) }
        };
        Example {
            run_id: row.run_id.clone(),
            member_id: row.member_id.clone(),
            name: self.names.get(&row.member_id).cloned().unwrap_or_default(),
            task: None,
            before: before.map(|row| said(self.before, row)),
            after: after.map(|row| said(self.after, row)),
            due_before: before.and_then(|row| row.due_at),
            due_after: after.and_then(|row| row.due_at),
        }
    }

    fn states(&self, before: &BTreeMap<String, RunRow>, after: &BTreeMap<String, RunRow>) -> Vec<Moved<usize>> {
        let mut states: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let own = |rows: &'_ BTreeMap<String, RunRow>| -> Vec<String> {
            let rows = rows.values().filter(|row| row.flywheel == self.id && self.is_recent(row));
            rows.map(|row| row.state.clone()).collect()
        };
        own(before).into_iter().for_each(|state| states.entry(state).or_default().0 += 1);
        own(after).into_iter().for_each(|state| states.entry(state).or_default().1 += 1);
        states.into_iter().map(|(name, (before, after))| Moved { name, before, after }).collect()
    }

    fn steps(&self) -> Vec<StepChange> {
        let (before, after) = (self.step_states(self.before), self.step_states(self.after));
        let mut changes: Vec<StepChange> = Vec::new();
        for (step, title, state) in after {
            let held = before.iter().find(|(known, ..)| *known == step).map(|(.., state)| state.clone());
            changes.push(StepChange { step, title, before: held, after: Some(state) });
        }
        for (step, title, state) in before {
            if !changes.iter().any(|known| known.step == step) {
                changes.push(StepChange { step, title, before: Some(state), after: None });
            }
        }
        changes
    }

    fn step_states(&self, runs: &Runs) -> Vec<(String, String, StepState)> {
        let Ok(wheel) = runs.wheel(self.id) else { return Vec::new() };
        let window = Window { from: self.since, to: self.now };
        let frictions = runs.frictions(self.id, window, self.now);
        let mut entered: HashMap<String, usize> = HashMap::new();
        for visit in runs.visits(Some(self.id)) {
            if visit.became != Became::Implied && visit.entered_at >= self.since {
                *entered.entry(visit.step).or_default() += 1;
            }
        }
        let state = |(step, friction): (super::super::StepCount, &axle_flywheel::physics::StepFriction)| {
            let entered = entered.get(&step.step).copied().unwrap_or(0);
            let state = StepState { entered, inside: step.inside, late: step.late, friction: friction.share() };
            (step.step, step.title, state)
        };
        wheel.steps.into_iter().zip(&frictions).map(state).collect()
    }

    fn tasks(&self) -> Vec<Happens> {
        let (before, after) = (self.own_tasks(self.before), self.own_tasks(self.after));
        let mut happened: BTreeMap<Appears, Vec<Example>> = BTreeMap::new();
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        for key in keys {
            let (one, other) = (before.get(key), after.get(key));
            let kind = match (one, other) {
                (None, _) => Appears::Begins,
                (_, None) => Appears::Vanishes,
                (Some(one), Some(other)) => {
                    let (one, other) = (one.task.due_at, other.task.due_at);
                    match (one < self.now, other < self.now) {
                        (true, false) => Appears::InTime,
                        (false, true) => Appears::Late,
                        _ if one != other => Appears::DueOtherwise,
                        _ => continue,
                    }
                }
            };
            let Some(wanted) = one.or(other) else { continue };
            happened.entry(kind).or_default().push(Example {
                run_id: wanted.run_id.clone(),
                member_id: wanted.member_id.clone(),
                name: self.names.get(&wanted.member_id).cloned().unwrap_or_default(),
                task: Some(wanted.task.title.clone()),
                before: None,
                after: None,
                due_before: one.map(|one| one.task.due_at),
                due_after: other.map(|other| other.task.due_at),
            });
        }
        listed(happened)
    }

    /// Open tasks of the flywheel, by run and template.
    fn own_tasks(&self, runs: &Runs) -> BTreeMap<(String, String), Wanted> {
        let own = runs.tasks().into_iter().filter(|wanted| wanted.task.run.flywheel == self.id);
        own.map(|wanted| ((wanted.run_id.clone(), wanted.task.task.clone()), wanted)).collect()
    }
}

fn rows(runs: &Runs) -> BTreeMap<String, RunRow> {
    runs.rows(None).map(|row| (row.run_id.clone(), row)).collect()
}

fn title(runs: &Runs, flywheel: &str) -> String {
    let definition = runs.machine.definitions().iter().find(|one| one.id == flywheel);
    definition.map_or(flywheel, |one| &one.title).to_owned()
}

fn step_title(runs: &Runs, flywheel: &str, step: &str) -> String {
    let definition = runs.machine.definitions().iter().find(|one| one.id == flywheel);
    let step = definition.and_then(|one| one.steps.iter().find(|known| known.id == step));
    step.map_or_else(String::new, |step| step.title.clone())
}

/// Each kind with its latest examples.
fn listed(happened: BTreeMap<Appears, Vec<Example>>) -> Vec<Happens> {
    let kind = |(kind, mut examples): (Appears, Vec<Example>)| {
        let count = examples.len();
        let due = |one: &Example| one.due_after.or(one.due_before);
        examples.sort_by(|a, b| (due(b), &a.name, &a.run_id).cmp(&(due(a), &b.name, &b.run_id)));
        examples.truncate(EXAMPLES);
        Happens { kind, count, examples }
    };
    happened.into_iter().map(kind).collect()
}
