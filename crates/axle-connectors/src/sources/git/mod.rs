//! Git: repositories, bundles, `git log` as JSON Lines, and mailmaps.
//!
//! A repository is read by the system's `git` from a folder of our own (see `repository`); what it prints and what
//! a log line holds are both understood as a `commit::Commit`.

mod commit;
mod date;
mod repository;

use std::collections::HashMap;

use axle_model::catalogue::{COMMIT_AUTHORED, COMMIT_REPORTED, COMMIT_REVIEWED, COMMIT_TESTED};
use axle_model::{ActivityType, Entry, MailmapEntry};

use crate::input::{Walk, file_name};
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

use self::commit::Commit;

/// See the module.
pub struct Git;

/// A commit as `git log` prints it in [`repository::FORMAT`].
const COMMIT: &str = "commit";
/// A commit as a line of JSON.
const LOG_LINE: &str = "log_line";
/// The lines of a mailmap that are about the same commits.
const MAILMAP: &str = "mailmap";

const LARGEST_MAILMAP: u64 = 64 << 20;

impl Source for Git {
    fn format(&self) -> &'static str {
        "git"
    }

    fn title(&self) -> &'static str {
        "Git repository, bundle, log or mailmap"
    }

    fn looked_for(&self) -> &'static str {
        "a repository (HEAD and objects/), a bundle, JSON Lines with hash, author and date, or a .mailmap"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[COMMIT_AUTHORED, COMMIT_REVIEWED, COMMIT_TESTED, COMMIT_REPORTED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        if repository_prefix(probe).is_some() {
            return 92;
        }
        let best = |(path, head): (&str, String)| {
            if is_bundle(head.as_bytes()) {
                98
            } else if head.lines().take(20).any(Commit::is_log_line) {
                92
            } else {
                match mailmap_share(&head) {
                    share if share >= 50 && file_name(path).ends_with("mailmap") => 90,
                    share if share >= 90 => 60,
                    _ => 0,
                }
            }
        };
        probe.heads().map(best).max().unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if let Some(prefix) = repository_prefix(&input.probe()?) {
            if !input.is_folder() {
                return Err(SourceError::NotAnExport(format!(
                    "{}: a git repository inside an archive: unpack it, or import a bundle (git bundle create FILE HEAD)",
                    input.path().display()
                )));
            }
            return repository::read_folder(&input.path().join(prefix), emit);
        }
        input.walk(&mut |member| {
            let head = member.bytes.fill_buf().map_err(|cause| crate::input::unreadable(member.path, cause))?;
            if is_bundle(head) {
                repository::read_bundle(member, emit)?;
            } else if file_name(member.path).ends_with("mailmap") || mailmap_share(&String::from_utf8_lossy(head)) >= 90
            {
                let path = member.path.to_owned();
                read_mailmap(&path, &read::whole(member, LARGEST_MAILMAP)?, emit)?;
            } else {
                read_log(member, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            COMMIT => Commit::from_log(&raw.body)?.entries(),
            LOG_LINE => Commit::from_json(&raw.json()?)?.entries(),
            _ => mailmap_entry(&raw.body).map(|entry| vec![entry]),
        }
    }
}

/// Where in the input the repository's own files stand: `""` for a bare one, `".git"` for one with a work tree.
fn repository_prefix(probe: &Probe) -> Option<&'static str> {
    let is_head = |head: &[u8]| {
        head.starts_with(b"ref: refs/") || (head.len() >= 40 && head[..40].iter().all(u8::is_ascii_hexdigit))
    };
    let holds = |prefix: &str| {
        let path_of = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let has_head = probe.members.iter().any(|member| member.path == path_of("HEAD") && is_head(&member.head));
        let objects = path_of("objects/");
        has_head
            && probe.members.iter().any(|member| member.path.starts_with(&objects) || member.path == path_of("config"))
    };
    (probe.is_collection).then(|| [".git", ""].into_iter().find(|prefix| holds(prefix))).flatten()
}

fn is_bundle(head: &[u8]) -> bool {
    head.starts_with(b"# v2 git bundle\n") || head.starts_with(b"# v3 git bundle\n")
}

/// How many of a hundred lines that say something are a mailmap's.
fn mailmap_share(head: &str) -> usize {
    let lines = head.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let is_entry = |line: &str| {
        let is_json = line.starts_with(['{', '[']);
        let is_address = |email: &str| email.contains('@') && !email.contains([' ', '=', '"']);
        !is_json && MailmapEntry::from_line(line).is_some_and(|entry| is_address(&entry.commit_email))
    };
    let (mut good, mut all) = (0, 0);
    for line in lines {
        all += 1;
        good += usize::from(is_entry(line));
    }
    (good * 100_usize).checked_div(all).unwrap_or(0)
}

fn read_log(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let context = Context::default();
    let places = Places::new(member.path, "line");
    read::lines(member, &mut |number, line| emit(RawRecord::new(LOG_LINE, places.at(number), &context, line)))
}

/// One record for all lines about the same commits, since git reads them together.
fn read_mailmap(path: &str, text: &[u8], emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let context = Context::default();
    let places = Places::new(path, "line");
    let mut records: Vec<RawRecord> = Vec::new();
    let mut known = HashMap::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let shown = String::from_utf8_lossy(line);
        if shown.trim().is_empty() || shown.starts_with('#') {
            continue;
        }
        let new = RawRecord::describing(MAILMAP, places.at(number), &context, line.to_vec());
        match MailmapEntry::from_line(&shown) {
            Some(entry) => match known.entry(entry.key()) {
                std::collections::hash_map::Entry::Occupied(at) => {
                    let record: &mut RawRecord = &mut records[*at.get()];
                    record.body.push(b'\n');
                    record.body.extend_from_slice(line);
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(records.len());
                    records.push(new);
                }
            },
            None => records.push(new),
        }
    }
    records.into_iter().try_for_each(emit)
}

fn mailmap_entry(lines: &[u8]) -> Result<Entry, RecordError> {
    let text = String::from_utf8_lossy(lines);
    let unreadable = || RecordError::new("not a mailmap line: `Name <e-mail>` was looked for");
    let mut entries = text.lines().filter_map(MailmapEntry::from_line);
    let mut entry = entries.next().ok_or_else(unreadable)?;
    entries.for_each(|later| entry.overlay(later));
    Ok(entry.to_fact()?.into())
}
