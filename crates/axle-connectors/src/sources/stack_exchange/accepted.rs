//! Which answers were accepted, and when: gathered by a walk of its own over posts and votes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axle_model::time::{date_of_day, day_of_date};
use jiff::tz::TimeZone;
use quick_xml::events::BytesStart;

use super::instant_of;
use super::xml::rows;
use crate::input::Walk;
use crate::source::Context;
use crate::{Input, SourceError};

/// The accepted answers of a dump, and on which days answers were accepted. Both sorted.
#[derive(Default)]
pub(super) struct Accepted {
    answers: Vec<u64>,
    /// `id << DAY_BITS | days since 1970`.
    marked: Vec<u64>,
}

const DAY_BITS: u32 = 20;

impl Accepted {
    /// Reads the posts and the votes, and nothing else.
    pub(super) fn gather(input: &Input) -> Result<Self, SourceError> {
        let mut accepted = Self::default();
        let alone = !input.is_collection();
        input.survey(&mut |member| {
            if alone || member.path.to_ascii_lowercase().ends_with(".xml") {
                rows(member, &mut |kind, _, row| {
                    let Ok(row) = &row else { return Ok(Walk::On) };
                    match kind {
                        "post" => accepted.answers.extend(number(row, "AcceptedAnswerId")),
                        "vote" if attribute(row, "VoteTypeId").as_deref() == Some("1") => accepted.mark(row),
                        "vote" => {}
                        _ => return Ok(Walk::Enough),
                    }
                    Ok(Walk::On)
                })?;
            }
            Ok(Walk::On)
        })?;
        accepted.answers.sort_unstable();
        accepted.answers.dedup();
        accepted.marked.sort_unstable();
        Ok(accepted)
    }

    fn mark(&mut self, vote: &BytesStart<'_>) {
        let day = attribute(vote, "CreationDate").and_then(|at| instant_of(&at)).map(|at| {
            u64::try_from(day_of_date(TimeZone::UTC.to_datetime(at).date())).unwrap_or(0) & ((1 << DAY_BITS) - 1)
        });
        if let (Some(answer), Some(day)) = (number(vote, "PostId"), day) {
            self.marked.push(answer << DAY_BITS | day);
        }
    }

    /// What an answer's row does not say: that it was accepted, and on which day.
    pub(super) fn context(&self, post: u64) -> Context {
        if self.answers.binary_search(&post).is_err() {
            return Context::default();
        }
        let mut context = BTreeMap::from([("accepted".to_owned(), "true".to_owned())]);
        // The last of several votes: an acceptance can be taken back and given again.
        let end = self.marked.partition_point(|mark| mark >> DAY_BITS <= post);
        if let Some(mark) = self.marked[..end].last().filter(|mark| **mark >> DAY_BITS == post) {
            let day = i32::try_from(mark & ((1 << DAY_BITS) - 1)).unwrap_or(0);
            context.insert("accepted_on".into(), date_of_day(day).to_string());
        }
        Arc::new(context)
    }
}

fn attribute(row: &BytesStart<'_>, name: &str) -> Option<String> {
    row.try_get_attribute(name).ok().flatten().map(|attribute| attribute.value.into_owned())
}

/// An id, as long as it fits beside a day.
fn number(row: &BytesStart<'_>, name: &str) -> Option<u64> {
    attribute(row, name)?.parse().ok().filter(|id: &u64| *id < 1 << (u64::BITS - DAY_BITS))
}
