//! Questions that wait, and who answers.

use std::collections::HashMap;

use axle_app::questions::{self as app, ANSWERER_DAYS, PROMISE_HOURS, Questions};
use axle_model::label::Label;
use axum::extract::Query;
use jiff::SignedDuration;

use super::figures::figure;
use super::member::excerpt;
use super::reading::wrong;
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::{Link, WebUrl};
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, MemberKind, Pager, Person};
use crate::pages::questions::{
    AgeGroup, Answerer, HelperLine, MissingQuestions, OpenQuestion, QuestionsPage, SimilarQuestion, ThanksLine,
};
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 50;
/// Whoever asked waits for so many days: a later answer is welcome, and no longer urgent.
const WAITING_DAYS: i64 = 2;
/// Ages to filter by: key, label, and the days from which and before which a question has that age.
const AGES: [(&str, &str, i64, i64); 5] = [
    ("", "Any age", 0, i64::MAX),
    ("week", "Last 7 days", 0, 7),
    ("month", "8 to 30 days", 7, 30),
    ("quarter", "31 to 90 days", 30, 90),
    ("older", "Older", 90, i64::MAX),
];
/// Answers to thank for.
const THANKS: usize = 10;
/// Channels that are named.
const CHANNELS: usize = 12;

/// `GET /{workspace}/questions`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let now = visit.clock.now;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let found = visit.opened.questions(now).await?;
    let link = visit.link("questions");
    let here = ["channel", "age", "sort"].iter().fold(link, |link, key| link.with(key, get(key)));
    let channel = get("channel");
    let mut open: Vec<&app::OpenQuestion> =
        found.open.iter().filter(|question| channel.is_empty() || question.channel == channel).collect();
    let ages = AGES.map(|(key, label, from, to)| {
        let has_age = |question: &&&app::OpenQuestion| (from..to).contains(&days(&visit, question));
        AgeGroup { key, label, questions: open.iter().filter(has_age).count() as u64 }
    });
    let unknown = || Failure::Invalid(format!("“{}” is no age: use week, month, quarter or older.", get("age")));
    let (_, _, from, to) = AGES.into_iter().find(|(key, ..)| *key == get("age")).ok_or_else(unknown)?;
    if !["", "newest", "oldest"].contains(&get("sort")) {
        return Err(Failure::Invalid(format!("“{}” is no order: use newest or oldest.", get("sort"))));
    }
    open.retain(|question| (from..to).contains(&days(&visit, question)));
    if get("sort") == "oldest" {
        open.reverse();
    }
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
        channels: busiest(found.open.iter().map(|question| question.channel.as_str()), channel),
        ages: ages.to_vec(),
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
        thanks: thanks(&visit, &found),
        answerers: answerers(&visit, &found),
        period: if visit.user.may_see_members() { format!("last {ANSWERER_DAYS} days") } else { String::new() },
        missing: missing(&found),
        all_answerers: all_answerers(&visit),
        here,
    })
}

/// For how many whole days a question has waited.
fn days(visit: &Visit, question: &app::OpenQuestion) -> i64 {
    visit.clock.now.duration_since(question.asked_at).as_hours().max(0) / 24
}

/// The channels that are named most often, by name, and the chosen one.
pub(super) fn busiest<'a>(channels: impl Iterator<Item = &'a str>, chosen: &str) -> Vec<String> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    channels.for_each(|channel| *counts.entry(channel).or_default() += 1);
    let mut names: Vec<(&str, u64)> = counts.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let is_shown = |(place, (name, _)): &(usize, (&str, u64))| *place < CHANNELS || *name == chosen;
    let mut names: Vec<String> =
        names.into_iter().enumerate().filter(is_shown).map(|(_, (name, _))| name.to_owned()).collect();
    names.sort();
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

/// A question in a list. Its title, its words and its place on the web are its asker's: who may not see members learns that there is one.
pub(super) fn shown(visit: &Visit, question: &app::OpenQuestion) -> OpenQuestion {
    let sees = visit.user.may_see_members();
    let words = question.text.as_deref().map(|text| excerpt(text, 200));
    let title = question.title.clone().or_else(|| words.clone()).filter(|_| sees);
    OpenQuestion {
        excerpt: words.filter(|words| sees && title.as_ref() != Some(words)),
        title: title.unwrap_or_else(|| if sees { "A question without a title".into() } else { "A question".into() }),
        url: question.url.as_deref().filter(|_| sees).and_then(WebUrl::parse),
        asker: asker(visit, question),
        channel: question.channel.clone(),
        asked_at: question.asked_at,
        replies: question.replies,
        wrong: wrong(visit, &question.activity_id, Label::Question, "questions").filter(|_| question.is_by_words),
        raised: super::today::raised(
            visit,
            &question.member_id,
            &question.activity_id,
            &excerpt(question.title.as_deref().or(question.text.as_deref()).unwrap_or_default(), 200),
            "questions",
        ),
        similar: question.similar.iter().filter(|_| sees).map(similar).collect(),
        helpers: question.could_answer.iter().filter(|_| sees).map(|one| helper(visit, question, one)).collect(),
        escalation: sees.then(|| visit.link("questions").below(&question.activity_id)),
        escalated_at: question.escalated_at.filter(|_| sees),
        overdue: is_late(visit, question) && days(visit, question) < WAITING_DAYS,
    }
}

fn helper(visit: &Visit, question: &app::OpenQuestion, one: &app::Helper) -> HelperLine {
    let may_ask = visit.user.may_answer_tasks() && one.asked_at.is_none();
    HelperLine {
        person: Person::member(visit.slug(), &one.member_id, &one.name),
        member_id: one.member_id.clone(),
        answered: one.answered,
        asked_at: one.asked_at,
        ask: may_ask.then(|| visit.link("questions").below(&question.activity_id)),
    }
}

fn similar(question: &app::SimilarQuestion) -> SimilarQuestion {
    SimilarQuestion { title: question.title.clone(), url: question.url.as_deref().and_then(WebUrl::parse) }
}

/// Whether a question has waited longer than was promised.
pub(super) fn is_late(visit: &Visit, question: &app::OpenQuestion) -> bool {
    visit.clock.now > question.asked_at + SignedDuration::from_hours(PROMISE_HOURS)
}

fn answerers(visit: &Visit, found: &Questions) -> Vec<Answerer> {
    if !visit.user.may_see_members() {
        return Vec::new();
    }
    let row = |row: &app::Answerer| Answerer {
        person: Person::member(visit.slug(), &row.member_id, &row.name),
        helped: row.helped,
        answers: row.answers,
        accepted: Some(row.accepted),
    };
    found.answerers.iter().map(row).collect()
}

fn thanks(visit: &Visit, found: &Questions) -> Vec<ThanksLine> {
    if !visit.user.may_see_members() {
        return Vec::new();
    }
    let line = |one: &app::ToThank| ThanksLine {
        say: visit.user.may_answer_tasks().then(|| visit.link("questions").below(&one.activity_id)),
        person: Person::member(visit.slug(), &one.answered_by, &one.answerer),
        asker: Person::member(visit.slug(), &one.member_id, &one.name),
        title: excerpt(one.title.as_deref().unwrap_or("a question"), 120),
        url: one.url.as_deref().and_then(WebUrl::parse),
        at: one.answered_at,
    };
    found.thanks.iter().take(THANKS).map(line).collect()
}

/// The KPI over the same days.
fn all_answerers(visit: &Visit) -> Link {
    let (from, to) = app::answerer_days(visit.clock.now, &visit.clock.zone);
    let kpi = visit.link("kpis/top_answerers");
    kpi.with("from", from.to_string()).with("to", to.to_string()).with("grain", "total")
}

fn sheet(visit: &Visit, open: &[&app::OpenQuestion]) -> Sheet {
    let columns = ["title", "channel", "source", "asked_at", "replies", "asker", "member_id", "url"];
    let sees = visit.user.may_see_members();
    let row = |question: &&app::OpenQuestion| -> Vec<Cell> {
        let person = |text: &str| if sees { Cell::from(text) } else { Cell::Nothing };
        vec![
            question.title.clone().filter(|_| sees).into(),
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
