//! Which tasks a user sees, and how much of them: who sees no people by name has their own alone, and is told for whom only where
//! that member was handed over and still allows it. Of others they decide nothing. Why is told by the dossier; to be told for whom leaves
//! a trace, as opening it does.

use jiff::Timestamp;

use super::{DONE, Leads, Outcome, Task, Tasks};
use crate::permissions::Permission;
use crate::users::User;
use crate::{AppError, AppResult, Workspace, hand_offs};

/// The tasks that a user may see, soonest due first.
///
/// # Errors
/// When the record cannot be read.
pub async fn seen_by(workspace: &Workspace, tasks: &Tasks, user: &User, now: Timestamp) -> AppResult<Vec<Task>> {
    if user.may_see_members() {
        return Ok(tasks.list.clone());
    }
    let own: Vec<&Task> = tasks.list.iter().filter(|task| task.is_of(user)).collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let handed = hand_offs::handed_to(workspace, user, now).await?;
    let named = own.iter().filter_map(|task| handed.get(&task.wanted.member_id)).map(String::as_str);
    hand_offs::note_listed(workspace, user, "tasks", named.collect(), now).await?;
    let shown = |task: &Task| match handed.contains_key(&task.wanted.member_id) {
        true => Task { name: task.name.clone(), outcomes: task.outcomes.clone(), ..task.without_person() },
        false => task.without_person(),
    };
    Ok(own.into_iter().map(shown).collect())
}

impl Task {
    /// Refuses who may not answer it: everybody may answer their own.
    ///
    /// # Errors
    /// [`crate::AppError::Forbidden`].
    pub fn must_answer(&self, user: &User) -> AppResult<()> {
        if self.is_of(user) { Ok(()) } else { user.must(Permission::AnswerTasks) }
    }

    /// Refuses who may not give this answer: what becomes of a run is decided by who may know whose it is.
    ///
    /// # Errors
    /// [`crate::AppError::Forbidden`]; also when the record cannot be read.
    pub async fn must_decide(
        &self,
        workspace: &Workspace,
        outcome: &str,
        user: &User,
        now: Timestamp,
    ) -> AppResult<()> {
        self.must_answer(user)?;
        if !user.may_see_members() && self.decides(outcome) {
            let handed = hand_offs::handed_to(workspace, user, now).await?;
            if !handed.contains_key(&self.wanted.member_id) {
                let why = "what becomes of somebody who was not handed to you is decided by who sees members: give the task to a builder";
                return Err(AppError::Forbidden(why.into()));
            }
        }
        Ok(())
    }

    /// Whether an answer decides what becomes of the run; without a word it says that the task is done.
    fn decides(&self, outcome: &str) -> bool {
        let outcome = if outcome.is_empty() { DONE } else { outcome };
        self.outcomes.iter().any(|known| known.outcome == outcome && !is_told_blindly(known))
    }

    /// What is to be done, without for whom, and without what only who knows that decides.
    fn without_person(&self) -> Self {
        let mut task = self.clone();
        task.wanted.member_id = String::new();
        task.wanted.run_id = String::new();
        task.wanted.task.run.key = None;
        task.name = String::new();
        task.why = String::new();
        task.organization = task.organization.filter(|_| self.has_deal);
        task.outcomes.retain(is_told_blindly);
        task
    }
}

/// Whether an answer says no more than that something was done, so that it moves no run by itself.
pub fn is_told_blindly(outcome: &Outcome) -> bool {
    outcome.leads == Leads::Nowhere
}

#[cfg(test)]
mod tests {
    use axle_flywheel::RunKey;

    use super::*;
    use crate::flywheels::Wanted;

    #[test]
    fn a_task_can_be_shown_without_its_member() {
        let at: Timestamp = "2026-03-04T00:00:00Z".parse().unwrap();
        let run = RunKey { flywheel: "f".into(), leg: "a".into(), key: Some("deal-of-zoe".into()), ordinal: 1 };
        let task = axle_flywheel::Task {
            run,
            task: "f/a/call".into(),
            title: "Call".into(),
            role: "account_executive".into(),
            starts_at: at,
            pressing_since: None,
            due_at: at,
        };
        let task = Task {
            task_id: "t1".into(),
            wanted: Wanted { member_id: "zoe-id".into(), run_id: "zoe-run".into(), task },
            name: "Zoe".into(),
            flywheel_title: "F".into(),
            step_title: "A".into(),
            organization: Some("Zoe's own".into()),
            has_deal: false,
            assignee: None,
            why: "Zoe wants more".into(),
            outcomes: [("done", Leads::Nowhere), ("dismissed", Leads::Out), ("snooze", Leads::Rest)]
                .map(|(outcome, leads)| Outcome { outcome: outcome.into(), leads, reasons: Vec::new() })
                .to_vec(),
            told_at: None,
            needs_consent: None,
            run_opened_at: at,
            again: None,
        };
        let bank = Task { organization: Some("Harbor Bank".into()), has_deal: true, ..task.clone() };
        let told = bank.without_person();
        assert_eq!(told.organization.as_deref(), Some("Harbor Bank"), "the CRM has it");
        let words: Vec<&str> = told.outcomes.iter().map(|outcome| outcome.outcome.as_str()).collect();
        assert_eq!(words, ["done"], "nobody decides on somebody whom they may not see");
        let own = Outcome { outcome: DONE.into(), leads: Leads::On, reasons: Vec::new() };
        let moves_on = Task { outcomes: vec![own], ..task.clone() };
        assert!(moves_on.decides("") && moves_on.decides(DONE) && !task.decides("") && task.decides("snooze"));
        let written = serde_json::to_string(&task.without_person()).unwrap().to_lowercase();
        assert!(!written.contains("zoe"), "{written}");
        assert!(written.contains("t1") && written.contains("call"), "{written}");
    }
}
