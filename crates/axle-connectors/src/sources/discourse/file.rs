//! Cutting a file into posts, categories and users, and the facts of a topic that its posts need.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::catalogue::{ANSWER_ACCEPTED, POST_REPLIED, TOPIC_OPENED};
use axle_model::{ActivityType, Extent, Part};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::read::{self, Places};
use crate::source::{Context, Emit};
use crate::{Member, RawRecord, RecordError, SourceError};

/// A topic of many thousands of posts stays far below this.
const LARGEST_FILE: u64 = 512 << 20;
/// What a topic's posts tell of. Who liked them is mostly left out.
const TYPES: &[ActivityType] = &[TOPIC_OPENED, POST_REPLIED, ANSWER_ACCEPTED];

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Hands every record of a file to `emit`; a file that is not the JSON it should be becomes one broken record.
pub(super) fn read_file(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
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
    /// Whether the posts are consecutive ones of a topic.
    is_topic: bool,
    posts: Vec<&'a RawValue>,
    categories: Vec<&'a RawValue>,
    users: Vec<&'a RawValue>,
}

impl<'a> Contents<'a> {
    fn of(fields: Fields<'a>, whole: &'a [u8]) -> Result<Self, RecordError> {
        let mut contents = Self {
            topic: topic_context(&fields),
            is_topic: false,
            posts: Vec::new(),
            categories: Vec::new(),
            users: Vec::new(),
        };
        if let Some(stream) = fields.get("post_stream") {
            contents.is_topic = true;
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

/// A file is a topic, or a page of one; a folder is an export.
fn part(path: &str) -> Part {
    let (export, _) = path.rsplit_once('/').unwrap_or(("", path));
    Part { export: export.to_owned(), name: path.to_owned(), as_of: None, extent: Extent::Thread }
}

struct File<'p, 'e, 'f> {
    path: &'p str,
    emit: &'e mut Emit<'f>,
}

impl File<'_, '_, '_> {
    fn contents(&mut self, contents: &Contents<'_>) -> Result<(), SourceError> {
        self.posts(contents)?;
        self.describing("category", &contents.categories)?;
        self.describing("user", &contents.users)
    }

    fn posts(&mut self, contents: &Contents<'_>) -> Result<(), SourceError> {
        let Contents { topic, posts, .. } = contents;
        let part = contents.is_topic.then(|| Arc::new(part(self.path)));
        let links: Vec<Link> = posts.iter().map(|post| serde_json::from_str(post.get()).unwrap_or_default()).collect();
        let ids: HashMap<_, i64> = links.iter().filter_map(|link| Some((link.number()?, link.id?))).collect();
        let places = Places::new(self.path, "post");
        for (position, (post, link)) in (1..).zip(posts.iter().zip(&links)) {
            let mut context = Arc::clone(topic);
            if let Some(id) = link.answered().and_then(|number| ids.get(&number)) {
                Arc::make_mut(&mut context).insert("reply_to".into(), id.to_string());
            }
            let post = RawRecord::new("post", places.at(position), &context, post.get().into());
            (self.emit)(match &part {
                Some(part) => post.within(part, TYPES),
                None => post,
            })?;
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
