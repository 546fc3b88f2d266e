//! Activities: one thing that one member did, and how much commitment its kind shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Identity;
use crate::label::Reading;

/// What a source's field names that holds an activity: the first 12 bytes of public ids, by a public id itself or by the
/// source's own.
pub fn object_named(source: &str, named: &str) -> [u8; 12] {
    let id = named.parse::<uuid::Uuid>().map_or_else(|_| object_id(source, named), uuid::Uuid::into_bytes);
    let mut object = [0; 12];
    object.copy_from_slice(&id[..12]);
    object
}

/// Commitment that one activity shows: 1 (a like) to 12 (organizing a conference); 0 is no participation,
/// and an activity of weight 0 counts nowhere (convention C3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Weight(u8);

impl Weight {
    /// `None` above 12.
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 12 { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 12.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Weight {
    type Error = String;
    fn try_from(value: u8) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("a weight is 0 to 12, not {value}"))
    }
}

impl From<Weight> for u8 {
    fn from(weight: Weight) -> u8 {
        weight.0
    }
}

/// How an activity connects its actor with others (reach, network density).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    /// It connects nobody.
    None,
    /// Being in the same thread or at the same event.
    Indirect,
    /// A reply, a mention, a conversation of two.
    Direct,
}

/// What an activity type says besides its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u16);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Asks for help or an answer.
    pub const QUESTION: Self = Self(1);
    /// Answers a question.
    pub const ANSWER: Self = Self(1 << 1);
    /// Adds something others can use.
    pub const CONTRIBUTION: Self = Self(1 << 2);
    /// Speaks for us to others.
    pub const ADVOCACY: Self = Self(1 << 3);
    /// Tells what the product should be or do.
    pub const FEEDBACK: Self = Self(1 << 4);
    /// Joining a space.
    pub const JOIN: Self = Self(1 << 5);
    /// A like or a reaction.
    pub const LIKE: Self = Self(1 << 6);
    /// Passing something on.
    pub const SHARE: Self = Self(1 << 7);
    /// A remark on content.
    pub const COMMENT: Self = Self(1 << 8);
    /// Being at an event.
    pub const ATTENDANCE: Self = Self(1 << 9);
    /// Use of the product: never community activity (convention C13).
    pub const PRODUCT: Self = Self(1 << 10);
    /// A visit of the website.
    pub const VISIT: Self = Self(1 << 11);
    /// Bringing somebody else.
    pub const REFERRAL: Self = Self(1 << 12);
    /// Named us in a space that is not ours.
    pub const MENTION: Self = Self(1 << 13);
    /// A conversation by telephone.
    pub const CALL: Self = Self(1 << 14);

    /// Both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The kind of an activity, its default weight, and what it says. A source declares those that it emits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityType {
    /// `platform:object:verb` or a shared key such as `question:asked`. Public and stable.
    pub key: &'static str,
    /// Weight until the workspace sets another.
    pub weight: Weight,
    /// How it connects people.
    pub connection: Connection,
    /// What else it says.
    pub flags: Flags,
}

impl ActivityType {
    /// A type of the catalogue. Panics at compile time (in a `const`) when `weight` is above 12.
    pub const fn new(key: &'static str, weight: u8, connection: Connection, flags: Flags) -> Self {
        match Weight::new(weight) {
            Some(weight) => Self { key, weight, connection, flags },
            None => panic!("a weight is 0 to 12"),
        }
    }
}

/// One thing that one person did, as a source reports it, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// The source's own id; with the source and the activity type it is the natural key (convention C8).
    pub id: String,
    /// Key of the [`ActivityType`].
    pub activity_type: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Identity,
    /// The source's id of the channel, if it has channels.
    pub channel: Option<String>,
    /// The source's id of the thread, topic, question or issue.
    pub thread: Option<String>,
    /// The `id` of the activity that this one answers, comments or reacts to.
    pub parent: Option<String>,
    /// Subject or title. On a thread's opening activity it names the thread.
    pub title: Option<String>,
    /// The words, as sent (Markdown, HTML or plain text).
    pub text: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
    /// ISO 639-1 code, when the source says.
    pub language: Option<String>,
    /// Others whom it addresses: people mentioned, invited, or met.
    pub counterparts: Vec<Identity>,
    /// Weight of this one activity, overriding its type's.
    pub weight: Option<Weight>,
    /// When this state of it came to be: the last edit, close or deletion. `None` when the source does not say;
    /// then the state read last wins. Of two states the newer one is kept, whatever the order of reading.
    pub version_at: Option<Timestamp>,
    /// When it was deleted at the source: a tombstone.
    pub deleted_at: Option<Timestamp>,
    /// The thing it was done to, as `(kind, id)`.
    pub object: Option<(String, String)>,
    /// The campaign that it belongs to.
    pub campaign: Option<String>,
    /// Whatever else the source said that no field holds.
    pub properties: Map<String, Value>,
    /// What its words say; `None` until they are read, and where there are none.
    pub reading: Option<Reading>,
}

/// The public id: 12 bytes of the source and its id, 4 of the type. Equal on every machine, in every order, so that
/// the natural key is the primary key; activities of one object share their first 12 bytes.
pub fn activity_id(source: &str, external_id: &str, activity_type: &str) -> [u8; 16] {
    let mut id = object_id(source, external_id);
    id[12..].copy_from_slice(&blake3::hash(activity_type.as_bytes()).as_bytes()[..4]);
    id
}

/// The first 12 bytes that every activity on that object has; the rest is zero.
pub fn object_id(source: &str, external_id: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source.as_bytes());
    hasher.update(&[0x1f]);
    hasher.update(external_id.as_bytes());
    let mut id = [0; 16];
    id[..12].copy_from_slice(&hasher.finalize().as_bytes()[..12]);
    id
}

impl Activity {
    /// An activity with its required fields; the rest is empty.
    pub fn new(activity_type: &ActivityType, id: impl Into<String>, at: Timestamp, actor: Identity) -> Self {
        Self::of_type(activity_type.key, id, at, actor)
    }

    /// As [`Activity::new`], for a type known by its key only.
    pub fn of_type(activity_type: impl Into<String>, id: impl Into<String>, at: Timestamp, actor: Identity) -> Self {
        Self {
            id: id.into(),
            activity_type: activity_type.into(),
            at,
            actor,
            channel: None,
            thread: None,
            parent: None,
            title: None,
            text: None,
            url: None,
            language: None,
            counterparts: Vec::new(),
            weight: None,
            version_at: None,
            deleted_at: None,
            object: None,
            campaign: None,
            properties: Map::new(),
            reading: None,
        }
    }
}
