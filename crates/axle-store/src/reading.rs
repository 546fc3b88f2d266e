//! What was read in activities' words: written with them, written anew by a newer model, and corrected by people.

use std::collections::HashMap;

use axle_model::analytics::Seq;
use axle_model::label::{Label, MODEL_SHIFT, Reading, Sentiment, code_with, cues_of, labels_of, sentiment_of};
use axle_model::thread::Cues;
use sqlx::FromRow;

use crate::activity::{move_to, next_seq};
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

/// Names of brands and products as the record keeps them; `None` without any.
pub(crate) fn mentions_of(reading: &Reading) -> Option<String> {
    (!reading.mentions.is_empty()).then(|| serde_json::json!(reading.mentions).to_string())
}

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

/// Lets people's corrections of an activity hold for a new reading of it.
pub(crate) async fn correct_anew(tx: &mut Tx, activity_id: &[u8; 16], reading: &mut Reading) -> StoreResult<()> {
    let rows: Vec<(String, String)> = sqlx::query_as("select label, value from correction where activity_id = $1")
        .bind(&activity_id[..])
        .fetch_all(tx.connection())
        .await?;
    apply(reading, rows.iter().map(|(label, value)| (label.as_str(), value.as_str())));
    Ok(())
}

fn apply<'a>(reading: &mut Reading, corrections: impl Iterator<Item = (&'a str, &'a str)>) {
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

/// Every correction with the words that it is about, oldest first: what models can be trained on.
pub async fn corrections(db: &Db) -> StoreResult<Vec<(Correction, Option<String>)>> {
    let rows: Vec<Correction> = sqlx::query_as(
        "select activity_id, label, value, corrected_by, corrected_at from correction order by corrected_at, activity_id, label",
    )
    .fetch_all(db.readers())
    .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let text: Option<Option<String>> = sqlx::query_scalar("select text from activity where activity_id = $1")
            .bind(&row.activity_id)
            .fetch_optional(db.readers())
            .await?;
        all.push((row, text.flatten()));
    }
    Ok(all)
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
}

/// Activities with words that this version of the model has not read, at most `limit`, in their order after a seq.
pub async fn unread(db: &Db, model: u16, after: Seq, limit: u32) -> StoreResult<Vec<Unread>> {
    Ok(sqlx::query_as(
        "select seq, activity_id, title, text from activity
         where seq > $1 and text is not null and (reading_code is null or reading_code >> $2 <> $3) order by seq limit $4",
    )
    .bind(after)
    .bind(MODEL_SHIFT)
    .bind(model)
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}

/// How many there are.
pub async fn count_unread(db: &Db, model: u16) -> StoreResult<u64> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from activity where text is not null and (reading_code is null or reading_code >> $1 <> $2)",
    )
    .bind(MODEL_SHIFT)
    .bind(model)
    .fetch_one(db.readers())
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Writes new readings of activities, which move to new seqs; people's corrections hold. One that moved or went away
/// since it was read is passed over.
pub async fn write(tx: &mut Tx, readings: Vec<(Unread, Reading)>) -> StoreResult<()> {
    let rows: Vec<(Vec<u8>, String, String)> =
        sqlx::query_as("select activity_id, label, value from correction").fetch_all(tx.connection()).await?;
    let mut corrections: HashMap<Vec<u8>, Vec<(String, String)>> = HashMap::new();
    for (id, label, value) in rows {
        corrections.entry(id).or_default().push((label, value));
    }
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
