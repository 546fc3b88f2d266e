//! What a handler answers instead of a page.

use askama::Template;
use axle_app::AppError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rand::RngCore;

use crate::link::Link;
use crate::pages::errors::ErrorPage;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in; afterwards it goes on at this path.
    SignIn(String),
    /// The same for a part that a script fetches: the whole page goes to the sign-in.
    SignInWhole,
    /// There is no such thing.
    NotFound,
    /// There is none of what was asked for by its number: the text says so.
    Missing(String),
    /// The user may not.
    Forbidden,
    /// The request does not come from our own pages.
    Forged,
    /// The request cannot be: the text says what to change.
    Invalid(String),
    /// It would take more than queries may: the text says which limit.
    Limit(String),
    /// Our fault.
    Failed(String),
}

pub(crate) type Answer = Result<Response, Failure>;

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound(_) => Self::NotFound,
            AppError::Forbidden(_) => Self::Forbidden,
            AppError::Invalid(reason) | AppError::Conflict(reason) => Self::Invalid(reason),
            AppError::Source(error) => Self::Invalid(error.to_string()),
            AppError::Limit(reason) => Self::Limit(reason),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let page = match self {
            Self::SignIn(next) => {
                return Redirect::to(&Link::to(&["sign-in"]).with("next", next).to_string()).into_response();
            }
            Self::SignInWhole => {
                let headers = [(header::HeaderName::from_static("hx-redirect"), HeaderValue::from_static("/sign-in"))];
                return (StatusCode::UNAUTHORIZED, headers).into_response();
            }
            Self::NotFound => ErrorPage::not_found(),
            Self::Missing(advice) => ErrorPage { advice, ..ErrorPage::not_found() },
            Self::Forbidden => ErrorPage::forbidden(),
            Self::Forged => ErrorPage {
                status: 403,
                title: "This form was not accepted".into(),
                advice: "It is older than your sign-in, or was sent from another site. Go back, reload the page, and send it again.".into(),
                request_id: None,
            },
            Self::Invalid(advice) => {
                ErrorPage { status: 400, title: "This cannot be shown".into(), advice, request_id: None }
            }
            Self::Limit(reason) => ErrorPage::over_limit(&reason),
            Self::Failed(reason) => {
                let id = failure_id();
                tracing::error!(id, reason, "a request failed");
                ErrorPage::failed(id)
            }
        };
        error_response(&page)
    }
}

fn error_response(page: &ErrorPage) -> Response {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match page.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            response.extensions_mut().insert(page.clone());
            response
        }
        Err(_) => status.into_response(),
    }
}

/// The answer to a request whose handler panicked.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let id = failure_id();
    tracing::error!(id, "a request's handler panicked");
    error_response(&ErrorPage::failed(id))
}

fn failure_id() -> String {
    let mut bytes = [0; 6];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A page as an answer.
pub(crate) fn html(page: &impl Template) -> Answer {
    Ok(Html(page.render()?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_meets_a_limit_is_told_to_come_back() {
        let response = Failure::from(AppError::Limit("2 queries are running".into())).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
