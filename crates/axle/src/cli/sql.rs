//! `axle sql`: any read-only question.

use axle_app::{AppError, figures, score};
use clap::Args;

use super::Arguments;
use crate::output::print_rows;
use crate::wiring::now;

/// Asks the public tables: activities, identities, members, organizations, channels, threads, deals, tickets, …
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// One statement; instants are UTC
    query: String,
    /// At most so many rows
    #[arg(long, default_value_t = 10_000)]
    limit: usize,
}

impl Sql {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        if arguments.as_of.is_some() {
            let told = "`axle sql` answers from what is known now: leave out --as-of, and say `where occurred_at <= …`";
            return Err(AppError::Invalid(told.into()).into());
        }
        let workspace = arguments.open().await?;
        score::rescore(&workspace, now()).await?;
        let table = figures::sql_with_scores(&workspace, &self.query, self.limit, now()).await?;
        print_rows(arguments.format, &table)?;
        if table.truncated {
            eprintln!("axle: only the first {} rows are shown: raise --limit for more", self.limit);
        }
        Ok(())
    }
}
