//! Reading words: at import, by a newer model, and where a person corrects what was read.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axle_model::Activity;
use axle_model::label::{Label, Reading, Sentiment};
use axle_store::reading::{self, Correction, Unread};
use axle_text::large::Files;
pub use axle_text::quality::Quality;
use axle_text::{Bytes, LargeReader, Lexicon, Reader, Text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{AppError, AppResult, Workspace};

/// The models that are compiled in, made when they are first needed.
pub fn reader() -> &'static Reader {
    static READER: LazyLock<Reader> = LazyLock::new(Reader::built_in);
    &READER
}

/// How well each label is read.
pub fn quality() -> Vec<Quality> {
    axle_text::quality::quality()
}

/// Reads the words of activities, on all processors.
pub(crate) fn read(activities: &mut [&mut Activity]) {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // A few texts are read before a thread is made.
    let share = activities.len().div_ceil(workers).max(64);
    std::thread::scope(|scope| {
        for part in activities.chunks_mut(share) {
            scope.spawn(|| part.iter_mut().for_each(|activity| activity.reading = read_one(activity)));
        }
    });
}

fn read_one(activity: &Activity) -> Option<Reading> {
    let body = activity.text.as_deref()?;
    Some(reader().read(&Text { title: activity.title.as_deref(), body }, Lexicon::known()))
}

/// Activities that are read anew in one transaction.
const ROWS_PER_BATCH: u32 = 2_000;

/// Reads what another version of the models read, or none; gives how many texts there were. `progress` is told how many
/// are done, and of how many. Stopped at any moment, it goes on from there.
pub async fn read_anew(workspace: &Workspace, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> AppResult<u64> {
    let db = workspace.db();
    let total = reading::count_unread(db, axle_text::MODEL).await?;
    let (mut done, mut after) = (0, 0);
    while done < total {
        let rows = reading::unread(db, axle_text::MODEL, after, ROWS_PER_BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        let count = rows.len() as u64;
        let readings = tokio::task::spawn_blocking(move || rows.into_iter().map(with_reading).collect())
            .await
            .map_err(|error| AppError::Internal(error.to_string()))?;
        let mut tx = db.begin().await?;
        reading::write(&mut tx, readings).await?;
        tx.commit().await?;
        done += count;
        progress(done.min(total), total);
    }
    Ok(done)
}

fn with_reading(unread: Unread) -> (Unread, Reading) {
    let text = Text { title: unread.title.as_deref(), body: &unread.text };
    let reading = reader().read(&text, Lexicon::known());
    (unread, reading)
}

/// Whether texts wait to be read by this version of the models.
pub async fn waiting(workspace: &Workspace) -> AppResult<u64> {
    Ok(reading::count_unread(workspace.db(), axle_text::MODEL).await?)
}

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
    let id: Uuid =
        activity_id.parse().map_err(|_| AppError::Invalid(format!("`{activity_id}` is no activity's id")))?;
    check(label, value)?;
    let correction = Correction {
        activity_id: id.as_bytes().to_vec(),
        label: label.to_owned(),
        value: value.to_owned(),
        corrected_by: by.map(str::to_owned),
        corrected_at: now.as_microsecond(),
    };
    let mut tx = workspace.db().begin().await?;
    if !reading::correct(&mut tx, &correction).await? {
        return Err(AppError::NotFound(format!("activity {activity_id}, with words that were read")));
    }
    tx.commit().await?;
    Ok(())
}

fn check(label: &str, value: &str) -> AppResult<()> {
    let (known, values): (bool, Vec<&str>) = if label == reading::SENTIMENT {
        (true, Sentiment::ALL.map(Sentiment::name).to_vec())
    } else {
        (Label::named(label).is_some(), vec!["true", "false"])
    };
    if !known {
        let labels = Label::ALL.map(Label::name).join(", ");
        return Err(AppError::Invalid(format!("`{label}` is no label: use one of {labels}, {}", reading::SENTIMENT)));
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
    /// Its words, if they are still there.
    pub text: Option<String>,
    /// A label, or `sentiment`.
    pub label: String,
    /// What the person said.
    pub value: String,
    /// When.
    pub corrected_at: Option<Timestamp>,
}

/// Every correction, oldest first.
pub async fn corrections(workspace: &Workspace) -> AppResult<Vec<CorrectionLine>> {
    let rows = reading::corrections(workspace.db()).await?;
    Ok(rows
        .into_iter()
        .map(|(correction, text)| CorrectionLine {
            activity_id: Uuid::from_slice(&correction.activity_id).unwrap_or_default().to_string(),
            text,
            label: correction.label,
            value: correction.value,
            corrected_at: Timestamp::from_microsecond(correction.corrected_at).ok(),
        })
        .collect())
}

/// A text to label, as a line of JSON gives it; other fields are ignored.
#[derive(Debug, Clone, Deserialize)]
pub struct AskedText {
    /// The words.
    pub text: String,
    /// Subject or title.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether it is speech that was written down, with little or no punctuation.
    #[serde(default)]
    pub transcript: bool,
}

/// A labelled text (contract: "A labelled text").
#[derive(Debug, Clone, Serialize)]
pub struct LabelledText {
    /// ISO 639-1.
    pub language: Option<String>,
    /// The mood.
    pub sentiment: Sentiment,
    /// -1 to 1.
    pub sentiment_score: f64,
    /// Probability of each label.
    pub labels: Map<String, Value>,
    /// Those that hold.
    pub decided: Vec<Label>,
    /// Brands and products named.
    pub mentions: Vec<String>,
    /// `small` or `large`.
    pub tier: &'static str,
    /// The models' version.
    pub model: String,
}

/// The models that a text is read with.
pub enum Tier {
    /// Those that are compiled in.
    Small,
    /// With a second opinion of larger ones.
    Large(Box<LargeReader>),
}

/// The files of the large models.
const LARGE_FILES: [&str; 4] =
    ["minilm-l6-q8.safetensors", "minilm-vocab.txt", "heads-minilm-v2.safetensors", "sentiment-minilm-q8.safetensors"];

/// Where the large models are looked for: `models` in the data folder, beside the program, and in the current folder.
pub fn model_folders(data: &Path) -> Vec<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("models")));
    [Some(data.join("models")), beside, Some("models".into())].into_iter().flatten().collect()
}

/// Reads the large models from the first folder that has them; `None` when none has.
pub fn large(folders: &[PathBuf]) -> AppResult<Option<LargeReader>> {
    let has_all = |folder: &&PathBuf| LARGE_FILES.iter().all(|file| folder.join(file).is_file());
    let Some(folder) = folders.iter().find(has_all) else { return Ok(None) };
    let read = |file: &str| {
        let path = folder.join(file);
        std::fs::read(&path).map_err(|cause| AppError::Internal(format!("{}: {cause}", path.display())))
    };
    let [model, vocabulary, heads, mood] = LARGE_FILES;
    let bytes = |file: &str| Ok::<_, AppError>(Bytes::Shared(read(file)?.into()));
    let vocabulary = String::from_utf8_lossy(&read(vocabulary)?).into_owned();
    let files = Files { model: bytes(model)?, vocabulary: &vocabulary, heads: bytes(heads)?, mood: bytes(mood)? };
    let loaded = LargeReader::load(files);
    loaded.map(Some).map_err(|error| AppError::Internal(format!("{}: {error}", folder.display())))
}

impl Tier {
    /// The large models of the first folder that has them.
    pub fn large(folders: &[PathBuf]) -> AppResult<Self> {
        let missing = || {
            let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            AppError::Invalid(format!(
                "the large models are not there: copy the folder `models` of Axle's sources ({}) to one of {}",
                LARGE_FILES.join(", "),
                folders.join(", ")
            ))
        };
        Ok(Self::Large(Box::new(large(folders)?.ok_or_else(missing)?)))
    }

    /// Labels a text.
    pub fn label(&self, asked: &AskedText) -> LabelledText {
        let text = Text { title: asked.title.as_deref(), body: &asked.text };
        let lexicon = Lexicon::known();
        let (reading, tier, model) = match self {
            Self::Small => (reader().read(&text, lexicon), "small", axle_text::MODEL_NAME),
            Self::Large(large) => (reader().read_with(large, &text, lexicon), "large", axle_text::LARGE_MODEL_NAME),
        };
        let rounded = |score: f32| (f64::from(score) * 10_000.0).round() / 10_000.0;
        LabelledText {
            language: reading.language,
            sentiment: reading.sentiment,
            sentiment_score: rounded(reading.sentiment_score),
            labels: Label::ALL
                .into_iter()
                .map(|label| (label.name().to_owned(), rounded(reading.scores[label as usize]).into()))
                .collect(),
            decided: reading.labels.iter().collect(),
            mentions: reading.mentions,
            tier,
            model: model.to_owned(),
        }
    }
}
