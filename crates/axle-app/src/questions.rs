//! Questions: which wait for an answer, and who answers, read from the public tables.

pub mod duplicates;
mod helpers;
mod thanks;

use std::collections::HashMap;

use axle_model::analytics::Table;
use axle_model::time::{date_of_day, local_day};
use axle_store::member;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use serde_json::Value;

use crate::alike::{Alike, Words, vectors};
use crate::directory::id_text;
use crate::{AppError, AppResult, Workspace, figures, sources};
use helpers::Helpers;

pub use helpers::{ASK_DAYS, Helper, MOST_ASKS, ask};
pub use thanks::{MOST_THANKS, ToThank, thank};

/// A question is overdue when it waited longer.
pub const PROMISE_HOURS: i64 = 24;

/// Days that answerers are ranked over.
pub const ANSWERER_DAYS: i64 = 30;

/// At most this many open questions are listed.
pub const MOST_OPEN: usize = 50_000;

/// Where a community's questions stand.
#[derive(Debug, Default)]
pub struct Questions {
    /// Open ones, newest first.
    pub open: Vec<OpenQuestion>,
    /// Members' answers that the team has not thanked for yet, the newest first.
    pub thanks: Vec<ToThank>,
    /// Who helped most people lately, most first.
    pub answerers: Vec<Answerer>,
    /// Names of the channels that take questions.
    pub channels: Vec<String>,
    /// Names of the others, where nobody said which take questions.
    pub unmarked: Vec<String>,
    /// Whether there ever was a question.
    pub any: bool,
}

/// A question; in [`Questions::open`] one that nobody else answered, in a thread that is not closed.
#[derive(Debug, Clone, Serialize)]
pub struct OpenQuestion {
    /// Public id of the activity.
    pub activity_id: String,
    /// Who asked.
    pub member_id: String,
    /// Name of who asked.
    pub name: String,
    /// Name of the source.
    pub source: String,
    /// Name of the channel.
    pub channel: String,
    /// Title of it or its thread.
    pub title: Option<String>,
    /// Its first words.
    pub text: Option<String>,
    /// Where to answer it.
    pub url: Option<String>,
    /// When.
    pub asked_at: Timestamp,
    /// What was said below it, none of which answers it.
    pub replies: u64,
    /// It counts as a question for its words, and not for the channel where it was asked.
    pub is_by_words: bool,
    /// When it went to support; `None`: it did not.
    pub escalated_at: Option<Timestamp>,
    /// Questions like it that were answered, the most alike first.
    pub similar: Vec<SimilarQuestion>,
    /// Members who answered questions like it, who answered most first.
    pub could_answer: Vec<Helper>,
}

/// A question that was answered.
#[derive(Debug, Clone, Serialize)]
pub struct SimilarQuestion {
    /// Public id of the activity.
    pub activity_id: String,
    /// Its title, or its first words.
    pub title: String,
    /// Where its answers are.
    pub url: Option<String>,
    /// Words that both have.
    pub shared: Vec<String>,
}

/// Someone who answers.
#[derive(Debug, Clone)]
pub struct Answerer {
    /// Who.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// Distinct people helped.
    pub helped: u64,
    /// Answers given.
    pub answers: u64,
    /// Of them, those that were accepted.
    pub accepted: u64,
}

/// Questions of members, each with what was said below it; with the condition that they fulfil, newest first.
const ASKED: &str = "
select questions.activity_id, questions.member_id, members.name, questions.source, questions.channel,
       coalesce(asked.title, threads.title) as title, substr(asked.text, 1, 400) as text, asked.url, questions.asked_at,
       questions.replies, asked.labels
from questions
join members on members.member_id = questions.member_id
join (select activity_id, title, text, url, labels from activities) asked on asked.activity_id = questions.activity_id
left join threads on threads.source = questions.source and threads.channel = questions.channel
                 and threads.thread_id = questions.thread_id
where questions.asker_kind = 'member' and ";

/// Nobody answered, and the thread is not closed.
const IS_OPEN: &str = "questions.state = 'open' and not questions.is_closed";

fn asked(condition: &str) -> String {
    format!("{ASKED}{condition} order by questions.asked_at desc, questions.activity_id")
}

/// Questions that were answered, newest first.
const SETTLED: &str = "
select questions.activity_id, coalesce(asked.title, threads.title) as title, substr(asked.text, 1, 2000) as text, asked.url
from questions
join (select activity_id, title, text, url from activities) asked on asked.activity_id = questions.activity_id
left join threads on threads.source = questions.source and threads.channel = questions.channel
                 and threads.thread_id = questions.thread_id
where questions.state <> 'open'
order by questions.asked_at desc, questions.activity_id";

/// Questions that went to support.
const ESCALATED: &str = "
select question, min(done_at) as at from tasks
where kind = 'escalate' and outcome = 'escalated' and question is not null group by question";

/// At most so many answered questions are compared with, the newest.
const MOST_SETTLED: usize = 5_000;
/// For so many open questions, the newest, similar ones are looked up.
const MOST_COMPARED: usize = 200;
/// So many are shown beside one.
const MOST_SIMILAR: usize = 3;
/// Who answered so many, the most alike, could answer it.
const MOST_LIKE: usize = 12;

/// The days that answerers are ranked over: first date, and first date after.
pub fn answerer_days(now: Timestamp, zone: &TimeZone) -> (Date, Date) {
    let tomorrow = date_of_day(local_day(now, zone) + 1);
    (tomorrow.saturating_sub(ANSWERER_DAYS.days()), tomorrow)
}

/// Answerers that are shown.
const MOST_ANSWERERS: usize = 10;

/// Whose answers stand, ranked as the KPI `top_answerers` ranks them, with whoever is equal to the last; its points have no ids to
/// lead to people by.
fn answerers_query((from, to): (Date, Date)) -> String {
    format!(
        "select * from (
           select responder, helped, answers, accepted,
                  rank() over (order by helped desc, accepted desc, answers desc, thanks desc) as place
           from (
             select responder, count(distinct asker) as helped, count(*) as answers,
                    sum(case when is_accepted then 1 else 0 end) as accepted, sum(thanks) as thanks
             from replies
             where is_qa and responder_kind = 'member' and asker_kind <> 'bot'
               and day >= date '{from}' and day < date '{to}'
             group by responder
           )
         ) where place <= {MOST_ANSWERERS}"
    )
}

async fn answerers(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Answerer>> {
    let days = answerer_days(now, &workspace.time_zone().await?);
    let table = figures::sql(workspace, &answerers_query(days), usize::MAX, now).await?;
    let numbers = workspace.numbers().read().await.clone();
    let counted = |row: &Vec<Value>| match row.as_slice() {
        [responder, helped, answers, accepted, place] => {
            let at = usize::try_from(responder.as_u64()?).ok()?;
            let (number, id) = (*numbers.number_at.get(at)?, numbers.id_at.get(at)?);
            Some((number, id_text(id), [helped, answers, accepted, place].map(|value| value.as_u64().unwrap_or(0))))
        }
        _ => None,
    };
    let counted: Vec<_> = table.rows.iter().filter_map(counted).collect();
    let ids: Vec<u32> = counted.iter().map(|(number, ..)| *number).collect();
    let names: HashMap<u32, String> =
        member::named(workspace.db(), &ids).await?.into_iter().map(|(number, name, _)| (number, name)).collect();
    let named = |(number, member_id, [helped, answers, accepted, place]): (u32, String, [u64; 4])| {
        let name = names.get(&number).cloned().unwrap_or_default();
        (place, Answerer { member_id, name, helped, answers, accepted })
    };
    let mut ranked: Vec<(u64, Answerer)> = counted.into_iter().map(named).collect();
    ranked.sort_by(|(a, one), (b, other)| (a, &one.name, &one.member_id).cmp(&(b, &other.name, &other.member_id)));
    Ok(ranked.into_iter().take(MOST_ANSWERERS).map(|(_, answerer)| answerer).collect())
}

/// Where questions stand now.
pub async fn overview(workspace: &Workspace, now: Timestamp) -> AppResult<Questions> {
    let open = figures::sql(workspace, &asked(IS_OPEN), MOST_OPEN, now).await?;
    let answerers = answerers(workspace, now).await?;
    let any = figures::sql(workspace, "select activity_id from questions limit 1", 1, now).await?;
    let (marked, others): (Vec<_>, Vec<_>) =
        sources::channels(workspace).await?.into_iter().partition(|channel| channel.is_qa);
    let names = |channels: Vec<sources::Channel>| {
        let mut names: Vec<String> = channels.into_iter().map(|channel| channel.name).collect();
        names.sort();
        names.dedup();
        names
    };
    let settled = figures::sql(workspace, SETTLED, MOST_SETTLED, now).await?;
    let marked = names(marked);
    let mut open = open_of(&open, &marked);
    let escalated = figures::sql(workspace, ESCALATED, MOST_OPEN, now).await?;
    let escalated: HashMap<&str, Timestamp> = escalated
        .rows
        .iter()
        .filter_map(|row| Some((row.first()?.as_str()?, row.get(1)?.as_str()?.parse().ok()?)))
        .collect();
    for question in &mut open {
        question.escalated_at = escalated.get(question.activity_id.as_str()).copied();
    }
    let compared = open.iter().take(MOST_COMPARED).map(|question| question.activity_id.as_str());
    let settled_ids = settled.rows.iter().filter_map(|row| row.first()?.as_str());
    let vectors = vectors(workspace, compared.chain(settled_ids)).await?;
    let helpers = Helpers::of(workspace, MOST_SETTLED, now).await?;
    let open = tokio::task::spawn_blocking(move || with_similar(open, &settled, &vectors, &helpers))
        .await
        .map_err(|error| AppError::Internal(error.to_string()))?;
    let thanks = thanks::to_thank(workspace, now).await?;
    Ok(Questions { open, thanks, answerers, channels: marked, unmarked: names(others), any: !any.rows.is_empty() })
}

/// Questions that are not open any more, newest first, at most 50,000: `answered`, or `resolved` by who asked or the platform.
///
/// # Errors
/// [`AppError::Invalid`] for another state.
pub async fn settled(workspace: &Workspace, state: &str, now: Timestamp) -> AppResult<Vec<OpenQuestion>> {
    if !["answered", "resolved"].contains(&state) {
        return Err(AppError::Invalid(format!("`{state}` is no state: use open, answered or resolved")));
    }
    let found = figures::sql(workspace, &asked(&format!("questions.state = '{state}'")), MOST_OPEN, now).await?;
    let channels = sources::channels(workspace).await?.into_iter().filter(|channel| channel.is_qa);
    Ok(open_of(&found, &channels.map(|channel| channel.name).collect::<Vec<_>>()))
}

impl OpenQuestion {
    /// What is left of it for who may not see members: that there is one, where, and since when. Its words are its asker's.
    #[must_use]
    pub fn without_person(&self) -> Self {
        Self {
            member_id: String::new(),
            name: String::new(),
            title: None,
            text: None,
            url: None,
            similar: Vec::new(),
            could_answer: Vec::new(),
            ..self.clone()
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn open_of(table: &Table, for_questions: &[String]) -> Vec<OpenQuestion> {
    let read = |row: &Vec<Value>| match row.as_slice() {
        [id, member, name, source, channel, title, words, url, at, replies, labels] => Some(OpenQuestion {
            is_by_words: labels.as_str().is_some_and(|labels| labels.split(',').any(|label| label == "question"))
                && !channel.as_str().is_some_and(|channel| for_questions.iter().any(|name| name == channel)),
            activity_id: text(id)?,
            member_id: text(member)?,
            name: text(name).unwrap_or_default(),
            source: text(source).unwrap_or_default(),
            channel: text(channel).unwrap_or_default(),
            title: text(title),
            text: text(words),
            url: text(url),
            asked_at: at.as_str()?.parse().ok()?,
            replies: replies.as_u64().unwrap_or(0),
            escalated_at: None,
            similar: Vec::new(),
            could_answer: Vec::new(),
        }),
        _ => None,
    };
    table.rows.iter().filter_map(read).collect()
}

/// Puts answered questions beside those like them that are open, with who answered. Only those that are alike for sure count.
fn with_similar(
    mut open: Vec<OpenQuestion>,
    settled: &Table,
    vectors: &HashMap<String, Vec<f32>>,
    helpers: &Helpers,
) -> Vec<OpenQuestion> {
    let known: Vec<(Words, (String, Option<String>))> = settled
        .rows
        .iter()
        .filter_map(|row| {
            let [id, title, words, url] = row.as_slice() else { return None };
            let id = text(id)?;
            let vector = vectors.get(&id).cloned();
            Some((Words::of(text(title).as_deref(), text(words).as_deref(), vector), (id, text(url))))
        })
        .collect();
    let (words, places): (Vec<Words>, Vec<(String, Option<String>)>) = known.into_iter().unzip();
    let alike = Alike::of(&words);
    for question in open.iter_mut().take(MOST_COMPARED) {
        let vector = vectors.get(&question.activity_id).cloned();
        let asked = Words::of(question.title.as_deref(), question.text.as_deref(), vector);
        let hits = alike.like(&asked, None, MOST_LIKE);
        let ids = hits.iter().map(|hit| places[hit.id as usize].0.as_str());
        question.could_answer = helpers.of_question(question, ids);
        let similar = hits.iter().take(MOST_SIMILAR).map(|hit| SimilarQuestion {
            activity_id: places[hit.id as usize].0.clone(),
            title: words[hit.id as usize].shown(),
            url: places[hit.id as usize].1.clone(),
            shared: hit.shared.iter().map(|word| (*word).to_owned()).collect(),
        });
        question.similar = similar.collect();
    }
    open
}
