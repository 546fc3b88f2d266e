//! Champions: who holds a role, whose rhythm broke, and what is being done about it.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::filters;
use crate::format::Clock;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::{Level, Person};

/// `GET /{workspace}/champions`
#[derive(Debug, Clone, Template)]
#[template(path = "champions.html")]
pub struct ChampionsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `role`.
    pub here: Link,
    /// Roles that somebody holds: key, label, how many.
    pub roles: Vec<(String, String, u64)>,
    /// Whose rhythm broke, and nobody has asked why.
    pub silent: Vec<ChampionLine>,
    /// Everybody else.
    pub others: Vec<ChampionLine>,
    /// Whether anybody holds a role.
    pub any: bool,
}

/// One champion.
#[derive(Debug, Clone)]
pub struct ChampionLine {
    /// Who.
    pub person: Person,
    /// `Champion`, `Deal champion of Harbor Bank`.
    pub roles: Vec<String>,
    /// Where they stand in the orbit model.
    pub level: Level,
    /// Active days of the last 30, and how many were to be expected; `None` when they are not watched.
    pub rhythm: Option<(u32, f64)>,
    /// What dropped, against what, how sure.
    pub alert: Vec<String>,
    /// Nobody was told of the alert: it is not likely enough to last, or beyond the budget of the week.
    pub is_listed: bool,
    /// What to know before somebody writes; `None` for those who need nothing.
    pub brief: Option<Brief>,
    /// The day of the alert.
    pub since: Option<Timestamp>,
    /// Whether somebody should have asked by now.
    pub is_late: bool,
    /// `Healthy rhythm`, `Busy until 2 March`, …
    pub state: String,
    /// Their run in the flywheel of champions' health.
    pub run: Option<Link>,
    /// What they reported or wished, and how much of it they have not been told the outcome of.
    pub feedback: (u64, u64),
    /// All their feedback.
    pub said: Link,
}

/// What to know before a check-in.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/brief.html")]
pub struct Brief {
    /// Last topics, open tickets, last notes, each with its heading.
    pub parts: Vec<(&'static str, Vec<BriefLine>)>,
    /// The page's clock.
    pub clock: Clock,
}

impl HtmlSafe for Brief {}

/// One topic, ticket or note.
#[derive(Debug, Clone)]
pub struct BriefLine {
    /// In words.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
}

impl ChampionLine {
    /// What was to be expected, in words.
    fn expected(&self) -> String {
        self.rhythm.map_or_else(String::new, |(_, expected)| format!("{expected:.1}"))
    }
}
