//! The list of organizations with its files, and one organization.

use std::collections::HashMap;

use axle_app::organizations::{
    self, Affiliate, Deal, Detail, Done, Filter, KeyMember, Line, Lost, Order, Shown, StepThere,
};
use axle_app::{AppError, accounts, refresh};
use axum::extract::{Path, Query};
use axum::http::StatusCode;

use super::member::{days, excerpt, known_by, sentence_case, words};
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::decided::{SightingLine, kind_of_sighting};
use crate::pages::layout::Section;
use crate::pages::organizations::{
    AccountCard, ActivityLine, AffiliateLine, DealLine, KeyLine, KeyMemberLine, LevelGroup, ListedBy, OrganizationPage,
    OrganizationRow, OrganizationsPage, StepLine,
};
use crate::pages::parts::{Exports, MemberKind, Pager, Person};
use crate::pages::typed::Typed;
use crate::visit::{Visit, level};

/// Rows of a page.
const ROWS: usize = 50;
/// What the address of the list may hold.
const KEYS: [&str; 3] = ["q", "lifecycle", "sort"];
/// Members that one level of a page names.
const PEOPLE: usize = 30;
/// Deals that a page tells of.
const DEALS: usize = 10;
/// Others and former members that a page names.
const OTHERS: usize = 20;

/// `GET /{workspace}/organizations`
pub(crate) async fn list(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    visit.must_see_members()?;
    let get = |key: &str| query.get(key).map_or("", |value| value.trim());
    let all = visit.opened.organizations(visit.clock.now).await?;
    let order = Order::from_name(get("sort"));
    let problem = order.is_none().then(|| format!("The list cannot be sorted by “{}”.", get("sort")));
    let filter = Filter { text: get("q").to_owned(), lifecycle: get("lifecycle").to_owned() };
    let lines = organizations::select(&all, &filter, order.unwrap_or_default());
    if let Some(format) = Format::of(get("format"))? {
        return match problem {
            Some(problem) => Err(Failure::Invalid(problem)),
            None => sheet(&lines).into_answer(format).await,
        };
    }
    let here = KEYS.iter().fold(visit.link("organizations"), |link, key| link.with(key, get(key)));
    let after = lines.iter().position(|line| line.organization_id == get("cursor")).map_or(0, |at| at + 1);
    let (settings, _) = refresh::settings(&visit.opened.workspace).await?;
    let row = |line: &&Line| row(&visit, line, &settings.level_names);
    let shown: Vec<OrganizationRow> = lines[after..].iter().take(ROWS).map(row).collect();
    let last = lines.get(after + ROWS - 1).filter(|_| after + ROWS < lines.len());
    let total = lines.len() as u64;
    let mut lifecycles: Vec<&String> = all.iter().filter_map(|line| line.lifecycle.as_ref()).collect();
    lifecycles.sort();
    lifecycles.dedup();
    html(&OrganizationsPage {
        layout: visit.layout("Organizations", Section::Organizations),
        lifecycles: lifecycles.into_iter().map(|name| (name.clone(), sentence_case(name))).collect(),
        problem,
        pager: Pager {
            shown: shown.len() as u64,
            total,
            noun: "organization",
            first: (after > 0).then(|| here.clone()),
            next: last.map(|line| here.with("cursor", &line.organization_id)),
        },
        organizations: shown,
        exports: Exports { link: here.clone(), what: format::plural(total, "organization") },
        here,
    })
}

fn row(visit: &Visit, line: &Line, names: &[String; 4]) -> OrganizationRow {
    OrganizationRow {
        link: visit.link("organizations").below(&line.organization_id),
        name: line.name.clone(),
        lifecycle: lifecycle(line),
        members: line.members,
        active: line.active_members,
        activities: line.activities,
        level: (line.members > 0).then(|| level(line.step, names)),
        domains: line.domains.clone(),
    }
}

fn lifecycle(line: &Line) -> Option<String> {
    line.lifecycle.as_deref().filter(|lifecycle| *lifecycle != "none").map(sentence_case)
}

fn listed_by(detail: &Detail, source: &str, id: &str) -> ListedBy {
    let own = detail.lifecycles.iter().find(|stated| stated.source == source && stated.id == id);
    ListedBy {
        source: source.to_owned(),
        id: id.to_owned(),
        lifecycle: own.map(|stated| sentence_case(&stated.lifecycle)),
    }
}

fn sheet(lines: &[&Line]) -> Sheet {
    let columns = [
        "organization_id",
        "name",
        "lifecycle",
        "members",
        "active_members_30",
        "activities_30",
        "step",
        "step_name",
        "domains",
        "aliases",
    ];
    let cells = |line: &&Line| -> Vec<Cell> {
        vec![
            line.organization_id.as_str().into(),
            line.name.as_str().into(),
            line.lifecycle.clone().into(),
            line.members.into(),
            line.active_members.into(),
            line.activities.into(),
            u64::from(line.step).into(),
            line.step_name.as_str().into(),
            line.domains.join(", ").into(),
            line.aliases.join(", ").into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = lines.iter().map(cells).collect();
    Sheet {
        name: "organizations".into(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: Box::new(rows.into_iter()),
    }
}

/// `GET /{workspace}/organizations/{organization}`
pub(crate) async fn page(visit: Visit, Path((_, id)): Path<(String, String)>) -> Answer {
    show(visit, &id, Typed::default()).await
}

/// The page again, with what was sent from one of its forms as it was typed, and what to change; other errors are told as ever.
pub(super) async fn again(
    visit: Visit,
    id: &str,
    (form, fields): (&'static str, Vec<(String, String)>),
    error: AppError,
) -> Answer {
    let problem = match error {
        AppError::Invalid(problem) | AppError::Conflict(problem) | AppError::NotFound(problem) => problem,
        other => return Err(other.into()),
    };
    let mut page = show(visit, id, Typed { form, problem, fields }).await?;
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

/// The page, with what was typed into one of its forms and cannot be.
async fn show(visit: Visit, id: &str, typed: Typed) -> Answer {
    visit.must_see_members()?;
    let workspace = &visit.opened.workspace;
    let all = visit.opened.organizations(visit.clock.now).await?;
    let detail = organizations::show(workspace, &all, id, visit.clock.now).await?;
    let standing = organizations::standing(workspace, &detail.line.organization_id, visit.clock.now).await?;
    let (settings, _) = refresh::settings(workspace).await?;
    let named = |(id, name): &(String, String)| (name.clone(), visit.link("organizations").below(id));
    let (current, past): (Vec<&Affiliate>, Vec<&Affiliate>) = detail.people.iter().partition(|one| one.is_current);
    let (members, others): (Vec<&Affiliate>, Vec<&Affiliate>) =
        current.into_iter().partition(|one| one.kind == "member");
    let (members, silent): (Vec<&Affiliate>, Vec<&Affiliate>) = members.into_iter().partition(|one| one.is_counted);
    let silent = once_each(silent).len() as u64;
    let members = once_each(members);
    let is_here = |one: &&Affiliate| !members.iter().any(|member| member.member_id == one.member_id);
    let past = once_each(past.into_iter().filter(is_here).collect());
    let others = once_each(others);
    let levels = levels(&visit, &members, &settings.level_names);
    let named_count = levels.iter().map(|group| group.people.len()).sum::<usize>() + past.len().min(OTHERS);
    let lines = |people: &[&Affiliate]| people.iter().take(OTHERS).map(|one| affiliate(&visit, one)).collect();
    html(&OrganizationPage {
        layout: visit.layout(format::clean(&detail.line.name), Section::Organizations),
        name: detail.line.name.clone(),
        lifecycle: lifecycle(&detail.line),
        aliases: detail.line.aliases.clone(),
        domains: detail.line.domains.clone(),
        parent: detail.parent.as_ref().map(named),
        parts: detail.parts.iter().map(named).collect(),
        accounts: detail.accounts.iter().map(|(source, id)| listed_by(&detail, source, id)).collect(),
        sightings: detail.sightings.iter().map(sighting).collect(),
        decide: visit
            .user
            .may_decide_identities()
            .then(|| visit.link("organizations").below(&detail.line.organization_id)),
        account: account(&visit, &detail.line).await?,
        more_deals: standing.deals.len().saturating_sub(DEALS) as u64,
        deals: standing.deals.iter().take(DEALS).map(|one| deal(&visit, one)).collect(),
        key_members: standing.key_members.iter().map(|one| key_member(&visit, one)).collect(),
        steps: standing.steps.iter().map(|one| step(&visit, one)).collect(),
        typed,
        members: members.len() as u64,
        silent,
        active: detail.line.active_members,
        activities: detail.line.activities,
        facts: detail.facts.iter().map(|fact| (kind_of(&fact.kind), fact.count)).collect(),
        unnamed: (members.len() + past.len()).saturating_sub(named_count) as u64,
        levels,
        others: lines(&others),
        past: lines(&past),
        timeline: detail.timeline.iter().map(|done| activity(&visit, done)).collect(),
    })
}

fn deal(visit: &Visit, deal: &Deal) -> DealLine {
    let stated = &deal.stated;
    let person = |one: &organizations::Person| Person::member(visit.slug(), &one.member_id, &one.name);
    let lost = |lost: &Lost| {
        let reason = lost.reason.as_deref().map(|reason| reason.replace('_', " "));
        (person(&lost.person), lost.at, reason)
    };
    let amount =
        stated.amount.zip(stated.currency.as_deref()).map(|(amount, currency)| format::money(amount, currency));
    DealLine {
        name: stated.name.clone().unwrap_or_else(|| stated.deal_id.clone()),
        state: match (stated.closed_at, stated.won) {
            (None, _) => sentence_case(&stated.stage.as_deref().unwrap_or("open").replace('_', " ")),
            (_, Some(true)) => "Won".into(),
            (_, Some(false)) => "Lost".into(),
            (_, None) => "Closed".into(),
        },
        detail: [amount, stated.owner.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        at: stated.closed_at.unwrap_or(stated.created_at),
        is_past: stated.closed_at.is_some(),
        champions: deal.champions.iter().map(person).collect(),
        lost: deal.lost.iter().map(lost).collect(),
    }
}

fn key_member(visit: &Visit, one: &KeyMember) -> KeyMemberLine {
    let person = Person::member(visit.slug(), &one.person.member_id, &one.person.name);
    KeyMemberLine { person, from: one.from, last: one.last_activity_at }
}

fn step(visit: &Visit, one: &StepThere) -> StepLine {
    StepLine {
        link: visit.link("flywheels").below(&one.flywheel),
        flywheel: one.flywheel_title.clone(),
        step: one.title.clone(),
        runs: one.runs,
        late: one.late,
    }
}

async fn account(visit: &Visit, line: &Line) -> Result<AccountCard, Failure> {
    let key = accounts::keys(&visit.opened.workspace, visit.clock.now).await?.remove(&line.organization_id);
    let shown = |key: accounts::Key| KeyLine {
        since: key.from.map(format::date),
        owner: key.owner.unwrap_or_default(),
        target: key.target,
        reason: key.reason.unwrap_or_default(),
    };
    let state = line.lifecycle.as_deref().unwrap_or("none");
    Ok(AccountCard {
        may_be_key: key.as_ref().is_none_or(|key| key.is_said),
        key: key.map(shown),
        say: visit.user.may_mark_accounts().then(|| visit.link("accounts")),
        organization: line.organization_id.clone(),
        may_be_prospect: !["customer", "opportunity"].contains(&state),
    })
}

fn sighting(shown: &Shown) -> SightingLine {
    SightingLine {
        kind: kind_of_sighting(shown.kind, &shown.key),
        key: shown.key.clone(),
        text: shown.text.clone(),
        reason: shown.reason.clone(),
    }
}

/// Each member by the first line about them.
fn once_each(people: Vec<&Affiliate>) -> Vec<&Affiliate> {
    let mut seen = std::collections::HashSet::new();
    people.into_iter().filter(|one| seen.insert(one.member_id.as_str())).collect()
}

/// From the centre outwards, those out of orbit last.
fn levels(visit: &Visit, members: &[&Affiliate], names: &[String; 4]) -> Vec<LevelGroup> {
    let groups = members.chunk_by(|a, b| a.step.div_ceil(3) == b.step.div_ceil(3));
    let group = |people: &[&Affiliate]| LevelGroup {
        name: level(people[0].step, names).name,
        count: people.len() as u64,
        people: people.iter().take(PEOPLE).map(|one| affiliate(visit, one)).collect(),
    };
    groups.map(group).collect()
}

fn affiliate(visit: &Visit, one: &Affiliate) -> AffiliateLine {
    let kind = match one.kind {
        "bot" => MemberKind::Bot,
        "teammate" => MemberKind::Teammate,
        _ => MemberKind::Member,
    };
    // Who is there is there until more is known; a day in the future that was only reckoned would puzzle.
    let is_stated = ["person", "crm"].contains(&one.origin);
    let to = one.to.filter(|_| !one.is_current || is_stated);
    AffiliateLine {
        person: Person { kind, ..Person::member(visit.slug(), &one.member_id, &one.name) },
        period: days(one.from, to),
        known: known_by(one.origin, one.percent),
    }
}

fn activity(visit: &Visit, done: &Done) -> ActivityLine {
    let words_of = done.title.as_deref().or(done.text.as_deref()).map(|text| excerpt(text, 160));
    ActivityLine {
        person: Person::member(visit.slug(), &done.member_id, &done.name),
        what: words(&done.activity_type),
        channel: done.channel.clone(),
        at: done.at,
        words: words_of.filter(|text| !text.is_empty()),
        url: done.url.as_deref().and_then(WebUrl::parse),
    }
}

/// `survey_response` is `Survey responses`.
fn kind_of(kind: &str) -> String {
    let name = sentence_case(&kind.replace('_', " "));
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{name}s"),
    }
}
