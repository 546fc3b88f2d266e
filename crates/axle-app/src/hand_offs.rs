//! Hand-offs: members who are given to colleagues in sales, with what they allowed to be told. This is where it is
//! decided who sees whom; pages, API and commands show what comes from here.

mod colleagues;
mod dossier;
pub mod escalation;
mod packet;
mod parts;
mod say;
mod sources;
mod trust;

use std::collections::{BTreeMap, HashMap};

use axle_flywheel::RunRow;
use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow, Subject};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::audit::{self, Actor};
use crate::consents::{self, Consent, Standing};
use crate::settings::{self, HandOffDays};
use crate::users::User;
use crate::{AppError, AppResult, Workspace, by_hand};

pub use colleagues::{RunPacket, Told, has_packet, of_run};
pub use dossier::Dossier;
pub use packet::{Line, Section, text};
pub use say::{Edit, accept, edit, end_of, give_back, prepare, send};
pub use trust::{Incident, incidents};

/// Why sales gives a member back.
pub const REASONS: [(&str, &str); 6] = [
    ("no_need", "No need for more now"),
    ("no_budget", "No budget"),
    ("wrong_organization", "Not an organization that we sell to"),
    ("competitor", "Went to a competitor"),
    ("no_reply", "No reply"),
    ("other", "Something else"),
];

/// What people can say of a champion's weight inside their organization: the word, its label, and what it says.
pub const FLAGS: [(&str, &str, &str); 3] = [
    ("power", "Power", "has power or influence there"),
    ("sells", "Sells inside", "speaks for us when we are not there"),
    ("interest", "Interest", "gains something when we win"),
];

/// How far a hand-off has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Qualified, and not sent yet.
    Prepared,
    /// Sent, and not opened by sales.
    Sent,
    /// Opened by sales, and not decided.
    Opened,
    /// Sales takes care of the member.
    Accepted,
    /// Sales gave the member back, with a reason.
    Returned,
}

impl State {
    /// All, in their order.
    pub const ALL: [Self; 5] = [Self::Prepared, Self::Sent, Self::Opened, Self::Accepted, Self::Returned];

    /// As addresses and commands write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Sent => "sent",
            Self::Opened => "opened",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
        }
    }
}

/// Why nobody in sales may see a hand-off that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// The member never allowed it.
    NoConsent,
    /// The member took the consent back then.
    Revoked(Timestamp),
    /// It ended then.
    Expired(Timestamp),
    /// It was given back.
    Returned,
}

/// One hand-off.
#[derive(Debug, Clone, Serialize)]
pub struct HandOff {
    /// Public id; it says nothing about the member.
    pub hand_off_id: String,
    /// Its id in the record; empty for who may not see the member.
    pub id: String,
    /// Public id of the member; empty for who may not see them.
    pub member_id: String,
    /// Their name; empty for who may not see them.
    pub name: String,
    /// Id of the organization as the record has it.
    pub organization: Option<String>,
    /// Id of the flywheel that it belongs to.
    pub flywheel: Option<String>,
    /// Id of the run.
    pub run: Option<String>,
    /// When somebody qualified the member.
    pub qualified_at: Option<Timestamp>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Who hands over.
    pub from: Option<String>,
    /// To whom: a name, an address, or `sales` for all there.
    pub to: Option<String>,
    /// When sales opened it first.
    pub opened_at: Option<Timestamp>,
    /// When sales accepted.
    pub accepted_at: Option<Timestamp>,
    /// When sales gave it back.
    pub returned_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// Whether every mandatory field was there when it was last written.
    pub is_complete: bool,
    /// When the member was told who will write to them.
    pub told_at: Option<Timestamp>,
    /// Id of the consent that it was sent with.
    pub consent: Option<String>,
    /// What to begin with.
    pub first_sentence: Option<String>,
    /// What the builder adds.
    pub note: Option<String>,
    /// What people say of a champion's weight: words of [`FLAGS`].
    pub flags: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// How far it has come.
    pub state: State,
    /// Why sales may not see it any more; `None` while they may.
    pub closed: Option<Closed>,
}

/// A hand-off with what is needed to write it anew.
pub(crate) struct Held {
    pub(crate) hand_off: HandOff,
    pub(crate) member_number: u32,
    pub(crate) consents: Vec<Consent>,
    /// Of the member, as lines name people.
    pub(crate) identity: serde_json::Value,
}

impl HandOff {
    /// Whether it belongs to a run of a member and flywheel: it names the run, or is one of both while that went on. One that names no
    /// flywheel is a lead's.
    pub(crate) fn is_of_run(
        &self,
        run_id: &str,
        (member_id, flywheel): (&str, &str),
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> bool {
        let is_in_it = |at: Timestamp| from <= at && until.is_none_or(|until| at <= until);
        self.run.as_deref() == Some(run_id)
            || (self.member_id == member_id
                && self.flywheel.as_deref().unwrap_or(packet::PACKETS[0].flywheel) == flywheel
                && self.sent_at.or(self.qualified_at).is_some_and(is_in_it))
    }

    fn of(row: &FactRow, subject: &Subject, standing: &Standing, days: HandOffDays, now: Timestamp) -> Self {
        let text = |field: &str| row.fact.text(field).filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let at = |field: &str| row.fact.instant(field).filter(|at| *at <= now);
        let (sent_at, opened_at) = (at("sent_at"), at("opened_at"));
        let (accepted_at, returned_at) = (at("accepted_at"), at("returned_at"));
        let state = match (sent_at, opened_at, accepted_at, returned_at) {
            (_, _, _, Some(_)) => State::Returned,
            (_, _, Some(_), None) => State::Accepted,
            (_, Some(_), None, None) => State::Opened,
            (Some(_), None, None, None) => State::Sent,
            _ => State::Prepared,
        };
        let begun = accepted_at.map(|at| (at, days.accepted)).or(sent_at.map(|at| (at, days.offered)));
        let expires_at = row.fact.instant("expires_at").or(begun.map(|(at, days)| later(at, days.into())));
        let closed = match standing {
            _ if state == State::Returned => Some(Closed::Returned),
            Standing::Never => Some(Closed::NoConsent),
            Standing::Revoked(at) => Some(Closed::Revoked(*at)),
            Standing::Live(_) => expires_at.filter(|at| *at <= now && sent_at.is_some()).map(Closed::Expired),
        };
        Self {
            hand_off_id: public_id(&row.fact.key),
            id: row.fact.key.clone(),
            member_id: member_id(subject),
            name: subject.name.clone(),
            organization: text("organization"),
            flywheel: text("flywheel"),
            run: text("run"),
            qualified_at: at("qualified_at"),
            sent_at,
            from: text("from"),
            to: text("to"),
            opened_at,
            accepted_at,
            returned_at,
            reason: text("reason"),
            is_complete: row.fact.body.get("complete").and_then(serde_json::Value::as_bool).unwrap_or(false),
            told_at: at("told_at"),
            consent: text("consent"),
            first_sentence: text("first_sentence"),
            note: text("note"),
            flags: flags(row),
            expires_at,
            state,
            closed,
        }
    }

    /// Whether it was sent to that user: by name or address, or to all of sales.
    pub fn is_for(&self, user: &User) -> bool {
        let to = self.to.as_deref().unwrap_or("sales").trim();
        let is = |known: &str| to.eq_ignore_ascii_case(known);
        user.role == "admin" || is("sales") || is(&user.name) || is(&user.email)
    }

    /// What a list shows a user of it: all, or for sales that it is there, whom it is about while it is open, and why it is
    /// closed, or nothing. What else sales may know it reads by opening it.
    pub fn seen_by(&self, user: &User) -> Option<Self> {
        if user.may_see_members() {
            return Some(self.clone());
        }
        if !user.may_receive_hand_offs() || self.state == State::Prepared || !self.is_for(user) {
            return None;
        }
        let name = if self.closed.is_none() { self.name.clone() } else { String::new() };
        Some(Self { name, ..self.without_person() })
    }

    /// Nothing of it but that it was, and why it is closed.
    fn without_person(&self) -> Self {
        Self {
            id: String::new(),
            member_id: String::new(),
            name: String::new(),
            organization: None,
            run: None,
            reason: self.reason.clone().filter(|reason| REASONS.iter().any(|(known, _)| known == reason)),
            consent: None,
            first_sentence: None,
            note: None,
            flags: Vec::new(),
            ..self.clone()
        }
    }
}

/// The known words among those that a line holds beyond the fields of interchange.
fn flags(row: &FactRow) -> Vec<String> {
    let said = row.fact.body.get("properties").and_then(|properties| properties.get("flags"));
    let said = said.and_then(serde_json::Value::as_array);
    let has = |flag: &str| said.is_some_and(|said| said.iter().any(|word| word == flag));
    FLAGS.iter().filter(|(flag, ..)| has(flag)).map(|(flag, ..)| (*flag).to_owned()).collect()
}

pub(crate) fn later(at: Timestamp, days: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
}

/// The id under which pages and the API know a hand-off: sources may put names into theirs.
pub(crate) fn public_id(id: &str) -> String {
    consents::id_of("hand-off", &[id])
}

fn member_id(subject: &Subject) -> String {
    subject.member_id.as_slice().try_into().map(|id| crate::directory::id_text(&id)).unwrap_or_default()
}

/// Every hand-off, with the consents of its member; each once, what was said here before what other sources say.
pub(crate) async fn held(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Held>> {
    let db = workspace.db();
    let allowed = consents::of_everybody(workspace).await?;
    let days = settings::leads(workspace).await?.hand_off_days;
    let mut chosen: BTreeMap<String, (FactRow, Subject)> = BTreeMap::new();
    for (row, subject) in fact::of_members(db, FactKind::HAND_OFF).await? {
        if row.source == by_hand::SOURCE || !chosen.contains_key(&row.fact.key) {
            chosen.insert(row.fact.key.clone(), (row, subject));
        }
    }
    let read = |(row, subject): (FactRow, Subject)| {
        let consents = allowed.get(&subject.member_number).map(|holder| holder.consents.clone()).unwrap_or_default();
        let standing = consents::standing(&consents, "hand_off", now);
        Held {
            hand_off: HandOff::of(&row, &subject, &standing, days, now),
            member_number: subject.member_number,
            identity: row.fact.body.get("identity").cloned().unwrap_or_default(),
            consents,
        }
    };
    let mut found: Vec<Held> = chosen.into_values().map(read).collect();
    found.sort_by_key(|held| std::cmp::Reverse(held.hand_off.sent_at.or(held.hand_off.qualified_at)));
    Ok(found)
}

/// The hand-offs that a user may see, as they may see them, the newest first. Which names were shown to whom sees no members is
/// one row of the audit log.
///
/// # Errors
/// [`AppError::Forbidden`] for who may see none.
pub async fn list(workspace: &Workspace, user: &User, now: Timestamp) -> AppResult<Vec<HandOff>> {
    list_as_of(workspace, user, now, now).await
}

/// [`list`] as it was at an instant. Who sees no members is told what holds now: what is taken back closes the past, too.
///
/// # Errors
/// As of [`list`].
pub async fn list_as_of(workspace: &Workspace, user: &User, at: Timestamp, now: Timestamp) -> AppResult<Vec<HandOff>> {
    must_see(user)?;
    let at = if user.may_see_members() { at } else { now };
    if user.may_hand_off() {
        prepare(workspace, at).await?;
    }
    let seen: Vec<HandOff> = held(workspace, at).await?.iter().filter_map(|held| held.hand_off.seen_by(user)).collect();
    let named = seen.iter().filter(|one| !one.name.is_empty()).map(|one| one.hand_off_id.as_str());
    note_listed(workspace, user, "hand_offs", named.collect(), now).await?;
    Ok(seen)
}

/// Writes down whom a list named to who sees no members, by the ids of hand-offs; nothing where it named nobody.
///
/// # Errors
/// When the record cannot be written.
pub async fn note_listed(
    workspace: &Workspace,
    user: &User,
    list: &str,
    mut named: Vec<&str>,
    now: Timestamp,
) -> AppResult<()> {
    if user.may_see_members() || named.is_empty() {
        return Ok(());
    }
    named.sort_unstable();
    named.dedup();
    audit::note(workspace, Actor::of(user), "listed", (list, "all"), Some(named.join(", ")), now).await
}

/// The newest hand-off that belongs to a run, by its public id.
///
/// # Errors
/// When the record cannot be read.
pub async fn of_a_run(workspace: &Workspace, run: &RunRow, now: Timestamp) -> AppResult<Option<String>> {
    let belongs = |held: &Held| {
        let of = (run.member_id.as_str(), run.flywheel.as_str());
        held.hand_off.is_of_run(&run.run_id, of, run.opened_at, run.ended_at)
    };
    Ok(held(workspace, now).await?.into_iter().find(belongs).map(|held| held.hand_off.hand_off_id))
}

/// Members who were handed to a user, and still allow it, with the newest hand-off of each: public ids of both.
pub async fn handed_to(workspace: &Workspace, user: &User, now: Timestamp) -> AppResult<HashMap<String, String>> {
    let mut handed = HashMap::new();
    if user.may_receive_hand_offs() {
        for Held { hand_off: one, .. } in held(workspace, now).await? {
            if one.closed.is_none() && one.state != State::Prepared && one.is_for(user) {
                handed.entry(one.member_id).or_insert(one.hand_off_id);
            }
        }
    }
    Ok(handed)
}

/// The hand-offs that were neither given back nor ended by their day, the newest first. For who may see members.
///
/// # Errors
/// When the record cannot be read.
pub async fn going_on(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<HandOff>> {
    let goes_on = |one: &HandOff| one.state != State::Returned && !matches!(one.closed, Some(Closed::Expired(_)));
    Ok(held(workspace, now).await?.into_iter().map(|held| held.hand_off).filter(goes_on).collect())
}

fn must_see(user: &User) -> AppResult<()> {
    if user.may_see_members() || user.may_receive_hand_offs() {
        return Ok(());
    }
    Err(AppError::Forbidden("your role sees figures, and nobody who was handed over".into()))
}

/// The hand-off of an id, public or of the record, if the user may know of it.
pub(crate) async fn find(workspace: &Workspace, id: &str, user: &User, now: Timestamp) -> AppResult<Held> {
    must_see(user)?;
    let missing = || AppError::NotFound(format!("there is no hand-off `{id}`: `axle hand-offs list` shows their ids"));
    let all = held(workspace, now).await?;
    let is_it = |held: &Held| held.hand_off.hand_off_id == id || (user.may_see_members() && held.hand_off.id == id);
    let found = all.into_iter().find(is_it).ok_or_else(missing)?;
    if found.hand_off.seen_by(user).is_none() {
        return Err(missing());
    }
    Ok(found)
}

/// What opening a hand-off shows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The dossier.
    Dossier(Box<Dossier>),
    /// The user may know no more than that it is closed.
    Closed(Box<HandOff>),
}

/// Opens a hand-off: the view is written into the audit log, and when sales opens it first, that is noted.
///
/// # Errors
/// [`AppError::NotFound`] when there is none that the user may know of.
pub async fn open(workspace: &Workspace, id: &str, user: &User, now: Timestamp) -> AppResult<View> {
    let mut found = find(workspace, id, user, now).await?;
    let subject = ("hand_off", found.hand_off.hand_off_id.clone());
    let subject = (subject.0, subject.1.as_str());
    if !user.may_see_members() && found.hand_off.closed.is_some() {
        audit::note(workspace, Actor::of(user), "refused", subject, None, now).await?;
        return Ok(View::Closed(Box::new(found.hand_off.without_person())));
    }
    if user.role == "sales" && found.hand_off.state == State::Sent {
        found.hand_off.opened_at = Some(now);
        found.hand_off.state = State::Opened;
        say::write(workspace, &found, now).await?;
        audit::note(workspace, Actor::of(user), "opened", subject, None, now).await?;
    } else {
        audit::note(workspace, Actor::of(user), "viewed", subject, None, now).await?;
    }
    Ok(View::Dossier(Box::new(dossier::of(workspace, &found, now).await?)))
}
