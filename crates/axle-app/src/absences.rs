//! Absences: days on which members are known to be away, so that nobody takes their silence for a drop. What is said here is lines
//! of interchange, as that of any source.

use axle_model::interchange::{FactKind, when_in};
use axle_model::time::day_of_date;
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{AppError, AppResult, Workspace, by_hand, directory, members};

/// The longest absence that can be written down, in days.
const MOST_DAYS: i32 = 731;

/// One absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absence {
    /// The first local day away.
    pub from: Date,
    /// The day on which they are back.
    pub back_on: Date,
    /// Why, in somebody's words.
    pub reason: Option<String>,
    /// Who wrote it down.
    pub by: Option<String>,
    /// Who states it; `axle` for what was said here.
    pub source: String,
}

/// What is recorded of an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// The first local day away.
    pub from: Date,
    /// The day on which they are back.
    pub back_on: Date,
    /// Why; empty: nobody said.
    pub reason: String,
}

/// An absence with whose it is.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// The absence.
    #[serde(flatten)]
    pub absence: Absence,
}

impl Absence {
    /// The absence of a fact; `None` for one that was called off.
    fn of(row: &FactRow, zone: &TimeZone) -> Option<Self> {
        let text = |field: &str| row.fact.text(field).map(str::to_owned);
        let day = |field: &str| Some(when_in(row.fact.text(field)?, zone)?.to_zoned(zone.clone()).date());
        let (from, back_on) = (day("from")?, day("to")?);
        (from < back_on).then(|| Self {
            from,
            back_on,
            reason: text("reason"),
            by: text("by"),
            source: row.source.clone(),
        })
    }
}

/// When a member is and was away, the latest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn of_member(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Absence>> {
    let (row, zone) = (members::member_of(workspace, member_id).await?, workspace.time_zone().await?);
    let rows = fact::about(workspace.db(), FactKind::ABSENCE, row.member_number).await?;
    let mut all: Vec<Absence> = rows.iter().filter_map(|row| Absence::of(row, &zone)).collect();
    all.sort_by(|a, b| (b.from, &a.source).cmp(&(a.from, &b.source)));
    Ok(all)
}

/// Every absence, the latest first.
///
/// # Errors
/// When the record cannot be read.
pub async fn of_everybody(workspace: &Workspace) -> AppResult<Vec<Held>> {
    let zone = workspace.time_zone().await?;
    let held = |(row, subject): (FactRow, fact::Subject)| {
        let member_id = subject.member_id.as_slice().try_into().map(|id| directory::id_text(&id)).unwrap_or_default();
        Some(Held { member_id, name: subject.name, absence: Absence::of(&row, &zone)? })
    };
    let all = fact::of_members(workspace.db(), FactKind::ABSENCE).await?;
    let mut all: Vec<Held> = all.into_iter().filter_map(held).collect();
    all.sort_by(|a, b| (b.absence.from, &a.member_id).cmp(&(a.absence.from, &b.member_id)));
    Ok(all)
}

/// Writes down that a member is away. One that begins on the same day is replaced. What is told late changes no alert that came
/// before.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member, [`AppError::Invalid`] for days that are none.
pub async fn record(workspace: &Workspace, member_id: &str, away: &Away, by: &str, now: Timestamp) -> AppResult<()> {
    let days = day_of_date(away.back_on) - day_of_date(away.from);
    if days < 1 {
        let text = format!(
            "they cannot be back on {} when they are away from {} on: name a later day",
            away.back_on, away.from
        );
        return Err(AppError::Invalid(text));
    }
    if days > MOST_DAYS {
        return Err(AppError::Invalid("an absence of more than two years is none: end their role instead".into()));
    }
    let reason = away.reason.trim();
    if reason.chars().count() > 500 {
        return Err(AppError::Invalid("the reason is too long: use at most 500 characters".into()));
    }
    let line = json!({
        "type": "absence", "identity": by_hand::account(workspace, member_id).await?, "from": away.from, "to": away.back_on,
        "reason": Some(reason).filter(|reason| !reason.is_empty()), "by": by, "told_at": now,
    });
    by_hand::write(workspace, vec![line], now).await
}

/// Calls off what was written down here of an absence that begins on a day: they were there.
///
/// # Errors
/// [`AppError::NotFound`] when the member has none, [`AppError::Invalid`] for one that a source states.
pub async fn call_off(workspace: &Workspace, member_id: &str, from: Date, now: Timestamp) -> AppResult<()> {
    let (row, zone) = (members::member_of(workspace, member_id).await?, workspace.time_zone().await?);
    let rows = fact::about(workspace.db(), FactKind::ABSENCE, row.member_number).await?;
    let is_meant = |row: &&FactRow| Absence::of(row, &zone).is_some_and(|absence| absence.from == from);
    let stated: Vec<&FactRow> = rows.iter().filter(is_meant).collect();
    let missing =
        || AppError::NotFound(format!("this member has no absence from {from} on: `axle absences list` shows all"));
    let first = stated.first().ok_or_else(missing)?;
    let Some(own) = stated.iter().find(|row| row.source == by_hand::SOURCE) else {
        let text = format!("this absence is stated by {}: change it there and import it again", first.source);
        return Err(AppError::Invalid(text));
    };
    let mut line = own.fact.body.clone();
    line.insert("type".into(), json!("absence"));
    let from = line.get("from").cloned().ok_or_else(missing)?;
    line.insert("to".into(), from);
    by_hand::write(workspace, vec![Value::Object(line)], now).await
}
