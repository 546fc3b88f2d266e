//! What people decided about organizations: which may be one, side by side; where a member was, by hand; and the history, with
//! undo, that pages about any of it share.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::filters;
use crate::format::Clock;
use crate::link::Link;
use crate::pages::duplicates::AccountLine;
use crate::pages::layout::Layout;
use crate::pages::parts::Pager;
use crate::pages::typed::Typed;

/// Changes with a button that undoes each.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/changes.html")]
pub struct Changes {
    /// Where undoing is sent.
    pub undo: Link,
    /// The form's token.
    pub csrf: String,
    /// The page that undoing leads back to: empty for members, `organizations`, or a member's id.
    pub back: String,
    /// The page's instant and zone.
    pub clock: Clock,
    /// The newest first.
    pub lines: Vec<ChangeLine>,
    /// The foot, where the list is cut into pages.
    pub pager: Option<Pager>,
}

impl HtmlSafe for Changes {}

/// A change that somebody made.
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// Sent back when it is undone.
    pub change_id: i64,
    /// `Ada Byron and ada_b are one person`
    pub summary: String,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Whether it is undone.
    pub is_undone: bool,
    /// Whom it is about, where the sentence does not tell all: case by case, the sides of each.
    pub about: Vec<Vec<AboutSide>>,
    /// How many more cases there are.
    pub more: usize,
}

/// One of the members whom a change joined or parted, or of whom it says something.
#[derive(Debug, Clone)]
pub struct AboutSide {
    /// The page of the member who has the accounts now.
    pub link: Link,
    /// Their name.
    pub name: String,
    /// The accounts.
    pub accounts: Vec<AccountLine>,
}

/// `GET /{workspace}/duplicates/organizations`
#[derive(Debug, Clone, Template)]
#[template(path = "duplicates_organizations.html")]
pub struct OrganizationDuplicatesPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The most probable first; those put off last.
    pub pairs: Vec<OrganizationPair>,
    /// How many wait.
    pub waiting: u64,
    /// How many were decided.
    pub decided: u64,
    /// What people changed.
    pub history: Changes,
}

impl OrganizationDuplicatesPage {
    /// Of all that was ever suggested, how much is decided, percent.
    fn progress(&self) -> u64 {
        100 * self.decided / (self.decided + self.waiting).max(1)
    }
}

/// Two organizations that may be one.
#[derive(Debug, Clone)]
pub struct OrganizationPair {
    /// Sent back with the decision.
    pub suggestion_id: String,
    /// 0 to 100.
    pub probability: f64,
    /// What speaks for it.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// The two.
    pub sides: [OrganizationSide; 2],
    /// Somebody put it off.
    pub is_skipped: bool,
}

impl OrganizationPair {
    fn percent(&self) -> String {
        format!("{:.0} %", self.probability)
    }
}

/// One of the two.
#[derive(Debug, Clone)]
pub struct OrganizationSide {
    /// Its page.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// Members who are or were there.
    pub members: u64,
    /// How it shows up: kind and text.
    pub sightings: Vec<(&'static str, String)>,
}

/// One way in which an organization shows up, on its page.
#[derive(Debug, Clone)]
pub struct SightingLine {
    /// Sent back when it is split off.
    pub key: String,
    /// `listed by crm`, `domain`, `name in profiles`.
    pub kind: String,
    /// Its name, or the domain.
    pub text: String,
    /// Why it belongs here; `None` of what leads.
    pub reason: Option<String>,
}

/// How a sighting shows up, for people. `key`: as `account:crm/a1`.
pub(crate) fn kind_of_sighting(kind: &str, key: &str) -> String {
    match kind {
        "account" => {
            let source = key.strip_prefix("account:").and_then(|rest| rest.split_once('/'));
            format!("listed by {}", source.map_or("a source", |(source, _)| source))
        }
        "domain" => "domain".into(),
        _ => "name in profiles".into(),
    }
}

/// Where a member was by people's word, and the forms that say otherwise.
#[derive(Debug, Clone, Default)]
pub struct AffiliationWords {
    /// Where a word is sent; `None` for who may not say.
    pub say: Option<Link>,
    /// What was said and holds, the latest first.
    pub words: Vec<ChangeLine>,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl AffiliationWords {
    /// Whether the form that adds a place was sent.
    pub(crate) fn is_new(&self) -> bool {
        self.typed.of("affiliation", "word") == "there"
    }

    /// Whether the form below this organization was sent.
    pub(crate) fn is_about(&self, organization_id: &str) -> bool {
        let typed = |name| self.typed.of("affiliation", name);
        self.typed.was_sent("affiliation") && !self.is_new() && typed("organization") == organization_id
    }
}
