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
use crate::read::{self, JsonPart, Places};
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
    if text.starts_with('[') {
        return Layout::List;
    }
    let is_object = |line: &str| line.starts_with('{') && serde_json::from_str::<&RawValue>(line.trim()).is_ok();
    // One good line is enough: the others may be the broken ones, or longer than what is seen here.
    let starts = text.lines().filter(|line| line.starts_with('{')).count();
    if starts > 1 || text.lines().take(50).any(is_object) { Layout::Lines } else { Layout::Whole }
}

/// Bodies in a list, or lists of examples under the event's name.
fn read_list(member: &mut Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let places = Places::new(member.path, "item");
    let plain = Context::default();
    let mut count = 0;
    let member = Member { path: member.path, bytes: member.bytes };
    let broken = read::json_stream(member, &[], &mut |part| {
        let item = match part {
            JsonPart::Field(_, item) | JsonPart::Item(_, _, item) => item,
        };
        for (context, body) in bodies(item, &plain) {
            count += 1;
            emit(RawRecord::new("event", places.at(count), &context, body))?;
        }
        Ok(())
    })?;
    match broken {
        Some(reason) => emit(RawRecord::broken(places.at(count + 1), &plain, reason, Vec::new())),
        None => Ok(()),
    }
}

#[derive(serde::Deserialize)]
struct Examples<'a> {
    name: String,
    #[serde(borrow)]
    examples: Vec<&'a RawValue>,
}

fn bodies(item: &RawValue, plain: &Context) -> Vec<(Context, Vec<u8>)> {
    match serde_json::from_str::<Examples<'_>>(item.get()) {
        Ok(Examples { name, examples }) => {
            let context: Context = Arc::new(BTreeMap::from([("event".to_owned(), name)]));
            examples.into_iter().map(|body| (Arc::clone(&context), body.get().as_bytes().to_vec())).collect()
        }
        Err(_) => vec![(Arc::clone(plain), item.get().as_bytes().to_vec())],
    }
}
