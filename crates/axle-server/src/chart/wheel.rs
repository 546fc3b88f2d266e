//! The flywheels as a picture: each a ring of steps, coloured by who answers for them. An arc is as wide as the units
//! inside, the gap behind it as wide as the friction, and the spokes turn as often as units come through. SVG made on
//! the server, without script or style; texts and a table stand around it.

use std::f64::consts::PI;
use std::fmt::Write;

use crate::link::Link;

/// One flywheel.
#[derive(Debug, Clone)]
pub struct Wheel {
    /// Its name.
    pub title: String,
    /// Its page.
    pub link: Link,
    /// Units that go round now.
    pub inside: u64,
    /// Two short facts under the name.
    pub notes: [String; 2],
    /// Completed turns a week.
    pub turns_per_week: f64,
    /// Its steps, in order.
    pub arcs: Vec<Arc>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Arc {
    /// Its name, and its figures in words.
    pub words: String,
    /// Its units.
    pub link: Link,
    /// The colour of who answers for it: see [`owner_color`].
    pub color: u8,
    /// Units inside.
    pub inside: u64,
    /// Of them, those past the service time.
    pub late: u64,
    /// 0 to 1; `None`: nothing was due.
    pub friction: Option<f64>,
    /// Push here next.
    pub is_next: bool,
}

/// The number of a department's colour, 1 to 6: the same on every page.
pub fn owner_color(owner: &str) -> u8 {
    match owner {
        "community" => 1,
        "sales" => 2,
        "product" => 3,
        "success" => 4,
        "support" => 5,
        _ => 6,
    }
}

/// How a picture is laid out.
struct Plan {
    columns: usize,
    cell: (f64, f64),
    /// Outer radius, and how thick the ring is.
    radius: f64,
    thick: f64,
    /// Space above the first row.
    top: f64,
    font: f64,
}

const WIDE: Plan = Plan { columns: 3, cell: (264.0, 292.0), radius: 96.0, thick: 24.0, top: 16.0, font: 14.0 };
const NARROW: Plan = Plan { columns: 2, cell: (180.0, 246.0), radius: 70.0, thick: 20.0, top: 14.0, font: 12.5 };
const ONE: Plan = Plan { columns: 1, cell: (260.0, 232.0), radius: 100.0, thick: 26.0, top: 16.0, font: 14.0 };
/// The least width of an arc, and of a gap, in degrees.
const LEAST_ARC: f64 = 9.0;
const LEAST_GAP: f64 = 2.0;
/// The gap of a friction of 1, in degrees.
const WHOLE_GAP: f64 = 22.0;
/// Keeps the belt away from words that it passes.
const HALO: &str = " paint-order=\"stroke\" stroke=\"var(--tblr-bg-surface)\" stroke-width=\"7\"";
/// Seconds of a turn of the spokes at one turn a week.
const SECONDS: f64 = 24.0;

/// All flywheels, joined by the belt on which members go from one to the next: for wide and for narrow screens.
pub fn company(wheels: &[Wheel]) -> String {
    format!("{}{}", drawn(wheels, &WIDE, "wheels-wide", true), drawn(wheels, &NARROW, "wheels-narrow", true))
}

/// One flywheel without its name.
pub fn single(wheel: &Wheel) -> String {
    drawn(std::slice::from_ref(wheel), &ONE, "wheels-one", false)
}

fn drawn(wheels: &[Wheel], plan: &Plan, class: &str, has_names: bool) -> String {
    let rows = wheels.len().div_ceil(plan.columns);
    let (width, height) = (plan.cell.0 * plan.columns as f64, plan.top + plan.cell.1 * rows as f64 - 8.0);
    let mut svg = format!(
        "<svg class=\"wheels {class}\" viewBox=\"0 0 {width} {height}\" role=\"group\" aria-label=\"Flywheels\">"
    );
    if wheels.len() > 1 && wheels.len() == rows * plan.columns {
        belt(&mut svg, plan, rows, wheels.iter().map(|wheel| wheel.turns_per_week).sum());
    }
    for (place, wheel) in wheels.iter().enumerate() {
        let (column, row) = cell(place, wheels.len(), plan.columns);
        let x = (column as f64 + 0.5) * plan.cell.0;
        let y = plan.top + row as f64 * plan.cell.1 + plan.radius;
        let _ = write!(svg, "<g transform=\"translate({x:.1} {y:.1})\">");
        rim(&mut svg, wheel, plan);
        spokes(&mut svg, wheel, plan);
        if has_names {
            names(&mut svg, wheel, plan);
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    svg
}

/// Clockwise round the picture: along the top, down the right side, back along the bottom, up the left side.
fn cell(place: usize, count: usize, columns: usize) -> (usize, usize) {
    let rows = count.div_ceil(columns);
    if count < 4 || count != rows * columns || columns > 3 || (columns == 3 && rows != 2) || columns < 2 {
        return (place % columns, place / columns);
    }
    if place < columns {
        (place, 0)
    } else if place < columns + rows - 2 {
        (columns - 1, place - columns + 1)
    } else if place < 2 * columns + rows - 2 {
        (2 * columns + rows - 3 - place, rows - 1)
    } else {
        (0, count - place)
    }
}

/// A belt round all of them.
fn belt(svg: &mut String, plan: &Plan, rows: usize, turns: f64) {
    let reach = plan.radius + 7.0;
    let (left, top) = (plan.cell.0 / 2.0 - reach, plan.top + plan.radius - reach);
    let width = plan.cell.0 * (plan.columns - 1) as f64 + 2.0 * reach;
    let height = plan.cell.1 * (rows - 1) as f64 + 2.0 * reach;
    let path = |attributes: &str, inner: &str| {
        format!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{reach}\" fill=\"none\" \
             stroke=\"var(--axle-field)\" stroke-width=\"1.5\" stroke-dasharray=\"2 8\" stroke-linecap=\"round\"{attributes}>{inner}</rect>"
        )
    };
    svg.push_str(&path(" class=\"wheel-still\"", ""));
    let seconds = (SECONDS / turns.max(0.05) / 8.0).clamp(0.6, 6.0);
    let inner = format!(
        "<animate attributeName=\"stroke-dashoffset\" from=\"20\" to=\"0\" dur=\"{seconds:.1}s\" repeatCount=\"indefinite\"/>"
    );
    svg.push_str(&path(" class=\"wheel-spin\"", &inner));
    let ((right, bottom), middle) = ((left + width, top + height), width / plan.columns as f64);
    for column in 1..plan.columns {
        let x = left + (column as f64 - 0.5) * middle + middle / 2.0;
        arrow(svg, (x, top), 90.0);
        arrow(svg, (width + 2.0 * left - x, bottom), 270.0);
    }
    for row in 1..rows {
        let y = plan.top + plan.cell.1 * row as f64 - 14.0;
        arrow(svg, (right, y), 180.0);
        arrow(svg, (left, y), 0.0);
    }
}

/// A small arrow on the belt that points so many degrees clockwise from up.
fn arrow(svg: &mut String, (x, y): (f64, f64), degrees: f64) {
    let _ = write!(
        svg,
        "<path d=\"M-5 4L0 -4L5 4Z\" fill=\"var(--axle-field)\" stroke=\"var(--tblr-bg-surface)\" stroke-width=\"5\" \
         paint-order=\"stroke\" transform=\"translate({x:.1} {y:.1}) rotate({degrees})\"/>"
    );
}

/// The steps, from the top on clockwise.
fn rim(svg: &mut String, wheel: &Wheel, plan: &Plan) {
    let middle = plan.radius - plan.thick / 2.0;
    let _ = write!(
        svg,
        "<circle r=\"{middle}\" fill=\"var(--tblr-bg-surface)\" stroke=\"var(--axle-soft)\" stroke-width=\"{}\"/>",
        plan.thick
    );
    let gaps: Vec<f64> = wheel.arcs.iter().map(|arc| LEAST_GAP + WHOLE_GAP * arc.friction.unwrap_or(0.0)).collect();
    let free = (360.0 - gaps.iter().sum::<f64>() - LEAST_ARC * wheel.arcs.len() as f64).max(0.0);
    let whole: u64 = wheel.arcs.iter().map(|arc| arc.inside).sum();
    let mut at = gaps.last().copied().unwrap_or(0.0) / 2.0;
    for (number, (arc, gap)) in wheel.arcs.iter().zip(&gaps).enumerate() {
        let part = if whole > 0 { arc.inside as f64 / whole as f64 } else { 1.0 / wheel.arcs.len() as f64 };
        let width = LEAST_ARC + free * part;
        sector(svg, arc, number + 1, (at, width), plan);
        at += width + gap;
    }
}

fn sector(svg: &mut String, arc: &Arc, number: usize, (at, width): (f64, f64), plan: &Plan) {
    let middle = plan.radius - plan.thick / 2.0;
    let words = escaped(&arc.words);
    let _ = write!(
        svg,
        "<a class=\"wheel-step\" href=\"{}\" aria-label=\"{words}\">\
         <path d=\"{}\" fill=\"none\" stroke=\"var(--axle-series-{})\" stroke-width=\"{}\"{}/>",
        escaped(&arc.link.to_string()),
        curve(middle, at, width),
        arc.color,
        plan.thick,
        if arc.inside == 0 { " stroke-opacity=\".45\"" } else { "" }
    );
    if arc.late > 0 && arc.inside > 0 {
        let late = width * arc.late as f64 / arc.inside as f64;
        let _ = write!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"var(--axle-problem)\" stroke-width=\"4\"/>",
            curve(plan.radius - plan.thick - 4.0, at, late)
        );
    }
    if arc.is_next {
        let _ = write!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"var(--tblr-body-color)\" stroke-width=\"3\"/>",
            curve(plan.radius + 3.5, at, width)
        );
    }
    if width > 13.0 && arc.inside > 0 {
        let (x, y) = point(middle, at + width / 2.0);
        let _ = write!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{}\" font-weight=\"600\" fill=\"var(--tblr-bg-surface)\">{number}</text>",
            y + 4.0,
            plan.font - 1.5
        );
    }
    svg.push_str("</a>");
}

/// Spokes that turn, and the same at rest for those who want nothing to move; the units inside in the middle.
fn spokes(svg: &mut String, wheel: &Wheel, plan: &Plan) {
    let (from, to) = (plan.radius * 0.42, plan.radius - plan.thick - 10.0);
    let mut lines = String::new();
    for spoke in 0..8 {
        let ((x1, y1), (x2, y2)) = (point(from, f64::from(spoke) * 45.0), point(to, f64::from(spoke) * 45.0));
        let _ = write!(lines, "M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}");
    }
    let line = format!(
        "<path d=\"{lines}\" stroke=\"var(--tblr-border-color)\" stroke-width=\"2\" stroke-linecap=\"round\"/>"
    );
    let _ = write!(svg, "<g class=\"wheel-still\">{line}</g><g class=\"wheel-spin\">{line}");
    if wheel.turns_per_week > 0.0 {
        let _ = write!(
            svg,
            "<animateTransform attributeName=\"transform\" type=\"rotate\" from=\"0\" to=\"360\" dur=\"{:.1}s\" repeatCount=\"indefinite\"/>",
            (SECONDS / wheel.turns_per_week).clamp(3.0, 480.0)
        );
    }
    let _ = write!(
        svg,
        "</g><text y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{}\" font-weight=\"600\" fill=\"var(--tblr-body-color)\">{}</text>\
         <text y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{}\" fill=\"var(--tblr-secondary)\">inside</text>",
        plan.font * 0.35,
        plan.font * 1.6,
        crate::format::count(i64::try_from(wheel.inside).unwrap_or(i64::MAX)),
        plan.font * 1.4,
        plan.font - 2.0
    );
}

fn names(svg: &mut String, wheel: &Wheel, plan: &Plan) {
    let mut y = plan.radius + 14.0 + plan.font;
    let _ = write!(svg, "<a class=\"wheel-name\" href=\"{}\">", escaped(&wheel.link.to_string()));
    for line in lines(&wheel.title, (plan.cell.0 / plan.font / 0.56) as usize).iter().take(2) {
        let _ = write!(
            svg,
            "<text y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"{}\" font-weight=\"600\" fill=\"var(--tblr-body-color)\"{HALO}>{}</text>",
            plan.font,
            escaped(line)
        );
        y += plan.font * 1.25;
    }
    svg.push_str("</a>");
    for note in &wheel.notes {
        let _ = write!(
            svg,
            "<text y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"{}\" fill=\"var(--tblr-secondary)\"{HALO}>{}</text>",
            plan.font - 1.0,
            escaped(note)
        );
        y += plan.font * 1.25;
    }
}

/// Words in lines of so many letters at most.
fn lines(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A point of a circle, so many degrees clockwise from the top.
fn point(radius: f64, degrees: f64) -> (f64, f64) {
    let angle = degrees * PI / 180.0;
    (radius * angle.sin(), -radius * angle.cos())
}

fn curve(radius: f64, at: f64, width: f64) -> String {
    let width = width.min(359.9);
    let ((x1, y1), (x2, y2)) = (point(radius, at), point(radius, at + width));
    format!("M{x1:.2} {y1:.2}A{radius} {radius} 0 {} 1 {x2:.2} {y2:.2}", u8::from(width > 180.0))
}

fn escaped(text: &str) -> String {
    let clean = crate::format::clean(text);
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_go_round_the_picture_clockwise() {
        let of = |columns| (0..6).map(|place| cell(place, 6, columns)).collect::<Vec<_>>();
        assert_eq!(of(3), [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]);
        assert_eq!(of(2), [(0, 0), (1, 0), (1, 1), (1, 2), (0, 2), (0, 1)]);
        assert_eq!(cell(6, 7, 3), (0, 2), "what makes no full rows is a plain list");
    }

    #[test]
    fn a_quarter_from_the_top_ends_at_the_right() {
        assert_eq!(curve(10.0, 0.0, 90.0), "M0.00 -10.00A10 10 0 0 1 10.00 -0.00");
    }

    #[test]
    fn titles_break_between_words() {
        assert_eq!(lines("Questions and knowledge sharing", 22), ["Questions and", "knowledge sharing"]);
    }
}
