//! Tasks: what the flywheels want people to do, who is to do it, why, and what can be answered. An answer is a line of interchange,
//! so the run moves at once, and everywhere.

mod answer;
mod follows;
mod owner;
mod seen;
mod why;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use axle_flywheel::outcomes::{Leads, Outcome};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::flywheels::{self, AgainBy, Runs, Wanted};
use crate::hand_offs::HandOff;
use crate::rota::{self, Rota};
use crate::users::User;
use crate::{AppResult, Workspace, consents, figures};

use owner::Owners;

pub use answer::{Agreed, Answer, answer, assign};
pub use seen::{is_told_blindly, seen_by};

/// A task that is late by more is no longer pressing: it is listed, but not pushed.
pub const STALE_DAYS: i64 = 30;

/// What answers the task alone.
pub const DONE: &str = "done";

/// Tasks whose doing says more than that they are done: what the facts make of it is in `flywheels/facts.toml`, and what else
/// is written down in `tasks/follows.rs`.
const ACTS: [(&str, &str); 8] = [
    ("ask_consent", "introduced"),
    ("introduce", "introduced"),
    ("introduce", "meeting held"),
    ("log_acts", "spoke for us"),
    ("log_acts", "introduced us"),
    ("log_acts", DONE),
    ("log_teaching", "taught"),
    ("log_teaching", DONE),
];

/// Tasks about a dossier: sending, accepting or returning it answers them, and nothing else says that they are done.
const OF_DOSSIERS: [&str; 2] = ["send_dossier", "open_dossier"];

/// The task and the answer to it that says that a member was introduced to sales: it needs their consent, without which the run would wait on with nothing
/// to be done.
const NEEDS_CONSENT: (&str, &str) = ("ask_consent", "introduced");

/// Everything that is to be done, as of an instant.
pub struct Tasks {
    /// Soonest due first.
    pub list: Vec<Task>,
    /// The runs that want it.
    pub runs: Arc<Runs>,
    /// When the list becomes another one though nothing is read: a task begins, or something happens that is known already.
    /// `None`: not on this day.
    next_at: Option<Timestamp>,
}

/// One thing that somebody should do.
#[derive(Debug, Clone, Serialize)]
pub struct Task {
    /// Stable: made of the run, the template and when it began.
    pub task_id: String,
    /// For whom, which run, what, by when.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Name of the member.
    pub name: String,
    /// Title of the flywheel.
    pub flywheel_title: String,
    /// Title of the step.
    pub step_title: String,
    /// Name of the organization that the run is at, where runs of the step are kept apart by it.
    pub organization: Option<String>,
    /// Whether that has a deal: sales knows it from the CRM then.
    #[serde(skip)]
    pub(crate) has_deal: bool,
    /// E-mail address, or name, of who is to do it; `None`: whoever has the role.
    pub assignee: Option<String>,
    /// What the step rests on, in words.
    pub why: String,
    /// What can be answered.
    pub outcomes: Vec<Outcome>,
    /// Since when whoever has it is told of it, by mail and hook. `None`: it is only listed, since it answers an alert that is
    /// not likely enough to be right, or beyond the budget of the week.
    pub told_at: Option<Timestamp>,
    /// The answer that needs a consent to be handed to sales, if there is one and the member has none that stands.
    pub needs_consent: Option<&'static str>,
    /// When the run began.
    #[serde(skip)]
    pub(crate) run_opened_at: Timestamp,
    /// What brought the run to its step again, if it was there before.
    #[serde(skip)]
    pub(crate) again: Option<AgainBy>,
}

/// How pressing a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It was due.
    Late,
    /// Due by the end of the local day.
    Today,
    /// Due within the next seven days.
    Week,
    /// Due after that.
    Later,
    /// Late by more than [`STALE_DAYS`].
    Stale,
}

impl Task {
    /// How pressing it is at an instant of a time zone. What is only listed is never late.
    pub fn urgency(&self, now: Timestamp, zone: &TimeZone) -> Urgency {
        let due = self.wanted.task.due_at;
        if due + SignedDuration::from_hours(24 * STALE_DAYS) < now {
            return Urgency::Stale;
        }
        if self.told_at.is_none() {
            return Urgency::Week;
        }
        let (day, today) = (due.to_zoned(zone.clone()).date(), now.to_zoned(zone.clone()).date());
        match () {
            () if due < now => Urgency::Late,
            () if day == today => Urgency::Today,
            () if due < now + SignedDuration::from_hours(7 * 24) => Urgency::Week,
            () => Urgency::Later,
        }
    }

    /// Whether it is this user's: assigned to them, or to nobody and for their role.
    pub fn is_of(&self, user: &User) -> bool {
        match &self.assignee {
            Some(assignee) => [&user.email, &user.name].iter().any(|known| assignee.eq_ignore_ascii_case(known)),
            None => Rota::is_for(&self.wanted.task.role, user),
        }
    }

    /// Whether what happens to the dossier answers it.
    pub fn is_of_dossier(&self) -> bool {
        OF_DOSSIERS.contains(&self.template())
    }

    /// The organization, as far as a user may know of it: who sees no members knows those that have a deal.
    pub fn organization_for(&self, user: &User) -> Option<&str> {
        self.organization.as_deref().filter(|_| self.has_deal || user.may_see_members())
    }

    /// The hand-off of its run, among hand-offs from the newest on.
    pub fn hand_off_among<'a>(&self, hand_offs: &'a [HandOff]) -> Option<&'a HandOff> {
        let Wanted { member_id, run_id, task } = &self.wanted;
        let of = (member_id.as_str(), task.run.flywheel.as_str());
        hand_offs.iter().find(|one| one.is_of_run(run_id, of, self.run_opened_at, None))
    }

    /// Id of the template: the last part of `flywheel/step/task`.
    pub fn template(&self) -> &str {
        template_of(&self.wanted)
    }
}

/// Everything that is to be done now. `users`: who can sign in, so that the record can name whose a task is.
///
/// # Errors
/// When the record cannot be read.
pub async fn list(workspace: &Workspace, users: &[User], now: Timestamp) -> AppResult<Tasks> {
    of_runs(workspace, users, flywheels::current(workspace, now).await?, now).await
}

/// Everything that was to be done as of an instant.
///
/// # Errors
/// When the record cannot be read.
pub async fn as_of(workspace: &Workspace, users: &[User], as_of: Timestamp) -> AppResult<Tasks> {
    of_runs(workspace, users, Arc::new(flywheels::evaluate(workspace, as_of).await?), as_of).await
}

async fn of_runs(workspace: &Workspace, users: &[User], runs: Arc<Runs>, now: Timestamp) -> AppResult<Tasks> {
    let (wanted, begins_at) = runs.tasks_and_next(now);
    let known = Known::read(workspace, users, now).await?;
    let mut list: Vec<Task> = wanted.into_iter().filter_map(|wanted| known.task(&runs, wanted)).collect();
    // What was pushed later is due later.
    list.sort_by_key(|task| task.wanted.task.due_at);
    let next_at = runs.next_at().into_iter().chain(begins_at).min();
    Ok(Tasks { list, runs, next_at })
}

impl Tasks {
    /// When it becomes another list on the same day, from the same state of the record; `None`: it does not.
    pub fn until(&self) -> Option<Timestamp> {
        self.next_at
    }

    /// The task of that id, or that had it before its member was found to be one with another.
    pub fn get(&self, task_id: &str) -> Option<&Task> {
        let now = self.list.iter().find(|task| task.task_id == task_id);
        now.or_else(|| {
            let mut of_member: HashMap<&str, Vec<&Task>> = HashMap::new();
            for task in &self.list {
                of_member.entry(&task.wanted.member_id).or_default().push(task);
            }
            self.runs.former_ids().find_map(|(former, member_id)| {
                let had_it = |task: &&&Task| id(&task.wanted.task.run.run_id(former), &task.wanted.task) == task_id;
                of_member.get(member_id)?.iter().find(had_it).copied()
            })
        })
    }

    /// The ids that a task had by the former ids of its member.
    pub(crate) fn former_ids<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = String> + 'a {
        let Wanted { member_id, task, .. } = &task.wanted;
        let of_member = self.runs.former_ids().filter(move |(_, now)| *now == member_id);
        of_member.map(move |(former, _)| id(&task.run.run_id(former), task))
    }
}

/// What is the same for all tasks.
struct Known {
    rota: Rota,
    zone: TimeZone,
    names: HashMap<String, String>,
    /// Names of organizations.
    organizations: HashMap<String, String>,
    /// Organizations that have a deal.
    with_deal: HashSet<String>,
    /// By member: tasks that were given to somebody by hand, the earliest first.
    assigned: HashMap<String, Vec<Assigned>>,
    owners: Owners,
    words: why::Words,
    /// Members who agreed to be handed to sales.
    agreed: HashSet<String>,
}

impl Known {
    async fn read(workspace: &Workspace, users: &[User], now: Timestamp) -> AppResult<Self> {
        let names = pairs(workspace, "select member_id, name from members", now).await?;
        let organizations = pairs(workspace, "select organization_id, name from organizations", now).await?;
        let deals = "select organization_id, max(deal_id) from deals where organization_id is not null group by organization_id";
        Ok(Self {
            organizations,
            with_deal: pairs(workspace, deals, now).await?.into_keys().collect(),
            rota: rota::of(workspace).await?,
            zone: workspace.time_zone().await?,
            names,
            assigned: Assigned::read(workspace, now).await?,
            owners: Owners::read(workspace, users, now).await?,
            words: why::Words::read(workspace, now).await?,
            agreed: consents::who_allow(workspace, "hand_off", now).await?,
        })
    }

    fn task(&self, runs: &Runs, mut wanted: Wanted) -> Option<Task> {
        let standing = runs.standing(&wanted)?;
        let task_id = id(&wanted.run_id, &wanted.task);
        let told_at = runs.told_at(&wanted);
        wanted.task.due_at = told_at.map_or(wanted.task.due_at, |told| runs.due_from(&wanted, told));
        let day = wanted.task.starts_at.to_zoned(self.zone.clone()).date();
        let on = || self.rota.on(&wanted.task.role, day).map(str::to_owned);
        let is_asked = template_of(&wanted) == NEEDS_CONSENT.0;
        let needs_consent = is_asked && !self.agreed.contains(&wanted.member_id);
        let is_apart = runs.kept_apart_by(&wanted) == Some("organization");
        let organization = wanted.task.run.key.as_deref().filter(|_| is_apart);
        let owner = || self.owners.of(&wanted, organization);
        let assigned = || {
            let mut given = self.assigned.get(&wanted.member_id)?.iter().rev();
            given.find(|one| one.is(&wanted, &task_id)).map(|one| one.assignee.clone())
        };
        Some(Task {
            assignee: assigned().or_else(owner).or_else(on),
            task_id,
            name: self.names.get(&wanted.member_id).cloned().unwrap_or_default(),
            flywheel_title: standing.definition.title.clone(),
            step_title: standing.title().to_owned(),
            organization: organization.and_then(|id| self.organizations.get(id)).cloned(),
            has_deal: organization.is_some_and(|id| self.with_deal.contains(id)),
            why: self.words.why(&standing, &wanted, &self.zone),
            outcomes: outcomes(&standing, &wanted),
            told_at,
            needs_consent: needs_consent.then_some(NEEDS_CONSENT.1),
            run_opened_at: standing.opened_at,
            again: standing.again.map(|again| again.by),
            wanted,
        })
    }
}

/// A task that was given to somebody by hand.
#[derive(Debug, Deserialize)]
struct Assigned {
    task_id: String,
    member_id: String,
    /// `flywheel/step/task`.
    task: String,
    /// The run that is meant: that of an organization, a question or a deal.
    about: Option<String>,
    assignee: String,
    /// `None` where it was given before this was written down.
    assigned_at: Option<Timestamp>,
}

impl Assigned {
    async fn read(workspace: &Workspace, now: Timestamp) -> AppResult<HashMap<String, Vec<Self>>> {
        let query = "select task_id, member_id, concat(flywheel, '/', step, '/', kind) as task,
                coalesce(question, deal, organization_id) as about, assignee, assigned_at
             from tasks where source = 'axle' and state = 'open' and assignee is not null and member_id is not null
                and flywheel is not null and step is not null and kind is not null";
        let mut all: Vec<Self> = figures::records(workspace, query, now).await?;
        all.sort_by_key(|one| one.assigned_at);
        let mut by_member: HashMap<String, Vec<Self>> = HashMap::new();
        for one in all {
            by_member.entry(one.member_id.clone()).or_default().push(one);
        }
        Ok(by_member)
    }

    /// Whether it is this task. A task's id follows the member's, which a merge may change: then it is the one of the same run
    /// that was there already when it was given, and none that comes again later.
    fn is(&self, wanted: &Wanted, task_id: &str) -> bool {
        let was_there = self.assigned_at.is_some_and(|at| at >= wanted.task.starts_at);
        self.task_id == task_id || (was_there && self.task == wanted.task.task && self.about == wanted.task.run.key)
    }
}

/// The decisions of the step; that it is done, where that is an answer of its own.
fn outcomes(standing: &flywheels::Standing<'_>, wanted: &Wanted) -> Vec<Outcome> {
    let mut found = standing.outcomes();
    let name = template_of(wanted);
    let template = standing.definition.steps.iter().flat_map(|step| &step.tasks).find(|task| task.id == name);
    // A task that takes as long as its step is the step's decision, if there is one to make: nothing else answers it.
    let is_decision =
        template.is_some_and(|task| task.within.is_none()) && found.iter().any(|outcome| outcome.leads == Leads::On);
    let nowhere = |word: &str| Outcome { outcome: word.to_owned(), leads: Leads::Nowhere, reasons: Vec::new() };
    let mut all: Vec<Outcome> = ACTS.iter().filter(|(task, _)| *task == name).map(|(_, word)| nowhere(word)).collect();
    if all.is_empty() && !is_decision && !OF_DOSSIERS.contains(&name) {
        all.push(nowhere(DONE));
    }
    all.append(&mut found);
    all
}

fn template_of(wanted: &Wanted) -> &str {
    wanted.task.task.rsplit('/').next().unwrap_or_default()
}

/// The public id of a task: it stays while the run wants it, and a task that comes again has another.
fn id(run_id: &str, task: &axle_flywheel::Task) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [run_id, task.task.as_str()] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    hasher.update(&task.starts_at.as_microsecond().to_be_bytes());
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Two columns of texts; rows that lack one are left out.
async fn pairs(workspace: &Workspace, query: &str, now: Timestamp) -> AppResult<HashMap<String, String>> {
    let table = figures::sql(workspace, query, usize::MAX, now).await?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Ok(table.rows.iter().filter_map(|row| Some((text(row.first()?)?, text(row.get(1)?)?))).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use axle_flywheel::RunKey;

    use super::*;

    pub(crate) fn task(due_at: &str, role: &str, assignee: Option<&str>) -> Task {
        let run = RunKey { flywheel: "f".into(), leg: "a".into(), key: None, ordinal: 1 };
        let due_at = due_at.parse().unwrap();
        let task = axle_flywheel::Task {
            run,
            task: "f/a/qualify".into(),
            title: "Qualify".into(),
            role: role.into(),
            starts_at: due_at,
            pressing_since: None,
            due_at,
        };
        Task {
            task_id: "t".into(),
            wanted: Wanted { member_id: "m".into(), run_id: "r".into(), task },
            name: "Sunita".into(),
            flywheel_title: "F".into(),
            step_title: "A".into(),
            organization: None,
            has_deal: false,
            assignee: assignee.map(str::to_owned),
            why: String::new(),
            outcomes: Vec::new(),
            told_at: Some(due_at),
            needs_consent: None,
            run_opened_at: due_at,
            again: None,
        }
    }

    #[test]
    fn urgency_is_told_by_the_local_day() {
        let now: Timestamp = "2026-03-04T08:00:00Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let of = |due: &str| task(due, "community_builder", None).urgency(now, &berlin);
        assert_eq!(of("2026-03-04T07:59:00Z"), Urgency::Late);
        // 23:30 in Berlin is today, an hour later it is tomorrow.
        assert_eq!(of("2026-03-04T22:30:00Z"), Urgency::Today);
        assert_eq!(of("2026-03-04T23:30:00Z"), Urgency::Week);
        assert_eq!(of("2026-03-11T08:00:00Z"), Urgency::Later);
        assert_eq!(of("2026-02-02T08:00:00Z"), Urgency::Late);
        assert_eq!(of("2026-02-01T08:00:00Z"), Urgency::Stale);
        let listed = Task { told_at: None, ..task("2026-03-04T07:59:00Z", "community_builder", None) };
        assert_eq!(listed.urgency(now, &berlin), Urgency::Week);
    }

    #[test]
    fn a_task_of_nobody_is_for_those_with_the_role() {
        let user = |role: &str| User { email: format!("{role}@x.example"), name: role.into(), role: role.into() };
        let mine = |task: &Task, role: &str| task.is_of(&user(role));
        let open = task("2026-03-04T00:00:00Z", "account_executive", None);
        assert!(mine(&open, "sales") && !mine(&open, "builder") && !mine(&open, "admin"));
        let given = task("2026-03-04T00:00:00Z", "account_executive", Some("builder@x.example"));
        assert!(mine(&given, "builder") && !mine(&given, "sales"));
        assert!(
            mine(&task("2026-03-04T00:00:00Z", "account_executive", Some("Builder")), "builder"),
            "as hand-offs name people"
        );
    }
}
