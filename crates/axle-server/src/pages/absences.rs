//! When a member is away: a part of their page.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::filters;
use crate::link::Link;
use crate::pages::typed::Typed;

/// The absences of a member, and the form that records one.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/absences.html")]
pub struct Absences {
    /// The latest first.
    pub lines: Vec<AbsenceLine>,
    /// Where the form goes; `None` for who may not record.
    pub say: Option<Link>,
    /// The token that the form sends back.
    pub csrf: String,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl HtmlSafe for Absences {}

/// One absence.
#[derive(Debug, Clone)]
pub struct AbsenceLine {
    /// `6 Jul 2026 to 24 Jul 2026`: the first day and the last.
    pub days: String,
    /// Why, who says so.
    pub why: String,
    /// It is over.
    pub is_past: bool,
    /// Its first day, for the button that calls it off; `None`: a source states it.
    pub off: Option<String>,
}
