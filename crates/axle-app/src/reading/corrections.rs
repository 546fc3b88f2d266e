//! Corrections: what people say that texts really say.

use axle_model::label::{Label, Sentiment};
use axle_store::correction::{self, Correction};
use axle_store::reading;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::models::Models;
use super::with_reading;
use crate::{AppError, AppResult, Workspace};

/// Lets a person's word stand above the model's. `label` is a label or `sentiment`; `value` is `true` or `false`, or the
/// sentiment's name.
pub async fn correct(
    workspace: &Workspace,
    activity_id: &str,
    label: &str,
    value: &str,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<()> {
    let id = activity(activity_id)?;
    check(label, value)?;
    let correction = Correction {
        activity_id: id.as_bytes().to_vec(),
        label: label.to_owned(),
        value: value.to_owned(),
        corrected_by: by.map(str::to_owned),
        corrected_at: now.as_microsecond(),
    };
    let mut tx = workspace.db().begin().await?;
    if !correction::correct(&mut tx, &correction).await? {
        return Err(AppError::NotFound(format!("activity {activity_id}, with words that were read")));
    }
    tx.commit().await?;
    Ok(())
}

/// Takes a correction back: what the models say holds again.
pub async fn withdraw(workspace: &Workspace, activity_id: &str, label: &str) -> AppResult<()> {
    let id = activity(activity_id)?;
    let models = Models::of(workspace).await?;
    let mut tx = workspace.db().begin().await?;
    let not_there = || AppError::NotFound(format!("a correction of {label} at activity {activity_id}"));
    let unread = correction::withdraw(&mut tx, id.as_bytes(), label).await?.ok_or_else(not_there)?;
    reading::write(&mut tx, vec![with_reading(&models, unread)]).await?;
    Ok(tx.commit().await?)
}

fn activity(id: &str) -> AppResult<Uuid> {
    id.parse().map_err(|_| AppError::Invalid(format!("`{id}` is no activity's id")))
}

fn check(label: &str, value: &str) -> AppResult<()> {
    let (known, values): (bool, Vec<&str>) = if label == correction::SENTIMENT {
        (true, Sentiment::ALL.map(Sentiment::name).to_vec())
    } else {
        (Label::named(label).is_some(), vec!["true", "false"])
    };
    if !known {
        let labels = Label::ALL.map(Label::name).join(", ");
        return Err(AppError::Invalid(format!(
            "`{label}` is no label: use one of {labels}, {}",
            correction::SENTIMENT
        )));
    }
    if values.contains(&value) {
        return Ok(());
    }
    Err(AppError::Invalid(format!("`{value}` cannot be said of {label}: use one of {}", values.join(", "))))
}

/// A correction as a line to train models on.
#[derive(Debug, Serialize)]
pub struct CorrectionLine {
    /// Public id of the activity.
    pub activity_id: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Its words, if they are still there.
    pub text: Option<String>,
    /// A label, or `sentiment`.
    pub label: String,
    /// What the person said.
    pub value: String,
    /// Who it was.
    pub corrected_by: Option<String>,
    /// When.
    pub corrected_at: Option<Timestamp>,
}

/// Every correction, oldest first.
pub async fn corrections(workspace: &Workspace) -> AppResult<Vec<CorrectionLine>> {
    let line = |row: correction::Corrected| CorrectionLine {
        activity_id: Uuid::from_slice(&row.correction.activity_id).unwrap_or_default().to_string(),
        title: row.title,
        text: row.text,
        label: row.correction.label,
        value: row.correction.value,
        corrected_by: row.correction.corrected_by,
        corrected_at: Timestamp::from_microsecond(row.correction.corrected_at).ok(),
    };
    Ok(correction::all(workspace.db()).await?.into_iter().map(line).collect())
}
