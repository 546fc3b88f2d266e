//! Why a figure is not what it was, below the figure: what was known on a day, and what each cause has moved since.

use axle_app::figures::{self, Question};
use axle_app::why::{self, Cause, Change};
use axle_app::{AppError, published};
use axle_model::kpi::{KpiAnswer, Unit};
use axle_model::time::{Grain, day_of_date, start_of_day};
use jiff::civil::Date;

use super::figures::unit;
use super::kpi_shapes::{capitalized, said};
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
    let is_moved =
        |change: &&Change| change.start() != change.now || change.earlier.is_some_and(|_| change.earlier != change.now);
    shown.unchanged = found.changes.iter().filter(|change| !is_moved(change)).count();
    let moved: Vec<&Change> = found.changes.iter().filter(is_moved).take(MOST_ROWS).collect();
    let earlier = found.earlier.map(|(start, end)| name(start, end, grain));
    shown.then = earlier.as_ref().map_or_else(|| "Then".to_owned(), |period| format!("{period}, when it was over"));
    let columns = columns(&moved, earlier);
    shown.columns = columns.iter().map(Column::heading).collect();
    shown.splits = moved.iter().filter_map(|change| split(answer.unit, grain, change)).collect();
    shown.rows = moved.into_iter().map(|change| row(answer.unit, grain, &columns, change)).collect();
    shown.caveats = found.caveats;
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
        let published = published::show(workspace, number).await.map_err(|error| match error {
            AppError::NotFound(_) => Failure::Invalid(format!("There is no published figure {number}.")),
            other => other.into(),
        })?;
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

/// What stands between a figure as it was and as it is.
enum Column {
    /// What a cause moved.
    Cause(Cause),
    /// The period of this name as it is known now.
    Earlier(String),
}

impl Column {
    fn heading(&self) -> String {
        match self {
            Self::Cause(cause) => capitalized(cause.name()),
            Self::Earlier(period) => format!("{period}, as known today"),
        }
    }
}

/// A column for each cause that is told anywhere, and before the later period one for the earlier of this name; what is not told
/// apart has one where there is any.
fn columns(moved: &[&Change], earlier: Option<String>) -> Vec<Column> {
    let all = moved.first().map_or(&[][..], |change| &change.moves[..]);
    let is_any = |cause: Cause| {
        let mut moves = moved.iter().flat_map(|change| &change.moves).filter(|one| one.cause == cause);
        moves.any(|one| one.by.is_some_and(|by| by != 0.0 || cause != Cause::Remainder))
    };
    let mut columns: Vec<Column> =
        all.iter().map(|one| one.cause).filter(|cause| is_any(*cause)).map(Column::Cause).collect();
    if let Some(period) = earlier {
        let is_later = |column: &Column| matches!(column, Column::Cause(Cause::LaterPeriod));
        let at = columns.iter().position(is_later).unwrap_or(columns.len());
        columns.insert(at, Column::Earlier(period));
    }
    columns
}

/// `Oct 2026`; of a window as one period its first and last day.
fn name(start: Date, end: Date, grain: Grain) -> String {
    match grain {
        Grain::Total => format!("{} to {}", format::date(start), format::date(end.yesterday().unwrap_or(end))),
        _ => format::period(start, grain),
    }
}

fn signed(unit: &format::Unit, by: f64) -> String {
    format!("{}{}", if by > 0.0 { "+" } else { "" }, unit.write(Some(by)))
}

/// The dimension, and what happened in the later period by it: `Nov 2026 by channel: general +3, help −1.`
fn split(in_unit: Unit, grain: Grain, change: &Change) -> Option<(String, String)> {
    let split = change.split.as_ref()?;
    let written = unit(in_unit, change.dimensions.get("currency").map(String::as_str));
    let part = |part: &why::Part| {
        let name = part.value.as_ref().map_or_else(|| "others".to_owned(), |value| said(value, &split.dimension));
        format!("{name} {}", signed(&written, part.by))
    };
    let parts: Vec<String> = split.parts.iter().map(part).collect();
    let others = change.dimensions.iter().map(|(name, value)| said(value, name));
    let of: Vec<String> = std::iter::once(format::period(change.start, grain)).chain(others).collect();
    Some((split.dimension.clone(), format!("{} by {}: {}.", of.join(", "), split.dimension, parts.join(", "))))
}

fn row(in_unit: Unit, grain: Grain, columns: &[Column], change: &Change) -> WhyRow {
    let currency = change.dimensions.get("currency").map(String::as_str);
    let written = unit(in_unit, currency);
    let by = |cause: Cause| {
        let moved = change.moves.iter().find(|one| one.cause == cause)?.by?;
        (moved != 0.0).then(|| signed(&written, moved))
    };
    let cell = |column: &Column| match column {
        Column::Cause(cause) => by(*cause),
        Column::Earlier(_) => Some(written.write(change.earlier)),
    };
    WhyRow {
        period: format::period(change.start, grain),
        parts: change.dimensions.values().cloned().collect::<Vec<_>>().join(", "),
        then: written.write(change.then),
        now: written.write(change.now),
        cells: columns.iter().map(cell).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axle_app::why::{Move, Part, Split};
    use jiff::civil::date;

    use super::*;

    /// Of October nothing was known when it was over, and 6 are known today; November has 8.
    #[test]
    fn the_earlier_period_stands_before_the_later_as_it_is_known_today() {
        let moved = |cause, by| Move { cause, by };
        let change = Change {
            start: date(2026, 11, 1),
            end: date(2026, 12, 1),
            dimensions: BTreeMap::new(),
            then: None,
            earlier: Some(6.0),
            now: Some(8.0),
            moves: vec![
                moved(Cause::LateArrivals, None),
                moved(Cause::LaterPeriod, Some(2.0)),
                moved(Cause::Remainder, Some(0.0)),
            ],
            split: Some(Split {
                dimension: "channel".into(),
                parts: [(Some("general"), 3.0), (Some("(none)"), -2.0), (None, 1.0)]
                    .map(|(value, by)| Part { value: value.map(str::to_owned), by })
                    .into(),
            }),
        };
        let (by, told) = split(Unit::Count, Grain::Month, &change).unwrap();
        assert_eq!(
            (by.as_str(), told.as_str()),
            ("channel", "Nov 2026 by channel: general +3, no channel −2, others +1.")
        );
        let told = |earlier| {
            let columns = columns(&[&change], earlier);
            let headings: Vec<String> = columns.iter().map(Column::heading).collect();
            (headings, row(Unit::Count, Grain::Month, &columns, &change))
        };
        let (headings, row) = told(Some(name(date(2026, 10, 1), date(2026, 11, 1), Grain::Month)));
        assert_eq!(
            headings,
            ["Oct 2026, as known today", "What happened in the later period"],
            "what is not told has no column"
        );
        assert_eq!(row.cells, [Some("6".to_owned()), Some("+2".to_owned())]);
        assert_eq!((row.period.as_str(), row.then.as_str(), row.now.as_str()), ("Nov 2026", format::UNDEFINED, "8"));
        assert_eq!(told(None).0, ["What happened in the later period"]);
    }
}
