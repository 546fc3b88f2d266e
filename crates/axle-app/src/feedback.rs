//! Feedback: what members report, want, like and worry about, read in their words or recorded elsewhere; what was decided about
//! it, and whether they were told.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::activity::object_named;
use axle_model::interchange::FactKind;
use axle_model::label::{Label, Labels};
use axle_store::fact;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::said::{self, Item, Said};
use crate::{AppError, AppResult, Workspace, by_hand, consents, figures};

/// What words are read as, each with the kind of a recorded line that says the same.
const KINDS: [(Label, &str); 4] =
    [(Label::Bug, "bug"), (Label::Feature, "request"), (Label::Concern, "concern"), (Label::Praise, "praise")];

/// At most so much of what is recorded is listed, the newest.
pub const MOST: usize = 5_000;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What became of feedback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing was decided.
    #[default]
    Open,
    /// It will be done.
    Planned,
    /// It will not be done, for a reason.
    Declined,
    /// It is done.
    Shipped,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Planned, Self::Declined, Self::Shipped];

    /// As lines, addresses and commands name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Planned => "planned",
            Self::Declined => "declined",
            Self::Shipped => "shipped",
        }
    }

    /// The state of that name.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when there is none.
    pub fn named(name: &str) -> AppResult<Self> {
        let known = Self::ALL.into_iter().find(|state| state.name() == name);
        known.ok_or_else(|| {
            AppError::Invalid(format!(
                "`{name}` is no decision: use planned, declined or shipped, or open to take it back"
            ))
        })
    }
}

/// Something that was said about the product.
#[derive(Debug, Clone, Serialize)]
pub struct Feedback {
    /// Public id of the activity that says it, or one of the record without any.
    pub feedback_id: String,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it, if that is known.
    pub member_id: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Name of the source.
    pub source: String,
    /// Name of the channel; empty for what is recorded alone.
    pub channel: String,
    /// `bug`, `request`, `concern`, `praise`: one or more.
    pub kinds: Vec<&'static str>,
    /// What it is about, as recorded.
    pub topic: Option<String>,
    /// Its title or words.
    pub words: String,
    /// Where it stands.
    pub url: Option<String>,
    /// What was decided.
    pub state: State,
    /// When that was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided it.
    pub decided_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When its author was told.
    pub told_at: Option<Timestamp>,
    /// Its place among what members said.
    #[serde(skip)]
    pub place: Option<usize>,
    /// Source and id of its record.
    #[serde(skip)]
    record: Option<(String, String)>,
}

impl Feedback {
    /// Whether it is of a kind.
    pub fn has(&self, label: Label) -> bool {
        KINDS.iter().any(|(known, kind)| *known == label && self.kinds.contains(kind))
    }

    /// Whether it asks for a decision: praise alone does not.
    pub fn asks(&self) -> bool {
        self.kinds != ["praise"]
    }

    /// Whether something was decided that its author does not know of.
    pub fn is_to_tell(&self) -> bool {
        self.state != State::Open && self.told_at.is_none()
    }
}

/// A recorded line.
#[derive(Debug, Deserialize)]
struct Row {
    feedback_id: String,
    source: String,
    member_id: Option<String>,
    name: Option<String>,
    at: Timestamp,
    kind: Option<String>,
    topic: Option<String>,
    words: Option<String>,
    activity: Option<String>,
    state: Option<String>,
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
    reason: Option<String>,
    communicated_at: Option<Timestamp>,
}

impl Row {
    fn is_decided(&self) -> bool {
        self.decided_at.is_some() || self.state.as_deref().is_some_and(|state| state != "open")
    }
}

fn recorded() -> String {
    format!(
        "select f.feedback_id, f.source, f.member_id, m.name, f.at, f.kind, f.topic, substr(f.text, 1, 2000) as words,
                f.activity, f.state, f.decided_at, f.decided_by, f.reason, f.communicated_at
         from feedback f left join members m on m.member_id = f.member_id
         where not coalesce(m.is_bot, false) and not coalesce(m.is_teammate, false)
         order by f.at desc, f.source, f.feedback_id limit {MOST}"
    )
}

/// All feedback, the newest first: what was read in members' words, and what is recorded, each thing once.
pub async fn list(workspace: &Workspace, said: &Said, now: Timestamp) -> AppResult<Vec<Feedback>> {
    let rows: Vec<Row> = figures::records(workspace, &recorded(), now).await?;
    let (mut by_object, mut by_activity) = (HashMap::new(), HashMap::new());
    for (place, item) in said.items.iter().enumerate() {
        let Ok(id) = item.activity_id.parse::<Uuid>() else { continue };
        by_object.entry(object(*id.as_bytes())).or_insert(place);
        by_activity.insert(item.activity_id.as_str(), place);
    }
    let (mut of_place, mut list): (BTreeMap<usize, Row>, Vec<Feedback>) = Default::default();
    let mut others = Vec::new();
    for (thing, row) in once(rows) {
        let of_activity = row.activity.as_deref().and_then(|activity| by_activity.get(activity));
        match of_activity.or_else(|| by_object.get(&thing)) {
            Some(place) => {
                of_place.insert(*place, row);
            }
            None => others.push(row),
        }
    }
    let older = older(workspace, &others, now).await?;
    let is_recorded: HashSet<usize> = of_place.keys().copied().collect();
    list.extend(of_place.into_iter().map(|(place, row)| of_row(row, Some(of_item(&said.items[place], place)))));
    for row in others {
        let is_of_ours = row.source == by_hand::SOURCE;
        match older.get(&row.feedback_id).filter(|_| is_of_ours) {
            Some(words) => list.push(of_row(row, Some(words.clone()))),
            // Its activity is gone.
            None if is_of_ours && row.words.is_none() => {}
            None => list.push(of_row(row, None)),
        }
    }
    let unrecorded = said.items.iter().enumerate().filter(|(place, _)| !is_recorded.contains(place));
    list.extend(unrecorded.map(|(place, item)| of_item(item, place)).filter(|one| !one.kinds.is_empty()));
    list.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.feedback_id.cmp(&b.feedback_id)));
    Ok(list)
}

/// Records by what they are about, one of each: what was decided counts, then what was said first. Rows come the newest first.
fn once(rows: Vec<Row>) -> BTreeMap<[u8; 12], Row> {
    let mut once = BTreeMap::new();
    for row in rows {
        // Feedback that names no activity is one itself.
        let named = row.activity.clone().unwrap_or_else(|| format!("feedback:{}", row.feedback_id));
        match once.entry(object_named(&row.source, &named)) {
            Entry::Vacant(free) => {
                free.insert(row);
            }
            Entry::Occupied(mut held) => {
                let held: &mut Row = held.get_mut();
                if row.is_decided() >= held.is_decided() {
                    *held = row;
                }
            }
        }
    }
    once
}

/// The words that records of ours are about and that are not among the newest, by the activity's id.
async fn older(workspace: &Workspace, rows: &[Row], now: Timestamp) -> AppResult<HashMap<String, Feedback>> {
    let ours = rows.iter().filter(|row| row.source == by_hand::SOURCE);
    let ids: Vec<String> =
        ours.filter_map(|row| row.activity.as_deref()?.parse::<Uuid>().ok()).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = format!(
        "select a.activity_id, a.member_id, m.name, a.labels, a.source, a.channel, a.occurred_at, a.title,
                substr(a.text, 1, 2000) as text, a.url
         from (select activity_id, member_id, labels, source, channel, occurred_at, title, text, url from activities
               where activity_id in ({})) a
         join members m on m.member_id = a.member_id",
        ids.join(", ")
    );
    let items = said::items_of(&figures::sql(workspace, &query, ids.len(), now).await?);
    Ok(items
        .into_iter()
        .map(|item| (item.activity_id.clone(), Feedback { place: None, ..of_item(&item, 0) }))
        .collect())
}

/// What all activities on one thing have in common.
fn object(id: [u8; 16]) -> [u8; 12] {
    id[..12].try_into().expect("an id has 16 bytes")
}

fn kinds(labels: Labels) -> Vec<&'static str> {
    KINDS.iter().filter(|(label, _)| labels.has(*label)).map(|(_, kind)| *kind).collect()
}

fn of_item(item: &Item, place: usize) -> Feedback {
    Feedback {
        feedback_id: item.activity_id.clone(),
        at: item.at,
        member_id: Some(item.member_id.clone()),
        name: Some(item.name.clone()),
        source: item.source.clone(),
        channel: item.channel.clone(),
        kinds: kinds(item.labels),
        topic: None,
        words: item.words(),
        url: item.url.clone(),
        state: State::Open,
        decided_at: None,
        decided_by: None,
        reason: None,
        told_at: None,
        place: Some(place),
        record: None,
    }
}

/// What is recorded, with what was read in the words that it names.
fn of_row(row: Row, read: Option<Feedback>) -> Feedback {
    let state = row.state.as_deref().and_then(|name| State::ALL.into_iter().find(|state| state.name() == name));
    let state = state.unwrap_or(if row.decided_at.is_some() { State::Planned } else { State::Open });
    let mut one = read.unwrap_or_else(|| Feedback {
        feedback_id: consents::id_of("feedback", &[&row.source, &row.feedback_id]),
        at: row.at,
        member_id: row.member_id,
        name: row.name,
        source: row.source.clone(),
        channel: String::new(),
        kinds: Vec::new(),
        topic: None,
        words: row.words.or_else(|| row.topic.clone()).unwrap_or_default(),
        url: None,
        state,
        decided_at: None,
        decided_by: None,
        reason: None,
        told_at: None,
        place: None,
        record: None,
    });
    let kind = KINDS.iter().map(|(_, kind)| *kind).find(|kind| row.kind.as_deref() == Some(*kind));
    one.kinds.extend(kind.filter(|kind| !one.kinds.contains(kind)));
    one.topic = row.topic;
    (one.state, one.decided_at, one.decided_by) = (state, row.decided_at, row.decided_by);
    (one.reason, one.told_at) = (row.reason, row.communicated_at);
    one.record = Some((row.source, row.feedback_id));
    one
}

/// Notes what was decided about feedback: planned, declined with a reason, shipped, or open to take everything back. The last
/// decision counts, and its author is to be told of it.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such feedback, [`AppError::Invalid`] when a reason is missing or too long, when it
/// asks for no decision, or when nothing can be taken back.
pub async fn decide(
    workspace: &Workspace,
    list: &[Feedback],
    id: &str,
    (state, reason): (State, &str),
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    let one = found(list, id)?;
    if !one.asks() {
        return Err(AppError::Invalid("it is praise, which asks for no decision: thank its author".into()));
    }
    if state == State::Open && one.state == State::Open {
        return Err(AppError::Invalid("nothing was decided that could be taken back".into()));
    }
    let reason = reason.trim();
    if state == State::Declined && reason.is_empty() {
        return Err(AppError::Invalid("say why it is declined: its author will want to know".into()));
    }
    let length = reason.chars().count();
    if length > LONGEST_REASON {
        return Err(AppError::Invalid(format!("the reason has {length} characters: use at most {LONGEST_REASON}")));
    }
    let mut said = Map::from_iter([("state".to_owned(), json!(state.name()))]);
    if state == State::Open {
        for name in ["decided_at", "decided_by", "reason", "communicated_at"] {
            said.insert(name.into(), Value::Null);
        }
    } else {
        // Another decision is news to whoever was told of the one before.
        if state != one.state || one.decided_at.is_none() {
            said.insert("decided_at".into(), json!(now));
            said.insert("communicated_at".into(), Value::Null);
        }
        said.insert("decided_by".into(), json!(by));
        said.insert("reason".into(), if reason.is_empty() { Value::Null } else { json!(reason) });
    }
    say(workspace, one, said, now).await
}

/// Notes that its author was told what was decided.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such feedback, [`AppError::Invalid`] when nothing was decided or they know it.
pub async fn tell(workspace: &Workspace, list: &[Feedback], id: &str, now: Timestamp) -> AppResult<()> {
    let one = found(list, id)?;
    if one.state == State::Open {
        return Err(AppError::Invalid("nothing was decided yet that its author could be told".into()));
    }
    if let Some(at) = one.told_at {
        return Err(AppError::Invalid(format!("its author was told on {}", at.strftime("%Y-%m-%d"))));
    }
    say(workspace, one, Map::from_iter([("communicated_at".to_owned(), json!(now))]), now).await
}

fn found<'a>(list: &'a [Feedback], id: &str) -> AppResult<&'a Feedback> {
    let missing = || AppError::NotFound(format!("there is no feedback `{id}`: `axle feedback list` shows all"));
    list.iter().find(|one| one.feedback_id == id).ok_or_else(missing)
}

/// Writes fields into the record of feedback, or makes one of what was read alone.
async fn say(workspace: &Workspace, one: &Feedback, said: Map<String, Value>, now: Timestamp) -> AppResult<()> {
    let db = workspace.db();
    if let Some((source, id)) = &one.record {
        let rows = fact::with_key(db, FactKind::FEEDBACK, id).await?;
        let missing = || AppError::NotFound(format!("the feedback `{id}` of {source} is gone"));
        let row = rows.into_iter().find(|row| row.source == *source).ok_or_else(missing)?;
        return Ok(fact::amend(db, &row, &said, now.as_microsecond()).await?);
    }
    let mut line = Map::from_iter([
        ("type".to_owned(), json!("feedback")),
        ("id".to_owned(), json!(one.feedback_id)),
        ("at".to_owned(), json!(one.at)),
        ("activity".to_owned(), json!(one.feedback_id)),
        ("kind".to_owned(), json!(one.kinds.first())),
    ]);
    if let Some(member_id) = &one.member_id {
        line.insert("author".into(), by_hand::account(workspace, member_id).await?);
    }
    line.extend(said);
    line.retain(|_, value| !value.is_null());
    by_hand::write(workspace, vec![Value::Object(line)], now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_thing_are_one() {
        let row = |source: &str, id: &str, day: u8, activity: Option<&str>, is_decided: bool| -> Row {
            let at = format!("2026-01-0{day}T10:00:00Z");
            let decided_at = is_decided.then_some("2026-02-01T10:00:00Z");
            let row =
                json!({"source": source, "feedback_id": id, "at": at, "activity": activity, "decided_at": decided_at});
            serde_json::from_value(row).unwrap()
        };
        let said = Some("0c6f9a10-7f5e-4b1c-9d3a-5a1b2c3d4e5f");
        let rows = vec![
            row("jira", "j2", 9, None, false),
            row("jira", "j1", 8, said, false),
            row("forum", "f2", 7, Some("feedback:f1"), true),
            row("forum", "f1", 6, None, false),
            row("forum", "f0", 5, said, false),
            row("jira", "f1", 4, None, false),
        ];
        let mut kept: Vec<_> =
            once(rows).into_values().map(|row| format!("{}/{}", row.source, row.feedback_id)).collect();
        kept.sort();
        // Of `j1` and `f0` what was said first, of `f1` and `f2` at the forum what was decided.
        assert_eq!(kept, ["forum/f0", "forum/f2", "jira/f1", "jira/j2"]);
    }
}
