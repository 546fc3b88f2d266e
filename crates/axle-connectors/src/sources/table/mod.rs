//! Tables of any kind, read as a mapping says: CSV, Excel, OpenDocument, and lists of JSON objects.
//!
//! Files are matched to mappings by their columns. Rows that a mapping looks up in other files of the input become
//! part of the record, so that it can be understood on its own.

mod evaluate;
mod mapping;
mod set;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use axle_model::catalogue::CATALOGUE;
use axle_model::{ActivityType, Entry};
use serde_json::{Map, Value};

use self::mapping::{EMBEDDED, Mapping};
use self::set::Set;
use crate::input::Walk;
use crate::rows::{self, Row};
use crate::source::{Confidence, Context, Emit, Place};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Table;

const OWN_MAPPING: &str = ".axle-mapping.toml";

impl Source for Table {
    fn format(&self) -> &'static str {
        "table"
    }

    fn title(&self) -> &'static str {
        "Tables with a mapping (CSV, Excel, OpenDocument, JSON)"
    }

    fn looked_for(&self) -> &'static str {
        "tables with the columns of a mapping that comes with Axle, or a *.axle-mapping.toml beside them"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        CATALOGUE
    }

    fn mapping_of(&self, raw: &RawRecord) -> Option<String> {
        match raw.around("mapping") {
            "" => own_mapping(raw.around("mapping_text")).ok().map(|mapping| mapping.name.clone()),
            name => Some(name.to_owned()),
        }
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        if probe.members.iter().any(|member| member.path.ends_with(OWN_MAPPING)) {
            return 96;
        }
        let columns = probe.members.iter().filter_map(|member| rows::first_columns(&member.head));
        let is_known = |columns: Vec<String>| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            EMBEDDED.iter().any(|mapping| mapping.file_with(&columns).is_some())
        };
        // What a workbook holds cannot be seen from its first bytes.
        let is_workbook = || probe.members.iter().any(|member| rows::is_workbook(&member.head));
        match columns.into_iter().any(is_known) {
            true => 85,
            false if is_workbook() => 30,
            false => 0,
        }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let set = Set::of(input)?;
        each_member(input, &mut |path, member| {
            let mut contexts: HashMap<String, Context> = HashMap::new();
            let mut first_columns = None;
            let broken = rows::rows(member, &mut |row: Row| {
                let place = Place { file: path.into(), unit: row.unit, position: row.position };
                let fields = match row.fields {
                    Ok(fields) => fields,
                    Err((reason, body)) => return emit(RawRecord::broken(place, &Context::default(), reason, body)),
                };
                let Some((origin, file)) = set.file_of(&fields) else {
                    // One word for a whole file that no mapping knows, and one for each odd object of JSON.
                    let columns: Vec<String> = fields.keys().cloned().collect();
                    if !row.is_object && first_columns.as_ref() == Some(&columns) {
                        return Ok(());
                    }
                    let reason = format!("no mapping knows the columns {}", columns.join(", "));
                    first_columns = Some(columns);
                    return emit(RawRecord::broken(
                        place,
                        &Context::default(),
                        reason,
                        Value::Object(fields).to_string().into_bytes(),
                    ));
                };
                let context = contexts.entry(file.name.clone()).or_insert_with(|| origin.context(file));
                let body = set.join(origin, file, fields);
                emit(RawRecord::new("row", place, context, Value::Object(body).to_string().into_bytes()))
            })?;
            match broken {
                Some(reason) => {
                    let place = Place { file: path.into(), unit: "line", position: 0 };
                    emit(RawRecord::broken(place, &Context::default(), reason, Vec::new()))
                }
                None => Ok(()),
            }
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let row: Map<String, Value> = raw.json()?;
        let understand = |mapping: &Mapping| {
            let file = mapping.files.iter().find(|file| file.name == raw.around("file"));
            evaluate::entries(file.ok_or_else(|| RecordError::new("the mapping no longer has this file"))?, row)
        };
        match EMBEDDED.iter().find(|mapping| mapping.name == raw.around("mapping")) {
            Some(mapping) => understand(mapping),
            None => understand(own_mapping(raw.around("mapping_text"))?.as_ref()),
        }
    }
}

/// A user's mapping from its text; the last one is kept, since thousands of rows have the same.
fn own_mapping(text: &str) -> Result<Rc<Mapping>, RecordError> {
    thread_local! {
        static LAST: RefCell<Option<(String, Rc<Mapping>)>> = const { RefCell::new(None) };
    }
    LAST.with_borrow_mut(|last| {
        if let Some((known, mapping)) = last
            && known == text
        {
            return Ok(Rc::clone(mapping));
        }
        let mapping = Mapping::parse(text).map_err(|error| RecordError(format!("the mapping is wrong: {error}")))?;
        let mapping = Rc::new(mapping);
        *last = Some((text.to_owned(), Rc::clone(&mapping)));
        Ok(mapping)
    })
}

/// Every member but mappings.
fn each_member(
    input: &Input,
    each: &mut dyn FnMut(&str, crate::Member<'_>) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    input.walk(&mut |member| {
        if !member.path.ends_with(OWN_MAPPING) {
            each(member.path, crate::Member { path: member.path, bytes: member.bytes })?;
        }
        Ok(Walk::On)
    })
}
