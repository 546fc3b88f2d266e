//! What a source is: how it is recognized, read, and understood.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axle_model::{ActivityType, Entry, InPart, Part};

use crate::{Input, Probe, RecordError, SourceError};

/// How sure a source is that an input is its export, 0 (no) to 100 (a signature that nothing else has).
pub type Confidence = u8;

/// One kind of export that Axle reads. One file under `sources/` each, with fixtures under `fixtures/<format>/`.
pub trait Source: Send + Sync {
    /// The name for `--as`, and of the fixtures' folder: `slack`.
    fn format(&self) -> &'static str;

    /// The name for people: `Slack workspace export`.
    fn title(&self) -> &'static str;

    /// What an input must hold to be recognized, as a phrase for the error that names what was looked for.
    fn looked_for(&self) -> &'static str;

    /// Every activity type that [`Source::normalize`] can give, the interchange source's own lines apart.
    fn activity_types(&self) -> &'static [ActivityType];

    /// Whether its accounts are known everywhere, like addresses and GitHub's users, rather than only inside one forum,
    /// chat or site. Where they are not, sources of different names have different people.
    fn accounts_are_global(&self) -> bool {
        false
    }

    /// The source that the record itself names, where a format lets it; the import's own otherwise.
    fn source_named_by(&self, _raw: &RawRecord) -> Option<String> {
        None
    }

    /// The mapping by which a row of a table is read, by name; `None` where there are no tables.
    fn mapping_of(&self, _raw: &RawRecord) -> Option<String> {
        None
    }

    /// Judges by content: member names inside archives and the first bytes of members, not by the input's own name.
    fn detect(&self, probe: &Probe) -> Confidence;

    /// Cuts the input into raw records and hands each to `emit`, in the input's order, holding no more than one
    /// member's record in memory where the format allows. A record that cannot be cut out cleanly is emitted as it
    /// stands, so that `normalize` rejects it and it is kept.
    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError>;

    /// Understands one raw record. Pure: no other record is needed, so order does not matter. An empty list means
    /// that the record says nothing that Axle keeps (it is stored raw all the same).
    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError>;
}

/// Receives raw records; an error stops the read.
pub type Emit<'a> = dyn FnMut(RawRecord) -> Result<(), SourceError> + 'a;

/// What stands around a record in its export and is needed to understand it: the channel's name, for one.
pub type Context = Arc<BTreeMap<String, String>>;

/// One record as the source sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// What the export calls it: `message`, `user`, `post`, `row`.
    pub kind: &'static str,
    /// Where it stands, for receipts and rejects.
    pub place: Place,
    /// Its surroundings.
    pub context: Context,
    /// The bytes as sent.
    pub body: Vec<u8>,
    /// Whether it is one of the records that the platform itself counts (a message, a post, a commit, a row), as
    /// opposed to what describes them (a list of users or channels).
    pub counted: bool,
    /// Why it could not be cut out cleanly; such a record is rejected without being understood.
    pub broken: Option<String>,
    /// The part of a snapshot in which it stands. `None` for records of an event stream, and for what stands apart.
    pub part: Option<InPart>,
}

impl RawRecord {
    /// A record that the platform counts.
    pub fn new(kind: &'static str, place: Place, context: &Context, body: Vec<u8>) -> Self {
        Self { kind, place, context: Arc::clone(context), body, counted: true, broken: None, part: None }
    }

    /// A record that describes others.
    pub fn describing(kind: &'static str, place: Place, context: &Context, body: Vec<u8>) -> Self {
        Self { counted: false, ..Self::new(kind, place, context, body) }
    }

    /// What is left of a record, or of a whole member, that could not be cut out: it is kept, counted and rejected.
    pub fn broken(place: Place, context: &Context, reason: impl Into<String>, body: Vec<u8>) -> Self {
        Self { broken: Some(reason.into()), ..Self::new("broken", place, context, body) }
    }

    /// The record as one of a part that shows these types. Where an export shows a channel whole, what a newer one lacks
    /// there was deleted; a source of which that is not true never says so.
    pub fn within(self, part: &Arc<Part>, types: &'static [ActivityType]) -> Self {
        Self { part: Some(InPart { part: Arc::clone(part), types }), ..self }
    }

    /// A value of the context, or the empty string.
    pub fn around(&self, name: &str) -> &str {
        self.context.get(name).map_or("", String::as_str)
    }

    /// The body as JSON of a certain shape.
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, RecordError> {
        serde_json::from_slice(&self.body).map_err(|error| RecordError(format!("unexpected shape: {error}")))
    }
}

/// A file inside the input and a position in it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path inside the input; for a single file its name.
    pub file: Arc<str>,
    /// `line`, `item`, `row`, `message`.
    pub unit: &'static str,
    /// Position, from 1.
    pub position: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} {}", self.file, self.unit, self.position)
    }
}
