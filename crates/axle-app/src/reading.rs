//! Reading words: at import, anew by other models, and a second time by the large ones.

mod corrections;
mod label;
mod models;
mod refit;

use std::num::NonZeroUsize;
use std::sync::Arc;

use axle_model::Activity;
use axle_model::label::{Label, Labels, Reading};
use axle_store::reading::{self, Unread, Wanted};
use axle_store::text_vector;
pub use axle_text::quality::Quality;
use axle_text::similar::{MODEL_TITLE_WEIGHT, model_text, title_and_text};
use axle_text::{LargeReader, Text};
pub use corrections::{CorrectionLine, correct, corrections, withdraw};
pub use label::{AskedText, LabelledText, Tier};
pub use models::{
    Brand, Models, brands, has_large, known_products, large, listed_brands, model_folders, must_have_large, reader,
    set_brands,
};
pub use refit::{Learnt, Report, learnt, refit_heads, refit_if_due};

use crate::{AppError, AppResult, Workspace};

/// How well each label is read.
pub fn quality() -> Vec<Quality> {
    axle_text::quality::quality()
}

/// A language of what members write.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// ISO 639-1; `None` where it could not be told.
    pub code: Option<String>,
    /// In English, where it has one.
    pub name: Option<String>,
    /// Texts in it.
    pub texts: u64,
    /// Of texts in it, the share that is told right from the first 25 characters, 0 to 1; `None` where that was not
    /// measured.
    pub recognized: Option<f32>,
}

/// Languages of what was read, most texts first.
pub async fn languages(workspace: &Workspace) -> AppResult<Vec<Language>> {
    let measured = axle_text::quality::languages();
    let language = |(code, texts): (Option<String>, i64)| Language {
        name: code.as_deref().and_then(axle_text::language::name).map(str::to_owned),
        texts: u64::try_from(texts).unwrap_or(0),
        recognized: measured.iter().find(|(known, _)| Some(*known) == code.as_deref()).map(|(_, share)| *share),
        code,
    };
    Ok(reading::languages(workspace.db()).await?.into_iter().map(language).collect())
}

/// Brands and products that texts name, with how many texts do, most first.
pub async fn named(workspace: &Workspace) -> AppResult<Vec<(String, u64)>> {
    let named = reading::named(workspace.db()).await?;
    Ok(named.into_iter().map(|(name, texts)| (name, u64::try_from(texts).unwrap_or(0))).collect())
}

/// Reads the words of activities, on all processors.
pub(crate) fn read(models: &Models, activities: &mut [&mut Activity]) {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // A few texts are read before a thread is made.
    let share = activities.len().div_ceil(workers).max(64);
    std::thread::scope(|scope| {
        for part in activities.chunks_mut(share) {
            scope.spawn(|| part.iter_mut().for_each(|activity| activity.reading = read_one(models, activity)));
        }
    });
}

fn read_one(models: &Models, activity: &Activity) -> Option<Reading> {
    let body = activity.text.as_deref()?;
    Some(models.read(&activity.activity_type, &Text { title: activity.title.as_deref(), body }))
}

/// Told how many texts are done, and of how many.
pub type OnRead<'a> = dyn Fn(u64, u64) + Send + Sync + 'a;

/// Activities that are read anew in one transaction.
const ROWS_PER_BATCH: u32 = 2_000;

/// Reads what other models read, or none, the newest first; gives how many texts there were. Stopped at any moment, it goes
/// on from there.
pub async fn read_anew(workspace: &Workspace, progress: &OnRead<'_>) -> AppResult<u64> {
    let models = Models::of(workspace).await?;
    let number = models.number();
    let read = move |rows: Vec<Unread>| {
        rows.into_iter().map(|unread| (with_reading(&models, unread), Vec::new())).collect::<Vec<Reread>>()
    };
    again(workspace, Wanted::Unread, number, progress, read).await
}

fn text_of(unread: &Unread) -> Text<'_> {
    Text { title: unread.title.as_deref(), body: &unread.text }
}

fn with_reading(models: &Models, unread: Unread) -> (Unread, Reading) {
    let reading = models.read(&unread.activity_type, &text_of(&unread));
    (unread, reading)
}

/// What the large models are asked about: questions, needs and feedback.
const SECOND_OPINION: [Label; 6] =
    [Label::Question, Label::HandRaise, Label::Bug, Label::Feature, Label::Praise, Label::Concern];

fn wants_second_opinion() -> Wanted {
    Wanted::SecondOpinion(SECOND_OPINION.into_iter().collect::<Labels>())
}

/// Asks the large models about questions, needs and feedback, the newest first, and keeps the vectors by which similar ones
/// are found. Gives how many texts there were. Stopped at any moment, it goes on from there.
pub async fn second_opinions(workspace: &Workspace, large: Arc<LargeReader>, progress: &OnRead<'_>) -> AppResult<u64> {
    let models = Models::of(workspace).await?;
    let number = models.number();
    let read_one = move |unread: Unread| {
        let reading = models.read_with(&large, &unread.activity_type, &text_of(&unread));
        let vector = vector(&large, unread.title.as_deref(), &unread.text);
        ((unread, reading), vector)
    };
    let read = move |rows| on_half_of_processors(rows, &read_one);
    let done = again(workspace, wants_second_opinion(), number, progress, read).await?;
    let mut tx = workspace.db().begin().await?;
    text_vector::forget_deleted(&mut tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// A text's vector by the large models, of length 1.
fn vector(large: &LargeReader, title: Option<&str>, text: &str) -> Vec<f32> {
    let (title, body) = (title.unwrap_or_default(), axle_text::clean::clean(text));
    let whole = large.model().embed_document(&model_text(title, &body));
    let title = if title.trim().is_empty() { Vec::new() } else { large.model().embed(title).to_vec() };
    title_and_text(&title, &whole, MODEL_TITLE_WEIGHT)
}

/// The other half is for people.
fn on_half_of_processors<A: Send, B: Send>(rows: Vec<A>, read: &(impl Fn(A) -> B + Sync)) -> Vec<B> {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2);
    let share = rows.len().div_ceil(workers).max(1);
    let (mut rows, mut parts) = (rows.into_iter(), Vec::new());
    while rows.len() > 0 {
        parts.push(rows.by_ref().take(share).collect::<Vec<A>>());
    }
    std::thread::scope(|scope| {
        let spawn = |part: Vec<A>| scope.spawn(move || part.into_iter().map(read).collect::<Vec<B>>());
        let parts: Vec<_> = parts.into_iter().map(spawn).collect();
        parts.into_iter().flat_map(|part| part.join().expect("reading a text does not panic")).collect()
    })
}

/// An activity with its new reading, and its vector, which may be empty.
type Reread = ((Unread, Reading), Vec<f32>);

/// Reads what is wanted, batch by batch.
async fn again(
    workspace: &Workspace,
    wanted: Wanted,
    number: u16,
    progress: &OnRead<'_>,
    read: impl Fn(Vec<Unread>) -> Vec<Reread> + Send + Sync + 'static,
) -> AppResult<u64> {
    let (db, read) = (workspace.db(), Arc::new(read));
    let total = reading::count_waiting(db, wanted, number).await?;
    let (mut done, mut before) = (0, i64::MAX);
    while done < total {
        let rows = reading::waiting(db, wanted, number, before, ROWS_PER_BATCH).await?;
        let Some(last) = rows.last() else { break };
        before = last.seq;
        let count = rows.len() as u64;
        let read = Arc::clone(&read);
        let readings = tokio::task::spawn_blocking(move || read(rows))
            .await
            .map_err(|error| AppError::Internal(error.to_string()))?;
        let mut vectors = Vec::new();
        let mut rows = Vec::with_capacity(readings.len());
        for ((unread, reading), vector) in readings {
            if !vector.is_empty() {
                vectors.push((unread.activity_id.clone(), vector));
            }
            rows.push((unread, reading));
        }
        let mut tx = db.begin().await?;
        reading::write(&mut tx, rows).await?;
        text_vector::put(&mut tx, &vectors).await?;
        tx.commit().await?;
        done += count;
        progress(done.min(total), total);
    }
    Ok(done)
}

/// How many texts wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// To be read, or read anew by the models as they are now.
    pub unread: u64,
    /// For the large models; those of `unread` may come on top.
    pub second_opinion: u64,
}

/// Texts that wait to be read.
pub async fn waiting(workspace: &Workspace) -> AppResult<Waiting> {
    let number = Models::of(workspace).await?.number();
    Ok(Waiting {
        unread: reading::count_waiting(workspace.db(), Wanted::Unread, number).await?,
        second_opinion: reading::count_waiting(workspace.db(), wants_second_opinion(), number).await?,
    })
}
