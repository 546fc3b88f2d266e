//! Questions that wait, and who answers.

use std::collections::HashMap;

use axle_app::questions::{self as app, ANSWERER_DAYS, PROMISE_HOURS, Questions};
use axum::extract::Query;
use jiff::SignedDuration;

use super::figures::figure;
use super::members::excerpt;
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, MemberKind, Pager, Person};
use crate::pages::questions::{Answerer, MissingQuestions, OpenQuestion, QuestionsPage};
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 50;
/// Channels that are named when none is marked.
const CHANNELS: usize = 12;

/// `GET /{workspace}/questions`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let now = visit.clock.now;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let found = visit.opened.questions(now).await?;
    let here = visit.link("questions").with("channel", get("channel"));
    let channel = get("channel");
    let open: Vec<&app::OpenQuestion> =
        found.open.iter().filter(|question| channel.is_empty() || question.channel == channel).collect();
    if let Some(format) = Format::of(get("format"))? {
        return sheet(&visit, &open).into_answer(format).await;
    }
    let after = open.iter().position(|question| question.activity_id == get("cursor")).map_or(0, |at| at + 1);
    let shown: Vec<OpenQuestion> = open[after..].iter().take(ROWS).map(|question| shown(&visit, question)).collect();
    let last = open.get(after + ROWS - 1).filter(|_| after + ROWS < open.len());
    let kpis = visit.link("kpis");
    let total = open.len() as u64;
    html(&QuestionsPage {
        layout: visit.layout("Questions", Section::Questions),
        channels: channels(&found),
        figures: visit.opened.answers(now).await?.iter().map(|tile| figure(tile, &kpis)).collect(),
        promise_hours: PROMISE_HOURS.unsigned_abs(),
        pager: Pager {
            shown: shown.len() as u64,
            total,
            noun: "question",
            first: (after > 0).then(|| here.clone()),
            next: last.map(|question| here.with("cursor", &question.activity_id)),
        },
        open: shown,
        exports: Exports { link: here.clone(), what: format::plural(total, "open question") },
        answerers: answerers(&visit, &found),
        period: if visit.user.may_see_members() { format!("last {ANSWERER_DAYS} days") } else { String::new() },
        missing: missing(&found),
        here,
    })
}

/// Channels that have an open question, by name.
fn channels(found: &Questions) -> Vec<String> {
    let mut names: Vec<String> = found.open.iter().map(|question| question.channel.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn missing(found: &Questions) -> Option<MissingQuestions> {
    if found.any || !found.channels.is_empty() {
        return None;
    }
    if found.unmarked.is_empty() {
        return Some(MissingQuestions::NoSource);
    }
    Some(MissingQuestions::NoChannelMarked(found.unmarked.iter().take(CHANNELS).cloned().collect()))
}

/// Who asked, for those who may know.
fn asker(visit: &Visit, question: &app::OpenQuestion) -> Person {
    if visit.user.may_see_members() {
        return Person::member(visit.slug(), &question.member_id, &question.name);
    }
    Person { link: visit.link("questions"), name: "A member".into(), detail: None, kind: MemberKind::Member }
}

/// A question in a list. Its words and its place on the web lead to people: who may not see them gets the title alone.
pub(super) fn shown(visit: &Visit, question: &app::OpenQuestion) -> OpenQuestion {
    let sees = visit.user.may_see_members();
    let words = question.text.as_deref().map(|text| excerpt(text, 200));
    let title = question.title.clone().or_else(|| words.clone().filter(|_| sees));
    OpenQuestion {
        excerpt: words.filter(|words| sees && title.as_ref() != Some(words)),
        title: title.unwrap_or_else(|| "A question without a title".into()),
        url: question.url.as_deref().filter(|_| sees).and_then(WebUrl::parse),
        asker: asker(visit, question),
        channel: question.channel.clone(),
        asked_at: question.asked_at,
        replies: question.replies,
        overdue: visit.clock.now > question.asked_at + SignedDuration::from_hours(PROMISE_HOURS),
    }
}

fn answerers(visit: &Visit, found: &Questions) -> Vec<Answerer> {
    if !visit.user.may_see_members() {
        return Vec::new();
    }
    let row = |row: &app::Answerer| Answerer {
        person: Person::member(visit.slug(), &row.member_id, &row.name),
        helped: row.helped,
        answers: row.answers,
        accepted: None,
    };
    found.answerers.iter().map(row).collect()
}

fn sheet(visit: &Visit, open: &[&app::OpenQuestion]) -> Sheet {
    let columns = ["title", "channel", "source", "asked_at", "replies", "asker", "member_id", "url"];
    let sees = visit.user.may_see_members();
    let row = |question: &&app::OpenQuestion| -> Vec<Cell> {
        let person = |text: &str| if sees { Cell::from(text) } else { Cell::Nothing };
        vec![
            question.title.clone().into(),
            question.channel.as_str().into(),
            question.source.as_str().into(),
            question.asked_at.into(),
            question.replies.into(),
            person(&question.name),
            person(&question.member_id),
            person(question.url.as_deref().unwrap_or_default()),
        ]
    };
    let rows: Vec<Vec<Cell>> = open.iter().map(row).collect();
    Sheet { name: "questions".into(), columns: columns.map(str::to_owned).to_vec(), rows: Box::new(rows.into_iter()) }
}
