//! One event of GitHub, unwrapped from whatever it came in.

use axle_model::{Fact, FactKind, Identity};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::RecordError;
use crate::avatar::avatar;

/// The account that stands for everybody who deleted theirs.
const GHOST: (&str, &str) = ("10137", "ghost");

/// A webhook body or an archived event.
pub(super) struct Event {
    /// As in webhooks: `issue_comment`.
    pub(super) name: String,
    /// What was done; empty when the event says nothing.
    pub(super) action: String,
    /// The webhook's body or the archive's payload.
    pub(super) body: Map<String, Value>,
    /// Where.
    pub(super) repo: Option<Repo>,
    /// Who.
    pub(super) actor: Option<Identity>,
    /// What the event says of them beyond their account.
    pub(super) profile: Option<Fact>,
    /// When, if the event itself says.
    pub(super) at: Option<Timestamp>,
}

/// A repository.
#[derive(Debug, Clone)]
pub(super) struct Repo {
    /// Its number, which stays when it is renamed.
    pub(super) id: String,
    /// `owner/name`.
    pub(super) name: String,
    /// Whether it is not public, if the event says.
    pub(super) is_private: Option<bool>,
}

impl Event {
    /// Reads an archived event, a wrapped body, or a bare one. `named` is the event's name where something around it
    /// says so.
    pub(super) fn from_json(named: Option<&str>, json: Value) -> Result<Self, RecordError> {
        let Value::Object(mut json) = json else {
            return Err(RecordError::new("not a JSON object"));
        };
        if let (Some(kind), true) = (text(json.get("type")), json.contains_key("actor") && json.contains_key("repo")) {
            return Ok(Self::from_archive(&kind, &json));
        }
        let delivered_at =
            ["delivered_at", "received_at", "timestamp", "created_at"].iter().find_map(|name| time(json.get(*name)));
        let mut name = named.map(str::to_owned);
        if let Some(inner) = ["payload", "body"].into_iter().find_map(|key| object(json.get(key)?)) {
            name = ["event", "name", "x_github_event", "x-github-event", "X-GitHub-Event"]
                .iter()
                .find_map(|key| text(json.get(*key)).or_else(|| text(json.get("headers")?.get(key))))
                .or(name);
            json = inner;
        }
        let name = match name {
            Some(name) => name,
            None => inferred_name(&json)
                .ok_or_else(|| RecordError::new("neither a GitHub webhook body nor an archived event"))?
                .to_owned(),
        };
        Ok(Self {
            name,
            action: text(json.get("action")).unwrap_or_default(),
            repo: json.get("repository").and_then(Repo::from_json),
            actor: json.get("sender").filter(|sender| sender.is_object()).map(|sender| identity(Some(sender))),
            profile: json.get("sender").and_then(profile),
            at: delivered_at,
            body: json,
        })
    }

    fn from_archive(kind: &str, json: &Map<String, Value>) -> Self {
        let body = json.get("payload").and_then(object).unwrap_or_default();
        Self {
            name: snake_case(kind.strip_suffix("Event").unwrap_or(kind)),
            action: text(body.get("action")).unwrap_or_default(),
            repo: json.get("repo").and_then(Repo::from_json).map(|repo| Repo {
                is_private: json.get("public").and_then(Value::as_bool).map(|is_public| !is_public),
                ..repo
            }),
            actor: json.get("actor").filter(|actor| actor.is_object()).map(|actor| identity(Some(actor))),
            profile: json.get("actor").and_then(profile),
            at: time(json.get("created_at")),
            body,
        }
    }

    /// When the event happened, or the latest instant that its body names, which cannot lie after it.
    pub(super) fn observed_at(&self) -> Option<Timestamp> {
        let parts = ["comment", "review", "issue", "pull_request", "discussion", "repository"];
        let named = parts.iter().filter_map(|part| self.body.get(*part));
        self.at.or_else(|| named.filter_map(|part| time(part.get("updated_at"))).max())
    }
}

impl Repo {
    pub(super) fn from_json(repo: &Value) -> Option<Self> {
        let name = text(repo.get("full_name")).or_else(|| text(repo.get("name")))?;
        let is_private = repo.get("private").and_then(Value::as_bool);
        Some(Self { id: text(repo.get("id"))?, name, is_private })
    }
}

/// A user; nobody there means that the account was deleted.
pub(super) fn identity(user: Option<&Value>) -> Identity {
    let field = |name: &str| user.and_then(|user| text(user.get(name)));
    let (uid, username) = match (field("id"), field("login")) {
        (None, None) => (Some(GHOST.0.to_owned()), Some(GHOST.1.to_owned())),
        known => known,
    };
    let is_bot =
        field("type").as_deref() == Some("Bot") || username.as_deref().is_some_and(|name| name.ends_with("[bot]"));
    Identity { platform: "github".into(), uid, username, bot: is_bot.then_some(true), ..Identity::default() }
        .named(field("name").unwrap_or_default())
}

/// What a user writes about themselves, where the record holds it. Most events name the account alone.
fn profile(user: &Value) -> Option<Fact> {
    let field = |name: &str| text(user.get(name)).filter(|text| !text.trim().is_empty());
    let mut body = Map::new();
    for name in ["company", "location", "bio"] {
        body.extend(field(name).map(|text| (name.to_owned(), text.into())));
    }
    let twitter = field("twitter_username").map(|name| format!("https://twitter.com/{name}"));
    let links: Vec<String> = field("blog").into_iter().chain(twitter).collect();
    if !links.is_empty() {
        body.insert("links".into(), links.into());
    }
    if body.is_empty() {
        return None;
    }
    let picture = field("avatar_url").as_deref().and_then(avatar);
    body.extend(picture.map(|picture| ("avatar".to_owned(), picture.into())));
    body.extend(field("name").map(|name| ("name".to_owned(), name.into())));
    body.insert("identity".into(), serde_json::to_value(identity(Some(user))).ok()?);
    Fact::new(FactKind::PERSON, body).ok()
}

/// A string or a number as text, unless empty.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn time(value: Option<&Value>) -> Option<Timestamp> {
    value?.as_str()?.parse().ok()
}

/// An object, or a string that holds one.
fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// What a bare body is, by the keys that only it has. `None` when it is not GitHub's.
fn inferred_name(body: &Map<String, Value>) -> Option<&'static str> {
    let has = |key: &str| body.contains_key(key);
    let acted = body.get("action").is_some();
    let name = if has("starred_at") {
        "star"
    } else if has("forkee") {
        "fork"
    } else if has("thread") {
        "pull_request_review_thread"
    } else if has("review") && has("pull_request") {
        "pull_request_review"
    } else if has("comment") && has("discussion") {
        "discussion_comment"
    } else if has("comment") && has("pull_request") {
        "pull_request_review_comment"
    } else if has("comment") && has("issue") {
        "issue_comment"
    } else if has("discussion") {
        "discussion"
    } else if has("pull_request") && acted {
        "pull_request"
    } else if has("issue") && acted {
        "issues"
    } else if body.get("action").and_then(Value::as_str) == Some("started") {
        "watch"
    } else if ["sender", "repository", "organization", "installation", "zen", "enterprise"].into_iter().any(has) {
        "other"
    } else {
        return None;
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repository_is_private_where_the_event_says() {
        let repo = json!({"id": 1, "name": "axle/loom", "full_name": "axle/loom", "private": true});
        let told = |event: Value| Event::from_json(None, event).unwrap().repo.unwrap().is_private;
        assert_eq!(told(json!({"action": "started", "repository": repo})), Some(true));
        let archived = |public: Value| {
            told(
                json!({"type": "WatchEvent", "actor": {"id": 2}, "repo": {"id": 1, "name": "axle/loom"}, "public": public}),
            )
        };
        assert_eq!([json!(true), json!(false), Value::Null].map(archived), [Some(false), Some(true), None]);
    }
}
