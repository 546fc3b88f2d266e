//! A workspace's own heads: the shipped ones, changed by what people corrected, where that reads held-out texts better.

use std::collections::BTreeMap;

use axle_model::label::{Label, Sentiment};
use axle_store::correction::{self, RefitRow};
use axle_text::Text;
pub use axle_text::refit::Report;
use axle_text::refit::{Example, Refit, refit};
use jiff::Timestamp;

use super::models::reader;
use crate::{AppError, AppResult, Workspace};

/// Texts that nobody corrected, which keep the heads from changing what nobody complained of.
const UNSAID: u32 = 400;
/// After so many more corrections, or fewer, the heads are refitted.
const CORRECTIONS_AGAIN: u64 = 10;
/// Divides the examples the same way each time.
const SEED: u64 = 1;

/// What a workspace's corrections changed.
#[derive(Debug, Clone)]
pub struct Learnt {
    /// By head: how it reads held-out texts before and after, and whether it was taken.
    pub reports: Vec<Report>,
    /// Corrections that it was learnt from.
    pub corrections: u64,
    /// When.
    pub made_at: Option<Timestamp>,
}

/// What corrections changed when the heads were last refitted; `None` when they never were.
pub async fn learnt(workspace: &Workspace) -> AppResult<Option<Learnt>> {
    let Some(row) = correction::refit(workspace.db()).await? else { return Ok(None) };
    Ok(Some(Learnt {
        reports: parse(&row.body)?.reports,
        corrections: row.corrections,
        made_at: Timestamp::from_microsecond(row.made_at).ok(),
    }))
}

/// Refits the heads if there are enough new corrections; says whether it did.
pub async fn refit_if_due(workspace: &Workspace, now: Timestamp) -> AppResult<bool> {
    let made_from = correction::refit_state(workspace.db()).await?.map_or(0, |(_, corrections)| corrections);
    let corrections = correction::count(workspace.db()).await?;
    if corrections.abs_diff(made_from) < CORRECTIONS_AGAIN {
        return Ok(false);
    }
    refit_heads(workspace, now).await?;
    Ok(true)
}

/// Refits the heads from all corrections. Texts wait to be read anew if a head changed.
pub async fn refit_heads(workspace: &Workspace, now: Timestamp) -> AppResult<Learnt> {
    let corrected = correction::all(workspace.db()).await?;
    let corrections = corrected.len() as u64;
    let unsaid = correction::newest_texts(workspace.db(), UNSAID).await?;
    let learn = move || {
        let said = said(&corrected);
        let examples = said
            .values()
            .map(|(title, text, example)| Example { text: Text { title: title.as_deref(), body: text }, ..*example });
        let others = unsaid
            .iter()
            .map(|(title, text)| Example { text: Text { title: title.as_deref(), body: text }, ..Example::default() });
        let examples: Vec<Example<'_>> = others.chain(examples).collect();
        refit(reader(), &examples, SEED)
    };
    let refit = tokio::task::spawn_blocking(learn).await.map_err(|error| AppError::Internal(error.to_string()))?;
    let row = RefitRow {
        fingerprint: (!refit.is_empty()).then(|| format!("{:016x}", refit.fingerprint())),
        body: serde_json::to_string(&refit).map_err(|error| AppError::Internal(error.to_string()))?,
        corrections,
        made_at: now.as_microsecond(),
    };
    let mut tx = workspace.db().begin().await?;
    correction::put_refit(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(Learnt { reports: refit.reports, corrections, made_at: Some(now) })
}

type Said = (Option<String>, String, Example<'static>);

/// What people say of each text, by activity.
fn said(corrected: &[correction::Corrected]) -> BTreeMap<&[u8], Said> {
    let mut said: BTreeMap<&[u8], Said> = BTreeMap::new();
    for row in corrected {
        let Some(text) = &row.text else { continue };
        let one = || (row.title.clone(), text.clone(), Example::default());
        let (_, _, example) = said.entry(&row.correction.activity_id).or_insert_with(one);
        let value = row.correction.value.as_str();
        match Label::named(&row.correction.label) {
            Some(label) => example.said[label as usize] = Some(value == "true"),
            None => example.mood = Sentiment::ALL.into_iter().find(|mood| mood.name() == value),
        }
    }
    said
}

fn parse(body: &str) -> AppResult<Refit> {
    serde_json::from_str(body).map_err(|error| AppError::Internal(format!("the stored refit is damaged: {error}")))
}

/// The reader with a workspace's own heads. `None` when they were made for the heads of another version: then those that
/// ship read until there are new corrections.
pub(super) async fn own_reader(workspace: &Workspace) -> AppResult<Option<axle_text::Reader>> {
    let Some(row) = correction::refit(workspace.db()).await? else { return Ok(None) };
    Ok(reader().with_refit(&parse(&row.body)?).ok())
}
