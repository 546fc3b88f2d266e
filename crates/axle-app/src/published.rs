//! Publishing a figure: what was told to others stays as it was, whatever is learnt later.

use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest};
use axle_store::published::{self, PublishedRow};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::figures::{self, Question};
use crate::{AppError, AppResult, Workspace};

/// A figure as it was published.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    /// Its number in this workspace.
    pub number: i64,
    /// By which definition it was computed.
    #[serde(skip)]
    pub definition: KpiDefinition,
    /// What was asked.
    pub request: KpiRequest,
    /// What was answered.
    pub answer: KpiAnswer,
    /// Who published it, if that was said.
    pub published_by: Option<String>,
    /// When.
    pub published_at: Timestamp,
}

/// Evaluates a figure and keeps the answer as published.
///
/// # Errors
/// As [`figures::evaluate`].
pub async fn publish(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Published> {
    let answer = figures::with_receipt(workspace, id, question, now).await?;
    let request = figures::request(workspace, question, now).await?;
    let row = row(&*figures::kpi(workspace, id)?, &request, &answer, by, now)?;
    let mut tx = workspace.db().begin().await?;
    let published_id = published::add(&mut tx, &row).await?;
    tx.commit().await?;
    of_row(PublishedRow { published_id, ..row })
}

/// An answer as it is kept, without a number.
pub(crate) fn row(
    definition: &KpiDefinition,
    request: &KpiRequest,
    answer: &KpiAnswer,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<PublishedRow> {
    Ok(PublishedRow {
        published_id: 0,
        kpi: definition.id.clone(),
        definition: to_json(definition)?,
        request: to_json(request)?,
        answer: to_json(answer)?,
        published_by: by.map(str::to_owned),
        published_at: now.as_microsecond(),
        published_report_id: None,
    })
}

/// Everything that was published, the newest first.
pub async fn list(workspace: &Workspace) -> AppResult<Vec<Published>> {
    published::all(workspace.db()).await?.into_iter().map(of_row).collect()
}

/// The newest published figures of a KPI, at most `limit`. What can no longer be read is left out.
pub async fn of_kpi(workspace: &Workspace, kpi: &str, limit: u32) -> AppResult<Vec<Published>> {
    Ok(published::of_kpi(workspace.db(), kpi, limit).await?.into_iter().filter_map(readable).collect())
}

/// What a row says; `None`, and a line in the log, where it can no longer be read.
pub(crate) fn readable(row: PublishedRow) -> Option<Published> {
    let number = row.published_id;
    of_row(row).inspect_err(|error| tracing::warn!(number, %error, "a published figure could not be read")).ok()
}

/// The published figure of that number.
///
/// # Errors
/// [`AppError::NotFound`] when there is none.
pub async fn show(workspace: &Workspace, number: i64) -> AppResult<Published> {
    let row = published::by_id(workspace.db(), number).await?;
    of_row(row.ok_or_else(|| {
        AppError::NotFound(format!("there is no published figure {number}: `axle kpi published` shows all"))
    })?)
}

fn of_row(row: PublishedRow) -> AppResult<Published> {
    Ok(Published {
        number: row.published_id,
        definition: of_json(&row.definition)?,
        request: of_json(&row.request)?,
        answer: of_json(&row.answer)?,
        published_by: row.published_by,
        published_at: Timestamp::from_microsecond(row.published_at)
            .map_err(|error| AppError::Internal(error.to_string()))?,
    })
}

fn to_json(value: &impl Serialize) -> AppResult<String> {
    serde_json::to_string(value).map_err(|error| AppError::Internal(error.to_string()))
}

fn of_json<T: DeserializeOwned>(text: &str) -> AppResult<T> {
    serde_json::from_str(text)
        .map_err(|error| AppError::Internal(format!("a stored published figure is damaged: {error}")))
}
