//! Publishing the report: all that it shows stays as it was told to others, under one number.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::kpi::{KpiAnswer, KpiRequest};
use axle_model::time::Grain;
use axle_store::published::{self as store, ReportRow};
use jiff::Timestamp;
use serde::Serialize;

use crate::glance::{Glance, Look, Window};
use crate::users::User;
use crate::{AppError, AppResult, Workspace, boards, figures, needs, published};

/// A report as it was published.
#[derive(Debug, Clone, Serialize)]
pub struct PublishedReport {
    /// Its number in this workspace.
    pub number: i64,
    /// The periods that it is about, and the instant that it was asked as of.
    #[serde(flatten)]
    pub window: Window,
    /// Who published it.
    pub published_by: Option<String>,
    /// When.
    pub published_at: Timestamp,
}

/// Everything that the report shows: the figures of its board, and those of the layers.
pub fn looks() -> Vec<Look> {
    let mut looks = boards::board("report").map(boards::looks).unwrap_or_default();
    let of_layers: Vec<Look> = boards::layers().into_iter().filter(|look| !looks.contains(look)).collect();
    looks.extend(of_layers);
    looks
}

/// How many published reports are listed.
pub const MOST_LISTED: u32 = 100;

/// Keeps the report as it shows itself to a user, and gives its number. `glances` are those of [`looks`] in this window.
pub async fn publish(
    workspace: &Workspace,
    user: &User,
    window: Window,
    glances: &HashMap<Look, Glance>,
    now: Timestamp,
) -> AppResult<i64> {
    let mut rows = Vec::new();
    for (look, Glance { kpi, answer, .. }) in glances {
        let Some(answer) = answer.as_ref().filter(|_| user.may_see_members() || !figures::names_people(kpi)) else {
            continue;
        };
        let KpiAnswer { from, to, grain, as_of, .. } = **answer;
        let request = KpiRequest { from, to, grain, by: look.by.clone(), filter: None, as_of };
        rows.push(published::row(kpi, &request, answer, Some(&user.name), now)?);
    }
    let report = ReportRow {
        published_report_id: 0,
        grain: window.grain.name().to_owned(),
        until_date: window.to.to_string(),
        as_of: window.as_of.unwrap_or(now).as_microsecond(),
        published_by: Some(user.name.clone()),
        published_at: now.as_microsecond(),
    };
    let mut tx = workspace.db().begin().await?;
    let number = store::add_report(&mut tx, &report).await?;
    for row in &mut rows {
        row.published_report_id = Some(number);
        store::add(&mut tx, row).await?;
    }
    tx.commit().await?;
    Ok(number)
}

/// The newest published reports, at most `limit`.
pub async fn list(workspace: &Workspace, limit: u32) -> AppResult<Vec<PublishedReport>> {
    store::reports(workspace.db(), limit).await?.into_iter().map(of_row).collect()
}

/// The published report of that number, and its figures as they were told. What to connect for those that were not measured is
/// what holds now.
///
/// # Errors
/// [`AppError::NotFound`] when there is none.
pub async fn show(
    workspace: &Workspace,
    number: i64,
    now: Timestamp,
) -> AppResult<(PublishedReport, HashMap<Look, Glance>)> {
    let row = store::report(workspace.db(), number).await?;
    let row = row.ok_or_else(|| AppError::NotFound(format!("there is no published report {number}")))?;
    let mut glances = HashMap::new();
    for figure in store::of_report(workspace.db(), number).await?.into_iter().filter_map(published::readable) {
        let look = Look { kpi: figure.definition.id.clone(), by: figure.request.by.clone() };
        let (kpi, answer) = (Arc::new(figure.definition), Some(Arc::new(figure.answer)));
        let mut glance = Glance { kpi, answer, missing: Vec::new() };
        if !glance.is_defined() {
            glance.missing = needs::missing(workspace, &glance.kpi, now).await?;
        }
        glances.insert(look, glance);
    }
    Ok((of_row(row)?, glances))
}

fn of_row(row: ReportRow) -> AppResult<PublishedReport> {
    let damaged = || AppError::Internal(format!("the published report {} is damaged", row.published_report_id));
    let instant = |micros| Timestamp::from_microsecond(micros).map_err(|_| damaged());
    let grain = Grain::from_name(&row.grain).ok_or_else(damaged)?;
    let to = row.until_date.parse().map_err(|_| damaged())?;
    Ok(PublishedReport {
        number: row.published_report_id,
        window: Window { grain, to, as_of: Some(instant(row.as_of)?) },
        published_at: instant(row.published_at)?,
        published_by: row.published_by,
    })
}
