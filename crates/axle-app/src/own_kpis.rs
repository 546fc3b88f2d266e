//! KPIs of the self-hoster's own: files of the folder `kpis` in the data folder, tried before they are saved.

use std::path::{Path, PathBuf};
use std::{fs, io};

use axle_model::analytics::GoldenOutcome;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest};
use axle_model::time::Grain;
use jiff::Timestamp;

use crate::figures::{self, Question};
use crate::{AppError, AppResult, Workspace};

/// The longest id, in bytes.
const MOST_ID_BYTES: usize = 60;

/// What a definition does when it is tried.
#[derive(Debug, Default)]
pub struct Trial {
    /// Why it cannot be used: the key and line, or what the query engine says of its SQL.
    pub problem: Option<String>,
    /// Its golden cases, each with what differs.
    pub cases: Vec<GoldenOutcome>,
    /// What it gives over the last months of this workspace.
    pub answer: Option<KpiAnswer>,
}

impl Trial {
    fn refused(problem: impl ToString) -> Self {
        Self { problem: Some(problem.to_string()), ..Self::default() }
    }

    /// It can be read, planned, and gives what its cases expect.
    pub fn is_good(&self) -> bool {
        self.problem.is_none() && self.cases.iter().all(|case| case.differences.is_empty())
    }
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.data_folder().join("kpis")
}

/// The definitions of the folder as `(id, text)`, by id.
pub fn texts(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut texts = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|ending| ending == "toml") {
            texts.push((id.to_owned(), fs::read_to_string(&path)?));
        }
    }
    texts.sort();
    Ok(texts)
}

fn own(workspace: &Workspace) -> AppResult<Vec<(String, String)>> {
    let folder = folder(workspace);
    texts(&folder).map_err(|error| AppError::Internal(format!("{}: {error}", folder.display())))
}

/// Ids of the workspace's own definitions.
pub fn ids(workspace: &Workspace) -> AppResult<Vec<String>> {
    Ok(own(workspace)?.into_iter().map(|(id, _)| id).collect())
}

/// The text of one of them; `None` when there is none of that id.
pub fn text(workspace: &Workspace, id: &str) -> AppResult<Option<String>> {
    Ok(own(workspace)?.into_iter().find(|(known, _)| known == id).map(|(_, text)| text))
}

/// Reads a definition, runs its golden cases, and asks it of the workspace. Nothing is saved.
pub async fn try_out(workspace: &Workspace, id: &str, text: &str, now: Timestamp) -> AppResult<Trial> {
    if let Some(problem) = wrong_id(id) {
        return Ok(Trial::refused(problem));
    }
    let definition = match workspace.analytics().definition(id, text) {
        Ok(definition) => definition,
        Err(error) => return Ok(Trial::refused(error)),
    };
    let mut cases = workspace.analytics().golden(&definition).await;
    let question = Question { grain: Some(Grain::Month), ..Question::default() };
    let request = figures::request(workspace, &question, now).await?;
    figures::ready(workspace, &definition.rows, now).await?;
    match workspace.analytics().evaluate(&definition, &request).await {
        Ok(answer) => {
            let problem = broken_dimension(workspace, &definition, &request).await;
            Ok(Trial { problem, cases, answer: Some(answer) })
        }
        Err(error) => {
            let problem = error.to_string();
            // What cannot be asked at all is said once.
            cases.retain(|case| case.differences != [problem.as_str()]);
            Ok(Trial { problem: Some(problem), cases, answer: None })
        }
    }
}

/// Why it cannot be broken down by a dimension that it names.
async fn broken_dimension(workspace: &Workspace, definition: &KpiDefinition, request: &KpiRequest) -> Option<String> {
    for dimension in &definition.dimensions {
        let request = KpiRequest { by: Some(dimension.clone()), ..request.clone() };
        if let Err(error) = workspace.analytics().evaluate(definition, &request).await {
            return Some(format!("by {dimension}: {error}"));
        }
    }
    None
}

/// Why this can be no id of a definition.
pub(crate) fn wrong_id(id: &str) -> Option<String> {
    let is_good = (1..=MOST_ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    (!is_good)
        .then(|| format!("“{id}” is no id: use 1 to {MOST_ID_BYTES} of a-z, 0-9 and _, such as `answers_on_weekends`"))
}

/// Tries a definition and saves it when it is good; the catalogue has it from then on. `is_new` refuses an id that is taken.
/// One whose figures may change needs a higher version than the one that it replaces: what was published names its version.
pub async fn save(workspace: &Workspace, id: &str, text: &str, is_new: bool, now: Timestamp) -> AppResult<Trial> {
    let trial = try_out(workspace, id, text, now).await?;
    if !trial.is_good() {
        return Ok(trial);
    }
    if is_new && figures::kpi(workspace, id).is_ok() {
        let problem = format!("There is a KPI `{id}` already: choose another id.");
        return Ok(Trial { problem: Some(problem), ..trial });
    }
    if let Ok(known) = figures::kpi(workspace, id)
        && let Some(problem) = same_version(&known, &workspace.analytics().definition(id, text)?)
    {
        return Ok(Trial { problem: Some(problem), ..trial });
    }
    let folder = folder(workspace);
    let path = folder.join(format!("{id}.toml"));
    let draft = folder.join(format!(".{id}.draft"));
    let written =
        fs::create_dir_all(&folder).and_then(|()| fs::write(&draft, text)).and_then(|()| fs::rename(&draft, &path));
    written.map_err(|error| AppError::Internal(format!("{}: {error}", path.display())))?;
    reload(workspace)?;
    Ok(trial)
}

/// Why a definition may not take the place of another under its version: it may give other figures.
fn same_version(known: &KpiDefinition, next: &KpiDefinition) -> Option<String> {
    let is_other = known.rows.trim() != next.rows.trim()
        || (known.unit, &known.value, &known.options, &known.dimensions)
            != (next.unit, &next.value, &next.options, &next.dimensions);
    let needed = known.version + 1;
    (is_other && next.version < needed).then(|| {
        format!(
            "Its figures may change, and what was published names version {}: write `version = {needed}`.",
            known.version
        )
    })
}

/// Removes one of the workspace's own definitions. Its file stays as `<id>.toml.removed`, from which it can be brought back.
pub fn remove(workspace: &Workspace, id: &str) -> AppResult<()> {
    if text(workspace, id)?.is_none() {
        return Err(AppError::NotFound(format!("there is no KPI `{id}` of your own")));
    }
    let path = folder(workspace).join(format!("{id}.toml"));
    fs::rename(&path, path.with_extension("toml.removed"))
        .map_err(|error| AppError::Internal(format!("{}: {error}", path.display())))?;
    reload(workspace)
}

/// Reads the catalogue anew: what ships, and the files of the folder.
pub fn reload(workspace: &Workspace) -> AppResult<()> {
    let kpis = workspace.analytics().definitions(&own(workspace)?)?;
    workspace.set_kpis(kpis);
    Ok(())
}
