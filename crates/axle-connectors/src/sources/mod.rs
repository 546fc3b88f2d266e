//! The register of sources, in the order in which people meet them.

use crate::Source;

mod chat;
pub mod discord;
pub mod discord_csv;
pub mod interchange;
pub mod slack;
pub mod slack_events;
pub mod zulip;

/// Every source. Detection asks them all; the surest wins.
pub const SOURCES: &[&dyn Source] = &[
    &interchange::Interchange,
    &slack::Slack,
    &slack_events::SlackEvents,
    &discord::Discord,
    &discord_csv::DiscordCsv,
    &zulip::Zulip,
];

/// The source of that format name.
pub fn source(format: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.format() == format)
}
