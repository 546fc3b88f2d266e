//! Tags of members: what sources state, and what people say since. People's word hangs on the identities that the member had, so
//! that it follows them through merges and splits; of several the last one counts.

use std::collections::HashMap;

use axle_model::interchange::FactKind;
use axle_model::tag::{self, Tag};
use axle_store::fact::{self, FactRow};
use axle_store::member_word::{self, MemberWord};
use axle_store::{Db, identity_change};
use jiff::Timestamp;

use crate::changes::Change;
use crate::directory::{Numbers, strings};
use crate::members::member_of;
use crate::people::{Saying, Word, say};
use crate::{AppError, AppResult, Workspace};

/// The tags of a member, in order.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn of_member(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Tag>> {
    held_by(workspace.db(), member_of(workspace, member_id).await?.member_number).await
}

/// Says that a member has a tag: at most [`tag::LONGEST`] characters on one line. It stays, whatever sources state.
///
/// # Errors
/// [`AppError::Invalid`] when it is none, [`AppError::NotFound`] when there is no such member.
pub async fn add(
    workspace: &Workspace,
    member_id: &str,
    text: &str,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let tag = tag::parse(text).map_err(AppError::Invalid)?;
    note(workspace, member_id, (Word::Yes(None, None), &tag), by, now).await
}

/// Takes a tag away, also one that a source states: it stays away, whatever is imported later.
///
/// # Errors
/// [`AppError::NotFound`] when the member does not have it, or there is no such member.
pub async fn take_away(
    workspace: &Workspace,
    member_id: &str,
    text: &str,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let held = of_member(workspace, member_id).await?;
    let missing = || {
        AppError::NotFound(format!(
            "this member has no tag `{}`: `axle members show` lists those they have",
            text.trim()
        ))
    };
    let known = tag::find(&held, text).ok_or_else(missing)?;
    note(workspace, member_id, (Word::No, &known.tag), by, now).await
}

async fn note(
    workspace: &Workspace,
    member_id: &str,
    (word, tag): (Word, &str),
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let sentence = match word {
        Word::No => format!("the tag \u{201c}{tag}\u{201d} taken away"),
        Word::Yes(..) | Word::Auto => format!("tagged \u{201c}{tag}\u{201d}"),
    };
    let (kind, subject) = (member_word::TAG, identity_change::TAG);
    let saying = Saying { kind, subject, word, sentence: &sentence, department: None, tag: Some(tag) };
    say(workspace, member_id, saying, by, now).await
}

/// The tags of one member, in order.
pub(crate) async fn held_by(db: &Db, member_number: u32) -> AppResult<Vec<Tag>> {
    let stated = fact::about(db, FactKind::PERSON, member_number).await?;
    let words = member_word::of_member(db, member_word::TAG, member_number).await?;
    Ok(held(&stated.iter().collect::<Vec<_>>(), &words.iter().collect::<Vec<_>>()))
}

/// The tags of everybody who has any, by the member's index.
pub(crate) async fn of_all(db: &Db, numbers: &Numbers) -> AppResult<HashMap<u32, Vec<Tag>>> {
    let stated = fact::with_field(db, FactKind::PERSON, "tags").await?;
    let words = member_word::all(db, member_word::TAG).await?;
    let mut by_member: HashMap<u32, (Vec<&FactRow>, Vec<&MemberWord>)> = HashMap::new();
    for row in &stated {
        if let Some(member) = row.identity_id.and_then(|identity| numbers.index_of(identity)) {
            by_member.entry(member).or_default().0.push(row);
        }
    }
    for word in &words {
        if let Some(member) = numbers.index_of(word.identity_id) {
            by_member.entry(member).or_default().1.push(word);
        }
    }
    let known = by_member.into_iter().map(|(member, (stated, words))| (member, held(&stated, &words)));
    Ok(known.filter(|(_, tags)| !tags.is_empty()).collect())
}

fn held(stated: &[&FactRow], words: &[&MemberWord]) -> Vec<Tag> {
    let stated: Vec<(&str, Vec<String>)> =
        stated.iter().map(|row| (row.source.as_str(), strings(&row.fact, "tags"))).collect();
    let stated = stated.iter().flat_map(|(source, tags)| tags.iter().map(move |tag| (*source, tag.as_str())));
    tag::held(stated, words.iter().filter_map(|word| Some((word.tag.as_deref()?, word.is_so))))
}
