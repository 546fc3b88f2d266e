//! What a member is to us: shown on their page, given, ended and taken back there.

use axle_app::audit::Actor;
use axle_app::champions::ROLES;
use axle_app::permissions::Permission;
use axle_app::roles::{self as app, Given, Held};
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};

use super::decided::date;
use super::member::{days, sentence_case};
use super::settings::{Pairs, value};
use crate::failure::{Answer, Failure};
use crate::pages::roles::{RoleLine, Roles};
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// The part of the page of a member; none for who may not give a role to somebody who has and had none.
pub(super) async fn part(visit: &Visit, member_id: &str, typed: Typed) -> Result<Option<Roles>, Failure> {
    let mut all = app::of_member(&visit.opened.workspace, member_id, visit.clock.now).await?;
    let may_say = visit.user.may(Permission::AnswerTasks);
    if all.is_empty() && !may_say {
        return Ok(None);
    }
    all.sort_by_key(|held| !held.is_held(visit.clock.now));
    Ok(Some(Roles {
        lines: all.iter().map(|held| line(visit, held)).collect(),
        say: may_say.then(|| visit.link("members").below(member_id).below("roles")),
        csrf: visit.token().to_owned(),
        known: ROLES.iter().map(|role| ((*role).to_owned(), words(role))).collect(),
        typed,
    }))
}

/// `deal_champion` as `Deal champion`.
fn words(role: &str) -> String {
    sentence_case(&role.replace('_', " "))
}

fn line(visit: &Visit, held: &Held) -> RoleLine {
    let day = |at: jiff::Timestamp| at.to_zoned(visit.clock.zone.clone()).date();
    // The first day after: a role that ends within a day had it.
    let after = held.ends_at().map(|to| {
        let last = day(to);
        if axle_model::time::start_of_day(axle_model::time::day_of_date(last), &visit.clock.zone) == to {
            last
        } else {
            last.tomorrow().unwrap_or(last)
        }
    });
    RoleLine {
        role_id: held.role_id.clone(),
        name: match &held.organization {
            Some(organization) => format!("{}, {organization}", words(&held.role)),
            None => words(&held.role),
        },
        reason: held.reason.clone(),
        by: held.by.clone(),
        period: days(Some(day(held.from)), after),
        is_current: held.is_held(visit.clock.now),
        has_left: held.left.is_some_and(|left| left <= visit.clock.now),
        may_be_ended: held.to.is_none_or(|to| to > visit.clock.now),
        may_be_undone: held.may_be_undone,
    }
}

/// `POST /{workspace}/members/{member}/roles`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn act(visit: Visit, Path((_, member)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.user.must(Permission::AnswerTasks)?;
    let form = if value(&pairs, "end").is_empty() { "role" } else { "end-role" };
    let done = match say(&visit, &member, &pairs).await {
        Ok(done) => done,
        Err(failure) => return super::member::again(visit, member, (form, pairs), failure).await,
    };
    let link = visit.link("members").below(&member).with("done", done);
    Ok(Redirect::to(&format!("{link}#roles")).into_response())
}

async fn say(visit: &Visit, member: &str, pairs: &[(String, String)]) -> Result<&'static str, Failure> {
    let (workspace, actor, now) = (&visit.opened.workspace, Actor::of(&visit.user), visit.clock.now);
    let get = |key: &str| value(pairs, key);
    if !get("undo").is_empty() {
        app::undo(workspace, member, get("undo"), actor, now).await?;
        return Ok("role-undone");
    }
    if !get("end").is_empty() {
        app::end(workspace, member, get("end"), date(pairs, "last")?, actor, now).await?;
        return Ok("role-ended");
    }
    let given = Given {
        role: get("role").to_owned(),
        organization: get("organization").to_owned(),
        from: date(pairs, "from")?,
        reason: get("reason").to_owned(),
    };
    match app::give(workspace, member, &given, actor, now).await {
        // The organization that was typed: the form says what to change.
        Err(axle_app::AppError::NotFound(problem)) => Err(Failure::Invalid(problem)),
        given => Ok(given.map(|_| "role")?),
    }
}
