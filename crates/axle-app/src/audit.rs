//! The audit log of what touches the trust of members: who saw a dossier, who recorded or took back a consent, a role or
//! a note.

use axle_store::audit::{self, AuditRow};
use jiff::Timestamp;
use serde::Serialize;

use crate::users::User;
use crate::{AppResult, Workspace};

/// Entries about one thing that are read at most.
const MOST: u32 = 200;

/// Who acts, as the log names them.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Name.
    pub name: &'a str,
    /// Role, or what stands for one.
    pub role: &'a str,
}

impl<'a> Actor<'a> {
    /// A signed-in user.
    pub fn of(user: &'a User) -> Self {
        Self { name: &user.name, role: &user.role }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// Their role.
    pub role: String,
    /// `viewed`, `edited`, `sent`, `opened`, `accepted`, `returned`, `recorded`, `revoked`; of lists `listed`; of roles `given`, `ended`,
    /// `reopened`; of roles and notes `taken back`; of channels `made private`, `made public`.
    pub what: String,
    /// More, in words.
    pub detail: Option<String>,
}

/// Writes down what somebody did to something.
pub(crate) async fn note(
    workspace: &Workspace,
    actor: Actor<'_>,
    what: &str,
    (kind, subject): (&str, &str),
    detail: Option<String>,
    now: Timestamp,
) -> AppResult<()> {
    let row = AuditRow {
        at: now.as_microsecond(),
        who: actor.name.to_owned(),
        role: actor.role.to_owned(),
        what: what.to_owned(),
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        detail,
    };
    let mut tx = workspace.db().begin().await?;
    audit::add(&mut tx, &row).await?;
    Ok(tx.commit().await?)
}

/// The newest entries about something, the newest first: at most 200.
pub async fn about(workspace: &Workspace, kind: &str, subject: &str) -> AppResult<Vec<Entry>> {
    let rows = audit::about(workspace.db(), kind, subject, MOST).await?;
    let entry = |row: AuditRow| {
        let at = Timestamp::from_microsecond(row.at).ok()?;
        Some(Entry { at, who: row.who, role: row.role, what: row.what, detail: row.detail })
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}
