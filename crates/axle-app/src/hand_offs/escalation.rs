//! Escalation: a question that nobody here can answer goes to support with what is known of it. That it went is a line of
//! the record, so its run leaves the flywheel, and a task asks to bring the answer back to the thread.

use axle_model::interchange::FactKind;
use axle_store::fact;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::packet::{self, Line, Part, Section};
use super::sources::{Sources, property};
use crate::questions::Questions;
use crate::{AppError, AppResult, Workspace, by_hand, consents, figures};

/// A longer text is no summary of what was tried.
const CHARACTERS: usize = 4_000;

/// What support is told of a question.
#[derive(Debug, Clone, Serialize)]
pub struct Packet {
    /// Public id of the activity that asks.
    pub question: String,
    /// Its title, or its first words.
    pub title: String,
    /// The thread, to which the answer belongs.
    pub url: Option<String>,
    /// Public id of who asked.
    pub member_id: String,
    /// When it went to support, and who sent it; `None`: it has not yet.
    pub escalated: Option<(Timestamp, String)>,
    /// Whether it waits for an answer.
    pub is_open: bool,
    /// What was tried, as written down when it went.
    pub tried: String,
    /// Where it happens: versions, systems.
    pub environment: String,
    /// Parts in reading order.
    pub sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Asked {
    member_id: String,
    state: String,
    channel: Option<String>,
    asked_at: Timestamp,
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

/// The packet of a question as it stands. `found` tells which answered questions are like it.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such question.
pub async fn packet(workspace: &Workspace, found: &Questions, question: &str, now: Timestamp) -> AppResult<Packet> {
    let asked = asked(workspace, question, now).await?;
    let id = escalation_id(question);
    let rows = fact::with_key(workspace.db(), FactKind::TASK, &id).await?;
    let said = rows.iter().find(|row| row.source == by_hand::SOURCE);
    let by = |row: &fact::FactRow| row.fact.text("assignee").unwrap_or_default().to_owned();
    let escalated = said.and_then(|row| Some((row.fact.instant("done_at")?, by(row))));
    let words = |field: &str| said.and_then(|row| property(row, field)).unwrap_or_default();
    let (tried, environment) = (words("tried"), words("environment"));
    let evidence = || [format!("activity:{question}")];
    let title = asked.title.clone().or_else(|| asked.text.clone()).unwrap_or_else(|| "A question".to_owned());
    let mut lines = Vec::new();
    lines.extend(asked.title.as_deref().map(|title| Line::labelled("Title", title, evidence())));
    lines.extend(asked.text.as_deref().map(|text| Line::labelled("Words", text, evidence())));
    let thread = Line::labelled("Thread", asked.channel.unwrap_or_else(|| "no channel".into()), evidence());
    lines.push(Line { url: asked.url.clone(), ..thread }.at(Some(asked.asked_at)));
    let part = |id, title, lines, none, unknown| Section { id, title, lines, none, unknown };
    let noted = |words: &str| match words.is_empty() {
        true => Vec::new(),
        false => vec![Line::new(words, [format!("task:{id}")])],
    };
    let mut sections = vec![
        part("question", "Question", lines, "", Vec::new()),
        part("tried", "Tried so far", noted(&tried), "Not known: ask in the thread what was tried.", Vec::new()),
        part("environment", "Environment", noted(&environment), "Not known: ask for version and system.", Vec::new()),
    ];
    let read = Sources::for_team(workspace, &asked.member_id, now).await?;
    sections.extend(packet::sections(&read, &[Part::Who, Part::Product]).await?);
    let open = found.open.iter().find(|open| open.activity_id == question);
    let like = open.map_or(&[][..], |open| open.similar.as_slice());
    let related = like.iter().map(|other| {
        let line = Line::new(&other.title, [format!("activity:{}", other.activity_id)]);
        Line { url: other.url.clone(), ..line }
    });
    sections.push(part("related", "Answered before", related.collect(), "Nothing like it was answered.", Vec::new()));
    Ok(Packet {
        question: question.to_owned(),
        title: title.chars().take(160).collect(),
        url: asked.url,
        member_id: asked.member_id,
        escalated,
        is_open: asked.state == "open",
        tried,
        environment,
        sections,
    })
}

/// Notes that a question went to support, with what was tried and where it happens. Said again, it says the new words; the
/// time of the first stays.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such question, [`AppError::Conflict`] when it was answered,
/// [`AppError::Invalid`] when the words are too long.
pub async fn escalate(
    workspace: &Workspace,
    question: &str,
    (tried, environment): (&str, &str),
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    let asked = asked(workspace, question, now).await?;
    let id = escalation_id(question);
    let known = fact::with_key(workspace.db(), FactKind::TASK, &id).await?;
    let first = known.iter().find_map(|row| row.fact.instant("done_at"));
    if asked.state != "open" && first.is_none() {
        return Err(AppError::Conflict("this question has an answer: open ones alone go to support".into()));
    }
    if [tried, environment].iter().any(|words| words.chars().count() > CHARACTERS) {
        return Err(AppError::Invalid(format!("say it in at most {CHARACTERS} characters, and link to the rest")));
    }
    let line = json!({
        "type": "task", "id": id, "kind": "escalate", "flywheel": "knowledge_sharing", "step": "asks", "question": question,
        "state": "done", "outcome": "escalated", "done_at": first.unwrap_or(now), "assignee": by,
        "identity": by_hand::account(workspace, &asked.member_id).await?,
        "tried": tried.trim(), "environment": environment.trim(),
    });
    by_hand::write(workspace, vec![line], now).await
}

fn escalation_id(question: &str) -> String {
    consents::id_of("escalate", &[question])
}

async fn asked(workspace: &Workspace, question: &str, now: Timestamp) -> AppResult<Asked> {
    let missing = || {
        AppError::NotFound(format!(
            "there is no question `{question}`: `axle questions list` shows those that are open"
        ))
    };
    let id: uuid::Uuid = question.parse().map_err(|_| missing())?;
    let query = format!(
        "select q.member_id, q.state, q.channel, q.asked_at, coalesce(a.title, t.title) as title, substr(a.text, 1, 4000) as text,
                a.url
         from questions q join (select activity_id, title, text, url from activities where activity_id = '{id}') a
           on a.activity_id = q.activity_id
         left join threads t on t.source = q.source and t.channel = q.channel and t.thread_id = q.thread_id
         where q.activity_id = '{id}'"
    );
    let mut asked: Vec<Asked> = figures::records(workspace, &query, now).await?;
    let mut asked = asked.pop().ok_or_else(missing)?;
    let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    (asked.title, asked.text) = (some(asked.title), some(asked.text));
    Ok(asked)
}

impl Packet {
    /// To be copied, or saved as a file.
    pub fn text(&self, zone: &jiff::tz::TimeZone) -> String {
        packet::text(&format!("Question for support: {}", self.title), &self.sections, zone)
    }
}
