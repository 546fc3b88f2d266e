//! `axle source`: where activities come from.

use axle_app::{reconcile, sources};
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
    /// What sources count themselves, beside what is stored: by activity type and month
    ///
    /// Exports of forums, chats and Q&A sites say how many replies a thread has and how many reactions a message. A
    /// month is that in which the thread or message began.
    Reconcile {
        /// Only this source
        source: Option<String>,
        /// Threads and messages whose counts differ, instead of months
        #[arg(long)]
        differing: bool,
    },
}

impl Source {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::List => {
                let workspace = arguments.open().await?;
                let sources = sources::list(&workspace).await?;
                arguments.hint_import(&workspace).await?;
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
            Self::Reconcile { source, differing } => {
                let workspace = arguments.open().await?;
                let found = match source {
                    Some(source) => reconcile::one(&workspace, source).await?,
                    None => reconcile::all(&workspace).await?,
                };
                if *differing {
                    let mut listing = Listing::new(&["source", "type", "of", "began", "counted", "stored"]);
                    for place in &found.differing {
                        listing.row([
                            json!(place.source),
                            json!(place.activity_type),
                            json!(place.of),
                            json!(place.at),
                            json!(place.counted),
                            json!(place.stored),
                        ]);
                    }
                    return print(arguments.format, &listing, &found.differing);
                }
                let columns = ["source", "type", "month", "counted", "stored", "missing", "surplus"];
                let mut listing = Listing::new(&columns);
                for row in &found.months {
                    listing.row([
                        json!(row.source),
                        json!(row.activity_type),
                        json!(row.month.strftime("%Y-%m").to_string()),
                        json!(row.counts.counted),
                        json!(row.counts.stored),
                        json!(row.counts.missing),
                        json!(row.counts.surplus),
                    ]);
                }
                print(arguments.format, &listing, &found.months)
            }
        }
    }
}
