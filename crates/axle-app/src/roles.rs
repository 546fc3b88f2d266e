//! Roles by hand: which a member holds and held, giving one, ending one, and taking either back. What is given is a line of
//! interchange; the end of a role that a source states is written into that line, as any word on facts of others.

use axle_model::interchange::{FactKind, when_in};
use axle_model::role::AT_ORGANIZATION;
use axle_model::time::{day_of_date, start_of_day};
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::audit::{self, Actor};
use crate::champions::ROLES;
use crate::consents::{self, Standing};
use crate::{AppError, AppResult, Workspace, by_hand, figures, members, organizations, refresh};

/// Roles of who speaks for us: nobody has them who did not agree to be written to, or to be handed to sales.
const SPEAKS_FOR_US: [&str; 3] = ["champion", "deal_champion", "advocate"];
/// What stands in the place of a role whose giving was taken back: nothing asks for it.
pub(crate) const TAKEN_BACK: &str = "taken_back";
/// The longest reason, in characters.
const LONGEST: usize = 500;
/// What the audit log calls a role.
const KIND: &str = "role";

/// A role that a member holds or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// For ending it.
    pub role_id: String,
    /// One of [`ROLES`], or another word.
    pub role: String,
    /// At which organization: its public id.
    pub organization_id: Option<String>,
    /// Its name.
    pub organization: Option<String>,
    /// Since when.
    pub from: Timestamp,
    /// Until when, as it is stated; `None`: without end.
    pub to: Option<Timestamp>,
    /// When they left the organization of the role, or will, which ends it before what is stated.
    pub left: Option<Timestamp>,
    /// Who gave it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The consent that it rests on.
    pub consent: Option<String>,
    /// Who states it; `axle` for what was said here.
    pub source: String,
    /// Whether its end, or without one its beginning, was said here and can be taken back.
    pub may_be_undone: bool,
}

impl Held {
    /// Whether it is held at an instant.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.from <= now && self.ends_at().is_none_or(|to| to > now)
    }

    /// When it ended or will, in whichever way.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.left.or(self.to)
    }
}

/// What is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// One of [`ROLES`].
    pub role: String,
    /// At which organization: its id, domain or name; may be empty.
    pub organization: String,
    /// The first day; today's instant unless given.
    pub from: Option<Date>,
    /// Why; may be empty.
    pub reason: String,
}

/// The roles that a member holds and held, the latest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn of_member(workspace: &Workspace, member_id: &str, now: Timestamp) -> AppResult<Vec<Held>> {
    refresh::refresh(workspace).await?;
    let zone = workspace.time_zone().await?;
    let mut all = Vec::new();
    for row in stated(workspace, member_id).await? {
        all.extend(held(workspace, &row, &zone).await?);
    }
    let left = left(workspace, member_id, now).await?;
    for held in &mut all {
        let is_it = |one: &&Left| {
            (one.role == held.role && one.from == held.from) && one.organization_id == held.organization_id
        };
        // Another source may state an end of the same role that came first.
        let left = left.iter().find(is_it).map(|one| one.to);
        held.left = left.filter(|left| held.to.is_none_or(|to| *left < to));
    }
    all.sort_by(|a, b| (b.from, &a.role_id).cmp(&(a.from, &b.role_id)));
    Ok(all)
}

/// A role that ended with the time at its organization: see `held_roles`.
#[derive(Deserialize)]
struct Left {
    role: String,
    organization_id: Option<String>,
    from: Timestamp,
    to: Timestamp,
}

async fn left(workspace: &Workspace, member_id: &str, now: Timestamp) -> AppResult<Vec<Left>> {
    let member = Uuid::from_slice(&members::member_of(workspace, member_id).await?.member_id);
    let member = member.map_err(|error| AppError::Internal(error.to_string()))?;
    let query = format!(
        "select role, organization_id, \"from\", \"to\" from held_roles where member_id = '{member}' and has_left order by \"to\""
    );
    figures::records(workspace, &query, now).await
}

async fn stated(workspace: &Workspace, member_id: &str) -> AppResult<Vec<FactRow>> {
    let row = members::member_of(workspace, member_id).await?;
    let mut rows = fact::about(workspace.db(), FactKind::ROLE, row.member_number).await?;
    rows.retain(|row| row.fact.text("role") != Some(TAKEN_BACK));
    Ok(rows)
}

/// The role of a fact; `None` for one without a beginning.
async fn held(workspace: &Workspace, row: &FactRow, zone: &TimeZone) -> AppResult<Option<Held>> {
    let text = |field: &str| row.fact.text(field).map(str::to_owned);
    let instant = |field: &str| when_in(row.fact.text(field)?, zone);
    let (Some(role), Some(from), to) = (text("role"), instant("from"), instant("to")) else { return Ok(None) };
    let organization = {
        let numbers = workspace.numbers().read().await;
        let at = row.fact.text("organization").and_then(|id| numbers.found.of_account(&row.source, id));
        at.map(|at| numbers.found.organizations[at as usize].clone())
    };
    let (organization_id, name) = match organization {
        Some(known) => (Some(known.organization_id), Some(known.name)),
        None => (text("organization"), text("organization")),
    };
    let is_own = row.source == by_hand::SOURCE;
    let may_be_undone = is_own
        || match to {
            Some(to) => was_ended_here(workspace, row.fact_id, to).await?,
            None => false,
        };
    Ok(Some(Held {
        role_id: row.fact_id.to_string(),
        role,
        organization_id,
        organization: name,
        from,
        to,
        left: None,
        by: text("by"),
        reason: text("reason"),
        consent: text("consent"),
        source: row.source.clone(),
        may_be_undone,
    }))
}

/// Whether the end of a role that a source states was said here.
async fn was_ended_here(workspace: &Workspace, fact_id: i64, to: Timestamp) -> AppResult<bool> {
    let last = audit::about(workspace, KIND, &fact_id.to_string()).await?.into_iter().next();
    Ok(last.is_some_and(|entry| entry.what == "ended" && entry.detail == Some(to.to_string())))
}

/// Gives a role; gives its id.
///
/// # Errors
/// [`AppError::Invalid`] for no role, a day to come, no organization where the role is at one, or without the member's consent
/// where they would speak for us; [`AppError::Conflict`] when they hold it; [`AppError::NotFound`] when there is no such member
/// or organization.
pub async fn give(
    workspace: &Workspace,
    member_id: &str,
    given: &Given,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<String> {
    let (role, reason) = (given.role.trim(), given.reason.trim());
    if !ROLES.contains(&role) {
        return Err(AppError::Invalid(format!("`{role}` is no role: use one of {}", ROLES.join(", "))));
    }
    let words = role.replace('_', " ");
    if reason.chars().count() > LONGEST {
        return Err(AppError::Invalid(format!("the reason is too long: use at most {LONGEST} characters")));
    }
    let zone = workspace.time_zone().await?;
    let from = given.from.map_or(now, |day| start_of_day(day_of_date(day), &zone));
    if from > now {
        return Err(AppError::Invalid("a role begins on a day that has come: choose an earlier one".into()));
    }
    let known = of_member(workspace, member_id, now).await?;
    let organization = match given.organization.trim() {
        "" if AT_ORGANIZATION.contains(&role) => {
            return Err(AppError::Invalid(format!("say at which organization they are {words}")));
        }
        "" => None,
        text => {
            let numbers = workspace.numbers().read().await;
            Some(organizations::called(&numbers.found, text)?.organization_id)
        }
    };
    let is_same = |held: &&Held| held.role == role && held.organization_id == organization;
    if let Some(held) = known.iter().filter(is_same).find(|held| held.ends_at().is_none_or(|to| to > from)) {
        let since = held.from.to_zoned(zone).date();
        return Err(AppError::Conflict(format!("they are {words} since {since}: end that first")));
    }
    let consent = consent_for(workspace, member_id, role, now).await?;
    let mut line = json!({
        "type": "role", "identity": by_hand::account(workspace, member_id).await?, "role": role, "from": from,
        "by": actor.name, "said_at": now,
    });
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    for (field, value) in [("organization", organization.clone()), ("reason", filled(reason)), ("consent", consent)] {
        if let Some(value) = value {
            line[field] = json!(value);
        }
    }
    by_hand::write(workspace, vec![line], now).await?;
    let now_held = of_member(workspace, member_id, now).await?;
    let is_given = |held: &&Held| held.role == role && held.from == from && held.organization_id == organization;
    let lost = || AppError::Internal("the role was not kept".into());
    let id = now_held.iter().filter(is_given).find(|held| held.source == by_hand::SOURCE).ok_or_else(lost)?;
    note(workspace, actor, "given", &id.role_id, None, now).await?;
    Ok(id.role_id.clone())
}

/// The consent that a role rests on: to be contacted, or handed to sales. `None`: there is none, and the role asks for none.
///
/// # Errors
/// [`AppError::Invalid`] without one where they would speak for us; [`AppError::NotFound`] when there is no such member.
pub(crate) async fn consent_for(
    workspace: &Workspace,
    member_id: &str,
    role: &str,
    now: Timestamp,
) -> AppResult<Option<String>> {
    let all = consents::of_member(workspace, member_id).await?;
    let live = ["contact", "hand_off"].into_iter().find_map(|kind| match consents::standing(&all, kind, now) {
        Standing::Live(consent) => Some(consent.consent_id),
        Standing::Never | Standing::Revoked(_) => None,
    });
    if live.is_none() && SPEAKS_FOR_US.contains(&role) {
        return Err(AppError::Invalid(format!(
            "nobody is made {} without their consent: ask them, and record their consent first, to be contacted or handed to sales, \
             on their page or with `axle consents give`",
            role.replace('_', " ")
        )));
    }
    Ok(live)
}

/// Ends a role: at once, or with its last day.
///
/// # Errors
/// [`AppError::NotFound`] when the member has no such role, [`AppError::Conflict`] when it ended already, [`AppError::Invalid`] for
/// a day before its first or one to come.
pub async fn end(
    workspace: &Workspace,
    member_id: &str,
    role_id: &str,
    last: Option<Date>,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<()> {
    let (row, held, zone) = find(workspace, member_id, role_id).await?;
    if let Some(to) = held.to.filter(|to| *to <= now) {
        return Err(AppError::Conflict(format!("this role ended on {}", to.to_zoned(zone).date())));
    }
    let today = now.to_zoned(zone.clone()).date();
    let to = match last {
        Some(day) if day > today => {
            return Err(AppError::Invalid("a role ends on a day that has come: choose an earlier one".into()));
        }
        Some(day) if day < today => start_of_day(day_of_date(day) + 1, &zone),
        Some(_) | None => now,
    };
    if to <= held.from {
        let from = held.from.to_zoned(zone).date();
        return Err(AppError::Invalid(format!("they have the role since {from}: choose a later day")));
    }
    amend(workspace, &row, [("to", json!(to))], now).await?;
    note(workspace, actor, "ended", role_id, Some(to.to_string()), now).await
}

/// Takes back what was said last: that a role ended, or that it was given.
///
/// # Errors
/// [`AppError::NotFound`] when the member has no such role, [`AppError::Invalid`] when a source says so.
pub async fn undo(
    workspace: &Workspace,
    member_id: &str,
    role_id: &str,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<()> {
    let (row, held, _) = find(workspace, member_id, role_id).await?;
    if !held.may_be_undone {
        let text =
            format!("this is stated by {}: end the role here, or change it there and import it again", held.source);
        return Err(AppError::Invalid(text));
    }
    if held.to.is_some() {
        // A source may have stated a later end: it holds again.
        let before = fact::before(workspace.db(), row.fact_id).await?.and_then(|mut before| before.remove("to"));
        amend(workspace, &row, [("to", before.unwrap_or(Value::Null))], now).await?;
        return note(workspace, actor, "reopened", role_id, None, now).await;
    }
    amend(workspace, &row, [("role", json!(TAKEN_BACK)), ("to", json!(held.from))], now).await?;
    note(workspace, actor, "taken back", role_id, None, now).await
}

async fn find(workspace: &Workspace, member_id: &str, role_id: &str) -> AppResult<(FactRow, Held, TimeZone)> {
    refresh::refresh(workspace).await?;
    let zone = workspace.time_zone().await?;
    let missing =
        || AppError::NotFound(format!("this member has no role `{role_id}`: `axle members roles` lists them"));
    let rows = stated(workspace, member_id).await?;
    let row = rows.into_iter().find(|row| row.fact_id.to_string() == role_id).ok_or_else(missing)?;
    let held = held(workspace, &row, &zone).await?.ok_or_else(missing)?;
    Ok((row, held, zone))
}

async fn amend<const N: usize>(
    workspace: &Workspace,
    row: &FactRow,
    said: [(&str, Value); N],
    now: Timestamp,
) -> AppResult<()> {
    let said: Map<String, Value> = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(fact::amend(workspace.db(), row, &said, now.as_microsecond()).await?)
}

async fn note(
    workspace: &Workspace,
    actor: Actor<'_>,
    what: &str,
    role_id: &str,
    detail: Option<String>,
    now: Timestamp,
) -> AppResult<()> {
    audit::note(workspace, actor, what, (KIND, role_id), detail, now).await
}
