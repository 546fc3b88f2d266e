//! Hand-offs: the list, the dossier, and what builders and sales do with it.

use std::collections::HashMap;

use axle_app::hand_offs::{self as app, Closed, Dossier, Edit, FLAGS, HandOff, REASONS, State, View};
use axle_app::{AppError, users};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;

use super::consents::line as consent_line;
use super::member::sentence_case;
use super::settings::{Pairs, value};
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::WebUrl;
use crate::pages::hand_offs::{
    AuditLine, ClosedPage, DossierEvidence, DossierLine, DossierPage, DossierSection, EditForm, HandOffRow,
    HandOffsPage, IncidentLine, StateChip,
};
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Person};
use crate::visit::Visit;

/// States with their name and icon.
const STATES: [(State, &str, &str); 5] = [
    (State::Prepared, "Prepared", "notes"),
    (State::Sent, "Sent", "arrow-right"),
    (State::Opened, "Opened", "clock"),
    (State::Accepted, "Accepted", "circle-check"),
    (State::Returned, "Returned", "refresh"),
];
/// Incidents on the page.
const INCIDENTS: usize = 10;

fn shown(state: State) -> (&'static str, &'static str) {
    STATES.iter().find(|(known, ..)| *known == state).map_or(("", "circle-dashed"), |(_, label, icon)| (label, icon))
}

/// `GET /{workspace}/hand-offs`
pub(crate) async fn list(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let wanted = query.get("state").map_or("", String::as_str);
    let now = visit.clock.now;
    let all = app::list(&visit.opened.workspace, &visit.user, now).await?;
    let here = visit.link("hand-offs").with("state", wanted);
    let found: Vec<&HandOff> = all.iter().filter(|one| wanted.is_empty() || one.state.name() == wanted).collect();
    if let Some(format) = Format::of(query.get("format").map_or("", String::as_str))? {
        return sheet(&found).into_answer(format).await;
    }
    let is_for_sales = !visit.user.may_see_members();
    let is_shown = |(state, ..): &&(State, &str, &str)| !is_for_sales || *state != State::Prepared;
    let chip = |(state, label, _): &(State, &'static str, &str)| StateChip {
        key: state.name(),
        label,
        count: all.iter().filter(|one| one.state == *state).count() as u64,
    };
    let every = StateChip { key: "", label: "All", count: all.len() as u64 };
    let incidents = match is_for_sales {
        true => None,
        false => Some(app::incidents(&visit.opened.workspace, now).await?),
    };
    let incident = |one: &app::Incident| IncidentLine {
        person: Person::member(visit.slug(), &one.member_id, &one.name),
        what: if one.way == "call" { "called".into() } else { "written to".into() },
        at: one.at,
    };
    html(&HandOffsPage {
        layout: visit.layout("Hand-offs", Section::HandOffs),
        states: std::iter::once(every).chain(STATES.iter().filter(is_shown).map(chip)).collect(),
        rows: found.iter().map(|one| row(&visit, one)).collect(),
        is_for_sales,
        prospect: is_for_sales.then(|| visit.link("accounts")),
        incidents: incidents.map(|all| all.iter().take(INCIDENTS).map(incident).collect()),
        exports: Exports { link: here.clone(), what: format::plural(found.len() as u64, "hand-off") },
        here,
    })
}

fn row(visit: &Visit, one: &HandOff) -> HandOffRow {
    let (state, icon) = shown(one.state);
    let is_waiting = match one.state {
        State::Prepared => visit.user.may_hand_off(),
        State::Sent | State::Opened => visit.user.role == "sales" && one.closed.is_none(),
        _ => false,
    };
    HandOffRow {
        link: visit.link("hand-offs").below(&one.hand_off_id),
        name: Some(one.name.clone()).filter(|name| !name.is_empty()),
        state,
        icon,
        way: way(one),
        detail: closed(visit, one),
        is_waiting,
        at: [one.returned_at, one.accepted_at, one.opened_at, one.sent_at, one.qualified_at]
            .into_iter()
            .flatten()
            .max(),
    }
}

fn way(one: &HandOff) -> String {
    match (one.from.as_deref(), one.to.as_deref()) {
        (Some(from), Some(to)) => format!("from {from} to {to}"),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("to {to}"),
        (None, None) => String::new(),
    }
}

/// Why sales cannot see it, or not any more.
fn closed(visit: &Visit, one: &HandOff) -> Option<String> {
    let day = |at: jiff::Timestamp| format::date(at.to_zoned(visit.clock.zone.clone()).date());
    Some(match one.closed? {
        Closed::NoConsent => "The member has not allowed it".into(),
        Closed::Revoked(at) => format!("The member took their consent back on {}", day(at)),
        Closed::Expired(at) => format!("It ended on {}", day(at)),
        Closed::Returned => match one.reason.as_deref() {
            Some(reason) => format!("Given back: {}", reason_words(reason)),
            None => "Given back".into(),
        },
    })
}

fn reason_words(reason: &str) -> String {
    let known = REASONS.iter().find(|(key, _)| *key == reason);
    known.map_or_else(|| reason.replace('_', " "), |(_, words)| words.to_lowercase())
}

fn sheet(found: &[&HandOff]) -> Sheet {
    let columns = [
        "hand_off_id",
        "state",
        "member",
        "member_id",
        "from",
        "to",
        "qualified_at",
        "sent_at",
        "opened_at",
        "accepted_at",
        "returned_at",
        "reason",
        "complete",
        "expires_at",
    ];
    let row = |one: &&HandOff| -> Vec<Cell> {
        let text = |text: &Option<String>| text.clone().into();
        vec![
            one.hand_off_id.as_str().into(),
            one.state.name().into(),
            one.name.as_str().into(),
            one.member_id.as_str().into(),
            text(&one.from),
            text(&one.to),
            one.qualified_at.into(),
            one.sent_at.into(),
            one.opened_at.into(),
            one.accepted_at.into(),
            one.returned_at.into(),
            text(&one.reason),
            one.is_complete.into(),
            one.expires_at.into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = found.iter().map(row).collect();
    Sheet { name: "hand-offs".into(), columns: columns.map(str::to_owned).to_vec(), rows: Box::new(rows.into_iter()) }
}

/// `GET /{workspace}/hand-offs/{hand_off}`
pub(crate) async fn page(visit: Visit, Path((_, id)): Path<(String, String)>) -> Answer {
    show(&visit, &id, None).await
}

async fn show(visit: &Visit, id: &str, problem: Option<String>) -> Answer {
    let view = app::open(&visit.opened.workspace, id, &visit.user, visit.clock.now).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = match view {
        View::Closed(one) => {
            let why = closed(visit, &one).unwrap_or_default();
            html(&ClosedPage { layout: visit.layout("Hand-off", Section::HandOffs), why })?
        }
        View::Dossier(dossier) => html(&dossier_page(visit, &dossier, problem).await?)?,
    };
    Ok((status, page).into_response())
}

async fn dossier_page(visit: &Visit, dossier: &Dossier, problem: Option<String>) -> Result<DossierPage, Failure> {
    let one = &dossier.hand_off;
    let course = [
        ("Qualified", one.qualified_at),
        ("Member told", one.told_at),
        ("Sent", one.sent_at),
        ("Opened", one.opened_at),
        ("Accepted", one.accepted_at),
        ("Given back", one.returned_at),
    ];
    let may_decide = visit.user.role == "sales" && one.closed.is_none() && one.sent_at.is_some();
    let section = |part: &app::Section| section(visit, &one.member_id, part);
    Ok(DossierPage {
        layout: visit.layout(format::clean(&one.name), Section::HandOffs),
        here: visit.link("hand-offs").below(&one.hand_off_id),
        name: one.name.clone(),
        member: visit.user.may_see_members().then(|| visit.link("members").below(&one.member_id)),
        state: shown(one.state).0,
        way: way(one),
        course: course.into_iter().filter_map(|(what, at)| Some((what, at?))).collect(),
        consent: dossier.consent.as_ref().map(consent_line),
        closed: closed(visit, one),
        problem,
        missing: dossier.missing.clone(),
        first_sentence: one.first_sentence.clone().unwrap_or_else(|| dossier.suggested_sentence.clone()),
        note: one.note.clone(),
        expires_at: one.expires_at,
        sections: dossier.sections.iter().map(section).collect(),
        form: if visit.user.may_hand_off() && one.state != State::Returned {
            Some(form(visit, one).await?)
        } else {
            None
        },
        reasons: if may_decide { REASONS.to_vec() } else { Vec::new() },
        is_accepted: one.state == State::Accepted,
        audit: dossier.audit.iter().map(audit_line).collect(),
    })
}

/// A part of a dossier or of another packet about a member.
pub(super) fn section(visit: &Visit, member_id: &str, section: &app::Section) -> DossierSection {
    DossierSection {
        id: section.id,
        title: section.title,
        lines: section.lines.iter().map(|line| dossier_line(visit, member_id, line)).collect(),
        none: section.none,
        unknown: section.unknown.clone(),
    }
}

/// What ids of the record begin with, in words, and where a member's page has such rows.
const EVIDENCE: [(&str, &str, &str); 21] = [
    ("activity", "activity", "#timeline"),
    ("attendance", "attendance", "#timeline"),
    ("call", "call", ""),
    ("consent", "consent", "#consents"),
    ("deal", "deal", ""),
    ("event", "event", ""),
    ("feedback", "feedback", "#timeline"),
    ("hand_off", "word of a colleague", ""),
    ("identity", "account", "#identities"),
    ("member", "member page", ""),
    ("note", "note", "#notes"),
    ("organization", "organization", ""),
    ("person", "profile", ""),
    ("product_event", "product event", "#timeline"),
    ("product_user", "product account", "#identities"),
    ("push", "message", "#timeline"),
    ("role", "role", ""),
    ("signal", "signal", "#runs"),
    ("signpost", "signpost", ""),
    ("task", "task", "#runs"),
    ("ticket", "ticket", ""),
];

fn evidence(visit: &Visit, member_id: &str, row: &str) -> DossierEvidence {
    let (kind, id) = row.split_once(':').unwrap_or(("", row));
    let known = EVIDENCE.iter().find(|(known, ..)| *known == kind);
    let place = visit.user.may_see_members().then(|| match kind {
        "organization" => (visit.link("organizations").below(id), ""),
        "member" => (visit.link("members").below(id), ""),
        _ => (visit.link("members").below(member_id), known.map_or("", |(.., place)| place)),
    });
    DossierEvidence {
        what: known.map_or_else(|| kind.replace('_', " "), |(_, what, _)| (*what).to_owned()),
        id: id.to_owned(),
        place,
    }
}

/// `a note`, `3 activities`; of several kinds, `2 rows`.
fn rests_on(evidence: &[DossierEvidence]) -> String {
    let what = evidence.first().map_or("row", |first| first.what.as_str());
    match evidence.len() {
        1 => format!("{} {what}", if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }),
        many if evidence.iter().all(|row| row.what == what) => format::plural(many as u64, what),
        many => format::plural(many as u64, "row"),
    }
}

fn dossier_line(visit: &Visit, member_id: &str, line: &app::Line) -> DossierLine {
    let evidence: Vec<DossierEvidence> = line.evidence.iter().map(|row| evidence(visit, member_id, row)).collect();
    DossierLine {
        label: line.label.clone(),
        text: line.text.clone(),
        rests_on: rests_on(&evidence),
        evidence,
        url: line.url.as_deref().and_then(WebUrl::parse),
        at: line.at,
    }
}

fn audit_line(entry: &axle_app::audit::Entry) -> AuditLine {
    let detail = entry.detail.as_ref().map(|detail| format!(": {}", reason_words(detail))).unwrap_or_default();
    let what = match entry.what.as_str() {
        "viewed" => "looked at it",
        "opened" => "opened it for the first time",
        "edited" => "changed it",
        "sent" => "sent it",
        "accepted" => "accepted it",
        "returned" => "gave it back",
        "refused" => "asked for it, and was told that it is closed",
        other => other,
    };
    AuditLine { text: format!("{} ({}) {what}{detail}", entry.who, entry.role), at: entry.at }
}

async fn form(visit: &Visit, one: &HandOff) -> Result<EditForm, Failure> {
    let users = users::list(visit.state.server()).await?;
    let people = users.into_iter().filter(|user| user.role == "sales").map(|user| user.name).collect();
    let day = |at: jiff::Timestamp| at.to_zoned(visit.clock.zone.clone()).date().to_string();
    Ok(EditForm {
        to: one.to.clone().unwrap_or_default(),
        people,
        note: one.note.clone().unwrap_or_default(),
        flags: match one.flywheel.as_deref() {
            Some("deal_champions") => {
                FLAGS.map(|(flag, _, words)| (flag, words, one.flags.iter().any(|said| said == flag))).to_vec()
            }
            _ => Vec::new(),
        },
        last_day: one.expires_at.map(day).unwrap_or_default(),
        may_send: one.state == State::Prepared,
    })
}

/// `POST /{workspace}/hand-offs/{hand_off}`
pub(crate) async fn act(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    let (workspace, user, now) = (&visit.opened.workspace, &visit.user, visit.clock.now);
    let done = match value(&pairs, "action") {
        "save" => save(&visit, &id, &pairs).await.map(|()| "hand-off-saved"),
        "send" => {
            let is_told = value(&pairs, "told") == "yes";
            match save(&visit, &id, &pairs).await {
                Ok(()) => app::send(workspace, &id, is_told, user, now).await.map(|()| "hand-off-sent"),
                Err(error) => Err(error),
            }
        }
        "accept" => app::accept(workspace, &id, user, now).await.map(|()| "hand-off-accepted"),
        "return" => {
            let (reason, other) = (value(&pairs, "reason"), value(&pairs, "words").trim());
            let reason = if reason == "other" || reason.is_empty() { other } else { reason };
            app::give_back(workspace, &id, reason, user, now).await.map(|()| "hand-off-returned")
        }
        other => return Err(Failure::Invalid(format!("`{}` is nothing that can be done here", sentence_case(other)))),
    };
    match done {
        Ok(done) => {
            let link = visit.link("hand-offs").below(&id).with("done", done);
            Ok(Redirect::to(&link.to_string()).into_response())
        }
        Err(AppError::Conflict(problem) | AppError::Invalid(problem)) => show(&visit, &id, Some(problem)).await,
        Err(error) => Err(error.into()),
    }
}

fn values(pairs: &[(String, String)], name: &str) -> Vec<String> {
    pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
}

async fn save(visit: &Visit, id: &str, pairs: &[(String, String)]) -> Result<(), AppError> {
    let last: Option<Date> = value(pairs, "last_day").parse().ok();
    let edit = Edit {
        to: Some(value(pairs, "to").to_owned()),
        first_sentence: Some(value(pairs, "first_sentence").to_owned()),
        note: Some(value(pairs, "note").to_owned()),
        flags: (value(pairs, "has_flags") == "yes").then(|| values(pairs, "flag")),
        expires_at: last.and_then(|day| app::end_of(day, &visit.clock.zone)),
    };
    app::edit(&visit.opened.workspace, id, &edit, &visit.user, visit.clock.now).await
}
