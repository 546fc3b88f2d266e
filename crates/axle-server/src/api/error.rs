//! What the API answers instead of a result: the only type here that knows status codes.

use axle_app::AppError;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::BODY_BYTES;

/// Seconds after which queries that run now have made room, as a rule.
const RETRY_SECONDS: u16 = 5;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// HTTP status.
    status: u16,
    /// Stable, for programs: `not_found`, `method_not_allowed`, `invalid`, `too_large`, `unsupported`, `conflict`, `forbidden`,
    /// `unauthorized`, `busy`, `internal`.
    code: &'static str,
    /// The kind of problem, in words.
    title: &'static str,
    /// What was wrong, and what to change.
    detail: String,
}

/// A refused request.
#[derive(Debug)]
pub(crate) struct ApiError(Problem);

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Problem { status: status.as_u16(), code, title, detail: detail.into() })
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request cannot be answered", detail)
    }

    /// A method that the address does not know.
    pub(crate) fn method() -> Self {
        let detail = "this address answers to other methods: the header `allow` names them";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method", detail)
    }

    pub(crate) fn too_large() -> Self {
        let detail = format!("a body holds {} MiB at most: send less at once", BODY_BYTES >> 20);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large", detail)
    }

    pub(crate) fn unsupported() -> Self {
        let detail = "send the body as JSON, with `Content-Type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", "Not JSON", detail)
    }

    /// A page of another site asks.
    pub(crate) fn forged() -> Self {
        let detail = "pages of other sites may not ask for changes: send the request from a program";
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    pub(crate) fn forbidden() -> Self {
        let detail = "the token's user has a role that may not do this";
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    pub(crate) fn unauthorized() -> Self {
        let detail = "send a token of `axle user token` as `Authorization: Bearer …`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "No token, or one that does not hold", detail)
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound(detail) => Self::not_found(detail),
            AppError::Invalid(detail) => Self::invalid(detail),
            AppError::Conflict(detail) => Self::new(StatusCode::CONFLICT, "conflict", "It clashes", detail),
            AppError::Forbidden(_) => Self::forbidden(),
            AppError::Source(error) => Self::invalid(error.to_string()),
            AppError::Limit(detail) => Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", "Too much at once", detail),
            other => {
                tracing::error!(error = %other, "a request of the API failed");
                let detail = "the server's log says more";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "A fault of Axle's", detail)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, header::HeaderValue::from(RETRY_SECONDS));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
impl ApiError {
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_in_whole_words_what_is_wrong_and_when_to_try_again() {
        let busy = ApiError::from(AppError::Limit("2 queries are running".into())).into_response();
        assert_eq!(busy.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "5");
        let invalid = ApiError::invalid("no such grain");
        assert_eq!((invalid.0.status, invalid.0.title), (422, "The request cannot be answered"));
        assert!(!invalid.into_response().headers().contains_key(header::RETRY_AFTER));
    }
}
