//! Corrections: a person's word against the models', which holds for every later reading.

use std::collections::HashMap;

use axle_model::label::{Label, Reading, Sentiment, code_with, cues_of, labels_of, sentiment_of};
use axle_model::thread::Cues;
use sqlx::FromRow;

use crate::activity::{move_to, next_seq};
use crate::reading::{UNREAD, Unread};
use crate::{Db, StoreResult, Tx};

/// A person's word against the model's.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Correction {
    /// Public id of the activity.
    pub activity_id: Vec<u8>,
    /// A label's name, or `sentiment`.
    pub label: String,
    /// `true` or `false`; for the sentiment, its name.
    pub value: String,
    /// Who said so.
    pub corrected_by: Option<String>,
    /// Microseconds since 1970.
    pub corrected_at: i64,
}

/// The name under which the mood is corrected.
pub const SENTIMENT: &str = "sentiment";

/// A code with what a person says in place of what the model said; what is no label or mood changes nothing. What the words
/// do in a thread follows.
fn corrected(code: u32, label: &str, value: &str) -> u32 {
    let (labels, sentiment, cues) = (labels_of(code), sentiment_of(code), cues_of(code));
    if label == SENTIMENT {
        let known = Sentiment::ALL.into_iter().find(|sentiment| sentiment.name() == value);
        return known.map_or(code, |sentiment| code_with(code, labels, sentiment, cues));
    }
    let Some(label) = Label::named(label) else { return code };
    let holds = value == "true";
    let cue = match label {
        Label::Question => Cues::ASKS,
        Label::Answer => Cues::FITS,
        Label::Thanks => Cues::THANKS,
        Label::Resolution => Cues::RESOLVES,
        _ => Cues::default(),
    };
    let cues = Cues::from_bits(cues.bits() & !cue.bits()).with(cue, holds);
    code_with(code, labels.with(label, holds), sentiment, cues)
}

/// What is corrected of each activity: label and value.
pub(crate) async fn by_activity(tx: &mut Tx) -> StoreResult<HashMap<Vec<u8>, Vec<(String, String)>>> {
    let rows: Vec<(Vec<u8>, String, String)> =
        sqlx::query_as("select activity_id, label, value from correction").fetch_all(tx.connection()).await?;
    let mut corrections: HashMap<Vec<u8>, Vec<(String, String)>> = HashMap::new();
    for (id, label, value) in rows {
        corrections.entry(id).or_default().push((label, value));
    }
    Ok(corrections)
}

/// Lets people's corrections of an activity hold for a new reading of it.
pub(crate) async fn correct_anew(tx: &mut Tx, activity_id: &[u8; 16], reading: &mut Reading) -> StoreResult<()> {
    let rows: Vec<(String, String)> = sqlx::query_as("select label, value from correction where activity_id = $1")
        .bind(&activity_id[..])
        .fetch_all(tx.connection())
        .await?;
    apply(reading, rows.iter().map(|(label, value)| (label.as_str(), value.as_str())));
    Ok(())
}

pub(crate) fn apply<'a>(reading: &mut Reading, corrections: impl Iterator<Item = (&'a str, &'a str)>) {
    for (label, value) in corrections {
        let code = corrected(reading.code(), label, value);
        reading.labels = labels_of(code);
        reading.sentiment = sentiment_of(code);
        reading.cues = cues_of(code);
    }
}

/// Keeps a correction; the activity moves to a new seq, so that figures follow. Gives whether there is such an activity
/// with words that were read.
pub async fn correct(tx: &mut Tx, correction: &Correction) -> StoreResult<bool> {
    let row: Option<(i64, u32)> =
        sqlx::query_as("select seq, reading_code from activity where activity_id = $1 and reading_code is not null")
            .bind(&correction.activity_id)
            .fetch_optional(tx.connection())
            .await?;
    let Some((seq, code)) = row else { return Ok(false) };
    sqlx::query(
        "insert into correction (activity_id, label, value, corrected_by, corrected_at) values ($1, $2, $3, $4, $5)
         on conflict (activity_id, label) do update set value = excluded.value, corrected_by = excluded.corrected_by,
            corrected_at = excluded.corrected_at",
    )
    .bind(&correction.activity_id)
    .bind(correction.label.as_str())
    .bind(correction.value.as_str())
    .bind(correction.corrected_by.as_deref())
    .bind(correction.corrected_at)
    .execute(tx.connection())
    .await?;
    sqlx::query("update activity set reading_code = $1 where seq = $2")
        .bind(corrected(code, &correction.label, &correction.value))
        .bind(seq)
        .execute(tx.connection())
        .await?;
    let next = next_seq(tx).await?;
    move_to(tx, seq, next).await?;
    Ok(true)
}

/// Takes a correction back: gives the activity's words, which are to be read anew, or `None` if there is no such correction
/// or no such activity any more.
pub async fn withdraw(tx: &mut Tx, activity_id: &[u8], label: &str) -> StoreResult<Option<Unread>> {
    let gone = sqlx::query("delete from correction where activity_id = $1 and label = $2")
        .bind(activity_id)
        .bind(label)
        .execute(tx.connection())
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(None);
    }
    let query = format!("select {UNREAD} from activity where activity_id = $1 and text is not null");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(activity_id).fetch_optional(tx.connection()).await?)
}

/// A correction with the words that it is about, as far as they are still there.
#[derive(Debug, Clone, FromRow)]
pub struct Corrected {
    /// What was corrected.
    #[sqlx(flatten)]
    pub correction: Correction,
    /// Subject.
    pub title: Option<String>,
    /// Words.
    pub text: Option<String>,
}

/// Every correction, oldest first: what models can be trained on.
pub async fn all(db: &Db) -> StoreResult<Vec<Corrected>> {
    Ok(sqlx::query_as(
        "select correction.activity_id, correction.label, correction.value, correction.corrected_by,
                correction.corrected_at, activity.title, activity.text
         from correction left join activity on activity.activity_id = correction.activity_id
         order by correction.corrected_at, correction.activity_id, correction.label",
    )
    .fetch_all(db.readers())
    .await?)
}

/// How many there are.
pub async fn count(db: &Db) -> StoreResult<u64> {
    let count: i64 = sqlx::query_scalar("select count(*) from correction").fetch_one(db.readers()).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The last refit of the heads.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RefitRow {
    /// Of the weights; `None` when nothing was taken.
    pub fingerprint: Option<String>,
    /// What changed, and how it was judged.
    pub body: String,
    /// Corrections that it was made from.
    pub corrections: u64,
    /// Microseconds since 1970.
    pub made_at: i64,
}

/// Keeps a refit in the place of the one before.
pub async fn put_refit(tx: &mut Tx, refit: &RefitRow) -> StoreResult<()> {
    sqlx::query(
        "insert into refit (refit_id, fingerprint, body, corrections, made_at) values (1, $1, $2, $3, $4)
         on conflict (refit_id) do update set fingerprint = excluded.fingerprint, body = excluded.body,
            corrections = excluded.corrections, made_at = excluded.made_at",
    )
    .bind(refit.fingerprint.as_deref())
    .bind(refit.body.as_str())
    .bind(i64::try_from(refit.corrections).unwrap_or(i64::MAX))
    .bind(refit.made_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The last refit, if there ever was one.
pub async fn refit(db: &Db) -> StoreResult<Option<RefitRow>> {
    Ok(sqlx::query_as("select fingerprint, body, corrections, made_at from refit").fetch_optional(db.readers()).await?)
}

/// The fingerprint of the last refit that changed something, and the corrections that the last was made from.
pub async fn refit_state(db: &Db) -> StoreResult<Option<(Option<String>, u64)>> {
    Ok(sqlx::query_as("select fingerprint, corrections from refit").fetch_optional(db.readers()).await?)
}

/// Title and words of the newest activities that were read, at most `limit`.
pub async fn newest_texts(db: &Db, limit: u32) -> StoreResult<Vec<(Option<String>, String)>> {
    Ok(sqlx::query_as(
        "select title, text from activity
         where text is not null and deleted_at is null
           and not exists (select 1 from correction where correction.activity_id = activity.activity_id)
         order by seq desc limit $1",
    )
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}
