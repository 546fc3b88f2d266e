//! The KPI catalogue: definitions embedded in the binary, and those of a folder of the self-hoster's own.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use axle_model::kpi::KpiDefinition;

use crate::folds::Fold;

/// `(id, text)` of every file of `kpis/`, by id.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/kpis.rs"));

/// A definition that cannot be used. The message names the file and, where there is one, the key.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The folder or a file in it cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// Path as given.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// The file is not TOML, lacks a key, or has one that means nothing.
    #[error("{path}: {reason}")]
    Malformed {
        /// File name, or the path as given.
        path: String,
        /// Key and line, and what is wrong with it.
        reason: String,
    },
}

/// Every definition: the embedded ones, and those of the folder `extra`, which replace embedded ones of the same id.
/// By id.
pub fn catalogue(extra: Option<&Path>) -> Result<Vec<KpiDefinition>, CatalogueError> {
    let mut definitions = embedded()?;
    for (id, path, text) in extra.map(files).transpose()?.unwrap_or_default() {
        definitions.insert(id.clone(), parse(&id, &path, &text)?);
    }
    Ok(definitions.into_values().collect())
}

/// The embedded definitions and others given as `(id, text)`, which replace embedded ones of the same id. By id.
pub(crate) fn with_own(own: &[(String, String)]) -> Result<Vec<KpiDefinition>, CatalogueError> {
    let mut definitions = embedded()?;
    for (id, text) in own {
        definitions.insert(id.clone(), parse(id, &format!("{id}.toml"), text)?);
    }
    Ok(definitions.into_values().collect())
}

fn embedded() -> Result<BTreeMap<String, KpiDefinition>, CatalogueError> {
    let one = |(id, text): &(&str, &str)| Ok(((*id).to_owned(), parse(id, &format!("kpis/{id}.toml"), text)?));
    EMBEDDED.iter().map(one).collect()
}

/// Reads the definition of one file; its name without the ending is the id.
pub fn definition_of(path: &Path) -> Result<KpiDefinition, CatalogueError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|cause| CatalogueError::Unreadable { path: shown.clone(), cause })?;
    parse(path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default(), &shown, &text)
}

fn files(folder: &Path) -> Result<Vec<(String, String, String)>, CatalogueError> {
    let unreadable = |path: &Path, cause| CatalogueError::Unreadable { path: path.display().to_string(), cause };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
        let path = entry.map_err(|cause| unreadable(folder, cause))?.path();
        let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
            files.push((id.to_owned(), path.display().to_string(), text));
        }
    }
    Ok(files)
}

/// Reads one definition. `path` stands in messages only.
pub(crate) fn parse(id: &str, path: &str, text: &str) -> Result<KpiDefinition, CatalogueError> {
    let malformed = |reason: String| CatalogueError::Malformed { path: path.to_owned(), reason };
    let mut definition: KpiDefinition = toml::from_str(text).map_err(|error| malformed(error.to_string()))?;
    if !definition.id.is_empty() && definition.id != id {
        return Err(malformed(format!("`id` is {}, the file's name says {id}", definition.id)));
    }
    id.clone_into(&mut definition.id);
    if id.is_empty()
        || !id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    {
        return Err(malformed("an id is lower-case letters, digits and `_`".into()));
    }
    Fold::of(&definition).map_err(malformed)?;
    if let Some(better) = definition.better.as_deref()
        && !["up", "down"].contains(&better)
    {
        return Err(malformed(format!("`better` is `up` or `down`, not `{better}`")));
    }
    Ok(definition)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "group = 'x'\ntitle = 'x'\nquestion = 'x'\nunit = 'count'\nvalue = 'count'\nrows = 'select 1'\n";

    fn reason(text: &str) -> String {
        parse("mine", "mine.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_and_key() {
        assert!(parse("mine", "mine.toml", GOOD).is_ok());
        let unknown_key = reason(&format!("{GOOD}colour = 'red'"));
        assert!(unknown_key.starts_with("mine.toml: ") && unknown_key.contains("colour"), "{unknown_key}");
        assert!(reason(&GOOD.replace("title = 'x'", "")).contains("title"));
        assert!(reason(&GOOD.replace("'count'\nrows", "'average'\nrows")).contains("`value`"));
        assert!(reason(&format!("{GOOD}better = 'left'")).contains("`better`"));
        assert!(reason(&format!("{GOOD}[options]\nwindow_dayz = 3")).contains("window_dayz"));
    }

    #[test]
    fn definitions_of_a_folder_replace_embedded_ones() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("activities.toml"), GOOD).unwrap();
        fs::write(folder.path().join("notes.txt"), "not a definition").unwrap();
        let all = catalogue(Some(folder.path())).unwrap();
        assert_eq!(all.iter().find(|one| one.id == "activities").unwrap().title, "x");
        fs::write(folder.path().join("broken.toml"), "title = ").unwrap();
        assert!(catalogue(Some(folder.path())).unwrap_err().to_string().contains("broken.toml"));
    }

    #[test]
    fn every_embedded_definition_has_a_golden_case() {
        let all = catalogue(None).unwrap();
        assert!(all.len() > 50, "{} definitions", all.len());
        for one in all {
            assert!(!one.golden.is_empty(), "{} has no golden case", one.id);
        }
    }
}
