//! Notes that the team writes about a member, for those who see members. One that tells of interest in buying is a raised hand too;
//! what of it is quoted to others is said apart from the note.

use jiff::Timestamp;
use serde_json::json;

use crate::{AppError, AppResult, Workspace, by_hand, raised};

/// The longest text, in characters.
pub const LONGEST: usize = raised::WORDS;

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
