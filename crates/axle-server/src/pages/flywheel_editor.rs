//! Settings of flywheels: which there are, and one as numbers and as text, with what a change would have made of the past.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::Person;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/flywheels`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_flywheels.html")]
pub struct FlywheelSettingsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Every flywheel.
    pub flywheels: Vec<FlywheelLine>,
}

impl Tab for FlywheelSettingsPage {
    fn tab(&self) -> &'static str {
        "Flywheels"
    }
    fn problem(&self) -> Option<&str> {
        None
    }
}

/// One flywheel of the list.
#[derive(Debug, Clone)]
pub struct FlywheelLine {
    /// Its settings.
    pub link: Link,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub question: String,
    /// How many steps it has.
    pub steps: u64,
    /// Version in use.
    pub version: u32,
    /// `changed here`, `made here`; `None`: as it comes with Axle.
    pub origin: Option<&'static str>,
    /// When it was changed last, and by whom.
    pub saved: Option<(Timestamp, String)>,
    /// Why what was saved is not in use.
    pub problem: Option<String>,
}

/// `GET /{workspace}/settings/flywheels/{flywheel}` and `/new`; a `POST` answers with what a change would do.
#[derive(Debug, Clone, Template)]
#[template(path = "flywheel_editor.html")]
pub struct FlywheelEditorPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Where the form is sent.
    pub action: Link,
    /// Its id, as typed; fixed once it is saved.
    pub id: String,
    /// It is not saved yet.
    pub is_new: bool,
    /// The version that the form was made from.
    pub made_from: u32,
    /// The definition, as typed.
    pub text: String,
    /// The numbers of the definition by step; empty when it cannot be read.
    pub groups: Vec<NumberGroup>,
    /// What looking at it gave, when it was looked at.
    pub trial: Option<FlywheelTrial>,
    /// What was saved before, the newest first.
    pub history: Vec<VersionLine>,
    /// What putting it back does: `Put back to what comes with Axle`; `None`: it is that.
    pub reset: Option<&'static str>,
    /// What is wrong with what was typed, or with what is saved.
    pub problem: Option<String>,
}

impl Tab for FlywheelEditorPage {
    fn tab(&self) -> &'static str {
        "Flywheels"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

/// The numbers of one step.
#[derive(Debug, Clone)]
pub struct NumberGroup {
    /// Title of the step.
    pub title: String,
    /// `community · 2 business days`
    pub note: String,
    /// Its fields.
    pub numbers: Vec<NumberField>,
}

impl NumberGroup {
    /// Something in it was typed that is not in the text yet.
    fn is_open(&self) -> bool {
        self.numbers.iter().any(|number| number.value != number.was)
    }
}

/// One number.
#[derive(Debug, Clone)]
pub struct NumberField {
    /// Where it stands in the text.
    pub path: String,
    /// What it says.
    pub label: String,
    /// As typed.
    pub value: String,
    /// As it is in the text.
    pub was: String,
}

/// What looking at a definition gave.
#[derive(Debug, Clone)]
pub struct FlywheelTrial {
    /// Why it cannot be used, a line each.
    pub problems: Vec<String>,
    /// Its scenarios: name, and what comes out otherwise.
    pub scenarios: Vec<(String, Vec<Otherwise>)>,
    /// What should be known.
    pub notes: Vec<String>,
    /// What comes out otherwise can be expected from now on.
    pub can_take_over: bool,
    /// What would differ; `None`: it cannot be used.
    pub preview: Option<PreviewView>,
}

impl FlywheelTrial {
    fn wrong(&self) -> usize {
        self.scenarios.iter().filter(|(_, differences)| !differences.is_empty()).count()
    }

    fn can_be_saved(&self) -> bool {
        self.problems.is_empty() && (self.wrong() == 0 || self.can_take_over)
    }
}

/// An expectation that is not met.
#[derive(Debug, Clone)]
pub struct Otherwise {
    /// What is expected.
    pub expected: String,
    /// What comes out instead, or why nothing does.
    pub comes_out: String,
}

/// What would differ over the last twelve months.
#[derive(Debug, Clone)]
pub struct PreviewView {
    /// Runs by state: name, now, then.
    pub states: Vec<(String, u64, u64)>,
    /// Step by step.
    pub steps: Vec<StepShift>,
    /// What would happen to runs and tasks.
    pub happens: Vec<HappensView>,
    /// Runs of other flywheels that would differ: title and how many.
    pub elsewhere: Vec<(String, u64)>,
}

impl PreviewView {
    fn is_same(&self) -> bool {
        self.happens.is_empty() && self.elsewhere.is_empty()
    }
}

/// One step, now and then.
#[derive(Debug, Clone)]
pub struct StepShift {
    /// Its name.
    pub title: String,
    /// `new`, `gone`
    pub state: Option<&'static str>,
    /// Came to it, inside, late, friction: each now and then, as written.
    pub figures: [(String, String); 4],
}

impl StepShift {
    /// The columns' names.
    const NAMES: [&'static str; 4] = ["Came to it", "Inside now", "Late now", "Friction"];

    fn columns(&self) -> impl Iterator<Item = (&'static str, &(String, String))> {
        Self::NAMES.into_iter().zip(&self.figures)
    }
}

/// One kind of change.
#[derive(Debug, Clone)]
pub struct HappensView {
    /// `3 runs would be in time instead of late`
    pub sentence: String,
    /// Some of whom it would meet: who, and from what to what.
    pub examples: Vec<(Person, String)>,
    /// How many there are beside these.
    pub further: u64,
}

/// One version.
#[derive(Debug, Clone)]
pub struct VersionLine {
    /// Number.
    pub version: i64,
    /// What was done: `saved`, `put back`.
    pub what: &'static str,
    /// When.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
    /// The form with its text; `None`: it was removed then.
    pub link: Option<Link>,
}
