//! Threads: topics, questions, issues and mail threads.

use std::collections::HashMap;

use axle_model::Activity;
use serde_json::Value;
use sqlx::{FromRow, Row};

use crate::activity::Places;
use crate::{Db, StoreResult, Tx, bulk};

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
    is_closed: bool,
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
                "insert into thread (source_id, external_id, channel_id, title, is_closed, closed_at)",
                run.len(),
                6,
                "on conflict (source_id, external_id) do update set
                    channel_id = excluded.channel_id, title = coalesce(excluded.title, thread.title),
                    is_closed = max(thread.is_closed, excluded.is_closed),
                    closed_at = coalesce(max(thread.closed_at, excluded.closed_at), thread.closed_at, excluded.closed_at)
                 returning thread_id, source_id, external_id",
            );
            for (place, (source_id, thread), channel_id) in run {
                let said = &said[*place];
                query = query
                    .bind(source_id)
                    .bind(thread.as_str())
                    .bind(channel_id)
                    .bind(said.title.as_deref())
                    .bind(i64::from(said.is_closed))
                    .bind(said.closed_at);
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
        let property = |name: &str| activity.properties.get(name).and_then(Value::as_str);
        if let Some(at) = property("closed_at").and_then(axle_model::interchange::when) {
            self.is_closed = true;
            self.closed_at = self.closed_at.max(Some(at.as_microsecond()));
        }
        self.is_closed |= matches!(property("thread_state"), Some("resolved" | "closed"));
    }

    /// Whether `other` says nothing beyond this.
    fn covers(&self, other: &Self) -> bool {
        (other.title.is_none() || self.title == other.title)
            && (self.is_closed || !other.is_closed)
            && self.closed_at >= other.closed_at
    }

    fn join(&mut self, other: &Self) {
        if other.title.is_some() {
            self.title.clone_from(&other.title);
        }
        self.is_closed |= other.is_closed;
        self.closed_at = self.closed_at.max(other.closed_at);
    }
}

/// A thread.
#[derive(Debug, Clone, FromRow)]
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
    Ok(sqlx::query_as(
        "select thread_id, channel_id, external_id, title, is_closed, closed_at from thread order by thread_id",
    )
    .fetch_all(db.readers())
    .await?)
}
