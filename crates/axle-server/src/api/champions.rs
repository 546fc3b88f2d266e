//! Champions: who holds a role, and what they need.

use axle_app::champions::{Attention, Champion};
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::Query;
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only who holds this role: `champion`, `deal_champion`, `advocate`, `key_member`, …
    role: Option<String>,
    /// Only who needs this: `silent`, `in_hand`, `away` or `well`.
    attention: Option<String>,
}

/// A champion with their name and what they need.
#[derive(Serialize)]
struct Named {
    name: String,
    attention: Attention,
    #[serde(flatten)]
    champion: Champion,
}

/// Everybody who holds a role now, who needs something first, the newest alert before others: roles, rhythm, where they stand in the flywheel of champions' health.
#[utoipa::path(get, path = "/api/v1/{workspace}/champions", tag = "champions",
    params(("workspace" = String, Path), Which, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let attention = which.attention.as_deref().map(attention).transpose()?;
    let champions = caller.opened.champions(caller.now).await?;
    let roster = caller.opened.roster(caller.now).await?;
    let named = |champion: &Champion| Named {
        name: roster.person(&champion.member_id).map(|person| person.member.name.clone()).unwrap_or_default(),
        attention: champion.attention(),
        champion: champion.clone(),
    };
    let has_role = |champion: &&Champion| {
        which.role.as_ref().is_none_or(|role| champion.roles.iter().any(|one| one.role == *role))
    };
    let mut found: Vec<Named> = champions.iter().filter(has_role).map(named).collect();
    found.retain(|one| attention.is_none_or(|attention| one.attention == attention));
    Ok(paging.page(found, |one| &one.champion.member_id)?.answer(&address))
}

fn attention(word: &str) -> ApiResult<Attention> {
    Ok(match word {
        "silent" => Attention::Silent,
        "in_hand" => Attention::InHand,
        "away" => Attention::Away,
        "well" => Attention::Well,
        other => return Err(ApiError::invalid(format!("`{other}` is none: use silent, in_hand, away or well"))),
    })
}
