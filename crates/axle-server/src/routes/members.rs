//! The list of members with its files, one member, and filters that are given a name.

use std::collections::HashMap;

use axle_app::permissions::Permission;
use axle_app::roster::{FILTERS, Filter, LEVELS, Order, Person, Roster};
use axle_app::saved_filters::{self, SavedFilter};
use axle_app::{AppError, tags};
use axum::Form;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::settings::{Pairs, value};
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::Link;
use crate::pages::layout::Section;
use crate::pages::members::{Gauge, MemberRow, MembersPage, Segment, TagChosen};
use crate::pages::parts::{Exports, Pager};
use crate::pages::typed::Typed;
use crate::visit::{Visit, level};

/// Rows of a page.
const ROWS: usize = 50;

/// What the address may hold besides its place in the list.
const KEYS: [&str; 10] = ["q", "level", "source", "organization", "since", "kind", "tag", "sort", "columns", "segment"];

type Parameters = HashMap<String, String>;

fn filter_of(query: &Parameters) -> Result<Filter, String> {
    Filter::parse(|key| query.get(key).map_or("", String::as_str))
}

/// `GET /{workspace}/members`
pub(crate) async fn list(visit: Visit, Query(query): Query<Parameters>) -> Answer {
    show(visit, query, Typed::default()).await
}

/// The list of an address; `typed`: what was sent from there and cannot be.
async fn show(visit: Visit, query: Parameters, typed: Typed) -> Answer {
    visit.must_see_members()?;
    let roster = visit.opened.roster(visit.clock.now).await?;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let order = Order::from_name(get("sort"));
    let (filter, problem) = match (filter_of(&query), order) {
        (Ok(_), None) => (Filter::default(), Some(format!("The list cannot be sorted by “{}”.", get("sort")))),
        (Ok(filter), _) => (filter, None),
        (Err(problem), _) => (Filter::default(), Some(problem)),
    };
    let people = roster.select(&filter, order.unwrap_or_default());
    if let Some(format) = Format::of(get("format"))? {
        return match problem {
            Some(problem) => Err(Failure::Invalid(problem)),
            None => sheet(&people).into_answer(format).await,
        };
    }
    let here = KEYS.iter().fold(visit.link("members"), |link, key| link.with(key, get(key)));
    let after = people.iter().position(|person| person.member.member_id == get("cursor")).map_or(0, |at| at + 1);
    let is_chosen = |id: &str| typed.fields.iter().any(|(name, value)| name == "chosen" && value == id);
    let row =
        |person: &&Person| MemberRow { is_chosen: is_chosen(&person.member.member_id), ..row(&visit, &roster, person) };
    let shown: Vec<MemberRow> = people[after..].iter().take(ROWS).map(row).collect();
    let last = people.get(after + ROWS - 1).filter(|_| after + ROWS < people.len());
    let total = people.len() as u64;
    html(&MembersPage {
        layout: visit.layout("Members", Section::Members),
        segments: segments(&visit, &roster, &here).await?,
        levels: levels(&roster),
        sources: roster.platforms.clone(),
        problem,
        pager: Pager {
            shown: shown.len() as u64,
            total,
            noun: "member",
            first: (after > 0).then(|| here.clone()),
            next: last.map(|person| here.with("cursor", &person.member.member_id)),
        },
        members: shown,
        tag: visit.user.may(Permission::Correct).then(|| TagChosen {
            send: visit.link("members").below("tags"),
            back: placed(&here, get("cursor")),
            typed: typed.clone(),
        }),
        exports: Exports { link: here.clone(), what: format::plural(total, "member") },
        here,
    })
}

fn levels(roster: &Roster) -> Vec<(String, String)> {
    let names = roster.level_names.iter().map(String::as_str);
    let labels = std::iter::once("Out of orbit").chain(names);
    LEVELS.iter().zip(labels).map(|(value, label)| ((*value).to_owned(), label.to_owned())).collect()
}

async fn segments(visit: &Visit, roster: &Roster, here: &Link) -> Result<Vec<Segment>, Failure> {
    let saved = saved_filters::list(&visit.opened.workspace).await?;
    let shown = saved.into_iter().map(|saved| {
        let query: Parameters = saved.filter.iter().cloned().collect();
        let list = visit.link("members");
        let link = saved.filter.iter().fold(list, |link, (key, value)| link.with(key, value));
        Segment {
            members: filter_of(&query).map_or(0, |filter| roster.select(&filter, Order::Love).len() as u64),
            current: FILTERS.iter().all(|key| link.get(key) == here.get(key)),
            name: saved.name,
            link,
        }
    });
    Ok(shown.collect())
}

pub(super) fn gauge(word: &str) -> Gauge {
    match word {
        "low" => Gauge::Low,
        "neutral" => Gauge::Neutral,
        "high" => Gauge::High,
        _ => Gauge::NoBaseline,
    }
}

pub(super) fn organization_link(visit: &Visit, name: &str) -> Link {
    visit.link("members").with("organization", name)
}

fn row(visit: &Visit, roster: &Roster, person: &Person) -> MemberRow {
    let member = &person.member;
    MemberRow {
        person: visit.person(person),
        member_id: member.member_id.clone(),
        is_chosen: false,
        level: level(member.step, &roster.level_names),
        love: member.love,
        presence: gauge(&member.presence),
        organization: member.organizations.first().map(|name| (name.clone(), organization_link(visit, name))),
        sources: member.platforms.clone(),
        activities: member.activities,
        last_activity_at: member.last_activity_at,
    }
}

fn sheet(people: &[&Person]) -> Sheet {
    let columns = [
        "member_id",
        "name",
        "handles",
        "level",
        "level_step",
        "step",
        "love",
        "presence",
        "reach",
        "kind",
        "activities",
        "active_days_30",
        "first_activity_at",
        "last_activity_at",
        "platforms",
        "organizations",
        "tags",
    ];
    let rows: Vec<Vec<Cell>> = people
        .iter()
        .map(|person| {
            let member = &person.member;
            vec![
                member.member_id.as_str().into(),
                member.name.as_str().into(),
                person.handles.join(", ").into(),
                member.level.clone().into(),
                member.level_step.map(u64::from).into(),
                u64::from(member.step).into(),
                member.love.into(),
                member.presence.as_str().into(),
                member.reach.into(),
                person.kind().into(),
                member.activities.into(),
                u64::from(member.active_days_30).into(),
                member.first_activity_at.into(),
                member.last_activity_at.into(),
                member.platforms.join(", ").into(),
                member.organizations.join(", ").into(),
                member.tags.iter().map(|tag| tag.tag.as_str()).collect::<Vec<_>>().join(", ").into(),
            ]
        })
        .collect();
    Sheet { name: "members".into(), columns: columns.map(str::to_owned).to_vec(), rows: Box::new(rows.into_iter()) }
}

/// `POST /{workspace}/members/tags`: tags those who are chosen, or all whom the filter finds, or takes a tag off them, as one change.
/// What cannot be is shown again as it was typed, with what to change.
pub(crate) async fn tag(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_correct()?;
    let query = parameters(value(&pairs, "filter"))?;
    let chosen: Vec<String> = match value(&pairs, "whom") {
        "all" => {
            let filter = filter_of(&query).map_err(Failure::Invalid)?;
            let roster = visit.opened.roster(visit.clock.now).await?;
            let people = roster.select(&filter, Order::Love);
            people.iter().map(|person| person.member.member_id.clone()).collect()
        }
        _ => pairs.iter().filter(|(name, _)| name == "chosen").map(|(_, id)| id.clone()).collect(),
    };
    let (workspace, by, now) = (&visit.opened.workspace, Some(visit.user.name.as_str()), visit.clock.now);
    let (said, done) = match value(&pairs, "do") {
        "take_away" => {
            (tags::take_away_from_all(workspace, &chosen, value(&pairs, "tag"), by, now).await, "tags-taken-away")
        }
        _ => (tags::add_to_all(workspace, &chosen, value(&pairs, "tag"), by, now).await, "tagged-all"),
    };
    if let Err(error) = said {
        let problem = match error {
            AppError::Invalid(problem) | AppError::Conflict(problem) | AppError::NotFound(problem) => problem,
            error => return Err(error.into()),
        };
        let page = show(visit, query, Typed { form: "tag", problem, fields: pairs }).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let here = KEYS.iter().fold(visit.link("members"), |link, key| link.with(key, get(key)));
    let link = placed(&here.with("done", done), get("cursor"));
    Ok(Redirect::to(&link.to_string()).into_response())
}

/// The list from a place on; from the first one where there is none.
fn placed(list: &Link, cursor: &str) -> Link {
    if cursor.is_empty() { list.clone() } else { list.at(cursor) }
}

/// What an address of the list asks for.
fn parameters(address: &str) -> Result<Parameters, Failure> {
    let uri: axum::http::Uri = address.parse().map_err(|_| Failure::Invalid("the filter was not understood".into()))?;
    let Query(query) = Query::<Parameters>::try_from_uri(&uri).map_err(|error| Failure::Invalid(error.to_string()))?;
    Ok(query)
}

#[derive(Deserialize)]
pub(crate) struct NewSegment {
    csrf: String,
    name: String,
    /// The list's address, whose filter is to be saved.
    filter: String,
}

/// `POST /{workspace}/segments`
pub(crate) async fn save_segment(visit: Visit, Form(form): Form<NewSegment>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_see_members()?;
    let query = parameters(&form.filter)?;
    filter_of(&query).map_err(Failure::Invalid)?;
    let kept = FILTERS.iter().filter_map(|key| Some(((*key).to_owned(), query.get(*key)?.clone())));
    let filter: Vec<(String, String)> = kept.filter(|(_, value)| !value.is_empty()).collect();
    let link = filter.iter().fold(visit.link("members"), |link, (key, value)| link.with(key, value));
    let new = SavedFilter { name: form.name, filter };
    saved_filters::save(&visit.opened.workspace, new, &visit.user.email, visit.clock.now).await?;
    Ok(Redirect::to(&link.with("done", "segment").to_string()).into_response())
}
