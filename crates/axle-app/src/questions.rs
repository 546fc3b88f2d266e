//! Questions: which wait for an answer, and who answers, read from the public tables.

use axle_model::analytics::Table;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{AppResult, Workspace, figures, sources};

/// A question is overdue when it waited longer.
pub const PROMISE_HOURS: i64 = 24;

/// Days that answerers are ranked over.
pub const ANSWERER_DAYS: i64 = 30;

/// At most this many open questions are listed.
const MOST_OPEN: usize = 5_000;

/// Where a community's questions stand.
#[derive(Debug, Default)]
pub struct Questions {
    /// Open ones, newest first.
    pub open: Vec<OpenQuestion>,
    /// Who helped most people lately, most first.
    pub answerers: Vec<Answerer>,
    /// Names of the channels that take questions.
    pub channels: Vec<String>,
    /// Names of the others, where nobody said which take questions.
    pub unmarked: Vec<String>,
    /// Whether there ever was a question.
    pub any: bool,
}

/// A question that nobody else answered, in a thread that is not closed.
#[derive(Debug, Clone)]
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
    /// What was added to it: by the asker, or by programs.
    pub replies: u64,
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
}

/// Questions of people, not of programs or teammates; each with what others said below it.
const OPEN: &str = "
with asked as (
    select activities.activity_id, activities.source, activities.channel, activities.thread_id, activities.member_id,
           members.name, activities.title, substr(activities.text, 1, 400) as text, activities.url, activities.occurred_at
    from activities join members on members.member_id = activities.member_id
    where activities.is_question and not members.is_bot and not members.is_teammate
), below as (
    select asked.activity_id, count(*) as replies,
           sum(case when reply.is_answer and reply.member_id <> asked.member_id and not members.is_bot
                    then 1 else 0 end) as answers
    from asked
    join (select activity_id, source, channel, thread_id, member_id, is_answer from activities
          where thread_id is not null) reply
      on reply.source = asked.source and reply.channel = asked.channel and reply.thread_id = asked.thread_id
    join members on members.member_id = reply.member_id
    where reply.activity_id <> asked.activity_id
    group by asked.activity_id
)
select asked.activity_id, asked.member_id, asked.name, asked.source, asked.channel,
       coalesce(asked.title, threads.title) as title, asked.text, asked.url, asked.occurred_at,
       coalesce(below.replies, 0) as replies
from asked
left join below on below.activity_id = asked.activity_id
left join threads on threads.source = asked.source and threads.channel = asked.channel
                 and threads.thread_id = asked.thread_id
where coalesce(below.answers, 0) = 0 and not coalesce(threads.is_closed, false)
order by asked.occurred_at desc, asked.activity_id";

/// Answers of people other than the asker; teammates are not ranked among the community.
fn answerers_query(since: Timestamp) -> String {
    format!(
        "select answer.member_id, members.name, count(distinct asked.member_id) as helped,
                count(distinct answer.activity_id) as answers
         from (select activity_id, source, channel, thread_id, member_id from activities
               where is_answer and occurred_at >= timestamp '{since:.0}') answer
         join (select source, channel, thread_id, member_id from activities where is_question) asked
           on asked.source = answer.source and asked.channel = answer.channel and asked.thread_id = answer.thread_id
         join members on members.member_id = answer.member_id
         where asked.member_id <> answer.member_id and not members.is_bot and not members.is_teammate
         group by answer.member_id, members.name
         order by helped desc, answers desc, members.name limit 10"
    )
}

/// Where questions stand now.
pub async fn overview(workspace: &Workspace, now: Timestamp) -> AppResult<Questions> {
    let open = figures::sql(workspace, OPEN, MOST_OPEN).await?;
    let since = now - SignedDuration::from_hours(24 * ANSWERER_DAYS);
    let answerers = figures::sql(workspace, &answerers_query(since), 10).await?;
    let asked = figures::sql(workspace, "select activity_id from activities where is_question limit 1", 1).await?;
    let (marked, others): (Vec<_>, Vec<_>) =
        sources::channels(workspace).await?.into_iter().partition(|channel| channel.is_qa);
    let names = |channels: Vec<sources::Channel>| {
        let mut names: Vec<String> = channels.into_iter().map(|channel| channel.name).collect();
        names.sort();
        names.dedup();
        names
    };
    Ok(Questions {
        open: open_of(&open),
        answerers: answerers_of(&answerers),
        channels: names(marked),
        unmarked: names(others),
        any: !asked.rows.is_empty(),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn open_of(table: &Table) -> Vec<OpenQuestion> {
    let read = |row: &Vec<Value>| match row.as_slice() {
        [id, member, name, source, channel, title, words, url, at, replies] => Some(OpenQuestion {
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
        }),
        _ => None,
    };
    table.rows.iter().filter_map(read).collect()
}

fn answerers_of(table: &Table) -> Vec<Answerer> {
    let read = |row: &Vec<Value>| match row.as_slice() {
        [member, name, helped, answers] => Some(Answerer {
            member_id: text(member)?,
            name: text(name).unwrap_or_default(),
            helped: helped.as_u64().unwrap_or(0),
            answers: answers.as_u64().unwrap_or(0),
        }),
        _ => None,
    };
    table.rows.iter().filter_map(read).collect()
}
