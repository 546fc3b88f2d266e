//! Threads: topics, questions, issues and mail threads.

use std::collections::HashMap;

use axle_model::Activity;
use axle_model::interchange::when;
use serde_json::Value;
use sqlx::{FromRow, Row};

use crate::activity::Places;
use crate::{Db, StoreResult, Tx, bulk, scan};

/// The threads that a writer has met: the source and its id of the thread to ours.
#[derive(Default)]
pub(crate) struct Threads {
    known: HashMap<(i64, String), Known>,
}

struct Known {
    id: i64,
    channel_id: i64,
    said: Said,
}

const MOST_CACHED: usize = 500_000;

/// What the activities of a batch say about their thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Place among the batch's channels.
    channel: u32,
    title: Option<String>,
    statement: Option<Statement>,
}

/// That a thread was open or closed. The newer one holds; of one instant, the one that says closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    /// Microseconds since 1970.
    stated_at: i64,
    is_closed: bool,
    /// Microseconds, if known.
    closed_at: Option<i64>,
}

impl Threads {
    /// The numbers of `named`, each a place among the sources with that source's id of the thread.
    pub(crate) async fn resolve(
        &mut self,
        tx: &mut Tx,
        places: &Places,
        named: &[(u32, String)],
        said: &[Said],
    ) -> StoreResult<Vec<i64>> {
        if self.known.len() > MOST_CACHED {
            self.known.clear();
        }
        let mut ids = vec![0; named.len()];
        let mut changed: Vec<(usize, (i64, String), i64)> = Vec::new();
        for (place, ((source, thread), said)) in named.iter().zip(said).enumerate() {
            let key = (places.sources[*source as usize], thread.clone());
            let channel_id = places.channels[said.channel as usize];
            match self.known.get(&key) {
                Some(known) if known.channel_id == channel_id && known.said.covers(said) => ids[place] = known.id,
                _ => changed.push((place, key, channel_id)),
            }
        }
        for run in bulk::runs(changed.len()) {
            let run = &changed[run];
            let mut query = bulk::values(
                "insert into thread (source_id, external_id, channel_id, title, stated_at, is_closed, closed_at)",
                run.len(),
                7,
                "on conflict (source_id, external_id) do update set
                    channel_id = excluded.channel_id, title = coalesce(excluded.title, thread.title),
                    (stated_at, is_closed, closed_at) = (select newer.stated_at, newer.is_closed, newer.closed_at from (
                        select thread.stated_at, thread.is_closed, thread.closed_at
                        union all select excluded.stated_at, excluded.is_closed, excluded.closed_at
                     ) as newer order by newer.stated_at desc nulls last, newer.is_closed desc, newer.closed_at desc nulls last limit 1)
                 returning thread_id, source_id, external_id",
            );
            for (place, (source_id, thread), channel_id) in run {
                let said = &said[*place];
                query = query
                    .bind(source_id)
                    .bind(thread.as_str())
                    .bind(channel_id)
                    .bind(said.title.as_deref())
                    .bind(said.statement.map(|statement| statement.stated_at))
                    .bind(i64::from(said.statement.is_some_and(|statement| statement.is_closed)))
                    .bind(said.statement.and_then(|statement| statement.closed_at));
            }
            let mut written: HashMap<(i64, String), i64> = HashMap::with_capacity(run.len());
            for row in query.fetch_all(tx.connection()).await? {
                written.insert((row.try_get(1)?, row.try_get(2)?), row.try_get(0)?);
            }
            for (place, key, channel_id) in run {
                let id = written[key];
                ids[*place] = id;
                let known = self.known.entry(key.clone()).or_insert_with(|| Known {
                    id,
                    channel_id: *channel_id,
                    said: Said::default(),
                });
                known.channel_id = *channel_id;
                known.said.join(&said[*place]);
            }
        }
        Ok(ids)
    }
}

impl Said {
    /// Takes what one more activity says; `channel` is its place among the batch's channels.
    pub(crate) fn take(&mut self, activity: &Activity, channel: u32) {
        self.channel = channel;
        if activity.parent.is_none() && activity.title.is_some() {
            self.title.clone_from(&activity.title);
        }
        self.statement = self.statement.max(Statement::of(activity));
    }

    /// Whether `other` says nothing beyond this.
    fn covers(&self, other: &Self) -> bool {
        (other.title.is_none() || self.title == other.title) && self.statement >= other.statement
    }

    fn join(&mut self, other: &Self) {
        if other.title.is_some() {
            self.title.clone_from(&other.title);
        }
        self.statement = self.statement.max(other.statement);
    }
}

impl Statement {
    /// What the activity's properties say of its thread: `thread_state`, or `state` where it opens the thread; else
    /// whichever of `closed_at` and `reopened_at` is later.
    fn of(activity: &Activity) -> Option<Self> {
        let property = |name: &str| activity.properties.get(name).and_then(Value::as_str);
        let instant = |name: &str| property(name).and_then(when).map(|at| at.as_microsecond());
        let (closed_at, reopened_at) = (instant("closed_at"), instant("reopened_at"));
        let state = property("thread_state").or_else(|| property("state").filter(|_| activity.parent.is_none()));
        let is_closed = match state {
            Some("closed" | "resolved" | "solved") => true,
            Some("open" | "reopened") => false,
            _ => closed_at.or(reopened_at).map(|_| closed_at >= reopened_at)?,
        };
        let told_at = activity.version_at.unwrap_or(activity.at).as_microsecond();
        let changed_at = if is_closed { closed_at } else { reopened_at };
        Some(Self {
            stated_at: changed_at.map_or(told_at, |at| at.max(told_at)),
            is_closed,
            closed_at: closed_at.filter(|_| is_closed),
        })
    }
}

/// The thread that a source calls so.
pub(crate) async fn called(tx: &mut Tx, source_id: i64, external_id: &str) -> StoreResult<Option<ThreadRow>> {
    Ok(sqlx::query_as(
        "select thread_id, channel_id, external_id, title, is_closed, closed_at
         from thread where source_id = $1 and external_id = $2",
    )
    .bind(source_id)
    .bind(external_id)
    .fetch_optional(tx.connection())
    .await?)
}

/// A thread.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ThreadRow {
    /// Small number.
    pub thread_id: u32,
    /// Its channel.
    pub channel_id: u32,
    /// The source's id.
    pub external_id: String,
    /// Title.
    pub title: Option<String>,
    /// Whether it is closed, resolved or solved.
    pub is_closed: bool,
    /// When, microseconds, if known.
    pub closed_at: Option<i64>,
}

/// Every thread, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<ThreadRow>> {
    let query = "select thread_id, channel_id, external_id, title, is_closed, closed_at from thread order by thread_id";
    let take = |row: &rusqlite::Row<'_>| {
        Ok(ThreadRow {
            thread_id: row.get(0)?,
            channel_id: row.get(1)?,
            external_id: row.get(2)?,
            title: row.get(3)?,
            is_closed: row.get(4)?,
            closed_at: row.get(5)?,
        })
    };
    scan::rows(db, query, (), take).await
}
