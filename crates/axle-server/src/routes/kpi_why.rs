//! Why a figure is not what it was, below the figure: what was known on a day, and what each cause has moved since.

use axle_app::figures::Question;
use axle_app::why::{self, Cause, Change};
use axle_model::kpi::KpiAnswer;
use axle_model::time::{day_of_date, start_of_day};
use jiff::civil::Date;

use super::figures::unit;
use crate::failure::Failure;
use crate::format;
use crate::pages::kpi::{Why, WhyRow};
use crate::visit::Visit;

/// Rows on the page; the command has all.
const MOST_ROWS: usize = 60;

/// The comparison with what was known when `since` began; without a day, only the form.
pub(crate) async fn of(visit: &Visit, question: &Question, answer: &KpiAnswer, since: &str) -> Result<Why, Failure> {
    let mut shown = Why { since: since.to_owned(), ..Why::default() };
    if since.is_empty() {
        return Ok(shown);
    }
    let workspace = &visit.opened.workspace;
    let Ok(day) = since.parse::<Date>() else {
        shown.problem = Some(format!("“{since}” is no date: write it as 2026-03-01."));
        return Ok(shown);
    };
    let then = start_of_day(day_of_date(day), &workspace.time_zone().await?);
    let found = match why::since(workspace, &answer.kpi, question, then, visit.clock.now).await {
        Ok(found) => found,
        Err(axle_app::AppError::Invalid(problem)) => {
            shown.problem = Some(problem);
            return Ok(shown);
        }
        Err(other) => return Err(other.into()),
    };
    let is_moved = |change: &&Change| change.then != change.now;
    shown.unchanged = found.changes.iter().filter(|change| !is_moved(change)).count();
    shown.rows = found.changes.iter().filter(is_moved).take(MOST_ROWS).map(|change| row(answer, change)).collect();
    shown.caveats = found.caveats;
    Ok(shown)
}

fn row(answer: &KpiAnswer, change: &Change) -> WhyRow {
    let currency = change.dimensions.get("currency").map(String::as_str);
    let written = unit(answer.unit, currency);
    let signed = |by: f64| format!("{}{}", if by > 0.0 { "+" } else { "" }, written.write(Some(by)));
    let by = |cause: Cause| {
        let moved = change.moves.iter().find(|one| one.cause == cause)?.by?;
        (moved != 0.0).then(|| signed(moved))
    };
    WhyRow {
        period: format::period(change.start, answer.grain),
        parts: change.dimensions.values().cloned().collect::<Vec<_>>().join(", "),
        then: written.write(change.then),
        now: written.write(change.now),
        moves: [Cause::LateArrivals, Cause::NewActivity, Cause::Merges, Cause::Reclassified].map(by).to_vec(),
    }
}
