//! A chart in words: its summary, its table, and what its marks mean.

use std::fmt::Write;

use super::{Chart, Point, Series};
use crate::format;

/// One row of a chart's table: the period, then each series' figure with its remark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRow {
    /// Name of the period.
    pub period: String,
    /// The figures as written, in the order of the series.
    pub cells: Vec<String>,
    /// `so far`, `few cases`, both, or empty.
    pub remark: String,
    /// `62 of 99`, where there is one series of shares; else empty.
    pub of: String,
    /// `52 to 71 %`; likewise.
    pub interval: String,
}

impl Chart {
    /// One sentence that says what the eye would see first.
    pub fn summary(&self) -> String {
        match &self.series[..] {
            [only] => self.course(only),
            several => self.comparison(several),
        }
    }

    fn told(&self, point: &Point) -> String {
        format!("{} in {}", self.unit.write(point.value), format::period(point.start, self.grain))
    }

    /// `From 148 in Apr 2025 to 207 in Feb 2026, most 211 in Dec 2025; 214 so far in Mar 2026.`
    fn course(&self, series: &Series) -> String {
        let complete: Vec<&Point> =
            series.points.iter().filter(|point| point.value.is_some() && !point.partial).collect();
        let mut text = match complete[..] {
            [] => "No complete period has a value".to_owned(),
            [only] => self.told(only),
            [first, .., last] => format!("From {} to {}", self.told(first), self.told(last)),
        };
        let by_value = |a: &&&Point, b: &&&Point| a.value.unwrap_or_default().total_cmp(&b.value.unwrap_or_default());
        // The ends were told already.
        let inner = complete.get(1..complete.len().saturating_sub(1)).unwrap_or_default();
        let ends = || complete.first().into_iter().chain(complete.last()).filter_map(|point| point.value);
        if let Some(most) = inner.iter().max_by(by_value).filter(|most| ends().all(|end| most.value > Some(end))) {
            let _ = write!(text, ", most {}", self.told(most));
        }
        if let Some(least) = inner.iter().min_by(by_value).filter(|least| ends().all(|end| least.value < Some(end))) {
            let _ = write!(text, ", least {}", self.told(least));
        }
        if let Some(running) = series.points.last().filter(|point| point.partial) {
            let period = format::period(running.start, self.grain);
            let _ = write!(text, "; {} so far in {period}", self.unit.write(running.value));
        }
        text + "."
    }

    /// `In Feb 2026: Help 2 h 30 min, Integrations 5 h.`
    fn comparison(&self, several: &[Series]) -> String {
        let position = several.first().and_then(|series| series.points.iter().rposition(|point| !point.partial));
        let Some((position, first)) = position.zip(several.first()) else {
            return "No complete period yet.".to_owned();
        };
        let figures = several.iter().filter_map(|series| {
            let point = series.points.get(position)?;
            Some(format!("{} {}", format::clean(&series.name), self.unit.write(point.value)))
        });
        let period = format::period(first.points[position].start, self.grain);
        format!("In {period}: {}.", figures.collect::<Vec<_>>().join(", "))
    }

    /// What the unusual marks of this chart mean; empty when there are none.
    pub fn marks(&self) -> String {
        let any = |holds: fn(&Point) -> bool| self.series.iter().flat_map(|series| &series.points).any(holds);
        let marks = [
            ("Dashed: the period is not over.", any(|point| point.partial)),
            ("Hollow: rests on few cases.", any(|point| point.low_n)),
            ("Gap: not defined.", any(|point| point.value.is_none())),
        ];
        let shown: Vec<&str> = marks.iter().filter(|(_, shown)| *shown).map(|(mark, _)| *mark).collect();
        shown.join(" ")
    }

    /// Whether the table says what shares are out of.
    pub fn has_parts(&self) -> bool {
        self.series.len() == 1 && self.series[0].points.iter().any(|point| point.of.is_some())
    }

    /// The table behind the chart, newest period first.
    pub fn table(&self) -> Vec<TableRow> {
        let points = self.series.first().map_or(&[][..], |series| &series.points);
        let rows = points.iter().enumerate().map(|(index, point)| {
            let same_period = || self.series.iter().filter_map(move |series| series.points.get(index));
            let remarks = [
                ("so far", same_period().any(|point| point.partial)),
                ("few cases", same_period().any(|point| point.low_n)),
            ];
            let remarks: Vec<&str> = remarks.iter().filter(|(_, holds)| *holds).map(|(remark, _)| *remark).collect();
            let only = if self.series.len() == 1 { self.series[0].points.get(index) } else { None };
            let of = only.and_then(|point| point.of);
            let interval = only.and_then(|point| point.interval);
            TableRow {
                of: of.map_or_else(String::new, |(part, whole)| {
                    format!("{} of {}", format::number(part), format::number(whole))
                }),
                interval: interval.map_or_else(String::new, |(low, high)| self.unit.range(low, high)),
                period: format::period(point.start, self.grain),
                cells: same_period().map(|point| self.unit.write(point.value)).collect(),
                remark: remarks.join(", "),
            }
        });
        rows.rev().collect()
    }
}
