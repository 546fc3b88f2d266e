//! Discourse: the forum's own JSON, one file a topic (`/t/<id>.json`), and the API answers that stand beside them.
//!
//! A topic's facts follow its posts in the file, so a topic is read whole and its facts become each post's context.
//! Posts keep the platform's post id, which survives a move to another topic; `reply_to_post_number` names a number
//! inside the topic, so the id behind it is looked up while reading and put into the reply's context.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::catalogue::{ANSWER_ACCEPTED, FORUM_JOINED, FORUM_POST_LIKED, POST_REPLIED, TOPIC_OPENED};
use axle_model::{Activity, ActivityType, Entry, Fact, FactKind, Identity};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::input::Walk;
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Discourse;

const PLATFORM: &str = "discourse";
/// A topic of many thousands of posts stays far below this.
const LARGEST_FILE: u64 = 512 << 20;
/// The platform's number of the action "like".
const LIKE: i64 = 2;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

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

fn read_file(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let path = member.path.to_owned();
    let bytes = read::whole(member, LARGEST_FILE)?;
    let mut file = File { path: &path, emit };
    let read = if bytes.trim_ascii_start().starts_with(b"[") {
        match read::json_items(&bytes) {
            Ok(items) => return file.users(&items),
            Err(error) => Err(error),
        }
    } else {
        serde_json::from_slice::<Fields<'_>>(&bytes)
            .map_err(|error| RecordError::new(format!("not a JSON object: {error}")))
            .and_then(|fields| Contents::of(fields, &bytes))
    };
    match read {
        Ok(contents) => file.contents(&contents),
        Err(error) => {
            let place = Places::new(&path, "file").at(1);
            (file.emit)(RawRecord::broken(place, &Context::default(), error.0, bytes))
        }
    }
}

/// What one answer of the API holds, as far as it is read.
struct Contents<'a> {
    topic: Context,
    posts: Vec<&'a RawValue>,
    categories: Vec<&'a RawValue>,
    users: Vec<&'a RawValue>,
}

impl<'a> Contents<'a> {
    fn of(fields: Fields<'a>, whole: &'a [u8]) -> Result<Self, RecordError> {
        let mut contents =
            Self { topic: topic_context(&fields), posts: Vec::new(), categories: Vec::new(), users: Vec::new() };
        if let Some(stream) = fields.get("post_stream") {
            contents.posts = list_in(stream, "post_stream", "posts")?;
        } else if fields.contains_key("post_number") && fields.contains_key("topic_id") {
            contents.topic = Context::default();
            contents.posts = vec![parsed("post", whole)?];
        } else if let Some(posts) = fields.get("latest_posts") {
            contents.topic = Context::default();
            contents.posts = parsed("latest_posts", posts.get().as_bytes())?;
        }
        if let Some(list) = fields.get("category_list") {
            contents.categories = list_in(list, "category_list", "categories")?;
        } else if let Some(categories) = fields.get("categories") {
            contents.categories = parsed("categories", categories.get().as_bytes())?;
        }
        contents.categories.extend(fields.get("category"));
        if let Some(items) = fields.get("directory_items") {
            let items: Vec<Fields<'a>> = parsed("directory_items", items.get().as_bytes())?;
            contents.users = items.iter().filter_map(|item| item.get("user").copied()).collect();
        }
        contents.users.extend(fields.get("user"));
        Ok(contents)
    }
}

fn parsed<'a, T: Deserialize<'a>>(name: &str, bytes: &'a [u8]) -> Result<T, RecordError> {
    serde_json::from_slice(bytes).map_err(|error| RecordError::new(format!("`{name}`: unexpected shape: {error}")))
}

/// The list `inner` of the object `outer`; a missing or empty list is no error.
fn list_in<'a>(object: &'a RawValue, outer: &str, inner: &str) -> Result<Vec<&'a RawValue>, RecordError> {
    let fields: Fields<'a> = parsed(outer, object.get().as_bytes())?;
    fields.get(inner).map_or(Ok(Vec::new()), |list| parsed(&format!("{outer}.{inner}"), list.get().as_bytes()))
}

/// The facts of the topic that its posts need.
fn topic_context(fields: &Fields<'_>) -> Context {
    let value = |name: &str| fields.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let mut context = BTreeMap::new();
    for (key, field) in [
        ("topic", "id"),
        ("title", "title"),
        ("slug", "slug"),
        ("category", "category_id"),
        ("closed", "closed"),
        ("archived", "archived"),
        ("archetype", "archetype"),
        ("deleted_at", "deleted_at"),
    ] {
        match value(field) {
            Some(Value::String(text)) => context.insert(key.to_owned(), text),
            Some(Value::Null | Value::Bool(false)) | None => None,
            Some(other) => context.insert(key.to_owned(), other.to_string()),
        };
    }
    if let Some(number) = value("accepted_answer").and_then(|answer| answer.get("post_number")?.as_i64()) {
        context.insert("accepted".into(), number.to_string());
    }
    if let Some(tags @ Value::Array(_)) = value("tags").filter(|tags| tags != &json!([])) {
        context.insert("tags".into(), tags.to_string());
    }
    Arc::new(context)
}

struct File<'p, 'e, 'f> {
    path: &'p str,
    emit: &'e mut Emit<'f>,
}

impl File<'_, '_, '_> {
    fn contents(&mut self, contents: &Contents<'_>) -> Result<(), SourceError> {
        self.posts(&contents.posts, &contents.topic)?;
        self.describing("category", &contents.categories)?;
        self.describing("user", &contents.users)
    }

    fn posts(&mut self, posts: &[&RawValue], topic: &Context) -> Result<(), SourceError> {
        let links: Vec<Link> = posts.iter().map(|post| serde_json::from_str(post.get()).unwrap_or_default()).collect();
        let ids: HashMap<_, i64> = links.iter().filter_map(|link| Some((link.number()?, link.id?))).collect();
        let places = Places::new(self.path, "post");
        for (position, (post, link)) in (1..).zip(posts.iter().zip(&links)) {
            let mut context = Arc::clone(topic);
            if let Some(id) = link.answered().and_then(|number| ids.get(&number)) {
                Arc::make_mut(&mut context).insert("reply_to".into(), id.to_string());
            }
            (self.emit)(RawRecord::new("post", places.at(position), &context, post.get().into()))?;
        }
        Ok(())
    }

    /// Lists of users have their place in the API; other lists (notifications, tags) say nothing that is kept.
    fn users(&mut self, items: &[&RawValue]) -> Result<(), SourceError> {
        let users: Vec<_> = items.iter().copied().filter(|item| item.get().contains("\"username\"")).collect();
        self.describing("user", &users)
    }

    fn describing(&mut self, kind: &'static str, items: &[&RawValue]) -> Result<(), SourceError> {
        let places = Places::new(self.path, kind);
        for (position, item) in (1..).zip(items) {
            (self.emit)(RawRecord::describing(kind, places.at(position), &Context::default(), item.get().into()))?;
        }
        Ok(())
    }
}

/// What links posts to each other. Fields of a wrong type are complained about by `normalize`.
#[derive(Default, Deserialize)]
struct Link {
    id: Option<i64>,
    topic_id: Option<i64>,
    post_number: Option<i64>,
    reply_to_post_number: Option<i64>,
}

impl Link {
    fn number(&self) -> Option<(Option<i64>, i64)> {
        Some((self.topic_id, self.post_number?))
    }

    fn answered(&self) -> Option<(Option<i64>, i64)> {
        Some((self.topic_id, self.reply_to_post_number?))
    }
}

/// A JSON object whose fields are asked for by name, so that a reason can name the field.
struct Object(Map<String, Value>);

impl Object {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, RecordError> {
        let wrong = || RecordError::new(format!("`{name}` is not a whole number"));
        self.get(name).map(|value| value.as_i64().ok_or_else(wrong)).transpose()
    }

    fn required(&self, name: &str) -> Result<i64, RecordError> {
        self.integer(name)?.ok_or_else(|| RecordError::new(format!("`{name}` is missing")))
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>, RecordError> {
        let wrong = || RecordError::new(format!("`{name}` is not an instant"));
        self.get(name).map(|value| value.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)).transpose()
    }

    fn items(&self, name: &str) -> impl Iterator<Item = Object> {
        let items = self.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_object().cloned().map(Object))
    }

    /// The account in this object, whose id stands in `id_field`.
    fn identity(&self, id_field: &str) -> Result<Identity, RecordError> {
        let uid = self.integer(id_field)?;
        let username = self.text("username");
        if uid.is_none() && username.is_none() {
            return Err(RecordError::new("`username` is missing"));
        }
        let name = self.text("name").or_else(|| self.text("display_username")).unwrap_or_default();
        let mut identity = Identity {
            platform: PLATFORM.into(),
            uid: uid.map(|uid| uid.to_string()),
            username: username.map(str::to_owned),
            ..Identity::default()
        }
        .named(name);
        let is_bot = uid.is_some_and(|uid| uid < 0) || matches!(username, Some("system" | "discobot"));
        identity.bot = is_bot.then_some(true);
        Ok(identity)
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

fn properties(raw: &RawRecord, post: &Object, is_accepted: bool) -> Map<String, Value> {
    let mut properties = Map::new();
    let counted = post.items("actions_summary").find(|action| action.get("id") == Some(&json!(LIKE)));
    let likes = counted.and_then(|like| like.get("count").cloned()).or_else(|| post.get("like_count").cloned());
    properties.extend(likes.filter(|likes| likes != &json!(0)).map(|likes| ("likes".to_owned(), likes)));
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
    for name in ["slug", "parent_category_id"] {
        body.extend(category.get(name).map(|value| (name.to_owned(), value.clone())));
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
