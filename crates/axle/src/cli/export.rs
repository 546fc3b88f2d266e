//! `axle export`: everything as interchange files.

use std::path::PathBuf;

use axle_app::export;
use clap::Args;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};

/// Everything that interchange can say, as files: `axle import` of the folder into an empty workspace gives equal figures
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The folder to write; it is empty or not there yet
    folder: PathBuf,
}

impl Export {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let receipt = export::write(&workspace, &self.folder).await?;
        let mut listing = Listing::new(&["type", "lines"]);
        for (name, lines) in &receipt.lines {
            listing.row([json!(name), json!(lines)]);
        }
        print(arguments.format, &listing, &receipt)?;
        eprintln!(
            "Days begin in {zone}: set `axle settings time-zone {zone}` where it is imported.",
            zone = receipt.time_zone
        );
        if !receipt.left_out.is_empty() {
            let told: Vec<String> = receipt.left_out.iter().map(|(what, count)| format!("{count} {what}")).collect();
            eprintln!("Interchange cannot say, and `axle backup` keeps: {}.", told.join("; "));
        }
        Ok(())
    }
}
