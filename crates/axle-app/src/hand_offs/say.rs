//! What people do with hand-offs: prepare, edit, send, accept, give back. Each writes the whole state as one line.

use std::collections::HashMap;

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{FLAGS, HandOff, Held, State, dossier, find, later};
use crate::audit::{self, Actor};
use crate::consents::{self, Standing};
use crate::settings;
use crate::users::User;
use crate::{AppError, AppResult, Workspace, by_hand};

/// Decisions after which a member is to be handed over: flywheel and outcome.
const PREPARES: [(&str, &str); 2] = [("community_qualified_leads", "qualified"), ("deal_champions", "appointed")];
/// Decisions after which nobody is to be handed over any more.
const ENDS: [&str; 6] = ["dismissed", "no_consent", "lost", "recycled", "declined", "released"];
/// A decision that is older prepares nothing any more: it is made anew then.
const PREPARED_DAYS: i64 = 90;

/// What a builder writes on a dossier; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// To whom it goes.
    pub to: Option<String>,
    /// What to begin with.
    pub first_sentence: Option<String>,
    /// What else to know.
    pub note: Option<String>,
    /// What people say of a champion's weight: words of [`FLAGS`].
    pub flags: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Makes a hand-off of every decision of the last 90 days that a member is to be handed over, if it has none yet; gives how many.
pub async fn prepare(workspace: &Workspace, now: Timestamp) -> AppResult<usize> {
    let known = super::held(workspace, now).await?;
    let mut last: HashMap<(u32, String), (Timestamp, FactRow)> = HashMap::new();
    for (row, subject) in fact::of_members(workspace.db(), FactKind::TASK).await? {
        let (Some(outcome), Some(at)) = (row.fact.text("outcome"), row.fact.instant("done_at")) else { continue };
        // Who says `qualified` of a member and nothing else speaks of a lead.
        let Some(flywheel) = row.fact.text("flywheel").or((outcome == "qualified").then_some(PREPARES[0].0)) else {
            continue;
        };
        let decides = PREPARES.contains(&(flywheel, outcome)) || ENDS.contains(&outcome);
        if !decides || at > now || !PREPARES.iter().any(|(known, _)| *known == flywheel) {
            continue;
        }
        let key = (subject.member_number, flywheel.to_owned());
        if last.get(&key).is_none_or(|(before, _)| *before < at) {
            last.insert(key, (at, row));
        }
    }
    let mut lines = Vec::new();
    for ((member, flywheel), (at, row)) in last {
        let is_qualified = PREPARES.contains(&(flywheel.as_str(), row.fact.text("outcome").unwrap_or_default()));
        let has_one = known.iter().any(|held| {
            let of = &held.hand_off;
            held.member_number == member && of.qualified_at.or(of.sent_at).is_some_and(|known| known >= at)
        });
        if !is_qualified || has_one || at < later(now, -PREPARED_DAYS) {
            continue;
        }
        let mut line = Map::from_iter([
            ("type".to_owned(), json!("hand_off")),
            ("id".to_owned(), json!(consents::id_of("lead", &[&row.source, &row.fact.key]))),
            ("flywheel".to_owned(), json!(flywheel)),
            ("qualified_at".to_owned(), json!(at)),
        ]);
        for (field, name) in [("identity", "identity"), ("organization", "organization"), ("assignee", "from")] {
            if let Some(value) = row.fact.body.get(field) {
                line.insert(name.to_owned(), value.clone());
            }
        }
        lines.push(Value::Object(line));
    }
    let count = lines.len();
    if count > 0 {
        by_hand::write(workspace, lines, now).await?;
    }
    Ok(count)
}

fn must_hand_off(user: &User) -> AppResult<()> {
    if user.may_hand_off() {
        return Ok(());
    }
    Err(AppError::Forbidden("community builders hand members over; ask one of them".into()))
}

/// Changes what the builder says on it.
///
/// # Errors
/// [`AppError::Conflict`] when it was given back; [`AppError::Forbidden`] for who may not hand over; [`AppError::Invalid`] for
/// a word that is none of [`FLAGS`].
pub async fn edit(workspace: &Workspace, id: &str, edit: &Edit, user: &User, now: Timestamp) -> AppResult<()> {
    must_hand_off(user)?;
    let mut held = find(workspace, id, user, now).await?;
    let hand_off = &mut held.hand_off;
    if hand_off.state == State::Returned {
        return Err(AppError::Conflict("this hand-off was given back; it stays as it is".into()));
    }
    let text = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned());
    for (wanted, field) in [
        (text(&edit.to), &mut hand_off.to),
        (text(&edit.first_sentence), &mut hand_off.first_sentence),
        (text(&edit.note), &mut hand_off.note),
    ] {
        if let Some(wanted) = wanted {
            *field = Some(wanted).filter(|wanted| !wanted.is_empty());
        }
    }
    if let Some(flags) = &edit.flags {
        if let Some(wrong) = flags.iter().find(|flag| FLAGS.iter().all(|(known, ..)| known != flag)) {
            let known: Vec<&str> = FLAGS.iter().map(|(flag, ..)| *flag).collect();
            return Err(AppError::Invalid(format!("`{wrong}` is said of no champion: use {}", known.join(", "))));
        }
        hand_off.flags.clone_from(flags);
    }
    hand_off.expires_at = edit.expires_at.or(hand_off.expires_at);
    complete(workspace, &mut held, now).await?;
    write(workspace, &held, now).await?;
    note(workspace, &held.hand_off, user, "edited", None, now).await
}

/// Sends a prepared hand-off to sales. `is_told`: the member knows who will write to them.
///
/// # Errors
/// [`AppError::Conflict`] without a consent that holds, without somebody to send it to, or when it was sent before.
pub async fn send(workspace: &Workspace, id: &str, is_told: bool, user: &User, now: Timestamp) -> AppResult<()> {
    must_hand_off(user)?;
    let mut held = find(workspace, id, user, now).await?;
    if held.hand_off.state != State::Prepared {
        return Err(AppError::Conflict("this hand-off was sent already".into()));
    }
    let consent = match consents::standing(&held.consents, "hand_off", now) {
        Standing::Live(consent) => consent,
        Standing::Never => {
            let what = "it cannot be sent: the member has not allowed a hand-off to sales. Ask them, and record their consent on their page";
            return Err(AppError::Conflict(what.into()));
        }
        Standing::Revoked(_) => {
            let what = "it cannot be sent: the member took their consent back. Nobody in sales may see them";
            return Err(AppError::Conflict(what.into()));
        }
    };
    let suggested = dossier::suggested_sentence(workspace, &held, now).await?;
    let days = settings::leads(workspace).await?.hand_off_days.offered;
    let hand_off = &mut held.hand_off;
    if hand_off.to.is_none() {
        return Err(AppError::Conflict("it cannot be sent: say to whom it goes".into()));
    }
    hand_off.sent_at = Some(now);
    hand_off.from = Some(user.name.clone());
    hand_off.told_at = hand_off.told_at.or(is_told.then_some(now));
    hand_off.consent = Some(consent.consent_id);
    hand_off.expires_at = hand_off.expires_at.or(Some(later(now, days.into())));
    hand_off.first_sentence = hand_off.first_sentence.take().or(Some(suggested));
    complete(workspace, &mut held, now).await?;
    write(workspace, &held, now).await?;
    let to = held.hand_off.to.clone();
    note(workspace, &held.hand_off, user, "sent", to, now).await
}

/// A hand-off that sales may decide on.
async fn received(workspace: &Workspace, id: &str, user: &User, now: Timestamp) -> AppResult<Held> {
    let held = find(workspace, id, user, now).await?;
    if !user.may_receive_hand_offs() {
        return Err(AppError::Forbidden("sales decides on what was handed to it".into()));
    }
    if held.hand_off.closed.is_some() || held.hand_off.state == State::Prepared {
        return Err(AppError::Conflict("this hand-off is not open any more".into()));
    }
    Ok(held)
}

/// Sales takes care of the member, for as long as the settings say (90 days) unless the consent ends.
///
/// # Errors
/// [`AppError::Conflict`] when it is closed.
pub async fn accept(workspace: &Workspace, id: &str, user: &User, now: Timestamp) -> AppResult<()> {
    let mut held = received(workspace, id, user, now).await?;
    if held.hand_off.state == State::Accepted {
        return Ok(());
    }
    let days = settings::leads(workspace).await?.hand_off_days.accepted;
    let hand_off = &mut held.hand_off;
    hand_off.opened_at = hand_off.opened_at.or(Some(now));
    hand_off.accepted_at = Some(now);
    hand_off.expires_at = hand_off.expires_at.max(Some(later(now, days.into())));
    write(workspace, &held, now).await?;
    note(workspace, &held.hand_off, user, "accepted", None, now).await
}

/// Sales gives the member back with a reason; the dossier closes for sales.
///
/// # Errors
/// [`AppError::Invalid`] without a reason; [`AppError::Conflict`] when it is closed.
pub async fn give_back(workspace: &Workspace, id: &str, reason: &str, user: &User, now: Timestamp) -> AppResult<()> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(AppError::Invalid("say why: the builder who handed the member over learns from it".into()));
    }
    let mut held = received(workspace, id, user, now).await?;
    held.hand_off.opened_at = held.hand_off.opened_at.or(Some(now));
    held.hand_off.returned_at = Some(now);
    held.hand_off.reason = Some(reason.to_owned());
    write(workspace, &held, now).await?;
    note(workspace, &held.hand_off, user, "returned", Some(reason.to_owned()), now).await
}

async fn note(
    workspace: &Workspace,
    hand_off: &HandOff,
    user: &User,
    what: &str,
    detail: Option<String>,
    now: Timestamp,
) -> AppResult<()> {
    audit::note(workspace, Actor::of(user), what, ("hand_off", &hand_off.hand_off_id), detail, now).await
}

/// Works out anew whether nothing mandatory is missing.
async fn complete(workspace: &Workspace, held: &mut Held, now: Timestamp) -> AppResult<()> {
    held.hand_off.is_complete = dossier::of(workspace, held, now).await?.missing.is_empty();
    Ok(())
}

/// Writes the whole state.
pub(super) async fn write(workspace: &Workspace, held: &Held, now: Timestamp) -> AppResult<()> {
    let of = &held.hand_off;
    let line = json!({
        "type": "hand_off", "id": of.id, "identity": held.identity, "organization": of.organization,
        "flywheel": of.flywheel, "run": of.run, "qualified_at": of.qualified_at, "sent_at": of.sent_at, "from": of.from,
        "to": of.to, "opened_at": of.opened_at, "accepted_at": of.accepted_at, "returned_at": of.returned_at,
        "reason": of.reason, "complete": of.is_complete, "told_at": of.told_at, "consent": of.consent,
        "first_sentence": of.first_sentence, "note": of.note, "expires_at": of.expires_at,
        "flags": (!of.flags.is_empty()).then_some(&of.flags),
    });
    let Value::Object(mut line) = line else { return Ok(()) };
    line.retain(|_, value| !value.is_null());
    by_hand::write(workspace, vec![Value::Object(line)], now).await
}

/// The instant at which an offer ends whose last day is given.
pub fn end_of(last_day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    let after = last_day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(after.timestamp() - SignedDuration::from_micros(1))
}
