//! `axle report`: the report as it is told to others, and those that were.

use axle_app::glance::{Glances, Window};
use axle_app::{published_reports as app, score};
use clap::Subcommand;
use jiff::civil::Date;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print, print_fields};
use crate::wiring::now;

/// The report that is told to others
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Keeps the report under a number, as it is told to others now
    Publish {
        /// week, month, quarter or year
        #[arg(long, default_value = "month")]
        grain: String,
        /// A day of the first period that is left out; that of now unless given
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
    },
    /// Reports that were published, the newest first
    Published,
}

impl Report {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        match self {
            Self::Publish { grain, to } => {
                score::rescore(&workspace, now()).await?;
                let as_of = arguments.as_of(&workspace).await?;
                let window = Window::asked(&workspace, grain, *to, as_of, now()).await?;
                let glances = Glances::default().by_look(&workspace, app::looks(), window, now(), false).await?;
                let number = app::publish(&workspace, &arguments.user, window, &glances, now()).await?;
                print_fields(arguments.format, &json!({ "number": number }))
            }
            Self::Published => {
                let all = app::list(&workspace, app::MOST_LISTED).await?;
                let mut listing = Listing::new(&["number", "grain", "to", "as_of", "published_by", "published_at"]);
                for one in &all {
                    listing.row([
                        json!(one.number),
                        json!(one.window.grain),
                        json!(one.window.to),
                        json!(one.window.as_of),
                        json!(one.published_by),
                        json!(one.published_at),
                    ]);
                }
                print(arguments.format, &listing, &all)
            }
        }
    }
}
