//! Facts: what sources state about people, organizations, deals and everything else but activities.

use std::collections::{BTreeMap, HashMap};

use axle_model::{Fact, interchange::FactKind};
use serde_json::{Map, Value};
use sqlx::{FromRow, Row};

use crate::identity::Identities;
use crate::{Db, StoreResult, Tx, bulk, revision, setting};

/// Stores facts whose keys differ; gives the records that said something new. What a fact said before is kept. `began_at` is when the
/// import did, `now` when it reads them.
pub(crate) async fn store(
    tx: &mut Tx,
    source_id: i64,
    (began_at, now): (i64, i64),
    facts: &[(usize, &Fact)],
    identities: &Identities,
) -> StoreResult<Vec<usize>> {
    let mut touched = Vec::new();
    let mut changed: Vec<(&Fact, String, i64)> = Vec::new();
    let mut replaced: Vec<&Fact> = Vec::new();
    let mut instants: BTreeMap<FactKind, Vec<i64>> = BTreeMap::new();
    for run in bulk::runs(facts.len()) {
        let run = &facts[run];
        let known = hashes(tx, source_id, run).await?;
        for (record, fact) in run {
            let body = Value::Object(fact.body.clone()).to_string();
            let hash = content_hash(&body);
            let known = known.get(&(fact.kind.name().to_owned(), fact.key.clone()));
            let before = known.map(|known| known.hash);
            if before.is_some_and(|before| before != hash) {
                replaced.push(fact);
            }
            if before != Some(hash) {
                let then = known.into_iter().flat_map(|known| known.instants);
                instants.entry(fact.kind).or_default().extend(then.chain(instants_of(fact)).flatten());
                touched.push(*record);
                changed.push((fact, body, hash));
            }
        }
    }
    for (kind, instants) in instants {
        revision::note(tx, kind.name(), instants, began_at).await?;
    }
    keep_versions(tx, source_id, &replaced).await?;
    let mut next = HashMap::new();
    for run in bulk::runs(changed.len()) {
        let run = &changed[run];
        let mut query = bulk::values(
            "insert into fact (source_id, kind, natural_key, identity_id, organization, state, at, until, body, content_hash, ingested_at, seq)",
            run.len(),
            12,
            "on conflict (source_id, kind, natural_key) do update set identity_id = excluded.identity_id, organization = excluded.organization,
                state = excluded.state, at = excluded.at, until = excluded.until, body = excluded.body,
                content_hash = excluded.content_hash, ingested_at = excluded.ingested_at, seq = excluded.seq
             returning fact_id, kind, natural_key",
        );
        for (fact, body, hash) in run {
            let seq = next_seq(tx, &mut next, fact.kind).await?;
            let line_type = fact.kind.line_type();
            let [at, until] = instants_of(fact);
            query = query
                .bind(source_id)
                .bind(fact.kind.name())
                .bind(fact.key.as_str())
                .bind(fact.subject().and_then(|identity| identity.key()).and_then(|key| identities.id(&key)))
                .bind(line_type.organization.and_then(|field| fact.text(field)))
                .bind(line_type.state.and_then(|field| fact.text(field)))
                .bind(at)
                .bind(until)
                .bind(body.as_str())
                .bind(*hash)
                .bind(now)
                .bind(seq);
        }
        let mut ids: HashMap<(String, String), i64> = HashMap::new();
        for row in query.fetch_all(tx.connection()).await? {
            ids.insert((row.try_get(1)?, row.try_get(2)?), row.try_get(0)?);
        }
        for (fact, _, _) in run {
            name_people(tx, ids[&(fact.kind.name().to_owned(), fact.key.clone())], fact, identities).await?;
        }
    }
    Ok(touched)
}

/// When what a fact tells began, and until when it goes or when it ended: microseconds since 1970, as far as it says so.
fn instants_of(fact: &Fact) -> [Option<i64>; 2] {
    let line_type = fact.kind.line_type();
    [line_type.at, line_type.until]
        .map(|field| field.and_then(|field| fact.instant(field)).map(|at| at.as_microsecond()))
}

/// Keeps the states of facts that are about to be replaced.
async fn keep_versions(tx: &mut Tx, source_id: i64, facts: &[&Fact]) -> StoreResult<()> {
    let mut keys: BTreeMap<FactKind, Vec<&str>> = BTreeMap::new();
    for fact in facts {
        keys.entry(fact.kind).or_default().push(fact.key.as_str());
    }
    for (kind, keys) in &keys {
        for run in bulk::runs(keys.len()) {
            let run = &keys[run];
            let mut query = bulk::any_of(
                "insert into fact_version (fact_id, seq, kind, identity_id, body, ingested_at)
                 select fact_id, seq, kind, identity_id, body, ingested_at from fact
                 where source_id = ? and kind = ? and natural_key",
                run.len(),
                "on conflict do nothing",
            )
            .bind(source_id)
            .bind(kind.name());
            for key in run {
                query = query.bind(*key);
            }
            query.execute(tx.connection()).await?;
        }
    }
    Ok(())
}

/// Writes fields into a fact, null to take one away: what a person says of it here. Its source may go on saying what it said
/// before; only something new from it takes the place of what was said here. `now` in microseconds.
pub async fn amend(db: &Db, row: &FactRow, said: &Map<String, Value>, now: i64) -> StoreResult<()> {
    let mut tx = db.begin().await?;
    let known: RawFact = sqlx::query_as(
        "select fact_id, source.name as source, identity_id, natural_key, body
         from fact join source on source.source_id = fact.source_id where fact_id = $1",
    )
    .bind(row.fact_id)
    .fetch_one(tx.connection())
    .await?;
    let known_fact = known.of_kind(row.fact.kind).fact;
    let mut fact = known_fact.clone();
    fact.body.extend(said.clone());
    fact.body.retain(|_, value| !value.is_null());
    sqlx::query(
        "insert into fact_version (fact_id, seq, kind, identity_id, body, ingested_at)
         select fact_id, seq, kind, identity_id, body, ingested_at from fact where fact_id = $1 on conflict do nothing",
    )
    .bind(row.fact_id)
    .execute(tx.connection())
    .await?;
    let seq = next_seq(&mut tx, &mut HashMap::new(), fact.kind).await?;
    let line_type = fact.kind.line_type();
    let [at, until] = instants_of(&fact);
    let before = instants_of(&known_fact);
    revision::note(&mut tx, fact.kind.name(), before.into_iter().chain([at, until]).flatten(), now).await?;
    // The hash stays that of what the source said.
    sqlx::query("update fact set state = $1, until = $2, body = $3, ingested_at = $4, seq = $5 where fact_id = $6")
        .bind(line_type.state.and_then(|field| fact.text(field)))
        .bind(until)
        .bind(Value::Object(fact.body.clone()).to_string())
        .bind(now)
        .bind(seq)
        .bind(row.fact_id)
        .execute(tx.connection())
        .await?;
    if fact.kind.is_of_directory() {
        setting::note_change(&mut tx).await?;
    } else {
        setting::note_facts(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What a fact said before it came to say what it says now; `None`: never anything else.
pub async fn before(db: &Db, fact_id: i64) -> StoreResult<Option<Map<String, Value>>> {
    let body: Option<String> =
        sqlx::query_scalar("select body from fact_version where fact_id = $1 order by seq desc limit 1")
            .bind(fact_id)
            .fetch_optional(db.readers())
            .await?;
    Ok(body.map(|body| serde_json::from_str(&body).unwrap_or_default()))
}

/// The sequence number after the greatest of a kind. `next` remembers what this transaction has given out.
async fn next_seq(tx: &mut Tx, next: &mut HashMap<FactKind, i64>, kind: FactKind) -> StoreResult<i64> {
    let last = match next.get(&kind) {
        Some(last) => *last,
        None => {
            sqlx::query_scalar("select coalesce(max(seq), 0) from fact where kind = $1")
                .bind(kind.name())
                .fetch_one(tx.connection())
                .await?
        }
    };
    next.insert(kind, last + 1);
    Ok(last + 1)
}

async fn name_people(tx: &mut Tx, fact_id: i64, fact: &Fact, identities: &Identities) -> StoreResult<()> {
    let subject = fact.kind.line_type().subject;
    for (field, identity) in fact.people() {
        if Some(field) == subject {
            continue;
        }
        if let Some(identity_id) = identity.key().and_then(|key| identities.id(&key)) {
            sqlx::query(
                "insert into fact_person (fact_id, field, identity_id) values ($1, $2, $3) on conflict do nothing",
            )
            .bind(fact_id)
            .bind(field)
            .bind(identity_id)
            .execute(tx.connection())
            .await?;
        }
    }
    Ok(())
}

/// A fact that is stored.
struct Known {
    /// Of what its source said.
    hash: i64,
    /// See [`instants_of`].
    instants: [Option<i64>; 2],
}

async fn hashes(
    tx: &mut Tx,
    source_id: i64,
    facts: &[(usize, &Fact)],
) -> StoreResult<HashMap<(String, String), Known>> {
    let mut kinds: Vec<FactKind> = facts.iter().map(|(_, fact)| fact.kind).collect();
    kinds.sort();
    kinds.dedup();
    let mut known = HashMap::new();
    for kind in kinds {
        let keys: Vec<&str> =
            facts.iter().filter(|(_, fact)| fact.kind == kind).map(|(_, fact)| fact.key.as_str()).collect();
        for run in bulk::runs(keys.len()) {
            let run = &keys[run];
            let mut query = bulk::any_of(
                "select natural_key, content_hash, source_id, kind, at, until from fact where natural_key",
                run.len(),
                "",
            );
            for key in run {
                query = query.bind(*key);
            }
            for row in query.fetch_all(tx.connection()).await? {
                if row.try_get::<i64, _>(2)? == source_id && row.try_get::<&str, _>(3)? == kind.name() {
                    let held = Known { hash: row.try_get(1)?, instants: [row.try_get(4)?, row.try_get(5)?] };
                    known.insert((kind.name().to_owned(), row.try_get(0)?), held);
                }
            }
        }
    }
    Ok(known)
}

fn content_hash(body: &str) -> i64 {
    i64::from_le_bytes(blake3::hash(body.as_bytes()).as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// A stored fact.
#[derive(Debug, Clone)]
pub struct FactRow {
    /// Small number.
    pub fact_id: i64,
    /// Source that states it.
    pub source: String,
    /// Number of its subject, if it has one.
    pub identity_id: Option<u32>,
    /// The statement.
    pub fact: Fact,
}

#[derive(FromRow)]
struct RawFact {
    fact_id: i64,
    source: String,
    identity_id: Option<u32>,
    natural_key: String,
    body: String,
}

/// Every fact of a kind, in the order of their keys.
pub async fn of_kind(db: &Db, kind: FactKind) -> StoreResult<Vec<FactRow>> {
    let rows: Vec<RawFact> = sqlx::query_as(
        "select fact_id, source.name as source, identity_id, natural_key, body
         from fact join source on source.source_id = fact.source_id where kind = $1 order by natural_key, fact_id",
    )
    .bind(kind.name())
    .fetch_all(db.readers())
    .await?;
    Ok(rows.into_iter().map(|row| row.of_kind(kind)).collect())
}

/// As [`of_kind`], as they were known at an instant in microseconds: of each fact the state that was read last by then.
pub async fn of_kind_at(db: &Db, kind: FactKind, at: i64) -> StoreResult<Vec<FactRow>> {
    let rows: Vec<RawFact> = sqlx::query_as(
        "select fact.fact_id, source.name as source, state.identity_id, fact.natural_key, state.body
         from (
             select seq, fact_id, identity_id, body from fact where kind = $1 and ingested_at <= $2
             union all
             select seq, fact_id, identity_id, body from fact_version where kind = $1 and ingested_at <= $2
         ) state
         join fact on fact.fact_id = state.fact_id join source on source.source_id = fact.source_id
         order by fact.natural_key, fact.fact_id, state.seq",
    )
    .bind(kind.name())
    .bind(at)
    .fetch_all(db.readers())
    .await?;
    let mut known: Vec<FactRow> = Vec::new();
    for row in rows.into_iter().map(|row| row.of_kind(kind)) {
        match known.last_mut().filter(|last| last.fact_id == row.fact_id) {
            Some(last) => *last = row,
            None => known.push(row),
        }
    }
    Ok(known)
}

/// When the first fact of a kind was read, in microseconds since 1970. `None` where there is none.
pub async fn first_read(db: &Db, kind: FactKind) -> StoreResult<Option<i64>> {
    let query = "select min(ingested_at) from (
             select ingested_at from fact where kind = $1 union all select ingested_at from fact_version where kind = $1
         ) state";
    Ok(sqlx::query_scalar(query).bind(kind.name()).fetch_one(db.readers()).await?)
}

/// The facts of a kind that have a field, in the order of their keys.
pub async fn with_field(db: &Db, kind: FactKind, field: &str) -> StoreResult<Vec<FactRow>> {
    let rows: Vec<RawFact> = sqlx::query_as(
        "select fact_id, source.name as source, identity_id, natural_key, body
         from fact join source on source.source_id = fact.source_id
         where kind = $1 and body like $2 order by natural_key, fact_id",
    )
    .bind(kind.name())
    .bind(format!("%\"{field}\":%"))
    .fetch_all(db.readers())
    .await?;
    let rows = rows.into_iter().map(|row| row.of_kind(kind));
    Ok(rows.filter(|row| row.fact.body.contains_key(field)).collect())
}

impl RawFact {
    fn of_kind(self, kind: FactKind) -> FactRow {
        let body: Map<String, Value> = serde_json::from_str(&self.body).unwrap_or_default();
        FactRow {
            fact_id: self.fact_id,
            source: self.source,
            identity_id: self.identity_id,
            fact: Fact { kind, key: self.natural_key, body },
        }
    }
}

/// A state of a fact: the one that holds, or one that was replaced.
#[derive(Debug, Clone)]
pub struct FactState {
    /// Rising within the kind: of the states of a fact the greatest holds.
    pub seq: i64,
    /// When it was read, microseconds since 1970.
    pub ingested_at: i64,
    /// What it says.
    pub row: FactRow,
}

/// States of facts of a kind after a sequence number, in the order of theirs, at most `limit`. A fact that changed has moved
/// to a new number; what it said before stays at the old one.
pub async fn since(db: &Db, kind: FactKind, seq: i64, limit: u32) -> StoreResult<Vec<FactState>> {
    #[derive(FromRow)]
    struct Numbered {
        seq: i64,
        ingested_at: i64,
        #[sqlx(flatten)]
        fact: RawFact,
    }
    let rows: Vec<Numbered> = sqlx::query_as(
        "select state.seq, state.ingested_at, fact.fact_id, source.name as source, state.identity_id, fact.natural_key, state.body
         from (
             select seq, ingested_at, fact_id, identity_id, body from fact where kind = $1 and seq > $2
             union all
             select seq, ingested_at, fact_id, identity_id, body from fact_version where kind = $1 and seq > $2
             order by 1 limit $3
         ) state
         join fact on fact.fact_id = state.fact_id join source on source.source_id = fact.source_id order by state.seq",
    )
    .bind(kind.name())
    .bind(seq)
    .bind(limit)
    .fetch_all(db.readers())
    .await?;
    let state = |row: Numbered| FactState { seq: row.seq, ingested_at: row.ingested_at, row: row.fact.of_kind(kind) };
    Ok(rows.into_iter().map(state).collect())
}

/// The facts of a kind whose subject is one of a member's accounts, in the order of their keys.
pub async fn about(db: &Db, kind: FactKind, member_number: u32) -> StoreResult<Vec<FactRow>> {
    let rows: Vec<RawFact> = sqlx::query_as(
        "select fact_id, source.name as source, fact.identity_id, fact.natural_key, body
         from identity join fact on fact.identity_id = identity.identity_id
         join source on source.source_id = fact.source_id
         where identity.member_number = $1 and fact.kind = $2 order by fact.natural_key, fact_id",
    )
    .bind(member_number)
    .bind(kind.name())
    .fetch_all(db.readers())
    .await?;
    Ok(rows.into_iter().map(|row| row.of_kind(kind)).collect())
}

/// The member whom a fact is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Small number.
    pub member_number: u32,
    /// Public id.
    pub member_id: Vec<u8>,
    /// Name.
    pub name: String,
}

/// Every fact of a kind that is about a member, with that member, in the order of their keys.
pub async fn of_members(db: &Db, kind: FactKind) -> StoreResult<Vec<(FactRow, Subject)>> {
    let rows = sqlx::query(
        "select fact_id, source.name, fact.identity_id, fact.natural_key, body,
                member.member_number, member.member_id, member.name
         from fact join source on source.source_id = fact.source_id
         join identity on identity.identity_id = fact.identity_id
         join member on member.member_number = identity.member_number
         where fact.kind = $1 order by fact.natural_key, fact_id",
    )
    .bind(kind.name())
    .fetch_all(db.readers())
    .await?;
    let read = |row: sqlx::sqlite::SqliteRow| {
        let fact = RawFact {
            fact_id: row.try_get(0)?,
            source: row.try_get(1)?,
            identity_id: row.try_get(2)?,
            natural_key: row.try_get(3)?,
            body: row.try_get(4)?,
        };
        let subject = Subject { member_number: row.try_get(5)?, member_id: row.try_get(6)?, name: row.try_get(7)? };
        Ok((fact.of_kind(kind), subject))
    };
    rows.into_iter().map(read).collect()
}

/// The facts of a kind with that key: one for each source that states it.
pub async fn with_key(db: &Db, kind: FactKind, key: &str) -> StoreResult<Vec<FactRow>> {
    let rows: Vec<RawFact> = sqlx::query_as(
        "select fact_id, source.name as source, identity_id, natural_key, body
         from fact join source on source.source_id = fact.source_id
         where natural_key = $1 and kind = $2 order by fact_id",
    )
    .bind(key)
    .bind(kind.name())
    .fetch_all(db.readers())
    .await?;
    Ok(rows.into_iter().map(|row| row.of_kind(kind)).collect())
}

/// How many facts there are about what sources call by these ids: by source, id and kind. An id of two sources may mean two
/// organizations.
pub async fn counts_about_organizations(db: &Db, ids: &[String]) -> StoreResult<Vec<(String, String, String, i64)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = bulk::any_of(
        "select source.name, fact.organization, fact.kind, count(*)
         from fact join source on source.source_id = fact.source_id where fact.organization",
        ids.len(),
        " group by source.name, fact.organization, fact.kind order by fact.kind, source.name, fact.organization",
    );
    for id in ids {
        query = query.bind(id.as_str());
    }
    let rows = query.fetch_all(db.readers()).await?;
    rows.into_iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))).collect()
}

/// How many facts of each kind there are.
pub async fn counts(db: &Db) -> StoreResult<Vec<(String, i64)>> {
    Ok(sqlx::query_as("select kind, count(*) from fact group by kind order by kind").fetch_all(db.readers()).await?)
}
