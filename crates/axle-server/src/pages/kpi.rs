//! One KPI: its course, its definition, and the receipt that shows how the figure came about.

use askama::Template;
use axle_model::time::Grain;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::chart::Chart;
use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Figure, Person};

/// `GET /{workspace}/kpis/{kpi}`
#[derive(Debug, Clone, Template)]
#[template(path = "kpi.html")]
pub struct KpiPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address with `from to grain by as_of`: it reproduces the figures.
    pub here: Link,
    /// The stable name in commands and the API.
    pub id: String,
    /// The question it answers.
    pub question: String,
    /// The latest period's value beside the one before.
    pub figure: Figure,
    /// The course; `None` when no period has a value.
    pub chart: Option<Chart>,
    /// A cohort table, for KPIs that are a matrix.
    pub matrix: Option<Matrix>,
    /// A ranking, for KPIs that are a table of people.
    pub ranking: Vec<Ranked>,
    /// First date and first date after.
    pub window: (Date, Date),
    /// How finely it is cut.
    pub grain: Grain,
    /// The dimension it is broken down by; empty for none.
    pub by: String,
    /// The dimensions on offer.
    pub dimensions: Vec<String>,
    /// What is wrong with the choice, when it was not understood.
    pub problem: Option<String>,
    /// One sentence.
    pub definition: String,
    /// What to keep in mind.
    pub caveats: Vec<String>,
    /// The command that prints the same figures.
    pub command: String,
    /// How the figures came about.
    pub receipt: KpiReceipt,
    /// The figures as a file.
    pub exports: Exports,
}

/// How a figure came about.
#[derive(Debug, Clone)]
pub struct KpiReceipt {
    /// The definition's version.
    pub version: u32,
    /// What was known then.
    pub as_of: Timestamp,
    /// The zone that days are cut in.
    pub time_zone: String,
    /// The statement that made the rows.
    pub sql: String,
    /// Rows that counted.
    pub included: u64,
    /// Rows that did not: why, and how many.
    pub excluded: Vec<(String, u64)>,
    /// The rows themselves.
    pub rows: Link,
}

/// Periods of first activity down, age across.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// What the columns count: `Months since first activity`.
    pub across: String,
    /// The headings of the columns.
    pub columns: Vec<String>,
    /// The rows, oldest first.
    pub rows: Vec<MatrixRow>,
}

/// One cohort.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    /// `Jan 2026`
    pub label: String,
    /// How many it began with.
    pub size: u64,
    /// Percentages; `None` where the age is not reached or not defined.
    pub cells: Vec<Option<f64>>,
}

impl MatrixRow {
    /// The cells with their shade from 0 to 9.
    fn shaded(&self) -> Vec<Option<(u8, String)>> {
        let shade = |value: f64| (value / 10.0).clamp(0.0, 9.0) as u8;
        self.cells.iter().map(|cell| cell.map(|value| (shade(value), format!("{value:.0}")))).collect()
    }
}

/// One line of a ranking.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Who.
    pub person: Person,
    /// The figure.
    pub value: f64,
}

impl KpiPage {
    fn grains(&self) -> [Grain; 6] {
        Grain::ALL
    }

    fn ranked(&self, row: &Ranked) -> String {
        self.figure.unit.write(Some(row.value))
    }

    /// The last date inside the window, as people say it.
    fn until(&self) -> String {
        crate::format::date(self.window.1.yesterday().unwrap_or(self.window.1))
    }

    fn from(&self) -> String {
        crate::format::date(self.window.0)
    }

    fn is_by(&self, dimension: &str) -> bool {
        self.by == dimension
    }

    fn excluded_total(&self) -> u64 {
        self.receipt.excluded.iter().map(|(_, rows)| rows).sum()
    }
}
