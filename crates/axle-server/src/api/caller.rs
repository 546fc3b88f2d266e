//! Who calls, and in which workspace.

use std::sync::Arc;

use axle_app::permissions::Permission;
use axle_app::tokens;
use axle_app::users::User;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::error::{ApiError, ApiResult};
use crate::AppState;
use crate::state::Opened;

/// A token's user in the workspace of the address.
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) opened: Arc<Opened>,
    pub(crate) now: Timestamp,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let token = token.ok_or_else(ApiError::unauthorized)?;
        let now = state.now();
        let user = tokens::user_of(state.server(), token, now).await?.ok_or_else(ApiError::unauthorized)?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        let slug = params
            .ok()
            .and_then(|params| params.iter().find(|(name, _)| *name == "workspace").map(|(_, slug)| slug.to_owned()));
        let slug = slug.unwrap_or_default();
        let opened = state.workspace(&slug).await?;
        let opened = opened.ok_or_else(|| ApiError::not_found(format!("there is no workspace `{slug}`")))?;
        Ok(Self { user, opened, now })
    }
}

impl Caller {
    /// Refuses what the user's role does not include.
    pub(crate) fn must(&self, permission: Permission) -> ApiResult<()> {
        Ok(self.user.must(permission)?)
    }

    /// Refuses who may not see people by name.
    pub(crate) fn must_see_members(&self) -> ApiResult<()> {
        self.must(Permission::SeeMembers)
    }

    /// Refuses who may not say who is one person.
    pub(crate) fn must_decide_identities(&self) -> ApiResult<()> {
        self.must(Permission::DecideIdentities)
    }

    /// Refuses who may not change settings.
    pub(crate) fn must_administer(&self) -> ApiResult<()> {
        self.must(Permission::Administer)
    }

    /// Who is named as having changed something.
    pub(crate) fn name(&self) -> Option<&str> {
        Some(&self.user.name)
    }
}
