//! What people can answer at a step: the words that its conditions know as decisions, and where each leads.

use crate::condition::{Check, Condition, Same};
use crate::definition::{Definition, Leave, Step, Target};
use crate::timeline::hash;
use crate::vocabulary::{DECIDED, OUTCOME, attribute_number};

/// Where a decision leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leads {
    /// To the next step, as planned.
    On,
    /// Out of the wheel.
    Out,
    /// To another step, mostly an earlier one.
    Back,
    /// Away until a day.
    Rest,
    /// Nowhere: the task alone is done.
    Nowhere,
}

/// One decision that moves a run from a step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// What a fact `decided` says.
    pub outcome: String,
    /// Where it leads.
    pub leads: Leads,
    /// The reasons to choose among; empty: none is asked for.
    pub reasons: Vec<String>,
}

impl Definition {
    /// The decisions that move a run at a step, those that lead on first. A run at the last step of its leg has no next one.
    pub fn outcomes(&self, step: u16) -> Vec<Outcome> {
        let Some(here) = self.steps.get(usize::from(step)) else { return Vec::new() };
        let next = self.steps.get(usize::from(step) + 1).filter(|next| next.per == here.per);
        let mut found: Vec<Outcome> = Vec::new();
        let mut take = |condition: &Condition, leads: Leads, leave: Option<&Leave>| {
            each_decided(condition, &mut |word| {
                if !found.iter().any(|known| known.outcome == word) {
                    let reasons = self.reasons_for(word, leads, leave);
                    found.push(Outcome { outcome: word.to_owned(), leads, reasons });
                }
            });
        };
        let onward = here.exit.iter().chain(next.and_then(|next| next.enter.as_ref()));
        onward.for_each(|condition| take(condition, Leads::On, None));
        let shared = self.leaves.iter().filter(|leave| leave.steps.is_empty() || leave.steps.contains(&step));
        for leave in here.leaves.iter().chain(shared) {
            let leads = match leave.to {
                Target::Lost | Target::Released | Target::Completed | Target::CompletedNoLoop => Leads::Out,
                Target::Returned(_) => Leads::Back,
                Target::Snoozed { .. } => Leads::Rest,
            };
            take(&leave.when, leads, Some(leave));
        }
        found
    }

    /// For how many days a run rests after a decision that names no day; `None`: it does not rest then.
    pub fn rest_days(&self, word: &str) -> Option<u32> {
        let leaves = self.steps.iter().flat_map(|step| &step.leaves).chain(&self.leaves);
        leaves.into_iter().find_map(|leave| {
            let mut is_meant = false;
            each_decided(&leave.when, &mut |decided| is_meant |= decided == word);
            match leave.to {
                Target::Snoozed { days, .. } if is_meant => Some(days),
                _ => None,
            }
        })
    }

    /// Which reasons go with a decision: where the way out names none itself, all that units leave for but those that other ways
    /// out name; and those that tasks depend on.
    fn reasons_for(&self, word: &str, leads: Leads, leave: Option<&Leave>) -> Vec<String> {
        if leads == Leads::Out && leave.is_some_and(|leave| leave.reason.is_none()) {
            let leaves = || self.steps.iter().flat_map(|step| &step.leaves).chain(&self.leaves);
            let is_named = |reason: &String| leaves().any(|leave| leave.reason.as_ref() == Some(reason));
            return self.reasons.iter().filter(|reason| !is_named(reason)).cloned().collect();
        }
        let mut asked = Vec::new();
        for task in self.steps.iter().flat_map(|step: &Step| &step.tasks) {
            task.when.iter().for_each(|when| self.reasons_in(when, word, &mut asked));
        }
        asked
    }

    /// The reasons that a condition asks of facts `decided` with that outcome.
    fn reasons_in(&self, condition: &Condition, word: &str, asked: &mut Vec<String>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) | Condition::Same(Same { parts, .. }) => {
                parts.iter().for_each(|part| self.reasons_in(part, word, asked));
            }
            Condition::Not(part) => self.reasons_in(part, word, asked),
            Condition::Count(count) if count.filter.kinds.contains(&DECIDED) => {
                let allows = |name: u8, text: &str| {
                    count.filter.tests.iter().any(|test| {
                        let words = match &test.check {
                            Check::OneOf(words) => words.contains(&hash(text)),
                            Check::Range(..) => false,
                        };
                        test.name == name && words
                    })
                };
                let reason = attribute_number("reason");
                if allows(OUTCOME, word)
                    && let Some(reason) = reason
                {
                    let new = self.reasons.iter().filter(|text| allows(reason, text));
                    let new: Vec<String> = new.filter(|text| !asked.contains(text)).cloned().collect();
                    asked.extend(new);
                }
            }
            _ => {}
        }
    }
}

/// Every word that a condition knows as a decision, outside of what must not hold.
fn each_decided(condition: &Condition, each: &mut impl FnMut(&str)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) | Condition::Same(Same { parts, .. }) => {
            parts.iter().for_each(|part| each_decided(part, each));
        }
        Condition::Decided(decided) => decided.words.iter().for_each(|word| each(word)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::shipped;

    fn outcomes(flywheel: &str, step: &str) -> Vec<(String, Leads, Vec<String>)> {
        let definitions = shipped().unwrap();
        let definition = definitions.iter().find(|definition| definition.id == flywheel).unwrap();
        let found = definition.outcomes(definition.step(step).unwrap());
        found.into_iter().map(|one| (one.outcome, one.leads, one.reasons)).collect()
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_step_knows_the_words_that_move_it() {
        // Ways out of their own are for no consent, for later, and for hand-offs that ended.
        let reasons = words(&["no_need", "no_budget", "wrong_organization", "competitor", "no_reply"]);
        let expected = [
            ("qualified", Leads::On, Vec::new()),
            ("dismissed", Leads::Out, reasons.clone()),
            ("lost", Leads::Out, reasons),
            ("recycled", Leads::Out, Vec::new()),
            ("snooze", Leads::Rest, Vec::new()),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(word, leads, why)| (word.to_owned(), leads, why)).collect();
        assert_eq!(outcomes("community_qualified_leads", "signals_need"), expected);
        // The way out has its reason.
        let no_consent = outcomes("community_qualified_leads", "introduction").remove(0);
        assert_eq!(no_consent, ("no_consent".to_owned(), Leads::Out, Vec::new()));
        assert_eq!(outcomes("knowledge_sharing", "answered"), []);
    }

    #[test]
    fn a_flywheel_says_how_long_a_decision_lets_it_rest() {
        let definitions = shipped().unwrap();
        let health = definitions.iter().find(|definition| definition.id == "champion_health").unwrap();
        assert_eq!((health.rest_days("busy"), health.rest_days("no_reply")), (Some(45), None));
    }

    #[test]
    fn a_decision_asks_for_the_reasons_that_tasks_depend_on() {
        let found = outcomes("champion_health", "contacted");
        let concern = words(&["feedback", "politics", "trouble", "job_change"]);
        assert_eq!(found[0], ("concern".to_owned(), Leads::On, concern));
        assert_eq!(found[1], ("busy".to_owned(), Leads::Rest, Vec::new()));
        assert_eq!(found[2], ("false_alarm".to_owned(), Leads::Back, Vec::new()));
        let released = found.iter().find(|(word, ..)| word == "released").unwrap();
        assert_eq!(released.2, words(&["feedback", "politics", "trouble", "job_change"]), "not cleared, and not busy");
    }
}
