//! Today: whom to help, thank, introduce and check in with, beside the tasks of the flywheels.

use std::collections::{HashMap, HashSet};

use axle_model::analytics::Table;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::introductions::{self, Answered};
use crate::tasks::{Task, Tasks};
use crate::{AppResult, Workspace, by_hand, consents, figures};

/// Words that read like a raised hand are shown for so many days.
pub const MAYBE_DAYS: i64 = 14;
/// Newcomers are welcomed within so many days.
pub const NEW_DAYS: i64 = 14;
/// At most so many rows of a kind are read.
const MOST: usize = 50;

/// Where a task stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A hand was raised, or seems to be.
    Hands,
    /// A question waits: the page lists the questions themselves.
    Questions,
    /// Somebody is to be thanked.
    Thanks,
    /// Anything else.
    Tasks,
}

/// Where a task stands on the page.
pub fn part(task: &Task) -> Part {
    match (task.wanted.task.run.flywheel.as_str(), task.template()) {
        ("community_qualified_leads", "qualify" | "new_signal") => Part::Hands,
        ("knowledge_sharing", "unanswered") => Part::Questions,
        ("knowledge_sharing", "thank") => Part::Thanks,
        _ => Part::Tasks,
    }
}

/// What people look at beside the tasks.
#[derive(Debug, Default)]
pub struct Today {
    /// Words that read like a raised hand, newest first.
    pub maybe: Vec<Maybe>,
    /// Who has a role that ties them to us, by member.
    pub roles: HashMap<String, String>,
    /// Who answered a question, by the question's activity.
    pub answerers: HashMap<String, Answerer>,
    /// Members whom the team wrote to lately.
    pub written_to: HashSet<String>,
    /// Members who agreed to be contacted.
    pub contacts: HashSet<String>,
    /// Pairs of members whom somebody introduced to each other, or would not.
    pub introductions: Answered,
}

/// Words that read like a raised hand.
#[derive(Debug, Clone, Serialize)]
pub struct Maybe {
    /// Public id of the activity.
    pub activity_id: String,
    /// Who wrote them.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// Name of the channel.
    pub channel: String,
    /// The words.
    pub text: String,
    /// Where they stand.
    pub url: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Whose answer helped.
#[derive(Debug, Clone)]
pub struct Answerer {
    /// Who answered.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// Title of the thread.
    pub title: Option<String>,
}

/// Reads what stands beside the tasks.
///
/// # Errors
/// When the record cannot be read.
pub async fn load(workspace: &Workspace, now: Timestamp) -> AppResult<Today> {
    let since = |days: i64| now - SignedDuration::from_hours(24 * days);
    let maybe = format!(
        "select said.activity_id, said.member_id, members.name, said.channel, coalesce(words.title, substr(words.text, 1, 400)),
                words.url, said.occurred_at
         from (select activity_id, member_id, channel, occurred_at from activities
               where labels like '%hand_raise%' and occurred_at >= timestamp '{:.0}') said
         join members on members.member_id = said.member_id
         join (select activity_id, title, text, url from activities) words on words.activity_id = said.activity_id
         where not members.is_bot and not members.is_teammate
           and said.activity_id not in (select activity from signals where activity is not null)
         order by said.occurred_at desc, said.activity_id",
        since(MAYBE_DAYS)
    );
    let roles = "select member_id, role from held_roles
                 where role in ('champion', 'deal_champion', 'key_member') and (\"to\" is null or \"to\" > now())";
    let answerers = format!(
        "select questions.activity_id, questions.answered_by, members.name, threads.title
         from questions join members on members.member_id = questions.answered_by
         left join threads on threads.source = questions.source and threads.channel = questions.channel
                          and threads.thread_id = questions.thread_id
         where questions.answered_at >= timestamp '{:.0}'",
        since(90)
    );
    let written_to = format!(
        "select distinct identities.member_id, 'written' from (
           select member_named(subject) as member
           from (select unnest(json_items(subjects)) as subject from pushes
                 where kind = 'outreach' and at >= timestamp '{:.0}')) wrote
         join identities on member_of(cast(identities.identity_id as bigint)) = wrote.member",
        since(NEW_DAYS)
    );
    let sql = async |query: &str| figures::sql(workspace, query, MOST * 400, now).await;
    let texts = |table: Table| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        table.rows.iter().filter_map(|row| Some((text(row.first()?)?, text(row.get(1)?)?))).collect()
    };
    Ok(Today {
        maybe: figures::sql(workspace, &maybe, MOST, now).await?.rows.iter().filter_map(|row| maybe_of(row)).collect(),
        roles: texts(sql(roles).await?).into_iter().collect(),
        answerers: sql(&answerers).await?.rows.iter().filter_map(|row| answerer_of(row)).collect(),
        written_to: texts(sql(&written_to).await?).into_iter().map(|(member, _)| member).collect(),
        contacts: consents::who_allow(workspace, "contact", now).await?,
        introductions: introductions::answered(workspace, now).await?,
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn maybe_of(row: &[Value]) -> Option<Maybe> {
    let [activity, member, name, channel, words, url, at] = row else { return None };
    Some(Maybe {
        activity_id: text(activity)?,
        member_id: text(member)?,
        name: text(name).unwrap_or_default(),
        channel: text(channel).unwrap_or_default(),
        text: text(words).unwrap_or_default(),
        url: text(url),
        at: at.as_str()?.parse().ok()?,
    })
}

fn answerer_of(row: &[Value]) -> Option<(String, Answerer)> {
    let [question, member, name, title] = row else { return None };
    let answerer = Answerer { member_id: text(member)?, name: text(name).unwrap_or_default(), title: text(title) };
    Some((text(question)?, answerer))
}

impl Today {
    /// Words that read like a raised hand of members who have none to be qualified already.
    pub fn hands<'a>(&'a self, tasks: &'a Tasks) -> impl Iterator<Item = &'a Maybe> {
        let has: HashSet<&str> = tasks
            .list
            .iter()
            .filter(|task| part(task) == Part::Hands)
            .map(|task| task.wanted.member_id.as_str())
            .collect();
        self.maybe.iter().filter(move |maybe| !has.contains(maybe.member_id.as_str()))
    }
}

/// Writes down that somebody of the team greeted a newcomer or checked in with a champion.
///
/// # Errors
/// [`crate::AppError::NotFound`] when there is no such member.
pub async fn wrote_to(workspace: &Workspace, member_id: &str, now: Timestamp) -> AppResult<()> {
    let account = by_hand::account(workspace, member_id).await?;
    let day = now.to_zoned(workspace.time_zone().await?).date();
    let line = json!({
        "type": "push", "id": format!("today:{member_id}:{day}"), "at": now, "kind": "outreach", "channel": "today",
        "subjects": [account],
    });
    by_hand::write(workspace, vec![line], now).await
}
