//! Threads: topics, questions, issues and mail threads.

use std::collections::{BTreeMap, HashMap};

use axle_model::Activity;
use serde_json::Value;
use sqlx::{FromRow, Row};

use crate::channel::Channels;
use crate::{Db, StoreResult, Tx, bulk};

/// The threads that a writer has met: the source's id to ours.
#[derive(Default)]
pub(crate) struct Threads {
    known: HashMap<String, (i64, State)>,
}

const MOST_CACHED: usize = 500_000;

/// What activities say about their thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    channel_id: i64,
    title: Option<String>,
    is_closed: bool,
    closed_at: Option<i64>,
}

impl Threads {
    /// The number of a thread of this batch.
    pub(crate) fn id(&self, external_id: &str) -> Option<i64> {
        self.known.get(external_id).map(|(id, _)| *id)
    }

    pub(crate) async fn resolve<'a>(
        &mut self,
        tx: &mut Tx,
        source_id: i64,
        activities: impl Iterator<Item = &'a Activity>,
        channels: &Channels,
    ) -> StoreResult<()> {
        if self.known.len() > MOST_CACHED {
            self.known.clear();
        }
        let mut named: BTreeMap<&str, State> = BTreeMap::new();
        for activity in activities {
            let Some(thread) = activity.thread.as_deref() else { continue };
            let state = named.entry(thread).or_default();
            state.channel_id = channels.id(activity.channel.as_deref().unwrap_or(""));
            state.take(activity);
        }
        let changed: Vec<(&str, State)> = named
            .into_iter()
            .filter(|(thread, state)| self.known.get(*thread).is_none_or(|(_, known)| !known.covers(state)))
            .collect();
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
                 returning thread_id, external_id",
            );
            for (thread, state) in run {
                query = query
                    .bind(source_id)
                    .bind(*thread)
                    .bind(state.channel_id)
                    .bind(state.title.as_deref())
                    .bind(i64::from(state.is_closed))
                    .bind(state.closed_at);
            }
            let mut ids: HashMap<String, i64> = HashMap::with_capacity(run.len());
            for row in query.fetch_all(tx.connection()).await? {
                ids.insert(row.try_get(1)?, row.try_get(0)?);
            }
            for (thread, state) in run {
                let id = ids[*thread];
                match self.known.get_mut(*thread) {
                    Some((_, known)) => known.join(state),
                    None => drop(self.known.insert((*thread).to_owned(), (id, state.clone()))),
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn take(&mut self, activity: &Activity) {
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
        self.channel_id == other.channel_id
            && (other.title.is_none() || self.title == other.title)
            && (self.is_closed || !other.is_closed)
            && self.closed_at >= other.closed_at
    }

    fn join(&mut self, other: &Self) {
        self.channel_id = other.channel_id;
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
