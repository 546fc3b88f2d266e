//! Feedback: what members report, want, like and worry about, what was decided about it, and whether they were told.

use std::collections::HashMap;

use axle_app::feedback::{self as app, Feedback, State};
use axle_app::said::{Item, Said};
use axle_model::label::Label;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};

use super::member::excerpt;
use super::questions::busiest;
use super::reading::wrong;
use super::settings::{Pairs, value};
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::feedback::{Became, Decide, FeedbackLine, FeedbackPage, Kind, Other};
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Pager, Person};
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 30;
/// Others who said the like that are named.
const OTHERS: usize = 3;
/// Kinds of feedback: label, key in the address, heading, and what one item is called.
const KINDS: [(Label, &str, &str, &str); 4] = [
    (Label::Bug, "bug", "Bugs", "Bug"),
    (Label::Feature, "feature", "Feature requests", "Feature request"),
    (Label::Concern, "concern", "Concerns", "Concern"),
    (Label::Praise, "praise", "Praise", "Praise"),
];
/// What became of it: key in the address, and heading.
const BECAME: [(&str, &str); 6] = [
    ("", "Any state"),
    ("open", "To decide"),
    ("planned", "Planned"),
    ("declined", "Declined"),
    ("shipped", "Shipped"),
    ("to_tell", "To tell"),
];

/// `GET /{workspace}/feedback`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    visit.must_see_members()?;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let said = visit.opened.said(visit.clock.now).await?;
    let all = app::list(&visit.opened.workspace, &said, visit.clock.now).await?;
    let here = ["kind", "channel", "state", "member"]
        .iter()
        .fold(visit.link("feedback"), |link, key| link.with(key, get(key)));
    let chosen = KINDS.iter().find(|(_, key, ..)| *key == get("kind")).map(|(label, ..)| *label);
    if chosen.is_none() && !get("kind").is_empty() {
        let known = "bug, feature, concern or praise";
        return Err(Failure::Invalid(format!("“{}” is no kind of feedback: use {known}.", get("kind"))));
    }
    if !BECAME.iter().any(|(key, _)| *key == get("state")) {
        let known = "open, planned, declined, shipped or to_tell";
        return Err(Failure::Invalid(format!("“{}” is no state of feedback: use {known}.", get("state"))));
    }
    let (channel, member) = (get("channel"), get("member"));
    let of_kind = |one: &&Feedback| chosen.is_none_or(|label| one.has(label));
    let in_channel = |one: &&Feedback| channel.is_empty() || one.channel == channel;
    let of_member = |one: &&Feedback| member.is_empty() || one.member_id.as_deref() == Some(member);
    let of_state = |one: &&Feedback| is_in(one, get("state"));
    let near: Vec<&Feedback> = all.iter().filter(of_member).collect();
    let found: Vec<&Feedback> = near.iter().copied().filter(of_kind).filter(in_channel).filter(of_state).collect();
    if let Some(format) = Format::of(get("format"))? {
        return sheet(&found).into_answer(format).await;
    }
    let after = found.iter().position(|one| one.feedback_id == get("cursor")).map_or(0, |at| at + 1);
    let next = found.get(after + ROWS - 1).filter(|_| after + ROWS < found.len());
    let next = next.map(|one| here.with("cursor", &one.feedback_id));
    let total = found.len() as u64;
    html(&FeedbackPage {
        layout: visit.layout("Feedback", Section::Feedback),
        kinds: kinds(near.iter().copied().filter(in_channel).filter(of_state).collect()),
        states: states(near.iter().copied().filter(in_channel).filter(of_kind).collect()),
        channels: busiest(
            near.iter().copied().filter(of_kind).map(|one| one.channel.as_str()).filter(|name| !name.is_empty()),
            channel,
        ),
        of_member: (!member.is_empty()).then(|| {
            let name = near.iter().find_map(|one| one.name.clone());
            name.unwrap_or_else(|| "one member".into())
        }),
        pager: Pager {
            shown: found[after..].len().min(ROWS) as u64,
            total,
            noun: "item",
            first: (after > 0).then(|| here.clone()),
            next,
        },
        lines: found[after..].iter().take(ROWS).map(|one| line(&visit, &said, one)).collect(),
        exports: Exports { link: here.clone(), what: format::plural(total, "item") },
        any: !all.is_empty(),
        here,
    })
}

/// `POST /{workspace}/feedback/{feedback}`: what was decided, or that its author was told.
pub(crate) async fn act(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    if !visit.user.may_answer_tasks() {
        return Err(Failure::Forbidden);
    }
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let said = visit.opened.said(now).await?;
    let list = app::list(workspace, &said, now).await?;
    let done = match value(&pairs, "state") {
        "told" => {
            app::tell(workspace, &list, &id, now).await?;
            "told"
        }
        state => {
            let decision = (State::named(state)?, value(&pairs, "reason"));
            app::decide(workspace, &list, &id, decision, &visit.user.name, now).await?;
            if decision.0 == State::Open { "reopened" } else { "decided" }
        }
    };
    let mut link = visit.link("feedback").with("done", done);
    for (key, field) in [("kind", "kind"), ("channel", "channel"), ("member", "member"), ("state", "shown")] {
        link = link.with(key, value(&pairs, field));
    }
    Ok(Redirect::to(&link.to_string()).into_response())
}

fn is_in(one: &Feedback, key: &str) -> bool {
    match key {
        "" => true,
        "open" => one.state == State::Open && one.asks(),
        "to_tell" => one.is_to_tell(),
        name => one.state.name() == name,
    }
}

fn kinds(all: Vec<&Feedback>) -> Vec<Kind> {
    let any = Kind { key: "", label: "All", lines: all.len() as u64 };
    let kind = |(label, key, heading, _): &(Label, &'static str, &'static str, &'static str)| Kind {
        key,
        label: heading,
        lines: all.iter().filter(|one| one.has(*label)).count() as u64,
    };
    std::iter::once(any).chain(KINDS.iter().map(kind)).collect()
}

fn states(all: Vec<&Feedback>) -> Vec<Kind> {
    let lines = |key: &str| all.iter().filter(|one| is_in(one, key)).count() as u64;
    BECAME.map(|(key, label)| Kind { key, label, lines: lines(key) }).to_vec()
}

fn person(visit: &Visit, item: &Item) -> Person {
    Person::member(visit.slug(), &item.member_id, &item.name)
}

/// Its title or first words.
pub(super) fn words(item: &Item, longest: usize) -> String {
    excerpt(&item.words(), longest)
}

fn line(visit: &Visit, said: &Said, one: &Feedback) -> FeedbackLine {
    let item = one.place.map(|place| &said.items[place]);
    let shares_kind = |other: &Item| KINDS.iter().any(|(label, ..)| one.has(*label) && other.labels.has(*label));
    let others = one.place.map(|place| said.by_others(place, shares_kind)).unwrap_or_default();
    let other = |place: &usize| {
        let item = &said.items[*place];
        Other { person: person(visit, item), words: words(item, 80), url: url(item.url.as_deref()) }
    };
    let read = |item: &Item| -> Vec<_> {
        let own = KINDS.iter().filter(|(label, ..)| item.labels.has(*label));
        own.filter_map(|(label, ..)| wrong(visit, &item.activity_id, *label, "feedback")).collect()
    };
    let of_member = |(id, name): (&String, &String)| Person::member(visit.slug(), id, name);
    let topics = || item.map(Item::topics).unwrap_or_default();
    FeedbackLine {
        words: excerpt(&one.words, 240),
        url: url(one.url.as_deref()),
        person: one.member_id.as_ref().zip(one.name.as_ref()).map(of_member),
        channel: if one.channel.is_empty() { one.source.clone() } else { one.channel.clone() },
        at: one.at,
        kinds: KINDS.iter().filter(|(label, ..)| one.has(*label)).map(|(_, _, _, kind)| *kind).collect(),
        topics: one.topic.clone().map_or_else(topics, |topic| vec![topic]),
        others: others.iter().take(OTHERS).map(other).collect(),
        wrong: item.map(read).unwrap_or_default(),
        became: became(one),
        decide: (visit.user.may_answer_tasks() && one.asks()).then(|| Decide {
            form: visit.link("feedback").below(&one.feedback_id),
            is_open: one.state == State::Open,
            is_to_tell: one.is_to_tell(),
        }),
    }
}

fn became(one: &Feedback) -> Option<Became> {
    let word = match one.state {
        State::Open => return None,
        State::Planned => "Planned",
        State::Declined => "Declined",
        State::Shipped => "Shipped",
    };
    let (by, reason) = (one.decided_by.clone(), one.reason.clone());
    Some(Became { word, by, at: one.decided_at, reason, told_at: one.told_at })
}

fn url(url: Option<&str>) -> Option<WebUrl> {
    url.and_then(WebUrl::parse)
}

fn sheet(found: &[&Feedback]) -> Sheet {
    let columns = [
        "kind",
        "words",
        "member",
        "member_id",
        "channel",
        "source",
        "said_at",
        "url",
        "feedback_id",
        "topic",
        "state",
        "decided_at",
        "decided_by",
        "reason",
        "told_at",
    ];
    let row = |one: &&Feedback| -> Vec<Cell> {
        let kinds = KINDS.iter().filter(|(label, ..)| one.has(*label)).map(|(_, key, ..)| *key);
        vec![
            kinds.collect::<Vec<_>>().join(",").into(),
            one.words.as_str().into(),
            one.name.clone().into(),
            one.member_id.clone().into(),
            one.channel.as_str().into(),
            one.source.as_str().into(),
            one.at.into(),
            one.url.clone().into(),
            one.feedback_id.as_str().into(),
            one.topic.clone().into(),
            one.state.name().into(),
            one.decided_at.into(),
            one.decided_by.clone().into(),
            one.reason.clone().into(),
            one.told_at.into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = found.iter().map(row).collect();
    Sheet { name: "feedback".into(), columns: columns.map(str::to_owned).to_vec(), rows: Box::new(rows.into_iter()) }
}
