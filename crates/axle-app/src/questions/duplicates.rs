//! Questions that had been answered before they were asked: each is held against those answered by then, once, when it is new
//! to the record. What is found is a line of the type `duplicate`, so that figures need not compare texts.

use std::collections::HashMap;

use axle_store::setting;
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alike::{Alike, Words, vectors};
use crate::{AppError, AppResult, Workspace, by_hand, figures};

/// Up to which instant of arrival questions have been compared, in microseconds.
const SETTING: &str = "duplicates_compared";
/// At most so many questions are held against each other, the newest.
const MOST: usize = 20_000;
/// Of so many alike the first that was answered in time counts.
const MOST_LIKE: usize = 50;
/// Lines that are written at once.
const LINES: usize = 1_000;

#[derive(Debug, Deserialize)]
struct Question {
    activity_id: String,
    member_id: String,
    title: Option<String>,
    text: Option<String>,
    asked_at: Timestamp,
    answered_at: Option<Timestamp>,
    arrived_at: Timestamp,
}

/// The newest questions.
fn asked() -> String {
    format!(
        "select q.activity_id, q.member_id, coalesce(a.title, t.title) as title, substr(a.text, 1, 2000) as text, q.asked_at,
                q.answered_at, a.ingested_at as arrived_at
         from questions q
         join (select activity_id, title, text, ingested_at from activities) a on a.activity_id = q.activity_id
         left join threads t on t.source = q.source and t.channel = q.channel and t.thread_id = q.thread_id
         where q.asker_kind = 'member'
         order by q.asked_at desc, q.activity_id limit {MOST}"
    )
}

/// Compares the questions that have come since the last time; gives how many of them had been answered before.
///
/// # Errors
/// When the record cannot be read or written.
pub async fn find(workspace: &Workspace, now: Timestamp) -> AppResult<u64> {
    let held = setting::get(workspace.db(), SETTING).await?.and_then(|(value, _)| value.parse().ok());
    let compared: i64 = held.unwrap_or(i64::MIN);
    let questions: Vec<Question> = figures::records(workspace, &asked()).await?;
    let Some(latest) = questions.iter().map(|one| one.arrived_at.as_microsecond()).max().filter(|at| *at > compared)
    else {
        return Ok(0);
    };
    let vectors = vectors(workspace, questions.iter().map(|one| one.activity_id.as_str())).await?;
    let found = tokio::task::spawn_blocking(move || compare(&questions, vectors, compared));
    let found = found.await.map_err(|error| AppError::Internal(error.to_string()))?;
    for lines in found.chunks(LINES) {
        by_hand::write(workspace, lines.to_vec(), now).await?;
    }
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &latest.to_string(), None, now.as_microsecond()).await?;
    tx.commit().await?;
    Ok(found.len() as u64)
}

/// Lines about those that arrived later than an instant.
fn compare(questions: &[Question], mut vectors: HashMap<String, Vec<f32>>, compared: i64) -> Vec<Value> {
    let words: Vec<Words> = questions
        .iter()
        .map(|one| Words::of(one.title.as_deref(), one.text.as_deref(), vectors.remove(&one.activity_id)))
        .collect();
    let alike = Alike::of(&words);
    let line = |place: usize| {
        let asked = &questions[place];
        let is_earlier = |other: &&Question| {
            other.answered_at.is_some_and(|at| at < asked.asked_at) && other.member_id != asked.member_id
        };
        let like = alike.like(&words[place], u32::try_from(place).ok(), MOST_LIKE);
        let earlier = like.iter().map(|hit| &questions[hit.id as usize]).find(is_earlier)?;
        Some(json!({
            "type": "duplicate", "question": asked.activity_id, "at": asked.asked_at, "earlier": earlier.activity_id,
        }))
    };
    let is_new = |place: &usize| questions[*place].arrived_at.as_microsecond() > compared;
    (0..questions.len()).into_par_iter().filter(is_new).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str, by: &str, title: &str, [asked, answered, arrived]: [i64; 3]) -> Question {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        Question {
            activity_id: id.into(),
            member_id: by.into(),
            title: Some(title.into()),
            text: Some(title.into()),
            asked_at: at(asked),
            answered_at: (answered > 0).then(|| at(answered)),
            arrived_at: at(arrived),
        }
    }

    /// The last question is like the first and the second; the second was answered too late, and the third is another matter.
    #[test]
    fn a_question_is_a_duplicate_of_one_that_was_answered_by_then() {
        let title = "How do I rotate the signing key of the webhook connector without downtime?";
        let questions = [
            asked("a", "ada", title, [100, 200, 1_000]),
            asked("b", "bob", title, [300, 900, 1_000]),
            asked("c", "cyd", "Which licence does the Kubernetes operator have?", [310, 320, 1_000]),
            asked("d", "ada", title, [400, 0, 2_000]),
            asked("e", "dee", title, [500, 0, 2_000]),
        ];
        let told = |compared: i64| {
            let lines = compare(&questions, HashMap::new(), compared * 1_000_000);
            lines.iter().map(|line| format!("{} {}", line["question"], line["earlier"])).collect::<Vec<_>>()
        };
        assert_eq!(told(1_000), [r#""e" "a""#], "nobody repeats themselves");
        assert_eq!(told(0), [r#""b" "a""#, r#""e" "a""#]);
        assert_eq!(told(2_000), [] as [&str; 0]);
    }
}
