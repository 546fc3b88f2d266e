//! Questions that had been answered before they were asked: each is held against those answered by then, once, when it is new
//! to the record. What is found is a line of the type `duplicate`, so that figures need not compare texts.

use std::collections::HashMap;

use jiff::Timestamp;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::alike::{Alike, Words, vectors};
use crate::{AppError, AppResult, Workspace, by_hand, figures};

/// At most so many questions are held against each other, the newest.
const MOST: usize = 20_000;
/// Of so many alike the first that was answered in time counts.
const MOST_LIKE: usize = 15;
/// Lines that are written at once.
const LINES: usize = 1_000;
/// Questions are compared in about so many steps, by when they were asked: those of one step are not compared with each other.
const STEPS: usize = 256;

#[derive(Debug, Deserialize)]
struct Question {
    activity_id: String,
    member_id: String,
    title: Option<String>,
    text: Option<String>,
    asked_at: Timestamp,
    answered_at: Option<Timestamp>,
    /// Whether it is known to be a duplicate; `None`: it was not compared yet.
    is_known: Option<bool>,
}

/// The newest questions, and what is known of them.
fn asked() -> String {
    format!(
        "select q.activity_id, q.member_id, coalesce(a.title, t.title) as title, substr(a.text, 1, 2000) as text, q.asked_at,
                q.answered_at, d.is_known
         from questions q
         join (select activity_id, title, text from activities) a on a.activity_id = q.activity_id
         left join threads t on t.source = q.source and t.channel = q.channel and t.thread_id = q.thread_id
         left join (select question, max(earlier) is not null as is_known from duplicates group by question) d
           on d.question = q.activity_id
         where q.asker_kind = 'member'
         order by q.asked_at desc, q.activity_id limit {MOST}"
    )
}

/// How a comparison went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Questions that were compared for the first time.
    pub compared: u64,
    /// Of them, those that had been answered before.
    pub answered_before: u64,
}

/// Compares the questions that were not compared yet.
///
/// # Errors
/// When the record cannot be read or written.
pub async fn find(workspace: &Workspace, now: Timestamp) -> AppResult<Compared> {
    let mut questions: Vec<Question> = figures::records(workspace, &asked(), now).await?;
    if questions.iter().all(|one| one.is_known.is_some()) {
        return Ok(Compared::default());
    }
    questions.reverse();
    let vectors = vectors(workspace, questions.iter().map(|one| one.activity_id.as_str())).await?;
    let found = tokio::task::spawn_blocking(move || compare(&questions, vectors));
    let found = found.await.map_err(|error| AppError::Internal(error.to_string()))?;
    for lines in found.chunks(LINES) {
        by_hand::write(workspace, lines.to_vec(), now).await?;
    }
    let answered_before = found.iter().filter(|line| line.get("earlier").is_some()).count() as u64;
    Ok(Compared { compared: found.len() as u64, answered_before })
}

/// Lines about those of which nothing is known; the questions in the order in which they were asked. A duplicate is held against
/// no later one: the question that it repeats stands for it, so that what is asked often does not hide in its own crowd.
fn compare(questions: &[Question], mut vectors: HashMap<String, Vec<f32>>) -> Vec<Value> {
    let words: Vec<Words> = questions
        .iter()
        .map(|one| Words::of(one.title.as_deref(), one.text.as_deref(), vectors.remove(&one.activity_id)))
        .collect();
    let mut alike = Alike::none_of(&words);
    let mut lines = Vec::new();
    let step = questions.len().div_ceil(STEPS).max(1);
    let places: Vec<usize> = (0..questions.len()).collect();
    for step in places.chunks(step) {
        let new: Vec<usize> = step.iter().copied().filter(|place| questions[*place].is_known.is_none()).collect();
        let found: Vec<(usize, Option<&str>)> =
            new.into_par_iter().map(|place| (place, earlier(questions, place, &words, &alike))).collect();
        for (place, earlier) in &found {
            let Question { activity_id, asked_at, .. } = &questions[*place];
            let mut line = json!({ "type": "duplicate", "question": activity_id, "at": asked_at });
            if let Some(earlier) = earlier {
                line["earlier"] = json!(earlier);
            }
            lines.push(line);
        }
        for place in step {
            let is_new_one = found.iter().any(|(other, earlier)| other == place && earlier.is_some());
            if let (false, Ok(number)) = (is_new_one || questions[*place].is_known == Some(true), u32::try_from(*place))
            {
                alike.put(number, &words[*place]);
            }
        }
    }
    lines
}

/// The question of another asker that was answered when one was asked and is surely like it, the most alike.
fn earlier<'a>(questions: &'a [Question], place: usize, words: &[Words], alike: &Alike) -> Option<&'a str> {
    let asked = &questions[place];
    let is_earlier = |other: &&Question| {
        other.answered_at.is_some_and(|at| at < asked.asked_at) && other.member_id != asked.member_id
    };
    let like = alike.like(&words[place], None, MOST_LIKE);
    let found = like.iter().map(|hit| &questions[hit.id as usize]).find(is_earlier)?;
    Some(&found.activity_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str, by: &str, title: &str, [asked, answered]: [i64; 2]) -> Question {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        Question {
            activity_id: id.into(),
            member_id: by.into(),
            title: Some(title.into()),
            text: Some(title.into()),
            asked_at: at(asked),
            answered_at: (answered > 0).then(|| at(answered)),
            is_known: None,
        }
    }

    fn told(questions: &[Question]) -> Vec<String> {
        let lines = compare(questions, HashMap::new());
        let words = |line: &Value| {
            [&line["question"], &line["earlier"]].map(|id| id.as_str().unwrap_or("-").to_owned()).join(" ")
        };
        lines.iter().map(words).collect()
    }

    const TITLE: &str = "How do I rotate the signing key of the webhook connector without downtime?";

    #[test]
    fn a_question_is_a_duplicate_of_one_that_was_answered_by_then() {
        let mut questions = [
            asked("a", "ada", TITLE, [100, 350]),
            asked("b", "bob", TITLE, [300, 900]),
            asked("c", "cyd", "Which licence does the Kubernetes operator have?", [310, 320]),
            asked("d", "ada", TITLE, [400, 0]),
            asked("e", "dee", TITLE, [500, 0]),
        ];
        assert_eq!(told(&questions), ["a -", "b -", "c -", "d -", "e a"], "too early; nobody repeats themselves");
        questions[..4].iter_mut().for_each(|known| known.is_known = Some(false));
        assert_eq!(told(&questions), ["e a"], "each is compared once");
    }

    #[test]
    fn what_is_asked_most_often_is_found_every_time() {
        let filler = |number: usize| asked(&format!("f{number}"), "fay", FILLER[number], [number as i64, 50]);
        let again =
            |number: usize| asked(&format!("a{number}"), &format!("m{number}"), TITLE, [100 + number as i64, 100]);
        let questions: Vec<Question> = (0..FILLER.len()).map(filler).chain((0..40).map(again)).collect();
        let told = told(&questions);
        let found = told.iter().filter(|line| line.ends_with(" a0")).count();
        assert_eq!(found, 39, "{told:?}");
    }

    const FILLER: [&str; 6] = [
        "Which licence does the Kubernetes operator have?",
        "Where are the logs of failed loads kept?",
        "Can a schedule run on the last day of a month?",
        "Is there a dark theme for the editor?",
        "How large may a single record be?",
        "What does the column lag of a pipeline mean?",
    ];
}
