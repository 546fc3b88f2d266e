//! Whether a definition can be used, and if not, everything that is wrong with it: where, and what to do.

use std::fmt;

use axle_flywheel::definition::line_of;
use axle_flywheel::scenario::Difference;
use axle_flywheel::{Definition, DefinitionError, MachineError};
use serde::Serialize;

use super::{fit, shipped_one, shipped_ones};
use crate::{Workspace, own_kpis};

/// The longest definition, in bytes.
const MOST_BYTES: usize = 200_000;

/// Ids that addresses have other uses for.
const TAKEN: [&str; 2] = ["new", "runs"];

/// Tasks and steps that pages of Axle show: flywheel, step or task, page.
const SHOWN: [(&str, &str, &str); 10] = [
    ("community_qualified_leads", "qualify", "the raised hands on Today"),
    ("community_qualified_leads", "new_signal", "the raised hands on Today"),
    ("community_qualified_leads", "introduction", "the page Hand-offs"),
    ("knowledge_sharing", "unanswered", "the questions on Today"),
    ("knowledge_sharing", "thank", "the thanks on Today"),
    ("champion_health", "healthy", "the page Champions"),
    ("champion_health", "watch", "the page Champions"),
    ("champion_health", "concern", "the page Champions"),
    ("onboarding_customers", "joined", "who is stuck, on the page Accounts,"),
    ("onboarding_customers", "value_received", "who is stuck, on the page Accounts,"),
];

/// What a definition is found to be.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Check {
    /// Its id.
    pub flywheel: String,
    /// Why it cannot be used, in the order of the text.
    pub problems: Vec<Problem>,
    /// Its cases, each with what comes out otherwise.
    pub scenarios: Vec<Played>,
    /// What is no fault, but should be known.
    pub notes: Vec<String>,
    /// What was read, when it can be used.
    #[serde(skip)]
    pub(super) definition: Option<Definition>,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1; `None`: nowhere in particular.
    pub line: Option<usize>,
    /// Step and key.
    pub place: String,
    /// What is wrong there.
    pub fault: String,
    /// What to do about it.
    pub fix: String,
}

/// A case that was played.
#[derive(Debug, Clone, Serialize)]
pub struct Played {
    /// What it shows.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// What comes out otherwise; empty: nothing.
    pub differences: Vec<Difference>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map(|line| format!("line {line}")).filter(|line| *line != self.place);
        let place: Vec<String> =
            line.into_iter().chain(Some(self.place.clone()).filter(|place| !place.is_empty())).collect();
        write!(f, "{}: {}. {}", place.join(", "), self.fault, self.fix)
    }
}

impl From<DefinitionError> for Problem {
    fn from(error: DefinitionError) -> Self {
        Self { line: error.line, place: error.place, fault: error.fault, fix: error.fix }
    }
}

impl Check {
    /// It can be used, and its cases come out as expected.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.wrong() == 0
    }

    /// How many cases come out otherwise.
    pub fn wrong(&self) -> usize {
        self.scenarios.iter().filter(|played| !played.differences.is_empty()).count()
    }

    /// Whether all that is wrong are expectations that can become what comes out.
    pub fn can_be_taken_over(&self) -> bool {
        let mut differences = self.scenarios.iter().flat_map(|played| &played.differences);
        self.problems.is_empty() && self.wrong() > 0 && differences.all(|one| one.comes_out.is_some())
    }

    /// The text, with what comes out for what its cases expect.
    pub(super) fn taken_over(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        for played in &self.scenarios {
            for difference in &played.differences {
                let Some(comes_out) = &difference.comes_out else { continue };
                let from = played.line.saturating_sub(1).min(lines.len());
                let (old, new) = (format!("\"{}\"", difference.line), format!("\"{comes_out}\""));
                if let Some(line) = lines[from..].iter_mut().find(|line| line.contains(&old)) {
                    *line = line.replacen(&old, &new, 1);
                }
            }
        }
        lines.join("\n")
    }

    /// Notes what shows or counts steps and tasks that are no longer there.
    pub(super) fn note_figures(&mut self, workspace: &Workspace, present: &[Definition]) {
        let (Some(new), Some(before)) =
            (&self.definition, present.iter().find(|one| one.id == self.flywheel).or(shipped_one(&self.flywheel)))
        else {
            return;
        };
        let (old, new) = (names(before), names(new));
        let gone: Vec<&String> = old.iter().filter(|name| !new.contains(name)).collect();
        let shown = SHOWN
            .iter()
            .filter(|(flywheel, name, _)| *flywheel == self.flywheel && gone.iter().any(|gone| gone == name));
        let mut notes: Vec<String> =
            shown.map(|(_, name, page)| format!("`{name}` is no longer there, and {page} asks for it")).collect();
        for kpi in workspace.kpis().iter().filter(|kpi| kpi.rows.contains(&format!("'{}'", self.flywheel))) {
            let asked = gone.iter().filter(|name| kpi.rows.contains(&format!("'{name}'")));
            notes.extend(asked.map(|name| format!("`{name}` is no longer there, and the KPI {} asks for it", kpi.id)));
        }
        self.notes.extend(notes);
    }
}

/// Ids of steps and of their tasks.
fn names(definition: &Definition) -> Vec<String> {
    let of = |step: &axle_flywheel::definition::Step| {
        std::iter::once(step.id.clone()).chain(step.tasks.iter().map(|task| task.id.clone())).collect::<Vec<_>>()
    };
    definition.steps.iter().flat_map(of).collect()
}

/// What is wrong with a definition among those that come with Axle: without any workspace.
pub fn check_alone(id: &str, text: &str) -> Check {
    among(shipped_ones(), id, text)
}

/// What is wrong with a definition among others, of which it replaces the one of its id.
pub(super) fn among(present: &[Definition], id: &str, text: &str) -> Check {
    let check = Check { flywheel: id.to_owned(), ..Check::default() };
    let refused = |problems| Check { problems, ..check.clone() };
    let problem = |place: &str, fault: String, fix: &str| Problem {
        line: line_of(text, place),
        place: place.to_owned(),
        fault,
        fix: fix.to_owned(),
    };
    if let Some(fault) = own_kpis::wrong_id(id) {
        return refused(vec![problem("id", fault, "The id is the file’s name")]);
    }
    if TAKEN.contains(&id) {
        return refused(vec![problem("id", format!("`{id}` is the name of a page"), "choose another id")]);
    }
    if text.len() > MOST_BYTES {
        let fault = format!("{} bytes are more than {MOST_BYTES}", text.len());
        return refused(vec![problem("", fault, "make it shorter")]);
    }
    let definition = match Definition::read(id, text) {
        Ok(definition) => definition,
        Err(errors) => return refused(errors.into_iter().map(Problem::from).collect()),
    };
    let mut problems = Vec::new();
    let all: Vec<Definition> =
        present.iter().filter(|one| one.id != id).chain(std::iter::once(&definition)).cloned().collect();
    if let Err(error) = fit(&all) {
        problems.push(misfit(&error, id, text));
    }
    if !problems.is_empty() {
        return refused(problems);
    }
    let mut notes = Vec::new();
    if definition.scenarios.is_empty() {
        notes.push("It has no scenario. With one, `axle flywheel check` notices when a change breaks it.".to_owned());
    }
    let scenarios = definition.scenarios.iter().enumerate().map(|(number, scenario)| Played {
        name: scenario.name.clone(),
        line: line_of(text, &format!("scenario[{}]", number + 1)).unwrap_or(1),
        differences: scenario.differences(id, &all),
    });
    Check { scenarios: scenarios.collect(), notes, definition: Some(definition), ..check }
}

/// A step is asked for that is not there: by this definition, or by another that this one leaves in the lurch.
fn misfit(error: &MachineError, id: &str, text: &str) -> Problem {
    let MachineError::NoSuchStep { file, named, fix } = error else {
        return Problem { line: None, place: "id".into(), fault: error.to_string(), fix: "choose another id".into() };
    };
    if file == id {
        let line = text.lines().position(|line| line.contains(&format!("\"{named}\""))).map(|at| at + 1);
        let fault = format!("`{named}` leads nowhere");
        return Problem { line, place: "entered".into(), fault, fix: fix.clone() };
    }
    let fault = format!("the flywheel `{file}` asks for `{named}`, which is not there");
    Problem { line: None, place: "step".into(), fault, fix: format!("keep that step, or change `{file}` first") }
}

#[cfg(test)]
mod tests {
    use super::super::EXAMPLE;
    use super::*;

    fn told(text: &str) -> Vec<String> {
        check_alone("welcome", text).problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_example_is_good() {
        let check = check_alone("welcome", EXAMPLE);
        assert!(check.is_good(), "{check:?}");
        assert_eq!(check.scenarios.len(), 1);
    }

    #[test]
    fn everything_wrong_is_told_with_its_line() {
        let text = EXAMPLE.replace("14 days", "14 dayz").replace("\"joined\"", "\"joind\"");
        let told = told(&text);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("line 12, step `comes`, within: `14 dayz` is no length of time."), "{}", told[0]);
        assert!(
            told[1].starts_with("line 13, step `comes`, enter.fact: there are no facts of the kind `joind`."),
            "{}",
            told[1]
        );
    }

    #[test]
    fn a_role_that_nobody_has_is_refused() {
        let told = told(&EXAMPLE.replace("community_builder", "comunity_builder"));
        assert!(told[0].starts_with("line 14, step `comes`, task[1].role: `comunity_builder` is no role"), "{told:?}");
    }

    #[test]
    fn another_flywheel_keeps_the_step_that_it_asks_for() {
        let text = super::super::shipped_text("community_qualified_leads").unwrap();
        let check = check_alone("community_qualified_leads", &text.replace("signals_need", "says_so"));
        assert!(check.problems[0].to_string().contains("`onboarding_customers` asks for"), "{:?}", check.problems);
    }

    #[test]
    fn what_comes_out_can_be_taken_over() {
        let text = EXAMPLE.replace("14 days", "21 days");
        let check = check_alone("welcome", &text);
        assert!(check.problems.is_empty() && !check.is_good() && check.can_be_taken_over());
        let difference = &check.scenarios[0].differences[0];
        assert_eq!(difference.comes_out.as_deref(), Some("2026-01-05 ada comes due=2026-01-26T10:00"));
        let taken = check.taken_over(&text);
        assert!(check_alone("welcome", &taken).is_good());
        assert_eq!(taken, text.replace("due=2026-01-19T10:00", "due=2026-01-26T10:00"));
    }
}
