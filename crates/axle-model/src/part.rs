//! Parts of exports: what an export shows whole, so that what an older one had there and a newer one lacks was deleted.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ActivityType;

/// What one export shows of one channel or thread, or of several, from the first to the last activity that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The export that it belongs to, since one input may hold several: the folder in which that stands.
    pub export: String,
    /// What tells it from the export's other parts: a file, or a channel's folder.
    pub name: String,
    /// When the export was made, where it says so; otherwise the newest instant in it stands for that.
    pub as_of: Option<Timestamp>,
    /// How much of a channel it shows.
    pub extent: Extent,
}

/// How much of a channel a part shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extent {
    /// The channel with its threads.
    Channel,
    /// The channel without its threads.
    OutsideThreads,
    /// One thread.
    Thread,
}

/// That a record stands in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPart {
    /// Which one. Records of one part share it.
    pub part: Arc<Part>,
    /// The activity types of which this record would tell, had there been any. A part shows the types of which all of
    /// its records do.
    pub types: &'static [ActivityType],
}
