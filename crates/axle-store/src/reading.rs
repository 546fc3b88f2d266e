//! What was read in activities' words: written with them, and written anew by other models.

use std::collections::BTreeMap;

use axle_model::analytics::Seq;
use axle_model::label::{LARGE_MODEL, Labels, MODEL_SHIFT, Reading};
use sqlx::FromRow;

use crate::activity::{move_to, next_seq};
use crate::correction::{self, apply};
use crate::{Db, StoreResult, Tx};

/// Names of brands and products as the record keeps them; `None` without any.
pub(crate) fn mentions_of(reading: &Reading) -> Option<String> {
    (!reading.mentions.is_empty()).then(|| serde_json::json!(reading.mentions).to_string())
}

/// Words that another model read, or none.
#[derive(Debug, Clone, FromRow)]
pub struct Unread {
    /// Where the activity stands.
    pub seq: Seq,
    /// Public id.
    pub activity_id: Vec<u8>,
    /// Subject.
    pub title: Option<String>,
    /// Words.
    pub text: String,
    /// Key of the activity's type, which says how words are read.
    pub activity_type: String,
}

/// The columns of an [`Unread`].
pub(crate) const UNREAD: &str = "seq, activity_id, title, text,
    (select key from activity_type kind where kind.activity_type_id = activity.activity_type_id) as activity_type";

/// The number of the models with this fingerprint; new models get the next.
pub async fn model_number(tx: &mut Tx, fingerprint: &str) -> StoreResult<u16> {
    let known: Option<u16> = sqlx::query_scalar("select number from reading_model where fingerprint = $1")
        .bind(fingerprint)
        .fetch_optional(tx.connection())
        .await?;
    if let Some(number) = known {
        return Ok(number);
    }
    let last: i64 =
        sqlx::query_scalar("select coalesce(max(number), 0) from reading_model").fetch_one(tx.connection()).await?;
    // Numbers are few: after the last, the first is given anew.
    let number = u16::try_from(last % i64::from(LARGE_MODEL - 1) + 1).expect("below 4096");
    sqlx::query(
        "insert into reading_model (number, fingerprint) values ($1, $2)
         on conflict (number) do update set fingerprint = excluded.fingerprint",
    )
    .bind(number)
    .bind(fingerprint)
    .execute(tx.connection())
    .await?;
    Ok(number)
}

/// Those of the activities' words that these models are to read.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    /// Words that other models read, or none.
    Unread,
    /// Words that have one of the labels and that the large models did not read.
    SecondOpinion(Labels),
}

impl Wanted {
    /// What holds for their code. `$1`: where the number begins; `$2`: the models' number.
    fn condition(self) -> String {
        let below = LARGE_MODEL - 1;
        match self {
            Self::Unread => {
                format!("text is not null and (reading_code is null or (reading_code >> $1) & {below} <> $2)")
            }
            Self::SecondOpinion(labels) => {
                format!(
                    "text is not null and deleted_at is null and reading_code >> $1 = $2 and reading_code & {} <> 0",
                    labels.bits()
                )
            }
        }
    }
}

/// Activities whose words wait for the models of this number, at most `limit`, the newest first, before a seq.
pub async fn waiting(db: &Db, wanted: Wanted, number: u16, before: Seq, limit: u32) -> StoreResult<Vec<Unread>> {
    let query =
        format!("select {UNREAD} from activity where {} and seq < $3 order by seq desc limit $4", wanted.condition());
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(MODEL_SHIFT)
        .bind(number)
        .bind(before)
        .bind(limit)
        .fetch_all(db.readers())
        .await?)
}

/// How many there are.
pub async fn count_waiting(db: &Db, wanted: Wanted, number: u16) -> StoreResult<u64> {
    let query = format!("select count(*) from activity where {}", wanted.condition());
    let count: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(MODEL_SHIFT).bind(number).fetch_one(db.readers()).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Brands and products that texts name, with how many texts do, most first.
pub async fn named(db: &Db) -> StoreResult<Vec<(String, i64)>> {
    let lists: Vec<(String, i64)> = sqlx::query_as(
        "select reading_mentions, count(*) from activity
         where reading_mentions is not null and deleted_at is null group by reading_mentions",
    )
    .fetch_all(db.readers())
    .await?;
    let mut texts: BTreeMap<String, i64> = BTreeMap::new();
    for (list, count) in lists {
        for name in serde_json::from_str::<Vec<String>>(&list).unwrap_or_default() {
            *texts.entry(name).or_default() += count;
        }
    }
    let mut named: Vec<(String, i64)> = texts.into_iter().collect();
    named.sort_by_key(|(_, texts)| std::cmp::Reverse(*texts));
    Ok(named)
}

/// Languages of what was read, with how many texts each has, most first; `None` where it could not be told.
pub async fn languages(db: &Db) -> StoreResult<Vec<(Option<String>, i64)>> {
    Ok(sqlx::query_as(
        "select reading_language, count(*) from activity where reading_code is not null and deleted_at is null
         group by reading_language order by count(*) desc, reading_language",
    )
    .fetch_all(db.readers())
    .await?)
}

/// Writes new readings of activities, which move to new seqs; people's corrections hold. One that moved or went away
/// since it was read is passed over.
pub async fn write(tx: &mut Tx, readings: Vec<(Unread, Reading)>) -> StoreResult<()> {
    let corrections = correction::by_activity(tx).await?;
    let mut next = next_seq(tx).await?;
    for (unread, mut reading) in readings {
        let own = corrections.get(&unread.activity_id).into_iter().flatten();
        apply(&mut reading, own.map(|(label, value)| (label.as_str(), value.as_str())));
        let done = sqlx::query(
            "update activity set reading_code = $1, reading_scores = $2, reading_language = $3, reading_mentions = $4
             where seq = $5 and activity_id = $6",
        )
        .bind(reading.code())
        .bind(reading.score_bytes().to_vec())
        .bind(reading.language.as_deref())
        .bind(mentions_of(&reading))
        .bind(unread.seq)
        .bind(&unread.activity_id)
        .execute(tx.connection())
        .await?;
        if done.rows_affected() > 0 {
            move_to(tx, unread.seq, next).await?;
            next += 1;
        }
    }
    Ok(())
}
