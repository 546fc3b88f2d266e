//! The files of one input with the mappings that know them, and the rows that others look up.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::mapping::{EMBEDDED, File, Mapping};
use super::{OWN_MAPPING, each_member, evaluate};
use crate::input::{Walk, unreadable};
use crate::source::Context;
use crate::{Input, SourceError, read, rows};

const LARGEST_MAPPING: u64 = 1 << 20;

/// Where a mapping comes from.
pub(super) enum Origin {
    Embedded(&'static Mapping),
    Own { mapping: Mapping, text: String },
}

impl Origin {
    fn mapping(&self) -> &Mapping {
        match self {
            Self::Embedded(mapping) => mapping,
            Self::Own { mapping, .. } => mapping,
        }
    }

    /// What a row of the file needs to be understood later.
    pub(super) fn context(&self, file: &File) -> Context {
        let mapping = match self {
            Self::Embedded(mapping) => ("mapping".to_owned(), mapping.name.clone()),
            Self::Own { text, .. } => ("mapping_text".to_owned(), text.clone()),
        };
        Arc::new(BTreeMap::from([mapping, ("file".to_owned(), file.name.clone())]))
    }
}

type Fields = Map<String, Value>;

/// Mapping, file and key column of a table that rows are looked up in.
type TableKey = (String, String, String);

/// See the module.
pub(super) struct Set {
    /// The user's own mappings first.
    origins: Vec<Origin>,
    tables: HashMap<TableKey, HashMap<String, Fields>>,
}

impl Set {
    /// Reads the mappings, and the tables that they look up in. An input with rows of which none is known is refused.
    pub(super) fn of(input: &Input) -> Result<Self, SourceError> {
        let mut origins = own_mappings(input)?;
        origins.extend(EMBEDDED.iter().map(Origin::Embedded));
        let mut set = Self { origins, tables: HashMap::new() };
        let (mut is_known, mut seen) = (false, Vec::new());
        each_member(input, &mut |_, member| {
            let mut kept: Vec<(TableKey, String, Fields)> = Vec::new();
            let read = rows::rows(member, &mut |row| {
                let Ok(fields) = row.fields else { return Ok(()) };
                let Some((origin, file)) = set.file_of(&fields) else {
                    seen = fields.keys().cloned().collect();
                    // The next object may be a known one; rows below a header are all alike.
                    return if row.is_object { Ok(()) } else { Err(enough()) };
                };
                is_known = true;
                let mapping = origin.mapping();
                let fields = evaluate::cleaned(file, fields);
                let before = kept.len();
                for key in mapping.keys_of(&file.name) {
                    if let Some(value) = fields.get(key).and_then(Value::as_str) {
                        let table = (mapping.name.clone(), file.name.clone(), key.to_owned());
                        kept.push((table, value.to_owned(), fields.clone()));
                    }
                }
                if kept.len() == before && !row.is_object { Err(enough()) } else { Ok(()) }
            });
            match read {
                Ok(_) | Err(SourceError::Stopped(_)) => {}
                Err(error) => return Err(error),
            }
            for (table, value, fields) in kept {
                set.tables.entry(table).or_default().insert(value, fields);
            }
            Ok(())
        })?;
        if is_known || seen.is_empty() { Ok(set) } else { Err(unknown(input, &seen)) }
    }

    /// The file that has the row's columns, and whose mapping knows it.
    pub(super) fn file_of(&self, fields: &Fields) -> Option<(&Origin, &File)> {
        let columns: Vec<&str> = fields.keys().map(String::as_str).collect();
        let known = self.origins.iter().filter_map(|origin| Some((origin, origin.mapping().file_with(&columns)?)));
        // The user's own goes before Axle's; else the one that asks for most columns.
        known.max_by_key(|(origin, file)| (matches!(origin, Origin::Own { .. }), file.columns.len()))
    }

    /// The row together with those that its file looks up.
    pub(super) fn join(&self, origin: &Origin, file: &File, fields: Fields) -> Fields {
        if file.lookups.is_empty() {
            return fields;
        }
        let cleaned = evaluate::cleaned(file, fields.clone());
        let mut joined = fields;
        for lookup in &file.lookups {
            let table = (origin.mapping().name.clone(), lookup.file.clone(), lookup.key.clone());
            let found = cleaned.get(&lookup.by).and_then(Value::as_str).and_then(|by| self.tables.get(&table)?.get(by));
            joined.extend(found.map(|row| (lookup.name.clone(), Value::Object(row.clone()))));
        }
        joined
    }
}

/// Stops the reading of a member of which enough is known.
fn enough() -> SourceError {
    SourceError::Stopped("enough".into())
}

fn unknown(input: &Input, columns: &[String]) -> SourceError {
    SourceError::NotAnExport(format!(
        "{}: no mapping knows the columns {}: write one, and lay it beside the tables as NAME{OWN_MAPPING}",
        input.path().display(),
        columns.join(", ")
    ))
}

/// The mappings inside the input, and for a single file those that lie beside it.
fn own_mappings(input: &Input) -> Result<Vec<Origin>, SourceError> {
    let mut texts = Vec::new();
    input.survey(&mut |member| {
        if member.path.ends_with(OWN_MAPPING) {
            let path = member.path.to_owned();
            texts.push((path, String::from_utf8_lossy(&read::whole(member, LARGEST_MAPPING)?).into_owned()));
        }
        Ok(Walk::On)
    })?;
    if !input.is_folder() {
        let folder = input.path().parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = folder.display().to_string();
        for entry in folder.read_dir().map_err(|cause| unreadable(&place, cause))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(OWN_MAPPING) && entry.path().is_file() {
                texts.push((
                    name.clone(),
                    std::fs::read_to_string(entry.path()).map_err(|cause| unreadable(&name, cause))?,
                ));
            }
        }
        texts.sort();
    }
    let parsed = texts.into_iter().map(|(path, text)| match Mapping::parse(&text) {
        Ok(mapping) => Ok(Origin::Own { mapping, text }),
        Err(error) => Err(SourceError::NotAnExport(format!("{path}: the mapping is wrong: {error}"))),
    });
    parsed.collect()
}
