//! When a member is away: shown on their page, recorded and called off there.

use axle_app::absences::{self as app, Absence, Away};
use axle_app::by_hand;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;

use super::settings::{Pairs, value};
use crate::failure::{Answer, Failure};
use crate::pages::absences::{AbsenceLine, Absences};
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// The part of the page of a member. Only of champions it matters: for others there is none until somebody says something.
pub(super) async fn part(
    visit: &Visit,
    member_id: &str,
    is_watched: bool,
    typed: Typed,
) -> Result<Option<Absences>, Failure> {
    let all = app::of_member(&visit.opened.workspace, member_id).await?;
    if all.is_empty() && !is_watched && !typed.was_sent("absence") {
        return Ok(None);
    }
    Ok(Some(Absences {
        lines: all.iter().map(|absence| line(visit, absence)).collect(),
        say: visit.user.may_answer_tasks().then(|| visit.link("members").below(member_id).below("absences")),
        csrf: visit.token().to_owned(),
        typed,
    }))
}

fn line(visit: &Visit, absence: &Absence) -> AbsenceLine {
    let today = visit.clock.now.to_zoned(visit.clock.zone.clone()).date();
    let by = absence.by.as_ref().map(|by| format!("said by {by}"));
    let stated = (absence.source != by_hand::SOURCE).then(|| format!("from {}", absence.source));
    AbsenceLine {
        days: format!("{} to {}", written(absence.from), written(absence.back_on.yesterday().unwrap_or(absence.from))),
        why: [absence.reason.clone(), by, stated].into_iter().flatten().collect::<Vec<_>>().join(", "),
        is_past: absence.back_on <= today,
        off: (absence.source == by_hand::SOURCE).then(|| absence.from.to_string()),
    }
}

fn written(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `POST /{workspace}/members/{member}/absences`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn act(visit: Visit, Path((_, member)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    if !visit.user.may_answer_tasks() {
        return Err(Failure::Forbidden);
    }
    let done = match note(&visit, &member, &pairs).await {
        Ok(done) => done,
        Err(failure) => return super::member::again(visit, member, ("absence", pairs), failure).await,
    };
    let link = visit.link("members").below(&member).with("done", done);
    Ok(Redirect::to(&format!("{link}#absences")).into_response())
}

async fn note(visit: &Visit, member: &str, pairs: &[(String, String)]) -> Result<&'static str, Failure> {
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let day = |name: &str| {
        let typed = value(pairs, name);
        typed.parse::<Date>().map_err(|_| Failure::Invalid(format!("“{typed}” is no day: write it as 2026-03-31.")))
    };
    if value(pairs, "off").is_empty() {
        let away = Away { from: day("from")?, back_on: day("back")?, reason: value(pairs, "reason").to_owned() };
        app::record(workspace, member, &away, &visit.user.name, now).await?;
        return Ok("absence");
    }
    app::call_off(workspace, member, day("off")?, now).await?;
    Ok("absence-off")
}
