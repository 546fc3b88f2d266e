//! Channels: the rooms, categories, repositories and lists of a source.

use std::collections::HashMap;

use axle_model::Fact;
use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// The channels that a writer has met: the source and its id of the channel to ours.
#[derive(Default)]
pub(crate) struct Channels {
    known: HashMap<(i64, String), i64>,
}

impl Channels {
    /// The numbers of `named`, each a place in `sources` with that source's id of the channel.
    pub(crate) async fn resolve(
        &mut self,
        tx: &mut Tx,
        sources: &[i64],
        named: &[(u32, String)],
    ) -> StoreResult<Vec<i64>> {
        let mut ids = Vec::with_capacity(named.len());
        for (source, external_id) in named {
            let key = (sources[*source as usize], external_id.clone());
            if let Some(id) = self.known.get(&key) {
                ids.push(*id);
                continue;
            }
            let id = sqlx::query_scalar(
                "insert into channel (source_id, external_id) values ($1, $2)
                 on conflict (source_id, external_id) do update set external_id = excluded.external_id returning channel_id",
            )
            .bind(key.0)
            .bind(external_id)
            .fetch_one(tx.connection())
            .await?;
            self.known.insert(key, id);
            ids.push(id);
        }
        Ok(ids)
    }

    /// Writes what a channel fact says. What a person chose stays, and a name that is only the id is none.
    pub(crate) async fn describe(&mut self, tx: &mut Tx, source_id: i64, fact: &Fact) -> StoreResult<()> {
        let flag = |name: &str| fact.body.get(name).and_then(serde_json::Value::as_bool).map(i64::from);
        let id: i64 = sqlx::query_scalar(
            "insert into channel (source_id, external_id, name, kind, ownership, is_qa, is_private) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (source_id, external_id) do update set
                name = coalesce(excluded.name, channel.name), kind = coalesce(excluded.kind, channel.kind),
                ownership = coalesce(excluded.ownership, channel.ownership),
                is_qa = case when channel.is_qa_set_by is null then coalesce(excluded.is_qa, channel.is_qa) else channel.is_qa end,
                is_private = case when channel.is_private_set_by is null then coalesce(excluded.is_private, channel.is_private) else channel.is_private end
             returning channel_id",
        )
        .bind(source_id)
        .bind(fact.key.as_str())
        .bind(fact.text("name").filter(|name| *name != fact.key))
        .bind(fact.text("kind"))
        .bind(fact.text("ownership"))
        .bind(flag("is_qa"))
        .bind(flag("is_private"))
        .fetch_one(tx.connection())
        .await?;
        self.known.insert((source_id, fact.key.clone()), id);
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
    /// Whether it is not public, as the source or a person said.
    pub is_private: Option<bool>,
}

/// Every channel, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<ChannelRow>> {
    Ok(sqlx::query_as(
        "select channel_id, channel.source_id, source.name as source, source.format, external_id, channel.name, kind, is_qa, ownership,
                is_private
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

/// Says that a channel is public or not; stays whatever a source says later. Gives whether the channel exists.
pub async fn set_private(tx: &mut Tx, channel_id: u32, is_private: bool, by: &str) -> StoreResult<bool> {
    let done = sqlx::query("update channel set is_private = $1, is_private_set_by = $2 where channel_id = $3")
        .bind(i64::from(is_private))
        .bind(by)
        .bind(channel_id)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}
