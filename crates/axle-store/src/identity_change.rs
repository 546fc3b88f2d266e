//! What people decided about who is who: changes that can be undone, and what they said of suggestions.

use std::collections::{HashMap, HashSet};

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx, scan, setting};

/// Edges of people's own; all other kinds follow from the record or from settings.
pub const HUMAN: &str = "human";
/// Two identities that are two people, whatever else says.
pub const CANNOT_LINK: &str = "cannot_link";

/// An edge that a person makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEdge {
    /// Smaller number.
    pub a: u32,
    /// Larger number.
    pub b: u32,
    /// [`HUMAN`] or [`CANNOT_LINK`].
    pub kind: &'static str,
    /// For people.
    pub reason: String,
    /// Of a human edge: the identity whose member keeps its id. Of one that parts a member: the identity whose side keeps the
    /// member's id, where the other would have it by its keys.
    pub keeps: Option<u32>,
}

/// Makes an edge hold from `now` on; gives whether it did not hold before.
pub async fn add_edge(tx: &mut Tx, edge: &NewEdge, by: Option<&str>, now: i64) -> StoreResult<bool> {
    let done = sqlx::query(
        "insert into identity_edge (a, b, kind, reason, created_at, held_from, created_by, keeps)
         select $1, $2, $3, $4, $5, $5, $6, $7
         where not exists (select 1 from identity_edge where a = $1 and b = $2 and kind = $3 and revoked_at is null)
         on conflict (a, b, kind, held_from) do update set revoked_at = null, reason = excluded.reason,
            created_at = excluded.created_at, created_by = excluded.created_by, keeps = excluded.keeps",
    )
    .bind(edge.a)
    .bind(edge.b)
    .bind(edge.kind)
    .bind(edge.reason.as_str())
    .bind(now)
    .bind(by)
    .bind(edge.keeps)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Says of an edge that holds on whose side the id stays: see [`NewEdge::keeps`].
pub async fn set_keeps(tx: &mut Tx, a: u32, b: u32, kind: &str, keeps: Option<u32>) -> StoreResult<()> {
    sqlx::query("update identity_edge set keeps = $1 where a = $2 and b = $3 and kind = $4 and revoked_at is null")
        .bind(keeps)
        .bind(a)
        .bind(b)
        .bind(kind)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes an edge back; gives whether it held.
pub async fn revoke_edge(tx: &mut Tx, a: u32, b: u32, kind: &str, now: i64) -> StoreResult<bool> {
    let done = sqlx::query(
        "update identity_edge set revoked_at = $1 where a = $2 and b = $3 and kind = $4 and revoked_at is null",
    )
    .bind(now)
    .bind(a)
    .bind(b)
    .bind(kind)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lets an edge hold again from `now` on that was taken back, as it was: by whom and when it was made stays.
pub async fn restore_edge(tx: &mut Tx, a: u32, b: u32, kind: &str, now: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into identity_edge (a, b, kind, reason, created_at, held_from, confidence, created_by, keeps)
         select a, b, kind, reason, created_at, $1, confidence, created_by, keeps from identity_edge
         where a = $2 and b = $3 and kind = $4
             and held_from = (select max(held_from) from identity_edge where a = $2 and b = $3 and kind = $4)
             and not exists (select 1 from identity_edge where a = $2 and b = $3 and kind = $4 and revoked_at is null)
         on conflict (a, b, kind, held_from) do update set revoked_at = null",
    )
    .bind(now)
    .bind(a)
    .bind(b)
    .bind(kind)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A change that a person made.
#[derive(Debug, Clone, FromRow)]
pub struct ChangeRow {
    /// Number.
    pub identity_change_id: i64,
    /// [`IDENTITY`], [`ORGANIZATION`], [`AFFILIATION`], [`PROGRAM`], [`TEAMMATE`] or [`TAG`].
    pub subject: String,
    /// `merge`, `split`, `accept`, `reject` or [`FOUND`]; `there`, `not_there`; `yes`, `no`, `auto`.
    pub kind: String,
    /// For people.
    pub summary: String,
    /// JSON: what it made and took back. Empty in lists, where `whom` tells enough: of a large import it is megabytes.
    pub edges: String,
    /// JSON: the first of whom it is about, and how many there are; `None` of changes from before that was kept.
    pub whom: Option<String>,
    /// Who.
    pub changed_by: Option<String>,
    /// Microseconds since 1970.
    pub changed_at: i64,
    /// Microseconds since 1970, if it was undone.
    pub undone_at: Option<i64>,
    /// Who undid it.
    pub undone_by: Option<String>,
}

/// The kind of a change that nobody made: what followed from the record or from probabilities.
pub const FOUND: &str = "found";

/// A change of which accounts are one member.
pub const IDENTITY: &str = "identity";
/// A change of which sightings are one organization.
pub const ORGANIZATION: &str = "organization";
/// A change of who was where.
pub const AFFILIATION: &str = "affiliation";
/// A change of who is a program.
pub const PROGRAM: &str = "program";
/// A change of who was a teammate when.
pub const TEAMMATE: &str = "teammate";
/// A change of the tags that a member has.
pub const TAG: &str = "tag";

/// What a change is about: its subject, what was done to it, and the same for people.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// [`IDENTITY`], [`ORGANIZATION`], [`AFFILIATION`], [`PROGRAM`], [`TEAMMATE`] or [`TAG`].
    pub subject: &'static str,
    /// `merge`, `split`, `accept`, `reject` or [`FOUND`]; `there`, `not_there`; `yes`, `no`, `auto`.
    pub kind: &'static str,
    /// For people.
    pub summary: &'a str,
}

/// Keeps a change with what it made and took back, and whom it is about, both as JSON; gives its number.
pub async fn add(
    tx: &mut Tx,
    about: About<'_>,
    (edges, whom): (&str, &str),
    by: Option<&str>,
    now: i64,
) -> StoreResult<i64> {
    setting::note_change(tx).await?;
    Ok(sqlx::query_scalar(
        "insert into identity_change (subject, kind, summary, edges, whom, changed_by, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning identity_change_id",
    )
    .bind(about.subject)
    .bind(about.kind)
    .bind(about.summary)
    .bind(edges)
    .bind(whom)
    .bind(by)
    .bind(now)
    .fetch_one(tx.connection())
    .await?)
}

const COLUMNS: &str = "identity_change_id, subject, kind, summary, edges, whom, changed_by, changed_at, undone_at, undone_by from identity_change";
/// The same for lists.
const LISTED: &str =
    "identity_change_id, subject, kind, summary, case when whom is null then edges else '' end as edges, whom,
    changed_by, changed_at, undone_at, undone_by from identity_change";

/// A change by its number.
pub async fn by_number(tx: &mut Tx, number: i64) -> StoreResult<Option<ChangeRow>> {
    let query = sqlx::AssertSqlSafe(format!("select {COLUMNS} where identity_change_id = $1"));
    Ok(sqlx::query_as(query).bind(number).fetch_optional(tx.connection()).await?)
}

/// Every change of a subject, the newest first.
pub async fn all(db: &Db, subject: &str) -> StoreResult<Vec<ChangeRow>> {
    let query = format!("select {COLUMNS} where subject = $1 order by identity_change_id desc");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(subject).fetch_all(db.readers()).await?)
}

/// Changes of a subject that were made before one, by its number, as lists have them; the newest first, at most `limit`.
pub async fn before(db: &Db, subject: &str, number: i64, limit: u32) -> StoreResult<Vec<ChangeRow>> {
    let query = format!(
        "select {LISTED} where subject = $1 and identity_change_id < $2 order by identity_change_id desc limit $3"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(subject).bind(number).bind(limit);
    Ok(query.fetch_all(db.readers()).await?)
}

/// How many changes of a subject there are.
pub async fn count(db: &Db, subject: &str) -> StoreResult<i64> {
    let query = sqlx::query_scalar("select count(*) from identity_change where subject = $1");
    Ok(query.bind(subject).fetch_one(db.readers()).await?)
}

/// What people said of a member: of programs, teammates and tags, undone or not, the newest first.
pub async fn words_on_member(db: &Db, member_number: u32) -> StoreResult<Vec<ChangeRow>> {
    let query = format!(
        "select {LISTED} where identity_change_id in (
            select member_word.identity_change_id from member_word join identity using (identity_id)
            where identity.member_number = $1)
         order by identity_change_id desc"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(member_number).fetch_all(db.readers()).await?)
}

/// Marks a change as undone.
pub async fn set_undone(tx: &mut Tx, number: i64, by: Option<&str>, now: i64) -> StoreResult<()> {
    setting::note_change(tx).await?;
    sqlx::query("update identity_change set undone_at = $1, undone_by = $2 where identity_change_id = $3")
        .bind(now)
        .bind(by)
        .bind(number)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What a reviewer said of a suggestion: one person.
pub const ACCEPTED: &str = "accepted";
/// Two people.
pub const REJECTED: &str = "rejected";

/// What somebody said of a suggestion.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Decision {
    /// Smaller number of the two identities.
    pub a: u32,
    /// Larger number.
    pub b: u32,
    /// [`ACCEPTED`], [`REJECTED`] or `skipped`.
    pub decision: String,
    /// Before calibration, 0 to 1.
    pub probability: f64,
}

/// Keeps what somebody said, in the place of what was said before.
pub async fn decide(tx: &mut Tx, decision: &Decision, by: Option<&str>, now: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into suggestion_decision (a, b, decision, probability, decided_by, decided_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (a, b) do update set decision = excluded.decision, probability = excluded.probability,
            decided_by = excluded.decided_by, decided_at = excluded.decided_at",
    )
    .bind(decision.a)
    .bind(decision.b)
    .bind(decision.decision.as_str())
    .bind(decision.probability)
    .bind(by)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Says otherwise of a suggestion that somebody decided: whoever decided it, and how likely it was, stay.
pub async fn correct(tx: &mut Tx, a: u32, b: u32, decision: &str) -> StoreResult<()> {
    sqlx::query("update suggestion_decision set decision = $1 where a = $2 and b = $3")
        .bind(decision)
        .bind(a)
        .bind(b)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that who may be one person changed, where no change is kept.
pub async fn note(tx: &mut Tx) -> StoreResult<()> {
    setting::note_change(tx).await
}

/// Takes back what was said of a suggestion.
pub async fn forget_decision(tx: &mut Tx, a: u32, b: u32) -> StoreResult<()> {
    sqlx::query("delete from suggestion_decision where a = $1 and b = $2")
        .bind(a)
        .bind(b)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// All that was said of suggestions.
pub async fn decisions(db: &Db) -> StoreResult<Vec<Decision>> {
    Ok(sqlx::query_as("select a, b, decision, probability from suggestion_decision order by a, b")
        .fetch_all(db.readers())
        .await?)
}

/// The threads that identities wrote in, as (identity, thread).
pub async fn threads_of(db: &Db, identities: &[u32]) -> StoreResult<Vec<(u32, u32)>> {
    let list = serde_json::to_string(identities).unwrap_or_default();
    let query = "select distinct identity_id, thread_id from activity
         where identity_id in (select value from json_each(?1)) and thread_id is not null";
    scan::rows(db, query, [list], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// What [`addressed`] is found from.
#[derive(Default)]
struct Spoken {
    /// Who wrote what is on an object.
    authors: HashMap<Object, u32>,
    replies: Vec<(u32, Object)>,
    pairs: HashSet<(u32, u32)>,
}

/// The first bytes of the ids of all activities on one object.
type Object = [u8; 12];

/// Who of these identities wrote to whom of them in a chat or a forum, as (from, to): by a direct reply, or by naming them. A
/// message to an own address, or a commit for another name of one's own, is none of it.
pub async fn addressed(db: &Db, identities: &[u32]) -> StoreResult<HashSet<(u32, u32)>> {
    let list = serde_json::to_string(identities).unwrap_or_default();
    let all: HashSet<u32> = identities.iter().copied().collect();
    let query =
        "select activity.identity_id, activity.activity_id, activity.parent_id, activity.counterparts from activity
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         where activity.identity_id in (select value from json_each(?1)) and activity.text is not null
           and (activity_type.key like 'chat:%' or activity_type.key like 'forum:%')";
    let spoken = scan::fold(db, query, [list], Spoken::default(), move |spoken, row| {
        let from: u32 = row.get(0)?;
        let object = |id: Option<Vec<u8>>| id.and_then(|id| id.first_chunk::<12>().copied());
        if let Some(own) = object(row.get(1)?) {
            spoken.authors.insert(own, from);
        }
        spoken.replies.extend(object(row.get(2)?).map(|to| (from, to)));
        let named = row.get::<_, Option<String>>(3)?.and_then(|list| serde_json::from_str::<Vec<u32>>(&list).ok());
        spoken.pairs.extend(named.into_iter().flatten().filter(|to| all.contains(to)).map(|to| (from, to)));
        Ok(())
    })
    .await?;
    let Spoken { authors, replies, mut pairs } = spoken;
    pairs.extend(replies.into_iter().filter_map(|(from, to)| Some((from, *authors.get(&to)?))));
    pairs.retain(|(from, to)| from != to);
    Ok(pairs)
}

/// How much was done by these identities, and when first: activities, and microseconds since 1970.
pub async fn weight(db: &Db, identities: &[u32]) -> StoreResult<(i64, Option<i64>)> {
    let list = serde_json::to_string(identities).unwrap_or_default();
    Ok(sqlx::query_as(
        "select count(*), min(occurred_at) from activity
         where identity_id in (select value from json_each($1)) and deleted_at is null",
    )
    .bind(list)
    .fetch_one(db.readers())
    .await?)
}
