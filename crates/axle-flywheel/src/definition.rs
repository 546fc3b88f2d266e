//! A flywheel as data: steps, the conditions between them, tasks, ways out. Read from `flywheels/<id>.toml`.

mod lines;
mod read;
mod read_condition;
mod table;

use crate::calendar::Service;
use crate::condition::Condition;
use crate::run::{LeftBy, Run};
use crate::scenario::Scenario;
pub use lines::line_of;

/// `(id, text)` of every definition that ships, by id.
pub const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/flywheels.rs"));

/// The definitions that ship.
///
/// # Errors
/// None, as the tests see to; one that a workspace changed is read with [`Definition::parse`].
pub fn shipped() -> Result<Vec<Definition>, DefinitionError> {
    SHIPPED.iter().map(|(id, text)| Definition::parse(id, text)).collect()
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}: {fault}. {fix}")]
pub struct DefinitionError {
    /// The file.
    pub file: String,
    /// The line, from 1; `None`: nowhere in particular.
    pub line: Option<usize>,
    /// Step and key, or a line.
    pub place: String,
    /// What is wrong there.
    pub fault: String,
    /// What to do about it.
    pub fix: String,
}

/// One flywheel.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The file's name without its ending; what runs and tasks call it.
    pub id: String,
    /// For people.
    pub title: String,
    /// What the wheel is for, as a question.
    pub question: String,
    /// Raised when runs would come out differently.
    pub version: u32,
    /// What goes round: member, champion, product user.
    pub unit: String,
    /// What a completion is worth beside one of another flywheel; 1 unless the file says otherwise, always above 0. No run
    /// depends on it: only where to push next.
    pub value: f64,
    /// Why a unit can leave.
    pub reasons: Vec<String>,
    /// In order.
    pub steps: Vec<Step>,
    /// Ways out that several steps share.
    pub leaves: Vec<Leave>,
    /// Cases worked out by hand.
    pub scenarios: Vec<Scenario>,
}

/// What a step does for the member, in HubSpot's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// They come to us.
    Attract,
    /// We come together.
    Engage,
    /// They are glad that we did.
    Delight,
}

/// Which part of a company a step is, whichever department answers for it: its other label beside [`Segment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Makes us known.
    Marketing,
    /// Makes customers.
    Sales,
    /// Helps them.
    Service,
}

impl Function {
    /// That of a step which says none: marketing attracts, sales engages, service delights.
    pub fn of(segment: Segment) -> Self {
        match segment {
            Segment::Attract => Self::Marketing,
            Segment::Engage => Self::Sales,
            Segment::Delight => Self::Service,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What conditions and runs call it.
    pub id: String,
    /// For people.
    pub title: String,
    /// See [`Segment`].
    pub segment: Segment,
    /// See [`Function`].
    pub function: Function,
    /// The department that answers for the wait.
    pub owner: String,
    /// The attribute by whose values runs are kept apart; `None`: one run a member. Neighbours with the same one make a
    /// leg, which runs pass from its first step to its last.
    pub per: Option<String>,
    /// What must hold to come in. `None`: the exit of the step before is enough.
    pub enter: Option<Condition>,
    /// What must hold to go on. `None`: the entry of the next step is enough.
    pub exit: Option<Condition>,
    /// Its evidence may come before that of earlier steps, which are implied then.
    pub skip_to: bool,
    /// A person must have decided.
    pub confirmed: bool,
    /// A run can begin here again only so many days after the last one ended.
    pub again_after_days: u32,
    /// How long the step may take. `None`: nobody waits.
    pub within: Option<Service>,
    /// What must hold before that time runs, of whoever came by evidence: until then nobody waits. `None`: it runs at once.
    pub waits_for: Option<Condition>,
    /// What people are asked to do meanwhile.
    pub tasks: Vec<TaskTemplate>,
    /// Ways out of this step alone.
    pub leaves: Vec<Leave>,
}

/// A way out besides going on.
#[derive(Debug, Clone, PartialEq)]
pub struct Leave {
    /// When it is taken.
    pub when: Condition,
    /// Where it leads.
    pub to: Target,
    /// Why, when the definition says so.
    pub reason: Option<String>,
    /// The way out is part of the plan, and no friction.
    pub is_planned: bool,
    /// Of a snooze: a fact after it began that makes this hold ends it before its day.
    pub wakes_on: Option<Condition>,
    /// Steps that have it; empty: all.
    pub steps: Vec<u16>,
    /// What somebody is asked to do about it.
    pub task: Option<TaskTemplate>,
    /// The task is wanted as well of a run that was over before this comes true: of that the run knows nothing more.
    pub when_over: bool,
}

/// Where a way out leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Out, for a reason.
    Lost,
    /// Out, freed of the role.
    Released,
    /// Through, with the loop closed.
    Completed,
    /// Through, but nobody was brought along.
    CompletedNoLoop,
    /// Back to a step.
    Returned(u16),
    /// Away until the day that the decision names, else for so many days; then to a step, or the same one.
    Snoozed {
        /// Days when no day is named.
        days: u32,
        /// Where it goes on; `None`: where it was.
        then: Option<u16>,
    },
}

/// A task that a run wants somebody to do.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskTemplate {
    /// Unique in its step.
    pub id: String,
    /// What to do.
    pub title: String,
    /// Who: a role that a rota fills.
    pub role: String,
    /// How long it may take. `None`: as long as the step.
    pub within: Option<Service>,
    /// How long after the entry it begins. `None`: at once.
    pub after: Option<Service>,
    /// Anew after each such time.
    pub every: Option<Service>,
    /// Wanted only while this holds, from the first fact on that makes it so and is not done yet, or from the midnight on which days
    /// were over: one that comes while others wait moves no due time.
    pub when: Option<Condition>,
    /// Not wanted while this holds. Where it ends, by a fact or by days that are over, the time that the task may take begins.
    pub unless: Option<Condition>,
    /// Due sooner than usual when something presses.
    pub sooner: Option<Sooner>,
    /// Wanted only when the step was entered out of a snooze.
    pub after_snooze: bool,
}

/// What makes a task due sooner.
#[derive(Debug, Clone, PartialEq)]
pub struct Sooner {
    /// While this holds, from the first fact on that makes it so and is not done yet.
    pub when: Condition,
    /// How long it may take then.
    pub within: Service,
}

impl Definition {
    /// Reads a file. `id` is its name without the ending.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and what to do.
    pub fn parse(id: &str, text: &str) -> Result<Self, DefinitionError> {
        Self::read(id, text).map_err(|mut all| all.swap_remove(0))
    }

    /// Reads a file, or says everything that is wrong with it.
    ///
    /// # Errors
    /// What is wrong, in the order of the text; never empty. Of one condition, task, way out or scenario only the first.
    pub fn read(id: &str, text: &str) -> Result<Self, Vec<DefinitionError>> {
        read::definition(id, text)
    }

    /// The way out that a run took.
    pub(crate) fn left_by(&self, run: &Run) -> Option<&Leave> {
        match run.left_by? {
            LeftBy::Shared(number) => self.leaves.get(usize::from(number)),
            LeftBy::Own(number) => self.steps[usize::from(run.last().step)].leaves.get(usize::from(number)),
        }
    }

    /// The number of a step.
    pub fn step(&self, id: &str) -> Option<u16> {
        self.steps.iter().position(|step| step.id == id).map(|number| number as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_of_its_segments_function_unless_it_says_otherwise() {
        let shipped = shipped().unwrap();
        let of = |flywheel: &str, step: &str| {
            let definition = shipped.iter().find(|one| one.id == flywheel).unwrap();
            let step = &definition.steps[definition.step(step).unwrap() as usize];
            (step.segment, step.function)
        };
        assert_eq!(of("community_qualified_leads", "uses_product"), (Segment::Attract, Function::Marketing));
        assert_eq!(of("community_qualified_leads", "sales_helps"), (Segment::Engage, Function::Sales));
        assert_eq!(of("champion_health", "recovers"), (Segment::Delight, Function::Service));
        assert_eq!(of("champion_health", "concern"), (Segment::Engage, Function::Service));
        assert_eq!(of("knowledge_sharing", "asks"), (Segment::Attract, Function::Service));
    }
}
