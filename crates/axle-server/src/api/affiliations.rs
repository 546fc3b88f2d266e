//! Where a member worked, and what people said of it.

use axle_app::changes::Change;
use axle_app::organizations::{self as app, Said, Word};
use axle_app::profile::{self, Tenure};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path};

/// Where a member is and was, as every figure counts it, and what people said of it. Undo what was said with
/// `identities/changes/{change_id}/undo`.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/affiliations", tag = "organizations",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller, Path((_, member_id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let workspace = &caller.opened.workspace;
    let found = profile::load(workspace, &member_id, caller.now).await?.organizations;
    let line = |one: &Tenure| {
        json!({"organization_id": one.organization_id, "name": one.name, "title": one.detail, "from": one.from, "to": one.to,
               "origin": one.origin.map(axle_model::affiliation::Origin::name), "percent": one.percent, "is_current": one.is_current})
    };
    let affiliations: Vec<Value> = found.iter().map(line).collect();
    let said: Vec<Said> = app::said(workspace, &member_id).await?;
    Ok(Json(json!({"affiliations": affiliations, "said": said})))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Statement {
    /// Id, domain or name of the organization; one that is not known yet is made.
    organization: String,
    /// Whether the member was there; `false` ends or denies what was found. `true` unless given.
    #[serde(default = "yes")]
    is_there: bool,
    /// First day that it is about; since ever unless given.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// First day after; without end unless given.
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// What they did there.
    title: Option<String>,
}

fn yes() -> bool {
    true
}

/// Says that a member was at an organization on these days, or was not. It stands above what is found.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/affiliations", tag = "organizations",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Statement,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn say(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(said): Json<Statement>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    let word = Word { is_there: said.is_there, from: said.from, to: said.to, title: said.title };
    let workspace = &caller.opened.workspace;
    let change = app::say_affiliation(workspace, &member_id, &said.organization, word, caller.name(), caller.now);
    Ok(Json(change.await?))
}
