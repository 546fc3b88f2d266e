//! Organizations: the list with its filter and order in the address, and one of them.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::decided::SightingLine;
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Level, Pager, Person};
use crate::pages::typed::Typed;

/// `GET /{workspace}/organizations`
#[derive(Debug, Clone, Template)]
#[template(path = "organizations.html")]
pub struct OrganizationsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `q lifecycle sort`.
    pub here: Link,
    /// Lifecycles to filter by: value and label.
    pub lifecycles: Vec<(String, String)>,
    /// What is wrong with the address, when it was not understood.
    pub problem: Option<String>,
    /// The rows.
    pub organizations: Vec<OrganizationRow>,
    /// The foot of the list.
    pub pager: Pager,
    /// The list as a file.
    pub exports: Exports,
}

/// One organization in the list.
#[derive(Debug, Clone)]
pub struct OrganizationRow {
    /// Its page.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// `Customer`
    pub lifecycle: Option<String>,
    /// Members who are there today.
    pub members: u64,
    /// Of who was there then, those who did something in the last 30 days.
    pub active: u64,
    /// What they did.
    pub activities: u64,
    /// The highest level of a member there; none without members.
    pub level: Option<Level>,
    /// Its domains.
    pub domains: Vec<String>,
}

/// Domains that are named in a row.
const DOMAINS: usize = 2;

impl OrganizationRow {
    fn first_domains(&self) -> &[String] {
        &self.domains[..self.domains.len().min(DOMAINS)]
    }

    /// How many domains are not named in the row.
    fn others(&self) -> usize {
        self.domains.len().saturating_sub(DOMAINS)
    }
}

/// A column that the list can be ordered by.
#[derive(Debug)]
pub struct Column {
    label: &'static str,
    sort: &'static str,
    numeric: bool,
}

const COLUMNS: [Column; 5] = [
    Column { label: "Organization", sort: "name", numeric: false },
    Column { label: "Members", sort: "members", numeric: true },
    Column { label: "Active in 30 days", sort: "active", numeric: true },
    Column { label: "Activities in 30 days", sort: "activities", numeric: true },
    Column { label: "Highest level", sort: "level", numeric: false },
];

/// The order of a list that names none.
const DEFAULT_SORT: &str = "members";

impl OrganizationsPage {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn is_filtered(&self) -> bool {
        ["q", "lifecycle"].iter().any(|key| !self.here.get(key).is_empty())
    }

    /// Whether there is any, as far as the page can tell.
    fn has_any(&self) -> bool {
        !self.organizations.is_empty() || self.is_filtered() || self.problem.is_some()
    }

    /// The same list without any filter.
    fn unfiltered(&self) -> Link {
        ["q", "lifecycle", "cursor"].iter().fold(self.here.clone(), |link, key| link.without(key))
    }

    fn sort(&self) -> &str {
        Some(self.here.get("sort")).filter(|sort| !sort.is_empty()).unwrap_or(DEFAULT_SORT)
    }

    fn link_sorted(&self, sort: &str) -> Link {
        self.here.with("sort", sort)
    }

    /// `descending` for figures, `ascending` for names, `none` for the other columns.
    fn aria_sort(&self, sort: &str) -> &'static str {
        match (self.sort() == sort, sort) {
            (false, _) => "none",
            (true, "name") => "ascending",
            (true, _) => "descending",
        }
    }
}

/// `GET /{workspace}/organizations/{organization_id}`
#[derive(Debug, Clone, Template)]
#[template(path = "organization.html")]
pub struct OrganizationPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Its name.
    pub name: String,
    /// `Customer`
    pub lifecycle: Option<String>,
    /// Other names.
    pub aliases: Vec<String>,
    /// Its domains.
    pub domains: Vec<String>,
    /// The organization that it belongs to.
    pub parent: Option<(String, Link)>,
    /// Those that belong to it.
    pub parts: Vec<(String, Link)>,
    /// Sources that list it.
    pub accounts: Vec<ListedBy>,
    /// How it shows up, what leads first.
    pub sightings: Vec<SightingLine>,
    /// Where it is said that it is one with another, or that it is two; `None` for who may not.
    pub decide: Option<Link>,
    /// What is said of it as an account.
    pub account: AccountCard,
    /// Its deals, those that are open first.
    pub deals: Vec<DealLine>,
    /// How many more deals there are.
    pub more_deals: u64,
    /// Who is there and is a key member, with since when and when they did something last.
    pub key_members: Vec<KeyMemberLine>,
    /// Where those who are there are in the flywheels.
    pub steps: Vec<StepLine>,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
    /// Members who are there today.
    pub members: u64,
    /// People who are there and have done nothing here that counts.
    pub silent: u64,
    /// Of who was there then, those who did something in the last 30 days.
    pub active: u64,
    /// What they did.
    pub activities: u64,
    /// Facts about it by kind: `Deals`, how many.
    pub facts: Vec<(String, u64)>,
    /// Who is there today, by level from the centre outwards.
    pub levels: Vec<LevelGroup>,
    /// Teammates and programs who are there today.
    pub others: Vec<AffiliateLine>,
    /// Who was there.
    pub past: Vec<AffiliateLine>,
    /// How many are named nowhere on the page.
    pub unnamed: u64,
    /// The latest activities, newest first.
    pub timeline: Vec<ActivityLine>,
}

/// A deal and who speaks for us in it.
#[derive(Debug, Clone)]
pub struct DealLine {
    /// What it is called.
    pub name: String,
    /// `Negotiation`, `Won`, `Lost`
    pub state: String,
    /// What it is worth and who sells it.
    pub detail: String,
    /// When it closed, else when it began.
    pub at: Timestamp,
    /// Whether it is over.
    pub is_past: bool,
    /// Its champions.
    pub champions: Vec<Person>,
    /// Champions that were lost while it was open: when, and why where that is known.
    pub lost: Vec<(Person, Timestamp, Option<String>)>,
}

impl DealLine {
    /// What is wrong with it.
    fn risk(&self) -> Option<&'static str> {
        match (self.is_past, self.champions.len(), self.lost.is_empty()) {
            (true, ..) => None,
            (_, 0, false) => Some("Champion lost"),
            (_, 0, true) => Some("No champion"),
            (_, 1, _) => Some("Hangs on one champion"),
            _ => None,
        }
    }
}

/// A source that lists an organization.
#[derive(Debug, Clone)]
pub struct ListedBy {
    /// The source.
    pub source: String,
    /// The organization's id there.
    pub id: String,
    /// `Customer`, where another source says something else.
    pub lifecycle: Option<String>,
}

/// A key member.
#[derive(Debug, Clone)]
pub struct KeyMemberLine {
    /// Who.
    pub person: Person,
    /// Since when.
    pub from: Timestamp,
    /// What they did last.
    pub last: Option<Timestamp>,
}

/// A step of a flywheel at which somebody is.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// The flywheel's page.
    pub link: Link,
    /// Its title.
    pub flywheel: String,
    /// The step's.
    pub step: String,
    /// How many are there.
    pub runs: u64,
    /// Of them, those who are there longer than they should be.
    pub late: u64,
}

/// Members of a level.
#[derive(Debug, Clone)]
pub struct LevelGroup {
    /// The level's name.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// The innermost first.
    pub people: Vec<AffiliateLine>,
}

/// Somebody who is or was there.
#[derive(Debug, Clone)]
pub struct AffiliateLine {
    /// Who.
    pub person: Person,
    /// As far as known: `since 3 Mar 2024`.
    pub period: String,
    /// How it is known: `by a verified address`.
    pub known: String,
}

/// One activity.
#[derive(Debug, Clone)]
pub struct ActivityLine {
    /// Who.
    pub person: Person,
    /// `Answered a question`
    pub what: String,
    /// The channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// The title, or the first words.
    pub words: Option<String>,
    /// Where it can be read.
    pub url: Option<WebUrl>,
}

/// What is said of an organization as an account.
#[derive(Debug, Clone, Default)]
pub struct AccountCard {
    /// Since when, who looks after it, how many key members are wanted, and why; `None`: it is no key account.
    pub key: Option<KeyLine>,
    /// Where it is said; `None` for who may not.
    pub say: Option<Link>,
    /// Its public id.
    pub organization: String,
    /// Whether the key account may be changed here: a source that lists it is to be changed itself.
    pub may_be_key: bool,
    /// Whether it may be marked as a prospect.
    pub may_be_prospect: bool,
}

/// A key account.
#[derive(Debug, Clone)]
pub struct KeyLine {
    /// `since 3 Mar 2026`
    pub since: Option<String>,
    /// Who looks after it.
    pub owner: String,
    /// How many key members are wanted.
    pub target: Option<u64>,
    /// Why.
    pub reason: String,
}
