//! What runs want people to do, at the instant up to which the machine has looked.

use std::cell::OnceCell;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::Service;
use crate::condition::Condition;
use crate::definition::{Step, TaskTemplate};
use crate::evaluate::{Found, Scope};
use crate::machine::Machine;
use crate::run::{How, MemberRuns, RunKey, Slot, State};
use crate::timeline::{Event, MAX_KINDS, Timeline, hash, instant};
use crate::vocabulary::{TASK, TASK_DONE};

/// How long a task about a run that is over stays wanted after it was due, in days.
const STALE_DAYS: u32 = 30;

/// A member's facts, and how many of each kind there are by the instant: unpacked when a run wants something.
type Visible = (Timeline, [u32; MAX_KINDS]);

/// One thing that somebody should do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// For which run.
    pub run: RunKey,
    /// `flywheel/step/task`: what a fact `task_done` names.
    pub task: String,
    /// What to do.
    pub title: String,
    /// Who: a role that a rota fills.
    pub role: String,
    /// Since when it is wanted.
    pub starts_at: Timestamp,
    /// Until when it should be done.
    pub due_at: Timestamp,
    /// Since when it is due sooner than usual; `None`: it is not.
    #[serde(default)]
    pub pressing_since: Option<Timestamp>,
}

impl Machine {
    /// The tasks that the member's runs want as of [`MemberRuns::until`], soonest due first. A task is no longer wanted
    /// when the run goes on, or when a fact `task_done` names it. A run that is over wants the task of the way out that it took, and
    /// of those that are watched for afterwards.
    pub fn tasks(&self, member: &MemberRuns) -> Vec<Task> {
        member.until().map_or_else(Vec::new, |at| self.tasks_at(member, at))
    }

    /// As [`Machine::tasks`], at a later instant up to which the member is quiet: see [`Machine::is_quiet`].
    pub fn tasks_at(&self, member: &MemberRuns, at: Timestamp) -> Vec<Task> {
        let facts = OnceCell::new();
        let mut tasks: Vec<Task> =
            self.slots(member).iter().flat_map(|slot| self.tasks_of(slot, member, &facts, at)).collect();
        tasks.sort_by(|a, b| (a.due_at, &a.task, &a.run).cmp(&(b.due_at, &b.task, &b.run)));
        tasks
    }

    fn tasks_of<'a>(
        &'a self,
        slot: &'a Slot,
        member: &'a MemberRuns,
        facts: &'a OnceCell<Visible>,
        at: Timestamp,
    ) -> Vec<Task> {
        let Some(run) = slot.runs.last() else { return Vec::new() };
        let leg = &self.legs[slot.leg as usize];
        let definition = &self.definitions[leg.flywheel as usize];
        let step = &definition.steps[run.last().step as usize];
        let flywheel_of_leg = |leg: u16| self.legs[leg as usize].flywheel;
        let today = self.calendar.day(at);
        let open = || {
            let timeline = member.facts.open(&self.calendar);
            let (seen, _) = timeline.seen_until(Some(at.as_microsecond()));
            (timeline, seen)
        };
        let scope = |(timeline, seen): &'a Visible| Scope {
            timeline,
            seen,
            today,
            calendar: &self.calendar,
            key: leg.per_number.map(|name| (name, slot.key_hash)),
            flywheel: leg.flywheel_hash,
            runs: &slot.runs,
            slots: &member.slots,
            flywheel_of_leg: &flywheel_of_leg,
        };
        let key = self.key(slot, slot.runs.len() as u32);
        let make = |template: &TaskTemplate, step: &Step, from: Timestamp| {
            let scope = scope(facts.get_or_init(open));
            let from = match &template.when {
                None => from,
                Some(when) => from.max(scope.holds_since(when)?),
            };
            let starts_at = self.starts(template, from, at)?;
            let task = format!("{}/{}/{}", definition.id, step.id, template.id);
            let is_off = template.unless.as_ref().is_some_and(|unless| scope.holds(unless, &mut Found::none()));
            if is_off || scope.is_done(&task, starts_at) {
                return None;
            }
            let within = template.within.or(step.within).unwrap_or(Service::SameBusinessDay);
            let usual = self.calendar.due(starts_at, within);
            let pressing = template.sooner.as_ref().and_then(|sooner| {
                let since = scope.held_first(&sooner.when)?.max(starts_at);
                Some((since, self.calendar.due(since, sooner.within))).filter(|(_, due_at)| *due_at < usual)
            });
            let due_at = pressing.map_or(usual, |(_, due_at)| due_at);
            let pressing_since = pressing.map(|(since, _)| since);
            let (title, role) = (template.title.clone(), template.role.clone());
            Some(Task { run: key.clone(), task, title, role, starts_at, due_at, pressing_since })
        };
        match run.state {
            State::Active | State::Returned => {
                let visit = run.last();
                let wanted = step.tasks.iter().filter(|task| !task.after_snooze || visit.how == How::Woken);
                wanted.filter_map(|task| make(task, step, visit.entered_at())).collect()
            }
            State::Snoozed { .. } => Vec::new(),
            _ => {
                let taken = run.left_by.and_then(|number| definition.leaves[number as usize].task.as_ref());
                let here = run.last().step;
                let watched = definition.leaves.iter().filter(|leave| {
                    leave.when_over
                        && (leave.steps.is_empty() || leave.steps.contains(&here))
                        && member.has_any(leave.when.mask())
                });
                let later = watched.filter_map(|leave| {
                    let since = scope(facts.get_or_init(open)).holds_since(&leave.when)?;
                    leave
                        .task
                        .as_ref()
                        .zip(Some(since).filter(|since| run.ended_at.is_some_and(|ended| *since > ended)))
                });
                let fresh = |task: &Task| at <= self.calendar.due(task.due_at, Service::Days(STALE_DAYS));
                let all = taken.zip(run.ended_at).into_iter().chain(later);
                all.filter_map(|(task, since)| make(task, step, since)).filter(fresh).collect()
            }
        }
    }

    /// When the template's present turn began; `None`: not yet.
    fn starts(&self, template: &TaskTemplate, from: Timestamp, at: Timestamp) -> Option<Timestamp> {
        let mut starts_at = template.after.map_or(from, |after| self.calendar.due(from, after));
        while let Some(every) = template.every {
            let next = self.calendar.due(starts_at, every);
            if next > at || next <= starts_at {
                break;
            }
            starts_at = next;
        }
        (starts_at <= at).then_some(starts_at)
    }
}

impl Scope<'_> {
    /// The last of the facts that make it hold; `None` when it does not.
    fn holds_since(&self, condition: &Condition) -> Option<Timestamp> {
        let mut found = Found::none();
        let holds = self.holds(condition, &mut found);
        let facts = found.witnesses.iter().map(|place| self.timeline.events[*place as usize].at);
        holds.then(|| facts.max().map_or(Timestamp::MIN, instant))
    }

    /// The first instant at which it held, if it holds: what is said again makes nothing wait longer.
    fn held_first(&self, condition: &Condition) -> Option<Timestamp> {
        if !self.holds(condition, &mut Found::none()) {
            return None;
        }
        let mask = condition.mask();
        let is_asked = |event: &&Event| !event.is_withdrawn && mask >> event.kind & 1 == 1;
        let mut instants = self.timeline.events.iter().filter(is_asked).map(|event| event.at);
        instants.find_map(|at| {
            let (seen, _) = self.timeline.seen_until(Some(at));
            Scope { seen: &seen, ..*self }.holds(condition, &mut Found::none()).then(|| instant(at))
        })
    }

    /// Whether somebody did the task since then.
    fn is_done(&self, task: &str, since: Timestamp) -> bool {
        let task = hash(task);
        let done = self.timeline.of_kind(TASK_DONE, self.seen[TASK_DONE as usize]).iter().rev();
        done.take_while(|place| self.timeline.events[**place as usize].at >= since.as_microsecond()).any(|place| {
            let is_this = self.timeline.value(*place, TASK).is_some_and(|(hash, _)| hash == task);
            is_this && self.is_visible(*place)
        })
    }
}
