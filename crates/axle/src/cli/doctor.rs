//! `axle doctor`: whether a workspace is sound, and what to do where it is not.

use anyhow::bail;
use axle_app::doctor::{self, Health};
use clap::Args;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Looks whether the workspace is sound, and says what to do where it is not
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    /// Fails when something does not work; what somebody should only look at is no failure.
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let found = doctor::look(&workspace, now()).await?;
        let mut listing = Listing::new(&["part", "health", "found", "advice"]);
        for finding in &found {
            listing.row([json!(finding.part), json!(finding.health), json!(finding.found), json!(finding.advice)]);
        }
        print(arguments.format, &listing, &found)?;
        match found.iter().filter(|finding| finding.health == Health::Fault).count() {
            0 => Ok(()),
            1 => bail!("there is a fault: its advice says what to do"),
            many => bail!("there are {many} faults: their advice says what to do"),
        }
    }
}
