//! One run of a flywheel as a page, and as a line in the list of runs.

use std::collections::HashMap;

use axle_app::flywheels::evidence::{Doing, Got};
use axle_app::flywheels::physics::WheelFigures;
use axle_app::flywheels::{self as app, Became, EvidenceRow, RunRow, VisitRow};
use axle_app::roster::Roster;
use axle_app::tasks::Task;
use axum::extract::Path;
use jiff::Timestamp;

use super::flywheels::state_name;
use super::member::{excerpt, sentence_case, words};
use super::task_rows::TaskRows;
use crate::chart::wheel::owner_color;
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::{Link, WebUrl};
use crate::pages::flywheels::{EvidenceLine, RunLine, RunPage, VisitLine};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::visit::Visit;

/// Tasks for which somebody writes to a champion.
const CHECK_INS: [&str; 4] = ["check_in", "what_came", "remind", "say_hi"];

/// Names of organizations by their public ids.
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// Of all.
    pub(super) async fn load(visit: &Visit) -> Result<Self, Failure> {
        let all = visit.opened.organizations(visit.clock.now).await?;
        Ok(Self(all.iter().map(|line| (line.organization_id.clone(), line.name.clone())).collect()))
    }

    fn of(&self, visit: &Visit, id: &str) -> (Link, String) {
        (visit.link("organizations").below(id), self.0.get(id).map_or(id, String::as_str).to_owned())
    }
}

/// A run in the list.
pub(super) fn line(visit: &Visit, one: &WheelFigures, roster: &Roster, names: &Names, run: &RunRow) -> RunLine {
    RunLine {
        link: visit.link("flywheels").below(&run.flywheel).below("runs").below(&run.run_id),
        person: person(visit, roster, &run.member_id),
        about: about(visit, names, run)
            .map(|(words, organization)| organization.map_or(words.into(), |(_, name)| format!("{words} {name}"))),
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
        // Somebody whom an import that runs just brought.
        None => Person::member(visit.slug(), member_id, member_id),
    }
}

/// What tells runs of one member apart.
fn about(visit: &Visit, names: &Names, run: &RunRow) -> Option<(&'static str, Option<(Link, String)>)> {
    match run.subject_kind.as_str() {
        "member" => None,
        "question" => Some(("one question", None)),
        _ => run.subject_id.split_once('/').map(|(_, organization)| ("at", Some(names.of(visit, organization)))),
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
    let story = runs.story(&run_id, visit.clock.now)?;
    if story.run.flywheel != id {
        return Err(Failure::NotFound);
    }
    let roster = visit.opened.roster(visit.clock.now).await?;
    let person = person(&visit, &roster, &story.run.member_id);
    let names = Names::load(&visit).await?;
    let doings = runs.doings(&visit.opened.workspace, &story.run.member_id, &story.evidence).await?;
    let flywheel = visit.link("flywheels").below(&id);
    let mut visits: Vec<VisitLine> = story.visits.iter().map(|row| visit_line(&visit, one, row)).collect();
    for (row, doing) in story.evidence.iter().zip(doings) {
        // A step that was visited again: evidence is of the last visit that had begun.
        let of_step = || story.visits.iter().enumerate().filter(|(_, known)| known.step == row.step);
        let began = of_step().rfind(|(_, known)| known.entered_at <= row.at);
        if let Some((place, _)) = began.or_else(|| of_step().next()) {
            visits[place].evidence.push(evidence(&visit, &roster, &names, row, doing));
        }
    }
    let tasks = visit.opened.tasks(visit.clock.now).await?;
    let rows = TaskRows::new(&visit, &flywheel.clone().below("runs").below(&run_id)).await?;
    let wanted: Vec<&Task> = tasks.list.iter().filter(|task| task.wanted.run_id == run_id).collect();
    let asks = wanted.iter().find(|task| CHECK_INS.contains(&task.template()));
    let ids = asks.map(|task| task.wanted.member_id.as_str());
    let brief = super::champions::briefs(&visit, ids.into_iter()).await?.into_values().next();
    let hand_off = axle_app::hand_offs::of_a_run(&visit.opened.workspace, &story.run, visit.clock.now).await?;
    html(&RunPage {
        layout: visit.layout(format::clean(&person.name), Section::Flywheels),
        about: about(&visit, &names, &story.run),
        state: stands(&visit, one, &story.run),
        visits,
        tasks: wanted.into_iter().map(|task| rows.row(task)).collect(),
        brief,
        packet: axle_app::hand_offs::has_packet(&id)
            .then(|| flywheel.clone().below("runs").below(&run_id).below("packet")),
        hand_off: hand_off.map(|id| visit.link("hand-offs").below(id)),
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
    match kind {
        "hand_off" => "Hand-off".to_owned(),
        "answer_signal" => "Answer was welcome".to_owned(),
        "met" => "Met sales".to_owned(),
        "run" => "Entered another flywheel".to_owned(),
        "touched" => "Was given something of value".to_owned(),
        "depth" => "Went into depth".to_owned(),
        "affiliation" => "Works there".to_owned(),
        "joined" => "Joined the community".to_owned(),
        "active" => "Took part".to_owned(),
        "used" => "Used the product".to_owned(),
        "drop" => "Fell silent".to_owned(),
        _ => sentence_case(&kind.replace('_', " ")),
    }
}

fn evidence(visit: &Visit, roster: &Roster, names: &Names, row: &EvidenceRow, doing: Doing) -> EvidenceLine {
    let kind = match (doing.got, doing.activity_type.as_deref()) {
        (Some(Got::Answer), _) => "Got an answer".to_owned(),
        (Some(Got::Event), _) => "Came to an event".to_owned(),
        (Some(Got::Idea), _) => "Took up an idea".to_owned(),
        (None, Some(activity_type)) => words(activity_type),
        (None, None) => kind_name(&row.kind),
    };
    let said = doing.words.as_deref().map(|text| excerpt(&format::unbroken(text), 240)).filter(|text| !text.is_empty());
    let person = doing.member_id.as_deref().and_then(|id| roster.person(id));
    let dossier = doing.hand_off_id.as_ref().map(|id| (visit.link("hand-offs").below(id), "the dossier".to_owned()));
    let subject = dossier.or_else(|| doing.organization_id.as_deref().map(|id| names.of(visit, id)));
    let says_more = said.is_some() || subject.is_some() || doing.is_told_by_day || person.is_some();
    EvidenceLine {
        kind,
        person: person.map(|person| visit.person(person)).map(|person| (person.link, person.name)),
        at: row.at,
        decided_by: Some(row.confirmed_by.clone()).filter(|by| !by.starts_with("rule ")),
        words: said,
        channel: doing.channel.filter(|channel| !channel.ends_with("(none)")),
        url: doing.url.as_deref().and_then(WebUrl::parse),
        subject,
        id: (!says_more).then(|| row.evidence_id.clone()),
    }
}
