//! Raised hands: somebody says that they need more, in the hosted form, to a bot, or to a colleague who writes it down. Each is a
//! `signal` of the kind explicit, which makes a candidate of the community-qualified leads at once.

use std::collections::HashSet;

use axle_model::Identity;
use axle_store::{identity, setting};
use jiff::Timestamp;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{AppError, AppResult, Workspace, by_hand, figures, identities, members};

/// Name of the setting.
const SETTING: &str = "raise_hand";

/// The platform of accounts that only the form knows. Nobody has proven their addresses, so they join nobody by themselves.
const FORM: &str = "form";

/// The longest words that are kept, in characters.
pub const WORDS: usize = 2_000;
/// The longest name or address.
const NAME: usize = 254;

/// How a workspace lets people raise their hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The form can be opened without signing in. Off until somebody switches it on.
    pub is_open: bool,
    /// Its heading.
    pub title: String,
    /// What stands below the heading.
    pub text: String,
    /// What people agree to when they tick the box.
    pub consent: String,
    /// Which wording of the consent this is, from 1; raised when it changes.
    pub consent_version: u32,
    /// Sites that may show the form in a frame: `https://example.org`.
    pub sites: Vec<String>,
    /// What a bot proves itself with; empty: no bot may.
    pub token: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_open: false,
            title: "How can we help?".into(),
            text: "Tell us what you need, and a person of our team gets back to you.".into(),
            consent: "You may contact me about this, and keep what I wrote.".into(),
            consent_version: 1,
            sites: Vec::new(),
            token: String::new(),
        }
    }
}

impl Settings {
    /// What a consent says that it was given to.
    pub fn text_version(&self) -> String {
        format!("raise-hand/{}", self.consent_version)
    }

    /// Whether a bot's token is the workspace's own.
    pub fn knows(&self, token: &str) -> bool {
        let (given, own) = (blake3::hash(token.as_bytes()), blake3::hash(self.token.as_bytes()));
        // Hashes of blake3 are compared in constant time.
        !self.token.is_empty() && given == own
    }
}

/// The settings of a workspace.
///
/// # Errors
/// When they cannot be read.
pub async fn settings(workspace: &Workspace) -> AppResult<Settings> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(Settings::default()) };
    serde_json::from_str(&value).map_err(|error| AppError::Internal(format!("the stored form cannot be read: {error}")))
}

/// Sets them. Another wording of the consent is another version. A token is made with the first opening, and anew on request.
///
/// # Errors
/// [`AppError::Invalid`] when a text is missing or a site is none.
pub async fn set(workspace: &Workspace, wanted: Settings, new_token: bool, by: &str, now: Timestamp) -> AppResult<()> {
    let held = settings(workspace).await?;
    let mut wanted = wanted;
    for (what, text) in [("heading", &wanted.title), ("text", &wanted.text), ("consent", &wanted.consent)] {
        if text.trim().is_empty() || text.chars().count() > WORDS {
            return Err(AppError::Invalid(format!("the {what} is empty or too long")));
        }
    }
    for site in &wanted.sites {
        let rest = site.strip_prefix("https://").or_else(|| site.strip_prefix("http://"));
        let is_host = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
        };
        if !rest.is_some_and(is_host) {
            return Err(AppError::Invalid(format!("`{site}` is no site: write https://example.org, without a path")));
        }
    }
    wanted.consent_version = held.consent_version + u32::from(held.consent != wanted.consent);
    wanted.token = if new_token || held.token.is_empty() { token() } else { held.token };
    let value = serde_json::to_string(&wanted).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

fn token() -> String {
    let mut bytes = [0; 20];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What somebody wrote into the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Their name; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they need.
    pub need: String,
    /// They ticked the box.
    pub has_consented: bool,
    /// They are waiting for an answer now.
    pub is_live: bool,
}

/// Takes a form: the person, the signal, and the consent. The same words of the same person on one day are one signal.
///
/// # Errors
/// [`AppError::Invalid`] with what to change, in words for whom filled it in; [`AppError::NotFound`] while the form is closed.
pub async fn take(workspace: &Workspace, written: &Written, now: Timestamp) -> AppResult<()> {
    let settings = settings(workspace).await?;
    if !settings.is_open {
        return Err(AppError::NotFound("the form is closed".into()));
    }
    let (name, email, need) = (written.name.trim(), written.email.trim(), written.need.trim());
    let is_address = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    let invalid = |text: &str| Err(AppError::Invalid(text.into()));
    if email.chars().count() > NAME || !is_address || email.contains(char::is_whitespace) {
        return invalid("This is no e-mail address: write it as name@example.org.");
    }
    if name.chars().count() > NAME {
        return invalid("The name is too long.");
    }
    if need.is_empty() || need.chars().count() > WORDS {
        return invalid("Say in a few sentences what you need.");
    }
    if !written.has_consented {
        return invalid("Tick the box, so that we may answer.");
    }
    let identity = Identity { email: Some(email.to_lowercase()), ..Identity::default() };
    let identity = Identity { platform: FORM.into(), ..identity }.named(name);
    let id = id(&[&email.to_lowercase(), need, &day(now), live(written.is_live)]);
    if is_known(workspace, &format!("form:{id}"), now).await? {
        return Ok(());
    }
    let person = json!({ "type": "person", "identity": identity, "name": Some(name).filter(|name| !name.is_empty()) });
    let consent = json!({
        "type": "consent", "id": format!("form:{id}"), "identity": identity, "kind": "contact", "at": now,
        "text_version": settings.text_version(), "channel": FORM,
    });
    let mut signal = signal(&format!("form:{id}"), &json!(identity), need, FORM, None, now);
    signal["live"] = json!(written.is_live);
    by_hand::write(workspace, vec![person, signal, consent], now).await
}

/// Somebody whom only the form knows: nobody has proven their address, so they are a member of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Public id and name of the member whom they likely are; `None` when nobody is like them.
    pub likely: Option<(String, String)>,
}

/// Whether only the form knows a member, and whom they likely are; `None` for everybody else.
///
/// # Errors
/// When the record cannot be read, or there is no such member.
pub async fn stranger(workspace: &Workspace, member_id: &str) -> AppResult<Option<Stranger>> {
    let number = members::member_of(workspace, member_id).await?.member_number;
    let accounts = identity::of_member(workspace.db(), number).await?;
    if accounts.iter().any(|account| account.platform != FORM) {
        return Ok(None);
    }
    let found = identities::all(workspace).await?;
    let other = |one: &identities::Suggestion| match (one.a == member_id, one.b == member_id) {
        (true, _) => Some((one.b.clone(), one.sides[1].name.clone())),
        (_, true) => Some((one.a.clone(), one.sides[0].name.clone())),
        _ => None,
    };
    Ok(Some(Stranger { likely: found.waiting.iter().find_map(other) }))
}

/// Who told a bot, as the platform knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub identity: Identity,
    /// What they need.
    pub need: String,
    /// They are waiting for an answer now.
    pub is_live: bool,
}

/// Takes what somebody told a bot.
///
/// # Errors
/// [`AppError::Invalid`] when it names nobody or says nothing.
pub async fn take_told(workspace: &Workspace, told: &Told, now: Timestamp) -> AppResult<()> {
    let need: String = told.need.trim().chars().take(WORDS).collect();
    let key = told.identity.key().filter(|_| !told.identity.platform.is_empty());
    let key =
        key.ok_or_else(|| AppError::Invalid("it does not say who: a platform with a uid or a username".into()))?;
    if need.is_empty() {
        return Err(AppError::Invalid("say what you need behind the command".into()));
    }
    let id = id(&[&key.platform, &key.key, &need, &day(now), live(told.is_live)]);
    if is_known(workspace, &format!("bot:{id}"), now).await? {
        return Ok(());
    }
    // What a bot passes on proves no address.
    let identity = Identity { email_verified: false, ..told.identity.clone() };
    let mut line = signal(&format!("bot:{id}"), &json!(identity), &need, &key.platform, None, now);
    line["live"] = json!(told.is_live);
    by_hand::write(workspace, vec![line], now).await
}

/// Somebody of the team writes down that a member raised their hand, in an activity or elsewhere. Gives the id of the signal.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn mark(
    workspace: &Workspace,
    member_id: &str,
    activity_id: Option<&str>,
    quote: &str,
    by: &str,
    now: Timestamp,
) -> AppResult<String> {
    let identity = by_hand::account(workspace, member_id).await?;
    let id = match activity_id {
        Some(activity_id) => format!("marked:{activity_id}"),
        None => format!("marked:{}", id(&[member_id, &now.to_string()])),
    };
    if !is_known(workspace, &id, now).await? {
        by_hand::write(workspace, vec![signal(&id, &identity, &quoted(quote), by, activity_id, now)], now).await?;
    }
    Ok(id)
}

/// Words as they are kept.
pub(crate) fn quoted(words: &str) -> String {
    words.trim().chars().take(WORDS).collect()
}

/// Whether there is such a signal: it happened when it was written down first.
async fn is_known(workspace: &Workspace, id: &str, now: Timestamp) -> AppResult<bool> {
    let query = format!(
        "select 1 from signals where source = '{}' and signal_id = '{}'",
        by_hand::SOURCE,
        id.replace('\'', "''")
    );
    Ok(!figures::sql(workspace, &query, 1, now).await?.rows.is_empty())
}

/// Activities of a member that were written down as raised hands.
///
/// # Errors
/// When the record cannot be read, or there is no such member.
pub async fn marked(workspace: &Workspace, member_id: &str, now: Timestamp) -> AppResult<HashSet<String>> {
    let id = members::member_of(workspace, member_id).await?.member_id;
    let id = crate::directory::id_text(&id.as_slice().try_into().unwrap_or([0; 16]));
    let query = format!("select activity from signals where activity is not null and member_id = '{id}'");
    let rows = figures::sql(workspace, &query, usize::MAX, now).await?.rows;
    Ok(rows.iter().filter_map(|row| Some(row.first()?.as_str()?.to_owned())).collect())
}

/// The UTC day.
fn day(now: Timestamp) -> String {
    now.as_second().div_euclid(86_400).to_string()
}

/// Who waits now says more than who said the same before.
fn live(is_live: bool) -> &'static str {
    if is_live { "live" } else { "" }
}

pub(crate) fn signal(id: &str, who: &Value, quote: &str, by: &str, activity: Option<&str>, now: Timestamp) -> Value {
    let quote = Some(quote).filter(|quote| !quote.is_empty());
    let mut line =
        json!({ "type": "signal", "id": id, "at": now, "member": who, "kind": "explicit", "recorded_by": by });
    for (name, value) in [("quote", quote), ("activity", activity)] {
        if let Some(value) = value {
            line[name] = json!(value);
        }
    }
    line
}

/// Sixteen digits that differ with any of the parts.
pub(crate) fn id(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_needs_the_token_and_an_empty_one_opens_nothing() {
        let with = |token: &str| Settings { token: token.into(), ..Settings::default() };
        assert!(with("secret").knows("secret"));
        assert!(!with("secret").knows("Secret") && !with("secret").knows(""));
        assert!(!with("").knows(""));
    }
}
