//! One source: what it counts itself, beside what is stored.

use askama::Template;
use axle_app::reconcile::{Counts, Differing};

use crate::filters;
use crate::format;
use crate::pages::layout::Layout;

/// `GET /{workspace}/sources/fields`: what lines of interchange may hold.
#[derive(Debug, Clone, Template)]
#[template(path = "fields.html")]
pub struct FieldsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Every type of line, `activity` first.
    pub types: Vec<TypeOfLine>,
}

/// One type of line.
#[derive(Debug, Clone)]
pub struct TypeOfLine {
    /// The value of `type`.
    pub name: &'static str,
    /// The fields by which two lines are one thing.
    pub key: String,
    /// Name, whether it must be there, and what it holds.
    pub fields: Vec<(&'static str, bool, String)>,
}

/// `GET /{workspace}/sources/{source}/counts`
#[derive(Debug, Clone, Template)]
#[template(path = "source.html")]
pub struct SourcePage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The source's name.
    pub name: String,
    /// Of each activity type, by its key.
    pub types: Vec<(String, Counts)>,
    /// Months of types of which something is stored: how many the source counts.
    pub months: usize,
    /// Months that do not agree, the latest first: `March 2026`, the type's key, the counts.
    pub disagreeing: Vec<(String, String, Counts)>,
    /// Threads and messages that differ most.
    pub places: Vec<Differing>,
}

/// The share that is stored, in words; `–` when the source counts nothing.
pub fn share(counts: &Counts) -> String {
    counts.share().map_or_else(|| "–".to_owned(), |share| format::percent(share * 100.0))
}
