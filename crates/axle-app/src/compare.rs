//! A figure beside what it was: the period before, and the same period of the year before.

use std::collections::BTreeMap;

use axle_model::kpi::{KpiAnswer, KpiPoint};
use axle_model::time::{Grain, Period};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::figures::{self, Question};
use crate::{AppResult, Workspace};

/// One value of the last period that is over, beside earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The value.
    pub point: KpiPoint,
    /// Of the period before.
    pub before: Option<KpiPoint>,
    /// Of the same period of the year before; `None` for years as well, where it is the one before.
    pub year_before: Option<KpiPoint>,
}

/// Every value of the last period that is over, or of the running one when there is no other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The period.
    pub period: Period,
    /// The one before.
    pub before: Period,
    /// The same of the year before.
    pub year_before: Option<Period>,
    /// By dimension, as the answer has them.
    pub values: Vec<Compared>,
}

/// Holds the last period of an answer against earlier ones; those outside of its window are asked for, as of the same
/// instant. `None` when there is no period.
pub async fn compare(
    workspace: &Workspace,
    question: &Question,
    answer: &KpiAnswer,
    now: Timestamp,
) -> AppResult<Option<Comparison>> {
    let Some(period) = last_period(answer) else { return Ok(None) };
    let before = period_before(period, answer.grain);
    let year_before = year_before(period, answer.grain);
    let now_points = points_of(answer, period);
    let of_nothing = figures::kpi(workspace, &answer.kpi)?.of_nothing();
    let before_points = values(workspace, question, answer, before, now).await?;
    let year_points = match year_before {
        Some(year_before) => values(workspace, question, answer, year_before, now).await?,
        None => BTreeMap::new(),
    };
    let values = now_points.into_iter().map(|point| Compared {
        before: beside(&point, &before_points, before, of_nothing),
        year_before: year_before.and_then(|year| beside(&point, &year_points, year, of_nothing)),
        point,
    });
    Ok(Some(Comparison { period, before, year_before, values: values.collect() }))
}

/// What stands beside a point in an earlier period. What the answer of it lacks has the value of nothing there, where it tells
/// anything.
fn beside(
    point: &KpiPoint,
    earlier: &BTreeMap<BTreeMap<String, String>, KpiPoint>,
    period: Period,
    of_nothing: Option<f64>,
) -> Option<KpiPoint> {
    let of_nothing = || {
        let value = of_nothing.filter(|_| earlier.values().any(|point| point.value.is_some()))?;
        Some(KpiPoint {
            start: period.start,
            end: period.end,
            value: Some(value),
            numerator: None,
            denominator: None,
            interval: None,
            low_n: false,
            partial: false,
            ..point.clone()
        })
    };
    earlier.get(&point.dimensions).cloned().or_else(of_nothing)
}

/// The last period that is over; the running one when there is no other.
pub(crate) fn last_period(answer: &KpiAnswer) -> Option<Period> {
    let period = |point: &KpiPoint| (point.start, point.end);
    let complete = answer.points.iter().filter(|point| !point.partial).map(period).max();
    let (start, end) = complete.or_else(|| answer.points.iter().map(period).max())?;
    Period::new(start, end)
}

/// The period before; of the whole window, one as long.
pub(crate) fn period_before(period: Period, grain: Grain) -> Period {
    let start = match grain {
        Grain::Total => {
            let length = period.end.since(period.start).unwrap_or_default();
            period.start.checked_sub(length).unwrap_or(period.start)
        }
        _ => grain.floor(period.start.yesterday().unwrap_or(period.start)),
    };
    Period { start, end: period.start }
}

/// The period of this grain that a day lies in; of the whole window, one as long that begins with the day.
pub(crate) fn period_with(day: Date, period: Period, grain: Grain) -> Period {
    match grain {
        Grain::Total => {
            let length = period.end.since(period.start).unwrap_or_default();
            Period { start: day, end: day.checked_add(length).unwrap_or(day) }
        }
        _ => {
            let start = grain.floor(day);
            Period { start, end: grain.next(start) }
        }
    }
}

/// The same period of the year before: that many months, or 52 weeks.
fn year_before(period: Period, grain: Grain) -> Option<Period> {
    let earlier = |date: Date| match grain {
        Grain::Week => date.saturating_sub(52.weeks()),
        _ => date.saturating_sub(1.year()),
    };
    match grain {
        Grain::Year => None,
        _ => Period::new(earlier(period.start), earlier(period.end)),
    }
}

fn points_of(answer: &KpiAnswer, period: Period) -> Vec<KpiPoint> {
    answer.points.iter().filter(|point| point.start == period.start).cloned().collect()
}

async fn values(
    workspace: &Workspace,
    question: &Question,
    answer: &KpiAnswer,
    period: Period,
    now: Timestamp,
) -> AppResult<BTreeMap<BTreeMap<String, String>, KpiPoint>> {
    let by_dimension =
        |points: Vec<KpiPoint>| points.into_iter().map(|point| (point.dimensions.clone(), point)).collect();
    let is_inside = answer.grain != Grain::Total && answer.from <= period.start && period.end <= answer.to;
    if is_inside {
        return Ok(by_dimension(points_of(answer, period)));
    }
    if period.start >= period.end {
        return Ok(BTreeMap::new());
    }
    let question = Question {
        from: Some(period.start),
        to: Some(period.end),
        grain: Some(answer.grain),
        as_of: Some(answer.as_of),
        ..question.clone()
    };
    let earlier = figures::evaluate(workspace, &answer.kpi, &question, now).await?;
    Ok(by_dimension(points_of(&earlier, period)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn period(start: Date, end: Date) -> Period {
        Period { start, end }
    }

    #[test]
    fn periods_before_are_whole_ones() {
        let march = period(date(2026, 3, 1), date(2026, 4, 1));
        assert_eq!(period_before(march, Grain::Month), period(date(2026, 2, 1), date(2026, 3, 1)));
        assert_eq!(year_before(march, Grain::Month), Some(period(date(2025, 3, 1), date(2025, 4, 1))));
        let quarter = period(date(2026, 1, 1), date(2026, 4, 1));
        assert_eq!(period_before(quarter, Grain::Quarter), period(date(2025, 10, 1), date(2026, 1, 1)));
        let week = period(date(2026, 3, 2), date(2026, 3, 9));
        assert_eq!(period_before(week, Grain::Week), period(date(2026, 2, 23), date(2026, 3, 2)));
        assert_eq!(year_before(week, Grain::Week), Some(period(date(2025, 3, 3), date(2025, 3, 10))));
        let whole = period(date(2026, 1, 11), date(2026, 1, 21));
        assert_eq!(period_before(whole, Grain::Total), period(date(2026, 1, 1), date(2026, 1, 11)));
        assert_eq!(year_before(period(date(2026, 1, 1), date(2027, 1, 1)), Grain::Year), None);
    }

    #[test]
    fn a_part_that_an_earlier_period_lacks_is_nothing_there() {
        let march = period(date(2026, 3, 1), date(2026, 4, 1));
        let point = |source: &str, value| KpiPoint {
            start: march.start,
            end: march.end,
            dimensions: BTreeMap::from([("source".to_owned(), source.to_owned())]),
            value,
            numerator: None,
            denominator: None,
            interval: None,
            low_n: false,
            partial: false,
        };
        let february = period_before(march, Grain::Month);
        let told = |earlier: &[KpiPoint], of_nothing| {
            let earlier = earlier.iter().map(|point| (point.dimensions.clone(), point.clone())).collect();
            beside(&point("mail", Some(3.0)), &earlier, february, of_nothing).map(|point| (point.start, point.value))
        };
        let forum = point("forum", Some(2.0));
        assert_eq!(told(std::slice::from_ref(&forum), Some(0.0)), Some((february.start, Some(0.0))));
        assert_eq!(told(&[forum], None), None, "a rate over nothing is not defined");
        assert_eq!(told(&[], Some(0.0)), None, "nothing is known of the period");
        assert_eq!(told(&[point("forum", None)], Some(0.0)), None);
        let mail = point("mail", Some(5.0));
        assert_eq!(told(&[mail], Some(0.0)), Some((march.start, Some(5.0))));
    }

    #[test]
    fn a_day_says_which_period_is_meant() {
        let march = period(date(2026, 3, 1), date(2026, 4, 1));
        assert_eq!(period_with(date(2025, 3, 31), march, Grain::Month), period(date(2025, 3, 1), date(2025, 4, 1)));
        assert_eq!(period_with(date(2025, 3, 31), march, Grain::Week), period(date(2025, 3, 31), date(2025, 4, 7)));
        let whole = period(date(2026, 1, 11), date(2026, 1, 21));
        assert_eq!(period_with(date(2025, 5, 4), whole, Grain::Total), period(date(2025, 5, 4), date(2025, 5, 14)));
    }

    #[test]
    fn a_leap_day_is_held_against_the_last_of_february() {
        let leap = period(date(2024, 2, 29), date(2024, 3, 1));
        assert_eq!(year_before(leap, Grain::Day), Some(period(date(2023, 2, 28), date(2023, 3, 1))));
    }
}
