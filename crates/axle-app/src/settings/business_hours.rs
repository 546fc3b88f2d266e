//! When somebody is at work: the setting `business_hours`. Due times of flywheels and their tasks, and figures of business time, read
//! it from here.

use axle_model::business_hours::{BusinessHours, Written};
use axle_store::{Db, setting};
use jiff::Timestamp;

use crate::flywheels::Numbers;
use crate::flywheels::own::{self, NumbersPreview};
use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "business_hours";

/// What hours look like, for messages.
const EXAMPLE: &str = r#"{"days": ["monday", "friday"], "from": "09:00", "to": "17:00", "holidays": ["2026-12-25"]}"#;

/// Those of a workspace.
///
/// # Errors
/// When they cannot be read.
pub async fn business_hours(workspace: &Workspace) -> AppResult<BusinessHours> {
    business_hours_of(workspace.db()).await
}

/// The same, from its record.
pub(crate) async fn business_hours_of(db: &Db) -> AppResult<BusinessHours> {
    let Some((value, _)) = setting::get(db, SETTING).await? else { return Ok(BusinessHours::default()) };
    serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored business hours cannot be read: {error}")))
}

/// Sets them, from JSON; what it leaves out is as shipped. They hold for the whole past, as the time zone does: the next who asks
/// has runs, tasks and figures made anew.
///
/// # Errors
/// [`AppError::Invalid`] with what to write instead.
pub async fn set_business_hours(
    workspace: &Workspace,
    json: &str,
    by: &str,
    now: Timestamp,
) -> AppResult<BusinessHours> {
    let hours = parse(json)?;
    let value = serde_json::to_string(&hours).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    tx.commit().await?;
    Ok(hours)
}

/// What they would have made of the last twelve months, without setting them.
///
/// # Errors
/// As [`set_business_hours`].
pub async fn preview_business_hours(workspace: &Workspace, json: &str, now: Timestamp) -> AppResult<NumbersPreview> {
    own::preview_numbers(workspace, Numbers { hours: Some(parse(json)?), ..Numbers::default() }, now).await
}

fn parse(json: &str) -> AppResult<BusinessHours> {
    let written: Written = serde_json::from_str(json)
        .map_err(|error| AppError::Invalid(format!("these are no business hours: {error}; write them as {EXAMPLE}")))?;
    BusinessHours::try_from(written).map_err(|error| AppError::Invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_what_can_be() {
        assert!(parse(EXAMPLE).is_ok());
        let told = |json: &str| parse(json).unwrap_err().to_string();
        assert!(told(r#"{"days": "monday"}"#).contains("write them as {\"days\""), "{}", told(r#"{"days": "monday"}"#));
        assert!(told(r#"{"hours": 8}"#).contains("unknown field `hours`"));
        assert!(told(r#"{"from": "18:00"}"#).contains("work begins at 18:00, so it cannot end at 17:00"));
        assert!(told(r#"{"days": []}"#).contains("name at least one day"));
    }
}
