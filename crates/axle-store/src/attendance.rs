//! Attendance lines that say no time: people took part when their event started, as the event's line says. Either
//! line may come first, and the event may move later.

use std::collections::{HashMap, HashSet};

use axle_model::{Activity, Fact, FactKind, derive};
use serde_json::Value;
use sqlx::Row;

use crate::batch::Batch;
use crate::{StoreResult, Tx, bulk};

/// Adds to a batch what follows from its attendance and events together with those stored. `sources` are the numbers of
/// the sources that it names.
pub(crate) async fn join(tx: &mut Tx, batch: &mut Batch, sources: &[i64]) -> StoreResult<()> {
    for (place, source_id) in sources.iter().enumerate() {
        let facts: Vec<(usize, &Fact)> = batch
            .facts_of(place)
            .filter(|(_, fact)| matches!(fact.kind, FactKind::ATTENDANCE | FactKind::EVENT))
            .collect();
        for (record, activity) in joined(tx, *source_id, &facts).await? {
            batch.activity(record, activity, true);
        }
    }
    Ok(())
}

/// The activities that follow from attendance and events together, for a source's facts of a batch in their order:
/// those of the batch's own attendance lines, and those of stored ones whose event is new or moves. Each with the record
/// that it follows from.
async fn joined(tx: &mut Tx, source_id: i64, facts: &[(usize, &Fact)]) -> StoreResult<Vec<(usize, Activity)>> {
    let timeless = |fact: &Fact| fact.kind == FactKind::ATTENDANCE && fact.instant("at").is_none();
    // Of several lines about one event the last one counts, as in the record.
    let mut events: HashMap<&str, (usize, i64)> = HashMap::new();
    for (record, event) in facts.iter().filter(|(_, fact)| fact.kind == FactKind::EVENT) {
        let starts_at = event.instant("starts_at").map(|at| at.as_microsecond());
        events.extend(starts_at.map(|at| (event.key.as_str(), (*record, at))));
    }
    let attended = facts.iter().filter(|(_, fact)| timeless(fact)).filter_map(|(_, fact)| fact.text("event"));
    let known = stored_starts(tx, source_id, events.keys().copied().chain(attended)).await?;
    let mut activities = Vec::new();
    let mut told = HashSet::new();
    for (record, fact) in facts.iter().filter(|(_, fact)| fact.kind == FactKind::ATTENDANCE) {
        told.insert(fact.key.as_str());
        let event = fact.text("event").unwrap_or_default();
        let starts_at = events.get(event).map(|(_, at)| *at).or_else(|| known.get(event).copied());
        if let (true, Some(at)) = (timeless(fact), starts_at) {
            activities.extend(derive::attendance_at(fact, at).into_iter().map(|activity| (*record, activity)));
        }
    }
    for (event, (record, at)) in events {
        if known.get(event) == Some(&at) {
            continue;
        }
        for fact in stored_timeless(tx, source_id, event).await? {
            if !told.contains(fact.key.as_str()) {
                activities.extend(derive::attendance_at(&fact, at).into_iter().map(|activity| (record, activity)));
            }
        }
    }
    // In the batch's order, whatever the map's was.
    activities.sort_by(|(a, one), (b, other)| (a, &one.id).cmp(&(b, &other.id)));
    Ok(activities)
}

/// When the events started, by what is stored: microseconds since 1970.
async fn stored_starts<'a>(
    tx: &mut Tx,
    source_id: i64,
    events: impl Iterator<Item = &'a str>,
) -> StoreResult<HashMap<String, i64>> {
    let events: Vec<&str> = events.collect::<HashSet<_>>().into_iter().collect();
    let mut known = HashMap::new();
    for run in bulk::runs(events.len()) {
        let run = &events[run];
        let mut query = bulk::any_of(
            "select natural_key, at from fact where kind = ? and source_id = ? and at is not null and natural_key",
            run.len(),
            "",
        )
        .bind(FactKind::EVENT.name())
        .bind(source_id);
        for event in run {
            query = query.bind(*event);
        }
        for row in query.fetch_all(tx.connection()).await? {
            known.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    Ok(known)
}

/// Stored attendance of an event that says no time. Their keys begin with the event's.
async fn stored_timeless(tx: &mut Tx, source_id: i64, event: &str) -> StoreResult<Vec<Fact>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select natural_key, body from fact
         where natural_key >= $1 and natural_key < $2 and kind = $3 and source_id = $4 and at is null",
    )
    .bind(format!("{event}\u{1f}"))
    .bind(format!("{event}\u{20}"))
    .bind(FactKind::ATTENDANCE.name())
    .bind(source_id)
    .fetch_all(tx.connection())
    .await?;
    let fact = |(key, body): (String, String)| match serde_json::from_str(&body) {
        Ok(Value::Object(body)) => Some(Fact { kind: FactKind::ATTENDANCE, key, body }),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(fact).collect())
}
