//! Packets between colleagues, and what is done with a question: thanking who answered it, and giving it to support.

use std::collections::HashMap;

use axle_app::hand_offs::{self as app, escalation};
use axle_app::{AppError, questions};
use axum::Form;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::hand_offs::section;
use super::settings::{Pairs, value};
use crate::export::saved;
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::layout::Section;
use crate::pages::packets::{EscalationPage, PacketPage, PacketSide};
use crate::visit::Visit;

/// Whether the address asks for the text alone.
fn wants_text(query: &HashMap<String, String>) -> Result<bool, Failure> {
    match query.get("format").map_or("", String::as_str) {
        "" => Ok(false),
        "text" => Ok(true),
        other => Err(Failure::Invalid(format!("`{other}` is no format here: use text"))),
    }
}

fn as_file(name: &str, text: String) -> Answer {
    Ok(saved(name, "text/plain; charset=utf-8", Body::from(text)))
}

/// `GET /{workspace}/flywheels/{flywheel}/runs/{run}/packet`
pub(crate) async fn of_run(
    visit: Visit,
    Path((_, flywheel, run)): Path<(String, String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    visit.must_see_members()?;
    let found = app::of_run(&visit.opened.workspace, &run, &visit.user, visit.clock.now).await?;
    if found.flywheel != flywheel {
        return Err(Failure::NotFound);
    }
    if wants_text(&query)? {
        return as_file("packet.txt", found.text(&visit.clock.zone));
    }
    let overview = visit.opened.flywheels(visit.clock.now).await?;
    let wheel = overview.wheels.iter().find(|one| one.wheel.flywheel == flywheel).ok_or(Failure::NotFound)?;
    let page = visit.link("flywheels").below(&flywheel).below("runs").below(&run);
    let side = |told: &app::Told| PacketSide {
        to: told.to,
        sections: told.sections.iter().map(|part| section(&visit, &found.member_id, part)).collect(),
    };
    html(&PacketPage {
        layout: visit.layout(format::clean(&found.name), Section::Flywheels),
        file: page.clone().below("packet").with("format", "text"),
        run: (page, wheel.wheel.title.clone()),
        member: visit.link("members").below(&found.member_id),
        sides: found.packets.iter().map(side).collect(),
    })
}

/// `GET /{workspace}/questions/{question}`
pub(crate) async fn question(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    visit.must_see_members()?;
    if wants_text(&query)? {
        let found = visit.opened.questions(visit.clock.now).await?;
        let packet = escalation::packet(&visit.opened.workspace, &found, &id, visit.clock.now).await?;
        return as_file("question.txt", packet.text(&visit.clock.zone));
    }
    show(&visit, &id, None).await
}

async fn show(visit: &Visit, id: &str, problem: Option<String>) -> Answer {
    let found = visit.opened.questions(visit.clock.now).await?;
    let packet = escalation::packet(&visit.opened.workspace, &found, id, visit.clock.now).await?;
    let here = visit.link("questions").below(id);
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = html(&EscalationPage {
        layout: visit.layout(format::clean(&packet.title), Section::Questions),
        file: here.with("format", "text"),
        here,
        url: packet.url.as_deref().and_then(WebUrl::parse),
        may_say: visit.user.may_answer_tasks() && (packet.is_open || packet.escalated.is_some()),
        text: packet.text(&visit.clock.zone),
        escalated: packet.escalated.clone(),
        tried: packet.tried.clone(),
        environment: packet.environment.clone(),
        sections: packet.sections.iter().map(|part| section(visit, &packet.member_id, part)).collect(),
        problem,
    })?;
    Ok((status, page).into_response())
}

/// `POST /{workspace}/questions/{question}`: who answered it is thanked, who could is asked, or it goes to support.
pub(crate) async fn act(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    if !visit.user.may_answer_tasks() {
        return Err(Failure::Forbidden);
    }
    let (workspace, now, by) = (&visit.opened.workspace, visit.clock.now, visit.user.name.as_str());
    match value(&pairs, "action") {
        "thank" => {
            let tasks = visit.opened.tasks(now).await?;
            questions::thank(workspace, &tasks, &id, by, now).await?;
            Ok(Redirect::to(&visit.link("questions").with("done", "thanked").to_string()).into_response())
        }
        "ask" => {
            let found = visit.opened.questions(now).await?;
            questions::ask(workspace, &found, &id, value(&pairs, "member"), by, now).await?;
            Ok(Redirect::to(&visit.link("questions").with("done", "asked").to_string()).into_response())
        }
        "escalate" => {
            let words = (value(&pairs, "tried"), value(&pairs, "environment"));
            match escalation::escalate(workspace, &id, words, by, now).await {
                Ok(()) => {
                    let link = visit.link("questions").below(&id).with("done", "escalated");
                    Ok(Redirect::to(&link.to_string()).into_response())
                }
                Err(AppError::Conflict(problem) | AppError::Invalid(problem)) => show(&visit, &id, Some(problem)).await,
                Err(error) => Err(error.into()),
            }
        }
        other => Err(Failure::Invalid(format!("`{other}` is nothing that can be done with a question"))),
    }
}
