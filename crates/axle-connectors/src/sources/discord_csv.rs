//! Discord channels as DiscordChatExporter writes them in CSV: one file a channel, or numbered pages of one.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::catalogue::MESSAGE_SENT;
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Extent, Fact, Identity, Part};
use csv::ByteRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::chat::{self, PRIVATE};
use crate::csv_rows::{BROKEN_QUOTES, CsvRows};
use crate::input::{Walk, file_name};
use crate::read::Places;
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// The rows carry no message ids: a message is known by its channel, author, time, words and attachments, and among
/// rows that are equal in these by its number. Equal rows count through all pages of a channel in one folder, so that it does not
/// matter in which order the pages are read. Times without a zone are read as UTC, which the property
/// `time_zone: "assumed UTC"` says; with slashes the month stands first where the clock has twelve hours, and the day
/// where it has twenty-four. Direct messages are counted, and nothing else of them is kept.
pub struct DiscordCsv;

const TYPES: &[ActivityType] = &[MESSAGE_SENT];

impl Source for DiscordCsv {
    fn format(&self) -> &'static str {
        "discord-csv"
    }

    fn title(&self) -> &'static str {
        "Discord channels (DiscordChatExporter CSV)"
    }

    fn looked_for(&self) -> &'static str {
        "CSV files whose first line is AuthorID, Author, Date, Content, Attachments, Reactions (or the same without AuthorID)"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        TYPES
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_page = |head: &str| head.lines().next().is_some_and(|line| Columns::of_line(line).is_some());
        if probe.heads().any(|(_, head)| is_page(&head)) { 92 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let mut pages = Pages::default();
        input.walk(&mut |member| {
            if member.path.to_lowercase().ends_with(".csv") || !input.is_collection() {
                pages.read(member, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        if raw.kind == PRIVATE {
            return Ok(Vec::new());
        }
        if raw.kind == "channel" {
            let body = json!({"id": raw.around("channel"), "name": raw.around("channel_name"), "kind": "chat"});
            let Value::Object(body) = body else { return Err(RecordError::new("not a JSON object")) };
            return Ok(vec![Fact::new(FactKind::CHANNEL, body)?.into()]);
        }
        Ok(vec![message(raw)?.into()])
    }
}

/// Where each field stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    separator: u8,
    count: usize,
    author_id: Option<usize>,
    author: usize,
    date: usize,
    content: usize,
    attachments: usize,
    reactions: Option<usize>,
}

impl Columns {
    fn of_line(line: &str) -> Option<Self> {
        let line = line.trim_start_matches('\u{feff}').trim();
        let separator = if line.contains(';') { b';' } else { b',' };
        let names: Vec<&str> = line.split(char::from(separator)).map(|name| name.trim().trim_matches('"')).collect();
        let at = |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name));
        Some(Self {
            separator,
            count: names.len(),
            author_id: at("AuthorID"),
            author: at("Author")?,
            date: at("Date")?,
            content: at("Content")?,
            attachments: at("Attachments")?,
            reactions: at("Reactions"),
        })
    }

    fn field<'r>(&self, row: &'r ByteRecord, at: usize) -> &'r [u8] {
        row.get(at).unwrap_or_default()
    }

    /// Who a row is from: the account's id, or else its name.
    fn who<'r>(&self, row: &'r ByteRecord) -> &'r [u8] {
        let id = self.author_id.map(|at| self.field(row, at)).filter(|id| !id.is_empty());
        id.unwrap_or_else(|| self.field(row, self.author))
    }
}

/// What is remembered from page to page.
#[derive(Default)]
struct Pages {
    channels: HashMap<String, Arc<Part>>,
    /// How often a row was seen, by its folder, channel and content.
    seen: HashMap<[u8; 16], u32>,
}

impl Pages {
    fn read(&mut self, member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let places = Places::new(member.path, "row");
        let channel = Channel::of_path(member.path);
        let base = [("channel", channel.id.as_str()), ("channel_name", channel.name.as_str())];
        let path = member.path.to_owned();
        let (first, columns) = header(member.bytes).map_err(|cause| crate::input::unreadable(&path, cause))?;
        let Some(columns) = columns else {
            let reason = "the first line is no header of DiscordChatExporter: Author, Date, Content, Attachments";
            return emit(RawRecord::broken(places.at(1), &chat::context(&base), reason, first.into_bytes()));
        };
        if !channel.is_private && !self.channels.contains_key(&channel.group) {
            let context = chat::context(&base);
            emit(RawRecord::describing("channel", places.at(1), &context, channel.name.clone().into()))?;
        }
        let part = self.channels.entry(channel.group.clone()).or_insert_with(|| Arc::new(channel.part()));
        let part = Arc::clone(part);
        let header = first.trim_start_matches('\u{feff}').trim().to_owned();
        let plain = chat::context(&[base[0], base[1], ("header", &header)]);
        let mut rows = CsvRows::new(member.bytes, columns.separator, columns.count);
        let mut position = 1;
        while let Some(row) = rows.next_row().map_err(|error| unreadable(&path, error))? {
            position += 1;
            if channel.is_private {
                emit(chat::private_record(places.at(position), &format!("{}:{position}", channel.id)))?;
                continue;
            }
            let row = match row.cells {
                Ok(row) => row,
                Err(bytes) => {
                    let broken = RawRecord::broken(places.at(position), &plain, BROKEN_QUOTES, bytes);
                    emit(broken.within(&part, &[]))?;
                    continue;
                }
            };
            let number = self.number(&channel.group, columns, &row);
            let context = if number == 1 {
                Context::clone(&plain)
            } else {
                chat::context(&[base[0], base[1], ("header", &header), ("number", &number.to_string())])
            };
            let row = RawRecord::new("row", places.at(position), &context, written(&row, columns.separator));
            emit(row.within(&part, TYPES))?;
        }
        Ok(())
    }

    /// The how-manieth row this is of those with the same author, time, words and attachments, from 1.
    fn number(&mut self, group: &str, columns: Columns, row: &ByteRecord) -> u32 {
        let files = files(&String::from_utf8_lossy(columns.field(row, columns.attachments)));
        let parts = [
            group.as_bytes(),
            columns.who(row),
            columns.field(row, columns.date),
            columns.field(row, columns.content),
            files.as_bytes(),
        ];
        let seen = self.seen.entry(hash(&parts)).or_default();
        *seen += 1;
        *seen
    }
}

/// The first line of a file, and what it says of the columns.
fn header(bytes: &mut dyn std::io::BufRead) -> std::io::Result<(String, Option<Columns>)> {
    let mut line = Vec::new();
    std::io::BufRead::read_until(&mut std::io::Read::take(bytes, 4096), b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line).into_owned();
    let columns = Columns::of_line(&line);
    Ok((line, columns))
}

fn unreadable(path: &str, error: csv::Error) -> SourceError {
    crate::input::unreadable(path, std::io::Error::from(error))
}

/// A row as it stood, with every field in quotes.
fn written(row: &ByteRecord, separator: u8) -> Vec<u8> {
    let mut line = Vec::new();
    for (at, field) in row.iter().enumerate() {
        if at > 0 {
            line.push(separator);
        }
        line.push(b'"');
        for byte in field {
            line.extend(if *byte == b'"' { &b"\"\""[..] } else { std::slice::from_ref(byte) });
        }
        line.push(b'"');
    }
    line
}

fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

/// Which channel a file is of.
#[derive(Debug, PartialEq, Eq)]
struct Channel {
    /// Discord's id where the file's name holds it, `[449948353531478037]`, otherwise the name.
    id: String,
    name: String,
    /// What all pages of the channel share, and no other export of it.
    group: String,
    /// Whether the file's name says that it holds direct messages.
    is_private: bool,
}

impl Channel {
    fn of_path(path: &str) -> Self {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let stem = without_part(stem);
        let is_number = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !folder.is_empty() {
            let name = file_name(folder).to_owned();
            return Self { id: name.clone(), name, group: folder.to_owned(), is_private: false };
        }
        let group = format!("{folder}/{stem}");
        let (before, id) = match stem.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?.0)))
        {
            Some((before, id)) if id.len() >= 15 && id.bytes().all(|byte| byte.is_ascii_digit()) => (before, Some(id)),
            _ => (stem, None),
        };
        let name = before.rsplit(" - ").next().unwrap_or(before).trim().to_owned();
        Self {
            id: id.map_or_else(|| name.clone(), str::to_owned),
            name,
            group,
            is_private: stem.starts_with("Direct Messages - "),
        }
    }

    /// All pages of the channel, in the export that its folder holds.
    fn part(&self) -> Part {
        let (export, _) = self.group.rsplit_once('/').unwrap_or(("", &self.group));
        Part { export: export.to_owned(), name: self.group.clone(), as_of: None, extent: Extent::Channel }
    }
}

/// Drops the page that the exporter adds to a file's name: `general [part 2]`.
fn without_part(stem: &str) -> &str {
    let without = stem.rsplit_once(" [part ").filter(|(_, rest)| {
        rest.strip_suffix(']')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    without.map_or(stem, |(stem, _)| stem)
}

fn message(raw: &RawRecord) -> Result<Activity, RecordError> {
    let columns = Columns::of_line(raw.around("header")).ok_or_else(|| RecordError::new("the header is missing"))?;
    let mut row = ByteRecord::new();
    csv::ReaderBuilder::new()
        .delimiter(columns.separator)
        .has_headers(false)
        .from_reader(raw.body.as_slice())
        .read_byte_record(&mut row)
        .map_err(|error| RecordError(format!("not a row: {error}")))?;
    // Some versions end the header with a separator and the rows without.
    if row.len() + 1 < columns.count || row.len() > columns.count {
        return Err(RecordError(format!("{} fields where the header has {}", row.len(), columns.count)));
    }
    let text = |name: &str, at: usize| {
        let text = std::str::from_utf8(columns.field(&row, at));
        text.map_err(|_| RecordError(format!("`{name}` is not UTF-8")))
    };
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    let actor = Identity {
        platform: "discord".into(),
        uid: columns.author_id.map(|at| text("AuthorID", at)).transpose()?.and_then(filled),
        username: filled(text("Author", columns.author)?).map(|name| name.trim_end_matches("#0000").to_owned()),
        ..Identity::default()
    };
    if actor.key().is_none() {
        return Err(chat::missing("Author"));
    }
    if actor.uid.as_ref().is_some_and(|uid| !uid.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(RecordError::new("`AuthorID` is not a number"));
    }
    let date = text("Date", columns.date)?;
    let (at, is_assumed) =
        instant(date).ok_or_else(|| RecordError(format!("`Date` is no date that is known: {date}")))?;
    let content = text("Content", columns.content)?;
    let attachments = text("Attachments", columns.attachments)?;
    let id = hash(&[
        raw.around("channel").as_bytes(),
        columns.who(&row),
        at.to_string().as_bytes(),
        content.as_bytes(),
        files(attachments).as_bytes(),
        raw.around("number").as_bytes(),
    ]);
    let mut activity = Activity::new(&MESSAGE_SENT, hex(id), at, actor);
    activity.channel = filled(raw.around("channel"));
    activity.text = Some(content.to_owned()).filter(|text| !text.is_empty());
    for uid in mentions(content) {
        chat::address(&mut activity.counterparts, &activity.actor, Identity::uid("discord", uid));
    }
    if is_assumed {
        activity.properties.insert("time_zone".into(), "assumed UTC".into());
    }
    let links: Value = links(attachments).collect();
    if links.as_array().is_some_and(|links| !links.is_empty()) {
        activity.properties.insert("attachments".into(), links);
    }
    let reactions = columns.reactions.map(|at| text("Reactions", at)).transpose()?.map_or(0, reaction_count);
    if reactions > 0 {
        activity.properties.insert("reactions".into(), reactions.into());
    }
    Ok(activity)
}

fn links(attachments: &str) -> impl Iterator<Item = &str> {
    attachments.split(',').map(str::trim).filter(|link| !link.is_empty())
}

/// The attachments without what a link is signed with, which differs from export to export.
fn files(attachments: &str) -> String {
    let files: Vec<&str> = links(attachments).map(|link| link.split('?').next().unwrap_or(link)).collect();
    files.join(",")
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// `👆 (1),📌 (2)` are three.
fn reaction_count(text: &str) -> u64 {
    let counts = text.split('(').skip(1).filter_map(|rest| rest.split_once(')')?.0.trim().parse::<u64>().ok());
    counts.fold(0, u64::saturating_add)
}

/// People whom the exporter could not name, `<@242635006516658197>` or `<@!…>`. Others stand as `@name`, where a name
/// may be several people's.
fn mentions(text: &str) -> impl Iterator<Item = &str> {
    text.split("<@").skip(1).filter_map(|rest| {
        let id = rest.split_once('>')?.0.trim_start_matches('!');
        (id.len() >= 15 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
    })
}

/// Dates as the exporter's versions and locales write them, and whether UTC had to be assumed.
fn instant(text: &str) -> Option<(Timestamp, bool)> {
    // Newer formatting puts a narrow blank before AM and PM.
    let text = text.trim().replace(['\u{202f}', '\u{a0}'], " ");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some((at, false));
    }
    let has_half_days = text.to_lowercase().ends_with('m');
    let patterns: &[&str] = if has_half_days {
        &["%d-%b-%y %I:%M %p", "%d-%b-%Y %I:%M %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %I:%M %p"]
    } else {
        &[
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%d %H:%M",
            "%Y-%m-%dT%H:%M",
            "%d-%b-%y %H:%M",
            "%d-%b-%Y %H:%M",
            "%d/%m/%Y %H:%M",
            "%d/%m/%Y %H:%M:%S",
            "%d.%m.%Y %H:%M",
            "%d.%m.%Y %H:%M:%S",
        ]
    };
    let local = patterns.iter().find_map(|pattern| DateTime::strptime(pattern, &text).ok())?;
    Some((local.to_zoned(TimeZone::UTC).ok()?.timestamp(), true))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn dates_of_all_versions_are_read() {
        let night = "2019-06-07T23:53:00Z";
        for (text, expected, is_assumed) in [
            ("07-Jun-19 11:53 PM", night, true),
            ("07-Jun-2019 11:53 PM", night, true),
            ("06/07/2019 11:53 PM", night, true),
            ("6/7/2019 11:53\u{202f}PM", night, true),
            ("07/06/2019 23:53", night, true),
            ("07.06.2019 23:53", night, true),
            ("2019-06-07 23:53", night, true),
            ("2019-06-07T23:53:00.0000000", night, true),
            ("2019-06-07T23:53:00.0000000+00:00", night, false),
            ("2019-06-08T01:53:00.0000000+02:00", night, false),
            ("07-Jun-19 12:05 AM", "2019-06-07T00:05:00Z", true),
        ] {
            assert_eq!(instant(text), Some((expected.parse().unwrap(), is_assumed)), "{text}");
        }
        for wrong in ["", "yesterday", "13/13/2019 23:53", "07-Jun-19"] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_tells_its_channel() {
        let channel = |path: &str| {
            let channel = Channel::of_path(path);
            (channel.id, channel.name, channel.group)
        };
        let told = |id: &str, name: &str, group: &str| (id.to_owned(), name.to_owned(), group.to_owned());
        assert_eq!(channel("apps/dex/13.csv"), told("dex", "dex", "apps/dex"));
        assert_eq!(
            channel("Mill - Text - general [449948353531478037] [part 2].csv"),
            told("449948353531478037", "general", "/Mill - Text - general [449948353531478037]")
        );
        assert_eq!(
            channel("Mill - Text - general [449948353531478037] (after 2020-01-01).csv").0,
            "449948353531478037"
        );
        assert_eq!(channel("general.csv"), told("general", "general", "/general"));
        assert_eq!(channel("13.csv").0, "13");
    }

    #[test]
    fn columns_of_both_versions() {
        assert_eq!(Columns::of_line("AuthorID;Author;Date;Content;Attachments;Reactions;").unwrap().reactions, Some(5));
        assert_eq!(
            Columns::of_line("\u{feff}\"AuthorID\",\"Author\",\"Date\",\"Content\",\"Attachments\",\"Reactions\"")
                .unwrap()
                .separator,
            b','
        );
        assert_eq!(Columns::of_line("Author;Date;Content;Attachments").unwrap().author_id, None);
        assert_eq!(Columns::of_line("Date,Content"), None);
    }

    /// A later export of the same channel, read beside the earlier one, adds only what is new.
    #[test]
    fn overlapping_exports_share_their_ids() {
        let folder = tempfile::tempdir().unwrap();
        let header = "AuthorID;Author;Date;Content;Attachments;Reactions;\n";
        let yes = "\"7\";\"ada\";\"07-Jun-19 11:53 PM\";\"yes\";\"\";\"\";\n";
        let signed = |key: &str| {
            format!("\"7\";\"ada\";\"07-Jun-19 11:54 PM\";\"\";\"https://cdn.example/a.png?is={key}\";\"\";\n")
        };
        for (name, rows) in [
            ("old", format!("{yes}{yes}{}", signed("1"))),
            ("new", format!("{yes}{yes}{}{}", signed("2"), yes.replace("yes", "no"))),
        ] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("general.csv"), format!("{header}{rows}")).unwrap();
        }
        let input = Input::open(folder.path(), crate::Limits::default()).unwrap();
        let mut ids = Vec::new();
        DiscordCsv
            .read(&input, &mut |record| {
                ids.extend(DiscordCsv.normalize(&record).unwrap().into_iter().filter_map(|entry| match entry {
                    Entry::Activity(activity) => Some(activity.id),
                    Entry::Fact(_) => None,
                }));
                Ok(())
            })
            .unwrap();
        assert_eq!(ids.len(), 7);
        assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), 4);
    }
}
