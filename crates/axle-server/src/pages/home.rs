//! Home: what changed, whom to look after, and whether figures are fresh.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::parts::{Figure, Person};
use crate::pages::questions::OpenQuestion;
use crate::pages::sources::{ImportLine, ImportState};

/// `GET /{workspace}`
#[derive(Debug, Clone, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Six KPIs; none while there is no data.
    pub figures: Vec<Figure>,
    /// The period that `changes` covers: `last 7 days`; empty for roles that see no people by name.
    pub changes_period: String,
    /// Members who moved, joined or went quiet; those to act on first.
    pub changes: Vec<MemberChange>,
    /// Open questions, those first that wait longer than was promised, the newest of them first.
    pub questions: Vec<OpenQuestion>,
    /// How many questions are open in all.
    pub questions_open: u64,
    /// The newest imports, newest first.
    pub imports: Vec<ImportLine>,
}

impl HomePage {
    /// Nothing was ever imported.
    fn is_new(&self) -> bool {
        self.imports.is_empty() && self.figures.is_empty()
    }
}

/// What happened with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Reached a higher step.
    Up,
    /// Fell to a lower step.
    Down,
    /// Took part for the first time.
    New,
    /// Took part far less than they used to.
    Quiet,
}

impl Move {
    fn label(self) -> &'static str {
        match self {
            Self::Up => "Moved up",
            Self::Down => "Moved down",
            Self::New => "New",
            Self::Quiet => "Gone quiet",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Up => "arrow-up",
            Self::Down => "arrow-down",
            Self::New => "user-plus",
            Self::Quiet => "zzz",
        }
    }
}

/// One member who changed.
#[derive(Debug, Clone)]
pub struct MemberChange {
    /// Who.
    pub person: Person,
    /// What happened.
    pub change: Move,
    /// In a few words: `Participating I to Contributing III`.
    pub what: String,
    /// Why it is so: `Opened a pull request, weight 8`.
    pub why: String,
    /// When it happened, of who moved the start of that day; of who went quiet when they last took part.
    pub at: Timestamp,
}

impl MemberChange {
    /// Whether no more than the day is known: hours since its start would be no hours since the change.
    fn is_of_a_day(&self) -> bool {
        matches!(self.change, Move::Up | Move::Down)
    }
}
