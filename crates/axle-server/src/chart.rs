//! Figures drawn: series as options for ECharts, and sparklines as SVG made here.
//!
//! A period that is still running is dashed, a figure that rests on few is hollow, one that is not defined is a gap.
//! Colours are names of CSS variables; the page's script looks them up, so a chart follows the theme.

mod small;
mod sparkline;
pub mod wheel;
mod words;

use axle_model::time::Grain;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::format::{self, Unit};

pub use small::{bar, small};
pub use sparkline::sparkline;
pub use words::TableRow;

/// One figure of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// First date of the period.
    pub start: Date,
    /// The figure; `None` where it is not defined.
    pub value: Option<f64>,
    /// It rests on too few to be relied on.
    pub low_n: bool,
    /// The period is not over.
    pub partial: bool,
    /// Of a share: the part and the whole.
    pub of: Option<(f64, f64)>,
    /// Of a share: what it may be, with 95 % certainty.
    pub interval: Option<(f64, f64)>,
}

impl Point {
    /// A figure on its own.
    pub fn new(start: Date, value: Option<f64>) -> Self {
        Self { start, value, low_n: false, partial: false, of: None, interval: None }
    }
}

/// One line, or the bars of one colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it shows; the value of the dimension when the figure is broken down.
    pub name: String,
    /// Oldest first; every series of a chart has the same periods.
    pub points: Vec<Point>,
}

/// How the figures are drawn. Bars are for what can be added up, lines for shares, durations and states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A line with a point for each period.
    Line,
    /// A bar for each period, on top of each other when there are several series.
    Bar,
}

/// A chart with its summary and its table.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Unique on its page; letters, digits and `-`.
    pub id: String,
    /// What it shows, for the table's caption.
    pub title: String,
    /// Unit of every figure.
    pub unit: Unit,
    /// Length of the periods.
    pub grain: Grain,
    /// How the figures are drawn.
    pub mark: Mark,
    /// At least one.
    pub series: Vec<Series>,
    /// Series that are left out; files have them.
    pub more: usize,
}

/// Symbols tell series apart without colour.
const SYMBOLS: [&str; 6] = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
const SURFACE: &str = "var(--tblr-bg-surface)";

impl Chart {
    /// What the page's script needs, as JSON that is safe inside a `<script type="application/json">`.
    pub fn data(&self) -> String {
        embed(&json!({ "unit": self.unit.name(), "minor": self.unit.minor(), "option": self.option() }))
    }

    /// The options for ECharts.
    pub fn option(&self) -> Value {
        let series: Vec<Value> =
            self.series.iter().enumerate().flat_map(|(index, series)| self.draw(index, series)).collect();
        let several = self.series.len() > 1;
        let direct = several && self.labels_directly();
        json!({
            "animation": false,
            "grid": { "left": 4, "right": if direct { 110 } else { 16 }, "top": if several && !direct { 36 } else { 12 },
                      "bottom": 4, "containLabel": true },
            "legend": { "show": several && !direct, "top": 0, "left": 0, "icon": "circle", "itemWidth": 10,
                        "textStyle": { "color": "var(--tblr-secondary)" },
                        "data": self.series.iter().map(|series| format::clean(&series.name)).collect::<Vec<_>>() },
            "tooltip": { "trigger": "axis", "confine": true, "backgroundColor": SURFACE,
                         "borderColor": "var(--tblr-border-color)", "textStyle": { "color": "var(--tblr-body-color)" } },
            "xAxis": { "type": "category", "data": self.periods(), "boundaryGap": self.mark == Mark::Bar,
                       "axisTick": { "show": false }, "axisLine": { "lineStyle": { "color": "var(--tblr-border-color)" } },
                       "axisLabel": { "color": "var(--tblr-secondary)", "hideOverlap": true, "margin": 14 } },
            "yAxis": self.value_axis(),
            "series": series,
        })
    }

    /// Shown until the script has drawn the chart, and instead of it where scripts are off.
    pub fn fallback(&self) -> String {
        let Some(series) = self.series.first() else { return String::new() };
        let values: Vec<Option<f64>> = series.points.iter().map(|point| point.value).collect();
        sparkline(&values, series.points.last().is_some_and(|point| point.partial))
    }

    fn periods(&self) -> Vec<String> {
        let points = self.series.first().map_or(&[][..], |series| &series.points);
        points.iter().map(|point| axis_label(point.start, self.grain)).collect()
    }

    /// Few lines are named at their end; more, or bars, need a legend.
    fn labels_directly(&self) -> bool {
        self.mark == Mark::Line && self.series.len() <= 4
    }

    fn value_axis(&self) -> Value {
        let mut axis = json!({ "type": "value", "min": 0, "splitNumber": 4, "axisLabel": { "color": "var(--tblr-secondary)" },
                               "splitLine": { "lineStyle": { "color": "var(--tblr-border-color)" } } });
        let values = || self.series.iter().flat_map(|series| &series.points).filter_map(|point| point.value);
        let largest = values().fold(0.0, f64::max);
        if values().any(|value| value < 0.0) {
            axis["min"] = Value::Null;
        } else if self.unit == Unit::Seconds && largest > 0.0 {
            let step = time_step(largest / 4.0);
            axis["interval"] = json!(step);
            axis["max"] = json!((largest / step).ceil() * step);
        } else if self.unit == Unit::Count {
            axis["minInterval"] = json!(1);
        }
        axis
    }

    fn draw(&self, index: usize, series: &Series) -> Vec<Value> {
        match self.mark {
            Mark::Bar => vec![self.bars(index, series)],
            Mark::Line => self.lines(index, series),
        }
    }

    fn bars(&self, index: usize, series: &Series) -> Value {
        let color = color(index);
        let data = series.points.iter().map(|point| {
            let mut item = self.item(point);
            if point.partial || point.low_n {
                let kind = if point.partial { "dashed" } else { "solid" };
                item["itemStyle"] =
                    json!({ "color": SURFACE, "borderColor": color, "borderWidth": 1.5, "borderType": kind });
            }
            item
        });
        json!({ "type": "bar", "name": format::clean(&series.name), "stack": "all", "barMaxWidth": 32, "data": data.collect::<Vec<_>>(),
                "itemStyle": { "color": color, "borderColor": SURFACE, "borderWidth": if self.series.len() > 1 { 1 } else { 0 } } })
    }

    /// A solid line, and a dashed one of the same name for the way into a period that is not over.
    fn lines(&self, index: usize, series: &Series) -> Vec<Value> {
        let points = &series.points;
        let partial = points.last().is_some_and(|point| point.partial);
        let solid: Vec<Value> = points
            .iter()
            .map(|point| if point.partial { Value::Null } else { self.mark_point(index, point) })
            .collect();
        let mut drawn = vec![self.line(index, series, "solid", solid, !partial)];
        if partial {
            let last = points.len() - 1;
            let dashed = points.iter().enumerate().map(|(position, point)| match position {
                position if position == last => self.mark_point(index, point),
                // The dashed line starts at the last complete point, which has its symbol already.
                position if position + 1 == last => json!({ "value": point.value, "symbol": "none" }),
                _ => Value::Null,
            });
            drawn.push(self.line(index, series, "dashed", dashed.collect(), true));
        }
        drawn
    }

    fn line(&self, index: usize, series: &Series, kind: &str, data: Vec<Value>, labelled: bool) -> Value {
        let label = labelled && self.series.len() > 1 && self.labels_directly();
        json!({ "type": "line", "name": format::clean(&series.name), "data": data, "connectNulls": false, "showAllSymbol": true,
                "symbol": SYMBOLS[index % SYMBOLS.len()], "symbolSize": 6, "itemStyle": { "color": color(index) },
                "lineStyle": { "color": color(index), "width": 2, "type": kind },
                "endLabel": { "show": label, "formatter": "{a}", "color": "var(--tblr-body-color)", "width": 96, "overflow": "truncate" },
                "labelLayout": { "moveOverlap": "shiftY" } })
    }

    fn item(&self, point: &Point) -> Value {
        let mut text = self.unit.write(point.value);
        if let Some((part, whole)) = point.of {
            text.push_str(&format!(" ({} of {})", format::number(part), format::number(whole)));
        }
        if point.partial {
            text.push_str(" so far");
        }
        if point.low_n {
            text.push_str(", few cases");
        }
        json!({ "value": point.value, "text": text })
    }

    fn mark_point(&self, index: usize, point: &Point) -> Value {
        let mut item = self.item(point);
        if point.low_n || point.partial {
            item["itemStyle"] = json!({ "color": SURFACE, "borderColor": color(index), "borderWidth": 2 });
            item["symbolSize"] = json!(8);
        }
        item
    }
}

fn color(index: usize) -> String {
    format!("var(--axle-series-{})", index % 8 + 1)
}

fn axis_label(start: Date, grain: Grain) -> String {
    match grain {
        Grain::Day | Grain::Week | Grain::Total => start.strftime("%-d %b").to_string(),
        _ => format::period(start, grain),
    }
}

/// The smallest step of at least `least` seconds that people count time in.
fn time_step(least: f64) -> f64 {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 86_400.0;
    let steps = [
        1.0,
        5.0,
        15.0,
        30.0,
        MINUTE,
        5.0 * MINUTE,
        15.0 * MINUTE,
        30.0 * MINUTE,
        HOUR,
        2.0 * HOUR,
        3.0 * HOUR,
        6.0 * HOUR,
        12.0 * HOUR,
        DAY,
        2.0 * DAY,
        7.0 * DAY,
        14.0 * DAY,
        30.0 * DAY,
        90.0 * DAY,
    ];
    steps.into_iter().find(|step| *step >= least).unwrap_or_else(|| (least / (365.0 * DAY)).ceil() * 365.0 * DAY)
}

/// JSON that cannot end the script element it stands in.
pub fn embed(value: &Value) -> String {
    let text = value.to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests;
