//! Threads: topics, questions, issues and mail threads.

use std::collections::{BTreeMap, HashMap};

use axle_model::Activity;
use axle_model::interchange::when;
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
                "insert into thread (source_id, external_id, channel_id, title, stated_at, is_closed, closed_at)",
                run.len(),
                7,
                "on conflict (source_id, external_id) do update set
                    channel_id = excluded.channel_id, title = coalesce(excluded.title, thread.title),
                    (stated_at, is_closed, closed_at) = (select newer.stated_at, newer.is_closed, newer.closed_at from (
                        select thread.stated_at, thread.is_closed, thread.closed_at
                        union all select excluded.stated_at, excluded.is_closed, excluded.closed_at
                     ) as newer order by newer.stated_at desc nulls last, newer.is_closed desc, newer.closed_at desc nulls last limit 1)
                 returning thread_id, external_id",
            );
            for (thread, state) in run {
                query = query
                    .bind(source_id)
                    .bind(*thread)
                    .bind(state.channel_id)
                    .bind(state.title.as_deref())
                    .bind(state.statement.map(|statement| statement.stated_at))
                    .bind(i64::from(state.statement.is_some_and(|statement| statement.is_closed)))
                    .bind(state.statement.and_then(|statement| statement.closed_at));
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
        self.statement = self.statement.max(Statement::of(activity));
    }

    /// Whether `other` says nothing beyond this.
    fn covers(&self, other: &Self) -> bool {
        self.channel_id == other.channel_id
            && (other.title.is_none() || self.title == other.title)
            && self.statement >= other.statement
    }

    fn join(&mut self, other: &Self) {
        self.channel_id = other.channel_id;
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
