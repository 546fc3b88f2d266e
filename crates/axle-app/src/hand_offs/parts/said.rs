//! What a member said: why now, questions, concerns with their mood, praise, feedback, and what it is mostly about.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::interchange::FactKind;
use axle_model::label::{Label, Sentiment, sentiment_of};
use axle_store::activity::{self, Said};
use axle_store::correction;
use axle_store::fact::FactRow;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::{LINES, Sources, activity_of, cut, object, quoted, text, words};
use crate::{AppResult, figures};

/// Things said of each kind.
const SAID: u32 = 6;
/// Channels and subjects that are named.
const TOPICS: usize = 3;

pub(super) async fn why_now(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    if let Some(hand_off) = read.hand_off.filter(|one| one.flywheel.as_deref() == Some("deal_champions")) {
        let by = hand_off.from.as_deref().unwrap_or("a colleague");
        let evidence = [format!("hand_off:{}", hand_off.hand_off_id)];
        lines.push(Line::labelled("Appointed", format!("by {by}"), evidence).at(hand_off.qualified_at));
    }
    for (row, quote) in read.signals().await?.iter().take(LINES) {
        let kind = text(row, "kind").unwrap_or_default();
        let told = if kind == "explicit" { "Said so" } else { "Read from what they wrote" };
        let by = text(row, "recorded_by").map(|by| format!(" (heard by {by})")).unwrap_or_default();
        let quote = quote.as_ref().map(|quote| format!(": “{}”", cut(quote))).unwrap_or_default();
        let line = Line::new(format!("{told}{by}{quote}"), [format!("signal:{}", row.fact.key)]);
        lines.push(line.at(row.fact.instant("at")));
    }
    lines.extend(labelled(read, Label::HandRaise).await?.into_iter().map(|(_, line)| line));
    Ok(lines)
}

/// What they said of one kind, by the activity's id: their own words, not the title of a thread that somebody else may have
/// begun.
async fn labelled(read: &Sources<'_>, label: Label) -> AppResult<Vec<(String, Line)>> {
    let rows = activity::said(read.workspace.db(), read.member_number, [label], &read.left_out(), SAID * 4).await?;
    let on = |row: &Said| -> [u8; 12] { row.activity_id.first_chunk().copied().unwrap_or_default() };
    let readable = read.readable(rows.iter().map(on).collect()).await?;
    let line = |row: Said| {
        let at = Timestamp::from_microsecond(row.occurred_at).ok().filter(|at| *at <= read.now)?;
        let id = Uuid::from_slice(&row.activity_id).ok()?.to_string();
        let mood = sentiment_of(row.reading_code);
        let line = spoken(&id, row.title.as_deref(), row.text.as_deref(), row.url)?.at(Some(at));
        Some((id, moody(line, label, mood)))
    };
    let may_read = |row: &Said| readable.has(&on(row));
    Ok(rows.into_iter().filter(may_read).filter_map(line).take(SAID as usize).collect())
}

/// The words of an activity; of none, its title.
fn spoken(id: &str, title: Option<&str>, words: Option<&str>, url: Option<String>) -> Option<Line> {
    let quote = [words, title].into_iter().flatten().map(quoted).find(|quote| quote != "“”")?;
    Some(Line { url, ..Line::new(quote, [format!("activity:{id}")]) })
}

/// Concerns and praise are told with their mood.
fn moody(line: Line, label: Label, mood: Sentiment) -> Line {
    let is_told = matches!(label, Label::Concern | Label::Praise) && mood != Sentiment::Unknown;
    let text = if is_told { format!("{} ({})", line.text, mood.name()) } else { line.text };
    Line { text, ..line }
}

#[derive(Deserialize)]
struct Asked {
    activity_id: String,
    state: String,
    asked_at: Timestamp,
    answered_by_kind: Option<String>,
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

/// Their questions that are open, or those that were answered, the newest first. Of questions outside of channels for
/// questions it is not known: they stand with the open ones.
pub(super) async fn questions(read: &Sources<'_>, open: bool) -> AppResult<Vec<Line>> {
    let query = format!(
        "select q.activity_id, q.state, q.asked_at, q.answered_by_kind, a.title, substr(a.text, 1, 600) as text, a.url
         from questions q join (select activity_id, title, text, url from activities where member_id = '{id}') a
           on a.activity_id = q.activity_id
         where q.member_id = '{id}'",
        id = read.member_id
    );
    let mut asked: Vec<Asked> = figures::records(read.workspace, &query, read.now).await?;
    let known: HashSet<String> = asked.iter().map(|one| one.activity_id.clone()).collect();
    asked.retain(|one| (one.state == "open") == open);
    let readable = read.readable(asked.iter().map(|one| object(&one.activity_id)).collect()).await?;
    asked.retain(|one| readable.has(&object(&one.activity_id)));
    let line = |one: Asked| {
        let line = spoken(&one.activity_id, one.title.as_deref(), one.text.as_deref(), one.url)?;
        let by = match one.answered_by_kind.as_deref() {
            Some("teammate") => " (answered by our team)",
            Some(_) => " (answered by a member)",
            None => "",
        };
        Some(Line { text: format!("{}{by}", line.text), ..line }.at(Some(one.asked_at)))
    };
    let mut lines: Vec<Line> = asked.into_iter().filter_map(line).collect();
    if open {
        let unknown = labelled(read, Label::Question).await?.into_iter().filter(|(id, _)| !known.contains(id));
        lines.extend(
            unknown.map(|(_, line)| Line { text: format!("{} (not known whether answered)", line.text), ..line }),
        );
    }
    Ok(read.newest(lines))
}

#[derive(Deserialize)]
struct Negative {
    activity_id: String,
    occurred_at: Timestamp,
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

/// What worries them: feedback, words that read so or sound displeased, and whether a person has confirmed it.
pub(super) async fn concerns(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let given = recorded(read).await?;
    let worries = given.iter().filter(|row| row.fact.text("kind") != Some("praise"));
    let mut lines = read.newest(worries.map(feedback_line).collect());
    let mut said = labelled(read, Label::Concern).await?;
    let query = format!(
        "select activity_id, occurred_at, title, substr(text, 1, 600) as text, url from activities
         where member_id = '{}' and sentiment = 'negative' order by occurred_at desc, activity_id limit {}",
        read.member_id,
        SAID * 4
    );
    let negative: Vec<Negative> = figures::records(read.workspace, &query, read.now).await?;
    let readable = read.readable(negative.iter().map(|one| object(&one.activity_id)).collect()).await?;
    for one in negative {
        let is_told = said.iter().any(|(id, _)| *id == one.activity_id) || said.len() >= LINES;
        if is_told || one.occurred_at > read.now || !readable.has(&object(&one.activity_id)) {
            continue;
        }
        if let Some(line) = spoken(&one.activity_id, one.title.as_deref(), one.text.as_deref(), one.url) {
            let line = moody(line, Label::Concern, Sentiment::Negative).at(Some(one.occurred_at));
            said.push((one.activity_id, line));
        }
    }
    lines.extend(confirmed(read, Label::Concern, said).await?);
    Ok(lines)
}

pub(super) async fn praise(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let said = labelled(read, Label::Praise).await?;
    confirmed(read, Label::Praise, said).await
}

/// Says which of them a person has confirmed, and leaves out what a person says is none.
async fn confirmed(read: &Sources<'_>, label: Label, said: Vec<(String, Line)>) -> AppResult<Vec<Line>> {
    let mut words: HashMap<String, (bool, Option<String>)> = HashMap::new();
    for row in correction::all(read.workspace.db()).await? {
        if row.correction.label == label.name()
            && let Ok(id) = Uuid::from_slice(&row.correction.activity_id)
        {
            words.insert(id.to_string(), (row.correction.value == "true", row.correction.corrected_by));
        }
    }
    let told = |(id, line): (String, Line)| match words.get(&id) {
        Some((false, _)) => None,
        Some((true, Some(by))) => Some(Line { text: format!("{}, confirmed by {by}", line.text), ..line }),
        Some((true, None)) => Some(Line { text: format!("{}, confirmed by a person", line.text), ..line }),
        None => Some(line),
    };
    Ok(said.into_iter().filter_map(told).collect())
}

/// Feedback that the reader may read: what was given in a channel may be private.
async fn recorded(read: &Sources<'_>) -> AppResult<Vec<FactRow>> {
    let rows = read.quotable(read.facts(FactKind::FEEDBACK).await?).await?;
    let may_read = |row: &FactRow| read.covers_private() || !row.fact.body.contains_key("channel");
    Ok(rows.into_iter().filter(|(row, may)| *may && may_read(row)).map(|(row, _)| row).collect())
}

fn feedback_line(row: &FactRow) -> Line {
    let kind = row.fact.text("kind").unwrap_or_default();
    let what = text(row, "text").or_else(|| text(row, "topic")).unwrap_or_else(|| kind.to_owned());
    let state = if row.fact.instant("communicated_at").is_none() { "open" } else { "told what came of it" };
    let told = format!("{}: “{}” ({state})", words(kind), cut(&what));
    Line::new(told, [format!("feedback:{}", row.fact.key)]).at(row.fact.instant("at"))
}

/// All feedback, praise too.
pub(super) async fn feedback(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = read.newest(recorded(read).await?.iter().map(feedback_line).collect());
    lines.extend(praise(read).await?);
    Ok(lines)
}

/// Where they write most, and what their feedback and tickets are about.
pub(super) async fn topics(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    let mut channels: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in read.items.iter().filter(|item| !item.channel.is_empty() && item.text.is_some()) {
        channels.entry(&item.channel).or_default().push(activity_of(item));
    }
    let mut subjects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in recorded(read).await? {
        if let Some(topic) = text(&row, "topic") {
            subjects.entry(topic).or_default().push(format!("feedback:{}", row.fact.key));
        }
    }
    if read.covers_private() {
        for row in read.facts(FactKind::TICKET).await? {
            for topic in crate::directory::strings(&row.fact, "topics") {
                subjects.entry(topic).or_default().push(format!("ticket:{}", row.fact.key));
            }
        }
    }
    for row in read.facts(FactKind::PERSON).await? {
        let about = read.tags(&row).into_iter().filter_map(|tag| tag.strip_prefix("topic:").map(str::to_owned));
        about.for_each(|topic| subjects.entry(topic).or_default().push(format!("person:{}", row.fact.key)));
    }
    let mut most: Vec<(&str, Vec<String>)> = channels.into_iter().collect();
    most.sort_by_key(|(name, ids)| (std::cmp::Reverse(ids.len()), *name));
    for (channel, ids) in most.into_iter().take(TOPICS) {
        let told = format!("{channel}, {} times", ids.len());
        lines.push(Line::labelled("Writes in", told, ids.into_iter().take(3)));
    }
    let mut most: Vec<(String, Vec<String>)> = subjects.into_iter().collect();
    most.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    lines.extend(most.into_iter().take(TOPICS).map(|(topic, ids)| Line::labelled("Topic", topic, ids)));
    Ok(lines)
}
