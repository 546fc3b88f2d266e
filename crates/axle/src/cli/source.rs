//! `axle source`: where activities come from.

use axle_app::sources;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};

/// Where activities come from
#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// Every source with its last import
    List,
    /// Every format that `axle import` reads
    Formats,
}

impl Source {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::List => {
                let workspace = arguments.open().await?;
                let sources = sources::list(&workspace).await?;
                let mut listing = Listing::new(&["source", "format", "last import", "imports"]);
                for source in &sources {
                    listing.row([
                        json!(source.name),
                        json!(source.format),
                        json!(source.last_import_at),
                        json!(source.runs),
                    ]);
                }
                print(arguments.format, &listing, &sources)
            }
            Self::Formats => {
                let formats = sources::formats();
                let mut listing = Listing::new(&["format", "reads", "recognized by"]);
                for format in &formats {
                    listing.row([json!(format.format), json!(format.title), json!(format.looked_for)]);
                }
                print(arguments.format, &listing, &formats)
            }
        }
    }
}
