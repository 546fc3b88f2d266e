//! Identities and the edges between them.

use std::collections::{HashMap, HashSet};

use axle_model::{Identity, IdentityKey};
use sqlx::{AssertSqlSafe, FromRow, Row};

use crate::batch::Seen;
use crate::identity_change::{self, CANNOT_LINK, HUMAN};
use crate::{Db, StoreResult, Tx, bulk, scan, worked_out};

/// The identities that a writer has met: key to number, and what was last written of each.
#[derive(Default)]
pub(crate) struct Identities {
    known: HashMap<IdentityKey, Known>,
}

struct Known {
    id: u32,
    seen: Seen,
    /// The same attributes were seen later than the database says.
    is_late: bool,
}

/// Above this many cached identities the cache starts anew, so that memory stays bounded.
const MOST_CACHED: usize = 1_000_000;

impl Identities {
    /// The number of an identity of this batch.
    pub(crate) fn id(&self, key: &IdentityKey) -> Option<u32> {
        self.known.get(key).map(|known| known.id)
    }

    /// Makes every person of the batch known; gives how many are new to the record, and their numbers.
    pub(crate) async fn resolve(
        &mut self,
        tx: &mut Tx,
        people: &[IdentityKey],
        seen: &[Seen],
    ) -> StoreResult<(u64, Vec<u32>)> {
        if self.known.len() > MOST_CACHED {
            self.flush(tx).await?;
            self.known.clear();
        }
        let mut pending: Vec<(&IdentityKey, Seen)> = Vec::new();
        for (key, seen) in people.iter().zip(seen) {
            match self.known.get_mut(key) {
                Some(known) => {
                    let before = known.seen.at;
                    if known.seen.meet(&seen.identity, seen.at) {
                        pending.push((key, known.seen.clone()));
                    } else {
                        known.is_late |= known.seen.at != before && has_dated_attribute(&seen.identity);
                    }
                }
                None => pending.push((key, seen.clone())),
            }
        }
        pending.sort_by(|a, b| a.0.cmp(b.0));
        let mut new = 0;
        if !pending.is_empty() {
            let before = highest(tx).await?;
            self.upsert(tx, &pending).await?;
            new = u64::try_from(highest(tx).await? - before).unwrap_or(0);
        }
        Ok((new, people.iter().map(|key| self.known[key].id).collect()))
    }

    /// Writes the instants that were put off.
    pub(crate) async fn flush(&mut self, tx: &mut Tx) -> StoreResult<()> {
        let late: Vec<(IdentityKey, Seen)> = self
            .known
            .iter()
            .filter(|(_, known)| known.is_late)
            .map(|(key, known)| (key.clone(), known.seen.clone()))
            .collect();
        let mut late: Vec<(&IdentityKey, Seen)> = late.iter().map(|(key, seen)| (key, seen.clone())).collect();
        if !late.is_empty() {
            worked_out::note_unresolved(tx).await?;
        }
        late.sort_by(|a, b| a.0.cmp(b.0));
        self.upsert(tx, &late).await?;
        self.known.values_mut().for_each(|known| known.is_late = false);
        Ok(())
    }

    async fn upsert(&mut self, tx: &mut Tx, people: &[(&IdentityKey, Seen)]) -> StoreResult<()> {
        for run in bulk::runs(people.len()) {
            let run = &people[run];
            let mut query = bulk::values(
                "insert into identity (platform, natural_key, uid, username, email, email_verified, name, phone, visitor, bot, name_at, username_at, email_at)",
                run.len(),
                13,
                "on conflict (platform, natural_key) do update set
                    uid = coalesce(identity.uid, excluded.uid),
                    username = case when excluded.username is not null and coalesce(excluded.username_at >= identity.username_at, true) then excluded.username else identity.username end,
                    email = case when excluded.email is not null and coalesce(excluded.email_at >= identity.email_at, true) then excluded.email else identity.email end,
                    name = case when excluded.name is not null and coalesce(excluded.name_at >= identity.name_at, true) then excluded.name else identity.name end,
                    phone = coalesce(identity.phone, excluded.phone),
                    visitor = coalesce(identity.visitor, excluded.visitor),
                    email_verified = max(identity.email_verified, excluded.email_verified),
                    bot = case when identity.bot is null then excluded.bot when excluded.bot is null then identity.bot else max(identity.bot, excluded.bot) end,
                    name_at = coalesce(max(identity.name_at, excluded.name_at), identity.name_at, excluded.name_at),
                    username_at = coalesce(max(identity.username_at, excluded.username_at), identity.username_at, excluded.username_at),
                    email_at = coalesce(max(identity.email_at, excluded.email_at), identity.email_at, excluded.email_at)
                 returning identity_id, platform, natural_key",
            );
            for (key, seen) in run {
                let identity = &seen.identity;
                let dated = |value: &Option<String>| value.as_ref().map(|_| seen.at);
                query = query
                    .bind(key.platform.as_str())
                    .bind(key.key.as_str())
                    .bind(identity.uid.as_deref())
                    .bind(identity.username.as_deref())
                    .bind(identity.email.as_deref())
                    .bind(i64::from(identity.email_verified))
                    .bind(identity.name.as_deref())
                    .bind(identity.phone.as_deref())
                    .bind(identity.visitor.as_deref())
                    .bind(identity.bot.map(i64::from))
                    .bind(dated(&identity.name))
                    .bind(dated(&identity.username))
                    .bind(dated(&identity.email));
            }
            let mut ids: HashMap<IdentityKey, u32> = HashMap::with_capacity(run.len());
            for row in query.fetch_all(tx.connection()).await? {
                ids.insert(IdentityKey { platform: row.try_get(1)?, key: row.try_get(2)? }, row.try_get(0)?);
            }
            for (key, seen) in run {
                let id = ids[*key];
                self.known.insert((*key).clone(), Known { id, seen: seen.clone(), is_late: false });
            }
        }
        Ok(())
    }
}

fn has_dated_attribute(identity: &Identity) -> bool {
    identity.name.is_some() || identity.username.is_some() || identity.email.is_some()
}

async fn highest(tx: &mut Tx) -> StoreResult<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(identity_id), 0) from identity").fetch_one(tx.connection()).await?)
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct IdentityRow {
    /// Small number.
    pub identity_id: u32,
    /// Platform.
    pub platform: String,
    /// Natural key inside the platform.
    pub natural_key: String,
    /// Platform's id.
    pub uid: Option<String>,
    /// Handle.
    pub username: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// Whether the source has proven the address.
    pub email_verified: bool,
    /// Name.
    pub name: Option<String>,
    /// Whether a source says that it is a program.
    pub bot: Option<bool>,
    /// Its member's number, once resolved.
    pub member_number: Option<u32>,
}

/// Every identity, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<IdentityRow>> {
    let query =
        "select identity_id, platform, natural_key, uid, username, email, email_verified, name, bot, member_number
                 from identity order by identity_id";
    let take = |row: &rusqlite::Row<'_>| {
        Ok(IdentityRow {
            identity_id: row.get(0)?,
            platform: row.get(1)?,
            natural_key: row.get(2)?,
            uid: row.get(3)?,
            username: row.get(4)?,
            email: row.get(5)?,
            email_verified: row.get(6)?,
            name: row.get(7)?,
            bot: row.get(8)?,
            member_number: row.get(9)?,
        })
    };
    scan::rows(db, query, (), take).await
}

/// The identity of that key.
pub(crate) async fn called(tx: &mut Tx, key: &IdentityKey) -> StoreResult<Option<IdentityRow>> {
    Ok(sqlx::query_as(
        "select identity_id, platform, natural_key, uid, username, email, email_verified, name, bot, member_number
         from identity where platform = $1 and natural_key = $2",
    )
    .bind(key.platform.as_str())
    .bind(key.key.as_str())
    .fetch_optional(tx.connection())
    .await?)
}

/// The identities of one member, by number.
pub async fn of_member(db: &Db, member_number: u32) -> StoreResult<Vec<IdentityRow>> {
    Ok(sqlx::query_as(
        "select identity_id, platform, natural_key, uid, username, email, email_verified, name, bot, member_number
         from identity where member_number = $1 order by identity_id",
    )
    .bind(member_number)
    .fetch_all(db.readers())
    .await?)
}

/// Why two identities are one person, or two.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Edge {
    /// Smaller number.
    pub a: u32,
    /// Larger number.
    pub b: u32,
    /// `verified_email`, `link`, `mailmap`, `automatic`; [`HUMAN`] or [`CANNOT_LINK`].
    pub kind: String,
    /// For people: `same verified address`.
    pub reason: String,
    /// How sure it is, 0 to 1; 1 for proof and for people's word.
    pub confidence: f64,
    /// Of a human edge: the identity whose member keeps its id.
    pub keeps: Option<u32>,
}

const EDGE: &str = "select edge.a, edge.b, edge.kind, edge.reason, edge.confidence, edge.keeps from identity_edge edge";

/// Edges that hold, among the identities of one member.
pub async fn edges_of_member(db: &Db, member_number: u32) -> StoreResult<Vec<Edge>> {
    let query = format!(
        "{EDGE} join identity on identity.identity_id = edge.a join identity other on other.identity_id = edge.b
         where identity.member_number = $1 and other.member_number = $1 and edge.revoked_at is null and edge.kind <> '{CANNOT_LINK}'
         order by edge.a, edge.b, edge.kind"
    );
    Ok(sqlx::query_as(AssertSqlSafe(query)).bind(member_number).fetch_all(db.readers()).await?)
}

/// Edges of people's own that hold, in the order in which they were made.
pub async fn decided_edges(db: &Db) -> StoreResult<Vec<Edge>> {
    let query = format!(
        "{EDGE} where edge.kind in ('{HUMAN}', '{CANNOT_LINK}') and edge.revoked_at is null
         order by edge.created_at, edge.a, edge.b, edge.kind"
    );
    Ok(sqlx::query_as(AssertSqlSafe(query)).fetch_all(db.readers()).await?)
}

/// Pairs of identities that an edge joined at an instant in microseconds.
pub async fn joined_at(db: &Db, at: i64) -> StoreResult<Vec<(u32, u32)>> {
    let query = format!(
        "select a, b from identity_edge
         where kind <> '{CANNOT_LINK}' and created_at <= $1 and (revoked_at is null or revoked_at > $1)"
    );
    Ok(sqlx::query_as(AssertSqlSafe(query)).bind(at).fetch_all(db.readers()).await?)
}

/// Makes exactly these edges hold, people's own aside: new ones are added, those that no longer follow are revoked.
pub async fn replace_edges(tx: &mut Tx, edges: &[Edge], now: i64) -> StoreResult<()> {
    let query = format!(
        "select a, b, kind from identity_edge where revoked_at is null and kind not in ('{HUMAN}', '{CANNOT_LINK}')"
    );
    let existing: Vec<(u32, u32, String)> = sqlx::query_as(AssertSqlSafe(query)).fetch_all(tx.connection()).await?;
    let edges: Vec<&Edge> = edges.iter().filter(|edge| edge.kind != HUMAN && edge.kind != CANNOT_LINK).collect();
    let wanted: HashSet<(u32, u32, &str)> = edges.iter().map(|e| (e.a, e.b, e.kind.as_str())).collect();
    let held: HashSet<(u32, u32, &str)> = existing.iter().map(|(a, b, kind)| (*a, *b, kind.as_str())).collect();
    for (a, b, kind) in existing.iter().filter(|(a, b, kind)| !wanted.contains(&(*a, *b, kind.as_str()))) {
        identity_change::revoke_edge(tx, *a, *b, kind, now).await?;
    }
    let new: Vec<&&Edge> = edges.iter().filter(|e| !held.contains(&(e.a, e.b, e.kind.as_str()))).collect();
    for run in bulk::runs(new.len()) {
        let run = &new[run];
        let mut query = bulk::values(
            "insert into identity_edge (a, b, kind, reason, confidence, created_at)",
            run.len(),
            6,
            "on conflict (a, b, kind) do update set revoked_at = null, reason = excluded.reason, confidence = excluded.confidence",
        );
        for edge in run {
            query = query
                .bind(edge.a)
                .bind(edge.b)
                .bind(edge.kind.as_str())
                .bind(edge.reason.as_str())
                .bind(edge.confidence)
                .bind(now);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}
