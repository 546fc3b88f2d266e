//! The register of sources, in the order in which people meet them.

use crate::Source;

pub mod attendance;
pub mod git;
pub mod github;
pub mod icalendar;
pub mod interchange;
pub mod table;

/// Every source. Detection asks them all; the surest wins.
pub const SOURCES: &[&dyn Source] = &[
    &interchange::Interchange,
    &git::Git,
    &github::GitHub,
    &icalendar::ICalendar,
    &attendance::Attendance,
    &table::Table,
];

/// The source of that format name.
pub fn source(format: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.format() == format)
}
