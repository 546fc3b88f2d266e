//! What a source counts itself: so many replies in a thread, so many reactions below a message. The record is held
//! against it.

use axle_model::{ActivityType, Entry, Fact, FactKind};
use jiff::Timestamp;
use serde_json::{Map, json};

use crate::RecordError;

/// That the source counts so many activities of a type in a thread, which began at that instant.
pub(crate) fn in_thread(kind: &ActivityType, thread: &str, at: Timestamp, count: u64) -> Result<Entry, RecordError> {
    counted(kind, "thread", thread, at, count)
}

/// That the source counts so many activities of a type below another, done at that instant: those that name it as
/// their parent.
pub(crate) fn below(kind: &ActivityType, parent: &str, at: Timestamp, count: u64) -> Result<Entry, RecordError> {
    counted(kind, "parent", parent, at, count)
}

fn counted(kind: &ActivityType, place: &str, id: &str, at: Timestamp, count: u64) -> Result<Entry, RecordError> {
    let mut body = Map::new();
    body.insert("activity_type".into(), kind.key.into());
    body.insert("count".into(), count.into());
    body.insert("at".into(), json!(at));
    body.insert(place.into(), id.into());
    Ok(Fact::new(FactKind::SOURCE_COUNT, body)?.into())
}
