//! Boards, the audience and the report: questions, the figures that answer them, and what is not measured.

use askama::Template;
use axle_model::time::Grain;
use jiff::Timestamp;

use crate::chart::Chart;
use crate::filters;
use crate::link::Link;
use crate::pages::kpi::Missing;
use crate::pages::kpis::KpiLine;
use crate::pages::layout::Layout;
use crate::pages::parts::{Figure, Listing, Matrix};

/// `GET /{workspace}/boards/{department}`
#[derive(Debug, Clone, Template)]
#[template(path = "board.html")]
pub struct BoardPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Where it is, with its grain.
    pub here: Link,
    /// What is on it.
    pub board: Board,
}

/// `GET /{workspace}/audience`
#[derive(Debug, Clone, Template)]
#[template(path = "audience.html")]
pub struct AudiencePage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Where it is, with its grain.
    pub here: Link,
    /// The four layers; `None` while they are not measured.
    pub layers: Option<Layers>,
    /// What is on it.
    pub board: Board,
}

/// `GET /{workspace}/report`
#[derive(Debug, Clone, Template)]
#[template(path = "report.html")]
pub struct ReportPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Where it is, with its grain and end.
    pub here: Link,
    /// The address that gives this report again: as of its instant, or as it was published.
    pub permalink: Link,
    /// Set when this is a report as it was published.
    pub kept: Option<KeptReport>,
    /// The same periods as they are known now.
    pub live: Link,
    /// The instant asked as of, as typed; empty for now.
    pub as_of: String,
    /// The newest published reports.
    pub published: Vec<KeptReport>,
    /// Whether this user may publish it.
    pub may_publish: bool,
    /// What the figures say, a sentence for each section.
    pub verdict: Vec<Verdict>,
    /// The four layers; `None` while they are not measured.
    pub layers: Option<Layers>,
    /// What is on it.
    pub board: Board,
}

/// A report as it was published.
#[derive(Debug, Clone)]
pub struct KeptReport {
    /// Its number.
    pub number: i64,
    /// Its last period.
    pub period: String,
    /// Who published it; empty when that was not said.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The report as it was then.
    pub link: Link,
}

/// What the figures of a section say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The section's heading.
    pub title: String,
    /// `3 of 5 figures are better than a year before`
    pub text: String,
}

/// A board with its figures.
#[derive(Debug, Clone)]
pub struct Board {
    /// What it answers.
    pub question: String,
    /// The last period, which every figure is of unless it says otherwise.
    pub period: String,
    /// How long its periods are.
    pub grain: Grain,
    /// The figures that answer it.
    pub headline: Vec<Headline>,
    /// What stands behind them.
    pub sections: Vec<BoardSection>,
    /// What to connect, and what would be measured then.
    pub missing: Vec<Missing>,
}

impl Board {
    fn grains(&self) -> [Grain; 4] {
        [Grain::Week, Grain::Month, Grain::Quarter, Grain::Year]
    }
}

/// A figure on top of a board.
#[derive(Debug, Clone)]
pub enum Headline {
    /// As it stands.
    Figure(Figure),
    /// Its name, its page, and the lines that it has in the last period.
    Lines(String, Link, String),
    /// Its name, and why it has no value.
    Missing(String, String),
}

/// Figures that answer one question.
#[derive(Debug, Clone)]
pub struct BoardSection {
    /// Unique on the page; letters, digits and `-`.
    pub id: String,
    /// Heading.
    pub title: String,
    /// The question.
    pub question: String,
    /// Those that are drawn.
    pub panels: Vec<Panel>,
    /// Those that are a line.
    pub lines: Vec<KpiLine>,
}

impl BoardSection {
    fn is_empty(&self) -> bool {
        self.panels.is_empty() && self.lines.is_empty()
    }

    /// The panels with how many of six columns each takes, so that rows are full.
    fn placed(&self) -> Vec<(usize, &Panel)> {
        spans(self.panels.iter().map(Panel::is_wide)).into_iter().zip(&self.panels).collect()
    }
}

/// Three panels a row, of which a wide one counts twice; one that would be alone takes one of the row before.
fn spans(wide: impl Iterator<Item = bool>) -> Vec<usize> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for size in wide.map(|is_wide| if is_wide { 2 } else { 1 }) {
        match rows.last_mut().filter(|row| row.iter().sum::<usize>() + size <= 3) {
            Some(row) => row.push(size),
            None => rows.push(vec![size]),
        }
    }
    if let [.., before, last] = rows.as_mut_slice()
        && before.len() == 3
        && *last == [1]
    {
        last.extend(before.pop());
    }
    let columns = |row: Vec<usize>| {
        let sum: usize = row.iter().sum();
        row.into_iter().map(move |size| size * 6 / sum)
    };
    rows.into_iter().flat_map(columns).collect()
}

/// A figure that is drawn.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/panel.html")]
pub struct Panel {
    /// Its value; `None` when it has many.
    pub figure: Option<Figure>,
    /// The value's period, where it is not the board's.
    pub period: Option<String>,
    /// Its name.
    pub name: String,
    /// Its page.
    pub link: Link,
    /// What is drawn.
    pub drawing: Drawing,
}

/// How a figure is drawn.
#[derive(Debug, Clone)]
pub enum Drawing {
    /// Its course.
    Course(Chart),
    /// One bar for each value of a dimension, in this period.
    Bars(String, Vec<Bar>),
    /// A ranking.
    Listing(Listing),
    /// Heat tables, one for each currency.
    Matrices(Vec<Matrix>),
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// The value of the dimension.
    pub name: String,
    /// As written.
    pub value: String,
    /// Its part of the longest, 0 to 1.
    pub part: f64,
    /// It rests on few.
    pub low_n: bool,
}

impl Bar {
    fn drawn(&self) -> String {
        crate::chart::bar(self.part, 1.0)
    }
}

impl askama::filters::HtmlSafe for Panel {}

impl Panel {
    fn is_wide(&self) -> bool {
        matches!(self.drawing, Drawing::Listing(_) | Drawing::Matrices(_))
    }
}

impl Chart {
    /// The ends of the course: first and last period.
    fn ends(&self) -> Option<(String, String)> {
        let points = &self.series.first()?.points;
        let name = |point: &crate::chart::Point| crate::format::period(point.start, self.grain);
        Some((name(points.first()?), name(points.last()?)))
    }

    /// `most 214 in Oct 2025`
    fn most(&self) -> Option<String> {
        let points = &self.series.first()?.points;
        let defined = points.iter().filter(|point| point.value.is_some());
        let most = defined.max_by(|a, b| a.value.unwrap_or_default().total_cmp(&b.value.unwrap_or_default()))?;
        Some(format!("most {} in {}", self.unit.write(most.value), crate::format::period(most.start, self.grain)))
    }

    /// What the top and the bottom of the small chart stand for.
    fn scale(&self) -> Option<(String, String)> {
        let points = &self.series.first()?.points;
        let values = || points.iter().filter_map(|point| point.value);
        values().next()?;
        let write = |value: f64| self.unit.write(Some(value));
        Some((write(values().fold(0.0, f64::max)), write(values().fold(0.0, f64::min))))
    }

    /// The course as a small chart.
    fn small(&self) -> String {
        crate::chart::small(self)
    }
}

/// The four layers, and who moved between them.
#[derive(Debug, Clone)]
pub struct Layers {
    /// From far to near.
    pub lines: Vec<LayerLine>,
    /// Everybody.
    pub total: String,
    /// From layer to layer in the last period.
    pub flow: Option<Matrix>,
    /// The figures behind them.
    pub link: Link,
}

/// One layer.
#[derive(Debug, Clone)]
pub struct LayerLine {
    /// `Audience`
    pub name: String,
    /// Who is in it.
    pub who: &'static str,
    /// How many, beside the period before and the year before.
    pub figure: Figure,
    /// Their part of everybody, 0 to 1.
    pub part: f64,
}

impl LayerLine {
    fn drawn(&self) -> String {
        crate::chart::bar(self.part, 1.0)
    }

    fn share(&self) -> String {
        crate::format::percent(self.part * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_panels_are_full() {
        let placed = |panels: &str| spans(panels.chars().map(|panel| panel == 'W'));
        assert_eq!(placed("ppp"), [2, 2, 2]);
        assert_eq!(placed("pppp"), [3, 3, 3, 3], "none is alone");
        assert_eq!(placed("ppppp"), [2, 2, 2, 3, 3]);
        assert_eq!(placed("ppppppp"), [2, 2, 2, 3, 3, 3, 3]);
        assert_eq!(placed("Wppp"), [4, 2, 3, 3]);
        assert_eq!(placed("ppW"), [3, 3, 6]);
        assert_eq!(placed("Wpp"), [4, 2, 6]);
        assert_eq!(placed("p"), [6]);
        assert!(placed("").is_empty());
    }
}
