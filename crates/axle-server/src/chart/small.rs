//! Small charts for boards and the report: SVG made on the server, without script or style. Texts stand around them.

use std::fmt::Write;

use super::{Chart, Mark, Point};

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 88.0;
/// What marks may reach beyond the values, above and below.
const EDGE: f64 = 4.0;

/// The first series of a chart. Bars and lines stand on zero; what is not over or rests on few is hollow.
pub fn small(chart: &Chart) -> String {
    let points = chart.series.first().map_or(&[][..], |series| &series.points);
    let values = || points.iter().filter_map(|point| point.value);
    let (least, most) = values().fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
    let span = if most > least { most - least } else { 1.0 };
    let place = Place { least, span, step: WIDTH / points.len().max(1) as f64 };
    let mut svg = format!("<svg class=\"mini\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\">");
    let zero = place.up(0.0);
    let _ = write!(svg, "<path class=\"mini-zero\" d=\"M0 {zero:.1}H{WIDTH}\"/>");
    match chart.mark {
        Mark::Bar => bars(&mut svg, points, &place),
        Mark::Line => line(&mut svg, points, &place),
    }
    svg.push_str("</svg>");
    svg
}

struct Place {
    least: f64,
    span: f64,
    step: f64,
}

impl Place {
    fn across(&self, index: usize) -> f64 {
        (index as f64 + 0.5) * self.step
    }

    fn up(&self, value: f64) -> f64 {
        HEIGHT - EDGE - (value - self.least) / self.span * (HEIGHT - 2.0 * EDGE)
    }
}

fn class(point: &Point) -> &'static str {
    if point.partial || point.low_n { " class=\"mini-hollow\"" } else { "" }
}

fn bars(svg: &mut String, points: &[Point], place: &Place) {
    let width = place.step * 0.68;
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point.value else { continue };
        let (top, bottom) = (place.up(value.max(0.0)), place.up(value.min(0.0)));
        let left = place.across(index) - width / 2.0;
        let height = bottom - top;
        let _ = write!(
            svg,
            "<rect{} x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.0}\"/>",
            class(point)
        );
    }
}

fn line(svg: &mut String, points: &[Point], place: &Place) {
    let mut path = String::new();
    let mut pen_down = false;
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point.value else {
            pen_down = false;
            continue;
        };
        let letter = if pen_down { 'L' } else { 'M' };
        let _ = write!(path, "{letter}{:.1} {:.1}", place.across(index), place.up(value));
        pen_down = true;
    }
    let _ = write!(svg, "<path d=\"{path}\"/>");
    for (index, point) in points.iter().enumerate() {
        let Some(value) = point.value else { continue };
        let (x, y) = (place.across(index), place.up(value));
        let _ = write!(svg, "<circle{} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>", class(point));
    }
}

/// A bar as wide as its part of the largest; nothing for what is negative.
pub fn bar(value: f64, largest: f64) -> String {
    let width = if largest > 0.0 { (value / largest * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.1}\" height=\"8\"/></svg>"
    )
}
