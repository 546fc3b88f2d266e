//! The list of members, with its filters, order and columns in the address.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Level, MemberKind, Pager, Person};
use crate::pages::typed::Typed;

/// `GET /{workspace}/members`
#[derive(Debug, Clone, Template)]
#[template(path = "members.html")]
pub struct MembersPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `q level source organization since kind tag sort columns segment`.
    pub here: Link,
    /// Saved filters of this workspace.
    pub segments: Vec<Segment>,
    /// Level names to filter by, from the edge inwards: value and label.
    pub levels: Vec<(String, String)>,
    /// Names of the sources to filter by.
    pub sources: Vec<String>,
    /// What is wrong with a filter, when it was not understood.
    pub problem: Option<String>,
    /// The rows.
    pub members: Vec<MemberRow>,
    /// What is sent to tag several of them; `None` for who may not say.
    pub tag: Option<TagChosen>,
    /// The foot of the list.
    pub pager: Pager,
    /// The list as a file.
    pub exports: Exports,
}

/// The form that tags those who are chosen, or takes a tag off them.
#[derive(Debug, Clone)]
pub struct TagChosen {
    /// Where it goes.
    pub send: Link,
    /// This page of the list.
    pub back: Link,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

/// A saved filter.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// The list with its filter.
    pub link: Link,
    /// It is the one on view.
    pub current: bool,
    /// How many members it has now.
    pub members: u64,
}

/// Whether someone takes part as often as they used to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gauge {
    /// Far less than before.
    Low,
    /// As before.
    Neutral,
    /// Far more than before.
    High,
    /// Too new to tell.
    NoBaseline,
}

impl Gauge {
    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "less than usual",
            Self::Neutral => "as usual",
            Self::High => "more than usual",
            Self::NoBaseline => "too new to tell",
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Low => "arrow-down",
            Self::Neutral => "minus",
            Self::High => "arrow-up",
            Self::NoBaseline => "circle-dashed",
        }
    }
}

/// One member.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Who.
    pub person: Person,
    /// Public id.
    pub member_id: String,
    /// It was chosen before the form was refused.
    pub is_chosen: bool,
    /// Their level.
    pub level: Level,
    /// Their decayed love.
    pub love: f64,
    /// Their rhythm.
    pub presence: Gauge,
    /// The group they work for.
    pub organization: Option<(String, Link)>,
    /// Where they take part.
    pub sources: Vec<String>,
    /// Counted activities in all.
    pub activities: u64,
    /// Their latest activity.
    pub last_activity_at: Option<Timestamp>,
}

/// A column that can be hidden and, when `sort` is given, ordered by.
#[derive(Debug)]
pub struct Column {
    /// In the address.
    pub key: &'static str,
    /// Its heading.
    pub label: &'static str,
    sort: Option<&'static str>,
    numeric: bool,
}

const COLUMNS: [Column; 7] = [
    Column { key: "level", label: "Level", sort: Some("level"), numeric: false },
    Column { key: "love", label: "Love", sort: Some("love"), numeric: true },
    Column { key: "presence", label: "Presence", sort: None, numeric: false },
    Column { key: "organization", label: "Organization", sort: None, numeric: false },
    Column { key: "sources", label: "Sources", sort: None, numeric: false },
    Column { key: "activities", label: "Activities", sort: Some("activities"), numeric: true },
    Column { key: "last_activity", label: "Last activity", sort: Some("last_activity"), numeric: true },
];

/// The order of a list that names none.
const DEFAULT_SORT: &str = "love";

impl MembersPage {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    /// Whether a column is on view; all are, unless the address names some.
    fn shows(&self, key: &str) -> bool {
        let chosen = self.here.get("columns");
        chosen.is_empty() || chosen.split(',').any(|name| name == key)
    }

    fn kinds(&self) -> [MemberKind; 3] {
        MemberKind::ALL
    }

    /// Whether there is anybody, as far as the page can tell.
    fn has_any(&self) -> bool {
        !self.members.is_empty() || self.is_filtered() || self.problem.is_some()
    }

    fn is_filtered(&self) -> bool {
        ["q", "level", "source", "organization", "since", "kind", "tag", "segment"]
            .iter()
            .any(|key| !self.here.get(key).is_empty())
    }

    /// The same list without any filter.
    fn unfiltered(&self) -> Link {
        let keys = ["q", "level", "source", "organization", "since", "kind", "tag", "segment", "cursor"];
        keys.iter().fold(self.here.clone(), |link, key| link.without(key))
    }

    fn sort(&self) -> &str {
        Some(self.here.get("sort")).filter(|sort| !sort.is_empty()).unwrap_or(DEFAULT_SORT)
    }

    /// How the list's own filter calls all whom it finds.
    fn all(&self) -> String {
        let all = crate::format::plural(self.pager.total, "member");
        if self.is_filtered() { format!("all {all} that this filter finds") } else { format!("all {all}") }
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

    /// The list without a column that is on view, or with one that is not.
    fn link_toggled(&self, key: &str) -> Link {
        let shown: Vec<&str> =
            COLUMNS.iter().map(|column| column.key).filter(|name| self.shows(name) != (*name == key)).collect();
        // No column at all is not a choice that the address could tell from all of them.
        let all = shown.is_empty() || shown.len() == COLUMNS.len();
        self.here.with("columns", if all { String::new() } else { shown.join(",") })
    }
}

/// Sources that are named in a row.
const SOURCES: usize = 3;

impl MemberRow {
    fn first_sources(&self) -> &[String] {
        &self.sources[..self.sources.len().min(SOURCES)]
    }

    /// How many sources are not named in the row.
    fn others(&self) -> usize {
        self.sources.len().saturating_sub(SOURCES)
    }

    /// The names of those, when there are any.
    fn other_sources(&self) -> Option<String> {
        self.sources.get(SOURCES..).filter(|others| !others.is_empty()).map(|others| others.join(", "))
    }

    fn love(&self) -> String {
        crate::format::number(self.love)
    }
}
