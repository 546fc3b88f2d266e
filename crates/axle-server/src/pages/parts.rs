//! Parts that several pages share: a person, a level, a figure, a list's foot.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::filters;
use crate::format::{self, Change, Unit};
use crate::link::Link;
use crate::pages::layout::workspace_link;

macro_rules! part {
    ($($part:ty),*) => { $(impl HtmlSafe for $part {})* };
}
part!(Person, Level, Figure, Exports, Pager, Matrix, Listing, Drawing<'_>);

/// What someone is to the community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A person of the community.
    Member,
    /// One of us.
    Teammate,
    /// A program.
    Bot,
}

impl MemberKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Member, Self::Teammate, Self::Bot];

    /// In addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Teammate => "teammate",
            Self::Bot => "bot",
        }
    }

    /// On pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Teammate => "Teammate",
            Self::Bot => "Bot",
        }
    }

    /// Its icon; `None` for members, since most are.
    pub fn icon(self) -> Option<&'static str> {
        match self {
            Self::Member => None,
            Self::Teammate => Some("briefcase"),
            Self::Bot => Some("robot"),
        }
    }
}

/// A person as named in a list, linked to their page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/person.html")]
pub struct Person {
    /// Their page.
    pub link: Link,
    /// As they call themselves.
    pub name: String,
    /// A handle or organization that tells namesakes apart.
    pub detail: Option<String>,
    /// What they are to the community.
    pub kind: MemberKind,
}

impl Person {
    /// A member of that workspace.
    pub fn member(workspace: &str, member_id: &str, name: impl Into<String>) -> Self {
        let link = workspace_link(workspace, "members").below(member_id);
        Self { link, name: name.into(), detail: None, kind: MemberKind::Member }
    }

    fn initials(&self) -> String {
        format::initials(&self.name)
    }
}

/// An orbit level with its step, told by words and by filled rings.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/level.html")]
pub struct Level {
    /// `Exploring` to `Leading`, or the workspace's own name.
    pub name: String,
    /// 1 (Exploring III) to 12 (Leading I); 0 is out of orbit.
    pub step: u8,
}

impl Level {
    /// The level of a step from 0 to 12, with the model's names.
    pub fn of_step(step: u8) -> Self {
        let name = match step {
            0 => "Out of orbit",
            1..=3 => "Exploring",
            4..=6 => "Participating",
            7..=9 => "Contributing",
            _ => "Leading",
        };
        Self { name: name.to_owned(), step }
    }

    /// `III`, `II` or `I` within the level; empty out of orbit.
    pub fn numeral(&self) -> &'static str {
        match self.step {
            0 => "",
            step => ["III", "II", "I"][usize::from((step - 1) % 3)],
        }
    }

    /// How many of the four rings, from the edge inwards, are reached.
    pub fn rings(&self) -> u8 {
        self.step.min(12).div_ceil(3)
    }
}

/// A KPI at a glance, linked to its page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/figure.html")]
pub struct Figure {
    /// The KPI's page, for this window.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// What the value counts.
    pub unit: Unit,
    /// The value of the latest period.
    pub value: Option<f64>,
    /// The value of the period before.
    pub previous: Option<f64>,
    /// The value of the same period of the year before, where it is known.
    pub year_before: Option<f64>,
    /// Which period: `last 30 days`.
    pub period: String,
    /// Which period before: `the 30 days before`.
    pub previous_period: String,
    /// Out of whom: `of 214 members`.
    pub population: Option<String>,
    /// Earlier values and this one, oldest first.
    pub series: Vec<Option<f64>>,
    /// The latest period is not over.
    pub partial: bool,
    /// The value rests on too few to be relied on.
    pub low_n: bool,
    /// On so few that it is held against nothing.
    pub few: bool,
    /// Of an estimate: `17.7 to 236.6 %`.
    pub range: Option<String>,
}

impl Figure {
    /// The value with its unit.
    pub fn written(&self) -> String {
        self.unit.write(self.value)
    }

    /// The difference from the period before.
    pub fn change(&self) -> Option<Change> {
        Change::between(self.previous, self.value, &self.unit)
    }

    /// The difference from the same period of the year before.
    pub fn change_of_year(&self) -> Option<Change> {
        Change::between(self.year_before, self.value, &self.unit)
    }

    /// Its course as SVG.
    pub fn sparkline(&self) -> String {
        crate::chart::sparkline(&self.series, self.partial)
    }
}

/// The three files that every table can be saved as.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/exports.html")]
pub struct Exports {
    /// The table's own address with its filters; `format=csv|xlsx|json` is added.
    pub link: Link,
    /// What the files hold: `1,284 members`.
    pub what: String,
}

/// The foot of a list that is cut into pages.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    /// How many rows this page shows.
    pub shown: u64,
    /// How many there are.
    pub total: u64,
    /// What a row is, in the singular.
    pub noun: &'static str,
    /// Back to the first page, when this is another.
    pub first: Option<Link>,
    /// The next page, when there is one.
    pub next: Option<Link>,
}

/// Two dimensions as a heat table.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/matrix.html")]
pub struct Matrix {
    /// What it shows: `Months since first activity, percent`.
    pub caption: String,
    /// The heading over the rows' names.
    pub corner: String,
    /// The heading over the rows' sizes, where they have one.
    pub size: Option<String>,
    /// The headings of the columns.
    pub columns: Vec<String>,
    /// In reading order.
    pub rows: Vec<MatrixRow>,
}

/// One row of a heat table.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    /// `Jan 2026`
    pub label: String,
    /// How many it stands for.
    pub size: String,
    /// `None` where nothing is defined.
    pub cells: Vec<Option<MatrixCell>>,
}

/// One value of a heat table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixCell {
    /// From 0, the palest, to 4.
    pub shade: u8,
    /// As written.
    pub text: String,
}

impl MatrixCell {
    /// A value whose shade is its part of `whole`.
    pub fn new(value: f64, whole: f64, text: String) -> Self {
        let shade = if whole > 0.0 { (value / whole * 5.0).clamp(0.0, 4.0) as u8 } else { 0 };
        Self { shade, text }
    }
}

/// A plain table of whatever columns there are.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/listing.html")]
pub struct Listing {
    /// What it is, for those who hear it.
    pub caption: String,
    /// The headings.
    pub columns: Vec<ListingColumn>,
    /// As many cells as headings each.
    pub rows: Vec<Vec<ListingCell>>,
}

/// One heading.
#[derive(Debug, Clone)]
pub struct ListingColumn {
    /// Its text.
    pub name: String,
    /// Numbers line up at the right.
    pub is_number: bool,
}

/// One cell.
#[derive(Debug, Clone)]
pub enum ListingCell {
    /// Somebody, linked.
    Person(Person),
    /// What others wrote, or a number as written.
    Text(String),
}

impl Listing {
    fn is_number(&self, column: &usize) -> bool {
        self.columns.get(*column).is_some_and(|column| column.is_number)
    }
}

/// A chart on a page: drawn by the script, with its summary and its table.
#[derive(Debug, Template)]
#[template(path = "parts/chart.html")]
pub struct Drawing<'a> {
    chart: &'a crate::chart::Chart,
}

impl crate::chart::Chart {
    /// The chart as HTML.
    pub fn html(&self) -> Drawing<'_> {
        Drawing { chart: self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_a_level_a_numeral_and_rings() {
        let seen = |step| {
            let level = Level::of_step(step);
            (level.name.clone(), level.numeral(), level.rings())
        };
        assert_eq!(seen(0), ("Out of orbit".to_owned(), "", 0));
        assert_eq!(seen(1), ("Exploring".to_owned(), "III", 1));
        assert_eq!(seen(6), ("Participating".to_owned(), "I", 2));
        assert_eq!(seen(8), ("Contributing".to_owned(), "II", 3));
        assert_eq!(seen(12), ("Leading".to_owned(), "I", 4));
    }
}
