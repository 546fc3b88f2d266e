//! Sources: where activities come from, whether they are fresh, and a place to drop an export.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;

/// `GET /{workspace}/sources`
#[derive(Debug, Clone, Template)]
#[template(path = "sources.html")]
pub struct SourcesPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The sources, those that need a person first.
    pub sources: Vec<SourceLine>,
    /// The newest imports, newest first.
    pub imports: Vec<ImportLine>,
    /// The upload form, with what was typed when it failed.
    pub upload: UploadForm,
}

/// One source.
#[derive(Debug, Clone)]
pub struct SourceLine {
    /// Its page.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// The kind of export it is read from.
    pub format: String,
    /// Its latest import.
    pub latest: Option<ImportLine>,
    /// Records stored in all.
    pub records: u64,
    /// Activities made from them.
    pub activities: u64,
    /// Members who take part there.
    pub members: u64,
    /// Of what the source counts itself, the share that is stored, in words; `None` when it counts nothing.
    pub reconciled: Option<String>,
    /// Its first and latest activity.
    pub covers: Option<(Timestamp, Timestamp)>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Waiting or at work.
    Running,
    /// Finished.
    Done,
    /// Stopped; what was stored stays.
    Failed,
}

/// One import, in a line.
#[derive(Debug, Clone)]
pub struct ImportLine {
    /// Its page.
    pub link: Link,
    /// The source it fills.
    pub source: String,
    /// The file it reads.
    pub file: String,
    /// How far it is.
    pub state: ImportState,
    /// Records read.
    pub read: u64,
    /// Records that were new.
    pub stored: u64,
    /// Records that were understood by nobody.
    pub rejected: u64,
    /// When it finished, or began while it runs.
    pub at: Timestamp,
}

/// The form that takes an export.
#[derive(Debug, Clone, Default)]
pub struct UploadForm {
    /// The formats that can be chosen by hand: value and label. Otherwise the format is detected.
    pub formats: Vec<(String, String)>,
    /// The format chosen.
    pub format: String,
    /// The name given to the source.
    pub source: String,
    /// The largest file taken, in bytes.
    pub limit: u64,
    /// What is wrong, and what to change.
    pub problem: Option<String>,
}
