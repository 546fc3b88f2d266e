//! GitHub: webhook bodies as they were delivered, and the public event stream (GH Archive, `/events`).
//!
//! Both are understood as an `event::Event`, whose entries have the same ids whichever way they came.

mod entries;
mod event;
mod issues;

use std::collections::BTreeMap;
use std::sync::Arc;

use axle_model::catalogue::{
    ANSWER_ACCEPTED, DISCUSSION_COMMENTED, DISCUSSION_OPENED, ISSUE_COMMENTED, ISSUE_OPENED, PULL_REQUEST_MERGED,
    PULL_REQUEST_OPENED, PULL_REQUEST_REVIEWED, REPO_FORKED, REPO_STARRED,
};
use axle_model::{ActivityType, Entry};
use serde_json::Value;
use serde_json::value::RawValue;

use self::event::Event;
use crate::input::{Walk, unreadable};
use crate::json::{JsonPart, json_stream};
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct GitHub;

const LARGEST_BODY: u64 = 64 << 20;

impl Source for GitHub {
    fn format(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub webhook bodies or event stream"
    }

    fn looked_for(&self) -> &'static str {
        "JSON of webhook bodies (action, repository, sender), or GH Archive lines (type, actor, repo, payload)"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[
            ISSUE_OPENED,
            ISSUE_COMMENTED,
            PULL_REQUEST_OPENED,
            PULL_REQUEST_MERGED,
            PULL_REQUEST_REVIEWED,
            DISCUSSION_OPENED,
            DISCUSSION_COMMENTED,
            ANSWER_ACCEPTED,
            REPO_STARRED,
            REPO_FORKED,
        ]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        probe.heads().map(|(_, head)| confidence(&head)).max().unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        input.walk(&mut |mut member| {
            let head = member.bytes.fill_buf().map_err(|cause| unreadable(member.path, cause))?;
            match layout(head) {
                Layout::List => read_list(&mut member, emit)?,
                Layout::Lines => {
                    let places = Places::new(member.path, "line");
                    let context = Context::default();
                    read::lines(member, &mut |number, line| {
                        emit(RawRecord::new("event", places.at(number), &context, line))
                    })?;
                }
                Layout::Whole => {
                    let place = Places::new(member.path, "item").at(1);
                    let body = read::whole(member, LARGEST_BODY)?;
                    emit(RawRecord::new("event", place, &Context::default(), body))?;
                }
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let body: Value =
            serde_json::from_slice(&raw.body).map_err(|error| RecordError(format!("not a JSON object: {error}")))?;
        let named = Some(raw.around("event")).filter(|name| !name.is_empty());
        entries::entries(&Event::from_json(named, body)?)
    }
}

fn confidence(head: &str) -> Confidence {
    let compact: String = head.split_whitespace().collect();
    let has = |name: &str| compact.contains(&format!("\"{name}\":"));
    let is_archive = compact.contains("Event\"") && ["type", "actor", "repo", "payload"].into_iter().all(has);
    let is_github = compact.contains("https://api.github.com/") || compact.contains("https://github.com/");
    let is_wrapped = has("payload") && ["event", "x_github_event", "X-GitHub-Event"].into_iter().any(has);
    let is_delivery = is_wrapped || ["sender", "repository", "action", "examples"].into_iter().any(has);
    match (is_archive, is_github && has("node_id") && is_delivery) {
        (true, _) => 95,
        (_, true) => 90,
        _ => 0,
    }
}

enum Layout {
    List,
    Lines,
    Whole,
}

/// A list, one object a line, or one object that is the whole member.
fn layout(head: &[u8]) -> Layout {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if text.starts_with('[') {
        // A list that ends with its line has other lines behind it: it is one of them.
        let is_line = rest.starts_with('{') && serde_json::from_str::<&RawValue>(first.trim()).is_ok();
        return if is_line { Layout::Lines } else { Layout::List };
    }
    let is_object = |line: &str| line.starts_with('{') && serde_json::from_str::<&RawValue>(line.trim()).is_ok();
    // One good line is enough: the others may be the broken ones, or longer than what is seen here.
    let starts = text.lines().filter(|line| line.starts_with('{')).count();
    // A line that is longer than what is seen is one of many, or all there is: either way it is a line.
    let is_long = rest.is_empty() && text.len() > 1024;
    if starts > 1 || is_long || text.lines().take(50).any(is_object) { Layout::Lines } else { Layout::Whole }
}

/// Bodies in a list, or lists of examples under the event's name.
fn read_list(member: &mut Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let places = Places::new(member.path, "item");
    let plain = Context::default();
    let mut count = 0;
    let member = Member { path: member.path, bytes: member.bytes };
    json_stream(member, &[], &mut |part| {
        let records = match part {
            JsonPart::Field(_, item) | JsonPart::Item(_, _, item) => bodies(item, &plain),
            JsonPart::Broken(_, _, reason, bytes) => broken_bodies(reason, bytes, &plain)?,
        };
        for (context, body, broken) in records {
            count += 1;
            emit(RawRecord { broken, ..RawRecord::new("event", places.at(count), &context, body) })?;
        }
        Ok(())
    })
}

/// A body with what stands around it, and why it cannot be read, if so.
type Cut = (Context, Vec<u8>, Option<String>);

/// What a broken item holds: the good ones among its examples, if it has any, or else nothing but itself.
fn broken_bodies(reason: String, bytes: &[u8], plain: &Context) -> Result<Vec<Cut>, SourceError> {
    let mut cuts = Vec::new();
    let mut named = Arc::clone(plain);
    let member = Member { path: "", bytes: &mut &*bytes };
    json_stream(member, &["examples"], &mut |part| {
        match part {
            JsonPart::Field("name", name) => {
                let name: String = serde_json::from_str(name.get()).unwrap_or_default();
                named = Arc::new(BTreeMap::from([("event".to_owned(), name)]));
            }
            JsonPart::Item("examples", _, body) => {
                cuts.push((Arc::clone(&named), body.get().as_bytes().to_vec(), None));
            }
            JsonPart::Broken("examples", _, reason, bytes) => {
                cuts.push((Arc::clone(&named), bytes.to_vec(), Some(reason)));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(if cuts.is_empty() { vec![(Arc::clone(plain), bytes.to_vec(), Some(reason))] } else { cuts })
}

#[derive(serde::Deserialize)]
struct Examples<'a> {
    name: String,
    #[serde(borrow)]
    examples: Vec<&'a RawValue>,
}

fn bodies(item: &RawValue, plain: &Context) -> Vec<Cut> {
    match serde_json::from_str::<Examples<'_>>(item.get()) {
        Ok(Examples { name, examples }) => {
            let context: Context = Arc::new(BTreeMap::from([("event".to_owned(), name)]));
            examples.into_iter().map(|body| (Arc::clone(&context), body.get().as_bytes().to_vec(), None)).collect()
        }
        Err(_) => vec![(Arc::clone(plain), item.get().as_bytes().to_vec(), None)],
    }
}
