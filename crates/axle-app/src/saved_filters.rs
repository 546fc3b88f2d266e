//! Filters of the member list that were given a name.

use axle_store::setting;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppError, AppResult, Workspace};

const SETTING: &str = "member_filters";
const MOST: usize = 50;

/// A filter with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// For people.
    pub name: String,
    /// Keys and values as in the list's address.
    pub filter: Vec<(String, String)>,
}

/// Every saved filter, by name.
pub async fn list(workspace: &Workspace) -> AppResult<Vec<SavedFilter>> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(Vec::new()) };
    serde_json::from_str(&value).map_err(|error| AppError::Internal(format!("the saved filters are damaged: {error}")))
}

/// Saves a filter; one of the same name is replaced.
pub async fn save(workspace: &Workspace, new: SavedFilter, by: &str, now: Timestamp) -> AppResult<()> {
    let name = new.name.trim().to_owned();
    if !(1..=80).contains(&name.chars().count()) {
        return Err(AppError::Invalid("a segment's name has 1 to 80 characters".into()));
    }
    if new.filter.is_empty() {
        return Err(AppError::Invalid("set a filter first, then save it".into()));
    }
    let mut filters = list(workspace).await?;
    filters.retain(|held| held.name != name);
    filters.push(SavedFilter { name, ..new });
    if filters.len() > MOST {
        return Err(AppError::Invalid(format!("a workspace has at most {MOST} segments")));
    }
    filters.sort_by(|a, b| a.name.cmp(&b.name));
    let value = serde_json::to_string(&filters).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}
