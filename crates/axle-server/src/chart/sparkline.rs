//! Sparklines: made on the server, without script or style.

use std::fmt::Write;

/// A small line from the oldest figure to the newest, on a scale of its own: it shows the course, the figure beside it the size.
/// Gaps stay gaps; the way into a running period is dashed; the newest figure has a dot.
pub fn sparkline(values: &[Option<f64>], partial: bool) -> String {
    const WIDTH: f64 = 120.0;
    const HEIGHT: f64 = 32.0;
    const EDGE: f64 = 3.0;
    let defined = || values.iter().flatten().copied();
    let (least, most) =
        defined().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    // At least a quarter of the size is spanned, so that noise does not look like news.
    let missing = (most.abs().max(least.abs()) * 0.25 - (most - least)).max(0.0);
    let (low, high) = (least - missing / 2.0, most + missing / 2.0);
    let place = |index: usize, value: f64| {
        let across = index as f64 / (values.len().max(2) - 1) as f64;
        let up = if high > low { (value - low) / (high - low) } else { 0.0 };
        (EDGE + across * (WIDTH - 2.0 * EDGE), HEIGHT - EDGE - up * (HEIGHT - 2.0 * EDGE))
    };
    let mut svg = format!("<svg class=\"spark\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\">");
    let solid = if partial { values.len().saturating_sub(1) } else { values.len() };
    let mut path = String::new();
    let mut pen_down = false;
    for (index, value) in values[..solid].iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let (x, y) = place(index, *value);
        let _ = write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" });
        pen_down = true;
    }
    let _ = write!(svg, "<path d=\"{path}\"/>");
    if let [.., Some(before), Some(last)] = values
        && partial
    {
        let ((x1, y1), (x2, y2)) = (place(values.len() - 2, *before), place(values.len() - 1, *last));
        let _ = write!(svg, "<path class=\"spark-partial\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>");
    }
    if let Some(Some(last)) = values.last() {
        let (x, y) = place(values.len() - 1, *last);
        let class = if partial { " class=\"spark-hollow\"" } else { "" };
        let _ = write!(svg, "<circle{class} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>");
    }
    svg.push_str("</svg>");
    svg
}
