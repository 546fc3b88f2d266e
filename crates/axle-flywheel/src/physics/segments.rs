//! Energy passed between segments, and the one where it piles up (S103).

use std::collections::BTreeMap;

use axle_model::calendar::week_of_day;
use axle_model::time::LocalDay;
use jiff::Timestamp;
use serde::Serialize;

use super::{Unit, left_by, passed_visits};
use crate::calendar::BusinessCalendar;
use crate::definition::{Definition, Segment};
use crate::run::Left;

/// What one segment took in and gave on in one week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// Units that came from another segment, or into the wheel.
    pub inflow: u64,
    /// Units that went on to another segment, or through the wheel. Those lost or sent back are not among them.
    pub outflow: u64,
}

/// By segment and ISO week (weeks since 1970, as [`week_of_day`] numbers them), up to an instant.
pub fn passed(
    definition: &Definition,
    units: &[Unit],
    calendar: &BusinessCalendar,
    as_of: Timestamp,
) -> BTreeMap<(Segment, i32), Passed> {
    let mut passed: BTreeMap<(Segment, i32), Passed> = BTreeMap::new();
    let week = |at: Timestamp| week_of_day(calendar.day(at));
    let segment = |step: u16| definition.steps[step as usize].segment;
    for unit in units {
        let one = [*unit];
        let visits: Vec<_> =
            passed_visits(&one).map(|(_, visit)| visit).filter(|visit| visit.entered_at() <= as_of).collect();
        for (number, visit) in visits.iter().enumerate() {
            let before = number.checked_sub(1).map(|place| segment(visits[place].step));
            if before != Some(segment(visit.step)) {
                passed.entry((segment(visit.step), week(visit.entered_at()))).or_default().inflow += 1;
            }
            let after = visits.get(number + 1).map(|next| segment(next.step));
            if let Some((at, Left::Advanced)) = left_by(visit, as_of)
                && after != Some(segment(visit.step))
            {
                passed.entry((segment(visit.step), week(at))).or_default().outflow += 1;
            }
        }
    }
    passed
}

/// The segment that took in more than it gave on in each of the four complete weeks before a day; of several, the one
/// with the greatest surplus.
pub fn bottleneck(passed: &BTreeMap<(Segment, i32), Passed>, as_of: LocalDay) -> Option<Segment> {
    let end = week_of_day(as_of);
    let surplus = |segment: Segment| {
        (end - 4..end).try_fold(0, |sum, week| {
            let passed = passed.get(&(segment, week)).copied().unwrap_or_default();
            (passed.inflow > passed.outflow).then(|| sum + passed.inflow - passed.outflow)
        })
    };
    let all = [Segment::Attract, Segment::Engage, Segment::Delight];
    all.into_iter()
        .filter_map(|segment| surplus(segment).map(|sum| (sum, segment)))
        .max_by_key(|(sum, _)| *sum)
        .map(|(_, segment)| segment)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::made::{day, run, visit};
    use super::*;
    use crate::run::{Run, State};

    const TEXT: &str = "title=\"T\"\nquestion=\"Q\"\nunit=\"m\"\n\
        [[step]]\nid=\"a\"\ntitle=\"A\"\nsegment=\"attract\"\nowner=\"community\"\nenter={fact=\"joined\"}\n\
        [[step]]\nid=\"b\"\ntitle=\"B\"\nsegment=\"engage\"\nowner=\"community\"\nenter={fact=\"attended\"}\n\
        [[step]]\nid=\"c\"\ntitle=\"C\"\nsegment=\"delight\"\nowner=\"community\"\nenter={fact=\"story\"}\n";

    /// 5 January 2026 is a Monday. Each week four enter; all reach the second segment, one a week goes on and through.
    #[test]
    fn a_segment_that_keeps_more_than_it_gives_is_the_bottleneck() {
        let mut runs: Vec<Run> = Vec::new();
        for week in 0..5 {
            let monday = 4.0 + 7.0 * f64::from(week);
            for number in 0..4 {
                let mut visits = vec![visit(0, monday, None, Some((monday + 1.0, Left::Advanced)))];
                if number > 0 {
                    visits.push(visit(1, monday + 1.0, None, None));
                    runs.push(run(visits, State::Active));
                } else {
                    visits.push(visit(1, monday + 1.0, None, Some((monday + 2.0, Left::Advanced))));
                    visits.push(visit(2, monday + 2.0, None, Some((monday + 3.0, Left::Advanced))));
                    runs.push(run(visits, State::Completed));
                }
            }
        }
        let units: Vec<Unit> = runs.iter().map(|run| Unit { id: "m", run }).collect();
        let calendar = BusinessCalendar::weekdays(TimeZone::UTC);
        let passed = passed(&Definition::parse("x", TEXT).unwrap(), &units, &calendar, day(60.0));
        let week = week_of_day(calendar.day(day(4.0)));
        assert_eq!(passed[&(Segment::Attract, week)], Passed { inflow: 4, outflow: 4 });
        assert_eq!(passed[&(Segment::Engage, week)], Passed { inflow: 4, outflow: 1 });
        assert_eq!(passed[&(Segment::Delight, week)], Passed { inflow: 1, outflow: 1 });
        assert_eq!(bottleneck(&passed, calendar.day(day(4.0 + 35.0))), Some(Segment::Engage));
        assert_eq!(bottleneck(&passed, calendar.day(day(4.0 + 42.0))), None, "nothing came in the last week");
    }
}
