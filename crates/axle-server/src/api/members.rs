//! Members: who they are, merging two, splitting one.

use axle_app::identities::{self, Change};
use axle_app::members::{self as app, Sort, Who};
use axle_app::notes;
use axle_app::people::{self, Word};
use axle_app::permissions::Permission;
use axle_model::tag;
use axum::http::Uri;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// `love`, `level`, `last_activity` or `name`; `love` unless given.
    sort: Option<String>,
    /// Those with this tag, however it is spelt; everybody unless given.
    tag: Option<String>,
    /// `people`: everybody but programs, also who did nothing yet that counts; `counted`: those with counted activity, as figures count
    /// them; `all`: programs, too. `people` unless given.
    who: Option<String>,
}

/// Members: as on their page everybody but programs, unless others are asked for.
#[utoipa::path(get, path = "/api/v1/{workspace}/members", tag = "members",
    params(("workspace" = String, Path), Asked, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(asked): Query<Asked>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let sort = asked.sort.as_deref().unwrap_or("love");
    let sort = Sort::from_name(sort)
        .ok_or_else(|| ApiError::invalid(format!("`{sort}` is no order: use love, level, last_activity or name")))?;
    let who = asked.who.as_deref().unwrap_or("people");
    let who = Who::from_name(who).ok_or_else(|| {
        ApiError::invalid(format!("`{who}` is nobody that can be listed: use people, counted or all"))
    })?;
    let mut all = app::listed(&caller.opened.workspace, who, sort, caller.now, None).await?;
    all.retain(|member| asked.tag.as_ref().is_none_or(|tag| tag::find(&member.tags, tag).is_some()));
    Ok(paging.page(all, |member| &member.member_id)?.answer(&address))
}

/// One member: score with its reasons, identities, and the latest activities. A former id leads to whoever has the identities now.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, member_id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let detail = app::show(&caller.opened.workspace, &member_id, caller.now, None).await?;
    Ok(Json(json!(detail)))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Merge {
    /// The member who is the same person: their id, or a name, handle or e-mail address that they alone have.
    with: String,
}

/// Says that two members are one person. The change can be undone.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/merge", tag = "identities",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Merge,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn merge(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(merge): Json<Merge>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    let workspace = &caller.opened.workspace;
    Ok(Json(identities::merge(workspace, &member_id, &merge.with, caller.name(), caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Split {
    /// Identities of the member who are somebody else: `identity_id` of the member, or `platform/key`.
    identities: Vec<String>,
}

/// Says that some identities of a member are another person. The change can be undone. Where one was named and others rather go
/// with it, `advice` names them.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/split", tag = "identities",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Split,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn split(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(split): Json<Split>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    let workspace = &caller.opened.workspace;
    Ok(Json(identities::split(workspace, &member_id, &split.identities, caller.name(), caller.now).await?))
}

/// What was said of a member and what holds: whether they are a program, when they are a teammate; and what was said of their
/// tags. Undo what was said with `identities/changes/{change_id}/undo`.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/words", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn words(caller: Caller, Path((_, member_id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let workspace = &caller.opened.workspace;
    let said: Vec<Change> = people::words(workspace, &member_id).await?;
    let standing = app::show(workspace, &member_id, caller.now, None).await?.standing;
    Ok(Json(json!({"standing": standing, "said": said})))
}

/// What is said of a program.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BotWord {
    /// It is one.
    On,
    /// It is none.
    Off,
    /// Nothing is said any more: what Axle finds counts.
    Auto,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaidOfBot {
    /// What is said.
    word: BotWord,
}

/// Says whether a member is a program: it stands above what is found. The change can be undone.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/bot", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = SaidOfBot,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn say_bot(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(said): Json<SaidOfBot>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::ManageSources)?;
    let word = match said.word {
        BotWord::On => Word::Yes(None, None),
        BotWord::Off => Word::No,
        BotWord::Auto => Word::Auto,
    };
    Ok(Json(people::say_bot(&caller.opened.workspace, &member_id, word, caller.name(), caller.now).await?))
}

/// What is said of a teammate.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TeammateWord {
    /// They are one on these days.
    Days,
    /// They are one on no day.
    Never,
    /// Nothing is said any more: lists and domains count.
    Auto,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaidOfTeammate {
    /// What is said.
    word: TeammateWord,
    /// Of `days`: the first day; since ever unless given.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Of `days`: the first day after; without end unless given.
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Of `days`: where they work with us.
    department: Option<String>,
}

/// Says on which days a member is a teammate: it stands above lists and domains. The change can be undone.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/teammate", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = SaidOfTeammate,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn say_teammate(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(said): Json<SaidOfTeammate>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::ManageSources)?;
    let word = match said.word {
        TeammateWord::Days => Word::Yes(said.from, said.to),
        TeammateWord::Never => Word::No,
        TeammateWord::Auto => Word::Auto,
    };
    let word = (word, said.department.as_deref());
    Ok(Json(people::say_teammate(&caller.opened.workspace, &member_id, word, caller.name(), caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Note {
    /// What the team should know, at most 2,000 characters.
    text: String,
    /// They showed interest in buying: it is a raised hand too.
    #[serde(default)]
    is_raised_hand: bool,
    /// What they said of it, in their own words: sales may read it once they agreed to a hand-off, unlike the note.
    #[serde(default)]
    quote: String,
}

/// Notes about a member that are for the team, the newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/notes", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn notes_of(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<notes::Note>>> {
    caller.must_see_members()?;
    Ok(Json(notes::of_member(&caller.opened.workspace, &member_id).await?))
}

/// Takes a note back: nobody reads it any more. Who wrote it here may, and administrators. A raised hand that was said with it stays.
#[utoipa::path(delete, path = "/api/v1/{workspace}/members/{member_id}/notes/{note_id}", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("note_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn take_note_back(
    caller: Caller,
    Path((_, member_id, note_id)): Path<(String, String, String)>,
) -> ApiResult<Json<Vec<notes::Note>>> {
    caller.must(Permission::Correct)?;
    let workspace = &caller.opened.workspace;
    notes::take_back(workspace, &member_id, &note_id, &caller.user, caller.now).await?;
    Ok(Json(notes::of_member(workspace, &member_id).await?))
}

/// Writes a note about a member, for the team.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/notes", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Note,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn note_down(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(Note { text, is_raised_hand, quote }): Json<Note>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::Correct)?;
    let written = notes::Written { text, is_raised_hand, quote };
    let id = notes::write(&caller.opened.workspace, &member_id, &written, &caller.user.name, caller.now).await?;
    Ok(Json(json!({"note_id": id, "member_id": member_id})))
}
