//! `axle channels`: the rooms of the sources, which of them are for questions, and which are private.

use axle_app::audit::Actor;
use axle_app::sources;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Rooms, categories and repositories; which of them are for questions, and which are private
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
    /// Says that what is said in a channel is not public: sales reads it with a consent that covers it, and not else
    Private {
        /// As in the list
        channel: u32,
    },
    /// Says that what is said in a channel is public, whatever its kind or its source says
    Public {
        /// As in the list
        channel: u32,
    },
}

impl Channels {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let actor = Actor::of(&arguments.user);
        match self {
            Self::List => {}
            Self::Qa { channel, state } => {
                sources::set_qa(&workspace, *channel, state == "on", arguments.by()).await?;
            }
            Self::Private { channel } => sources::set_private(&workspace, *channel, true, actor, now()).await?,
            Self::Public { channel } => sources::set_private(&workspace, *channel, false, actor, now()).await?,
        }
        arguments.hint_import(&workspace).await?;
        let channels = sources::channels(&workspace).await?;
        let mut listing = Listing::new(&["channel", "source", "name", "kind", "questions", "private"]);
        for channel in &channels {
            listing.row([
                json!(channel.channel_id),
                json!(channel.source),
                json!(channel.name),
                json!(channel.kind),
                json!(channel.is_qa),
                json!(channel.is_private),
            ]);
        }
        print(arguments.format, &listing, &channels)
    }
}
