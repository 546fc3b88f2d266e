//! Discourse: the forum's own JSON, one file a topic (`/t/<id>.json`), and the API answers that stand beside them.
//!
//! A topic's facts follow its posts in the file, so a topic is read whole and its facts become each post's context.
//! Posts keep the platform's post id, which survives a move to another topic; `reply_to_post_number` names a number
//! inside the topic, so the id behind it is looked up while reading and put into the reply's context.

mod fields;
mod file;

use axle_model::catalogue::{ANSWER_ACCEPTED, FORUM_JOINED, FORUM_POST_LIKED, POST_REPLIED, TOPIC_OPENED};
use axle_model::{Activity, ActivityType, Entry, Fact, FactKind, Identity};
use serde_json::{Map, Value, json};

use self::fields::Object;
use self::file::read_file;
use crate::avatar::avatar;
use crate::counted;
use crate::input::Walk;
use crate::source::{Confidence, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Discourse;

const PLATFORM: &str = "discourse";
/// The platform's number of the action "like".
const LIKE: i64 = 2;

impl Source for Discourse {
    fn format(&self) -> &'static str {
        "discourse"
    }

    fn title(&self) -> &'static str {
        "Discourse topics (JSON)"
    }

    fn looked_for(&self) -> &'static str {
        "JSON files with a topic's `post_stream` (`/t/<id>.json`), or lists of posts, categories or users of the same forum"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[TOPIC_OPENED, POST_REPLIED, ANSWER_ACCEPTED, FORUM_POST_LIKED, FORUM_JOINED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let judge = |head: &str| {
            let head = head.trim_start();
            let has = |name: &str| head.contains(name);
            match head.as_bytes().first() {
                Some(b'{') if has("\"post_stream\"") && has("\"posts\"") => 96,
                Some(b'{') if has("\"latest_posts\"") && has("\"topic_slug\"") => 90,
                Some(b'{') if has("\"cooked\"") && has("\"post_number\"") && has("\"topic_id\"") => 88,
                Some(b'{') if has("\"category_list\"") || has("\"directory_items\"") => 60,
                Some(b'{' | b'[') if has("\"avatar_template\"") && has("\"trust_level\"") => 58,
                _ => 0,
            }
        };
        probe.heads().map(|(_, head)| judge(&head)).max().unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let alone = !input.is_collection();
        input.walk(&mut |member| {
            if alone || member.path.to_ascii_lowercase().ends_with(".json") {
                read_file(member, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let fields = Object(raw.json()?);
        match raw.kind {
            "post" if raw.around("archetype") == "private_message" => Ok(Vec::new()),
            "post" => post_entries(raw, &fields),
            "category" => category_entries(&fields),
            _ => user_entries(&fields),
        }
    }
}

fn post_entries(raw: &RawRecord, post: &Object) -> Result<Vec<Entry>, RecordError> {
    let id = post.required("id")?;
    let number = post.required("post_number")?;
    let post_type = post.integer("post_type")?.unwrap_or(1);
    let at = post.instant("created_at")?.ok_or_else(|| RecordError::new("`created_at` is missing"))?;
    let author = post.identity("user_id")?;
    // 3: something was done to the topic (closed, moved). 4: a whisper among the staff.
    if !matches!(post_type, 1 | 2) {
        return Ok(Vec::new());
    }
    let topic = match raw.around("topic") {
        "" => post.integer("topic_id")?.map(|topic| topic.to_string()),
        topic => Some(topic.to_owned()),
    };
    let activity_type = if number == 1 { &TOPIC_OPENED } else { &POST_REPLIED };
    let mut activity = Activity::new(activity_type, id.to_string(), at, author.clone());
    activity.thread = topic;
    activity.channel = match raw.around("category") {
        "" => post.integer("category_id")?.map(|category| category.to_string()),
        category => Some(category.to_owned()),
    };
    activity.parent = Some(raw.around("reply_to").to_owned()).filter(|id| number != 1 && !id.is_empty());
    activity.text = post.text("raw").or_else(|| post.text("cooked")).map(str::to_owned);
    activity.deleted_at = post.instant("deleted_at")?.or_else(|| raw.around("deleted_at").parse().ok());
    let edited_at = if post.integer("version")?.unwrap_or(1) > 1 { post.instant("updated_at")? } else { None };
    activity.version_at = edited_at.max(activity.deleted_at);
    if number == 1 {
        let title = [raw.around("title"), post.text("topic_title").unwrap_or_default()];
        activity.title = title.into_iter().find(|title| !title.is_empty()).map(str::to_owned);
    }
    let is_accepted = post.flag("accepted_answer") || raw.around("accepted") == number.to_string();
    activity.properties = properties(raw, post, is_accepted);
    let mut entries = Vec::new();
    if is_accepted {
        entries.push(accepted(&activity, author).into());
    }
    entries.extend(likes(&activity, post)?);
    entries.extend(counts(raw, post, &activity)?);
    entries.insert(0, activity.into());
    Ok(entries)
}

/// The forum does not say when an answer was accepted, so the time is the answer's own.
fn accepted(answer: &Activity, author: Identity) -> Activity {
    let mut accepted = Activity::new(&ANSWER_ACCEPTED, format!("{}/accepted", answer.id), answer.at, author);
    accepted.channel.clone_from(&answer.channel);
    accepted.thread.clone_from(&answer.thread);
    accepted.parent = Some(answer.id.clone());
    accepted.deleted_at = answer.deleted_at;
    accepted
}

/// Only answers that list who liked a post give activities; the usual ones give a count, kept as a property.
fn likes(liked: &Activity, post: &Object) -> Result<Vec<Entry>, RecordError> {
    let mut likes = Vec::new();
    for (list, id_field) in [("likers", "id"), ("post_actions", "user_id")] {
        for like in post.items(list) {
            if like.integer("post_action_type_id")?.unwrap_or(LIKE) != LIKE {
                continue;
            }
            let actor = like.identity(id_field)?;
            let who = actor.uid.as_ref().or(actor.username.as_ref()).cloned().unwrap_or_default();
            let at = like.instant("created_at")?.unwrap_or(liked.at);
            let mut activity = Activity::new(&FORUM_POST_LIKED, format!("{}/liked/{who}", liked.id), at, actor);
            activity.channel.clone_from(&liked.channel);
            activity.thread.clone_from(&liked.thread);
            activity.parent = Some(liked.id.clone());
            likes.push(activity.into());
        }
    }
    Ok(likes)
}

/// What the forum counts: the topic's replies, and who liked the post.
fn counts(raw: &RawRecord, post: &Object, activity: &Activity) -> Result<Vec<Entry>, RecordError> {
    let mut counts = Vec::new();
    if let (Some(topic), Ok(replies)) = (&activity.thread, raw.around("replies").parse()) {
        counts.push(counted::in_thread(&POST_REPLIED, topic, activity.at, replies)?);
    }
    if let Some(likes) = likes_of(post).as_ref().and_then(Value::as_u64).filter(|likes| *likes > 0) {
        counts.push(counted::below(&FORUM_POST_LIKED, &activity.id, activity.at, likes)?);
    }
    Ok(counts)
}

/// How often a post was liked, as the forum counts.
fn likes_of(post: &Object) -> Option<Value> {
    let counted = post.items("actions_summary").find(|action| action.get("id") == Some(&json!(LIKE)));
    counted.and_then(|like| like.get("count").cloned()).or_else(|| post.get("like_count").cloned())
}

fn properties(raw: &RawRecord, post: &Object, is_accepted: bool) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.extend(likes_of(post).filter(|likes| likes != &json!(0)).map(|likes| ("likes".to_owned(), likes)));
    properties.extend(post.get("trust_level").map(|level| ("trust_level".to_owned(), level.clone())));
    for name in ["admin", "moderator", "staff", "hidden", "user_deleted"] {
        if post.flag(name) {
            properties.insert(name.into(), true.into());
        }
    }
    if is_accepted {
        properties.insert("accepted".into(), true.into());
    }
    if post.get("post_type") == Some(&json!(2)) {
        properties.insert("moderator_note".into(), true.into());
    }
    if post.get("post_number") == Some(&json!(1)) {
        for name in ["closed", "archived"] {
            if raw.around(name) == "true" {
                properties.insert(name.into(), true.into());
            }
        }
        properties.extend(serde_json::from_str(raw.around("tags")).ok().map(|tags: Value| ("tags".to_owned(), tags)));
    } else if let (Some(number), "") = (post.get("reply_to_post_number"), raw.around("reply_to")) {
        properties.insert("reply_to_post_number".into(), number.clone());
    }
    properties
}

fn category_entries(category: &Object) -> Result<Vec<Entry>, RecordError> {
    let id = category.required("id")?;
    let mut body = Map::new();
    body.insert("id".into(), id.to_string().into());
    body.insert("name".into(), category.text("name").unwrap_or_default().into());
    body.insert("kind".into(), "forum".into());
    for (field, name) in
        [("slug", "slug"), ("parent_category_id", "parent_category_id"), ("is_private", "read_restricted")]
    {
        body.extend(category.get(name).map(|value| (field.to_owned(), value.clone())));
    }
    let mut entries = vec![Fact::new(FactKind::CHANNEL, body)?.into()];
    for child in category.items("subcategory_list") {
        entries.extend(category_entries(&child)?);
    }
    Ok(entries)
}

fn user_entries(user: &Object) -> Result<Vec<Entry>, RecordError> {
    let mut identity = user.identity("id")?;
    identity.email = user.text("email").map(str::to_owned);
    let mut body = Map::new();
    body.insert("identity".into(), json!(identity));
    for (field, name) in [("name", "name"), ("title", "title"), ("location", "location"), ("bio", "bio_raw")] {
        body.extend(user.text(name).map(|text| (field.to_owned(), text.into())));
    }
    body.extend(user.text("website").map(|website| ("links".to_owned(), json!([website]))));
    let picture = user.text("avatar_template").and_then(avatar);
    body.extend(picture.map(|picture| ("avatar".to_owned(), picture.into())));
    for name in ["trust_level", "admin", "moderator"] {
        let value = user.get(name).filter(|value| **value != json!(false));
        body.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    let mut entries = vec![Fact::new(FactKind::PERSON, body)?.into()];
    if let Some(at) = user.instant("created_at")? {
        let who = identity.uid.as_ref().or(identity.username.as_ref()).cloned().unwrap_or_default();
        entries.push(Activity::new(&FORUM_JOINED, format!("user/{who}"), at, identity).into());
    }
    Ok(entries)
}
