//! Growth that follows from invitations (S84): what the formula is given, of the figures.

use axle_model::kpi::{KpiAnswer, KpiPoint};
use jiff::Timestamp;

use crate::figures::{self, Question};
use crate::{AppResult, Workspace};

/// The figure on whose page it stands.
pub const COEFFICIENT: &str = "virality_coefficient";

/// The figure of how long a cycle takes, in seconds.
const CYCLE: &str = "viral_cycle_time";

const SECONDS_A_DAY: f64 = 86_400.0;

/// The coefficient of the last period of an answer that has one, and the days of a cycle in that period, else in the last that has some.
///
/// # Errors
/// As [`figures::evaluate`].
pub async fn known(
    workspace: &Workspace,
    coefficient: &KpiAnswer,
    now: Timestamp,
) -> AppResult<(Option<f64>, Option<f64>)> {
    let question = Question {
        from: Some(coefficient.from),
        to: Some(coefficient.to),
        grain: Some(coefficient.grain),
        as_of: Some(coefficient.as_of),
        ..Question::default()
    };
    let cycle = figures::evaluate(workspace, CYCLE, &question, now).await?;
    let last = coefficient.points.iter().rev().find(|point| point.value.is_some());
    let of_cycle = |point: &&KpiPoint| point.value.is_some();
    let same = cycle.points.iter().filter(of_cycle).find(|point| last.is_some_and(|last| last.start == point.start));
    let days = same.or_else(|| cycle.points.iter().rev().find(of_cycle)).and_then(|point| point.value);
    Ok((last.and_then(|point| point.value), days.map(|seconds| seconds / SECONDS_A_DAY)))
}
