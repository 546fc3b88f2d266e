//! Everything that interchange can say of a workspace, as files: read into an empty workspace they give equal figures.

mod people;
mod said;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use axle_model::Activity;
use axle_model::interchange::{FactKind, TYPES, activity_line, fact_line};
use axle_store::export::{self as record, Exported};
use axle_store::{StoreError, channel, fact};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::people::People;
use crate::directory::{channel_of, people as who_is_who};
use crate::{AppError, AppResult, Workspace, refresh};

/// What a channel is called that its source does not name: lists show the same.
const NO_CHANNEL: &str = "(none)";

/// So many rows are read at once.
const PAGE: u32 = 20_000;

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// Where the files are.
    pub folder: String,
    /// Lines by their type; each type has a file of its own.
    pub lines: BTreeMap<String, u64>,
    /// The workspace's time zone: days begin in it, and the files do not say so.
    pub time_zone: String,
    /// What the files cannot say, and how much of it there is.
    pub left_out: Vec<(String, i64)>,
}

/// Writes everything into a folder that is not there yet or empty. It is whole or not there.
///
/// # Errors
/// [`AppError::Conflict`] when something is in the folder, or in the one beside it that it is written to; [`AppError::Invalid`] when
/// the folder is named without its name, as `.` is; when it cannot be written.
pub async fn write(workspace: &Workspace, folder: &Path) -> AppResult<Receipt> {
    let Some(name) = folder.file_name() else {
        let text =
            format!("`{}` says no name of a folder: give it, so that what is whole takes its place", folder.display());
        return Err(AppError::Invalid(text));
    };
    // Without what may stand behind the name: `copy/`.
    let folder = &folder.with_file_name(name);
    let holds_something = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if folder.is_file() || holds_something(folder) {
        let text = format!("{} is not empty: name a folder that is, or one that is not there yet", folder.display());
        return Err(AppError::Conflict(text));
    }
    let part = part_of(folder);
    if part.is_file() || holds_something(&part) {
        // Whose it is cannot be told, so nothing of it is removed.
        let text = format!(
            "{} is not empty: remove it if an export that did not end left it, or name another folder",
            part.display()
        );
        return Err(AppError::Conflict(text));
    }
    fs::create_dir_all(&part).map_err(|cause| failed(&part, cause))?;
    let mut files = Files { folder: part.clone(), files: BTreeMap::new() };
    let written = write_all(workspace, &mut files).await;
    let lines = match written.and_then(|()| files.finish()) {
        Ok(lines) => lines,
        Err(error) => {
            let _ = fs::remove_dir_all(&part);
            return Err(error);
        }
    };
    let is_free = if folder.exists() { fs::remove_dir(folder) } else { Ok(()) };
    if let Err(cause) = is_free.and_then(|()| fs::rename(&part, folder)) {
        let _ = fs::remove_dir_all(&part);
        return Err(failed(folder, cause));
    }
    let zone = workspace.time_zone().await?;
    let left_out = record::left_out(workspace.db()).await?;
    Ok(Receipt {
        folder: folder.display().to_string(),
        lines,
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        left_out: left_out.into_iter().map(|(what, count)| (what.to_owned(), count)).collect(),
    })
}

async fn write_all(workspace: &Workspace, files: &mut Files) -> AppResult<()> {
    refresh::refresh(workspace).await?;
    let db = workspace.db();
    let known = who_is_who(db, &workspace.time_zone().await?).await?;
    let people = People::read(db, &known.identities).await?;
    activities(workspace, &people, files).await?;
    channels(workspace, files).await?;
    for line_type in TYPES {
        let kind = FactKind::from_name(line_type.name).expect("each type has its kind");
        if kind != FactKind::CHANNEL {
            facts(workspace, kind, &known, files).await?;
        }
    }
    for line in said::lines(db, &known, &people).await? {
        files.put(&line)?;
    }
    Ok(())
}

async fn activities(workspace: &Workspace, people: &People<'_>, files: &mut Files) -> AppResult<()> {
    let objects = record::objects(workspace.db()).await?;
    let mut after = 0;
    loop {
        let page = record::activities(workspace.db(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for row in page {
            let parent = row.parent.map(|object| match objects.get(&object) {
                Some(id) => id.clone(),
                // It answers something that the record does not have, and says so again.
                None => format!("unknown/{}", object.map(|byte| format!("{byte:02x}")).concat()),
            });
            let source = row.source.clone();
            if let Some(activity) = activity(row, parent, people) {
                files.put(&activity_line(&source, &activity))?;
            }
        }
    }
}

/// `None` of one by whom the record does not know.
fn activity(row: Exported, parent: Option<String>, people: &People<'_>) -> Option<Activity> {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).ok();
    let at = row.occurred_at;
    let named = |identity: &u32| people.at(*identity, at);
    let channel = match row.channel.is_empty() {
        true => is_told_by_format(&row.format).then(|| NO_CHANNEL.to_owned()),
        false => Some(row.channel),
    };
    Some(Activity {
        channel,
        thread: row.thread,
        parent,
        title: row.title,
        text: row.text,
        url: row.url,
        language: row.language,
        counterparts: row.counterparts.iter().filter_map(named).collect(),
        weight: row.weight.and_then(axle_model::Weight::new),
        version_at: row.version_at.and_then(instant),
        deleted_at: row.deleted_at.and_then(instant),
        // The object and the campaign stand among the properties.
        properties: row.properties.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        ..Activity::of_type(row.activity_type, row.external_id, instant(at)?, people.at(row.identity_id, at)?)
    })
}

/// Whether a channel without a kind has that which its source's format says, which the files must say instead.
fn is_told_by_format(format: &str) -> bool {
    crate::directory::kind_of_format(format) != crate::directory::kind_of_format("interchange")
}

/// What sources say of channels, and what follows from their formats and people's word.
async fn channels(workspace: &Workspace, files: &mut Files) -> AppResult<()> {
    let db = workspace.db();
    let mut stated: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
    for row in fact::of_kind(db, FactKind::CHANNEL).await? {
        stated.insert((row.source, row.fact.key), row.fact.body);
    }
    for row in channel::all(db).await? {
        let (is_qa, is_private, ownership) = (row.is_qa, row.is_private, row.ownership.clone());
        let (source, format) = (row.source.clone(), row.format.clone());
        let id = if row.external_id.is_empty() { NO_CHANNEL.to_owned() } else { row.external_id.clone() };
        let mut body = stated.remove(&(source.clone(), row.external_id.clone())).unwrap_or_default();
        let (name, kind) = (row.name.clone(), row.kind.clone());
        let shown = channel_of(row);
        let kind = kind.or_else(|| is_told_by_format(&format).then_some(shown.kind));
        let is_said =
            name.is_some() || kind.is_some() || is_qa.is_some() || is_private.is_some() || ownership.is_some();
        if body.is_empty() && !is_said {
            continue;
        }
        body.insert("id".into(), json!(id));
        body.insert("name".into(), json!(name.unwrap_or(id)));
        for (field, value) in [
            ("kind", kind.map(Value::from)),
            ("ownership", ownership.map(Value::from)),
            ("is_qa", is_qa.map(Value::from)),
            ("is_private", is_private.map(Value::from)),
        ] {
            body.extend(value.map(|value| (field.to_owned(), value)));
        }
        files.put(&line("channel", &source, body))?;
    }
    for ((source, _), body) in stated {
        files.put(&line("channel", &source, body))?;
    }
    Ok(())
}

/// Facts of a kind, each with what it said before, so that what followed from that follows again.
async fn facts(
    workspace: &Workspace,
    kind: FactKind,
    known: &crate::directory::People,
    files: &mut Files,
) -> AppResult<()> {
    let mut after = 0;
    loop {
        let page = fact::since(workspace.db(), kind, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for state in page {
            let mut row = state.row;
            if kind == FactKind::PERSON {
                said::keep_tags(&mut row, known);
            }
            files.put(&fact_line(&row.source, &row.fact))?;
        }
    }
}

/// A line of a type.
fn line(name: &str, source: &str, body: Map<String, Value>) -> Value {
    let mut line = Map::from_iter([("type".to_owned(), json!(name)), ("source".to_owned(), json!(source))]);
    line.extend(body);
    Value::Object(line)
}

/// A file for each type of line.
struct Files {
    folder: PathBuf,
    files: BTreeMap<String, (BufWriter<File>, u64)>,
}

impl Files {
    fn put(&mut self, line: &Value) -> AppResult<()> {
        let name = line["type"].as_str().unwrap_or("activity");
        let path = || self.folder.join(format!("{name}.jsonl"));
        if !self.files.contains_key(name) {
            let file = File::create(path()).map_err(|cause| failed(&path(), cause))?;
            self.files.insert(name.to_owned(), (BufWriter::new(file), 0));
        }
        let folder = &self.folder;
        let Some((file, lines)) = self.files.get_mut(name) else { return Ok(()) };
        *lines += 1;
        let text = line.to_string();
        let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n"));
        written.map_err(|cause| failed(folder, cause))
    }

    /// The lines of each type, once all are on the disk.
    fn finish(self) -> AppResult<BTreeMap<String, u64>> {
        let folder = self.folder;
        let mut lines = BTreeMap::new();
        for (name, (file, count)) in self.files {
            let file = file.into_inner().map_err(|error| failed(&folder, error.into_error()))?;
            file.sync_all().map_err(|cause| failed(&folder, cause))?;
            lines.insert(name, count);
        }
        Ok(lines)
    }
}

/// What is not whole yet has another name.
fn part_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn failed(place: &Path, cause: io::Error) -> AppError {
    AppError::Store(StoreError::Io { place: place.display().to_string(), cause })
}
