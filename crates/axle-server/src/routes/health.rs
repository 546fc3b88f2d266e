//! Whether the process lives, and whether it can read and write.

use axum::extract::State;
use axum::http::StatusCode;

use crate::AppState;

/// `GET /livez`
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reads, and begins a write that is taken back.
pub(crate) async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let read = axle_app::users::list(state.server()).await;
    let write = state.server().begin().await.map(drop);
    match (read, write) {
        (Ok(_), Ok(())) => (StatusCode::OK, "ok\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read and written\n"),
    }
}
