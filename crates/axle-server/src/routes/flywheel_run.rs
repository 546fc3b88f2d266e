//! One run of a flywheel as a page, and as a line in the list of runs.

use std::collections::HashMap;

use axle_app::flywheels::physics::WheelFigures;
use axle_app::flywheels::story::{Doing, doings};
use axle_app::flywheels::{self as app, Became, EvidenceRow, RunRow, VisitRow};
use axle_app::roster::Roster;
use axum::extract::Path;
use jiff::Timestamp;

use super::flywheels::state_name;
use super::member::{excerpt, sentence_case, words};
use super::task_rows::TaskRows;
use crate::chart::wheel::owner_color;
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::flywheels::{EvidenceLine, RunLine, RunPage, VisitLine};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::visit::Visit;

/// A run in the list.
pub(super) fn line(visit: &Visit, one: &WheelFigures, roster: &Roster, run: &RunRow) -> RunLine {
    RunLine {
        link: visit.link("flywheels").below(&run.flywheel).below("runs").below(&run.run_id),
        person: person(visit, roster, &run.member_id),
        about: about(run),
        step: title(one, &run.step),
        state: state_name(&run.state),
        entered_at: run.entered_at,
        ended_at: run.ended_at,
        due_at: run.due_at,
        is_late: run.due_at.is_some_and(|due_at| due_at < visit.clock.now),
    }
}

fn person(visit: &Visit, roster: &Roster, member_id: &str) -> Person {
    match roster.person(member_id) {
        Some(person) => visit.person(person),
        None => Person::member(visit.slug(), member_id, member_id),
    }
}

/// What tells runs of one member apart.
fn about(run: &RunRow) -> Option<String> {
    match run.subject_kind.as_str() {
        "member" => None,
        "question" => Some("one question".to_owned()),
        _ => run.subject_id.split_once('/').map(|(_, organization)| format!("at {organization}")),
    }
}

fn title(one: &WheelFigures, step: &str) -> String {
    let known = one.wheel.steps.iter().find(|known| known.step == step);
    known.map_or_else(|| step.to_owned(), |known| known.title.clone())
}

/// `GET /{workspace}/flywheels/{flywheel}/runs/{run}`
pub(crate) async fn page(visit: Visit, Path((_, id, run_id)): Path<(String, String, String)>) -> Answer {
    visit.must_see_members()?;
    let overview = visit.opened.flywheels(visit.clock.now).await?;
    let one = overview.wheels.iter().find(|one| one.wheel.flywheel == id).ok_or(Failure::NotFound)?;
    let runs = app::current(&visit.opened.workspace, visit.clock.now).await?;
    let story = runs.story(&run_id)?;
    if story.run.flywheel != id {
        return Err(Failure::NotFound);
    }
    let roster = visit.opened.roster(visit.clock.now).await?;
    let person = person(&visit, &roster, &story.run.member_id);
    let doings = doings(&visit.opened.workspace, &story.evidence).await?;
    let flywheel = visit.link("flywheels").below(&id);
    let mut visits: Vec<VisitLine> = story.visits.iter().map(|row| visit_line(&visit, one, row)).collect();
    for row in &story.evidence {
        // A step that was visited again shows what it rests on once, at the last time.
        let of_step = || story.visits.iter().enumerate().filter(|(_, known)| known.step == row.step);
        if let Some((place, _)) = of_step().next_back() {
            visits[place].evidence.push(evidence(row, &doings));
        }
    }
    let tasks = visit.opened.tasks(visit.clock.now).await?;
    let rows = TaskRows::new(&visit, &flywheel.clone().below("runs").below(&run_id)).await?;
    let wanted = tasks.list.iter().filter(|task| task.wanted.run_id == run_id);
    html(&RunPage {
        layout: visit.layout(format::clean(&person.name), Section::Flywheels),
        about: about(&story.run),
        state: stands(&visit, one, &story.run),
        visits,
        tasks: wanted.map(|task| rows.row(task)).collect(),
        previous: story.run.previous_run_id.as_ref().map(|before| flywheel.below("runs").below(before)),
        flywheel: (flywheel, one.wheel.title.clone()),
        person,
    })
}

fn stands(visit: &Visit, one: &WheelFigures, run: &RunRow) -> String {
    let reason = run.reason.as_deref().map_or_else(String::new, |reason| format!(": {}", reason.replace('_', " ")));
    match run.ended_at {
        Some(at) => format!("{}{reason}, {}", state_name(&run.state), visit.clock.day(at)),
        None => format!(
            "{} at {}{reason}, since {}",
            state_name(&run.state),
            title(one, &run.step),
            visit.clock.day(run.entered_at)
        ),
    }
}

fn visit_line(visit: &Visit, one: &WheelFigures, row: &VisitRow) -> VisitLine {
    let after = row.left_at.map(|at| format::duration(at.duration_since(row.entered_at).as_secs_f64()));
    let after = after.map_or_else(String::new, |after| format!(" after {after}"));
    let due = |at: Option<Timestamp>| at.map_or_else(String::new, |at| format!(", due {}", visit.clock.relative(at)));
    let reason = row.reason.as_deref().map_or_else(String::new, |reason| format!(": {}", reason.replace('_', " ")));
    let became = match row.became {
        Became::Implied => "passed over: what comes later was there first".to_owned(),
        Became::Waiting => format!("is there{}", due(row.due_at)),
        Became::Stalled => format!("is still there{}", due(row.due_at)),
        Became::InTime => format!("went on in time{after}{reason}"),
        Became::Late => format!("went on late{after}{reason}"),
        Became::Advanced => format!("went on{after}{reason}"),
        Became::Lost => format!("left{after}{reason}"),
        Became::Returned => format!("sent back{after}{reason}"),
    };
    VisitLine {
        step: title(one, &row.step),
        owner: (row.owner.clone(), owner_color(&row.owner)),
        entered_at: row.entered_at,
        is_late: row.became == Became::Stalled,
        is_implied: row.became == Became::Implied,
        became,
        evidence: Vec::new(),
    }
}

/// A kind of fact in words: `Signed up`.
fn kind_name(kind: &str) -> String {
    if kind == "hand_off" { "Hand-off".to_owned() } else { sentence_case(&kind.replace('_', " ")) }
}

fn evidence(row: &EvidenceRow, doings: &HashMap<String, Doing>) -> EvidenceLine {
    let doing = doings.get(&row.evidence_id);
    let kind = doing.and_then(|doing| doing.activity_type.as_deref()).map(words);
    let kind = kind.unwrap_or_else(|| kind_name(&row.kind));
    let said = doing.and_then(|doing| doing.words.as_deref()).map(|text| excerpt(text, 160));
    EvidenceLine {
        kind,
        at: row.at,
        decided_by: Some(row.confirmed_by.clone()).filter(|by| !by.starts_with("rule ")),
        words: said.filter(|text| !text.is_empty()),
        channel: doing.and_then(|doing| doing.channel.clone()).filter(|channel| !channel.ends_with("(none)")),
        url: doing.and_then(|doing| doing.url.as_deref()).and_then(WebUrl::parse),
        id: row.evidence_id.clone(),
    }
}
