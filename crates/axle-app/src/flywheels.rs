//! The flywheels of a workspace: facts of the record in, runs, evidence and tasks out, as of any instant.

mod asked;
mod drops;
pub mod evidence;
mod facts;
mod handed;
mod kept;
pub mod own;
pub mod physics;
pub mod story;
mod wanted;
pub(crate) use kept::Kept;
pub(crate) use wanted::{Again, AgainBy, Standing};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use axle_flywheel::drop::Alert;
use axle_flywheel::drop::Judgement;
pub use axle_flywheel::{Became, EvidenceRow, RunRow, VisitRow};
use axle_flywheel::{BusinessCalendar, Definition, Machine, MemberRuns, Run, RunKey, Task};
use axle_model::business_hours::BusinessHours;
use jiff::Timestamp;
use serde::Serialize;

use crate::drop_rule::DropRule;
use crate::settings::Leads;
use crate::{AppError, AppResult, Workspace, refresh, score, settings};
use drops::Drops;

/// All runs of all members as of an instant.
#[derive(Debug, Clone)]
pub struct Runs {
    machine: Machine,
    /// By member id; of whom nothing happened since, as of an earlier instant.
    members: BTreeMap<String, Arc<MemberRuns>>,
    /// Former ids of members: links to their runs were made of them.
    former: Arc<HashMap<String, String>>,
    drops: Drops,
    as_of: Timestamp,
    /// See [`Runs::turned`].
    turned: usize,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// What a completion is worth beside one of another flywheel.
    pub value: f64,
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

/// What runs and alerts follow from beside definitions and the record. `None` is as it is set.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// When somebody is at work.
    pub hours: Option<BusinessHours>,
    /// Points of signals and days of hand-offs.
    pub leads: Option<Leads>,
    /// When a champion's silence is an alert, and how many are pushed.
    pub drop_rule: Option<DropRule>,
}

/// The machine that turns these flywheels. Whatever is kept was made by a machine with the same fingerprint.
async fn machine(
    workspace: &Workspace,
    definitions: Vec<Definition>,
    hours: Option<BusinessHours>,
) -> AppResult<Machine> {
    let hours = match hours {
        Some(hours) => hours,
        None => settings::business_hours(workspace).await?,
    };
    let calendar = BusinessCalendar::new(workspace.time_zone().await?, hours);
    Machine::new(definitions, calendar)
        .map_err(|error| AppError::Internal(format!("the flywheels do not fit together: {error}")))
}

/// Turns all flywheels over the whole record, up to `as_of`, from the beginning.
///
/// # Errors
/// When the record cannot be read.
pub async fn evaluate(workspace: &Workspace, as_of: Timestamp) -> AppResult<Runs> {
    evaluate_with(workspace, own::definitions_of(workspace).await?.all, Numbers::default(), as_of).await
}

/// The same with other definitions and numbers than those of the workspace.
async fn evaluate_with(
    workspace: &Workspace,
    definitions: Vec<Definition>,
    Numbers { hours, leads, drop_rule }: Numbers,
    as_of: Timestamp,
) -> AppResult<Runs> {
    let _stay = refresh::refresh_and_stay(workspace).await?;
    let machine = machine(workspace, definitions, hours).await?;
    kept::from_scratch(workspace, machine, (leads, drop_rule), as_of).await
}

/// Where everybody stands now: brought up when the record, the definitions or the day changed, or when something was to happen
/// by now that was known before, and handed to the query engine then.
///
/// # Errors
/// As [`evaluate`].
pub async fn current(workspace: &Workspace, now: Timestamp) -> AppResult<Arc<Runs>> {
    let mut held = workspace.runs().lock().await;
    let machine = machine(workspace, own::definitions_of(workspace).await?.all, None).await?;
    // Read before anything is asked: what is stored meanwhile makes it outdated.
    let basis = score::basis(workspace, now).await?;
    if let Some(kept) = held.as_ref().filter(|kept| kept.is_of(&basis, &machine, now)) {
        return Ok(Arc::clone(&kept.runs));
    }
    // Taken, and put back at the end only: after a failure everybody is turned from the beginning.
    let before = held.take();
    let _stay = refresh::refresh_and_stay(workspace).await?;
    let kept = kept::bring_up(workspace, before, (machine, basis), now).await?;
    handed::hand_over(workspace, &kept.runs, &kept.outdated).await?;
    let runs = Arc::clone(&kept.runs);
    *held = Some(kept);
    Ok(runs)
}

/// How long a champion who is busy is left alone, in days, unless they name a day: as their flywheel has it.
///
/// # Errors
/// When the definitions cannot be read.
pub async fn busy_days(workspace: &Workspace) -> AppResult<u32> {
    Ok(drops::busy_days(&own::definitions_of(workspace).await?.all))
}

fn no_run(run_id: &str) -> AppError {
    AppError::NotFound(format!("there is no run `{run_id}`: `axle flywheel runs FLYWHEEL` shows their ids"))
}

impl Runs {
    /// How many members were turned, or looked at anew, to come here from what was kept before: the others' rows are as they
    /// were.
    pub fn turned(&self) -> usize {
        self.turned
    }

    /// Runs as rows, of one flywheel or of all.
    pub fn rows<'a>(&'a self, flywheel: Option<&'a str>) -> impl Iterator<Item = RunRow> + 'a {
        let rows = self.members.iter().flat_map(|(id, member)| self.machine.run_rows(id, member));
        rows.filter(move |row| flywheel.is_none_or(|flywheel| row.flywheel == flywheel))
    }

    /// Visits of steps as rows, with what became of each by the instant that the runs are as of; of one flywheel or of all.
    pub fn visits<'a>(&'a self, flywheel: Option<&'a str>) -> impl Iterator<Item = VisitRow> + 'a {
        self.members.iter().flat_map(move |(id, member)| self.visits_of(id, member, flywheel))
    }

    fn visits_of<'a>(
        &'a self,
        id: &'a str,
        member: &'a MemberRuns,
        flywheel: Option<&'a str>,
    ) -> impl Iterator<Item = VisitRow> + 'a {
        let runs = self.machine.runs(member);
        runs.filter(move |(key, _)| flywheel.is_none_or(|flywheel| key.flywheel == flywheel))
            .flat_map(move |(key, run)| self.machine.visit_rows(id, &key, run, self.as_of))
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

    /// A run and its evidence. A run that was of a former id of a member is the one of that place of whoever they are now.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that id.
    pub fn run(&self, run_id: &str) -> AppResult<RunDetail> {
        let (member_id, _, key, run) = self.find(run_id)?;
        Ok(RunDetail {
            run: self.machine.run_row(member_id, &key, run).ok_or_else(|| no_run(run_id))?,
            evidence: self.machine.evidence_rows(member_id, &key, run),
        })
    }

    /// The run of that id with its member: by the ids that members have, then by those that they had.
    fn find(&self, run_id: &str) -> AppResult<(&str, &MemberRuns, RunKey, &Run)> {
        let own = self.members.keys().map(|id| (id, id));
        let found = own.chain(self.former.iter()).find_map(|(called, id)| {
            let (id, member) = self.members.get_key_value(id)?;
            let (key, run) = self.machine.runs(member).find(|(key, _)| key.run_id(called) == run_id)?;
            Some((id.as_str(), &**member, key, run))
        });
        found.ok_or_else(|| no_run(run_id))
    }

    /// When the first thing happens that is known already, as a hand-off that ends by its day. `None`: nothing is known.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.members.values().filter_map(|member| member.next_at()).min()
    }

    /// When what they say of an instant becomes something else though nothing is read: something happens that is known already, or a
    /// unit is late. `None`: neither is known.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let late_at = self.members.values().filter_map(|member| self.machine.late_at(member, now)).min();
        self.next_at().into_iter().chain(late_at).min()
    }

    /// What is to be done, soonest due first.
    pub fn tasks(&self) -> Vec<Wanted> {
        self.tasks_and_next(self.as_of).0
    }

    /// The same at an instant up to which nothing happened since, as [`current`] gives the runs; and when the next task begins
    /// by time alone. `None`: none does.
    pub(crate) fn tasks_and_next(&self, at: Timestamp) -> (Vec<Wanted>, Option<Timestamp>) {
        let (mut tasks, mut next_at): (Vec<Wanted>, Option<Timestamp>) = (Vec::new(), None);
        for (member_id, member) in &self.members {
            let (wanted, next) = self.machine.tasks_and_next(member, at.max(self.as_of));
            next_at = next_at.into_iter().chain(next).min();
            let wanted = wanted.into_iter();
            tasks.extend(wanted.map(|task: Task| Wanted {
                member_id: member_id.clone(),
                run_id: task.run.run_id(member_id),
                task,
            }));
        }
        tasks.sort_by(|a, b| (a.task.due_at, &a.run_id).cmp(&(b.task.due_at, &b.run_id)));
        (tasks, next_at)
    }

    /// Every flywheel with its units, in the order of the definitions.
    pub fn wheels(&self) -> Vec<Wheel> {
        self.machine.definitions().iter().map(|definition| self.wheel_of(definition, self.as_of)).collect()
    }

    /// One flywheel with its units.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that id.
    pub fn wheel(&self, id: &str) -> AppResult<Wheel> {
        let definition = self.machine.definitions().iter().find(|definition| definition.id == id);
        definition
            .map(|definition| self.wheel_of(definition, self.as_of))
            .ok_or_else(|| AppError::NotFound(format!("there is no flywheel `{id}`: `axle flywheel list` shows all")))
    }

    /// As of an instant up to which nothing happened since.
    fn wheel_of(&self, definition: &Definition, as_of: Timestamp) -> Wheel {
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
        let runs = self.members.values().flat_map(|member| self.machine.runs(member));
        for (_, run) in runs.filter(|(key, _)| key.flywheel == definition.id) {
            *states.entry(run.state.name().to_owned()).or_default() += 1;
            for visit in &run.visits {
                steps[visit.step as usize].entered += usize::from(visit.how != axle_flywheel::How::Implied);
            }
            if run.state.is_open() {
                let last = run.last();
                steps[last.step as usize].inside += 1;
                steps[last.step as usize].late += usize::from(last.due_at().is_some_and(|due| due < as_of));
            }
        }
        Wheel {
            flywheel: definition.id.clone(),
            version: definition.version,
            title: definition.title.clone(),
            question: definition.question.clone(),
            unit: definition.unit.clone(),
            value: definition.value,
            states,
            steps,
        }
    }
}
