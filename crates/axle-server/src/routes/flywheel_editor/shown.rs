//! What looking at a definition gave, as the page shows it.

use std::collections::HashMap;

use axle_app::flywheels::own::{self, Check, Example, Happens, Preview, StepState};
use jiff::Timestamp;

use super::super::flywheels::state_name;
use crate::format;
use crate::pages::flywheel_editor::{
    FlywheelTrial, HappensView, NumberField, NumberGroup, Otherwise, PreviewView, StepShift,
};
use crate::pages::parts::Person;
use crate::visit::Visit;

/// The fields of a definition, with what was typed.
pub(super) fn groups(text: &str, typed: &HashMap<String, String>) -> Vec<NumberGroup> {
    let field = |number: own::Number| NumberField {
        value: typed.get(&number.path).unwrap_or(&number.value).clone(),
        path: number.path,
        label: number.label,
        was: number.value,
    };
    let group = |group: own::Group| {
        let of = |key: &str| {
            let found =
                group.numbers.iter().find(|number| number.path.split('.').count() == 3 && number.path.ends_with(key));
            found.map(|number| number.value.clone()).filter(|value| !value.is_empty())
        };
        let note: Vec<String> = [of(".owner"), of(".within")].into_iter().flatten().collect();
        NumberGroup {
            note: note.join(" · "),
            title: group.title,
            numbers: group.numbers.into_iter().map(field).collect(),
        }
    };
    own::groups(text).unwrap_or_default().into_iter().map(group).collect()
}

pub(super) fn trial(visit: &Visit, check: &Check, preview: Option<&Preview>) -> FlywheelTrial {
    let otherwise = |one: &axle_app::flywheels::own::Difference| Otherwise {
        expected: one.line.clone(),
        comes_out: one.comes_out.clone().unwrap_or_else(|| one.fault.clone()),
    };
    // An expectation may differ in several ways; what comes out is one line.
    let differences = |played: &own::Played| {
        let mut told: Vec<Otherwise> = played.differences.iter().map(otherwise).collect();
        told.dedup_by(|a, b| a.expected == b.expected && a.comes_out == b.comes_out);
        told
    };
    FlywheelTrial {
        problems: check.problems.iter().map(ToString::to_string).collect(),
        scenarios: check.scenarios.iter().map(|played| (played.name.clone(), differences(played))).collect(),
        notes: check.notes.clone(),
        can_take_over: check.can_be_taken_over(),
        preview: preview.map(|preview| view(visit, preview)),
    }
}

fn view(visit: &Visit, preview: &Preview) -> PreviewView {
    let runs = preview.runs.iter().map(|one| happens(visit, one, "run"));
    let tasks = preview.tasks.iter().map(|one| happens(visit, one, "task"));
    let state = |one: &own::Moved<usize>| (state_name(&one.name), one.before as u64, one.after as u64);
    PreviewView {
        states: preview.states.iter().map(state).collect(),
        steps: preview.steps.iter().map(step).collect(),
        happens: runs.chain(tasks).collect(),
        elsewhere: preview.elsewhere.iter().map(|(title, count)| (title.clone(), *count as u64)).collect(),
    }
}

fn step(change: &own::StepChange) -> StepShift {
    let count = |of: fn(&StepState) -> usize| {
        let write = |state: &Option<StepState>| {
            state.as_ref().map_or_else(|| "–".to_owned(), |state| format::count(of(state) as i64))
        };
        (write(&change.before), write(&change.after))
    };
    let friction = |state: &Option<StepState>| {
        let share = state.as_ref().and_then(|state| state.friction);
        share.map_or_else(|| "–".to_owned(), |share| format::percent(100.0 * share))
    };
    StepShift {
        title: change.title.clone(),
        state: match (&change.before, &change.after) {
            (None, _) => Some("new"),
            (_, None) => Some("gone"),
            _ => None,
        },
        figures: [
            count(|state| state.entered),
            count(|state| state.inside),
            count(|state| state.late),
            (friction(&change.before), friction(&change.after)),
        ],
    }
}

fn happens(visit: &Visit, happens: &Happens, noun: &str) -> HappensView {
    let example = |one: &Example| {
        let person = Person::member(visit.slug(), &one.member_id, &one.name);
        (person, from_to(visit, one))
    };
    HappensView {
        sentence: format!("{} {}", format::plural(happens.count as u64, noun), happens.kind.words(noun)),
        examples: happens.examples.iter().map(example).collect(),
        further: happens.count.saturating_sub(happens.examples.len()) as u64,
    }
}

/// `Signals a need, due 7 Jan 2026 → 12 Jan 2026`
fn from_to(visit: &Visit, one: &Example) -> String {
    let mut parts: Vec<String> = one.task.iter().cloned().collect();
    match (&one.before, &one.after) {
        (Some(before), Some(after)) if before != after => parts.push(format!("{before} → {after}")),
        (before, after) => parts.extend(after.clone().or(before.clone())),
    }
    let due = |at: Timestamp| visit.clock.exact(at);
    match (one.due_before, one.due_after) {
        (Some(before), Some(after)) if before != after => parts.push(format!("due {} → {}", due(before), due(after))),
        (before, after) => parts.extend(after.or(before).map(|at| format!("due {}", due(at)))),
    }
    parts.join(", ")
}
