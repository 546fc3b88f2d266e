//! Figures: the catalogue, and one over time with its receipt.

use axle_app::figures::{self, Question};
use axle_model::time::Grain;
use axum::Json;
use axum::extract::{Path, Query};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};

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
    /// Answers from what had happened by then.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
}

/// One figure over time, with the receipt of how it came about.
#[utoipa::path(get, path = "/api/v1/{workspace}/kpis/{kpi}", tag = "kpis",
    params(("workspace" = String, Path), ("kpi" = String, Path), Asked),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    caller: Caller,
    Path((_, kpi)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<Value>> {
    let workspace = &caller.opened.workspace;
    let grain = asked.grain.as_deref().unwrap_or("month");
    let grain = Grain::from_name(grain).ok_or_else(|| {
        ApiError::invalid(format!("`{grain}` is no grain: use day, week, month, quarter, year or total"))
    })?;
    if !caller.user.may_see_members() && crate::state::is_many(&figures::kpi(workspace, &kpi)?.value) {
        // Rankings name people.
        return Err(ApiError::forbidden());
    }
    let question = Question {
        from: asked.from,
        to: asked.to,
        grain: Some(grain),
        by: asked.by,
        filter: asked.r#where,
        as_of: asked.as_of,
    };
    Ok(Json(json!(figures::evaluate(workspace, &kpi, &question, caller.now).await?)))
}
