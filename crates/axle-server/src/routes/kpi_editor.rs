//! The editor of KPIs of one's own, for administrators.

use axle_app::own_kpis::{self, Trial};
use axle_model::kpi::KpiAnswer;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::figures::unit_of;
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::kpi_editor::{EXAMPLE, KpiEditorPage, TrialView};
use crate::pages::layout::Section;
use crate::visit::Visit;

/// The latest values, which a trial shows, the oldest of them first.
const MOST_VALUES: usize = 6;

/// What the editor sends.
#[derive(Deserialize)]
pub(crate) struct Draft {
    csrf: String,
    id: String,
    text: String,
    /// `try` or `save`.
    r#do: String,
}

/// `GET /{workspace}/kpis/new`
pub(crate) async fn new(visit: Visit) -> Answer {
    visit.must_administer()?;
    html(&page(&visit, None, String::new(), EXAMPLE.to_owned(), None))
}

/// `GET /{workspace}/kpis/{kpi}/edit`
pub(crate) async fn edit(visit: Visit, Path((_, id)): Path<(String, String)>) -> Answer {
    visit.must_administer()?;
    let text = own_kpis::text(&visit.opened.workspace, &id)?.ok_or(Failure::NotFound)?;
    html(&page(&visit, Some(&id), id.clone(), text, None))
}

/// `POST /{workspace}/kpis/new`
pub(crate) async fn add(visit: Visit, Form(draft): Form<Draft>) -> Answer {
    take(visit, None, draft).await
}

/// `POST /{workspace}/kpis/{kpi}/edit`
pub(crate) async fn change(visit: Visit, Path((_, id)): Path<(String, String)>, Form(draft): Form<Draft>) -> Answer {
    take(visit, Some(id), draft).await
}

/// Tries a draft, and saves it when it is good and was to be saved.
async fn take(visit: Visit, known: Option<String>, draft: Draft) -> Answer {
    visit.must_administer()?;
    visit.check_form(&draft.csrf)?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    // Browsers end lines with two characters.
    let text = draft.text.replace("\r\n", "\n");
    let id = known.clone().unwrap_or_else(|| draft.id.trim().to_owned());
    if known.is_some() && own_kpis::text(workspace, &id)?.is_none() {
        return Err(Failure::NotFound);
    }
    let trial = if draft.r#do == "save" {
        let trial = own_kpis::save(workspace, &id, &text, known.is_none(), now).await?;
        if trial.is_good() {
            visit.state.reload_kpis().await?;
            let link = visit.link("kpis").below(&id).with("done", "kpi");
            return Ok(Redirect::to(&link.to_string()).into_response());
        }
        trial
    } else {
        own_kpis::try_out(workspace, &id, &text, now).await?
    };
    html(&page(&visit, known.as_deref(), id, text, Some(shown(trial))))
}

/// What the form to remove one sends.
#[derive(Deserialize)]
pub(crate) struct Removal {
    csrf: String,
    id: String,
}

/// `POST /{workspace}/kpis/{kpi}/edit/remove`
pub(crate) async fn remove(visit: Visit, Path((_, id)): Path<(String, String)>, Form(form): Form<Removal>) -> Answer {
    visit.must_administer()?;
    visit.check_form(&form.csrf)?;
    if form.id.trim() != id {
        return Err(Failure::Invalid(format!("Write {id} to remove it. Nothing was removed.")));
    }
    own_kpis::remove(&visit.opened.workspace, &id)?;
    visit.state.reload_kpis().await?;
    Ok(Redirect::to(&visit.link("kpis").with("done", "kpi-removed").to_string()).into_response())
}

fn page(visit: &Visit, known: Option<&str>, id: String, text: String, trial: Option<TrialView>) -> KpiEditorPage {
    let kpis = visit.link("kpis");
    KpiEditorPage {
        layout: visit.layout(known.map_or_else(|| "New KPI".to_owned(), |id| format!("Change {id}")), Section::Kpis),
        action: known.map_or_else(|| kpis.below("new"), |id| kpis.below(id).below("edit")),
        id,
        is_new: known.is_none(),
        text,
        trial,
    }
}

fn shown(trial: Trial) -> TrialView {
    TrialView {
        problem: trial.problem,
        cases: trial.cases.into_iter().map(|case| (case.case, case.differences)).collect(),
        values: trial.answer.as_ref().map(values).unwrap_or_default(),
    }
}

fn values(answer: &KpiAnswer) -> Vec<(String, String)> {
    let value = |point: &axle_model::kpi::KpiPoint| {
        let parts: Vec<&str> = point.dimensions.values().map(String::as_str).collect();
        let currency = point.dimensions.get("currency").map(String::as_str);
        let value = unit_of(answer, currency).write(point.value);
        let value = if parts.is_empty() { value } else { format!("{}: {value}", parts.join(", ")) };
        (format::period(point.start, answer.grain), if point.partial { format!("{value} so far") } else { value })
    };
    let before = answer.points.len().saturating_sub(MOST_VALUES);
    answer.points[before..].iter().map(value).collect()
}
