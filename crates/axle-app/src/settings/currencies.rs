//! The currency that amounts are told in, and rates: the setting `currencies`. Figures of money convert by them.

use axle_model::currency::Currencies;
use axle_store::{Db, setting};
use jiff::Timestamp;

use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "currencies";

/// Those of a workspace: none are set as shipped, and each amount is told in its own.
///
/// # Errors
/// When they cannot be read.
pub async fn currencies(workspace: &Workspace) -> AppResult<Currencies> {
    currencies_of(workspace.db()).await
}

/// The same, from its record.
pub(crate) async fn currencies_of(db: &Db) -> AppResult<Currencies> {
    let Some((value, _)) = setting::get(db, SETTING).await? else { return Ok(Currencies::default()) };
    serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored currencies cannot be read: {error}")))
}

/// Sets them. They hold for the whole past: the next who asks has figures of money anew.
///
/// # Errors
/// [`AppError::Invalid`] with what is wrong.
pub async fn set_currencies(
    workspace: &Workspace,
    wanted: Currencies,
    by: &str,
    now: Timestamp,
) -> AppResult<Currencies> {
    let tidied = wanted.tidied().map_err(|error| AppError::Invalid(error.to_string()))?;
    let value = serde_json::to_string(&tidied).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    tx.commit().await?;
    Ok(tidied)
}
