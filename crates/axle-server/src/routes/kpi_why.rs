//! Why a figure is not what it was, below the figure: what was known on a day, and what each cause has moved since.

use axle_app::figures::{self, Question};
use axle_app::published;
use axle_app::why::{self, Cause, Change};
use axle_model::kpi::KpiAnswer;
use axle_model::time::{Grain, day_of_date, start_of_day};
use jiff::civil::Date;

use super::figures::unit;
use super::kpi_shapes::capitalized;
use crate::failure::Failure;
use crate::format;
use crate::pages::kpi::{Why, WhyRow};
use crate::visit::Visit;

/// Rows on the page; the command has all.
const MOST_ROWS: usize = 60;

/// What figures are compared with, as the address says.
#[derive(Debug, Default)]
pub(crate) struct With {
    /// What was known when this day began.
    pub(crate) since: String,
    /// What was published under this number.
    pub(crate) published: String,
    /// The period before.
    pub(crate) previous: bool,
    /// The period in which this day lies.
    pub(crate) against: String,
}

/// The comparison; without anything to compare with, only the form.
pub(crate) async fn of(visit: &Visit, question: &Question, answer: &KpiAnswer, with: With) -> Result<Why, Failure> {
    let mut shown = Why { since: with.since.clone(), against: with.against.clone(), ..Why::default() };
    if with.since.is_empty() && with.published.is_empty() && with.against.is_empty() && !with.previous {
        return Ok(shown);
    }
    shown.is_asked = true;
    let (found, grain) = match found(visit, question, answer, &with).await {
        Ok(found) => found,
        Err(Failure::Invalid(problem)) => {
            shown.problem = Some(problem);
            return Ok(shown);
        }
        Err(other) => return Err(other),
    };
    let is_moved = |change: &&Change| change.then != change.now;
    shown.unchanged = found.changes.iter().filter(|change| !is_moved(change)).count();
    let moved: Vec<&Change> = found.changes.iter().filter(is_moved).take(MOST_ROWS).collect();
    let causes = causes(&moved);
    shown.columns = causes.iter().map(|cause| capitalized(cause.name())).collect();
    shown.rows = moved.into_iter().map(|change| row(answer, grain, &causes, change)).collect();
    shown.caveats = found.caveats;
    if let Some((start, end)) = found.earlier {
        let last = end.yesterday().unwrap_or(end);
        let span =
            format!("Then: {} to {}, as it was known when it was over.", format::date(start), format::date(last));
        shown.caveats.insert(0, span);
    }
    Ok(shown)
}

/// What is found, and the grain of its periods: what was published has its own.
async fn found(
    visit: &Visit,
    question: &Question,
    answer: &KpiAnswer,
    with: &With,
) -> Result<(why::Why, Grain), Failure> {
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let date = |text: &str| {
        text.parse::<Date>().map_err(|_| Failure::Invalid(format!("“{text}” is no date: write it as 2026-03-01.")))
    };
    if with.previous || !with.against.is_empty() {
        let against = if with.previous { None } else { Some(date(&with.against)?) };
        return Ok((why::between(workspace, &answer.kpi, question, against, now).await?, answer.grain));
    }
    if !with.published.is_empty() {
        let problem = || Failure::Invalid(format!("“{}” is no number of this figure, published.", with.published));
        let number = with.published.parse::<i64>().map_err(|_| problem())?;
        let published = published::show(workspace, number).await?;
        if published.answer.kpi != answer.kpi {
            return Err(problem());
        }
        if figures::names_people(&published.definition) {
            visit.must_see_members()?;
        }
        return Ok((why::since_published(workspace, number, now).await?, published.answer.grain));
    }
    let then = start_of_day(day_of_date(date(&with.since)?), &workspace.time_zone().await?);
    Ok((why::since(workspace, &answer.kpi, question, then, now).await?, answer.grain))
}

/// The causes that have a column: all but what is not told apart, which has one where there is any.
fn causes(moved: &[&Change]) -> Vec<Cause> {
    let all = moved.first().map_or(&[][..], |change| &change.moves[..]);
    let is_any = |cause: Cause| {
        let mut moves = moved.iter().flat_map(|change| &change.moves).filter(|one| one.cause == cause);
        moves.any(|one| one.by.is_some_and(|by| by != 0.0))
    };
    all.iter().map(|one| one.cause).filter(|cause| *cause != Cause::Remainder || is_any(*cause)).collect()
}

fn row(answer: &KpiAnswer, grain: Grain, causes: &[Cause], change: &Change) -> WhyRow {
    let currency = change.dimensions.get("currency").map(String::as_str);
    let written = unit(answer.unit, currency);
    let signed = |by: f64| format!("{}{}", if by > 0.0 { "+" } else { "" }, written.write(Some(by)));
    let by = |cause: &Cause| {
        let moved = change.moves.iter().find(|one| one.cause == *cause)?.by?;
        (moved != 0.0).then(|| signed(moved))
    };
    WhyRow {
        period: format::period(change.start, grain),
        parts: change.dimensions.values().cloned().collect::<Vec<_>>().join(", "),
        then: written.write(change.then),
        now: written.write(change.now),
        moves: causes.iter().map(by).collect(),
    }
}
