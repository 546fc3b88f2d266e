//! Hand-offs: the list, and the dossier of one, with its consent first and who saw it last.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::filters;
use crate::format::Clock;
use crate::link::{Link, WebUrl};
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Person};
use crate::pages::typed::Typed;

/// `GET /{workspace}/hand-offs`
#[derive(Debug, Clone, Template)]
#[template(path = "hand_offs.html")]
pub struct HandOffsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address; `state` filters.
    pub here: Link,
    /// States with how many hand-offs are in each; the first is all.
    pub states: Vec<StateChip>,
    /// The rows, the newest first.
    pub rows: Vec<HandOffRow>,
    /// Whether the reader is in sales: they see what was sent to them.
    pub is_for_sales: bool,
    /// Where a prospect is marked, for sales.
    pub prospect: Option<Link>,
    /// Contacts by sales that nobody had allowed; `None` for who may not see members.
    pub incidents: Option<Vec<IncidentLine>>,
    /// The list as a file.
    pub exports: Exports,
}

/// A state to filter by.
#[derive(Debug, Clone)]
pub struct StateChip {
    /// In the address; empty for all.
    pub key: &'static str,
    /// Its name.
    pub label: &'static str,
    /// Hand-offs in it.
    pub count: u64,
}

/// One hand-off in the list.
#[derive(Debug, Clone)]
pub struct HandOffRow {
    /// Its page.
    pub link: Link,
    /// Who is handed over; `None` when the reader may not know any more.
    pub name: Option<String>,
    /// `Accepted`
    pub state: &'static str,
    /// The icon of the state.
    pub icon: &'static str,
    /// `from Buzz to Alfred`
    pub way: String,
    /// Why sales cannot see it, or why it came back.
    pub detail: Option<String>,
    /// It waits for the reader.
    pub is_waiting: bool,
    /// The last thing that happened to it.
    pub at: Option<Timestamp>,
}

/// A contact that nobody had allowed.
#[derive(Debug, Clone)]
pub struct IncidentLine {
    /// Who was contacted.
    pub person: Person,
    /// `called`
    pub what: String,
    /// When.
    pub at: Timestamp,
}

/// `GET /{workspace}/hand-offs/{hand_off}`
#[derive(Debug, Clone, Template)]
#[template(path = "dossier.html")]
pub struct DossierPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address; forms are sent to it.
    pub here: Link,
    /// Who is handed over.
    pub name: String,
    /// Their page, for who may see it.
    pub member: Option<Link>,
    /// `Accepted`
    pub state: &'static str,
    /// `from Buzz to Alfred`
    pub way: String,
    /// Each thing that happened to it, in order.
    pub course: Vec<(&'static str, Timestamp)>,
    /// What they allowed; `None` without a consent that holds.
    pub consent: Option<ConsentLine>,
    /// Why sales cannot see it.
    pub closed: Option<String>,
    /// What could not be done, and what to change.
    pub problem: Option<String>,
    /// Mandatory fields that are missing.
    pub missing: Vec<&'static str>,
    /// What to begin with.
    pub first_sentence: String,
    /// The builder's note.
    pub note: Option<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The parts, in reading order.
    pub sections: Vec<DossierSection>,
    /// What the builder may write.
    pub form: Option<EditForm>,
    /// Reasons to give it back, for sales while it is open; empty for others.
    pub reasons: Vec<(&'static str, &'static str)>,
    /// Sales accepted it.
    pub is_accepted: bool,
    /// Who saw and changed it, the newest first.
    pub audit: Vec<AuditLine>,
}

/// The form of a hand-off.
#[derive(Debug, Clone)]
pub struct EditForm {
    /// To whom it goes.
    pub to: String,
    /// People in sales who can be chosen.
    pub people: Vec<String>,
    /// The builder's note.
    pub note: String,
    /// What can be said of a champion's weight: the word, what it says, and whether somebody says it; none of other members.
    pub flags: Vec<(&'static str, &'static str, bool)>,
    /// The last day, `2026-03-31`.
    pub last_day: String,
    /// It was not sent yet.
    pub may_send: bool,
}

/// A part of a dossier.
#[derive(Debug, Clone)]
pub struct DossierSection {
    /// For its heading's id.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What is said.
    pub lines: Vec<DossierLine>,
    /// What is said when there is nothing.
    pub none: &'static str,
    /// What should be known here and is not, each with how to find out.
    pub unknown: Vec<&'static str>,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct DossierLine {
    /// What it is about.
    pub label: Option<String>,
    /// The statement.
    pub text: String,
    /// How much of what it rests on: `3 activities`.
    pub rests_on: String,
    /// Each row that it rests on.
    pub evidence: Vec<DossierEvidence>,
    /// Where it can be read.
    pub url: Option<WebUrl>,
    /// When it was.
    pub at: Option<Timestamp>,
}

/// A row of the record that a statement rests on.
#[derive(Debug, Clone)]
pub struct DossierEvidence {
    /// `activity`
    pub what: String,
    /// Its id.
    pub id: String,
    /// Where a reader who sees members finds it: a page and a place on it.
    pub place: Option<(Link, &'static str)>,
}

/// One entry of the audit log.
#[derive(Debug, Clone)]
pub struct AuditLine {
    /// `Buzz (builder) sent it: Alfred`
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// `GET /{workspace}/hand-offs/{hand_off}`, closed for the reader.
#[derive(Debug, Clone, Template)]
#[template(path = "hand_off_closed.html")]
pub struct ClosedPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Why.
    pub why: String,
}

/// A consent on the member's page.
#[derive(Debug, Clone)]
pub struct ConsentLine {
    /// Sent back when it is taken back.
    pub consent_id: String,
    /// `Hand-off to sales`
    pub kind: String,
    /// What it covers, in words.
    pub covers: String,
    /// `text 1, in Slack`
    pub how: String,
    /// When it was given.
    pub at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// The consents of a member, and the form that records one.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/consents.html")]
pub struct Consents {
    /// The newest first.
    pub lines: Vec<ConsentLine>,
    /// Where the form goes; `None` for who may not record.
    pub say: Option<Link>,
    /// Kinds: value, name and the words in which members are asked.
    pub kinds: Vec<(&'static str, &'static str, &'static str)>,
    /// Version of these words.
    pub text_version: &'static str,
    /// The token that the form sends back.
    pub csrf: String,
    /// The page's instant and zone.
    pub clock: Clock,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl HtmlSafe for Consents {}

impl HandOffsPage {
    fn waiting(&self) -> usize {
        self.rows.iter().filter(|row| row.is_waiting).count()
    }
}
