//! One member: who they are, why they stand where they stand, whom they meet, and what they did.

use std::collections::{HashMap, HashSet};

use axle_app::flywheels;
use axle_app::flywheels::story::Position;
use axle_app::identities as app;
use axle_app::members::{self, MemberDetail};
use axle_app::profile::{self, Course, History, Profile, Tenure};
use axle_app::roster::Roster;
use axle_app::{notes, raised};
use axle_model::label::Label;
use axle_model::orbit::Basis;
use axle_model::time::{Grain, date_of_day};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::Timestamp;
use jiff::civil::Date;

use super::duplicates::account_line;
use super::members::{gauge, organization_link};
use super::reading::wrong;
use super::settings::{Pairs, value};
use crate::chart::{Chart, Mark, Point, Series};
use crate::failure::{Answer, Failure, html};
use crate::format::{self, Unit};
use crate::link::WebUrl;
use crate::pages::duplicates::AccountLine;
use crate::pages::layout::Section;
use crate::pages::member::{
    Affiliation, Connection, Evidence, IdentityLine, LevelReason, MemberPage, Note, RunOf, SaidGroup, SaidLine,
    SimilarNeed, TimelineDay, TimelineItem, TimelineKind,
};
use crate::pages::parts::{MemberKind, Pager, Person};
use crate::pages::typed::Typed;
use crate::visit::{Visit, level};

/// Runs that are shown, the open ones first.
const RUNS: usize = 8;
/// Activities of a page of the timeline.
const TIMELINE: usize = 50;

/// `GET /{workspace}/members/{member}`
pub(crate) async fn page(
    visit: Visit,
    Path((_, member_id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    show(visit, member_id, &query, Typed::default()).await
}

/// The page again, with what was sent from one of its forms as it was typed, and what to change; other failures are told as ever.
pub(super) async fn again(
    visit: Visit,
    member_id: String,
    (form, fields): (&'static str, Vec<(String, String)>),
    failure: Failure,
) -> Answer {
    let problem = match failure {
        Failure::Invalid(problem) => problem,
        other => return Err(other),
    };
    let mut page = show(visit, member_id, &HashMap::new(), Typed { form, problem, fields }).await?;
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

/// The page, with what was typed into one of its forms and cannot be.
async fn show(visit: Visit, member_id: String, query: &HashMap<String, String>, typed: Typed) -> Answer {
    visit.must_see_members()?;
    let now = visit.clock.now;
    let workspace = &visit.opened.workspace;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let roster = visit.opened.roster(now).await?;
    let detail = members::show(workspace, &member_id, now, None).await?;
    if detail.member.member_id != member_id {
        // A former id: the member was merged into another.
        let link =
            visit.link("members").below(&detail.member.member_id).with("kind", get("kind")).with("done", get("done"));
        let link = if get("cursor").is_empty() { link } else { link.at(get("cursor")) };
        return Ok(Redirect::to(&link.to_string()).into_response());
    }
    let apart = match get("apart").parse() {
        Ok(identity) if visit.user.may_decide_identities() => {
            app::proposed_split(workspace, &member_id, identity).await?
        }
        _ => Vec::new(),
    };
    let apart: Vec<u32> = match typed.was_sent("split") {
        true => typed.all("split", "identity").filter_map(|number| number.parse().ok()).collect(),
        false => apart,
    };
    let profile = profile::load(workspace, &member_id, now).await?;
    let runs = flywheels::current(workspace, now).await?;
    let here = visit.link("members").below(&member_id).with("kind", get("kind"));
    let kind = Some(here.get("kind")).filter(|kind| !kind.is_empty());
    let history = profile::history(workspace, &member_id, kind, get("cursor"), TIMELINE).await?;
    let person = roster.person(&member_id);
    let member = &detail.member;
    let marked = match member.is_bot || member.is_teammate {
        true => None,
        false => Some(raised::marked(workspace, &member_id, now).await?),
    };
    html(&MemberPage {
        layout: visit.layout(format::clean(&member.name), Section::Members),
        name: member.name.clone(),
        kind: match (member.is_bot, member.is_teammate) {
            (true, _) => MemberKind::Bot,
            (_, true) => MemberKind::Teammate,
            _ => MemberKind::Member,
        },
        level: level(member.step, &roster.level_names),
        reason: reason(&visit, &detail, &profile),
        love: member.love,
        reach: member.reach,
        presence: gauge(&member.presence),
        active: person.and_then(|person| Some((person.member.first_activity_at?, person.member.last_activity_at?))),
        active_days: detail.active_days,
        activities: member.activities,
        split: (visit.user.may_decide_identities() && detail.identities.len() > 1)
            .then(|| visit.link("members").below(&member_id).below("split")),
        merge: visit.user.may_decide_identities().then(|| visit.link("members").below(&member_id).below("merge")),
        duplicates: visit
            .user
            .may_decide_identities()
            .then(|| visit.link("members").below(&member_id).below("duplicates")),
        identities: identities(&detail, &apart),
        organizations: affiliations(&visit, &profile.organizations),
        affiliations: super::decided::words(&visit, &member_id, typed.clone()).await?,
        roles: super::roles::part(&visit, &member_id, typed.clone()).await?,
        tags: super::tags::part(&visit, &detail, typed.clone()),
        runs: runs.of_member(&member_id).iter().take(RUNS).map(|position| run(&visit, position)).collect(),
        connections: connections(&visit, &roster, &profile),
        connections_total: profile.connections_total,
        notes: profile.notes.iter().map(|one| note(&visit, one)).collect(),
        notes_link: visit.link("members").below(&member_id).below("notes"),
        note_down: visit.user.may_correct().then(|| visit.link("members").below(&member_id).below("notes")),
        consents: super::consents::part(&visit, &member_id, typed.clone()).await?,
        absences: super::absences::part(&visit, &member_id, runs.rhythm(&member_id).is_some(), typed.clone()).await?,
        bot: super::people::bot_word(&visit, &detail),
        raised: (!member.is_bot && !member.is_teammate)
            .then(|| super::today::raised(&visit, &member_id, "", "", &format!("members/{member_id}")))
            .flatten(),
        teammate: super::people::teammate_word(&visit, &detail, typed.clone()),
        words: super::people::words(&visit, &member_id).await?,
        said: profile.said.iter().map(|group| said(&visit, &member_id, group)).collect(),
        similar_needs: similar_needs(&visit, &member_id).await?,
        charts: charts(&profile.course),
        pager: Pager {
            shown: history.items.len() as u64,
            total: history.types.iter().filter(|(key, _)| kind.is_none_or(|kind| kind == key)).map(|(_, n)| n).sum(),
            noun: "activity",
            first: (!get("cursor").is_empty()).then(|| here.clone()),
            next: history.older.as_ref().map(|place| here.with("cursor", place)),
        },
        kinds: kinds(&history),
        timeline: by_day(&visit, &member_id, marked.as_ref(), &history),
        typed,
        here,
    })
}

/// `POST /{workspace}/members/{member}/notes`: writes one, or takes one back.
pub(crate) async fn note_down(visit: Visit, Path((_, member)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_correct()?;
    let taken_back = value(&pairs, "take_back");
    if !taken_back.is_empty() {
        notes::take_back(&visit.opened.workspace, &member, taken_back, &visit.user, visit.clock.now).await?;
        let link = visit.link("members").below(&member).with("done", "note-taken-back");
        return Ok(Redirect::to(&format!("{link}#notes")).into_response());
    }
    let written = notes::Written {
        text: value(&pairs, "text").to_owned(),
        is_raised_hand: value(&pairs, "hand") == "yes",
        quote: value(&pairs, "quote").to_owned(),
    };
    let by = visit.user.name.as_str();
    if let Err(error) = notes::write(&visit.opened.workspace, &member, &written, by, visit.clock.now).await {
        return again(visit, member, ("note", pairs), error.into()).await;
    }
    let done = if written.is_raised_hand { "note-hand" } else { "note" };
    let link = visit.link("members").below(&member).with("done", done);
    Ok(Redirect::to(&format!("{link}#notes")).into_response())
}

fn run(visit: &Visit, position: &Position) -> RunOf {
    let run = &position.run;
    RunOf {
        link: visit.link("flywheels").below(&run.flywheel).below("runs").below(&run.run_id),
        flywheel: position.flywheel.clone(),
        step: position.step.clone(),
        state: super::flywheels::state_name(&run.state),
        at: run.ended_at.unwrap_or(run.entered_at),
        is_past: run.ended_at.is_some(),
    }
}

fn reason(visit: &Visit, detail: &MemberDetail, profile: &Profile) -> LevelReason {
    let evidence = |text: String| Evidence { text, url: None, at: None };
    let (sentence, evidence) = match &detail.explanation.basis {
        Basis::Nothing => ("No counted activity in the last year.".to_owned(), Vec::new()),
        Basis::Activity { day, weight } => {
            (format!("An activity of weight {weight} on {}.", format::date(date_of_day(*day))), Vec::new())
        }
        Basis::Presence { grain, periods } => {
            let sentence = match periods.len() {
                1 => format!("Active on enough days of a {}.", grain.name()),
                number => format!("Active on enough days of {}.", format::plural(number as u64, grain.name())),
            };
            let told = periods.iter().map(|period| {
                let name = format::period(date_of_day(period.start), *grain);
                evidence(format!("{}: {}", sentence_case(&name), format::plural(period.days.into(), "active day")))
            });
            (sentence, told.collect())
        }
    };
    let is_held = detail.member.step > detail.step_raw;
    let check = profile.next_check_on.filter(|_| is_held);
    let check = check.and_then(|day| day.to_zoned(visit.clock.zone.clone()).ok()).map(|day| day.timestamp());
    LevelReason { sentence, evidence, held_until: check, next: None }
}

fn identities(detail: &MemberDetail, apart: &[u32]) -> Vec<IdentityLine> {
    let line = |account: &members::Account| {
        let called = account.username.as_ref().or(account.email.as_ref()).or(account.name.as_ref());
        let handle = called.or(account.uid.as_ref()).cloned().unwrap_or_default();
        let other = |known: &Option<String>| known.clone().filter(|known| *known != handle);
        let shown = app::Account {
            platform: account.platform.clone(),
            name: other(&account.name),
            email: other(&account.email),
            handle: handle.clone(),
        };
        let AccountLine { platform, handle, more } = account_line(&shown, &detail.member.name);
        let reason = match account.because.is_empty() {
            true => "the only account".into(),
            false => account.because.join("; "),
        };
        let is_chosen = apart.contains(&account.identity_id);
        IdentityLine { identity_id: account.identity_id, is_chosen, platform, handle, more, reason, url: None }
    };
    detail.identities.iter().map(line).collect()
}

fn period(tenure: &Tenure) -> String {
    days(tenure.from, tenure.to)
}

/// `since 3 Mar 2024`, `3 Mar 2024 to 1 Jun 2025`, `until 1 Jun 2025`. `to` is the first date after.
pub(super) fn days(from: Option<Date>, to: Option<Date>) -> String {
    let last = to.map(|to| format::date(to.yesterday().unwrap_or(to)));
    match (from.map(format::date), last) {
        (Some(from), Some(last)) => format!("{from} to {last}"),
        (Some(from), None) => format!("since {from}"),
        (None, Some(last)) => format!("until {last}"),
        (None, None) => "now".into(),
    }
}

/// How an affiliation is known, and how surely where it is not certain: `by an address in use, 80 % sure`.
pub(super) fn known_by(origin: &str, percent: u8) -> String {
    let by = match origin {
        "person" => "said by a person",
        "crm" => "listed by a source",
        "email" => "by a verified address",
        "profile" => "by their profile",
        _ => "by an address in use",
    };
    if percent < 100 { format!("{by}, {percent} % sure") } else { by.to_owned() }
}

/// Each organization once: when they were there, by each way in which it is known.
fn affiliations(visit: &Visit, tenures: &[Tenure]) -> Vec<Affiliation> {
    let mut groups: Vec<Vec<&Tenure>> = Vec::new();
    for tenure in tenures {
        let is_same = |known: &Tenure| (&known.organization_id, &known.name) == (&tenure.organization_id, &tenure.name);
        match groups.iter_mut().find(|group| is_same(group[0])) {
            Some(group) => group.push(tenure),
            None => groups.push(vec![tenure]),
        }
    }
    groups.into_iter().map(|group| affiliation(visit, group)).collect()
}

/// The days of each origin, and how it is known: `3 Mar 2024 to 1 Jun 2025, by a verified address`. The tenures of an origin lie
/// together, in order of time.
fn known(group: &[&Tenure]) -> String {
    let of_origin = |tenures: &[&Tenure]| {
        let periods: Vec<String> = tenures.iter().map(|tenure| period(tenure)).collect();
        let percent = tenures.iter().map(|tenure| tenure.percent).max().unwrap_or(100);
        let by = tenures[0].origin.map(|origin| format!(", {}", known_by(origin.name(), percent)));
        format!("{}{}", periods.join(" and "), by.unwrap_or_default())
    };
    let told: Vec<String> = group.chunk_by(|one, next| one.origin == next.origin).map(of_origin).collect();
    told.join("; ")
}

fn affiliation(visit: &Visit, mut group: Vec<&Tenure>) -> Affiliation {
    // Stable: of one origin, the order that the list has.
    group.sort_by_key(|tenure| tenure.origin);
    let best = group[0];
    Affiliation {
        organization_id: best.organization_id.clone().unwrap_or_default(),
        name: best.name.clone(),
        link: match &best.organization_id {
            Some(id) => visit.link("organizations").below(id),
            None => organization_link(visit, &best.name),
        },
        title: group.iter().find_map(|tenure| tenure.detail.clone()),
        known: known(&group),
        is_current: group.iter().any(|tenure| tenure.is_current),
    }
}

fn note(visit: &Visit, note: &notes::Note) -> Note {
    Note {
        author: note.author.clone(),
        text: note.text.clone(),
        at: note.at,
        take_back: note.may_be_taken_back_by(&visit.user).then(|| note.note_id.clone()),
    }
}

fn said(visit: &Visit, member_id: &str, (label, lines): &(Label, Vec<profile::Said>)) -> SaidGroup {
    let (title, icon) = match label {
        Label::HandRaise => ("Interest in buying", "briefcase"),
        Label::Question => ("Questions", "help-circle"),
        Label::Concern => ("Concerns", "alert-triangle"),
        _ => ("Praise", "heart-handshake"),
    };
    let line = |said: &profile::Said| SaidLine {
        words: said.words.clone(),
        url: said.url.as_deref().and_then(WebUrl::parse),
        channel: said.channel.clone(),
        at: said.at,
        evidence: if *label == Label::HandRaise { said.evidence.clone() } else { Vec::new() },
        wrong: wrong(visit, &said.activity_id, *label, &format!("members/{member_id}")),
    };
    SaidGroup { title, icon, lines: lines.iter().map(line).collect() }
}

/// Others with the same need that are named.
const SIMILAR_NEEDS: usize = 5;

async fn similar_needs(visit: &Visit, member_id: &str) -> Result<Vec<SimilarNeed>, Failure> {
    let said = visit.opened.said(visit.clock.now).await?;
    let similar = said.with_similar_needs(member_id, SIMILAR_NEEDS);
    let line = |(own, other): (usize, usize)| {
        let item = &said.items[other];
        SimilarNeed {
            person: Person::member(visit.slug(), &item.member_id, &item.name),
            own: excerpt(&said.items[own].words(), 100),
            words: excerpt(&item.words(), 120),
            url: item.url.as_deref().and_then(WebUrl::parse),
            at: item.at,
        }
    };
    Ok(similar.into_iter().map(line).collect())
}

fn connections(visit: &Visit, roster: &Roster, profile: &Profile) -> Vec<Connection> {
    let line = |met: &profile::Connection| {
        Some(Connection {
            person: visit.person(roster.person(&met.member_id)?),
            strength: met.strength,
            last: format::period(met.last_month, Grain::Month),
        })
    };
    profile.connections.iter().filter_map(line).collect()
}

fn charts(course: &Course) -> Vec<Chart> {
    if course.periods.is_empty() {
        return Vec::new();
    }
    let chart = |id: &str, title: String, name: &str, unit: Unit, mark: Mark, value: fn(&profile::Stretch) -> f64| {
        let points = course
            .periods
            .iter()
            .map(|period| Point { partial: period.is_partial, ..Point::new(period.start, Some(value(period))) });
        let series = vec![Series { name: name.into(), points: points.collect() }];
        Chart { id: id.into(), title, unit, grain: course.grain, mark, series, more: 0 }
    };
    let each = course.grain.name();
    vec![
        chart("love", format!("Love at the end of each {each}"), "Love", Unit::Number, Mark::Line, |period| {
            period.love
        }),
        chart("days", format!("Active days in each {each}"), "Active days", Unit::Count, Mark::Bar, |period| {
            period.active_days.into()
        }),
    ]
}

/// Kinds of activity, most frequent first.
fn kinds(history: &History) -> Vec<TimelineKind> {
    if history.types.len() < 2 {
        return Vec::new();
    }
    let all = history.types.iter().map(|(_, activities)| activities).sum();
    let kind = |(key, activities): &(String, u64)| TimelineKind {
        label: words(key),
        key: key.clone(),
        activities: *activities,
    };
    let all = TimelineKind { key: String::new(), label: "All".into(), activities: all };
    std::iter::once(all).chain(history.types.iter().map(kind)).collect()
}

/// `chat:message:sent` is `Message sent`.
pub(super) fn words(activity_type: &str) -> String {
    let parts: Vec<&str> = activity_type.split(':').collect();
    let told = if parts.len() > 2 { &parts[1..] } else { &parts[..] };
    sentence_case(&told.join(" ").replace('_', " "))
}

pub(super) fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn icon(activity_type: &str) -> &'static str {
    match activity_type.split(':').next().unwrap_or_default() {
        "chat" | "forum" | "mail" | "social" => "message-circle",
        "question" | "qa" => "message-question",
        "github" | "git" | "code" => "code",
        "event" | "webinar" | "call" => "calendar",
        _ => "circle-check",
    }
}

/// `marked`: activities that are raised hands already; `None` for whom none can raise.
fn by_day(visit: &Visit, member_id: &str, marked: Option<&HashSet<String>>, history: &History) -> Vec<TimelineDay> {
    let date = |at: Timestamp| at.to_zoned(visit.clock.zone.clone()).date();
    let item = |item: &members::TimelineItem| {
        let mut line = timeline_item(item);
        let back = format!("members/{member_id}");
        let words = line.excerpt.as_deref().filter(|_| {
            marked.is_some_and(|marked| !marked.contains(&item.activity_id)) && is_said(&item.activity_type)
        });
        line.raised = words.and_then(|words| super::today::raised(visit, member_id, &item.activity_id, words, &back));
        line
    };
    let days = history.items.chunk_by(|a, b| date(a.at) == date(b.at));
    days.map(|day| TimelineDay { day: day[0].at, items: day.iter().map(item).collect() }).collect()
}

/// Whether it is said by somebody to somebody, rather than made or done.
fn is_said(activity_type: &str) -> bool {
    const SAID: [&str; 7] = ["chat", "forum", "mail", "question", "social", "github", "feedback"];
    activity_type.split(':').next().is_some_and(|kind| SAID.contains(&kind))
}

fn timeline_item(item: &members::TimelineItem) -> TimelineItem {
    TimelineItem {
        at: item.at,
        icon: icon(&item.activity_type),
        what: words(&item.activity_type),
        channel: Some(item.channel.clone()).filter(|channel| !channel.is_empty()),
        source: item.source.clone(),
        title: item.title.clone().filter(|title| !title.trim().is_empty()),
        excerpt: item.text.as_deref().map(|text| excerpt(text, 280)).filter(|text| !text.is_empty()),
        url: item.url.as_deref().and_then(WebUrl::parse),
        weight: item.weight,
        raised: None,
    }
}

/// The beginning of a text, cut at a word.
pub(super) fn excerpt(text: &str, longest: usize) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let cut = text[..end].rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(end);
    format!("{}…", text[..cut].trim_end())
}
