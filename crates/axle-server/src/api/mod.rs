//! The API: `/api/v1/{workspace}/…` with bearer tokens. The annotations of the handlers are the OpenAPI document.

mod absences;
mod accounts;
mod affiliations;
mod business_hours;
mod caller;
mod champions;
mod channels;
mod currencies;
mod drops;
mod error;
mod extract;
mod feedback;
mod flywheel_definitions;
mod flywheels;
mod hand_offs;
mod identities;
mod introductions;
mod kpis;
mod members;
mod organizations;
mod page;
mod people;
mod questions;
mod raised_hands;
mod reports;
mod roles;
mod rota;
mod tags;
mod tasks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::AppState;
use error::ApiError;

/// The most bytes of a request's body.
const BODY_BYTES: usize = 1 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Axle",
        version = "1",
        description = "Who your members are, how close each one is, and figures with receipts. Every request carries a token \
            of `axle user token` as `Authorization: Bearer …` and may what its user may. Lists come in pages: `Link: rel=\"next\"` \
            leads to the next; where a list does not hold everything, the header `axle-most` tells how many it holds at most. Errors are problems (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("token" = [])),
    modifiers(&Token)
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

fn parts() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(members::list))
        .routes(routes!(members::show))
        .routes(routes!(members::merge))
        .routes(routes!(members::split))
        .routes(routes!(members::notes_of, members::note_down))
        .routes(routes!(members::take_note_back))
        .routes(routes!(members::words))
        .routes(routes!(members::say_bot))
        .routes(routes!(members::say_teammate))
        .routes(routes!(tags::of_member, tags::add))
        .routes(routes!(tags::take_away))
        .routes(routes!(tags::say_of_several))
        .routes(routes!(introductions::list, introductions::answer))
        .routes(routes!(identities::suggestions))
        .routes(routes!(identities::decide))
        .routes(routes!(identities::changes))
        .routes(routes!(identities::undo))
        .routes(routes!(identities::settings, identities::set_settings))
        .routes(routes!(identities::preview))
        .routes(routes!(people::settings, people::set_settings))
        .routes(routes!(people::preview))
        .routes(routes!(organizations::list))
        .routes(routes!(organizations::show))
        .routes(routes!(organizations::suggestions))
        .routes(routes!(organizations::decide))
        .routes(routes!(organizations::changes))
        .routes(routes!(organizations::merge))
        .routes(routes!(organizations::split))
        .routes(routes!(organizations::set_parent))
        .routes(routes!(affiliations::list, affiliations::say))
        .routes(routes!(flywheels::list))
        .routes(routes!(flywheels::show))
        .routes(routes!(flywheels::runs))
        .routes(routes!(flywheels::run))
        .routes(routes!(flywheels::packet))
        .routes(routes!(flywheel_definitions::show, flywheel_definitions::save, flywheel_definitions::reset))
        .routes(routes!(flywheel_definitions::preview))
        .routes(routes!(flywheels::never_clicked))
        .routes(routes!(hand_offs::list))
        .routes(routes!(hand_offs::show))
        .routes(routes!(hand_offs::send))
        .routes(routes!(hand_offs::accept))
        .routes(routes!(hand_offs::give_back))
        .routes(routes!(hand_offs::consents, hand_offs::allow))
        .routes(routes!(hand_offs::revoke))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::answer))
        .routes(routes!(tasks::assign))
        .routes(routes!(rota::show))
        .routes(routes!(rota::set))
        .routes(routes!(raised_hands::list, raised_hands::raise))
        .routes(routes!(raised_hands::maybe))
        .routes(routes!(questions::list))
        .routes(routes!(questions::thanks))
        .routes(routes!(questions::thank))
        .routes(routes!(questions::ask))
        .routes(routes!(questions::packet))
        .routes(routes!(questions::escalate))
        .routes(routes!(feedback::list))
        .routes(routes!(feedback::decide))
        .routes(routes!(feedback::told))
        .routes(routes!(champions::list))
        .routes(routes!(roles::of_member, roles::give))
        .routes(routes!(roles::end))
        .routes(routes!(roles::undo))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::prospect))
        .routes(routes!(accounts::key, accounts::not_key))
        .routes(routes!(absences::list))
        .routes(routes!(absences::of_member, absences::add))
        .routes(routes!(absences::call_off))
        .routes(routes!(drops::list))
        .routes(routes!(drops::rule, drops::set_rule))
        .routes(routes!(channels::list))
        .routes(routes!(channels::mark))
        .routes(routes!(business_hours::show, business_hours::set))
        .routes(routes!(currencies::show, currencies::set))
        .routes(routes!(kpis::list))
        .routes(routes!(kpis::show))
        .routes(routes!(kpis::rows))
        .routes(routes!(kpis::why))
        .routes(routes!(kpis::publish))
        .routes(routes!(kpis::published))
        .routes(routes!(kpis::why_published))
        .routes(routes!(reports::publish, reports::published))
        .split_for_parts()
}

/// The answer to a change that a page of another site asks for.
pub(crate) fn forged() -> Response {
    ApiError::forged().into_response()
}

/// Every route of the API, and its document.
pub(crate) fn router() -> Router<AppState> {
    let (routes, document) = parts();
    let document = document.to_json().expect("a document of names and texts can be written");
    let json = move || async move { ([("content-type", "application/json")], document) };
    routes
        .route("/api/v1/openapi.json", get(json))
        .route("/api/{*rest}", any(|| async { ApiError::not_found("there is no such address") }))
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}
