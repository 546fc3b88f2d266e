//! The models that a workspace reads with: those that are compiled in, the names that it looks for, and the large ones where
//! they are on the disk.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axle_model::activity::Flags;
use axle_model::catalogue;
use axle_model::interchange::FactKind;
use axle_model::label::{LARGE_MODEL, Reading};
use axle_store::{correction, fact, reading, setting};
use axle_text::large::Files;
use axle_text::mentions::{self, Term};
use axle_text::{Bytes, LargeReader, Lexicon, Reader, Text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refit::own_reader;
use crate::{AppError, AppResult, Workspace};

/// The models that are compiled in, made when they are first needed.
pub fn reader() -> &'static Reader {
    static READER: LazyLock<Reader> = LazyLock::new(Reader::built_in);
    &READER
}

/// What a workspace reads with.
pub struct Models {
    /// With the workspace's own heads, where it has some.
    own: Option<Reader>,
    lexicon: Lexicon,
    number: u16,
}

impl Models {
    /// The models of a workspace as they are now.
    pub async fn of(workspace: &Workspace) -> AppResult<Arc<Self>> {
        let brands = brands(workspace).await?;
        let listed = serde_json::to_string(&brands).map_err(|error| AppError::Internal(error.to_string()))?;
        let known = Lexicon::known().version();
        let names = blake3::hash(listed.as_bytes()).to_hex();
        let version = if brands.is_empty() { known.to_owned() } else { format!("{known}+{}", &names[..16]) };
        let refit = correction::refit_state(workspace.db()).await?.and_then(|(fingerprint, _)| fingerprint);
        let own = refit.as_deref().map_or_else(String::new, |fingerprint| format!(" {fingerprint}"));
        let fingerprint = format!("{} {} {version}{own}", axle_text::MODEL_NAME, axle_text::LARGE_MODEL_NAME);
        let mut held = workspace.models().lock().await;
        if let Some((of, models)) = held.as_ref()
            && *of == fingerprint
        {
            return Ok(Arc::clone(models));
        }
        let mut tx = workspace.db().begin().await?;
        let number = reading::model_number(&mut tx, &fingerprint).await?;
        tx.commit().await?;
        let own = if refit.is_some() { own_reader(workspace).await? } else { None };
        let models = Arc::new(Self { own, lexicon: lexicon(version, brands), number });
        *held = Some((fingerprint, Arc::clone(&models)));
        Ok(models)
    }

    /// What stands for these models in what they read.
    pub fn number(&self) -> u16 {
        self.number
    }

    fn reader(&self) -> &Reader {
        self.own.as_ref().unwrap_or_else(|| reader())
    }

    /// What the words of an activity of this type say: those of a call are read sentence by sentence.
    pub fn read(&self, activity_type: &str, text: &Text<'_>) -> Reading {
        let reading = match is_call(activity_type) {
            true => self.reader().read_transcript(None, text.body, &self.lexicon).0,
            false => self.reader().read(text, &self.lexicon),
        };
        Reading { model: self.number, ..reading }
    }

    /// As [`Models::read`], with the second opinion of the large models.
    pub fn read_with(&self, large: &LargeReader, activity_type: &str, text: &Text<'_>) -> Reading {
        let reading = match is_call(activity_type) {
            true => self.reader().read_transcript(Some(large), text.body, &self.lexicon).0,
            false => self.reader().read_with(large, text, &self.lexicon),
        };
        Reading { model: self.number + LARGE_MODEL, ..reading }
    }
}

fn is_call(activity_type: &str) -> bool {
    catalogue::activity_type(activity_type).is_some_and(|known| known.flags.has(Flags::CALL))
}

/// The setting under which people's own list of brands is kept.
const BRANDS: &str = "brands";
/// More are a mistake.
const MOST_BRANDS: usize = 500;
const MOST_NAME_CHARACTERS: usize = 80;

/// A brand or product to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Brand {
    /// As it is shown.
    pub name: String,
    /// Whether it is the company's own, and not a competitor's.
    pub own: bool,
    /// Other names and spellings.
    #[serde(default)]
    pub terms: Vec<String>,
}

/// The brands that are looked for: those that sources state, and those that people listed, which stand above them. By name.
pub async fn brands(workspace: &Workspace) -> AppResult<Vec<Brand>> {
    let mut brands = listed_brands(workspace).await?;
    for row in fact::of_kind(workspace.db(), FactKind::BRAND).await? {
        let Ok(brand) = serde_json::from_value::<Brand>(Value::Object(row.fact.body)) else { continue };
        if !brands.iter().any(|known| known.name.eq_ignore_ascii_case(&brand.name)) {
            brands.push(brand);
        }
    }
    brands.sort();
    Ok(brands)
}

/// Those that people listed.
pub async fn listed_brands(workspace: &Workspace) -> AppResult<Vec<Brand>> {
    let Some((value, _)) = setting::get(workspace.db(), BRANDS).await? else { return Ok(Vec::new()) };
    serde_json::from_str(&value).map_err(|error| AppError::Internal(format!("the stored brands are damaged: {error}")))
}

/// Sets the list of brands. Texts that were read wait to be read anew with it.
pub async fn set_brands(
    workspace: &Workspace,
    mut brands: Vec<Brand>,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<()> {
    if brands.len() > MOST_BRANDS {
        return Err(AppError::Invalid(format!("{} brands are too many: list at most {MOST_BRANDS}", brands.len())));
    }
    for name in brands.iter().flat_map(|brand| brand.terms.iter().chain([&brand.name])) {
        if name.chars().count() > MOST_NAME_CHARACTERS || !name.contains(char::is_alphanumeric) {
            return Err(AppError::Invalid(format!(
                "“{name}” is no name to look for: write letters or digits, at most {MOST_NAME_CHARACTERS} characters"
            )));
        }
    }
    brands.sort();
    for (at, brand) in brands.iter().enumerate() {
        if brands[at + 1..].iter().any(|other| other.name.eq_ignore_ascii_case(&brand.name)) {
            return Err(AppError::Invalid(format!("{} is listed twice: put its names on one line", brand.name)));
        }
    }
    let value = serde_json::to_string(&brands).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, BRANDS, &value, by, now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

/// The workspace's brands, then the products that are known everywhere.
fn lexicon(version: String, brands: Vec<Brand>) -> Lexicon {
    if brands.is_empty() {
        return Lexicon::known().clone();
    }
    let known = Lexicon::known().terms();
    let mut terms: Vec<Term> = brands.into_iter().map(|brand| term(brand, known)).collect();
    let is_own = |term: &&Term| terms.iter().any(|own| own.canonical.eq_ignore_ascii_case(&term.canonical));
    let others: Vec<Term> = known.iter().filter(|term| !is_own(term)).cloned().collect();
    terms.extend(others);
    Lexicon::new(version, terms)
}

/// A brand as the lexicon wants it. What is known of the product already stays; of others, names that are everyday words
/// count only with support around them.
fn term(brand: Brand, known: &[Term]) -> Term {
    let kind = if brand.own { "own" } else { "competitor" }.to_owned();
    let mut term = match known.iter().find(|term| term.canonical.eq_ignore_ascii_case(&brand.name)) {
        Some(known) => Term { canonical: brand.name, kind, ..known.clone() },
        None => {
            let everyday = mentions::is_everyday(&brand.name).then(|| brand.name.clone()).into_iter().collect();
            Term { canonical: brand.name, kind, everyday, aliases: Vec::new() }
        }
    };
    for alias in brand.terms {
        if mentions::is_everyday(&alias) {
            term.everyday.push(alias.clone());
        }
        term.aliases.push(alias);
    }
    term
}

/// The files of the large models.
const LARGE_FILES: [&str; 4] =
    ["minilm-l6-q8.safetensors", "minilm-vocab.txt", "heads-minilm-v2.safetensors", "sentiment-minilm-q8.safetensors"];

/// Where the large models are looked for: `models` in the data folder, beside the program, and in the current folder.
pub fn model_folders(data: &Path) -> Vec<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("models")));
    [Some(data.join("models")), beside, Some("models".into())].into_iter().flatten().collect()
}

/// Whether a folder has the large models.
pub fn has_large(folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| LARGE_FILES.iter().all(|file| folder.join(file).is_file()))
}

/// How many products are known without being listed.
pub fn known_products() -> usize {
    Lexicon::known().terms().len()
}

/// The large models of the first folder that has them, read once; `None` when none has.
pub fn large(folders: &[PathBuf]) -> AppResult<Option<Arc<LargeReader>>> {
    static READ: Mutex<Vec<(PathBuf, Arc<LargeReader>)>> = Mutex::new(Vec::new());
    let has_all = |folder: &&PathBuf| LARGE_FILES.iter().all(|file| folder.join(file).is_file());
    let Some(folder) = folders.iter().find(has_all) else { return Ok(None) };
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, large)) = read.iter().find(|(of, _)| of == folder) {
        return Ok(Some(Arc::clone(large)));
    }
    let large = Arc::new(load(folder)?);
    read.push((folder.clone(), Arc::clone(&large)));
    Ok(Some(large))
}

/// As [`large`]; an error that tells where they belong when there are none.
pub fn must_have_large(folders: &[PathBuf]) -> AppResult<Arc<LargeReader>> {
    let missing = || {
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        AppError::Invalid(format!(
            "the large models are not there: copy the folder `models` of Axle's sources ({}) to one of {}",
            LARGE_FILES.join(", "),
            folders.join(", ")
        ))
    };
    large(folders)?.ok_or_else(missing)
}

fn load(folder: &Path) -> AppResult<LargeReader> {
    let read = |file: &str| {
        let path = folder.join(file);
        std::fs::read(&path).map_err(|cause| AppError::Internal(format!("{}: {cause}", path.display())))
    };
    let [model, vocabulary, heads, mood] = LARGE_FILES;
    let bytes = |file: &str| Ok::<_, AppError>(Bytes::Shared(read(file)?.into()));
    let vocabulary = String::from_utf8_lossy(&read(vocabulary)?).into_owned();
    let files = Files { model: bytes(model)?, vocabulary: &vocabulary, heads: bytes(heads)?, mood: bytes(mood)? };
    LargeReader::load(files).map_err(|error| AppError::Internal(format!("{}: {error}", folder.display())))
}
