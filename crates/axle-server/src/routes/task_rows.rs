//! Tasks as rows that can be answered where they stand: on Today, and on the page of a run.

use std::collections::{HashMap, HashSet};

use axle_app::AppResult;
use axle_app::hand_offs::{self, HandOff};
use axle_app::raised::{self, Stranger};
use axle_app::tasks::{Leads, Outcome, Task, is_told_blindly};

use super::today::label;
use crate::failure::Failure;
use crate::link::Link;
use crate::pages::parts::{MemberKind, Person};
use crate::pages::today::{ConsentAsked, TaskRow};
use crate::visit::Visit;

/// Whether one click says all of an answer.
fn leads_at_once(outcome: &Outcome) -> bool {
    outcome.reasons.is_empty() && matches!(outcome.leads, Leads::On | Leads::Nowhere)
}

/// What rows are made with.
pub(super) struct TaskRows<'a> {
    visit: &'a Visit,
    /// The page to come back to.
    back: String,
    /// Hand-offs by the member whom they are about: all that who sees no people by name may know of them.
    handed: HashMap<String, String>,
    /// Hand-offs that go on, the newest first, for who sees people by name.
    going_on: Vec<HandOff>,
}

impl<'a> TaskRows<'a> {
    pub(super) async fn new(visit: &'a Visit, back: &Link) -> Result<Self, Failure> {
        let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
        let (handed, going_on) = match visit.user.may_see_members() {
            true => (HashMap::new(), hand_offs::going_on(workspace, now).await?),
            false => (hand_offs::handed_to(workspace, &visit.user, now).await?, Vec::new()),
        };
        Ok(Self { visit, back: back.to_string(), handed, going_on })
    }

    /// Writes down whom rows of these tasks name to who sees no people by name.
    pub(super) async fn note_named(&self, tasks: &[&Task], rows: &[&TaskRow]) -> AppResult<()> {
        let shown: HashSet<&str> = rows.iter().map(|row| row.task_id.as_str()).collect();
        let shown = tasks.iter().filter(|task| shown.contains(task.task_id.as_str()));
        let named = shown.filter_map(|task| self.handed.get(&task.wanted.member_id)).map(String::as_str).collect();
        let (workspace, now) = (&self.visit.opened.workspace, self.visit.clock.now);
        hand_offs::note_listed(workspace, &self.visit.user, "tasks", named, now).await
    }

    /// The member of a task: for who sees no people by name, only those who were handed over with consent.
    fn person(&self, task: &Task) -> Option<Person> {
        let member_id = &task.wanted.member_id;
        if self.visit.user.may_see_members() {
            return Some(Person::member(self.visit.slug(), member_id, &task.name));
        }
        let link = self.visit.link("hand-offs").below(self.handed.get(member_id)?);
        Some(Person { link, name: task.name.clone(), detail: None, kind: MemberKind::Member })
    }

    /// The dossier that a task is about, or where all are while it is not prepared.
    fn dossier(&self, task: &Task) -> Option<Link> {
        if !task.is_of_dossier() {
            return None;
        }
        let of_run = || task.hand_off_among(&self.going_on).map(|one| &one.hand_off_id);
        let all = self.visit.link("hand-offs");
        Some(match self.handed.get(&task.wanted.member_id).or_else(of_run) {
            Some(id) => all.below(id),
            None => all,
        })
    }

    /// The run that wants a task.
    fn run(&self, task: &Task) -> Option<Link> {
        let runs = || self.visit.link("flywheels").below(&task.wanted.task.run.flywheel).below("runs");
        self.visit.user.may_see_members().then(|| runs().below(&task.wanted.run_id))
    }

    /// What colleagues tell each other about the member of a task.
    fn packet(&self, task: &Task) -> Option<Link> {
        let run = self.run(task).filter(|_| hand_offs::has_packet(&task.wanted.task.run.flywheel));
        run.map(|run| run.below("packet"))
    }

    /// A row of a raised hand: who decides on duplicates is told when only the form knows the person.
    pub(super) async fn hand(&self, task: &Task) -> AppResult<TaskRow> {
        let mut row = self.row(task);
        if self.visit.user.may_decide_identities()
            && let Some(Stranger { likely }) =
                raised::stranger(&self.visit.opened.workspace, &task.wanted.member_id).await?
        {
            let likely = likely.map(|(id, name)| Person::member(self.visit.slug(), &id, name));
            row.stranger = Some((likely, self.visit.link("duplicates")));
        }
        Ok(row)
    }

    pub(super) fn row(&self, task: &Task) -> TaskRow {
        let person = self.person(task);
        let needs_consent = |outcome: &&Outcome| task.needs_consent == Some(outcome.outcome.as_str());
        let may_decide = |outcome: &&Outcome| person.is_some() || is_told_blindly(outcome);
        let outcomes: Vec<&Outcome> = task.outcomes.iter().filter(may_decide).collect();
        let at_hand = outcomes.iter().copied().filter(|outcome| !needs_consent(outcome));
        let (quick, more): (Vec<_>, Vec<_>) = at_hand.partition(|outcome| leads_at_once(outcome));
        let consent = task.needs_consent.filter(|_| self.visit.user.may_hand_off());
        let labelled = |outcomes: &[&Outcome]| {
            outcomes.iter().map(|outcome| (outcome.outcome.clone(), label(&outcome.outcome))).collect()
        };
        let mut reasons: Vec<(String, String)> = Vec::new();
        for reason in outcomes.iter().flat_map(|outcome| &outcome.reasons) {
            if !reasons.iter().any(|(known, _)| known == reason) {
                reasons.push((reason.clone(), label(reason)));
            }
        }
        TaskRow {
            link: self.visit.link("today"),
            csrf: self.visit.token().to_owned(),
            back: self.back.clone(),
            task_id: task.task_id.clone(),
            may_answer: self.visit.user.may_answer_tasks() || task.is_of(&self.visit.user),
            title: task.wanted.task.title.clone(),
            // Who sees no people by name reads why in the dossier.
            why: if self.visit.user.may_see_members() { task.why.clone() } else { String::new() },
            person,
            organization: task.organization_for(&self.visit.user).map(str::to_owned),
            stranger: None,
            run: self.run(task).filter(|run| run.to_string() != self.back),
            packet: self.packet(task),
            dossier: self.dossier(task),
            step: format!("{}, {}", task.flywheel_title, task.step_title),
            due_at: task.wanted.task.due_at,
            is_listed: task.told_at.is_none(),
            is_late: task.told_at.is_some() && task.wanted.task.due_at < self.visit.clock.now,
            assignee: task
                .assignee
                .clone()
                .unwrap_or_else(|| format!("any {}", label(&task.wanted.task.role).to_lowercase())),
            quick: labelled(&quick),
            more: labelled(&more),
            reasons,
            consent: consent.map(|word| ConsentAsked::of(word, label(word))),
            may_rest: outcomes.iter().any(|outcome| outcome.leads == Leads::Rest),
            clock: self.visit.clock.clone(),
        }
    }
}
