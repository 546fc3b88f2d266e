//! `axle tasks`: what the flywheels ask people to do.

use axle_app::flywheels;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// What there is to do for people
#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// Everything that is wanted now, soonest due first
    List {
        /// Only what this role is asked to do
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
    },
}

impl Tasks {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let Self::List { role } = self;
        let workspace = arguments.open().await?;
        let mut tasks = flywheels::evaluate(&workspace, arguments.as_of.unwrap_or_else(now)).await?.tasks();
        tasks.retain(|wanted| role.as_ref().is_none_or(|role| wanted.task.role == *role));
        let mut listing = Listing::new(&["due", "what", "role", "member", "run"]);
        for wanted in &tasks {
            listing.row([
                json!(wanted.task.due_at),
                json!(wanted.task.title),
                json!(wanted.task.role),
                json!(wanted.member_id),
                json!(wanted.run_id),
            ]);
        }
        print(arguments.format, &listing, &tasks)
    }
}
