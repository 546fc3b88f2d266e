//! `axle import`: from an export to the record.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use axle_app::import::{self, ImportOptions, ImportReceipt};
use axle_app::score;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::Arguments;
use crate::output::{Format, Listing, print, print_json};
use crate::wiring::now;

/// Reads exports into the workspace. Reading one twice changes nothing
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files, archives or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Read as this format, whatever it looks like
    #[arg(long = "as", value_name = "FORMAT")]
    read_as: Option<String>,
    /// Name of the source; the format's name unless given. Two communities on one platform need two names
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Read and understand, store nothing
    #[arg(long)]
    dry_run: bool,
    /// Records stored in one transaction: fewer need less memory and more time
    #[arg(long, value_name = "N", default_value_t = import::RECORDS_PER_BATCH)]
    batch_records: NonZeroUsize,
}

impl Import {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        // Everything is recognized before anything is stored.
        let mut inputs = Vec::new();
        for path in &self.paths {
            inputs.extend(import::recognize(path, self.read_as.as_deref())?);
        }
        let workspace = arguments.open_or_make().await?;
        let options = ImportOptions {
            format: self.read_as.clone(),
            source: self.source.clone(),
            dry_run: self.dry_run,
            records_per_batch: Some(self.batch_records),
        };
        let mut receipts = Vec::new();
        for recognized in inputs {
            let bar = progress_bar(recognized.source.title());
            let on_progress = |done: u64, total: u64| {
                bar.set_length(total);
                bar.set_position(done);
            };
            let receipt = import::import(&workspace, recognized, &options, now, &on_progress).await;
            bar.finish_and_clear();
            let receipt = receipt?;
            if let Some(reason) = &receipt.incomplete {
                eprintln!(
                    "axle: {} is cut off or damaged. The {} records before the damage are kept; the rest is missing: \
                     export, download or copy it again, and import it again.\n  {reason}",
                    receipt.path, receipt.read
                );
            }
            if arguments.format != Format::Json {
                show(arguments.format, &receipt)?;
            }
            receipts.push(receipt);
        }
        if !self.dry_run {
            let bar = ProgressBar::new_spinner().with_message("scoring members");
            bar.enable_steady_tick(Duration::from_millis(120));
            score::rescore(&workspace, now()).await?;
            bar.finish_and_clear();
        }
        if arguments.format == Format::Json {
            match receipts.as_slice() {
                [receipt] => print_json(receipt)?,
                receipts => print_json(&receipts)?,
            }
        }
        match receipts.iter().find(|receipt| receipt.read > 0 && receipt.rejected == receipt.read) {
            Some(receipt) => anyhow::bail!(nothing_understood(receipt)),
            None => Ok(()),
        }
    }
}

/// What to say of an import of which no record was understood.
fn nothing_understood(receipt: &ImportReceipt) -> String {
    let place = receipt.rejects_file.as_ref().map(|path| path.display().to_string());
    let first = place.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    let reason = first.and_then(|text| {
        let line: Value = serde_json::from_str(text.lines().next()?).ok()?;
        Some(line.get("reason")?.as_str()?.to_owned())
    });
    let mut told = format!("{}: none of its {} records was understood", receipt.path, receipt.read);
    if let Some(reason) = reason {
        told.push_str(&format!("; the first: {reason}"));
    }
    if let Some(place) = place {
        told.push_str(&format!("; all reasons stand in {place}"));
    }
    told
}

fn progress_bar(title: &str) -> ProgressBar {
    // Hidden where standard error is no terminal.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(format!("reading {title}"))
}

fn show(format: Format, receipt: &ImportReceipt) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["import receipt", ""]);
    let mut put = |name: &str, value: Value| listing.row([json!(name), value]);
    put("file", json!(receipt.path));
    put(
        "source",
        json!(format!(
            "{} ({}){}",
            receipt.source,
            receipt.format,
            if receipt.dry_run { ", trial: nothing stored" } else { "" }
        )),
    );
    put("records read", json!(receipt.read));
    // A trial does not look what is known already.
    if receipt.dry_run {
        put("  would be stored, or are known already", json!(receipt.stored));
    } else {
        put("  stored", json!(receipt.stored));
        put("  unchanged", json!(receipt.unchanged));
    }
    put("  rejected", json!(receipt.rejected));
    if let Some(path) = &receipt.rejects_file {
        put("  rejects in", json!(path.display().to_string()));
    }
    for (kind, count) in &receipt.described {
        put(&format!("{kind} records"), json!(count));
    }
    if receipt.described_rejected > 0 {
        put("  of these rejected", json!(receipt.described_rejected));
    }
    if !receipt.dry_run {
        put("new or changed activities", json!(receipt.activities));
        put("new identities", json!(receipt.identities));
        put("new members", json!(receipt.members_new));
    }
    if let Some(change) = receipt.change_id {
        put("pairs of members joined", json!(receipt.members_joined));
        put("pairs of members parted", json!(receipt.members_parted));
        put("undone by", json!(format!("axle identities undo {change}")));
    }
    if receipt.deleted > 0 {
        put("deleted at the source", json!(receipt.deleted));
    }
    if receipt.restored > 0 {
        put("found again", json!(receipt.restored));
    }
    for (what, counts) in [("activities read, by type", &receipt.by_type), ("facts read, by type", &receipt.facts)] {
        if !counts.is_empty() {
            put(what, Value::Null);
        }
        for (key, count) in counts {
            put(&format!("  {key}"), json!(count));
        }
    }
    if let (Some(from), Some(to)) = (receipt.from, receipt.to) {
        put("from, to", json!(format!("{from} to {to}")));
    }
    for warning in &receipt.warnings {
        put("warning", json!(warning));
    }
    if let Some(reason) = &receipt.incomplete {
        put("incomplete", json!(reason));
    }
    put("seconds", json!((receipt.seconds * 100.0).round() / 100.0));
    print(format, &listing, receipt)
}
