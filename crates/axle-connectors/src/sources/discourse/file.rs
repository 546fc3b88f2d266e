//! Cutting a file into posts, categories and users, and the facts of a topic that its posts need.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::catalogue::{ANSWER_ACCEPTED, POST_REPLIED, TOPIC_OPENED};
use axle_model::{ActivityType, Extent, Part};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json::{JsonPart, json_stream};
use crate::read::{self, Places};
use crate::source::{Context, Emit};
use crate::{Member, RawRecord, SourceError};

/// A topic of many thousands of posts stays far below this.
const LARGEST_FILE: u64 = 512 << 20;
/// The lists of the API's answers.
const LISTS: &[&str] = &["latest_posts", "posts", "categories", "directory_items"];
/// The type of a post that says what was done to the topic.
const NOTICE: i64 = 3;
/// What a topic's posts tell of. Who liked them is mostly left out.
const TYPES: &[ActivityType] = &[TOPIC_OPENED, POST_REPLIED, ANSWER_ACCEPTED];

/// Hands every record of a file to `emit`; a file that is not the JSON it should be becomes one broken record.
pub(super) fn read_file(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let path = member.path.to_owned();
    let bytes = read::whole(member, LARGEST_FILE)?;
    let mut contents = Contents::default();
    contents.gather(&bytes)?;
    let part = contents.is_topic.then(|| Arc::new(part(&path)));
    let mut file = File { path: &path, emit };
    let is_post = contents.facts.contains_key("post_number") && contents.facts.contains_key("topic_id");
    if let Some(reason) = contents.broken.take().filter(|_| !is_post) {
        let place = Places::new(&path, "file").at(1);
        let rest = RawRecord::broken(place, &Context::default(), reason, bytes.clone());
        (file.emit)(match &part {
            Some(part) => rest.within(part, &[]),
            None => rest,
        })?;
        if !contents.facts.contains_key("archetype") {
            // The posts may be private messages.
            contents.posts.clear();
        }
    }
    if is_post {
        (file.emit)(RawRecord::new("post", Places::new(&path, "post").at(1), &Context::default(), bytes))?;
    }
    file.contents(&contents, part.as_ref())
}

/// An item of a list, or why it is none and what stands there.
type Item = Result<Box<RawValue>, (String, Vec<u8>)>;

/// What one answer of the API holds, as far as it is read.
#[derive(Default)]
struct Contents {
    /// The outermost fields, lists apart.
    facts: BTreeMap<String, Box<RawValue>>,
    /// Whether the posts are those of one topic, whose facts stand around them.
    is_topic: bool,
    posts: Vec<Item>,
    categories: Vec<Item>,
    users: Vec<Item>,
    /// The items of a list that is the whole file.
    items: Vec<Item>,
    /// Why the file itself cannot be read, if so.
    broken: Option<String>,
}

impl Contents {
    fn gather(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        let is_list = bytes.trim_ascii_start().starts_with(b"[");
        each_part(bytes, &mut |part| {
            match part {
                JsonPart::Field("post_stream", stream) => self.gather_within("post_stream", stream.get().as_bytes())?,
                JsonPart::Broken("post_stream", _, _, stream) => self.gather_within("post_stream", stream)?,
                JsonPart::Field("category_list", list) => self.gather_within("category_list", list.get().as_bytes())?,
                JsonPart::Broken("category_list", _, _, list) => self.gather_within("category_list", list)?,
                JsonPart::Field("category", category) => self.categories.push(Ok(category.to_owned())),
                JsonPart::Field("user", user) => self.users.push(Ok(user.to_owned())),
                JsonPart::Field(name, value) => drop(self.facts.insert(name.to_owned(), value.to_owned())),
                JsonPart::Broken("", _, reason, item) if is_list => {
                    self.items.push(Err((reason, item.into())));
                }
                JsonPart::Item(list, _, item) => self.list(list).push(Ok(item.to_owned())),
                JsonPart::Broken(list, _, reason, item) if LISTS.contains(&list) => {
                    self.list(list).push(Err((reason, item.into())));
                }
                JsonPart::Broken(_, _, reason, _) => drop(self.broken.get_or_insert(reason)),
            }
            Ok(())
        })
    }

    /// The list inside that field.
    fn gather_within(&mut self, field: &str, object: &[u8]) -> Result<(), SourceError> {
        self.is_topic |= field == "post_stream";
        each_part(object, &mut |part| {
            match part {
                JsonPart::Item(list, _, item) => self.list(list).push(Ok(item.to_owned())),
                JsonPart::Broken(list, _, reason, item) if LISTS.contains(&list) => {
                    self.list(list).push(Err((reason, item.into())));
                }
                JsonPart::Broken(_, _, reason, _) => drop(self.broken.get_or_insert(format!("`{field}`: {reason}"))),
                JsonPart::Field(..) => {}
            }
            Ok(())
        })
    }

    fn list(&mut self, name: &str) -> &mut Vec<Item> {
        match name {
            "posts" | "latest_posts" => &mut self.posts,
            "categories" => &mut self.categories,
            "directory_items" => &mut self.users,
            _ => &mut self.items,
        }
    }
}

fn each_part(bytes: &[u8], part: &mut dyn FnMut(JsonPart<'_>) -> Result<(), SourceError>) -> Result<(), SourceError> {
    json_stream(Member { path: "", bytes: &mut &*bytes }, LISTS, part)
}

/// The facts of the topic that its posts need.
fn topic_context(fields: &BTreeMap<String, Box<RawValue>>) -> Context {
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
    fn contents(&mut self, contents: &Contents, part: Option<&Arc<Part>>) -> Result<(), SourceError> {
        let topic = if contents.is_topic { topic_context(&contents.facts) } else { Context::default() };
        let count = contents.facts.get("posts_count").and_then(|raw| serde_json::from_str(raw.get()).ok());
        self.posts(&contents.posts, &topic, count.filter(|_| contents.is_topic), part)?;
        self.describing("category", &contents.categories, |_| None)?;
        // Items of the directory have the user inside.
        self.describing("user", &contents.users, |item| {
            #[derive(Deserialize)]
            struct Listed<'a> {
                #[serde(borrow)]
                user: &'a RawValue,
            }
            Some(serde_json::from_str::<Listed<'_>>(item.get()).ok()?.user)
        })?;
        // Lists of users have their place in the API; other lists (notifications, tags) say nothing that is kept.
        let names_users = |item: &Item| item.as_ref().is_ok_and(|item| item.get().contains("\"username\""));
        let are_users = contents.items.iter().any(names_users);
        let items: Vec<&Item> = contents.items.iter().filter(|item| are_users || item.is_err()).collect();
        self.describing("user", items, |_| None)
    }

    /// `count`: how many posts the forum counts in the topic. That the topic was closed or moved is a post for it.
    fn posts(
        &mut self,
        posts: &[Item],
        topic: &Context,
        count: Option<u64>,
        part: Option<&Arc<Part>>,
    ) -> Result<(), SourceError> {
        let link = |post: &Item| post.as_ref().ok().and_then(|post| serde_json::from_str(post.get()).ok());
        let links: Vec<Link> = posts.iter().map(|post| link(post).unwrap_or_default()).collect();
        let ids: HashMap<_, i64> = links.iter().filter_map(|link| Some((link.number()?, link.id?))).collect();
        let notices = links.iter().filter(|link| link.post_type == Some(NOTICE)).count() as u64;
        let replies = count.and_then(|count| count.checked_sub(1 + notices));
        let places = Places::new(self.path, "post");
        for (position, (post, link)) in (1..).zip(posts.iter().zip(&links)) {
            let mut context = Arc::clone(topic);
            if let Some(id) = link.answered().and_then(|number| ids.get(&number)) {
                Arc::make_mut(&mut context).insert("reply_to".into(), id.to_string());
            }
            if let (Some(1), Some(replies)) = (link.post_number, replies) {
                Arc::make_mut(&mut context).insert("replies".into(), replies.to_string());
            }
            let place = places.at(position);
            let post = match post {
                Ok(post) => RawRecord::new("post", place, &context, post.get().into()),
                Err((reason, bytes)) => RawRecord::broken(place, &context, reason, bytes.clone()),
            };
            (self.emit)(match part {
                Some(part) => post.within(part, TYPES),
                None => post,
            })?;
        }
        Ok(())
    }

    /// `inner`: the record inside the item, where it has one.
    fn describing<'a>(
        &mut self,
        kind: &'static str,
        items: impl IntoIterator<Item = &'a Item>,
        inner: impl Fn(&RawValue) -> Option<&RawValue>,
    ) -> Result<(), SourceError> {
        let places = Places::new(self.path, kind);
        for (position, item) in (1..).zip(items) {
            let (place, none) = (places.at(position), Context::default());
            (self.emit)(match item {
                Ok(item) => RawRecord::describing(kind, place, &none, inner(item).unwrap_or(item).get().into()),
                Err((reason, bytes)) => RawRecord::broken(place, &none, reason, bytes.clone()),
            })?;
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
    post_type: Option<i64>,
}

impl Link {
    fn number(&self) -> Option<(Option<i64>, i64)> {
        Some((self.topic_id, self.post_number?))
    }

    fn answered(&self) -> Option<(Option<i64>, i64)> {
        Some((self.topic_id, self.reply_to_post_number?))
    }
}
