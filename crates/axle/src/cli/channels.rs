//! `axle channels`: the rooms of the sources, and which of them are for questions.

use axle_app::sources;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};

/// Rooms, categories and repositories; which of them are for questions
#[derive(Debug, Subcommand)]
pub(crate) enum Channels {
    /// Every channel
    List,
    /// Says whether threads of a channel are questions
    Qa {
        /// As in the list
        channel: u32,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
}

impl Channels {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        if let Self::Qa { channel, state } = self {
            sources::set_qa(&workspace, *channel, state == "on", arguments.by()).await?;
        }
        let channels = sources::channels(&workspace).await?;
        let mut listing = Listing::new(&["channel", "source", "name", "kind", "questions"]);
        for channel in &channels {
            listing.row([
                json!(channel.channel_id),
                json!(channel.source),
                json!(channel.name),
                json!(channel.kind),
                json!(channel.is_qa),
            ]);
        }
        print(arguments.format, &listing, &channels)
    }
}
