//! Every address: what is read from the request, the one use case that answers it, and the page that shows it.

mod absences;
mod accounts;
mod boards;
mod champions;
mod consents;
mod decided;
mod duplicates;
mod feedback;
mod figures;
mod flywheel_editor;
mod flywheel_run;
mod flywheels;
mod hand_offs;
mod health;
mod home;
mod imports;
mod inside;
mod kpi;
mod kpi_charts;
mod kpi_editor;
mod kpi_growth;
mod kpi_rows;
mod kpi_shapes;
mod kpi_why;
mod kpis;
mod member;
mod members;
mod organizations;
mod packets;
mod people;
mod questions;
mod raise_hand;
mod reading;
mod roles;
mod search;
mod settings;
mod settings_calendar;
mod settings_champions;
mod settings_currencies;
mod settings_leads;
mod settings_tasks;
mod sign_in;
mod source;
pub(crate) mod sources;
mod tags;
mod task_rows;
mod today;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::AppState;
use crate::failure::{Failure, panicked};
use crate::{assets, guard};

/// The most bytes of a request's body, uploads aside.
const BODY_BYTES: usize = 1 << 20;

/// Every page, asset and health check.
pub fn router(state: AppState) -> Router {
    let uploads = Router::new()
        .route("/{workspace}/sources/import", post(sources::upload))
        .layer(DefaultBodyLimit::max(sources::UPLOAD_BYTES + BODY_BYTES));
    let pages = Router::new()
        .route("/", get(home::first))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/{workspace}", get(home::page))
        .route("/{workspace}/today", get(today::page).post(today::answer))
        .route("/{workspace}/today/wrote", post(today::wrote))
        .route("/{workspace}/signals", post(today::mark))
        .route("/{workspace}/introductions", post(today::introduce))
        .route("/{workspace}/members", get(members::list))
        .route("/{workspace}/members/tags", post(members::tag))
        .route("/{workspace}/members/{member}", get(member::page))
        .route("/{workspace}/members/{member}/bot", post(people::say_bot))
        .route("/{workspace}/members/{member}/teammate", post(people::say_teammate))
        .route("/{workspace}/organizations", get(organizations::list))
        .route("/{workspace}/organizations/{organization}", get(organizations::page))
        .route("/{workspace}/organizations/{organization}/merge", post(decided::merge))
        .route("/{workspace}/organizations/{organization}/split", post(decided::split))
        .route("/{workspace}/organizations/{organization}/parent", post(decided::parent))
        .route("/{workspace}/members/{member}/affiliations", post(decided::say))
        .route("/{workspace}/members/{member}/consents", post(consents::act))
        .route("/{workspace}/members/{member}/absences", post(absences::act))
        .route("/{workspace}/members/{member}/notes", post(member::note_down))
        .route("/{workspace}/members/{member}/roles", post(roles::act))
        .route("/{workspace}/members/{member}/tags", post(tags::act))
        .route("/{workspace}/hand-offs", get(hand_offs::list))
        .route("/{workspace}/hand-offs/{hand_off}", get(hand_offs::page).post(hand_offs::act))
        .route("/{workspace}/segments", post(members::save_segment))
        .route("/{workspace}/members/{member}/duplicates", get(duplicates::of_member))
        .route("/{workspace}/members/{member}/merge", post(duplicates::merge))
        .route("/{workspace}/members/{member}/split", post(duplicates::split))
        .route("/{workspace}/duplicates", get(duplicates::page).post(duplicates::decide))
        .route("/{workspace}/duplicates/undo", post(decided::undo))
        .route("/{workspace}/duplicates/organizations", get(decided::organizations).post(decided::decide))
        .route("/{workspace}/questions", get(questions::page))
        .route("/{workspace}/questions/{question}", get(packets::question).post(packets::act))
        .route("/{workspace}/feedback", get(feedback::page))
        .route("/{workspace}/feedback/{feedback}", post(feedback::act))
        .route("/{workspace}/champions", get(champions::page))
        .route("/{workspace}/accounts", get(accounts::page).post(accounts::mark))
        .route("/{workspace}/flywheels", get(flywheels::all))
        .route("/{workspace}/flywheels/{flywheel}", get(flywheels::one))
        .route("/{workspace}/flywheels/{flywheel}/runs/{run}", get(flywheel_run::page))
        .route("/{workspace}/flywheels/{flywheel}/runs/{run}/packet", get(packets::of_run))
        .route("/{workspace}/boards/{department}", get(boards::board))
        .route("/{workspace}/audience", get(boards::audience))
        .route("/{workspace}/report", get(boards::report).post(boards::publish))
        .route("/{workspace}/kpis", get(kpis::catalogue))
        .route("/{workspace}/kpis/new", get(kpi_editor::new).post(kpi_editor::add))
        .route("/{workspace}/kpis/{kpi}/edit", get(kpi_editor::edit).post(kpi_editor::change))
        .route("/{workspace}/kpis/{kpi}/edit/remove", post(kpi_editor::remove))
        .route("/{workspace}/kpis/{kpi}", get(kpi::page).post(kpi::publish))
        .route("/{workspace}/kpis/{kpi}/rows", get(kpi_rows::page))
        .route("/{workspace}/sources", get(sources::page))
        .route("/{workspace}/sources/fields", get(source::fields))
        .route("/{workspace}/sources/{source}/counts", get(source::page))
        .route("/{workspace}/imports/{run}", get(imports::page))
        .route("/{workspace}/imports/{run}/progress", get(imports::progress))
        .route("/{workspace}/imports/{run}/rejects", get(imports::rejects))
        .route("/{workspace}/settings", get(settings::scoring).post(settings::set_scoring))
        .route("/{workspace}/settings/channels", get(settings::channels).post(settings::set_channels))
        .route("/{workspace}/settings/calendar", get(settings_calendar::page).post(settings_calendar::set))
        .route("/{workspace}/settings/business-hours", post(settings_calendar::set_hours))
        .route("/{workspace}/settings/currencies", get(settings_currencies::page).post(settings_currencies::set))
        .route("/{workspace}/settings/users", get(settings::users).post(settings::add_user))
        .route("/{workspace}/settings/people", get(people::page).post(people::set))
        .route("/{workspace}/settings/identities", get(duplicates::settings).post(duplicates::set_settings))
        .route("/{workspace}/settings/flywheels", get(flywheel_editor::list))
        .route("/{workspace}/settings/flywheels/new", get(flywheel_editor::new).post(flywheel_editor::add))
        .route("/{workspace}/settings/flywheels/{flywheel}", get(flywheel_editor::edit).post(flywheel_editor::change))
        .route("/{workspace}/settings/flywheels/{flywheel}/reset", post(flywheel_editor::reset))
        .route("/{workspace}/settings/champions", get(settings_champions::page).post(settings_champions::set))
        .route("/{workspace}/settings/tasks", get(settings_tasks::page).post(settings_tasks::set))
        .route("/{workspace}/settings/leads", get(settings_leads::page).post(settings_leads::set))
        .route("/{workspace}/settings/raise-hand", get(raise_hand::settings).post(raise_hand::set))
        .route("/{workspace}/raise-hand", get(raise_hand::form).post(raise_hand::raise))
        .route("/hooks/{workspace}/raise-hand", post(raise_hand::hook))
        .route("/{workspace}/settings/brands", get(reading::brands).post(reading::set_brands))
        .route("/{workspace}/settings/reading", get(reading::page))
        .route("/{workspace}/settings/reading/progress", get(reading::progress))
        .route("/{workspace}/corrections", post(reading::correct))
        .route("/{workspace}/corrections/withdraw", post(reading::withdraw))
        .route("/{workspace}/search", get(search::page))
        .layer(DefaultBodyLimit::max(BODY_BYTES));
    Router::new()
        .merge(pages)
        .merge(uploads)
        .merge(crate::api::router())
        .layer(CompressionLayer::new())
        .route("/assets/{hash}/{name}", get(assets::serve))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(|| async { Failure::NotFound.into_response() })
        .layer(from_fn_with_state(state.clone(), inside::keep_navigation))
        .layer(from_fn(guard::same_origin))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(guard::headers))
        .with_state(state)
}
