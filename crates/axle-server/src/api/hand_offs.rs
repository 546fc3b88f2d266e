//! Hand-offs and consents: who was handed to sales, with what, and what members allow.

use axle_app::audit::Actor;
use axle_app::consents::{self, Consent, Given};
use axle_app::hand_offs::{self as app, View};
use axle_app::permissions::Permission;
use axle_model::time::Moment;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `prepared`, `sent`, `opened`, `accepted` or `returned`; all unless given.
    state: Option<String>,
}

/// Hand-offs that the token's user may see, the newest first. For sales: those sent to them, without the member once the
/// consent is taken back or the offer has ended.
#[utoipa::path(get, path = "/api/v1/{workspace}/hand-offs", tag = "hand-offs",
    params(("workspace" = String, Path), Which, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    let mut all = app::list(&caller.opened.workspace, &caller.user, caller.now).await?;
    all.retain(|one| which.state.as_deref().is_none_or(|state| one.state.name() == state));
    Ok(paging.page(all, |one| &one.hand_off_id)?.answer(&address))
}

/// The dossier of a hand-off, each line with what it rests on; for sales, once it is closed, only why. Every look is written into its
/// audit log, and the first by sales opens it.
#[utoipa::path(get, path = "/api/v1/{workspace}/hand-offs/{hand_off_id}", tag = "hand-offs",
    params(("workspace" = String, Path), ("hand_off_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    opened(&caller, &id).await
}

async fn opened(caller: &Caller, id: &str) -> ApiResult<Json<Value>> {
    Ok(Json(match app::open(&caller.opened.workspace, id, &caller.user, caller.now).await? {
        View::Dossier(dossier) => json!(dossier),
        View::Closed(one) => json!({ "hand_off": one }),
    }))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Sending {
    /// To whom: a name or address of a user, or `sales`; as prepared unless given.
    to: Option<String>,
    /// The builder's note; as prepared unless given.
    note: Option<String>,
    /// What to begin with; suggested unless given.
    first_sentence: Option<String>,
    /// What people say of a champion's weight: `power`, `sells`, `interest`; as prepared unless given.
    flags: Option<Vec<String>>,
    /// The member was told who will write to them.
    #[serde(default)]
    is_told: bool,
}

/// Sends a prepared hand-off to sales. Refused without a consent that holds.
#[utoipa::path(post, path = "/api/v1/{workspace}/hand-offs/{hand_off_id}/send", tag = "hand-offs",
    params(("workspace" = String, Path), ("hand_off_id" = String, Path)), request_body = Sending,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn send(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(sending): Json<Sending>,
) -> ApiResult<Json<Value>> {
    let (workspace, user, now) = (&caller.opened.workspace, &caller.user, caller.now);
    let edit = app::Edit {
        to: sending.to,
        first_sentence: sending.first_sentence,
        note: sending.note,
        flags: sending.flags,
        expires_at: None,
    };
    app::edit(workspace, &id, &edit, user, now).await?;
    app::send(workspace, &id, sending.is_told, user, now).await?;
    opened(&caller, &id).await
}

/// Sales takes care of the member.
#[utoipa::path(post, path = "/api/v1/{workspace}/hand-offs/{hand_off_id}/accept", tag = "hand-offs",
    params(("workspace" = String, Path), ("hand_off_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn accept(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    app::accept(&caller.opened.workspace, &id, &caller.user, caller.now).await?;
    opened(&caller, &id).await
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Back {
    /// Why: `no_need`, `no_budget`, `wrong_organization`, `competitor`, `no_reply`, or words.
    reason: String,
}

/// Sales gives the member back.
#[utoipa::path(post, path = "/api/v1/{workspace}/hand-offs/{hand_off_id}/return", tag = "hand-offs",
    params(("workspace" = String, Path), ("hand_off_id" = String, Path)), request_body = Back,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn give_back(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(back): Json<Back>,
) -> ApiResult<Json<Value>> {
    app::give_back(&caller.opened.workspace, &id, &back.reason, &caller.user, caller.now).await?;
    opened(&caller, &id).await
}

/// What a member allows and allowed, the newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/consents", tag = "hand-offs",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn consents(
    caller: Caller,
    Path((_, member)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Consent>>> {
    caller.must_see_members()?;
    Ok(Json(consents::of_member(&caller.opened.workspace, &member).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Allowed {
    /// `hand_off`, `contact`, `recognition` or `tracking`.
    kind: String,
    /// Where they said so.
    channel: String,
    /// It covers what was said in private channels too.
    #[serde(default)]
    covers_private: bool,
    /// The local day, or the instant; now unless given.
    #[schema(value_type = Option<String>)]
    at: Option<Moment>,
}

/// Records that a member allows something.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/consents", tag = "hand-offs",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Allowed,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn allow(
    caller: Caller,
    Path((_, member)): Path<(String, String)>,
    Json(allowed): Json<Allowed>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::HandOff)?;
    let Allowed { kind, channel, covers_private, at } = allowed;
    let at = caller.opened.workspace.instant(at).await?;
    let given = Given { kind, covers_private, channel, at };
    let id = consents::record(&caller.opened.workspace, &member, &given, Actor::of(&caller.user), caller.now).await?;
    Ok(Json(json!({ "consent_id": id })))
}

/// A member took a consent back: at once sales sees nothing of them that rested on it.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/consents/{consent_id}/revoke", tag = "hand-offs",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("consent_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn revoke(
    caller: Caller,
    Path((_, member, consent)): Path<(String, String, String)>,
) -> ApiResult<Json<Vec<Consent>>> {
    caller.must(Permission::HandOff)?;
    let workspace = &caller.opened.workspace;
    consents::take_back(workspace, &member, &consent, Actor::of(&caller.user), caller.now).await?;
    Ok(Json(consents::of_member(workspace, &member).await?))
}
