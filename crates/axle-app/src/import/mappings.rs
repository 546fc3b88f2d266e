//! Tables of different systems in one source: what the receipt says of it.

use std::collections::BTreeSet;

use axle_store::{import_run, source};
use serde::Deserialize;

use crate::{AppResult, Workspace};

/// What is read of an earlier receipt.
#[derive(Deserialize)]
struct Earlier {
    #[serde(default)]
    mappings: BTreeSet<String>,
}

/// A warning where tables of other mappings were read into the source before, and none of one of these: so once for each mapping.
pub(super) async fn warning(
    workspace: &Workspace,
    source: &str,
    mappings: &BTreeSet<String>,
) -> AppResult<Option<String>> {
    if mappings.is_empty() {
        return Ok(None);
    }
    let db = workspace.db();
    let Some(row) = source::summaries(db).await?.into_iter().find(|row| row.name == source) else { return Ok(None) };
    let receipts =
        import_run::newest(db, Some(row.source_id), u32::MAX).await?.into_iter().filter_map(|run| run.receipt);
    let earlier = receipts.filter_map(|receipt| serde_json::from_str::<Earlier>(&receipt).ok());
    let known: BTreeSet<String> = earlier.flat_map(|earlier| earlier.mappings).collect();
    if known.is_empty() || mappings.is_subset(&known) {
        return Ok(None);
    }
    let others: Vec<&str> = known.difference(mappings).map(String::as_str).collect();
    let others = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    Ok(Some(format!(
        "The source {source} has tables of another mapping{others}. Tables of different systems want a name each, such as \
         `axle import PATH --source crm`."
    )))
}
