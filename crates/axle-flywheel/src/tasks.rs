//! What runs want people to do, at the instant up to which the machine has looked.

use std::cell::{Cell, OnceCell};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::Service;
use crate::condition::Condition;
use crate::definition::{Step, TaskTemplate};
use crate::evaluate::{Found, NEVER, Scope};
use crate::machine::Machine;
use crate::run::{How, MemberRuns, RunKey, Slot, State};
use crate::timeline::{MAX_KINDS, Timeline, hash, instant};
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
        self.tasks_and_next(member, at).0
    }

    /// As [`Machine::tasks_at`], and when the next task begins on the same local day or later, unless anything happens before or a
    /// day begins. `None`: none does.
    pub fn tasks_and_next(&self, member: &MemberRuns, at: Timestamp) -> (Vec<Task>, Option<Timestamp>) {
        let (facts, next) = (OnceCell::new(), Cell::new(None));
        let mut tasks: Vec<Task> =
            self.slots(member).iter().flat_map(|slot| self.tasks_of(slot, member, (&facts, &next), at)).collect();
        tasks.sort_by(|a, b| (a.due_at, &a.task, &a.run).cmp(&(b.due_at, &b.task, &b.run)));
        (tasks, next.get())
    }

    fn tasks_of<'a>(
        &'a self,
        slot: &'a Slot,
        member: &'a MemberRuns,
        (facts, next): (&'a OnceCell<Visible>, &Cell<Option<Timestamp>>),
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
            of: None,
            flywheel: leg.flywheel_hash,
            runs: &slot.runs,
            slots: &member.slots,
            flywheel_of_leg: &flywheel_of_leg,
        };
        let key = self.key(slot, slot.runs.len() as u32);
        // The answer that led back to a step is none to what is asked there now.
        let came_back_at = (run.state == State::Returned).then(|| run.last().entered_at().as_microsecond());
        let make = |template: &TaskTemplate, step: &Step, from: Timestamp| {
            let scope = scope(facts.get_or_init(open));
            let task = format!("{}/{}/{}", definition.id, step.id, template.id);
            let done_at = scope.last_done(&task).filter(|done_at| came_back_at != Some(*done_at));
            // A task that comes by its time comes again without a new fact.
            let done_here = done_at.filter(|done_at| template.every.is_none() && *done_at >= from.as_microsecond());
            let (when, unless) = (template.when.as_ref(), template.unless.as_ref());
            let wanted_since = |from| scope.wanted_since(when, unless, done_here, from);
            let from = if when.is_some() { wanted_since(from)? } else { from };
            let (starts_at, later) = self.starts(template, from, at);
            next.set(next.get().into_iter().chain(later).min());
            // Without `when`, what was before the present turn began says nothing of it.
            let starts_at = if when.is_some() { starts_at? } else { wanted_since(starts_at?)? };
            if done_at.is_some_and(|done_at| done_at >= starts_at.as_microsecond()) {
                return None;
            }
            let within = template.within.or(step.within).unwrap_or(Service::SameBusinessDay);
            let usual = self.calendar.due(starts_at, within);
            let pressing = template.sooner.as_ref().and_then(|sooner| {
                let since = scope.wanted_since(Some(&sooner.when), None, done_at, starts_at)?;
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
                let taken = definition.left_by(run).and_then(|leave| leave.task.as_ref());
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

    /// When the template's present turn began (`None`: not yet), and when its next one begins.
    fn starts(
        &self,
        template: &TaskTemplate,
        from: Timestamp,
        at: Timestamp,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let mut starts_at = template.after.map_or(from, |after| self.calendar.due(from, after));
        if starts_at > at {
            return (None, Some(starts_at));
        }
        while let Some(every) = template.every {
            let next = self.calendar.due(starts_at, every);
            if next > at {
                return (Some(starts_at), Some(next));
            }
            if next <= starts_at {
                break;
            }
            starts_at = next;
        }
        (Some(starts_at), None)
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

    /// Since when, from `from` on, `when` holds and `unless` does not, without a break: since a fact, or the midnight on which days were
    /// over. What is said again makes nothing wait longer. `None` when it is otherwise now. `done_at`: what was said by then is done,
    /// and is no reason any more.
    fn wanted_since(
        &self,
        when: Option<&Condition>,
        unless: Option<&Condition>,
        done_at: Option<i64>,
        from: Timestamp,
    ) -> Option<Timestamp> {
        // Whether it is wanted, and the next day on which time alone may change that.
        let look = |scope: &Scope<'_>| {
            let mut wake = NEVER;
            let mut ask = |condition: &Condition| {
                let (holds, found) = scope.holds_until(condition);
                wake = wake.min(found.wake);
                (holds, found.witnesses)
            };
            let is_excused = unless.is_some_and(|unless| ask(unless).0);
            let is_wanted = !is_excused
                && when.is_none_or(|when| {
                    let (holds, witnesses) = ask(when);
                    let is_new = |at: i64| done_at.is_none_or(|done_at| at > done_at);
                    let mut said = witnesses.iter().map(|place| scope.timeline.events[*place as usize].at);
                    holds && (witnesses.is_empty() || said.any(is_new))
                });
            (is_wanted, wake)
        };
        let mask = when.map_or(0, Condition::mask) | unless.map_or(0, Condition::mask);
        let kinds = (0..MAX_KINDS as u8).filter(|kind| mask >> kind & 1 == 1);
        let of_kind = |kind: u8| self.timeline.of_kind(kind, self.seen[kind as usize]);
        let mut places: Vec<u32> = kinds.flat_map(of_kind).copied().collect();
        places.sort_unstable();
        let event = |place: &u32| &self.timeline.events[*place as usize];
        // From the last stretch without such a fact to the one that `from` is in.
        let (mut seen, mut last_day, mut since) = (*self.seen, self.today, None);
        loop {
            let last = places.last().map(event).filter(|event| event.at > from.as_microsecond());
            let first_day = last.map_or_else(|| self.calendar.day(from), |event| event.day);
            let (mut day, mut wanted_from) = (first_day, None);
            while day <= last_day {
                let (is_wanted, wake) = look(&Scope { seen: &seen, today: day, ..*self });
                wanted_from = is_wanted.then(|| wanted_from.unwrap_or(day));
                day = wake.max(day + 1);
            }
            let wanted_from = match wanted_from {
                None => return since,
                Some(day) if day > first_day => return Some(self.calendar.start(day)),
                Some(_) => last.map_or(from, |event| instant(event.at)),
            };
            since = Some(wanted_from);
            let Some(last) = last else { return since };
            while let Some(event) = places.last().map(event).filter(|event| event.at == last.at) {
                seen[event.kind as usize] -= 1;
                places.pop();
            }
            last_day = last.day;
        }
    }

    /// When somebody did the task last.
    fn last_done(&self, task: &str) -> Option<i64> {
        let task = hash(task);
        let mut done = self.timeline.of_kind(TASK_DONE, self.seen[TASK_DONE as usize]).iter().rev();
        let last = done.find(|place| {
            let is_this = self.timeline.value(**place, TASK).is_some_and(|(hash, _)| hash == task);
            is_this && self.is_visible(**place)
        });
        last.map(|place| self.timeline.events[*place as usize].at)
    }
}
