//! Home, and the way to it.

use axle_app::roster::{self, CHANGE_DAYS, Change, Changes, Roster};
use axle_app::{sources, users};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum_extra::extract::CookieJar;

use super::figures::figure;
use super::{imports, questions};
use crate::AppState;
use crate::failure::{Answer, Failure, html};
use crate::pages::home::{HomePage, MemberChange, Move};
use crate::pages::layout::{Section, workspace_link};
use crate::visit::{Visit, cookie_name, level};

/// Tiles on the page.
const TILES: usize = 6;
/// Changes on the page, of each kind and in all.
const CHANGES_OF_A_KIND: usize = 4;
const QUESTIONS: usize = 5;
const IMPORTS: u32 = 5;

/// `GET /`
pub(crate) async fn first(State(state): State<AppState>, jar: CookieJar) -> Answer {
    let token = jar.get(cookie_name(state.is_https)).map(|cookie| cookie.value().to_owned());
    let user = match token {
        Some(token) => users::signed_in(state.server(), &token, state.now()).await?,
        None => None,
    };
    let Some(user) = user else { return Err(Failure::SignIn(String::new())) };
    let slugs = state.slugs();
    let none = || Failure::Invalid("This server has no workspace yet. The first import makes one.".into());
    let slug = slugs.first().ok_or_else(none)?;
    let page = match user.role.as_str() {
        "builder" => "today",
        "sales" => "hand-offs",
        _ => "",
    };
    Ok(Redirect::to(&workspace_link(slug, page).to_string()).into_response())
}

/// `GET /{workspace}`
pub(crate) async fn page(visit: Visit) -> Answer {
    let now = visit.clock.now;
    let runs = sources::runs(&visit.opened.workspace, IMPORTS, now).await?;
    let is_new = runs.is_empty() && visit.opened.roster(now).await?.people.is_empty();
    let sees = visit.user.may_see_members();
    let mut page = HomePage {
        layout: visit.layout("Home", Section::Home),
        figures: Vec::new(),
        changes_period: if sees { format!("last {CHANGE_DAYS} days") } else { String::new() },
        changes: Vec::new(),
        questions: Vec::new(),
        questions_open: 0,
        imports: imports::lines(&visit, runs).await?,
    };
    if is_new {
        return html(&page);
    }
    page.layout = visit.layout_of_figures("Home", Section::Home).await?;
    let kpis = visit.link("kpis");
    page.figures = visit.opened.home(now).await?.iter().take(TILES).map(|tile| figure(tile, &kpis)).collect();
    let found = visit.opened.questions(now).await?;
    page.questions_open = found.open.len() as u64;
    // Those that wait longer than was promised, the newest of them first: they can still be helped.
    let (late, early): (Vec<_>, Vec<_>) = found.open.iter().partition(|question| questions::is_late(&visit, question));
    let first = late.into_iter().chain(early).take(QUESTIONS);
    page.questions = first.map(|question| questions::shown(&visit, question)).collect();
    if sees {
        let found = visit.opened.changes(now).await?;
        page.changes = changes(&visit, &found);
    }
    html(&page)
}

/// A few of each kind, those to act on first.
fn changes(visit: &Visit, found: &Changes) -> Vec<MemberChange> {
    let kinds = [roster::Move::Quiet, roster::Move::Down, roster::Move::Up, roster::Move::New];
    let of = |kind| found.list.iter().filter(move |change| change.kind == kind).take(CHANGES_OF_A_KIND);
    kinds.into_iter().flat_map(of).map(|change| shown(visit, &found.roster, change)).collect()
}

fn shown(visit: &Visit, roster: &Roster, change: &Change) -> MemberChange {
    let person = &roster.people[change.person];
    let step = |step| {
        let level = level(step, &roster.level_names);
        format!("{} {}", level.name, level.numeral()).trim_end().to_owned()
    };
    let (kind, what) = match change.kind {
        roster::Move::Quiet => (Move::Quiet, step(change.step)),
        roster::Move::Down => (Move::Down, format!("{} to {}", step(change.step_before), step(change.step))),
        roster::Move::Up => (Move::Up, format!("{} to {}", step(change.step_before), step(change.step))),
        roster::Move::New => (Move::New, format!("at {}", person.member.platforms.join(", "))),
    };
    let known = match change.kind {
        roster::Move::New => person.member.first_activity_at,
        roster::Move::Quiet => person.member.last_activity_at,
        roster::Move::Up | roster::Move::Down => None,
    };
    let day = || change.at.to_zoned(visit.clock.zone.clone()).map_or(visit.clock.now, |day| day.timestamp());
    let at = known.unwrap_or_else(day);
    MemberChange { person: visit.person(person), change: kind, what, why: change.why.clone(), at }
}
