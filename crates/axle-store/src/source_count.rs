//! What sources count themselves, beside what the record holds.

use std::collections::HashMap;

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
    /// As the source says.
    pub counted: u64,
    /// Activities in the record that were not deleted.
    pub stored: u64,
}

/// Every count that a source states, in the order of their keys.
pub async fn all(db: &Db) -> StoreResult<Vec<SourceCount>> {
    let facts = fact::of_kind(db, FactKind::SOURCE_COUNT).await?;
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let (in_threads, below) = (in_threads(db).await?, below(db).await?);
    let read = |row: fact::FactRow| {
        let activity_type = row.fact.text("activity_type")?.to_owned();
        let (of, stored) = match (row.fact.text("thread"), row.fact.text("parent")) {
            (Some(thread), _) => {
                (thread, in_threads.get(&(row.source.clone(), thread.to_owned(), activity_type.clone())))
            }
            (None, parent) => {
                let parent = parent?;
                let object = object_id(&row.source, parent)[..12].to_vec();
                (parent, below.get(&(object, activity_type.clone())))
            }
        };
        Some(SourceCount {
            of: of.to_owned(),
            at: row.fact.instant("at")?.as_microsecond(),
            counted: row.fact.body.get("count")?.as_u64()?,
            stored: stored.copied().unwrap_or(0),
            source: row.source.clone(),
            activity_type,
        })
    };
    Ok(facts.into_iter().filter_map(read).collect())
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
