//! Channels: the rooms, categories, repositories and lists of a source.

use std::collections::{HashMap, HashSet};

use axle_model::Fact;
use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// The channels that a writer has met: the source's id to ours.
#[derive(Default)]
pub(crate) struct Channels {
    known: HashMap<String, i64>,
}

impl Channels {
    /// The number of a channel of this batch.
    pub(crate) fn id(&self, external_id: &str) -> i64 {
        self.known[external_id]
    }

    pub(crate) async fn resolve<'a>(
        &mut self,
        tx: &mut Tx,
        source_id: i64,
        named: impl Iterator<Item = &'a str>,
    ) -> StoreResult<()> {
        let unknown: HashSet<&str> = named.filter(|id| !self.known.contains_key(*id)).collect();
        let mut unknown: Vec<&str> = unknown.into_iter().collect();
        unknown.sort_unstable();
        for external_id in unknown {
            let id = sqlx::query_scalar(
                "insert into channel (source_id, external_id) values ($1, $2)
                 on conflict (source_id, external_id) do update set external_id = excluded.external_id returning channel_id",
            )
            .bind(source_id)
            .bind(external_id)
            .fetch_one(tx.connection())
            .await?;
            self.known.insert(external_id.to_owned(), id);
        }
        Ok(())
    }

    /// Writes what channel facts say. A choice that a person made about `is_qa` stays.
    pub(crate) async fn describe<'a>(
        &mut self,
        tx: &mut Tx,
        source_id: i64,
        facts: impl Iterator<Item = &'a Fact>,
    ) -> StoreResult<()> {
        for fact in facts {
            let id: i64 = sqlx::query_scalar(
                "insert into channel (source_id, external_id, name, kind, ownership, is_qa) values ($1, $2, $3, $4, $5, $6)
                 on conflict (source_id, external_id) do update set
                    name = coalesce(excluded.name, channel.name), kind = coalesce(excluded.kind, channel.kind),
                    ownership = coalesce(excluded.ownership, channel.ownership),
                    is_qa = case when channel.is_qa_set_by is null then coalesce(excluded.is_qa, channel.is_qa) else channel.is_qa end
                 returning channel_id",
            )
            .bind(source_id)
            .bind(fact.key.as_str())
            .bind(fact.text("name"))
            .bind(fact.text("kind"))
            .bind(fact.text("ownership"))
            .bind(fact.body.get("is_qa").and_then(serde_json::Value::as_bool).map(i64::from))
            .fetch_one(tx.connection())
            .await?;
            self.known.insert(fact.key.clone(), id);
        }
        Ok(())
    }
}

/// A channel with its source.
#[derive(Debug, Clone, FromRow)]
pub struct ChannelRow {
    /// Small number.
    pub channel_id: u32,
    /// Its source.
    pub source_id: u32,
    /// The source's name.
    pub source: String,
    /// The source's format.
    pub format: String,
    /// The source's own id; empty for a source without channels.
    pub external_id: String,
    /// Name.
    pub name: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// Whether its threads are questions, as the source or a person said.
    pub is_qa: Option<bool>,
    /// `owned`, `shared` or `external`, where the source says.
    pub ownership: Option<String>,
}

/// Every channel, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<ChannelRow>> {
    Ok(sqlx::query_as(
        "select channel_id, channel.source_id, source.name as source, source.format, external_id, channel.name, kind, is_qa, ownership
         from channel join source on source.source_id = channel.source_id order by channel_id",
    )
    .fetch_all(db.readers())
    .await?)
}

/// Marks a channel as a Q&A space or not; stays whatever a source says later. Gives whether the channel exists.
pub async fn set_qa(tx: &mut Tx, channel_id: u32, is_qa: bool, by: &str) -> StoreResult<bool> {
    let done = sqlx::query("update channel set is_qa = $1, is_qa_set_by = $2 where channel_id = $3")
        .bind(i64::from(is_qa))
        .bind(by)
        .bind(channel_id)
        .execute(tx.connection())
        .await?;
    crate::setting::note_change(tx).await?;
    Ok(done.rows_affected() > 0)
}
