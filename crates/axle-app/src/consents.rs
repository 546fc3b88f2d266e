//! Consents: what members allow, in which words they were asked, and taking it back. What is said here is lines of
//! interchange, as that of any source.

use std::collections::{BTreeMap, HashSet};

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow, Subject};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::{self, Actor};
use crate::{AppError, AppResult, Workspace, by_hand, directory, members};

/// Version of the texts of [`KINDS`]; it rises when one of them changes.
pub const TEXT_VERSION: &str = "1";

/// What can be allowed: kind, its name, and the words in which members are asked.
pub const KINDS: [(&str, &str, &str); 4] = [
    (
        "hand_off",
        "Hand-off to sales",
        "You may introduce me to a colleague in sales, and tell them what I did and asked in the community, so that they can help me.",
    ),
    ("contact", "Contact", "Your colleagues may write to me or call me about what I need."),
    ("recognition", "Recognition", "You may name me in public for what I do in the community."),
    ("tracking", "Linking visits", "You may link my visits to your website with my name."),
];

/// One consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// Its id, as the record has it.
    pub consent_id: String,
    /// One of [`KINDS`], or a word of the source's.
    pub kind: String,
    /// Whether it covers what was said in private channels as well: mail, tickets, calls, our own rooms.
    pub covers_private: bool,
    /// When it was given.
    pub at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// In which version of the words they were asked.
    pub text_version: Option<String>,
    /// Where they said so.
    pub channel: Option<String>,
}

/// What is recorded of a consent.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// One of [`KINDS`].
    pub kind: String,
    /// Whether it covers private channels.
    pub covers_private: bool,
    /// Where they said so: `Slack`, `a call`.
    pub channel: String,
    /// When; now unless given.
    pub at: Option<Timestamp>,
}

impl Consent {
    /// The consent of a fact; `None` for one without an instant.
    fn of(row: &FactRow) -> Option<Self> {
        let text = |field: &str| row.fact.text(field).map(str::to_owned);
        Some(Self {
            consent_id: row.fact.key.clone(),
            kind: text("kind")?,
            covers_private: row.fact.text("covers") == Some("private"),
            at: row.fact.instant("at")?,
            revoked_at: row.fact.instant("revoked_at"),
            text_version: text("text_version"),
            channel: text("channel"),
        })
    }

    /// Whether it holds at an instant.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.at <= now && self.revoked_at.is_none_or(|revoked_at| revoked_at > now)
    }
}

/// Consents of facts, the newest first. When sources differ on whether one was taken back, it was.
pub(crate) fn merged<'a>(rows: impl IntoIterator<Item = &'a FactRow>) -> Vec<Consent> {
    let mut known: BTreeMap<String, Consent> = BTreeMap::new();
    for consent in rows.into_iter().filter_map(Consent::of) {
        match known.get_mut(&consent.consent_id) {
            Some(held) => {
                held.revoked_at = [held.revoked_at, consent.revoked_at].into_iter().flatten().min();
                held.covers_private &= consent.covers_private;
            }
            None => {
                known.insert(consent.consent_id.clone(), consent);
            }
        }
    }
    let mut consents: Vec<Consent> = known.into_values().collect();
    consents.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.consent_id.cmp(&b.consent_id)));
    consents
}

/// Where a member stands with being handed to sales.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// They never said yes.
    Never,
    /// They did, and it holds.
    Live(Consent),
    /// They took it back then.
    Revoked(Timestamp),
}

/// Where a member stands with one kind of consent: their last word counts, so one that is taken back ends earlier ones too.
pub fn standing(consents: &[Consent], kind: &str, now: Timestamp) -> Standing {
    let own = || consents.iter().filter(|consent| consent.kind == kind && consent.at <= now);
    let revoked = own().filter_map(|consent| consent.revoked_at).filter(|at| *at <= now).max();
    let live = own().filter(|consent| consent.is_live(now)).max_by_key(|consent| consent.at);
    match (live, revoked) {
        (Some(live), Some(revoked)) if revoked >= live.at => Standing::Revoked(revoked),
        (Some(live), _) => Standing::Live(live.clone()),
        (None, Some(revoked)) => Standing::Revoked(revoked),
        (None, None) => Standing::Never,
    }
}

/// What a member allows and allowed, the newest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn of_member(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Consent>> {
    let row = members::member_of(workspace, member_id).await?;
    Ok(merged(&fact::about(workspace.db(), FactKind::CONSENT, row.member_number).await?))
}

/// Somebody who allows or allowed something.
#[derive(Debug, Clone, Serialize)]
pub struct Holder {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// What they allow and allowed, the newest first.
    pub consents: Vec<Consent>,
}

/// Everybody who allows or allowed something, by their small number.
///
/// # Errors
/// When the record cannot be read.
pub async fn of_everybody(workspace: &Workspace) -> AppResult<BTreeMap<u32, Holder>> {
    let mut stated: BTreeMap<u32, (Subject, Vec<FactRow>)> = BTreeMap::new();
    for (row, subject) in fact::of_members(workspace.db(), FactKind::CONSENT).await? {
        let number = subject.member_number;
        stated.entry(number).or_insert_with(|| (subject, Vec::new())).1.push(row);
    }
    let holder = |(number, (subject, rows)): (u32, (Subject, Vec<FactRow>))| {
        let id = subject.member_id.as_slice().try_into().map(|id| directory::id_text(&id)).unwrap_or_default();
        (number, Holder { member_id: id, name: subject.name, consents: merged(&rows) })
    };
    Ok(stated.into_iter().map(holder).collect())
}

/// Public ids of the members who allow a kind of thing at an instant: their last word counts.
///
/// # Errors
/// When the record cannot be read.
pub async fn who_allow(workspace: &Workspace, kind: &str, now: Timestamp) -> AppResult<HashSet<String>> {
    let all = of_everybody(workspace).await?.into_values();
    let allows = |holder: &Holder| matches!(standing(&holder.consents, kind, now), Standing::Live(_));
    Ok(all.filter(allows).map(|holder| holder.member_id).collect())
}

/// Records that a member said yes; gives the consent's id.
///
/// # Errors
/// [`AppError::Invalid`] for an unknown kind, no channel, or a day to come.
pub async fn record(
    workspace: &Workspace,
    member_id: &str,
    given: &Given,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<String> {
    let (kind, channel) = (given.kind.as_str(), given.channel.trim());
    if !KINDS.iter().any(|(known, ..)| *known == kind) {
        let known: Vec<&str> = KINDS.iter().map(|(kind, ..)| *kind).collect();
        return Err(AppError::Invalid(format!("`{kind}` is no kind of consent: use one of {}", known.join(", "))));
    }
    if channel.is_empty() {
        return Err(AppError::Invalid("say where they agreed: in which channel or conversation".into()));
    }
    let at = given.at.unwrap_or(now);
    if at > now {
        return Err(AppError::Invalid("a consent cannot be given in the future: choose an earlier day".into()));
    }
    let identity = by_hand::account(workspace, member_id).await?;
    let id = id_of("consent", &[&identity.to_string(), kind, &now.to_string()]);
    let line = json!({
        "type": "consent", "id": id, "identity": identity, "kind": kind, "at": at, "text_version": TEXT_VERSION,
        "channel": channel, "covers": if given.covers_private { "private" } else { "public" },
    });
    by_hand::write(workspace, vec![line], now).await?;
    let detail = format!("{kind}, text {TEXT_VERSION}, {channel}");
    audit::note(workspace, actor, "recorded", ("consent", member_id), Some(detail), now).await?;
    Ok(id)
}

/// Takes a consent back, from now on. One that was taken back stays so.
///
/// # Errors
/// [`AppError::NotFound`] when the member gave none of that id.
pub async fn take_back(
    workspace: &Workspace,
    member_id: &str,
    consent_id: &str,
    actor: Actor<'_>,
    now: Timestamp,
) -> AppResult<()> {
    let row = members::member_of(workspace, member_id).await?;
    let rows = fact::about(workspace.db(), FactKind::CONSENT, row.member_number).await?;
    let stated: Vec<&FactRow> = rows.iter().filter(|row| row.fact.key == consent_id).collect();
    let missing = || AppError::NotFound(format!("this member gave no consent `{consent_id}`"));
    let held = merged(stated.iter().copied()).pop().ok_or_else(missing)?;
    if !held.is_live(now) {
        return Ok(());
    }
    let own = stated.iter().find(|row| row.source == by_hand::SOURCE).or(stated.first()).ok_or_else(missing)?;
    let mut line = own.fact.body.clone();
    line.insert("type".into(), json!("consent"));
    line.insert("revoked_at".into(), json!(now));
    by_hand::write(workspace, vec![Value::Object(line)], now).await?;
    audit::note(workspace, actor, "revoked", ("consent", member_id), Some(held.kind), now).await
}

/// An id that follows from its parts.
pub(crate) fn id_of(kind: &str, parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let hex: String = hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("2026-03-{day}T00:00:00Z").parse().unwrap()
    }

    fn consent(id: &str, given: &str, revoked: Option<&str>) -> Consent {
        Consent {
            consent_id: id.into(),
            kind: "hand_off".into(),
            covers_private: false,
            at: at(given),
            revoked_at: revoked.map(at),
            text_version: None,
            channel: None,
        }
    }

    #[test]
    fn the_last_word_counts() {
        let live = consent("b", "05", None);
        let cases = [
            (vec![], Standing::Never),
            (vec![live.clone()], Standing::Live(live.clone())),
            (vec![consent("a", "01", Some("03"))], Standing::Revoked(at("03"))),
            (vec![consent("a", "01", Some("03")), live.clone()], Standing::Live(live.clone())),
            // Taking one back takes back what was said before it, too.
            (vec![consent("a", "01", Some("07")), live.clone()], Standing::Revoked(at("07"))),
            (vec![consent("later", "20", None)], Standing::Never),
        ];
        for (consents, expected) in cases {
            assert_eq!(standing(&consents, "hand_off", at("10")), expected, "{consents:?}");
        }
        assert_eq!(standing(&[live], "contact", at("10")), Standing::Never);
    }
}
