//! Notes that the team writes about a member, for those who see members. One that tells of interest in buying is a raised hand too;
//! what of it is quoted to others is said apart from the note, and stays when the note is taken back.

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::audit::{self, Actor};
use crate::users::User;
use crate::{AppError, AppResult, Workspace, by_hand, members, raised};

/// The longest text, in characters.
pub const LONGEST: usize = raised::WORDS;

/// What a note is that was taken back: of nobody's team.
const TAKEN_BACK: &str = "taken_back";

/// A note about a member, for the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// For taking it back.
    pub note_id: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// The words.
    pub text: String,
    /// When, if known.
    pub at: Option<Timestamp>,
    /// Who states it; `axle` for what was written here.
    pub source: String,
}

impl Note {
    /// The note of a fact; `None` for one that is not for the team, or says nothing.
    fn of(row: &FactRow) -> Option<Self> {
        let text = |field: &str| row.fact.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let is_private = row.fact.text("visibility").is_some_and(|visibility| visibility != "team");
        Some(Self {
            text: text("text").filter(|_| !is_private)?,
            note_id: row.fact.key.clone(),
            author: text("author"),
            at: row.fact.instant("at"),
            source: row.source.clone(),
        })
    }

    /// Whether a user may take it back: who wrote it here, and administrators.
    pub fn may_be_taken_back_by(&self, user: &User) -> bool {
        let is_own = self.source == by_hand::SOURCE && self.author.as_deref() == Some(user.name.as_str());
        user.may_administer() || (is_own && user.may_see_members())
    }
}

/// Notes about a member, the newest first; what was taken back is none.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn of_member(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Note>> {
    about(workspace, members::member_of(workspace, member_id).await?.member_number).await
}

pub(crate) async fn about(workspace: &Workspace, member_number: u32) -> AppResult<Vec<Note>> {
    let rows = fact::about(workspace.db(), FactKind::NOTE, member_number).await?;
    let mut notes: Vec<Note> = rows.iter().filter_map(Note::of).collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.at));
    Ok(notes)
}

/// Takes a note back: nobody reads it any more, and its source may go on stating it. A raised hand that was said with it stays,
/// and so does what rests on it: its task dismisses it.
///
/// # Errors
/// [`AppError::NotFound`] when the member has no such note, [`AppError::Forbidden`] for who neither wrote it nor administers.
pub async fn take_back(
    workspace: &Workspace,
    member_id: &str,
    note_id: &str,
    user: &User,
    now: Timestamp,
) -> AppResult<()> {
    let number = members::member_of(workspace, member_id).await?.member_number;
    let rows = fact::about(workspace.db(), FactKind::NOTE, number).await?;
    let mut named = rows.iter().filter(|row| row.fact.key == note_id);
    let found = named.find_map(|row| Some((row, Note::of(row)?)));
    let missing =
        || AppError::NotFound(format!("this member has no note `{note_id}`: `axle members notes` lists them"));
    let (row, note) = found.ok_or_else(missing)?;
    if !note.may_be_taken_back_by(user) {
        let text = "only who wrote a note here, or an administrator, takes it back".to_owned();
        return Err(AppError::Forbidden(text));
    }
    let said = Map::from_iter([("text".to_owned(), Value::Null), ("visibility".to_owned(), json!(TAKEN_BACK))]);
    fact::amend(workspace.db(), row, &said, now.as_microsecond()).await?;
    audit::note(workspace, Actor::of(user), "taken back", ("note", note_id), None, now).await
}

/// What somebody writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The words.
    pub text: String,
    /// It tells that the member wants to buy: it is a raised hand too.
    pub is_raised_hand: bool,
    /// What they said of it, in their own words: who helps them later may read and quote it, unlike the note.
    pub quote: String,
}

/// Writes a note down; gives its id. The same words on one member by the same person at the same instant are one note.
///
/// # Errors
/// [`AppError::Invalid`] when it says nothing or too much, [`AppError::NotFound`] when there is no such member.
pub async fn write(
    workspace: &Workspace,
    member_id: &str,
    written: &Written,
    by: &str,
    now: Timestamp,
) -> AppResult<String> {
    let text = written.text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(AppError::Invalid("the note says nothing: write a sentence".into()));
    }
    if length > LONGEST {
        return Err(AppError::Invalid(format!("the note has {length} characters: use at most {LONGEST}")));
    }
    let who = by_hand::account(workspace, member_id).await?;
    let id = format!("note:{}", raised::id(&[member_id, by, text, &now.to_string()]));
    let note = json!({
        "type": "note", "id": id, "identity": who, "text": text, "author": by, "visibility": "team", "at": now,
    });
    let mut lines = vec![note];
    if written.is_raised_hand {
        lines.push(raised::signal(&format!("marked:{id}"), &who, &raised::quoted(&written.quote), by, None, now));
    }
    by_hand::write(workspace, lines, now).await?;
    Ok(id)
}
