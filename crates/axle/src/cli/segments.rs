//! `axle segments`: the column files, which can be checked and made anew at any time.

use anyhow::bail;
use axle_app::refresh;
use clap::Subcommand;

use super::Arguments;

/// The column files that figures are computed from
#[derive(Debug, Subcommand)]
pub(crate) enum Segments {
    /// Check every file against its hash and the record
    Verify,
    /// Throw them away and make them anew from the record
    Rebuild,
    /// Write what is only in memory to a file
    Compact,
}

impl Segments {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        match self {
            Self::Verify => {
                let faults = refresh::verify(&workspace).await?;
                if !faults.is_empty() {
                    bail!("{}\nrun `axle segments rebuild`", faults.join("\n"));
                }
                eprintln!("every segment is whole");
            }
            Self::Rebuild => {
                refresh::rebuild(&workspace).await?;
                refresh::compact_now(&workspace).await?;
                eprintln!("the segments are new");
            }
            Self::Compact => refresh::compact_now(&workspace).await?,
        }
        Ok(())
    }
}
