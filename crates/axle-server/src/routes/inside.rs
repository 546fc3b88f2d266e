//! Errors inside of a workspace: whoever is signed in keeps the navigation, and is told who can help.

use askama::Template;
use axle_app::users::{self, User};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::AppState;
use crate::failure::Failure;
use crate::pages::errors::{ErrorInside, ErrorPage};
use crate::pages::layout::Section;
use crate::visit::Visit;

/// Puts the page of a failure into the workspace that the address names, where the user may open it.
pub(crate) async fn keep_navigation(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(page) = response.extensions().get::<ErrorPage>().cloned() else { return response };
    if page.request_id.is_some() || asked.headers.contains_key("hx-request") {
        return response;
    }
    match inside(&asked, &state, page).await {
        Ok(page) => page,
        Err(_) => response,
    }
}

async fn inside(asked: &Parts, state: &AppState, mut error: ErrorPage) -> Result<Response, Failure> {
    let slug = asked.uri.path().split('/').nth(1).unwrap_or_default();
    let visit = Visit::enter(asked, state, slug).await?;
    if error.is_of_the_role() {
        let all = users::list(state.server()).await?;
        let names: Vec<String> = all.into_iter().filter(User::may_administer).map(|user| user.name).collect();
        error.advice = format!(
            "Your role, {}, does not include it. Whoever administers this server can change that: {}.",
            visit.user.role.replace('_', " "),
            names.join(", ")
        );
    }
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = ErrorInside { layout: visit.layout(error.title.clone(), Section::Nowhere), error };
    Ok((status, Html(page.render()?)).into_response())
}
