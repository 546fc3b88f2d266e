//! Feedback: what members report, want, like and worry about.

use std::collections::HashMap;

use axle_app::said::{Item, Said};
use axle_model::label::Label;
use axum::extract::Query;

use super::member::excerpt;
use super::questions::busiest;
use super::reading::wrong;
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::feedback::{FeedbackLine, FeedbackPage, Kind, Other};
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

/// `GET /{workspace}/feedback`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    visit.must_see_members()?;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let said = visit.opened.said(visit.clock.now).await?;
    let link = visit.link("feedback");
    let here = ["kind", "channel"].iter().fold(link, |link, key| link.with(key, get(key)));
    let all: Vec<usize> = (0..said.items.len()).filter(|place| is_feedback(&said.items[*place])).collect();
    let channel = get("channel");
    let in_channel = |place: &usize| channel.is_empty() || said.items[*place].channel == channel;
    let kinds = kinds(&said, all.iter().copied().filter(|place| in_channel(place)).collect());
    let chosen = KINDS.iter().find(|(_, key, ..)| *key == get("kind")).map(|(label, ..)| *label);
    if chosen.is_none() && !get("kind").is_empty() {
        let known = "bug, feature, concern or praise";
        return Err(Failure::Invalid(format!("“{}” is no kind of feedback: use {known}.", get("kind"))));
    }
    let of_kind = |place: &usize| chosen.is_none_or(|label| said.items[*place].labels.has(label));
    let of_kind: Vec<usize> = all.iter().copied().filter(of_kind).collect();
    let found: Vec<usize> = of_kind.iter().copied().filter(in_channel).collect();
    if let Some(format) = Format::of(get("format"))? {
        return sheet(&said, &found).into_answer(format).await;
    }
    let after = found.iter().position(|place| said.items[*place].activity_id == get("cursor")).map_or(0, |at| at + 1);
    let shown: Vec<usize> = found[after..].iter().copied().take(ROWS).collect();
    let next = found.get(after + ROWS - 1).filter(|_| after + ROWS < found.len());
    let next = next.map(|place| here.with("cursor", &said.items[*place].activity_id));
    let total = found.len() as u64;
    html(&FeedbackPage {
        layout: visit.layout("Feedback", Section::Feedback),
        kinds,
        channels: busiest(of_kind.iter().map(|place| said.items[*place].channel.as_str()), channel),
        pager: Pager { shown: shown.len() as u64, total, noun: "item", first: (after > 0).then(|| here.clone()), next },
        lines: shown.into_iter().map(|place| line(&visit, &said, place)).collect(),
        exports: Exports { link: here.clone(), what: format::plural(total, "item") },
        any: !all.is_empty(),
        here,
    })
}

fn is_feedback(item: &Item) -> bool {
    KINDS.iter().any(|(label, ..)| item.labels.has(*label))
}

fn kinds(said: &Said, places: Vec<usize>) -> Vec<Kind> {
    let all = Kind { key: "", label: "All", lines: places.len() as u64 };
    let kind = |(label, key, heading, _): &(Label, &'static str, &'static str, &'static str)| Kind {
        key,
        label: heading,
        lines: places.iter().filter(|place| said.items[**place].labels.has(*label)).count() as u64,
    };
    std::iter::once(all).chain(KINDS.iter().map(kind)).collect()
}

fn person(visit: &Visit, item: &Item) -> Person {
    Person::member(visit.slug(), &item.member_id, &item.name)
}

/// Its title or first words.
pub(super) fn words(item: &Item, longest: usize) -> String {
    excerpt(&item.words(), longest)
}

fn line(visit: &Visit, said: &Said, place: usize) -> FeedbackLine {
    let item = &said.items[place];
    let shares_kind =
        |other: &Item| KINDS.iter().any(|(label, ..)| item.labels.has(*label) && other.labels.has(*label));
    let others = said.by_others(place, shares_kind);
    let other = |place: &usize| {
        let item = &said.items[*place];
        Other { person: person(visit, item), words: words(item, 80), url: url(item) }
    };
    let own = || KINDS.iter().filter(|(label, ..)| item.labels.has(*label));
    FeedbackLine {
        words: words(item, 240),
        url: url(item),
        person: person(visit, item),
        channel: item.channel.clone(),
        at: item.at,
        kinds: own().map(|(_, _, _, one)| *one).collect(),
        topics: item.topics(),
        others: others.iter().take(OTHERS).map(other).collect(),
        wrong: own().filter_map(|(label, ..)| wrong(visit, &item.activity_id, *label, "feedback")).collect(),
    }
}

fn url(item: &Item) -> Option<WebUrl> {
    item.url.as_deref().and_then(WebUrl::parse)
}

fn sheet(said: &Said, places: &[usize]) -> Sheet {
    let columns = ["kind", "words", "member", "member_id", "channel", "source", "said_at", "url", "activity_id"];
    let row = |place: &usize| -> Vec<Cell> {
        let item = &said.items[*place];
        let kinds = KINDS.iter().filter(|(label, ..)| item.labels.has(*label)).map(|(_, key, ..)| *key);
        vec![
            kinds.collect::<Vec<_>>().join(",").into(),
            item.words().into(),
            item.name.as_str().into(),
            item.member_id.as_str().into(),
            item.channel.as_str().into(),
            item.source.as_str().into(),
            item.at.into(),
            item.url.clone().into(),
            item.activity_id.as_str().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = places.iter().map(row).collect();
    Sheet { name: "feedback".into(), columns: columns.map(str::to_owned).to_vec(), rows: Box::new(rows.into_iter()) }
}
