//! `axle sql`: any read-only question.

use axle_app::{AppError, figures, score};
use clap::Args;
use serde_json::{Map, Value};

use super::Arguments;
use crate::output::{Format, print_csv, print_json, print_table};
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
        match arguments.format {
            Format::Table => print_table(&table.columns, &table.rows)?,
            Format::Csv => print_csv(&table.columns, &table.rows)?,
            Format::Json => {
                let rows: Vec<Map<String, Value>> = table
                    .rows
                    .iter()
                    .map(|row| table.columns.iter().cloned().zip(row.iter().cloned()).collect())
                    .collect();
                print_json(&rows)?;
            }
        }
        if table.truncated {
            eprintln!("axle: only the first {} rows are shown: raise --limit for more", self.limit);
        }
        Ok(())
    }
}
