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
             active_days_30, active_days_90, active_days_365, activities, first_day, last_day, explanation, settings_version)",
            run.len(),
            18,
            "on conflict (member_number) do update set member_id = excluded.member_id, as_of_day = excluded.as_of_day, step_raw = excluded.step_raw,
                step = excluded.step, held_since_day = excluded.held_since_day, love = excluded.love, love_continuous = excluded.love_continuous,
                presence = excluded.presence, reach = excluded.reach, active_days_30 = excluded.active_days_30,
                active_days_90 = excluded.active_days_90, active_days_365 = excluded.active_days_365, activities = excluded.activities,
                first_day = excluded.first_day, last_day = excluded.last_day, explanation = excluded.explanation,
                settings_version = excluded.settings_version",
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
                .bind(score.explanation.as_str())
                .bind(score.settings_version);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Forgets the scores of everybody who is not in `kept`.
pub async fn retain(tx: &mut Tx, kept: &std::collections::HashSet<u32>) -> StoreResult<()> {
    let rows = sqlx::query("select member_number from member_score").fetch_all(tx.connection()).await?;
    for row in rows {
        let number: u32 = row.try_get(0)?;
        if !kept.contains(&number) {
            sqlx::query("delete from member_score where member_number = $1")
                .bind(number)
                .execute(tx.connection())
                .await?;
        }
    }
    Ok(())
}

const COLUMNS: &str = "member_number, member_id, as_of_day, step_raw, step, held_since_day, love, love_continuous, presence, reach, active_days_30, \
     active_days_90, active_days_365, activities, first_day, last_day, explanation, settings_version";

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
