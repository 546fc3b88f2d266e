//! `axle backup` and `axle restore`: a workspace as one file, and a workspace made of one.

use std::path::PathBuf;

use axle_app::{backup, refresh};
use clap::Args;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};

/// A copy of the workspace as one file, whether or not it is being served
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; it must not be there yet
    file: PathBuf,
}

/// A workspace made of a backup: one that is not there yet
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file that `axle backup` wrote
    file: PathBuf,
}

impl Backup {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let bytes = backup::write(&workspace, &self.file).await?;
        let file = self.file.display().to_string();
        let mut listing = Listing::new(&["workspace", "file", "bytes"]);
        listing.row([json!(workspace.slug()), json!(file), json!(bytes)]);
        print(arguments.format, &listing, &json!({"workspace": workspace.slug(), "file": file, "bytes": bytes}))
    }
}

impl Restore {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        backup::restore(&arguments.data, &arguments.workspace, &self.file).await?;
        let workspace = arguments.open_or_make().await?;
        refresh::rebuild(&workspace).await?;
        refresh::compact_now(&workspace).await?;
        let file = self.file.display().to_string();
        let mut listing = Listing::new(&["workspace", "file"]);
        listing.row([json!(workspace.slug()), json!(file)]);
        print(arguments.format, &listing, &json!({"workspace": workspace.slug(), "file": file}))
    }
}
