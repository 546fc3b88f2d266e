//! Flywheels: all as one picture with where to push next, one with its funnel and runs, and one run with its evidence.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::champions::Brief;
use crate::pages::layout::Layout;
use crate::pages::parts::{Pager, Person};
use crate::pages::today::TaskRow;

/// `GET /{workspace}/flywheels`
#[derive(Debug, Clone, Template)]
#[template(path = "flywheels.html")]
pub struct FlywheelsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// What the picture shows, in one or two sentences.
    pub summary: String,
    /// The picture: SVG.
    pub picture: String,
    /// Who answers for steps, each with the number of its colour.
    pub owners: Vec<(String, u8)>,
    /// Where to push next.
    pub next: Option<Advice>,
    /// What was said 30 days ago.
    pub before: Option<Kept>,
    /// The picture as a table.
    pub wheels: Vec<WheelRow>,
    /// Where units rub by department, the most first.
    pub departments: Vec<DepartmentRow>,
}

/// The steps that one department answers for, together.
#[derive(Debug, Clone)]
pub struct DepartmentRow {
    /// Who, and the number of its colour.
    pub owner: (String, u8),
    /// Units that should have gone on in the last 90 days.
    pub due: u64,
    /// Of them, those that went on late, are still there, were sent back or left.
    pub not_in_time: u64,
    /// `48 %`
    pub friction: String,
    /// How long units waited beyond the service times, in days added up.
    pub days: String,
}

/// Where to push.
#[derive(Debug, Clone)]
pub struct Advice {
    /// The step's name.
    pub step: String,
    /// Its units.
    pub link: Link,
    /// The flywheel's name.
    pub flywheel: String,
    /// Who answers for it, and the number of its colour.
    pub owner: (String, u8),
    /// What it costs, in a sentence.
    pub sentence: String,
    /// How its units fared: name, how many, share of all.
    pub parts: Vec<(&'static str, u64, String)>,
}

/// An earlier advice.
#[derive(Debug, Clone)]
pub struct Kept {
    /// When it was given.
    pub at: Timestamp,
    /// The step's name.
    pub step: String,
    /// Its page.
    pub link: Link,
    /// The flywheel's name.
    pub flywheel: String,
    /// What became of it.
    pub sentence: String,
}

/// One flywheel in the table.
#[derive(Debug, Clone)]
pub struct WheelRow {
    /// Its page.
    pub link: Link,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub question: String,
    /// Units that go round now, and those of them past a service time.
    pub inside: u64,
    /// Late ones.
    pub late: u64,
    /// `0.5`
    pub turns: String,
    /// `48 %`
    pub friction: String,
    /// `12.3`
    pub momentum: String,
    /// `21 days`
    pub turn_time: String,
    /// `0.8`
    pub loop_back: String,
}

/// `GET /{workspace}/flywheels/{flywheel}`
#[derive(Debug, Clone, Template)]
#[template(path = "flywheel.html")]
pub struct FlywheelPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `state step`.
    pub here: Link,
    /// Its question.
    pub question: String,
    /// Where its definition is changed; `None` for those who may not.
    pub settings: Option<Link>,
    /// The picture: SVG.
    pub picture: String,
    /// Name, value, what it means, and the KPI's page.
    pub figures: Vec<WheelFigure>,
    /// Its steps.
    pub steps: Vec<StepRow>,
    /// States to filter by: value, label and how many.
    pub states: Vec<(String, String, u64)>,
    /// Name of the step that runs are filtered by.
    pub step: Option<String>,
    /// Its runs; `None` for those who may not see people by name.
    pub runs: Option<Vec<RunLine>>,
    /// The foot of the list.
    pub pager: Pager,
    /// Signposts that nobody ever clicked: name, to how many people it was shown, and when last.
    pub never_clicked: Vec<(String, u64, Timestamp)>,
}

/// A figure of a wheel.
#[derive(Debug, Clone)]
pub struct WheelFigure {
    /// Its name.
    pub name: &'static str,
    /// As written.
    pub value: String,
    /// What it means.
    pub note: String,
    /// Its KPI.
    pub link: Link,
}

/// One step of the funnel.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// From 1.
    pub number: usize,
    /// Its name.
    pub title: String,
    /// Its units.
    pub link: Link,
    /// Who answers for it, and the number of its colour.
    pub owner: (String, u8),
    /// Units that ever came to it.
    pub entered: u64,
    /// The share of the most that came to any step, of 100: how wide its bar is.
    pub width: u8,
    /// Units inside now.
    pub inside: u64,
    /// Of them, those past its service time.
    pub late: u64,
    /// Units that went on.
    pub passed: u64,
    /// Units that left the flywheel here.
    pub lost: u64,
    /// Units that were sent back.
    pub returned: u64,
    /// `3 days`
    pub time: String,
    /// `35 %`
    pub friction: String,
    /// `6 late, 5 stalled, 3 lost of 40 due in 90 days`
    pub split: String,
    /// It is where to push next.
    pub is_next: bool,
}

/// One run in the list.
#[derive(Debug, Clone)]
pub struct RunLine {
    /// Its page.
    pub link: Link,
    /// Whose it is.
    pub person: Person,
    /// The organization or question that it is about, when it is one's among several.
    pub about: Option<String>,
    /// The step's name.
    pub step: String,
    /// `Active`
    pub state: String,
    /// When it came to the step.
    pub entered_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Until when the step should take.
    pub due_at: Option<Timestamp>,
    /// It is past that.
    pub is_late: bool,
}

impl FlywheelPage {
    fn is_filtered(&self) -> bool {
        ["state", "step"].iter().any(|key| !self.here.get(key).is_empty())
    }

    fn unfiltered(&self) -> Link {
        ["state", "step", "cursor"].iter().fold(self.here.clone(), |link, key| link.without(key))
    }
}

/// `GET /{workspace}/flywheels/{flywheel}/runs/{run}`
#[derive(Debug, Clone, Template)]
#[template(path = "flywheel_run.html")]
pub struct RunPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The flywheel's page and name.
    pub flywheel: (Link, String),
    /// Whose it is.
    pub person: Person,
    /// What it is about: `one question`, or `at` and an organization with its page.
    pub about: Option<(&'static str, Option<(Link, String)>)>,
    /// Where it stands: `Active at Signals a need since 3 days`.
    pub state: String,
    /// Its steps, the first first.
    pub visits: Vec<VisitLine>,
    /// What somebody should do now.
    pub tasks: Vec<TaskRow>,
    /// What to know before a check-in; `None` when none is wanted.
    pub brief: Option<Brief>,
    /// The run before it.
    pub previous: Option<Link>,
    /// What colleagues tell each other about its member, where they do.
    pub packet: Option<Link>,
    /// The hand-off that belongs to it.
    pub hand_off: Option<Link>,
}

/// One visit of a step.
#[derive(Debug, Clone)]
pub struct VisitLine {
    /// The step's name.
    pub step: String,
    /// Who answers for it, and the number of its colour.
    pub owner: (String, u8),
    /// When it came there.
    pub entered_at: Timestamp,
    /// What became of it: `went on in time, after 3 days`.
    pub became: String,
    /// It needs a person.
    pub is_late: bool,
    /// It was passed over.
    pub is_implied: bool,
    /// What it rests on.
    pub evidence: Vec<EvidenceLine>,
}

/// One row of evidence.
#[derive(Debug, Clone)]
pub struct EvidenceLine {
    /// `Wrote a message`, `Decided`
    pub kind: String,
    /// Who else has to do with it: who answered, or the colleague who signed up.
    pub person: Option<(Link, String)>,
    /// When Axle learnt of it, or when it happened.
    pub at: Timestamp,
    /// The person who decided; `None`: the rule of the step.
    pub decided_by: Option<String>,
    /// What was said or done.
    pub words: Option<String>,
    /// Where.
    pub channel: Option<String>,
    /// Where the words can be read.
    pub url: Option<WebUrl>,
    /// The organization or dossier that it is about, with its page.
    pub subject: Option<(Link, String)>,
    /// The row's id, where nothing says more.
    pub id: Option<String>,
}
