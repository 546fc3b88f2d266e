//! From definitions to legs: what each watches, and where its runs can begin.

use axle_model::nearest::nearest;

use super::Machine;
use crate::calendar::BusinessCalendar;
use crate::condition::Condition;
use crate::definition::{Definition, Leave, Step, TaskTemplate};
use crate::timeline::hash;
use crate::vocabulary::{AttributeNumber, attribute_number};

/// What keeps definitions from working together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MachineError {
    /// Two files with one id.
    #[error("two flywheels are called `{0}`: rename one of their files")]
    Twice(String),
    /// A condition asks for a step that is not there.
    #[error("flywheels/{file}.toml: entered = \"{named}\" leads nowhere. {fix}")]
    NoSuchStep {
        /// Id of the definition that asks.
        file: String,
        /// What it names.
        named: String,
        /// What to do about it.
        fix: String,
    },
}

/// Neighbouring steps whose runs are kept apart by the same attribute.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub flywheel: u16,
    /// Hash of the definition's id.
    pub flywheel_hash: u64,
    /// Numbers of its steps: from `first` to before `end`.
    pub first: u16,
    pub end: u16,
    pub per: Option<String>,
    pub per_number: Option<AttributeNumber>,
    /// Where runs can begin, in order.
    pub begins: Vec<u16>,
    /// Kinds that matter while no run is open, at each step, and at all.
    pub open_mask: u64,
    pub masks: Vec<u64>,
    pub mask: u64,
    /// Whether its conditions ask for runs of other flywheels.
    pub asks_for_runs: bool,
}

pub(super) fn machine(mut definitions: Vec<Definition>, calendar: BusinessCalendar) -> Result<Machine, MachineError> {
    let names: Vec<(String, Vec<String>)> = definitions
        .iter()
        .map(|one| (one.id.clone(), one.steps.iter().map(|step| step.id.clone()).collect()))
        .collect();
    for (number, (id, _)) in names.iter().enumerate() {
        if names[..number].iter().any(|(other, _)| other == id) {
            return Err(MachineError::Twice(id.clone()));
        }
    }
    for definition in &mut definitions {
        resolve(definition, &names)?;
    }
    let legs = definitions.iter().enumerate().flat_map(|(number, one)| legs(number as u16, one)).collect();
    let fingerprint = fingerprint(&definitions, &calendar);
    Ok(Machine { definitions, legs, calendar, fingerprint })
}

/// Of everything that runs depend on but facts.
fn fingerprint(definitions: &[Definition], calendar: &BusinessCalendar) -> u64 {
    let definitions = definitions.iter().map(|one| (&one.id, one.version, &one.reasons, &one.steps, &one.leaves));
    hash(&format!("{:?} {}", definitions.collect::<Vec<_>>(), calendar.description()))
}

fn resolve(definition: &mut Definition, names: &[(String, Vec<String>)]) -> Result<(), MachineError> {
    let id = definition.id.clone();
    let mut fault = None;
    for condition in conditions_mut(definition) {
        condition.entered(&mut |entered| {
            let flywheel = names.iter().position(|(name, _)| *name == entered.flywheel);
            let step = flywheel.and_then(|number| names[number].1.iter().position(|step| *step == entered.step));
            entered.resolved = flywheel.zip(step).map(|(flywheel, step)| (flywheel as u16, step as u16));
            if entered.resolved.is_none() && fault.is_none() {
                let known: Vec<&str> = match flywheel {
                    Some(number) => names[number].1.iter().map(String::as_str).collect(),
                    None => names.iter().map(|(name, _)| name.as_str()).collect(),
                };
                let wrong = if flywheel.is_some() { &entered.step } else { &entered.flywheel };
                let near = nearest(wrong, known.iter().copied()).map(|near| format!("Did you mean `{near}`?"));
                let fix = near.unwrap_or_else(|| format!("There are {}", known.join(", ")));
                let named = format!("{}/{}", entered.flywheel, entered.step);
                fault = Some(MachineError::NoSuchStep { file: id.clone(), named, fix });
            }
        });
    }
    fault.map_or(Ok(()), Err)
}

fn conditions_mut(definition: &mut Definition) -> impl Iterator<Item = &mut Condition> {
    fn of_task(task: &mut TaskTemplate) -> impl Iterator<Item = &mut Condition> {
        task.when.iter_mut().chain(&mut task.unless).chain(task.sooner.iter_mut().map(|sooner| &mut sooner.when))
    }
    fn of_leave(leave: &mut Leave) -> impl Iterator<Item = &mut Condition> {
        let tasks = leave.task.iter_mut().flat_map(of_task);
        std::iter::once(&mut leave.when).chain(&mut leave.wakes_on).chain(tasks)
    }
    let steps = definition.steps.iter_mut().flat_map(|step| {
        let tasks = step.tasks.iter_mut().flat_map(of_task);
        step.enter
            .iter_mut()
            .chain(step.exit.iter_mut())
            .chain(step.waits_for.iter_mut())
            .chain(step.leaves.iter_mut().flat_map(of_leave))
            .chain(tasks)
    });
    steps.chain(definition.leaves.iter_mut().flat_map(of_leave))
}

fn legs(flywheel: u16, definition: &Definition) -> Vec<Leg> {
    let mut legs = Vec::new();
    let mut first = 0;
    for steps in definition.steps.chunk_by(|a, b| a.per == b.per) {
        legs.push(leg(flywheel, definition, first, steps));
        first += steps.len() as u16;
    }
    legs
}

fn leg(flywheel: u16, definition: &Definition, first: u16, steps: &[Step]) -> Leg {
    let mask_of = |condition: &Option<Condition>| condition.as_ref().map_or(0, Condition::mask);
    let begins: Vec<u16> = (0..steps.len())
        .filter(|place| *place == 0 || steps[*place].skip_to)
        .map(|place| first + place as u16)
        .collect();
    let open_mask = begins.iter().fold(0, |mask, step| mask | mask_of(&definition.steps[*step as usize].enter));
    let shared = |step: u16| {
        let leaves =
            definition.leaves.iter().filter(move |leave| leave.steps.is_empty() || leave.steps.contains(&step));
        leaves.flat_map(conditions)
    };
    let masks: Vec<u64> = (0..steps.len())
        .map(|place| {
            let step = &steps[place];
            let onward =
                steps.iter().enumerate().skip(place + 1).filter(|(other, one)| *other == place + 1 || one.skip_to);
            let onward = onward.fold(0, |mask, (_, one)| mask | mask_of(&one.enter));
            let leaves = step.leaves.iter().flat_map(conditions).chain(shared(first + place as u16));
            let own = onward | mask_of(&step.exit) | mask_of(&step.waits_for);
            leaves.fold(own, |mask, when| mask | when.mask())
        })
        .collect();
    let asks = steps.iter().flat_map(|step| {
        step.enter.iter().chain(&step.exit).chain(&step.waits_for).chain(step.leaves.iter().flat_map(conditions))
    });
    Leg {
        flywheel,
        flywheel_hash: hash(&definition.id),
        first,
        end: first + steps.len() as u16,
        per: steps[0].per.clone(),
        per_number: steps[0].per.as_deref().and_then(attribute_number),
        open_mask,
        mask: masks.iter().fold(open_mask, |mask, step| mask | step),
        begins,
        masks,
        asks_for_runs: asks.chain(definition.leaves.iter().flat_map(conditions)).any(Condition::asks_for_runs),
    }
}

/// What a way out asks.
fn conditions(leave: &Leave) -> impl Iterator<Item = &Condition> {
    std::iter::once(&leave.when).chain(&leave.wakes_on)
}
