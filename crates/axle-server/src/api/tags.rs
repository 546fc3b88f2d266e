//! What members are tagged with, by sources and by people.

use axle_app::changes::Change;
use axle_app::permissions::Permission;
use axle_app::roster::{Filter, Order};
use axle_app::tags as app;
use axle_model::tag::Tag;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path};

/// The tags of a member, each with the sources that state it and whether a person said so.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/tags", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn of_member(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Tag>>> {
    caller.must_see_members()?;
    Ok(Json(app::of_member(&caller.opened.workspace, &member_id).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaidTag {
    /// At most 50 characters on one line; case does not matter.
    tag: String,
}

/// Tags a member: it stays, whatever sources state. The change can be undone.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/tags", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = SaidTag,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn add(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(said): Json<SaidTag>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::Correct)?;
    Ok(Json(app::add(&caller.opened.workspace, &member_id, &said.tag, caller.name(), caller.now).await?))
}

/// Whom the list of members shows: every word that is given narrows it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Narrowed {
    /// Part of a name, a handle or an address.
    q: String,
    /// `out`, `exploring`, `participating`, `contributing` or `leading`.
    level: String,
    /// A platform.
    source: String,
    /// Part of an organization's name.
    organization: String,
    /// Active on this local day or later.
    since: String,
    /// `member`, `teammate` or `bot`.
    kind: String,
    /// A tag, however it is spelt.
    tag: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaidOfSeveral {
    /// At most 50 characters on one line; case does not matter.
    tag: String,
    /// It is taken away from them.
    #[serde(default)]
    take_away: bool,
    /// Ids of the members.
    #[serde(default)]
    members: Vec<String>,
    /// All whom this filter finds; not beside `members`. An empty one finds everybody.
    filter: Option<Narrowed>,
}

/// Tags several members, or takes a tag away from them, as one change, which can be undone. Those of whom it was so already are left
/// out, and told as `left_out`.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/tags", tag = "members",
    params(("workspace" = String, Path)), request_body = SaidOfSeveral,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn say_of_several(caller: Caller, Json(said): Json<SaidOfSeveral>) -> ApiResult<Json<Change>> {
    caller.must(Permission::Correct)?;
    let workspace = &caller.opened.workspace;
    let members: Vec<String> = match &said.filter {
        Some(_) if !said.members.is_empty() => {
            return Err(ApiError::invalid("give `members` or a `filter`, not both"));
        }
        Some(filter) => {
            let filter = filter.parse()?;
            let roster = caller.opened.roster(caller.now).await?;
            let people = roster.select(&filter, Order::Love);
            people.iter().map(|person| person.member.member_id.clone()).collect()
        }
        None => said.members,
    };
    let change = match said.take_away {
        true => app::take_away_from_all(workspace, &members, &said.tag, caller.name(), caller.now).await?,
        false => app::add_to_all(workspace, &members, &said.tag, caller.name(), caller.now).await?,
    };
    Ok(Json(change))
}

impl Narrowed {
    fn parse(&self) -> ApiResult<Filter> {
        let get = |key: &str| match key {
            "q" => self.q.as_str(),
            "level" => self.level.as_str(),
            "source" => self.source.as_str(),
            "organization" => self.organization.as_str(),
            "since" => self.since.as_str(),
            "kind" => self.kind.as_str(),
            _ => self.tag.as_str(),
        };
        Filter::parse(get).map_err(ApiError::invalid)
    }
}

/// Takes a tag away, also one that a source states: it stays away, whatever is imported later. The change can be undone.
#[utoipa::path(delete, path = "/api/v1/{workspace}/members/{member_id}/tags/{tag}", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("tag" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn take_away(
    caller: Caller,
    Path((_, member_id, tag)): Path<(String, String, String)>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::Correct)?;
    Ok(Json(app::take_away(&caller.opened.workspace, &member_id, &tag, caller.name(), caller.now).await?))
}
