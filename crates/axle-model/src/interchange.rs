//! Interchange: Axle's own JSON Lines, and the entries that every source is read into.
//!
//! One table, [`TYPES`], says which fields each type has. It checks lines, gives facts their natural key, and
//! names the columns of `axle sql`; a new type is a new row. Sources other than interchange build the same
//! entries, so nothing downstream knows where an entry came from.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::{Activity, Identity, Weight};

/// What one record of a source says, in Axle's terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Somebody did something.
    Activity(Box<Activity>),
    /// Something is so: a person's name, a channel, an organization, a deal, an affiliation, …
    Fact(Fact),
}

impl From<Activity> for Entry {
    fn from(activity: Activity) -> Self {
        Self::Activity(Box::new(activity))
    }
}

impl From<Fact> for Entry {
    fn from(fact: Fact) -> Self {
        Self::Fact(fact)
    }
}

/// A statement about anything but an activity. Equal `(source, kind, key)` means the same statement: the later
/// one replaces the earlier.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Which type of line.
    pub kind: FactKind,
    /// Natural key inside source and kind.
    pub key: String,
    /// The fields as in interchange, checked; unknown ones stand under `properties`.
    pub body: Map<String, Value>,
}

/// The value that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An RFC 3339 instant with an offset.
    Instant,
    /// An instant, or a date `YYYY-MM-DD` meaning its first instant in UTC.
    When,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// An identity object.
    Identity,
    /// A list of identity objects.
    Identities,
    /// A list of strings.
    Texts,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An object or a list, kept as it is.
    Json,
}

impl Kind {
    /// What it holds, in words; what is written as it stands is in backticks.
    pub fn words(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Instant => "instant".into(),
            Self::When => "when".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Integer => "whole number".into(),
            Self::Number => "number".into(),
            Self::Identity => "identity".into(),
            Self::Identities => "list of identities".into(),
            Self::Texts => "list of texts".into(),
            Self::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Self::Json => "object or list".into(),
        }
    }
}

/// One field of a type.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the line.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a line without it is rejected.
    pub required: bool,
}

/// One type of line.
#[derive(Debug)]
pub struct LineType {
    /// The value of `type`.
    pub name: &'static str,
    /// Its fields, in reading order.
    pub fields: &'static [Field],
    /// The fields that make the natural key.
    pub key: &'static [&'static str],
    /// The field that says who it is about.
    pub subject: Option<&'static str>,
    /// The field that says when it happened or began.
    pub at: Option<&'static str>,
    /// The field that says when it ended.
    pub until: Option<&'static str>,
    /// The field that names the organization, by its id.
    pub organization: Option<&'static str>,
    /// The field that says in which state or role it is.
    pub state: Option<&'static str>,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

macro_rules! line_types {
    ($($name:ident = $text:literal, key [$($key:literal),*], $(subject $subject:literal,)? $(at $at:literal,)? $(until $until:literal,)?
        $(organization $organization:literal,)? $(state $state:literal,)? [$($field:expr),* $(,)?];)*) => {
        /// Every type of line but `activity`.
        pub const TYPES: &[LineType] = &[$(line_types!(@row $text, [$($key),*], [$($subject)?], [$($at)?], [$($until)?], [$($organization)?], [$($state)?], [$($field),*])),*];
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Order { $($name),* }
        impl FactKind {
            $(#[doc = concat!("`", $text, "`")] pub const $name: Self = Self(Order::$name as u8);)*
        }
    };
    (@row $text:literal, [$($key:literal),*], [$($subject:literal)?], [$($at:literal)?], [$($until:literal)?], [$($organization:literal)?], [$($state:literal)?], [$($field:expr),*]) => {
        LineType {
            name: $text,
            fields: &[$($field),*],
            key: &[$($key),*],
            subject: line_types!(@option $($subject)?),
            at: line_types!(@option $($at)?),
            until: line_types!(@option $($until)?),
            organization: line_types!(@option $($organization)?),
            state: line_types!(@option $($state)?),
        }
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
}

/// Which of [`TYPES`] a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactKind(u8);

const CHANNEL_KINDS: Kind = Kind::OneOf(&[
    "chat",
    "forum",
    "qa",
    "code",
    "event",
    "product",
    "web",
    "crm",
    "support",
    "call",
    "social",
    "newsletter",
    "internal",
    "mail",
]);

use Kind::{Bool, Identities, Identity as Person, Instant, Integer, Json, Number, OneOf, Text, Texts, When};

line_types! {
    LINK = "link", key ["identities"],
        [must("identities", Identities), must("verified", Bool), field("reason", Text), field("cannot", Bool)];
    PERSON = "person", key ["identity"], subject "identity",
        [must("identity", Person), field("name", Text), field("title", Text), field("location", Text), field("bio", Text),
         field("company", Text), field("links", Texts), field("avatar", Text), field("tags", Texts),
         field("location_time_zone", Text), field("bot", Bool)];
    ORGANIZATION = "organization", key ["id"], state "lifecycle",
        [must("id", Text), must("name", Text), field("domains", Texts), field("aliases", Texts), field("parent", Text),
         field("lifecycle", OneOf(&["none", "prospect", "opportunity", "customer", "churned", "partner"])), field("lifecycle_at", When),
         field("motion", OneOf(&["high_touch", "self_serve"])), field("plan", Text), field("owner", Text), field("key_account", Json), field("customer_since", When), field("churned_at", When)];
    AFFILIATION = "affiliation", key ["identity", "organization", "from"], subject "identity", at "from", until "to", organization "organization",
        [must("identity", Person), must("organization", Text), field("from", When), field("to", When), field("title", Text),
         field("department", Text), field("origin", OneOf(&["crm", "email", "profile", "inferred"]))];
    TEAMMATE = "teammate", key ["identity", "from"], subject "identity", at "from", until "to",
        [must("identity", Person), must("from", When), field("to", When), field("department", Text)];
    ROLE = "role", key ["identity", "role", "from", "organization", "deal"], subject "identity", at "from", until "to", organization "organization", state "role",
        [must("identity", Person), must("role", Text), must("from", When), field("to", When), field("organization", Text),
         field("deal", Text), field("by", Text), field("reason", Text), field("consent", Text)];
    CHANNEL = "channel", key ["id"], state "kind",
        [must("id", Text), must("name", Text), field("ownership", OneOf(&["owned", "shared", "external"])), field("kind", CHANNEL_KINDS),
         field("is_qa", Bool), field("is_private", Bool), field("department", Text)];
    DEAL = "deal", key ["id"], at "created_at", until "closed_at", organization "organization", state "stage",
        [must("id", Text), must("organization", Text), field("name", Text), field("amount", Integer), field("currency", Text),
         must("created_at", When), field("stage", Text), field("stages", Json), field("closed_at", When), field("won", Bool),
         field("motion", OneOf(&["high_touch", "self_serve"])), field("owner", Text), field("contacts", Json), field("primary_campaign", Text)];
    SUBSCRIPTION = "subscription", key ["id"], subject "customer", at "started_at", until "ended_at", organization "organization",
        [must("id", Text), field("organization", Text), field("customer", Person), must("started_at", When), field("renewals", Json),
         field("ended_at", When), field("plan", Text), field("mrr", Integer), field("currency", Text)];
    TICKET = "ticket", key ["id"], subject "requester", at "opened_at", until "solved_at", organization "organization", state "level",
        [must("id", Text), must("opened_at", Instant), field("requester", Person), field("organization", Text), field("subject", Text),
         field("text", Text), field("level", OneOf(&["low", "normal", "high"])), field("topics", Texts), field("first_reply_at", Instant),
         field("solved_at", Instant), field("reopened_at", Instant), field("csat", Number), field("linked_thread", Text)];
    CALL = "call", key ["id"], subject "caller", at "called_at", organization "organization", state "status",
        [must("id", Text), must("called_at", Instant), field("direction", OneOf(&["inbound", "outbound"])),
         field("kind", OneOf(&["sales", "support", "other"])), field("caller", Person), field("organization", Text), field("agent", Text),
         field("tracking_number", Text), field("call_source", Text), field("medium", Text), field("campaign", Text), field("keyword", Text),
         field("landing", Text), field("visitor", Text), field("status", OneOf(&["answered", "missed", "abandoned", "voicemail"])),
         field("ring_seconds", Number), field("talk_seconds", Number), field("score", Integer), field("scored_at", Instant),
         field("tags", Texts), field("conversion", Bool), field("value", Integer), field("currency", Text), field("turns", Json),
         field("channel", Text)];
    VISIT = "visit", key ["id"], subject "identity", at "at",
        [must("id", Text), must("visitor", Text), must("at", Instant), field("identity", Person), field("referrer", Text), field("utm", Json),
         field("click_id", Text), field("landing", Text), field("pages", Json), field("app_link", Bool), field("bot", Bool),
         field("channel", Text)];
    PRODUCT_USER = "product_user", key ["user"], subject "user", at "signup_at", organization "organization",
        [must("user", Person), field("signup_at", When), field("plan", Text), field("organization", Text)];
    PRODUCT_EVENT = "product_event", key ["id"], subject "user", at "at", state "name",
        [must("id", Text), must("user", Person), must("at", Instant), must("name", Text), field("feature", Text), field("milestone", Text)];
    SIGNPOST = "signpost", key ["id"], subject "user", at "at", state "kind",
        [must("id", Text), must("signpost", Text), must("kind", OneOf(&["shown", "clicked"])), must("at", Instant), must("user", Person)];
    CONTENT = "content", key ["id"], subject "author", at "published_at", state "kind",
        [must("id", Text), must("published_at", When), field("kind", Text), field("title", Text), field("channel", Text),
         field("campaign", Text), field("author", Person), field("by_team", Bool), field("impressions", Integer)];
    REACTION = "reaction", key ["id"], subject "actor", at "at", until "removed_at", state "kind",
        [must("id", Text), field("content", Text), field("activity", Text), must("kind", OneOf(&["like", "share", "comment"])),
         must("at", Instant), must("actor", Person), field("removed_at", Instant),
         field("channel", Text), field("text", Text)];
    EVENT = "event", key ["id"], at "starts_at", until "ends_at", state "kind",
        [must("id", Text), must("name", Text), must("starts_at", Instant), field("ends_at", Instant), field("kind", Text), field("host", Text),
         field("channel", Text)];
    ATTENDANCE = "attendance", key ["event", "identity"], subject "identity", at "at", state "state",
        [must("event", Text), must("identity", Person), must("state", OneOf(&["registered", "attended", "no_show"])), field("at", Instant),
         field("role", OneOf(&["guest", "host", "speaker", "staff"])), field("minutes", Number),
         field("channel", Text)];
    MENTION = "mention", key ["id"], subject "author", at "at", state "channel",
        [must("id", Text), must("at", Instant), must("channel", Text), field("author", Person), field("text", Text), field("url", Text),
         field("reach", Integer), field("paid", Bool), field("repost_of", Text)];
    BRAND = "brand", key ["name"], at "from", until "to",
        [must("name", Text), must("own", Bool), field("terms", Texts), field("from", When), field("to", When)];
    INVITE = "invite", key ["id"], subject "inviter", at "sent_at", state "kind",
        [must("id", Text), must("inviter", Person), must("recipient", Text), must("sent_at", Instant), field("accepted_at", Instant),
         field("accepted_by", Person), field("kind", OneOf(&["member", "customer", "sales_intro"])), field("purchased_at", Instant),
         field("channel", Text)];
    SURVEY_RESPONSE = "survey_response", key ["id"], subject "respondent", at "at", organization "organization", state "kind",
        [must("id", Text), must("kind", OneOf(&["nps", "csat", "text"])), must("at", Instant), field("respondent", Person),
         field("organization", Text), field("score", Number), field("comment", Text),
         field("channel", Text)];
    FEEDBACK = "feedback", key ["id"], subject "author", at "at", state "state",
        [must("id", Text), must("at", Instant), field("author", Person), field("kind", OneOf(&["bug", "request", "praise", "concern"])),
         field("topic", Text), field("text", Text), field("activity", Text), field("state", OneOf(&["open", "planned", "declined", "shipped"])),
         field("decided_at", Instant), field("decided_by", Text), field("reason", Text), field("shipped_item", Text), field("communicated_at", Instant),
         field("channel", Text)];
    SIGNAL = "signal", key ["id"], subject "member", at "at", state "kind",
        [must("id", Text), must("at", Instant), must("member", Person), field("kind", OneOf(&["explicit", "inferred"])), field("quote", Text),
         field("recorded_by", Text), field("activity", Text), field("live", Bool)];
    CONSENT = "consent", key ["id"], subject "identity", at "at", until "revoked_at", state "kind",
        [must("id", Text), must("identity", Person), must("kind", OneOf(&["hand_off", "contact", "recognition", "tracking"])),
         must("at", Instant), field("revoked_at", Instant), field("text_version", Text), field("channel", Text),
         field("covers", OneOf(&["public", "private"]))];
    PROGRAM = "program", key ["id"], at "starts_at", until "last_session_at", state "kind",
        [must("id", Text), must("name", Text), field("kind", Text), field("owner", Text), field("starts_at", When), field("last_session_at", When)];
    ENROLLMENT = "enrollment", key ["program", "identity"], subject "identity", at "at", state "state",
        [must("program", Text), must("identity", Person), field("state", Text), field("at", Instant),
         field("channel", Text)];
    PUSH = "push", key ["id"], at "at", state "kind",
        [must("id", Text), must("at", Instant), field("kind", OneOf(&["content", "event", "campaign", "outreach", "team_answer", "invitation", "cs_touch", "signpost"])),
         field("channel", Text), field("subjects", Identities), field("campaign", Text), field("department", Text)];
    COST = "cost", key ["id"], at "at",
        [must("id", Text), must("at", When), field("amount", Integer), field("currency", Text), field("hours", Number), field("program", Text),
         field("campaign", Text), field("channel", Text), field("content", Text)];
    SHIPPED_ITEM = "shipped_item", key ["id"], subject "author", at "shipped_at",
        [must("id", Text), must("shipped_at", When), field("title", Text), field("feedback", Texts), field("author", Person)];
    NOTE = "note", key ["id"], subject "identity", at "at", organization "organization", state "visibility",
        [must("id", Text), field("identity", Person), field("organization", Text), field("text", Text), field("author", Text),
         field("visibility", Text), field("at", Instant)];
    TASK = "task", key ["id"], subject "identity", at "due_at", organization "organization", state "state",
        [must("id", Text), field("kind", Text), field("assignee", Text), field("due_at", When), field("state", Text), field("outcome", Text),
         field("identity", Person), field("organization", Text), field("flywheel", Text), field("step", Text), field("done_at", Instant),
         field("reason", Text), field("until", When), field("question", Text), field("deal", Text),
         field("assigned_at", Instant)];
    HAND_OFF = "hand_off", key ["id"], subject "identity", at "sent_at", organization "organization",
        [must("id", Text), must("identity", Person), field("organization", Text), field("flywheel", Text), field("run", Text),
         field("qualified_at", Instant), field("sent_at", Instant), field("from", Text), field("to", Text), field("opened_at", Instant),
         field("accepted_at", Instant), field("returned_at", Instant), field("reason", Text), field("complete", Bool),
         field("told_at", Instant), field("consent", Text), field("first_sentence", Text), field("note", Text), field("expires_at", Instant)];
    ASSUMPTION = "assumption", key ["id"], at "at", state "name",
        [must("id", Text), must("name", OneOf(&["gross_margin", "cost_per_ticket"])), must("at", When), must("amount", Number),
         field("currency", Text)];
    SOURCE_COUNT = "source_count", key ["activity_type", "thread", "parent", "count"], at "at", state "activity_type",
        [must("activity_type", Text), must("count", Integer), must("at", When), field("thread", Text), field("parent", Text)];
    MAILMAP = "mailmap", key ["commit_name", "commit_email"],
        [must("commit_email", Text), field("commit_name", Text), field("proper_name", Text), field("proper_email", Text)];
    ABSENCE = "absence", key ["identity", "from"], subject "identity", at "from", until "to",
        [must("identity", Person), must("from", When), must("to", When), field("reason", Text), field("by", Text), field("told_at", Instant)];
    DUPLICATE = "duplicate", key ["question"], at "at",
        [must("question", Text), must("at", Instant), field("earlier", Text)];
}

/// The fields of an `activity` line.
pub const ACTIVITY_FIELDS: &[Field] = &[
    must("id", Text),
    must("activity", Text),
    must("at", Instant),
    must("actor", Person),
    field("channel", Text),
    field("thread", Text),
    field("parent", Text),
    field("title", Text),
    field("text", Text),
    field("url", Text),
    field("language", Text),
    field("counterparts", Identities),
    field("weight", Integer),
    field("updated_at", Instant),
    field("deleted_at", Instant),
    field("object", Json),
    field("campaign", Text),
    field("properties", Json),
];

impl FactKind {
    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        TYPES.iter().position(|t| t.name == name).and_then(|index| u8::try_from(index).ok()).map(Self)
    }

    /// Its row of [`TYPES`].
    pub fn line_type(self) -> &'static LineType {
        &TYPES[usize::from(self.0)]
    }

    /// Whether it says who is who, who is where, or which places and organizations there are: what
    /// [`crate::analytics::Directory`] is made of.
    pub fn is_of_directory(self) -> bool {
        let all = [
            Self::LINK,
            Self::PERSON,
            Self::ORGANIZATION,
            Self::AFFILIATION,
            Self::TEAMMATE,
            Self::CHANNEL,
            Self::MAILMAP,
        ];
        all.contains(&self)
    }

    /// The value of `type`.
    pub fn name(self) -> &'static str {
        self.line_type().name
    }
}

/// Why a line is not an entry: to be shown beside its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineError(pub String);

impl Entry {
    /// Reads one interchange line. `source` of the line, when it has one, is returned beside the entry.
    pub fn from_line(line: &[u8]) -> Result<(Self, Option<String>), LineError> {
        let value: Value = serde_json::from_slice(line)
            .map_err(|error| LineError(format!("not a JSON object: {}", broken(&error))))?;
        let Value::Object(mut body) = value else {
            return Err(LineError("not a JSON object".into()));
        };
        let name = match body.remove("type") {
            Some(Value::String(name)) => name,
            Some(_) => return Err(LineError("`type` is not a string".into())),
            None => return Err(LineError("`type` is missing".into())),
        };
        let source = match body.remove("source") {
            Some(Value::String(source)) => Some(source),
            Some(Value::Null) | None => None,
            Some(_) => return Err(LineError("`source` is not a string".into())),
        };
        let entry = if name == "activity" {
            Self::Activity(Box::new(activity_from_body(body)?))
        } else {
            let kind = FactKind::from_name(&name).ok_or_else(|| unknown_type(&name))?;
            Self::Fact(Fact::new(kind, body)?)
        };
        Ok((entry, source))
    }
}

/// What is wrong with a line, for people.
fn broken(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early".to_owned(),
        _ if error.column() <= 2 => "it begins with other text".to_owned(),
        _ => format!("character {} does not belong there", error.column()),
    }
}

/// A type that is none, with those that it may have been meant for.
fn unknown_type(name: &str) -> LineError {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let text = text.to_lowercase();
        text.chars().zip(text.chars().skip(1)).collect()
    };
    let given = pairs(name);
    let alike = |known: &str| {
        let known = pairs(known);
        let shared = known.iter().filter(|pair| given.contains(pair)).count();
        (2 * shared * 100).checked_div(known.len() + given.len()).unwrap_or(0)
    };
    let names = TYPES.iter().map(|known| known.name).chain(["activity"]);
    let mut near: Vec<(usize, &str)> = names.map(|known| (alike(known), known)).filter(|(how, _)| *how >= 30).collect();
    near.sort_by(|a, b| b.cmp(a));
    let near: Vec<String> = near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
    LineError(if near.is_empty() {
        format!("unknown type `{name}`: `activity`, `person`, `organization` and `deal` are some of the types")
    } else {
        format!("unknown type `{name}`: near it are {}", near.join(", "))
    })
}

impl Entry {
    /// The same with every person's account at one place of a platform: user 42 of one forum is not user 42 of another.
    /// The platform `discourse` becomes `discourse/<place>`.
    pub fn at_place(self, place: &str) -> Result<Self, LineError> {
        match self {
            Self::Activity(mut activity) => {
                for identity in std::iter::once(&mut activity.actor).chain(&mut activity.counterparts) {
                    identity.platform = format!("{}/{place}", identity.platform);
                }
                Ok(Self::Activity(activity))
            }
            Self::Fact(fact) => {
                let mut body = fact.body;
                body.values_mut().for_each(|value| place_identities(value, place));
                Fact::new(fact.kind, body).map(Self::Fact)
            }
        }
    }
}

fn place_identities(value: &mut Value, place: &str) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(platform)) = fields.get_mut("platform") {
                *platform = format!("{platform}/{place}");
            }
            fields.values_mut().for_each(|value| place_identities(value, place));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| place_identities(value, place)),
        _ => {}
    }
}

impl Fact {
    /// Checks the fields of `body` against its type and makes the key. Fields that the type does not know move
    /// under `properties`; nulls count as absent. A link that says that two are two needs no `verified`.
    pub fn new(kind: FactKind, mut body: Map<String, Value>) -> Result<Self, LineError> {
        let line_type = kind.line_type();
        let is_unsaid = |name: &str| body.get(name).is_none_or(Value::is_null);
        if kind == FactKind::LINK && body.get("cannot") == Some(&Value::Bool(true)) && is_unsaid("verified") {
            // Who are two people are no one person, verified or not.
            body.insert("verified".to_owned(), Value::Bool(false));
        }
        let body = check(line_type.fields, body)?;
        let key = natural_key(line_type, &body)?;
        Ok(Self { kind, key, body })
    }

    /// A text field, or `None`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }

    /// A field that holds an identity.
    pub fn identity(&self, field: &str) -> Option<Identity> {
        serde_json::from_value(self.body.get(field)?.clone()).ok()
    }

    /// A field that holds several identities.
    pub fn identities(&self, field: &str) -> Vec<Identity> {
        self.body.get(field).and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default()
    }

    /// A field that holds an instant or a date.
    pub fn instant(&self, field: &str) -> Option<Timestamp> {
        when(self.text(field)?)
    }

    /// Who it is about.
    pub fn subject(&self) -> Option<Identity> {
        self.identity(self.kind.line_type().subject?)
    }

    /// Every person that it names, with the field that names them; people inside lists such as a deal's contacts included.
    pub fn people(&self) -> Vec<(&'static str, Identity)> {
        let mut people = Vec::new();
        for field in self.kind.line_type().fields {
            match field.kind {
                Kind::Identity => people.extend(self.identity(field.name).map(|identity| (field.name, identity))),
                Kind::Identities => {
                    people.extend(self.identities(field.name).into_iter().map(|identity| (field.name, identity)))
                }
                Kind::Json => {
                    let items = self.body.get(field.name).and_then(Value::as_array).into_iter().flatten();
                    people.extend(
                        items
                            .filter_map(|item| serde_json::from_value::<Identity>(item.get("identity")?.clone()).ok())
                            .map(|identity| (field.name, identity)),
                    );
                }
                _ => {}
            }
        }
        people
    }
}

/// An RFC 3339 instant, or a date meaning its first instant in UTC.
pub fn when(text: &str) -> Option<Timestamp> {
    when_in(text, &TimeZone::UTC)
}

/// As [`when`], where dates begin in `zone`.
pub fn when_in(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| {
        let date: Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
        date.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    })
}

fn check(fields: &[Field], mut body: Map<String, Value>) -> Result<Map<String, Value>, LineError> {
    let mut checked = Map::new();
    for field in fields {
        match body.remove(field.name) {
            None | Some(Value::Null) if field.required => {
                return Err(LineError(format!("`{}` is missing", field.name)));
            }
            None | Some(Value::Null) => {}
            Some(value) => {
                let value = checked_value(field, value)?;
                checked.insert(field.name.to_owned(), value);
            }
        }
    }
    body.retain(|_, value| !value.is_null());
    if !body.is_empty() {
        let known = checked.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        match (known, body.remove("properties")) {
            (Value::Object(known), None) => known.extend(body),
            (Value::Object(known), Some(Value::Object(given))) => {
                known.extend(given);
                known.extend(body);
            }
            _ => return Err(LineError("`properties` is not an object".into())),
        }
    }
    Ok(checked)
}

fn checked_value(field: &Field, value: Value) -> Result<Value, LineError> {
    let name = field.name;
    let wrong = |expected: &str| LineError(format!("`{name}` is not {expected}"));
    match field.kind {
        Kind::Text => match value {
            Value::String(text) if field.required && text.trim().is_empty() => {
                Err(LineError(format!("`{name}` is empty")))
            }
            Value::String(_) => Ok(value),
            Value::Number(number) => Ok(Value::String(number.to_string())),
            _ => Err(wrong("a string")),
        },
        Kind::Instant => match value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(_) => Ok(value),
            None => Err(wrong("an RFC 3339 instant with an offset, such as 2024-05-01T12:00:00Z")),
        },
        Kind::When => match value.as_str().and_then(when) {
            Some(_) => Ok(value),
            None => Err(wrong("a date (2024-05-01) or an RFC 3339 instant")),
        },
        Kind::Bool => value.is_boolean().then_some(value).ok_or_else(|| wrong("true or false")),
        Kind::Integer => value.is_i64().then_some(value).ok_or_else(|| wrong("a whole number")),
        Kind::Number => value.is_number().then_some(value).ok_or_else(|| wrong("a number")),
        Kind::Identity => checked_identity(name, value),
        Kind::Identities => match value {
            Value::Array(items) => {
                items.into_iter().map(|item| checked_identity(name, item)).collect::<Result<_, _>>().map(Value::Array)
            }
            _ => Err(wrong("a list of identities")),
        },
        Kind::Texts => match &value {
            Value::Array(items) if items.iter().all(Value::is_string) => Ok(value),
            _ => Err(wrong("a list of strings")),
        },
        Kind::OneOf(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(value),
            _ => Err(wrong(&format!("one of {}", words.join(", ")))),
        },
        Kind::Json => {
            (value.is_object() || value.is_array()).then_some(value).ok_or_else(|| wrong("an object or a list"))
        }
    }
}

fn checked_identity(name: &str, value: Value) -> Result<Value, LineError> {
    let identity = identity_from(name, value)?;
    serde_json::to_value(identity).map_err(|error| LineError(format!("`{name}`: {error}")))
}

fn identity_from(name: &str, mut value: Value) -> Result<Identity, LineError> {
    if let Some(fields) = value.as_object_mut() {
        for key in ["uid", "username", "phone", "visitor"] {
            if let Some(Value::Number(number)) = fields.get(key) {
                let text = number.to_string();
                fields.insert(key.to_owned(), Value::String(text));
            }
        }
        fields.retain(|_, field| !field.is_null());
    }
    let identity: Identity =
        serde_json::from_value(value).map_err(|error| LineError(format!("`{name}` is not an identity: {error}")))?;
    if identity.key().is_none() {
        return Err(LineError(format!(
            "`{name}` names nobody: give platform and one of uid, username, email, phone, visitor"
        )));
    }
    Ok(identity)
}

fn natural_key(line_type: &LineType, body: &Map<String, Value>) -> Result<String, LineError> {
    let mut parts = Vec::with_capacity(line_type.key.len());
    for name in line_type.key {
        let part = match body.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(value @ Value::Object(_)) => identity_key_text(name, value)?,
            Some(Value::Array(items)) => {
                let mut keys = items.iter().map(|item| identity_key_text(name, item)).collect::<Result<Vec<_>, _>>()?;
                keys.sort();
                keys.dedup();
                if keys.len() < 2 {
                    return Err(LineError(format!("`{name}` needs two or more different identities")));
                }
                keys.join(" = ")
            }
            _ => String::new(),
        };
        parts.push(part);
    }
    Ok(parts.join("\u{1f}"))
}

fn identity_key_text(name: &str, value: &Value) -> Result<String, LineError> {
    let key = identity_from(name, value.clone())?.key().ok_or_else(|| LineError(format!("`{name}` names nobody")))?;
    Ok(format!("{}/{}", key.platform, key.key))
}

fn activity_from_body(mut body: Map<String, Value>) -> Result<Activity, LineError> {
    let mut take = |name: &str| match body.remove(name) {
        Some(Value::Null) | None => None,
        Some(value) => Some(value),
    };
    let text = |name: &str, value: Option<Value>| match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(LineError(format!("`{name}` is not a string"))),
    };
    let required = |name: &str, value: Option<String>| match value {
        Some(text) if !text.trim().is_empty() => Ok(text),
        Some(_) => Err(LineError(format!("`{name}` is empty"))),
        None => Err(LineError(format!("`{name}` is missing"))),
    };
    let instant = |name: &str, value: Option<Value>| match value {
        None => Ok(None),
        Some(value) => value.as_str().and_then(|text| text.parse::<Timestamp>().ok()).map(Some).ok_or_else(|| {
            LineError(format!("`{name}` is not an RFC 3339 instant with an offset, such as 2024-05-01T12:00:00Z"))
        }),
    };
    let id = required("id", text("id", take("id"))?)?;
    let activity_type = required("activity", text("activity", take("activity"))?)?;
    let at = instant("at", take("at"))?.ok_or_else(|| LineError("`at` is missing".into()))?;
    let actor = identity_from("actor", take("actor").ok_or_else(|| LineError("`actor` is missing".into()))?)?;
    let mut activity = Activity::of_type(activity_type, id, at, actor);
    activity.channel = text("channel", take("channel"))?;
    activity.thread = text("thread", take("thread"))?;
    activity.parent = text("parent", take("parent"))?;
    activity.title = text("title", take("title"))?;
    activity.text = text("text", take("text"))?;
    activity.url = text("url", take("url"))?;
    activity.language = text("language", take("language"))?;
    activity.campaign = text("campaign", take("campaign"))?;
    activity.version_at = instant("updated_at", take("updated_at"))?;
    activity.deleted_at = instant("deleted_at", take("deleted_at"))?;
    activity.weight = match take("weight") {
        None => None,
        Some(value) => Some(
            value
                .as_u64()
                .and_then(|weight| u8::try_from(weight).ok())
                .and_then(Weight::new)
                .ok_or_else(|| LineError("`weight` is not a whole number from 0 to 12".into()))?,
        ),
    };
    activity.counterparts = match take("counterparts") {
        None => Vec::new(),
        Some(Value::Array(items)) => {
            items.into_iter().map(|item| identity_from("counterparts", item)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(LineError("`counterparts` is not a list of identities".into())),
    };
    activity.object = match take("object") {
        None => None,
        Some(Value::Object(object)) => {
            let part = |name: &str| text(name, object.get(name).cloned()).and_then(|value| required(name, value));
            Some((part("kind")?, part("id")?))
        }
        Some(_) => return Err(LineError("`object` is not {kind, id}".into())),
    };
    activity.properties = match take("properties") {
        None => Map::new(),
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err(LineError("`properties` is not an object".into())),
    };
    body.retain(|_, value| !value.is_null());
    activity.properties.extend(body);
    Ok(activity)
}

/// An activity as an interchange line, without the newline: reading it back gives an equal activity.
pub fn activity_line(source: &str, activity: &Activity) -> Value {
    let mut line = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            line.insert(name.to_owned(), value);
        }
    };
    let text = |value: &Option<String>| value.clone().map(Value::String);
    let identity = |identity: &Identity| serde_json::to_value(identity).expect("an identity is plain data");
    put("type", Some("activity".into()));
    put("source", Some(source.into()));
    put("id", Some(activity.id.clone().into()));
    put("activity", Some(activity.activity_type.clone().into()));
    put("at", Some(activity.at.to_string().into()));
    put("actor", Some(identity(&activity.actor)));
    put("channel", text(&activity.channel));
    put("thread", text(&activity.thread));
    put("parent", text(&activity.parent));
    put("title", text(&activity.title));
    put("text", text(&activity.text));
    put("url", text(&activity.url));
    put("language", text(&activity.language));
    put(
        "counterparts",
        (!activity.counterparts.is_empty()).then(|| activity.counterparts.iter().map(identity).collect()),
    );
    put("weight", activity.weight.map(|weight| weight.get().into()));
    put("updated_at", activity.version_at.map(|at| at.to_string().into()));
    put("deleted_at", activity.deleted_at.map(|at| at.to_string().into()));
    put("object", activity.object.as_ref().map(|(kind, id)| serde_json::json!({"kind": kind, "id": id})));
    put("campaign", text(&activity.campaign));
    put("properties", (!activity.properties.is_empty()).then(|| Value::Object(activity.properties.clone())));
    Value::Object(line)
}

/// A fact as an interchange line, without the newline.
pub fn fact_line(source: &str, fact: &Fact) -> Value {
    let mut line = Map::new();
    line.insert("type".into(), fact.kind.name().into());
    line.insert("source".into(), source.into());
    line.extend(fact.body.clone());
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Entry, String> {
        Entry::from_line(line.as_bytes()).map(|(entry, _)| entry).map_err(|error| error.0)
    }

    #[test]
    fn every_type_names_fields_that_it_has() {
        for line_type in TYPES {
            let has = |name: &str| line_type.fields.iter().any(|field| field.name == name);
            for name in line_type
                .key
                .iter()
                .chain(&line_type.subject)
                .chain(&line_type.at)
                .chain(&line_type.until)
                .chain(&line_type.state)
            {
                assert!(has(name), "{} has no field {name}", line_type.name);
            }
            assert!(line_type.organization.is_none_or(has), "{}", line_type.name);
        }
        assert_eq!(FactKind::DEAL.name(), "deal");
        assert_eq!(FactKind::from_name("task"), Some(FactKind::TASK));
    }

    #[test]
    fn an_activity_line_comes_back_equal() {
        let line = r#"{"type":"activity","source":"acme","id":"m1","activity":"chat:message:sent","at":"2024-05-01T12:00:00Z",
            "actor":{"platform":"slack","uid":"U1","name":"Ada"},"channel":"C1","weight":5,"object":{"kind":"deal","id":"d1"},
            "counterparts":[{"platform":"slack","uid":"U2"}],"mood":"sunny"}"#;
        let (entry, source) = Entry::from_line(line.as_bytes()).unwrap();
        assert_eq!(source.as_deref(), Some("acme"));
        let Entry::Activity(activity) = entry else { panic!() };
        assert_eq!(activity.properties["mood"], "sunny");
        assert_eq!(activity.weight.map(Weight::get), Some(5));
        let again = activity_line("acme", &activity).to_string();
        assert_eq!(read(&again), Ok(Entry::Activity(activity)));
    }

    #[test]
    fn a_bad_line_says_what_is_wrong() {
        for (line, reason) in [
            ("{", "not a JSON object"),
            ("[1]", "not a JSON object"),
            (r#"{"id":"1"}"#, "`type` is missing"),
            (r#"{"type":"dance"}"#, "unknown type `dance`"),
            (r#"{"type":"organisation"}"#, "near it are `organization`"),
            ("hello", "it begins with other text"),
            (r#"{"type":"#, "it ends too early"),
            (r#"{"type":"brand","name":"Axle"}"#, "`own` is missing"),
            (r#"{"type":"ticket","id":"t","opened_at":"yesterday"}"#, "`opened_at` is not an RFC 3339 instant"),
            (r#"{"type":"teammate","identity":{"platform":"git"},"from":"2024-01-01"}"#, "`identity` names nobody"),
            (
                r#"{"type":"activity","id":"1","activity":"a:b:c","at":"2024-05-01T12:00:00Z","actor":{"platform":"x","uid":"1"},"weight":13}"#,
                "`weight`",
            ),
            (r#"{"type":"link","verified":true,"identities":[{"platform":"x","uid":"1"}]}"#, "two or more"),
            (
                r#"{"type":"link","identities":[{"platform":"x","uid":"1"},{"platform":"y","uid":"1"}]}"#,
                "`verified` is missing",
            ),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn a_link_that_says_that_two_are_two_needs_no_word_on_whether_it_was_verified() {
        let line =
            r#"{"type":"link","cannot":true,"identities":[{"platform":"x","uid":"1"},{"platform":"y","uid":"1"}]}"#;
        let Ok(Entry::Fact(fact)) = read(line) else { panic!() };
        assert_eq!((&fact.body["cannot"], &fact.body["verified"]), (&Value::Bool(true), &Value::Bool(false)));
    }

    #[test]
    fn unknown_fields_are_kept_as_properties() {
        let Ok(Entry::Fact(fact)) =
            read(r#"{"type":"channel","id":"C1","name":"general","colour":"red","topic":null}"#)
        else {
            panic!()
        };
        assert_eq!(fact.body["properties"]["colour"], "red");
        assert_eq!(fact.key, "C1");
        let line = fact_line("acme", &fact).to_string();
        assert_eq!(read(&line), Ok(Entry::Fact(fact)));
    }

    #[test]
    fn accounts_of_two_places_are_two() {
        let line = r#"{"type":"affiliation","identity":{"platform":"forum","uid":"42"},"organization":"o"}"#;
        let placed = |place: &str| match read(line).unwrap().at_place(place).unwrap() {
            Entry::Fact(fact) => (fact.key.clone(), fact.subject().unwrap().platform),
            Entry::Activity(_) => panic!(),
        };
        assert_eq!(placed("ours").1, "forum/ours");
        assert_ne!(placed("ours").0, placed("theirs").0);
    }

    #[test]
    fn a_link_has_one_key_whatever_its_order() {
        let key = |line: &str| match read(line).unwrap() {
            Entry::Fact(fact) => fact.key,
            Entry::Activity(_) => panic!(),
        };
        let there = key(
            r#"{"type":"link","verified":true,"identities":[{"platform":"git","email":"a@x.io"},{"platform":"slack","uid":"U1"}]}"#,
        );
        let back = key(
            r#"{"type":"link","verified":true,"identities":[{"platform":"slack","uid":"U1"},{"platform":"git","email":"A@x.io"}]}"#,
        );
        assert_eq!(there, back);
    }
}
