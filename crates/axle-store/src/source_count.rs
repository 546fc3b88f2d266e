//! What sources count themselves, beside what the record holds.

use std::collections::{BTreeMap, HashMap};

use axle_model::interchange::FactKind;
use sqlx::Row;

use crate::activity::object_id;
use crate::{Db, StoreResult, fact};

/// How many activities of a type a source counts in a thread, or below an activity, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCount {
    /// Name of the source.
    pub source: String,
    /// Key of the type.
    pub activity_type: String,
    /// The source's id of the thread or of the activity above.
    pub of: String,
    /// When that began: microseconds since 1970.
    pub at: i64,
    /// As the source says: the greatest count of all exports.
    pub counted: u64,
    /// Activities in the record that were not deleted.
    pub stored: u64,
}

/// Every count that a source states, by source, type and place.
pub async fn all(db: &Db) -> StoreResult<Vec<SourceCount>> {
    let facts = fact::of_kind(db, FactKind::SOURCE_COUNT).await?;
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let (in_threads, below) = (in_threads(db).await?, below(db).await?);
    let mut counts: BTreeMap<(String, String, Place), (i64, u64)> = BTreeMap::new();
    for row in facts {
        let text = |field: &str| row.fact.text(field).map(str::to_owned);
        let place = text("thread").map(Place::Thread).or_else(|| text("parent").map(Place::Parent));
        let count = row.fact.body.get("count").and_then(serde_json::Value::as_u64);
        let (Some(place), Some(kind), Some(at), Some(count)) =
            (place, text("activity_type"), row.fact.instant("at"), count)
        else {
            continue;
        };
        let held = counts.entry((row.source.clone(), kind, place)).or_insert((at.as_microsecond(), count));
        // The order of imports makes no difference.
        *held = (held.0.min(at.as_microsecond()), held.1.max(count));
    }
    let counted = |((source, activity_type, place), (at, counted)): ((String, String, Place), (i64, u64))| {
        let stored = match &place {
            Place::Thread(thread) => in_threads.get(&(source.clone(), thread.clone(), activity_type.clone())),
            Place::Parent(parent) => below.get(&(object_id(&source, parent)[..12].to_vec(), activity_type.clone())),
        };
        let stored = stored.copied().unwrap_or(0);
        let (Place::Thread(of) | Place::Parent(of)) = place;
        SourceCount { source, activity_type, of, at, counted, stored }
    };
    Ok(counts.into_iter().map(counted).collect())
}

/// Where a source counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Thread(String),
    Parent(String),
}

/// Activities by source, its id of the thread, and type.
async fn in_threads(db: &Db) -> StoreResult<HashMap<(String, String, String), u64>> {
    let rows = sqlx::query(
        "select source.name, thread.external_id, activity_type.key, count(*)
         from activity join thread on thread.thread_id = activity.thread_id
         join source on source.source_id = activity.source_id
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         where activity.deleted_at is null group by source.name, thread.external_id, activity_type.key",
    )
    .fetch_all(db.readers())
    .await?;
    rows.into_iter()
        .map(|row| Ok(((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?), row.try_get::<i64, _>(3)?.unsigned_abs())))
        .collect()
}

/// Activities by the object that they name as their parent, and type.
async fn below(db: &Db) -> StoreResult<HashMap<(Vec<u8>, String), u64>> {
    let rows = sqlx::query(
        "select substr(activity.parent_id, 1, 12), activity_type.key, count(*)
         from activity join activity_type on activity_type.activity_type_id = activity.activity_type_id
         where activity.deleted_at is null and activity.parent_id is not null
         group by substr(activity.parent_id, 1, 12), activity_type.key",
    )
    .fetch_all(db.readers())
    .await?;
    rows.into_iter()
        .map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), row.try_get::<i64, _>(2)?.unsigned_abs())))
        .collect()
}
