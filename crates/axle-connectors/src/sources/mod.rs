//! The register of sources, in the order in which people meet them.

use crate::Source;

pub mod attendance;
mod chat;
pub mod discord;
pub mod discord_csv;
pub mod discourse;
pub mod git;
pub mod github;
pub mod icalendar;
pub mod interchange;
pub mod mail;
pub mod slack;
pub mod slack_events;
pub mod stack_exchange;
pub mod table;
pub mod zulip;

/// Every source. Detection asks them all; the surest wins.
pub const SOURCES: &[&dyn Source] = &[
    &slack::Slack,
    &slack_events::SlackEvents,
    &discord::Discord,
    &discord_csv::DiscordCsv,
    &zulip::Zulip,
    &discourse::Discourse,
    &stack_exchange::StackExchange,
    &mail::Mail,
    &git::Git,
    &github::GitHub,
    &icalendar::ICalendar,
    &attendance::Attendance,
    &table::Table,
    &interchange::Interchange,
];

/// The source of that format name.
pub fn source(format: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.format() == format)
}
