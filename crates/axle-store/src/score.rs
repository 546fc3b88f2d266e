//! Scores of members as of the last scoring, for lists and pages.

use sqlx::{FromRow, Row};

use crate::{Db, StoreResult, Tx, bulk};

/// One member's score.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ScoreRow {
    /// Member.
    pub member_number: u32,
    /// Public id.
    pub member_id: Vec<u8>,
    /// Local day at whose start it holds.
    pub as_of_day: i32,
    /// Step of the look-back, 0 to 12.
    pub step_raw: u8,
    /// Step held, 0 to 12.
    pub step: u8,
    /// Local day since which it is held.
    pub held_since_day: Option<i32>,
    /// Monthly decayed love.
    pub love: f64,
    /// Continuously decayed love.
    pub love_continuous: f64,
    /// `low`, `neutral`, `high`, `no baseline`.
    pub presence: String,
    /// Sum of connection strengths.
    pub reach: f64,
    /// Days with activity among the last 30.
    pub active_days_30: u32,
    /// … 90.
    pub active_days_90: u32,
    /// … 365.
    pub active_days_365: u32,
    /// Counted activities, ever.
    pub activities: u64,
    /// First day with counted activity.
    pub first_day: Option<i32>,
    /// Last day with counted activity.
    pub last_day: Option<i32>,
    /// First counted activity, microseconds since 1970.
    pub first_at: Option<i64>,
    /// Last counted activity, microseconds since 1970.
    pub last_at: Option<i64>,
    /// JSON: what justifies the step.
    pub explanation: String,
    /// Version of the settings it was made with.
    pub settings_version: i64,
}

/// Replaces the scores of these members.
pub async fn store(tx: &mut Tx, scores: &[ScoreRow]) -> StoreResult<()> {
    for run in bulk::runs(scores.len()) {
        let run = &scores[run];
        let mut query = bulk::values(
            "insert into member_score (member_number, member_id, as_of_day, step_raw, step, held_since_day, love, love_continuous, presence, reach,
             active_days_30, active_days_90, active_days_365, activities, first_day, last_day, first_at, last_at, explanation, settings_version)",
            run.len(),
            20,
            "on conflict (member_number) do update set member_id = excluded.member_id, as_of_day = excluded.as_of_day, step_raw = excluded.step_raw,
                step = excluded.step, held_since_day = excluded.held_since_day, love = excluded.love, love_continuous = excluded.love_continuous,
                presence = excluded.presence, reach = excluded.reach, active_days_30 = excluded.active_days_30,
                active_days_90 = excluded.active_days_90, active_days_365 = excluded.active_days_365, activities = excluded.activities,
                first_day = excluded.first_day, last_day = excluded.last_day, first_at = excluded.first_at, last_at = excluded.last_at,
                explanation = excluded.explanation, settings_version = excluded.settings_version",
        );
        for score in run {
            query = query
                .bind(score.member_number)
                .bind(score.member_id.as_slice())
                .bind(score.as_of_day)
                .bind(score.step_raw)
                .bind(score.step)
                .bind(score.held_since_day)
                .bind(score.love)
                .bind(score.love_continuous)
                .bind(score.presence.as_str())
                .bind(score.reach)
                .bind(score.active_days_30)
                .bind(score.active_days_90)
                .bind(score.active_days_365)
                .bind(i64::try_from(score.activities).unwrap_or(i64::MAX))
                .bind(score.first_day)
                .bind(score.last_day)
                .bind(score.first_at)
                .bind(score.last_at)
                .bind(score.explanation.as_str())
                .bind(score.settings_version);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// What others' activity changes in a member's score.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedRow {
    /// Member.
    pub member_number: u32,
    /// As in [`ScoreRow`].
    pub presence: &'static str,
    /// As in [`ScoreRow`].
    pub reach: f64,
}

/// Replaces of these members' scores what follows from others.
pub async fn store_shared(tx: &mut Tx, shared: &[SharedRow]) -> StoreResult<()> {
    for run in bulk::runs(shared.len()) {
        let run = &shared[run];
        let mut query = bulk::values(
            "with changed (member_number, presence, reach) as (",
            run.len(),
            3,
            ") update member_score set presence = changed.presence, reach = changed.reach
             from changed where changed.member_number = member_score.member_number",
        );
        for row in run {
            query = query.bind(row.member_number).bind(row.presence).bind(row.reach);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Forgets the scores of these members.
pub async fn forget(tx: &mut Tx, members: &[u32]) -> StoreResult<()> {
    for run in bulk::runs(members.len()) {
        let run = &members[run];
        let mut query = bulk::any_of("delete from member_score where member_number", run.len(), "");
        for number in run {
            query = query.bind(number);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// A state of the record, as scores see it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Basis {
    /// Version of the program that scores.
    pub made_by: String,
    /// Local day at whose start scores hold.
    pub as_of_day: i32,
    /// Rises with the version of the directory and with that of the facts.
    pub directory_version: i64,
    /// Greatest sequence number of an activity.
    pub last_seq: i64,
}

/// The state of the record now, for scores that `made_by` makes as of a day.
pub async fn basis(db: &Db, made_by: &str, as_of_day: i32) -> StoreResult<Basis> {
    let (directory_version, last_seq) = sqlx::query_as(
        "select (select version + facts from directory_version), coalesce((select max(seq) from activity), 0)",
    )
    .fetch_one(db.readers())
    .await?;
    Ok(Basis { made_by: made_by.to_owned(), as_of_day, directory_version, last_seq })
}

/// What the stored scores were made from, and their generation, which rises with each scoring; `None` before the first.
pub async fn stored_basis(db: &Db) -> StoreResult<Option<(Basis, i64)>> {
    let row = sqlx::query("select made_by, as_of_day, directory_version, last_seq, generation from scoring")
        .fetch_optional(db.readers())
        .await?;
    Ok(row.map(|row| Ok::<_, sqlx::Error>((Basis::from_row(&row)?, row.try_get(4)?))).transpose()?)
}

/// Notes what the scores were made from that this transaction stores. Gives their generation.
pub async fn note_basis(tx: &mut Tx, basis: &Basis) -> StoreResult<i64> {
    let generation: i64 =
        sqlx::query_scalar("select 1 + coalesce(max(generation), 0) from scoring").fetch_one(tx.connection()).await?;
    sqlx::query("delete from scoring").execute(tx.connection()).await?;
    sqlx::query(
        "insert into scoring (generation, made_by, as_of_day, directory_version, last_seq) values ($1, $2, $3, $4, $5)",
    )
    .bind(generation)
    .bind(basis.made_by.as_str())
    .bind(basis.as_of_day)
    .bind(basis.directory_version)
    .bind(basis.last_seq)
    .execute(tx.connection())
    .await?;
    Ok(generation)
}

const COLUMNS: &str = "member_number, member_id, as_of_day, step_raw, step, held_since_day, love, love_continuous, presence, reach, active_days_30, \
     active_days_90, active_days_365, activities, first_day, last_day, first_at, last_at, explanation, settings_version";

/// Every score, by member.
pub async fn all(db: &Db) -> StoreResult<Vec<ScoreRow>> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from member_score order by member_number"));
    Ok(sqlx::query_as(sql).fetch_all(db.readers()).await?)
}

/// The score of one member.
pub async fn of_member(db: &Db, member_number: u32) -> StoreResult<Option<ScoreRow>> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from member_score where member_number = $1"));
    Ok(sqlx::query_as(sql).bind(member_number).fetch_optional(db.readers()).await?)
}

/// How many members have a score.
pub async fn count(db: &Db) -> StoreResult<u64> {
    let count: i64 = sqlx::query_scalar("select count(*) from member_score").fetch_one(db.readers()).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
