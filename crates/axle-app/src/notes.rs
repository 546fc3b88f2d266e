//! Notes that the team writes about a member: the team alone sees them, on the member's page and in dossiers.

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
    /// It tells that the member wants to buy: it is a raised hand too, in these words.
    pub is_raised_hand: bool,
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
        lines.push(raised::signal(&format!("marked:{id}"), &who, text, by, None, now));
    }
    by_hand::write(workspace, lines, now).await?;
    Ok(id)
}
