//! One import: how far it is while it runs, and its receipt when it is done.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::filters;
use crate::format::{self, Clock};
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::sources::ImportState;

/// `GET /{workspace}/imports/{import_id}`
#[derive(Debug, Clone, Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// How far it is.
    pub progress: ImportProgress,
    /// What came of it, when it is over.
    pub receipt: Option<ImportReceipt>,
    /// The first records that were refused.
    pub rejects: Vec<Reject>,
    /// All of them as a file.
    pub rejects_link: Link,
}

/// The part that a running import replaces every second: `GET …/imports/{import_id}/progress`.
/// When it is over, the answer should carry `HX-Refresh: true`, so that the receipt appears.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/progress.html")]
pub struct ImportProgress {
    /// Where this part is fetched from.
    pub link: Link,
    /// The source it fills.
    pub source: String,
    /// The file it reads.
    pub file: String,
    /// How far it is.
    pub state: ImportState,
    /// What it does now: `Reading records`.
    pub phase: String,
    /// Bytes read of the file.
    pub bytes_read: u64,
    /// The file's size; `None` while it is not known.
    pub bytes_total: Option<u64>,
    /// Records read.
    pub read: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it stopped.
    pub finished_at: Option<Timestamp>,
    /// Why it stopped and what to change, when it failed.
    pub problem: Option<String>,
    /// The page's instant and zone.
    pub clock: Clock,
}

impl HtmlSafe for ImportProgress {}

impl ImportProgress {
    fn elapsed(&self) -> String {
        let end = self.finished_at.unwrap_or(self.clock.now);
        format::duration((end.as_millisecond() - self.started_at.as_millisecond()).max(0) as f64 / 1_000.0)
    }
}

/// What came of an import: `read = stored + unchanged + rejected`.
#[derive(Debug, Clone)]
pub struct ImportReceipt {
    /// The format it was read as.
    pub format: String,
    /// Records in the export, as its platform counts them.
    pub read: u64,
    /// New or changed.
    pub stored: u64,
    /// Known already.
    pub unchanged: u64,
    /// Not understood.
    pub rejected: u64,
    /// Activities made.
    pub activities: u64,
    /// Identities seen.
    pub identities: u64,
    /// Members seen for the first time.
    pub members_new: u64,
    /// Pairs of members known before whom it showed to be one person.
    pub members_joined: u64,
    /// Pairs of members whom it showed to be two.
    pub members_parted: u64,
    /// Activities that were found deleted at their source.
    pub deleted: u64,
    /// Activities that were taken for deleted before, and are there.
    pub restored: u64,
    /// What to know before trusting the result.
    pub warnings: Vec<String>,
    /// The first and latest activity.
    pub covers: Option<(Timestamp, Timestamp)>,
    /// Activities by type, most first.
    pub by_type: Vec<(String, u64)>,
}

/// Types that are shown without asking.
const TYPES: usize = 8;

impl ImportReceipt {
    /// The types with most activities.
    fn most(&self) -> &[(String, u64)] {
        &self.by_type[..self.by_type.len().min(TYPES)]
    }

    /// The other types.
    fn others(&self) -> &[(String, u64)] {
        &self.by_type[self.by_type.len().min(TYPES)..]
    }
}

/// A record that was refused.
#[derive(Debug, Clone)]
pub struct Reject {
    /// Where it stands in the export: `messages.json:118`.
    pub place: String,
    /// Why.
    pub reason: String,
    /// How it begins.
    pub excerpt: String,
}
