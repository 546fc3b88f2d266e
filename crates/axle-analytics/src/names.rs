//! Names of small numbers, by the dimension that they stand in, and the public ids of members and organizations.

use std::collections::HashMap;

use axle_model::analytics::Directory;
use axle_model::layer::Layer;
use axle_model::orbit::OrbitLevel;
use datafusion::arrow::array::{Array, StringArray};

use crate::tables::people::uuid;

/// What a dimension value is called when there is none.
pub(crate) const NO_VALUE: &str = "(none)";

/// Names by number. A channel whose name another source uses too is called `source/name`.
pub(crate) fn names(directory: &Directory, dimension: &str) -> Vec<Option<String>> {
    match dimension {
        "source" => by_number(directory.sources.iter().map(|row| (row.source_id, row.name.clone()))),
        "channel" => channels(directory),
        "activity_type" => {
            by_number(directory.activity_types.iter().map(|row| (row.activity_type_id, row.key.clone())))
        }
        "organization" => directory.organizations.iter().map(|row| Some(row.name.clone())).collect(),
        "organization_id" => directory.organizations.iter().map(|row| Some(row.organization_id.clone())).collect(),
        "level" => OrbitLevel::ALL.iter().map(|level| Some(level.name().to_owned())).collect(),
        "layer" => Layer::ALL.iter().map(|layer| Some(layer.name().to_owned())).collect(),
        "thread" => by_number(directory.threads.iter().map(|row| (row.thread_id, row.external_id.clone()))),
        "member" | "asker" | "responder" | "id" => directory.members.iter().map(|row| Some(row.name.clone())).collect(),
        "member_id" => directory.members.iter().map(|row| Some(uuid(row.member_id))).collect(),
        _ => Vec::new(),
    }
}

/// The dimension whose names a dimension's numbers have.
pub(crate) fn namesake(dimension: &str) -> &str {
    if matches!(dimension, "asker" | "responder" | "id") { "member" } else { dimension }
}

/// The name of a number; `None` where it has none.
pub(crate) fn name_at(names: &StringArray, number: u32) -> Option<String> {
    let number = number as usize;
    (number < names.len() && names.is_valid(number)).then(|| names.value(number).to_owned())
}

fn channels(directory: &Directory) -> Vec<Option<String>> {
    let mut uses: HashMap<&str, u32> = HashMap::new();
    directory.channels.iter().for_each(|row| *uses.entry(row.name.as_str()).or_default() += 1);
    let source = |id| directory.sources.iter().find(|row| row.source_id == id).map_or("", |row| row.name.as_str());
    by_number(directory.channels.iter().map(|row| {
        let is_shared = uses[row.name.as_str()] > 1;
        (row.channel_id, if is_shared { format!("{}/{}", source(row.source_id), row.name) } else { row.name.clone() })
    }))
}

fn by_number(rows: impl Iterator<Item = (u32, String)>) -> Vec<Option<String>> {
    let mut names = Vec::new();
    for (number, name) in rows {
        let number = number as usize;
        if names.len() <= number {
            names.resize(number + 1, None);
        }
        names[number] = Some(name);
    }
    names
}
