//! Figures: the catalogue, and one over time with its receipt.

use axle_app::figures::{self, Question};
use axle_app::permissions::Permission;
use axle_app::{published, why};
use axle_model::time::{Grain, Moment};
use axum::http::Uri;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::{Page, Paging};

/// Every figure that can be asked for.
#[utoipa::path(get, path = "/api/v1/{workspace}/kpis", tag = "kpis", params(("workspace" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller) -> Json<Vec<Value>> {
    let kpis = caller.opened.workspace.kpis();
    let line = |kpi: &std::sync::Arc<axle_model::kpi::KpiDefinition>| {
        json!({"kpi": kpi.id, "version": kpi.version, "group": kpi.group, "title": kpi.title, "question": kpi.question,
               "unit": kpi.unit, "dimensions": kpi.dimensions, "caveats": kpi.caveats})
    };
    Json(kpis.iter().map(line).collect())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// First local day; twelve periods back unless given.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// First local day after; tomorrow unless given.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// `day`, `week`, `month`, `quarter`, `year` or `total`; `month` unless given.
    grain: Option<String>,
    /// Dimension to break down by.
    by: Option<String>,
    /// SQL condition over the dimensions.
    r#where: Option<String>,
    /// Answers from what had happened when this local day began, or by this instant: `2026-03-01`, `2026-03-01T09:30:00Z`.
    #[param(value_type = Option<String>)]
    as_of: Option<Moment>,
}

impl Asked {
    /// What is asked; refuses a figure that names people to who may not see them.
    async fn question(self, caller: &Caller, kpi: &str) -> ApiResult<Question> {
        let grain = self.grain.as_deref().unwrap_or("month");
        let grain = Grain::from_name(grain).ok_or_else(|| {
            ApiError::invalid(format!("`{grain}` is no grain: use day, week, month, quarter, year or total"))
        })?;
        figures::must_see(&caller.opened.workspace, kpi, &caller.user)?;
        let (by, filter) = (self.by, self.r#where);
        let as_of = caller.opened.workspace.instant(self.as_of).await?;
        Ok(Question { from: self.from, to: self.to, grain: Some(grain), by, filter, as_of })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Counting {
    /// `false` leaves the receipt without the rows that the figure is made of and without revisions, and answers in a third of the time.
    receipt: Option<bool>,
}

/// One figure over time, with the receipt of how it came about.
#[utoipa::path(get, path = "/api/v1/{workspace}/kpis/{kpi}", tag = "kpis",
    params(("workspace" = String, Path), ("kpi" = String, Path), Asked, Counting),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    caller: Caller,
    Path((_, kpi)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Query(Counting { receipt }): Query<Counting>,
) -> ApiResult<Json<Value>> {
    let question = asked.question(&caller, &kpi).await?;
    let workspace = &caller.opened.workspace;
    let answer = match receipt {
        Some(false) => figures::evaluate(workspace, &kpi, &question, caller.now).await?,
        _ => figures::with_receipt(workspace, &kpi, &question, caller.now).await?,
    };
    Ok(Json(json!(answer)))
}

/// The rows that a figure is made of, which its receipt counts, the newest first. Say `as_of`, as the receipt does, so that pages
/// go on from one another.
#[utoipa::path(get, path = "/api/v1/{workspace}/kpis/{kpi}/rows", tag = "kpis",
    params(("workspace" = String, Path), ("kpi" = String, Path), Asked, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn rows(
    caller: Caller,
    Path((_, kpi)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let question = asked.question(&caller, &kpi).await?;
    let (before, most) = paging.after()?;
    let found = figures::rows(&caller.opened.workspace, &kpi, &question, (before, most), caller.now).await?;
    let columns = &found.table.columns;
    let until = before + found.table.rows.len();
    let object = |row: Vec<Value>| columns.iter().cloned().zip(row).collect();
    let rows: Vec<Map<String, Value>> = found.table.rows.into_iter().map(object).collect();
    Ok(Page::of(rows, ((until as u64) < found.total).then(|| until.to_string())).answer(&address))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Compares with what was known when this local day began, or at this instant.
    #[param(value_type = Option<String>)]
    since: Option<Moment>,
    /// Compares the last period that is over with the one before it.
    previous: Option<bool>,
    /// Compares the last period that is over with the one in which this day lies, as March with the March a year before.
    #[param(value_type = Option<String>, format = Date)]
    against: Option<Date>,
}

/// Why a figure is not what it was, at an instant or in an earlier period: late arrivals, new activity and facts, deletions,
/// merges, bots and teammates, each with what it moved.
#[utoipa::path(get, path = "/api/v1/{workspace}/kpis/{kpi}/why", tag = "kpis",
    params(("workspace" = String, Path), ("kpi" = String, Path), Asked, Since),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn why(
    caller: Caller,
    Path((_, kpi)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Query(Since { since, previous, against }): Query<Since>,
) -> ApiResult<Json<Value>> {
    let question = asked.question(&caller, &kpi).await?;
    let workspace = &caller.opened.workspace;
    let why = match (workspace.instant(since).await?, previous.unwrap_or(false), against) {
        (Some(since), false, None) => why::since(workspace, &kpi, &question, since, caller.now).await?,
        (None, true, None) | (None, false, Some(_)) => {
            why::between(workspace, &kpi, &question, against, caller.now).await?
        }
        _ => return Err(ApiError::invalid("say with what to compare: one of `since`, `previous=true` or `against`")),
    };
    Ok(Json(json!(why)))
}

/// Keeps a figure as it is told to others now, whatever is learnt later.
#[utoipa::path(post, path = "/api/v1/{workspace}/kpis/{kpi}/published", tag = "kpis",
    params(("workspace" = String, Path), ("kpi" = String, Path), Asked),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn publish(
    caller: Caller,
    Path((_, kpi)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::Publish)?;
    let question = asked.question(&caller, &kpi).await?;
    let workspace = &caller.opened.workspace;
    Ok(Json(json!(published::publish(workspace, &kpi, &question, caller.name(), caller.now).await?)))
}

/// Figures that were published, as they were then, the newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/published", tag = "kpis", params(("workspace" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn published(caller: Caller) -> ApiResult<Json<Value>> {
    let mut all = published::list(&caller.opened.workspace).await?;
    all.retain(|one| caller.user.may_see_members() || !figures::names_people(&one.definition));
    Ok(Json(json!(all)))
}

/// Why a published figure is not what it is now, edits and another definition included.
#[utoipa::path(get, path = "/api/v1/{workspace}/published/{number}/why", tag = "kpis",
    params(("workspace" = String, Path), ("number" = i64, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn why_published(caller: Caller, Path((_, number)): Path<(String, i64)>) -> ApiResult<Json<Value>> {
    let workspace = &caller.opened.workspace;
    if figures::names_people(&published::show(workspace, number).await?.definition) {
        caller.must_see_members()?;
    }
    Ok(Json(json!(why::since_published(workspace, number, caller.now).await?)))
}
