//! `axle champions`: who holds a role, how they fare, and what they were told.

use axle_app::{champions, figures};
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Champions: their roles, their rhythm against their own before, and what they wait to hear
#[derive(Debug, Subcommand)]
pub(crate) enum Champions {
    /// Everybody who holds a role, those who fell silent first
    List,
}

impl Champions {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let Self::List = self;
        let workspace = arguments.open().await?;
        let list = champions::list(&workspace, now()).await?;
        let names = figures::sql(&workspace, "select member_id, name from members", usize::MAX, now()).await?;
        let name = |id: &str| names.rows.iter().find(|row| row[0] == id).map(|row| row[1].clone());
        let mut listing = Listing::new(&["member", "name", "roles", "state", "feedback", "not told yet"]);
        for one in &list {
            let roles: Vec<String> = one.roles.iter().map(|held| held.role.replace('_', " ")).collect();
            listing.row([
                json!(one.member_id),
                json!(name(&one.member_id)),
                json!(roles.join(", ")),
                json!(one.attention()),
                json!(one.feedback),
                json!(one.feedback_waiting),
            ]);
        }
        print(arguments.format, &listing, &list)
    }
}
