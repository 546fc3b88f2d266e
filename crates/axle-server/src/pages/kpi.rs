//! One KPI: its course, what it was before, its definition, and the receipt that shows how the figure came about.

use askama::Template;
use axle_model::kpi::TableRows;
use axle_model::time::Grain;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::chart::Chart;
use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Figure, Listing, Matrix, Pager};

/// `GET /{workspace}/kpis/{kpi}`
#[derive(Debug, Clone, Template)]
#[template(path = "kpi.html")]
pub struct KpiPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address as it was asked for.
    pub here: Link,
    /// The address with everything stated, the instant as well: it reproduces the figures.
    pub permalink: Link,
    /// The stable name in commands and the API.
    pub id: String,
    /// The question it answers.
    pub question: String,
    /// The latest period's value beside the one before; `None` when values come only in parts.
    pub figure: Option<Figure>,
    /// Of a share: `62 of 99`.
    pub parts: Option<String>,
    /// Of a share: `52.8 to 71.5 %`.
    pub interval: Option<String>,
    /// The name of the same period of the year before.
    pub year_period: Option<String>,
    /// Compares the latest period with that one, cause by cause.
    pub year_why: Option<Link>,
    /// The course, one for each currency; none when no period has a value.
    pub charts: Vec<Chart>,
    /// Heat tables, for KPIs of two dimensions.
    pub matrices: Vec<Matrix>,
    /// A table, for KPIs that rank or list.
    pub listing: Option<Listing>,
    /// The latest period by dimension.
    pub breakdown: Option<Breakdown>,
    /// How it is asked.
    pub asked: Asked,
    /// The dimensions on offer.
    pub dimensions: Vec<String>,
    /// Those of them that a condition may be over.
    pub conditional: Vec<String>,
    /// What is wrong with the choice, when it was not understood.
    pub problem: Option<String>,
    /// What to connect, when nothing is measured.
    pub missing: Vec<Missing>,
    /// How rows become the value: one sentence.
    pub fold: String,
    /// What to keep in mind.
    pub caveats: Vec<String>,
    /// The command that prints the same figures.
    pub command: String,
    /// How the figures came about.
    pub receipt: KpiReceipt,
    /// The figures as a file.
    pub exports: Exports,
    /// How many there are after some days, where the figure says how they grow.
    pub growth: Option<Growth>,
    /// Why they are not what they were.
    pub why: Why,
    /// Whether this user may publish it.
    pub may_publish: bool,
    /// As it was published, the newest first.
    pub published: Vec<PublishedLine>,
    /// Where an administrator changes the definition, when it is the workspace's own.
    pub edit: Option<Link>,
}

/// What comes of a coefficient of virality in time: what is typed, or measured.
#[derive(Debug, Clone, Default)]
pub struct Growth {
    /// How many there are at first.
    pub customers: String,
    /// After how many days.
    pub days: String,
    /// How many each brings in a cycle; empty while nothing is measured.
    pub coefficient: String,
    /// Days that a cycle takes; empty while nothing is measured.
    pub cycle: String,
    /// The formula with the numbers in it, and what it comes to.
    pub result: Option<String>,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

/// A figure as it was published.
#[derive(Debug, Clone)]
pub struct PublishedLine {
    /// Its number.
    pub number: i64,
    /// `1 Mar 2025 to 28 Feb 2026`
    pub window: String,
    /// The last period that was over, and its value then.
    pub value: String,
    /// Who published it; empty when that was not said.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Compares it with what it is now.
    pub why: Link,
}

/// Why figures are not what they were: on a day, when they were published, or in an earlier period.
#[derive(Debug, Clone, Default)]
pub struct Why {
    /// The day, as typed; empty while nobody asked.
    pub since: String,
    /// The day of an earlier period, as typed.
    pub against: String,
    /// Whether anything was compared.
    pub is_asked: bool,
    /// What is wrong with what was asked.
    pub problem: Option<String>,
    /// The heading of what they were.
    pub then: String,
    /// The headings between it and what they are: causes, and an earlier period as it is known now.
    pub columns: Vec<String>,
    /// Periods whose figure moved.
    pub rows: Vec<WhyRow>,
    /// Periods whose figure did not.
    pub unchanged: usize,
    /// What the comparison does not see.
    pub caveats: Vec<String>,
}

/// One figure that moved.
#[derive(Debug, Clone)]
pub struct WhyRow {
    /// `Mar 2026`
    pub period: String,
    /// Dimension values, where it is broken down.
    pub parts: String,
    /// As it was known.
    pub then: String,
    /// As it is.
    pub now: String,
    /// Under each of the columns; `None`: not moved.
    pub cells: Vec<Option<String>>,
}

/// How a KPI is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// First date and first date after.
    pub window: (Date, Date),
    /// How finely it is cut.
    pub grain: Grain,
    /// The dimension it is broken down by; empty for none.
    pub by: String,
    /// A condition over the dimensions, as typed.
    pub condition: String,
    /// An instant, as typed; empty for now.
    pub as_of: String,
}

/// What to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `deals`
    pub name: String,
    /// What to do.
    pub how: String,
    /// What would be measured then.
    pub kpis: Vec<String>,
}

/// One period by the values of a dimension.
#[derive(Debug, Clone)]
pub struct Breakdown {
    /// The dimension.
    pub by: String,
    /// The period.
    pub period: String,
    /// The one before.
    pub previous_period: String,
    /// The same of the year before.
    pub year_period: Option<String>,
    /// The largest values first, by currency.
    pub rows: Vec<BreakdownRow>,
    /// Values that only files show.
    pub more: usize,
}

/// One value of a dimension.
#[derive(Debug, Clone)]
pub struct BreakdownRow {
    /// Its figure; the link shows it alone.
    pub figure: Figure,
    /// Of a share: `62 of 99`.
    pub parts: String,
    /// The largest value of the breakdown, in its currency.
    pub largest: f64,
}

impl BreakdownRow {
    fn bar(&self) -> String {
        crate::chart::bar(self.figure.value.unwrap_or_default(), self.largest)
    }
}

impl Breakdown {
    fn has_parts(&self) -> bool {
        self.rows.iter().any(|row| !row.parts.is_empty())
    }
}

/// How a figure came about.
#[derive(Debug, Clone)]
pub struct KpiReceipt {
    /// The definition's version.
    pub version: u32,
    /// First date of what was read, `None`: everything before counts; and first date after it.
    pub window: (Option<Date>, Date),
    /// What was known then.
    pub as_of: Timestamp,
    /// The zone that days are cut in.
    pub time_zone: String,
    /// When somebody is at work, where the figure counts in business time.
    pub business_hours: Option<String>,
    /// Rates by which amounts were converted.
    pub rates: Vec<String>,
    /// Periods that changed after they were over: name, how many times, and when last.
    pub revisions: Vec<(String, u64, Option<Timestamp>)>,
    /// The statement that made the rows.
    pub sql: String,
    /// Rows that the figure is made of; `None` where they could not be counted.
    pub included: Option<u64>,
    /// Rows that the definition gives and that do not count: why, and how many.
    pub excluded: Vec<(String, u64)>,
    /// Tables that the rows are made from.
    pub reads: Vec<String>,
    /// What became of the rows of each table.
    pub tables: Vec<TableRows>,
    /// The rows themselves; `None` for who may not see people by name.
    pub rows: Option<Link>,
}

impl KpiPage {
    fn grains(&self) -> [Grain; 6] {
        Grain::ALL
    }

    /// The dates of the window, as people say them.
    fn window(&self) -> String {
        let (from, end) = self.receipt.window;
        let until = crate::format::date(end.yesterday().unwrap_or(end));
        match from {
            Some(from) => format!("{} to {until}", crate::format::date(from)),
            None => format!("up to {until}"),
        }
    }

    fn is_by(&self, dimension: &str) -> bool {
        self.asked.by == dimension
    }

    fn is_narrowed(&self) -> bool {
        !self.asked.condition.is_empty() || !self.asked.as_of.is_empty()
    }

    /// Rows of tables that do not count.
    fn excluded_total(&self) -> u64 {
        self.receipt.tables.iter().flat_map(|table| table.excluded.values()).sum()
    }

    /// Whether nothing is measured; a heat table then says of each of its parts that it is not.
    fn is_empty(&self) -> bool {
        let shows_nothing = self.charts.is_empty() && self.matrices.is_empty() && self.listing.is_none();
        shows_nothing || !self.missing.is_empty()
    }
}

/// `GET /{workspace}/kpis/{kpi}/rows`: what lies behind a figure.
#[derive(Debug, Clone, Template)]
#[template(path = "kpi_rows.html")]
pub struct KpiRowsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The KPI's title.
    pub name: String,
    /// Back to the figure.
    pub kpi: Link,
    /// `1 Mar 2025 to 15 Mar 2026, as of …`.
    pub window: String,
    /// The rows of this page.
    pub listing: Listing,
    /// The foot of the list.
    pub pager: Pager,
    /// All rows as a file.
    pub exports: Exports,
}
