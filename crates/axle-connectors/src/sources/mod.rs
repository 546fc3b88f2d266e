//! The register of sources, in the order in which people meet them.

use crate::Source;

pub mod discourse;
pub mod git;
pub mod github;
pub mod icalendar;
pub mod interchange;
pub mod mail;
pub mod stack_exchange;

/// Every source. Detection asks them all; the surest wins.
pub const SOURCES: &[&dyn Source] = &[
    &discourse::Discourse,
    &stack_exchange::StackExchange,
    &mail::Mail,
    &git::Git,
    &github::GitHub,
    &icalendar::ICalendar,
    &interchange::Interchange,
];

/// The source of that format name.
pub fn source(format: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.format() == format)
}
