//! Identities and the edges between them.

use std::collections::{HashMap, HashSet};

use axle_model::IdentityKey;
use sqlx::{AssertSqlSafe, FromRow, Row};

use crate::batch::{Met, Seen, SeenEmail};
use crate::identity_change::{self, CANNOT_LINK, HUMAN};
use crate::{Db, StoreResult, Tx, bulk, scan, setting, worked_out};

/// The identities that a writer has met: key to number, and what was last written of each.
#[derive(Default)]
pub(crate) struct Identities {
    known: HashMap<IdentityKey, Known>,
    /// When the latest batch was read, in microseconds.
    now: i64,
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

    /// Makes every person of the batch known at `now`, in microseconds; gives how many are new to the record, and their numbers.
    pub(crate) async fn resolve(
        &mut self,
        tx: &mut Tx,
        people: &[IdentityKey],
        seen: &[Seen],
        now: i64,
    ) -> StoreResult<(u64, Vec<u32>)> {
        self.now = now;
        if self.known.len() > MOST_CACHED {
            self.flush(tx).await?;
            self.known.clear();
        }
        let mut pending: Vec<(&IdentityKey, Seen)> = Vec::new();
        for (key, seen) in people.iter().zip(seen) {
            match self.known.get_mut(key) {
                Some(known) => {
                    let called = |seen: &Seen| (seen.name_at, seen.username_at);
                    let before = called(&known.seen);
                    let met = known.seen.meet_all(seen);
                    if met == Met::Something {
                        pending.push((key, known.seen.clone()));
                    } else {
                        known.is_late |= called(&known.seen) != before || met == Met::Time;
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
        late.sort_by(|a, b| a.0.cmp(b.0));
        if !late.is_empty() {
            let numbers: Vec<u32> = late.iter().map(|(key, _)| self.known[*key].id).collect();
            let stated = count_stated(tx, &numbers).await?;
            self.upsert(tx, &late).await?;
            worked_out::note_unresolved(tx).await?;
            if have_several_emails(tx, &numbers).await? || count_stated(tx, &numbers).await? != stated {
                setting::note_change(tx).await?;
            }
        }
        self.known.values_mut().for_each(|known| known.is_late = false);
        Ok(())
    }

    async fn upsert(&mut self, tx: &mut Tx, people: &[(&IdentityKey, Seen)]) -> StoreResult<()> {
        for run in bulk::runs(people.len()) {
            let run = &people[run];
            let mut query = bulk::values(
                "insert into identity (platform, natural_key, uid, username, email, name, phone, visitor, bot, name_at, username_at, email_at)",
                run.len(),
                12,
                "on conflict (platform, natural_key) do update set
                    uid = coalesce(identity.uid, excluded.uid),
                    username = case when excluded.username is not null and coalesce(excluded.username_at >= identity.username_at, true) then excluded.username else identity.username end,
                    email = case when excluded.email is not null and coalesce(excluded.email_at >= identity.email_at, true) then excluded.email else identity.email end,
                    name = case when excluded.name is not null and coalesce(excluded.name_at >= identity.name_at, true) then excluded.name else identity.name end,
                    phone = coalesce(identity.phone, excluded.phone),
                    visitor = coalesce(identity.visitor, excluded.visitor),
                    bot = case when identity.bot is null then excluded.bot when excluded.bot is null then identity.bot else max(identity.bot, excluded.bot) end,
                    name_at = coalesce(max(identity.name_at, excluded.name_at), identity.name_at, excluded.name_at),
                    username_at = coalesce(max(identity.username_at, excluded.username_at), identity.username_at, excluded.username_at),
                    email_at = coalesce(max(identity.email_at, excluded.email_at), identity.email_at, excluded.email_at)
                 returning identity_id, platform, natural_key",
            );
            for (key, seen) in run {
                let identity = &seen.identity;
                let dated = |value: &Option<String>, at: i64| value.as_ref().map(|_| at);
                let (email, email_at) = seen.email().unzip();
                query = query
                    .bind(key.platform.as_str())
                    .bind(key.key.as_str())
                    .bind(identity.uid.as_deref())
                    .bind(identity.username.as_deref())
                    .bind(email)
                    .bind(identity.name.as_deref())
                    .bind(identity.phone.as_deref())
                    .bind(identity.visitor.as_deref())
                    .bind(identity.bot.map(i64::from))
                    .bind(dated(&identity.name, seen.name_at))
                    .bind(dated(&identity.username, seen.username_at))
                    .bind(email_at);
            }
            let mut ids: HashMap<IdentityKey, u32> = HashMap::with_capacity(run.len());
            for row in query.fetch_all(tx.connection()).await? {
                ids.insert(IdentityKey { platform: row.try_get(1)?, key: row.try_get(2)? }, row.try_get(0)?);
            }
            write_emails(tx, run.iter().map(|(key, seen)| (ids[*key], seen)), self.now).await?;
            for (key, seen) in run {
                let id = ids[*key];
                self.known.insert((*key).clone(), Known { id, seen: seen.clone(), is_late: false });
            }
        }
        Ok(())
    }
}

/// Writes the addresses of identities, as read at `now`: what is known of each only grows.
async fn write_emails(tx: &mut Tx, seen: impl Iterator<Item = (u32, &Seen)>, now: i64) -> StoreResult<()> {
    let emails: Vec<(u32, &SeenEmail)> =
        seen.flat_map(|(id, seen)| seen.emails.iter().map(move |email| (id, email))).collect();
    for run in bulk::runs(emails.len()) {
        let run = &emails[run];
        let mut query = bulk::values(
            "insert into identity_email (identity_id, email, verified, first_at, last_at, heard_at)",
            run.len(),
            6,
            "on conflict (identity_id, email) do update set
                verified = max(identity_email.verified, excluded.verified),
                first_at = coalesce(min(identity_email.first_at, excluded.first_at), identity_email.first_at, excluded.first_at),
                last_at = coalesce(max(identity_email.last_at, excluded.last_at), identity_email.last_at, excluded.last_at),
                heard_at = coalesce(identity_email.heard_at, excluded.heard_at)",
        );
        for (id, seen) in run {
            query = query
                .bind(*id)
                .bind(seen.email.as_str())
                .bind(i64::from(seen.is_verified))
                .bind(seen.during.map(|(first, _)| first))
                .bind(seen.during.map(|(_, last)| last))
                .bind(seen.is_stated.then_some(now));
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
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
    /// Whether the source has proven this address.
    pub email_verified: bool,
    /// Name.
    pub name: Option<String>,
    /// Telephone number, as written.
    pub phone: Option<String>,
    /// A browser's first-party visitor id.
    pub visitor: Option<String>,
    /// Whether a source says that it is a program.
    pub bot: Option<bool>,
    /// Its member's number, once resolved.
    pub member_number: Option<u32>,
}

/// Rows of the table, with what is known of the address that the identity has now.
macro_rules! identities {
    ($which:literal) => {
        concat!(
            "select identity.identity_id, platform, natural_key, uid, username, identity.email, coalesce(verified, 0) as email_verified,
                 name, phone, visitor, bot, member_number
             from identity left join identity_email
                 on identity_email.identity_id = identity.identity_id and identity_email.email = lower(identity.email) ",
            $which
        )
    };
}

/// Every identity, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<IdentityRow>> {
    let query = identities!("order by identity.identity_id");
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
            phone: row.get(8)?,
            visitor: row.get(9)?,
            bot: row.get(10)?,
            member_number: row.get(11)?,
        })
    };
    scan::rows(db, query, (), take).await
}

/// The identity of that key.
pub(crate) async fn called(tx: &mut Tx, key: &IdentityKey) -> StoreResult<Option<IdentityRow>> {
    Ok(sqlx::query_as(identities!("where platform = $1 and natural_key = $2"))
        .bind(key.platform.as_str())
        .bind(key.key.as_str())
        .fetch_optional(tx.connection())
        .await?)
}

/// The identities of these numbers, by number.
pub async fn by_numbers(db: &Db, numbers: &[u32]) -> StoreResult<Vec<IdentityRow>> {
    let query =
        identities!("where identity.identity_id in (select value from json_each($1)) order by identity.identity_id");
    let list = serde_json::to_string(numbers).unwrap_or_default();
    Ok(sqlx::query_as(query).bind(list).fetch_all(db.readers()).await?)
}

/// The identities of one member, by number.
pub async fn of_member(db: &Db, member_number: u32) -> StoreResult<Vec<IdentityRow>> {
    let query = identities!("where member_number = $1 order by identity.identity_id");
    Ok(sqlx::query_as(query).bind(member_number).fetch_all(db.readers()).await?)
}

/// The identities of these members, each with its member's number, by the identity's number within a run of members.
pub async fn of_members(db: &Db, member_numbers: &[u32]) -> StoreResult<Vec<(u32, u32)>> {
    let mut found = Vec::with_capacity(member_numbers.len());
    for run in bulk::runs(member_numbers.len()) {
        let run = &member_numbers[run];
        let mut query = bulk::any_of(
            "select identity_id, member_number from identity where member_number",
            run.len(),
            "order by identity_id",
        );
        for number in run {
            query = query.bind(*number);
        }
        for row in query.fetch_all(db.readers()).await? {
            found.push((row.try_get(0)?, row.try_get(1)?));
        }
    }
    Ok(found)
}

/// An address that an identity has or had.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EmailRow {
    /// The identity.
    pub identity_id: u32,
    /// Without spaces around it, in lower case.
    pub email: String,
    /// Whether the source has proven it.
    pub verified: bool,
    /// First activity that carried it, microseconds since 1970; `None` where none did.
    pub first_at: Option<i64>,
    /// Last activity that carried it.
    pub last_at: Option<i64>,
    /// When a profile that tells no time first said so; `None` where none did.
    pub heard_at: Option<i64>,
}

/// The addresses of identities that had more than one, by identity and address.
pub async fn several_emails(db: &Db) -> StoreResult<Vec<EmailRow>> {
    let query = "select identity_id, email, verified, first_at, last_at, heard_at from identity_email
         where identity_id in (select identity_id from identity_email group by identity_id having count(*) > 1)
         order by identity_id, email";
    Ok(sqlx::query_as(query).fetch_all(db.readers()).await?)
}

/// The present address of identities that say it and whose activities do not carry it: the identity, and when a profile first
/// said so, in microseconds since 1970; `None` where that is not known.
pub async fn stated_emails(db: &Db) -> StoreResult<Vec<(u32, Option<i64>)>> {
    // 0 stands for a profile that was read before that was noted.
    let query = "select identity_id, nullif(heard_at, 0) from identity_email join identity using (identity_id)
         where identity_email.email = lower(identity.email) and first_at is null and (verified = 1 or heard_at is not null)";
    scan::rows(db, query, (), |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Whether any of these identities had more than one address: when it used which tells who worked where.
async fn have_several_emails(tx: &mut Tx, identities: &[u32]) -> StoreResult<bool> {
    let query = "select exists (
             select 1 from identity_email where identity_id in (select value from json_each($1))
             group by identity_id having count(*) > 1)";
    let list = serde_json::to_string(identities).unwrap_or_default();
    Ok(sqlx::query_scalar(query).bind(list).fetch_one(tx.connection()).await?)
}

/// How many addresses of these identities are proven or said by a profile, and carried by no activity: the first that carries one tells
/// on which days it was in use.
async fn count_stated(tx: &mut Tx, identities: &[u32]) -> StoreResult<i64> {
    let query = "select count(*) from identity_email where identity_id in (select value from json_each($1))
             and first_at is null and (verified = 1 or heard_at is not null)";
    let list = serde_json::to_string(identities).unwrap_or_default();
    Ok(sqlx::query_scalar(query).bind(list).fetch_one(tx.connection()).await?)
}

/// As [`several_emails`], of one identity.
pub(crate) async fn several_emails_of(tx: &mut Tx, identity_id: u32) -> StoreResult<Vec<EmailRow>> {
    let query = "select identity_id, email, verified, first_at, last_at, heard_at from identity_email
         where identity_id = $1 order by email";
    let mut rows: Vec<EmailRow> = sqlx::query_as(query).bind(identity_id).fetch_all(tx.connection()).await?;
    if rows.len() < 2 {
        rows.clear();
    }
    Ok(rows)
}

/// Why two identities are one person, or two.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Edge {
    /// Smaller number.
    pub a: u32,
    /// Larger number.
    pub b: u32,
    /// `verified_email`, `account`, `link`, `mailmap`; [`LIKENESS`], [`HUMAN`] or [`CANNOT_LINK`].
    pub kind: String,
    /// For people: `same verified address`.
    pub reason: String,
    /// How sure it is, 0 to 1; 1 for proof and for people's word.
    pub confidence: f64,
    /// Of a human edge: the identity whose member keeps its id; of one that parts a member, the identity whose side does.
    pub keeps: Option<u32>,
    /// Who said so; `None` where nobody did.
    pub created_by: Option<String>,
    /// When it was said or found, microseconds since 1970; 0 of one that is not stored yet.
    pub created_at: i64,
}

const EDGE: &str = "select edge.a, edge.b, edge.kind, edge.reason, edge.confidence, edge.keeps, edge.created_by, edge.created_at from identity_edge edge";

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

/// Edges of likeness above the administrator's threshold.
pub const LIKENESS: &str = "automatic";

/// Edges that hold without a person: of proof and of likeness, by their identities.
pub async fn derived_edges(db: &Db) -> StoreResult<Vec<Edge>> {
    let query = format!(
        "{EDGE} where edge.kind not in ('{HUMAN}', '{CANNOT_LINK}') and edge.revoked_at is null order by edge.a, edge.b, edge.kind"
    );
    Ok(sqlx::query_as(AssertSqlSafe(query)).fetch_all(db.readers()).await?)
}

/// Pairs of identities that an edge joined at an instant in microseconds.
pub async fn joined_at(db: &Db, at: i64) -> StoreResult<Vec<(u32, u32)>> {
    let query = format!(
        "select a, b from identity_edge
         where kind <> '{CANNOT_LINK}' and held_from <= $1 and (revoked_at is null or revoked_at > $1)"
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
            "insert into identity_edge (a, b, kind, reason, confidence, created_at, held_from)",
            run.len(),
            7,
            "on conflict (a, b, kind, held_from) do update set revoked_at = null, reason = excluded.reason,
                confidence = excluded.confidence, created_at = excluded.created_at",
        );
        for edge in run {
            query = query
                .bind(edge.a)
                .bind(edge.b)
                .bind(edge.kind.as_str())
                .bind(edge.reason.as_str())
                .bind(edge.confidence)
                .bind(now)
                .bind(now);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    /// A record as the migrations before a file leave it.
    fn before(file: &str) -> rusqlite::Connection {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/workspace");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let record = rusqlite::Connection::open_in_memory().unwrap();
        for path in files.iter().take_while(|path| !path.ends_with(file)) {
            record.execute_batch(&std::fs::read_to_string(path).unwrap()).unwrap();
        }
        record
    }

    #[test]
    fn edges_of_before_are_one_stretch_each() {
        let record = before("0047_edge_stretches.sql");
        let two = "insert into identity (platform, natural_key) values ('chat', 'uid:1'), ('forum', 'uid:1')";
        record.execute_batch(two).unwrap();
        let edge = "insert into identity_edge (a, b, kind, reason, created_at, revoked_at, created_by)
             values (1, 2, 'human', 'said', 5, null, 'Ines'), (1, 2, 'cannot_link', 'split', 3, 5, null)";
        record.execute_batch(edge).unwrap();
        record.execute_batch(include_str!("../migrations/workspace/0047_edge_stretches.sql")).unwrap();
        let query = "select kind, created_at, held_from, revoked_at, created_by from identity_edge order by kind";
        let mut rows = record.prepare(query).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let (kind, by): (String, Option<String>) = (row.get(0)?, row.get(4)?);
            let times: [Option<i64>; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
            Ok((kind, times, by))
        };
        let found: Vec<_> = rows.query_map((), row).unwrap().map(Result::unwrap).collect();
        let expected = [
            ("cannot_link".to_owned(), [Some(3), Some(3), Some(5)], None),
            ("human".to_owned(), [Some(5), Some(5), None], Some("Ines".to_owned())),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_record_of_before_keeps_what_it_knows_of_addresses() {
        let record = before("0039_identity_email.sql");
        // When the address was last said: an activity, a profile without a time, a mere mention.
        let instants = [("dated", 5_i64), ("stated", i64::MAX / 2), ("mentioned", i64::MIN)];
        for (key, at) in instants {
            let identity = "insert into identity (platform, natural_key, email, email_verified, email_at) values ('chat', ?1, ?2, 1, ?3)";
            record.execute(identity, (key, format!("\tAda@{key}.io "), at)).unwrap();
        }
        record.execute_batch(include_str!("../migrations/workspace/0039_identity_email.sql")).unwrap();
        let query = "select natural_key, identity.email, identity_email.email, verified, first_at, last_at, heard_at
             from identity join identity_email using (identity_id) order by identity_id";
        let mut rows = record.prepare(query).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let texts: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            let times: [Option<i64>; 4] = [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
            Ok((texts.join(" "), times))
        };
        let found: Vec<(String, [Option<i64>; 4])> = rows.query_map((), row).unwrap().map(Result::unwrap).collect();
        let expected = [
            ("dated Ada@dated.io ada@dated.io".to_owned(), [Some(1), Some(5), Some(5), None]),
            ("stated Ada@stated.io ada@stated.io".to_owned(), [Some(1), None, None, Some(0)]),
            ("mentioned Ada@mentioned.io ada@mentioned.io".to_owned(), [Some(1), None, None, None]),
        ];
        assert_eq!(found, expected);
    }
}
