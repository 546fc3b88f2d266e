//! The flywheels of a workspace: those that come with Axle, some replaced by saved definitions, and further ones of its own.

mod assemble;
mod check;
mod numbers;
mod preview;

use std::sync::LazyLock;

use axle_flywheel::Definition;
use axle_flywheel::definition::{SHIPPED, shipped};
pub use axle_flywheel::scenario::Difference;
use axle_store::flywheel_definition::{self as store, DefinitionRow};
use jiff::Timestamp;
use serde::Serialize;

use crate::{AppError, AppResult, Workspace};
use assemble::{after_reset, assemble, fit};
pub use check::{Check, Played, Problem, check_alone};
pub use numbers::{Group, Number, groups, with_numbers};
pub use preview::{
    Appears, Example, Happens, Moved, NumbersPreview, Preview, StepChange, StepState, WheelChange, preview,
    preview_numbers,
};

/// The definitions that a workspace turns.
#[derive(Debug, Clone)]
pub struct Definitions {
    /// Those that come with Axle first, in their order.
    pub all: Vec<Definition>,
    /// Saved ones that this program cannot use: what comes with Axle stands in for them, if anything does.
    pub fallen: Vec<Fallen>,
}

/// A saved definition that cannot be used. It is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fallen {
    /// Id.
    pub flywheel: String,
    /// Its version.
    pub version: i64,
    /// What is wrong with it.
    pub problem: String,
}

/// Where a definition comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It comes with Axle.
    Shipped,
    /// It comes with Axle and was changed here.
    Changed,
    /// It was made here.
    Own,
}

/// A flywheel among the settings.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Id.
    pub flywheel: String,
    /// For people; the id when the definition cannot be read.
    pub title: String,
    /// What it is for.
    pub question: String,
    /// Steps.
    pub steps: usize,
    /// Version in use.
    pub version: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was last changed; `None`: never.
    pub saved_at: Option<Timestamp>,
    /// By whom.
    pub saved_by: Option<String>,
    /// Why the saved definition is not the one in use.
    pub problem: Option<String>,
}

/// One version of a definition.
#[derive(Debug, Clone, Serialize)]
pub struct Version {
    /// Number.
    pub version: i64,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
    /// It was put back to what comes with Axle, or removed.
    pub is_reset: bool,
    /// The definition; `None` when it was removed.
    pub text: Option<String>,
}

/// What is to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The definition.
    pub text: &'a str,
    /// The version that it was made from, so that nobody's later one is written over; `None`: whichever there is.
    pub made_from: Option<u32>,
    /// Expectations of its cases become what comes out now.
    pub takes_over: bool,
    /// Who saves it.
    pub by: &'a str,
}

/// What became of a draft.
#[derive(Debug)]
pub enum Saving {
    /// It cannot be saved.
    Refused(Box<Check>),
    /// It says what this version says already.
    Same(u32),
    /// It holds from now on.
    Saved(u32),
}

/// A flywheel of two steps that works: what a new one can begin with.
pub const EXAMPLE: &str = include_str!("own/example.toml");

/// The definitions that come with Axle.
fn shipped_ones() -> &'static [Definition] {
    static SHIPPED: LazyLock<Vec<Definition>> =
        LazyLock::new(|| shipped().expect("the definitions that come with Axle are checked by tests"));
    &SHIPPED
}

/// Whether something of that id comes with Axle.
pub fn ships(id: &str) -> bool {
    shipped_one(id).is_some()
}

fn shipped_one(id: &str) -> Option<&'static Definition> {
    shipped_ones().iter().find(|one| one.id == id)
}

/// The definitions that the workspace turns now.
///
/// # Errors
/// When the database cannot be read.
pub async fn definitions_of(workspace: &Workspace) -> AppResult<Definitions> {
    let definitions = assemble(&store::newest(workspace.db()).await?);
    for fallen in &definitions.fallen {
        tracing::warn!(fallen.flywheel, fallen.version, fallen.problem, "a saved flywheel cannot be used");
    }
    Ok(definitions)
}

/// Every flywheel with its version and who changed it last.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(workspace: &Workspace) -> AppResult<Vec<Line>> {
    let rows = store::newest(workspace.db()).await?;
    let Definitions { all, fallen } = assemble(&rows);
    let row_of = |id: &str| rows.iter().find(|row| row.flywheel == id);
    let problem_of = |id: &str| fallen.iter().find(|one| one.flywheel == id).map(|one| one.problem.clone());
    let line = |id: &str, definition: Option<&Definition>| {
        let row = row_of(id);
        let has_text = row.is_some_and(|row| row.text.is_some());
        Line {
            flywheel: id.to_owned(),
            title: definition.map_or(id, |one| &one.title).to_owned(),
            question: definition.map_or_else(String::new, |one| one.question.clone()),
            steps: definition.map_or(0, |one| one.steps.len()),
            version: definition.map_or(0, |one| one.version),
            origin: match shipped_one(id) {
                None => Origin::Own,
                Some(_) if has_text => Origin::Changed,
                Some(_) => Origin::Shipped,
            },
            saved_at: row.and_then(|row| Timestamp::from_microsecond(row.saved_at).ok()),
            saved_by: row.map(|row| row.saved_by.clone()),
            problem: problem_of(id),
        }
    };
    let mut lines: Vec<Line> = all.iter().map(|one| line(&one.id, Some(one))).collect();
    let lost = fallen.iter().filter(|fallen| !all.iter().any(|one| one.id == fallen.flywheel));
    lines.extend(lost.map(|fallen| line(&fallen.flywheel, None)));
    Ok(lines)
}

/// Saved versions of a flywheel, the newest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no flywheel of that id and never was one.
pub async fn history(workspace: &Workspace, id: &str) -> AppResult<Vec<Version>> {
    let rows = store::versions(workspace.db(), id).await?;
    if rows.is_empty() && shipped_one(id).is_none() {
        return Err(unknown(id));
    }
    let version = |row: DefinitionRow| Version {
        version: row.version,
        saved_at: Timestamp::from_microsecond(row.saved_at).unwrap_or_default(),
        saved_by: row.saved_by,
        is_reset: row.text.is_none(),
        text: row.text.or_else(|| shipped_text(id).map(str::to_owned)),
    };
    Ok(rows.into_iter().map(version).collect())
}

fn unknown(id: &str) -> AppError {
    AppError::NotFound(format!("there is no flywheel `{id}`: `axle flywheel list` shows all"))
}

fn shipped_text(id: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
}

/// A definition as it was saved last, else as it comes with Axle.
///
/// # Errors
/// [`AppError::NotFound`] when there is no flywheel of that id.
pub async fn text(workspace: &Workspace, id: &str) -> AppResult<String> {
    let newest = store::newest(workspace.db()).await?.into_iter().find(|row| row.flywheel == id);
    let saved = newest.and_then(|row| row.text);
    saved.or_else(|| shipped_text(id).map(str::to_owned)).ok_or_else(|| unknown(id))
}

/// What is wrong with a definition, among those of the workspace. Nothing is saved.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(workspace: &Workspace, id: &str, text: &str) -> AppResult<Check> {
    let present = definitions_of(workspace).await?.all;
    let mut check = check::among(&present, id, text);
    check.note_figures(workspace, &present);
    Ok(check)
}

/// What is saved, or ships, of a flywheel now.
struct Held {
    /// 0 while there never was one of that id.
    version: i64,
    /// `None`: there is none.
    text: Option<String>,
    /// What was saved last.
    row: Option<DefinitionRow>,
}

async fn held(workspace: &Workspace, id: &str) -> AppResult<Held> {
    let row = store::newest(workspace.db()).await?.into_iter().find(|row| row.flywheel == id);
    let ships = shipped_one(id);
    let version = match (&row, ships) {
        (Some(row), Some(ships)) if row.text.is_none() => after_reset(row, ships.version).into(),
        (Some(row), _) => row.version,
        (None, ships) => ships.map_or(0, |one| one.version.into()),
    };
    let saved = row.as_ref().and_then(|row| row.text.clone());
    Ok(Held { version, text: saved.or_else(|| shipped_text(id).map(str::to_owned)), row })
}

/// The version that a draft of a flywheel is made from: 0 for one that was never there.
///
/// # Errors
/// When the database cannot be read.
pub async fn version(workspace: &Workspace, id: &str) -> AppResult<u32> {
    Ok(u32::try_from(held(workspace, id).await?.version).unwrap_or(u32::MAX))
}

/// Checks a definition and saves it when it is good; everything is turned with it from then on.
///
/// # Errors
/// [`AppError::Conflict`] when another version was saved meanwhile.
pub async fn save(workspace: &Workspace, id: &str, draft: Draft<'_>, now: Timestamp) -> AppResult<Saving> {
    let mut text = draft.text.replace("\r\n", "\n");
    let mut checked = check(workspace, id, &text).await?;
    if draft.takes_over && checked.problems.is_empty() {
        text = checked.taken_over(&text);
        checked = check(workspace, id, &text).await?;
    }
    if !checked.is_good() {
        return Ok(Saving::Refused(Box::new(checked)));
    }
    let held = held(workspace, id).await?;
    if draft.made_from.is_some_and(|from| i64::from(from) != held.version) {
        return Err(meanwhile(id, &held));
    }
    let numbered = |text: &str, version| numbers::with_version(text, version).map_err(AppError::Invalid);
    if let Some(present) = &held.text
        && numbered(present, held.version)? == numbered(&text, held.version)?
    {
        return Ok(Saving::Same(u32::try_from(held.version).unwrap_or(u32::MAX)));
    }
    let version = held.version + 1;
    add(workspace, id, (version, Some(numbered(&text, version)?)), draft.by, now).await?;
    Ok(Saving::Saved(u32::try_from(version).unwrap_or(u32::MAX)))
}

fn meanwhile(id: &str, held: &Held) -> AppError {
    let by = held.row.as_ref().map_or_else(String::new, |row| format!(" by {}", row.saved_by));
    AppError::Conflict(format!(
        "`{id}` is at version {} now{by}: nothing was saved. Look at that version, then save yours again",
        held.version
    ))
}

async fn add(
    workspace: &Workspace,
    id: &str,
    (version, text): (i64, Option<String>),
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    let row = DefinitionRow {
        flywheel: id.to_owned(),
        version,
        text,
        shipped_version: shipped_one(id).map(|one| one.version.into()),
        saved_at: now.as_microsecond(),
        saved_by: by.to_owned(),
    };
    let mut tx = workspace.db().begin().await?;
    if !store::add(&mut tx, &row).await? {
        return Err(meanwhile(id, &held(workspace, id).await?));
    }
    Ok(tx.commit().await?)
}

/// Puts a flywheel back to what comes with Axle; one of the workspace's own is removed. Its versions are kept.
///
/// # Errors
/// [`AppError::Invalid`] when it was not changed, or when another one asks for what would be gone.
pub async fn reset(workspace: &Workspace, id: &str, by: &str, now: Timestamp) -> AppResult<Option<u32>> {
    let held = held(workspace, id).await?;
    if held.text.is_none() {
        return Err(unknown(id));
    }
    if held.row.as_ref().is_none_or(|row| row.text.is_none()) {
        return Err(AppError::Invalid(format!("`{id}` is what comes with Axle already: there is nothing to put back")));
    }
    let present = definitions_of(workspace).await?.all;
    let left = present.into_iter().filter(|one| one.id != id).chain(shipped_one(id).cloned()).collect::<Vec<_>>();
    fit(&left).map_err(|error| AppError::Invalid(format!("{error}. Change that flywheel first")))?;
    let version = held.version + 1;
    add(workspace, id, (version, None), by, now).await?;
    Ok(shipped_one(id).map(|_| u32::try_from(version).unwrap_or(u32::MAX)))
}
