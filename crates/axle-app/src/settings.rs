//! Settings of a workspace: changed as versions, previewed before.

mod business_hours;
mod currencies;
mod leads;

use std::collections::HashMap;

use axle_model::orbit::Step;
use axle_model::settings::ScoreSettings;
use axle_store::setting;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::directory::id_text;
use crate::{AppError, AppResult, Workspace, refresh, score};

pub(crate) use business_hours::business_hours_of;
pub use business_hours::{business_hours, preview_business_hours, set_business_hours};
pub(crate) use currencies::currencies_of;
pub use currencies::{currencies, set_currencies};
pub use leads::{HandOffDays, Leads, SignalPoints, leads, preview_leads, set_leads};

/// What score settings would change.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Members scored.
    pub members: usize,
    /// Of them, those whose step would change.
    pub moved: usize,
    /// Those whose step or love would change, the largest changes of step first.
    pub changes: Vec<Change>,
}

/// What would change for one member.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// Step held now.
    pub step_now: String,
    /// Step held then.
    pub step_then: String,
    /// Love now.
    pub love_now: f64,
    /// Love then.
    pub love_then: f64,
    #[serde(skip)]
    moved_by: u8,
}

/// Sets the time zone in which days begin.
pub async fn set_time_zone(workspace: &Workspace, name: &str, by: Option<&str>, now: Timestamp) -> AppResult<()> {
    TimeZone::get(name)
        .map_err(|_| AppError::Invalid(format!("`{name}` is no time zone: use an IANA name such as Europe/Berlin")))?;
    refresh::must_have_files(workspace).await?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, "time_zone", name, by, now.as_microsecond()).await?;
    tx.commit().await?;
    // Days begin elsewhere: what is counted by day, and what was said to be on a date, is made anew.
    refresh::rebuild(workspace).await?;
    score::rescore(workspace, now).await?;
    Ok(())
}

/// Sets the name by which people call the workspace.
pub async fn set_name(workspace: &Workspace, name: &str, now: Timestamp) -> AppResult<()> {
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, "name", name, None, now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

/// Sets the score settings and scores everybody anew.
pub async fn set_score(
    workspace: &Workspace,
    settings: &ScoreSettings,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<()> {
    check(settings)?;
    let value = serde_json::to_string(settings).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, "score", &value, by, now.as_microsecond()).await?;
    tx.commit().await?;
    score::rescore(workspace, now).await?;
    Ok(())
}

/// What other settings would change, without changing anything.
pub async fn preview(workspace: &Workspace, settings: &ScoreSettings, now: Timestamp) -> AppResult<Preview> {
    check(settings)?;
    let before = score::rows_as_of(workspace, now, None).await?;
    let after = score::rows_as_of(workspace, now, Some(settings)).await?;
    let names: HashMap<u32, String> =
        axle_store::member::all(workspace.db()).await?.into_iter().map(|row| (row.member_number, row.name)).collect();
    let then: HashMap<u32, _> = after.iter().map(|row| (row.member_number, row)).collect();
    let now: HashMap<u32, _> = before.iter().map(|row| (row.member_number, row)).collect();
    let mut numbers: Vec<u32> = now.keys().chain(then.keys()).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let name_of = |step: u8| Step::new(step).map_or_else(String::new, |step| step.name_in(settings));
    let mut changes = Vec::new();
    for number in &numbers {
        let (one, other) = (now.get(number), then.get(number));
        let step = |row: Option<&&axle_store::score::ScoreRow>| row.map_or(0, |row| row.step);
        let love = |row: Option<&&axle_store::score::ScoreRow>| row.map_or(0.0, |row| row.love);
        if step(one) == step(other) && love(one) == love(other) {
            continue;
        }
        let Some(row) = one.or(other) else { continue };
        changes.push(Change {
            member_id: id_text(&row.member_id.as_slice().try_into().unwrap_or([0; 16])),
            name: names.get(number).cloned().unwrap_or_default(),
            step_now: name_of(step(one)),
            step_then: name_of(step(other)),
            love_now: love(one),
            love_then: love(other),
            moved_by: step(one).abs_diff(step(other)),
        });
    }
    changes.sort_by(|a, b| (b.moved_by, &a.name, &a.member_id).cmp(&(a.moved_by, &b.name, &b.member_id)));
    Ok(Preview { members: numbers.len(), moved: changes.iter().filter(|change| change.moved_by > 0).count(), changes })
}

fn check(settings: &ScoreSettings) -> AppResult<()> {
    settings.validate().map_err(|error| AppError::Invalid(error.to_string()))
}
