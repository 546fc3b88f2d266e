//! The walk against a replay written down as the rule reads, its closed form, and what no score may depend on.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::look_back::active_days;
use crate::love;
use crate::orbit::{Basis, step_raw};
use crate::settings::Milestones;
use crate::time::{Grain, date_of_day, day_of_date, local_day};

fn at(year: i16, month: i8, day: i8) -> LocalDay {
    day_of_date(date(year, month, day))
}

fn row(day: LocalDay, weight: u8) -> DayActivity {
    DayActivity { day, weight, count: 1 }
}

/// The step that a look-back earns, counted from its definition with the calendar of [`crate::time`].
fn raw_by_definition(days: &[DayActivity], as_of: LocalDay, settings: &ScoreSettings) -> u8 {
    let first = as_of - settings.look_back_days as i32;
    let inside = days.iter().filter(|row| row.weight > 0 && row.count > 0 && (first..as_of).contains(&row.day));
    let mut heaviest_by_day = BTreeMap::new();
    for row in inside {
        let heaviest = heaviest_by_day.entry(date_of_day(row.day)).or_insert(0);
        *heaviest = row.weight.max(*heaviest);
    }
    let milestones = settings.milestones;
    let grains = [
        (Grain::Week, 3, milestones.week_days),
        (Grain::Month, 6, milestones.month_days),
        (Grain::Quarter, 9, milestones.quarter_days),
    ];
    let presence = grains.map(|(grain, base, milestone)| {
        let mut active = BTreeMap::<Date, u8>::new();
        heaviest_by_day.keys().for_each(|day| *active.entry(grain.floor(*day)).or_insert(0) += 1);
        active.retain(|_, days| *days >= milestone);
        let run_from = |start: &Date| {
            std::iter::successors(Some(*start), |start| Some(grain.next(*start)))
                .take_while(|start| active.contains_key(start))
                .count()
        };
        let longest_run = active.keys().map(run_from).max().unwrap_or(0);
        let repeats = if settings.consecutive { longest_run } else { active.len() };
        if repeats > 0 { base + repeats.min(3) as u8 } else { 0 }
    });
    presence.into_iter().chain(heaviest_by_day.into_values()).max().unwrap_or(0)
}

/// The hold rule, day by day from the first activity on: the held step and since when.
fn replayed(days: &[DayActivity], as_of: LocalDay, settings: &ScoreSettings) -> (u8, Option<LocalDay>) {
    let grain = match settings.demote_every {
        DemoteEvery::Month => Grain::Month,
        DemoteEvery::Quarter => Grain::Quarter,
        DemoteEvery::Year => Grain::Year,
    };
    let (mut held, mut since) = (0, None);
    let Some(first) = days.first() else { return (held, since) };
    for day in first.day..=as_of {
        if grain.floor(date_of_day(day)) == date_of_day(day) {
            let raw = raw_by_definition(days, day, settings);
            if raw < held {
                (held, since) = (raw, Some(day));
            }
        }
        if day < as_of && days.iter().any(|row| row.day == day) {
            let raw = raw_by_definition(days, day + 1, settings);
            if raw > held {
                (held, since) = (raw, Some(day));
            }
        }
    }
    (held, since)
}

fn settings() -> impl Strategy<Value = ScoreSettings> {
    let every = prop_oneof![Just(DemoteEvery::Month), Just(DemoteEvery::Quarter), Just(DemoteEvery::Year)];
    let milestones = prop_oneof![
        Just(Milestones::default()),
        Just(Milestones { week_days: 2, month_days: 4, quarter_days: 8 }),
        Just(Milestones { week_days: 1, month_days: 1, quarter_days: 1 }),
    ];
    let look_back = prop_oneof![4 => Just(365_u32), 1 => Just(30), 1 => Just(730), 1 => 1..400_u32];
    (every, milestones, look_back, any::<bool>()).prop_map(|(demote_every, milestones, look_back_days, consecutive)| {
        ScoreSettings { demote_every, milestones, look_back_days, consecutive, ..ScoreSettings::default() }
    })
}

/// Some years of bursts and pauses, several rows on some days and rows that do not count among them.
fn history() -> impl Strategy<Value = Vec<DayActivity>> {
    let gap = prop_oneof![6 => 0..4, 3 => 0..30, 1 => 0..500];
    let weight = prop_oneof![4 => 1_u8..=3, 2 => 0_u8..=12];
    (at(1972, 1, 1)..at(2060, 1, 1), prop::collection::vec((gap, weight, 0_u32..4), 0..70)).prop_map(|(start, rows)| {
        let mut day = start;
        let row = |(gap, weight, count)| {
            day += gap;
            DayActivity { day, weight, count }
        };
        rows.into_iter().map(row).collect()
    })
}

/// As-of days around a history, ascending.
fn as_of_days(days: &[DayActivity], offsets: &[i32]) -> Vec<LocalDay> {
    let first = days.first().map_or(20_000, |first| first.day);
    let mut as_of: Vec<_> = offsets.iter().map(|offset| first + offset).collect();
    as_of.sort_unstable();
    as_of
}

fn offsets() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(-10..2_500, 1..8)
}

/// Golden G20: a day of 25 hours with activity in both of its third hours is one active day.
#[test]
fn g20_a_day_of_25_hours_is_one_active_day() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    // Local 00:30, 02:30 in summer time, 02:30 in winter time, 23:59.
    let instants = ["2024-10-26T22:30:00Z", "2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27T22:59:00Z"];
    let rows = instants.map(|instant| row(local_day(instant.parse().unwrap(), &zone), 4));
    let score = score_at(&rows, at(2024, 10, 28), &ScoreSettings::default());
    assert_eq!(score.frequency, Frequency { d7: 1, d30: 1, d90: 1, d365: 1 });
    assert_eq!(score.step, Step::new(4).unwrap());
    assert_eq!(score.recency_days, Some(1));
    assert_eq!(score.love(LoveKind::Monthly), 16.0, "four activities of weight 4");
    assert!(score.love(LoveKind::Continuous) < 16.0);
    assert_eq!((score.first_day, score.last_day), (Some(at(2024, 10, 27)), Some(at(2024, 10, 27))));
}

#[test]
fn nothing_counted_is_out_of_orbit() {
    let rows = [row(at(2024, 3, 1), 0), DayActivity { day: at(2024, 3, 2), weight: 5, count: 0 }];
    for days in [&rows[..], &[]] {
        let score = score_at(days, at(2024, 4, 1), &ScoreSettings::default());
        assert_eq!((score.step, score.level, score.held_since, score.recency_days), (Step::OUT, None, None, None));
        assert_eq!((score.frequency, score.explanation.basis), (Frequency::default(), Basis::Nothing));
        assert!(score.love_monthly.abs() + score.love_continuous.abs() < 1e-12);
    }
}

#[test]
fn a_rise_is_immediate_and_a_fall_waits_for_the_check() {
    let days = [row(at(2024, 3, 10), 8)];
    for (demote_every, check) in [
        (DemoteEvery::Month, at(2025, 4, 1)),
        (DemoteEvery::Quarter, at(2025, 4, 1)),
        (DemoteEvery::Year, at(2026, 1, 1)),
    ] {
        let settings = ScoreSettings { demote_every, ..ScoreSettings::default() };
        let step = |as_of| score_at(&days, as_of, &settings).step.get();
        assert_eq!(step(at(2024, 3, 10)), 0, "the day itself has not been");
        assert_eq!((step(at(2024, 3, 11)), step(check - 1), step(check)), (8, 8, 0), "{demote_every:?}");
        let before = score_at(&days, check - 1, &settings);
        assert_eq!((before.step_raw, before.held_since), (Step::OUT, Some(at(2024, 3, 10))));
        assert_eq!(before.explanation.basis, Basis::Activity { day: at(2024, 3, 10), weight: 8 });
        assert!(before.explanation.evident_on < at(2025, 3, 11), "it has left the look-back");
        assert_eq!(score_at(&days, check, &settings).held_since, Some(check));
    }
}

/// A year-end is a day like any other: one activity keeps its step for 365 days, whenever it was.
#[test]
fn nobody_jumps_at_new_year() {
    let settings = ScoreSettings::default();
    for first in [at(2023, 12, 31), at(2024, 1, 1), at(2024, 7, 15)] {
        let as_of: Vec<_> = (first + 1..=first + 365).collect();
        let series = score_series(&[row(first, 3)], &as_of, &settings);
        assert!(series.iter().all(|line| line.step.get() == 3 && line.step_raw.get() == 3));
    }
}

proptest! {
    /// The walk gives what the rule gives, replayed day by day from the definition.
    #[test]
    fn the_walk_is_the_replay(days in history(), settings in settings(), offsets in offsets()) {
        for as_of in as_of_days(&days, &offsets) {
            let score = score_at(&days, as_of, &settings);
            prop_assert_eq!(score.step_raw.get(), raw_by_definition(&days, as_of, &settings));
            let (held, since) = replayed(&days, as_of, &settings);
            prop_assert_eq!((score.step.get(), score.held_since), (held, since), "as of {}", date_of_day(as_of));
        }
    }

    /// The closed form: only the last check and the days since matter.
    #[test]
    fn the_walk_has_a_closed_form(rows in history(), settings in settings(), offsets in offsets()) {
        let days = active_days(&rows);
        for as_of in as_of_days(&rows, &offsets) {
            let check = settings.demote_every.last_check(as_of);
            let since = days.iter().filter(|active| (check..as_of).contains(&active.day));
            let looked = std::iter::once(check).chain(since.map(|active| active.day + 1));
            let held = looked.map(|day| step_raw(&days, day, &settings)).max();
            prop_assert_eq!(Some(score_at(&rows, as_of, &settings).step), held);
        }
    }

    /// A series says of each day what the day alone says, however the series is cut, and knows nothing of later days.
    #[test]
    fn a_series_is_its_days(days in history(), settings in settings(), offsets in offsets()) {
        let as_of = as_of_days(&days, &offsets);
        let mut scorer = Scorer::new(&settings);
        let series = score_series(&days, &as_of, &settings);
        prop_assert_eq!(series.len(), as_of.len());
        for (line, as_of) in series.into_iter().zip(as_of) {
            let known: Vec<_> = days.iter().copied().filter(|row| row.day < as_of).collect();
            let score = scorer.at(&known, as_of);
            prop_assert_eq!(line, ScoreLine {
                as_of,
                step_raw: score.step_raw,
                step: score.step,
                held_since: score.held_since,
                love_monthly: score.love_monthly,
                love_continuous: score.love_continuous,
                frequency: score.frequency,
                recency_days: score.recency_days,
            });
            prop_assert_eq!(score, score_at(&days, as_of, &settings));
        }
    }

    /// The running figures are the ones defined.
    #[test]
    fn love_and_frequency_are_as_defined(rows in history(), offsets in offsets()) {
        let settings = ScoreSettings::default();
        let days = active_days(&rows);
        for as_of in as_of_days(&rows, &offsets) {
            let score = score_at(&rows, as_of, &settings);
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * b.max(1.0);
            prop_assert!(close(score.love_monthly, love::monthly(&days, as_of, 0.9)));
            prop_assert!(close(score.love_continuous, love::continuous(&days, as_of, 0.9)));
            let recent = |n| days.iter().filter(|active| (as_of - n..as_of).contains(&active.day)).count() as u16;
            let expected = Frequency { d7: recent(7), d30: recent(30), d90: recent(90), d365: recent(365) };
            prop_assert_eq!(score.frequency, expected);
        }
    }

    /// What explains the held step really earns it, on the day that the explanation names.
    #[test]
    fn an_explanation_earns_the_step(rows in history(), settings in settings(), offsets in offsets()) {
        for as_of in as_of_days(&rows, &offsets) {
            let Score { step, step_raw, explanation, .. } = score_at(&rows, as_of, &settings);
            prop_assert_eq!(raw_by_definition(&rows, explanation.evident_on, &settings), step.get());
            prop_assert_eq!(explanation.evident_on == as_of, step == step_raw);
            match explanation.basis {
                Basis::Nothing => prop_assert_eq!(step, Step::OUT),
                Basis::Activity { day, weight } => {
                    prop_assert_eq!(weight, step.get());
                    prop_assert!(rows.iter().any(|row| row.day == day && row.weight == weight && row.count > 0));
                }
                Basis::Presence { grain, periods } => {
                    let base = match grain { Grain::Week => 3, Grain::Month => 6, _ => 9 };
                    prop_assert_eq!(base + periods.len() as u8, step.get());
                    let start_of = |day| day_of_date(grain.floor(date_of_day(day)));
                    prop_assert!(periods.iter().all(|period| start_of(period.start) == period.start));
                    let next = |day| day_of_date(grain.next(date_of_day(day)));
                    let adjacent = periods.windows(2).all(|two| next(two[0].start) == two[1].start);
                    prop_assert!(adjacent || !settings.consecutive);
                }
            }
        }
    }

    /// Doing more never lowers a step or a love.
    #[test]
    fn more_activity_never_lowers(days in history(), settings in settings(), offsets in offsets(), extra in (0..1_500, 1_u8..=12)) {
        let as_of = as_of_days(&days, &offsets);
        let mut more = days.clone();
        more.push(row(as_of[0] + 10 - extra.0, extra.1));
        more.sort_by_key(|row| row.day);
        let before = score_series(&days, &as_of, &settings);
        for (before, after) in before.iter().zip(score_series(&more, &as_of, &settings)) {
            prop_assert!(after.step_raw >= before.step_raw && after.step >= before.step);
            prop_assert!(after.love_monthly >= before.love_monthly - 1e-9);
            prop_assert!(after.love_continuous >= before.love_continuous - 1e-9);
        }
    }

    /// Twenty-eight years on, within 1901 to 2099, each date has the same weekday, its month the same length and its
    /// year the same leap day: nothing may change at all.
    #[test]
    fn nothing_changes_28_years_later(days in history(), settings in settings(), offsets in offsets()) {
        let shift = at(1998, 1, 1) - at(1970, 1, 1);
        prop_assert_eq!(shift % 7, 0);
        let later: Vec<_> = days.iter().map(|row| DayActivity { day: row.day + shift, ..*row }).collect();
        // The walk ends in 2098 at the latest, where the calendar's pattern still holds.
        for as_of in as_of_days(&days, &offsets).into_iter().filter(|as_of| *as_of < at(2070, 1, 1)) {
            let (here, there) = (score_at(&days, as_of, &settings), score_at(&later, as_of + shift, &settings));
            let shifted = |day: Option<LocalDay>| day.map(|day| day + shift);
            prop_assert_eq!((here.step_raw, here.step, here.level), (there.step_raw, there.step, there.level));
            prop_assert_eq!(shifted(here.held_since), there.held_since);
            prop_assert_eq!((here.frequency, here.recency_days), (there.frequency, there.recency_days));
            prop_assert_eq!(here.love_monthly, there.love_monthly);
            prop_assert_eq!(here.love_continuous, there.love_continuous);
        }
    }

    /// Any number of months on. Months differ in length and weekdays move, so what a shift by whole months must leave
    /// alone is what is counted by date: monthly love always, and steps by weight and month milestones while nothing
    /// is so old that the length of the months between decides whether it still lies in the look-back. The days are
    /// odd ones from 1 to 27, so that each exists in every month and no week has seven; quarters move with multiples
    /// of three months only, and none reaches 92 days.
    #[test]
    fn whole_months_later_nothing_counted_by_date_changes(
        dates in prop::collection::btree_map((0..11_i32, 0..14_i8), 1_u8..=12, 1..60),
        old in prop::collection::vec((11..40_i32, 0..14_i8, 1_u8..=12), 0..10),
        start in 0..600_i32,
        months_later in 0..400_i32,
        as_of_day in 1_i8..=28,
    ) {
        let milestones = Milestones { week_days: 7, month_days: 7, quarter_days: 92 };
        let settings = ScoreSettings { milestones, ..ScoreSettings::default() };
        let on = |month: i32, day: i8| {
            let date = date(1972, 1, day).checked_add(i64::from(month).months()).unwrap();
            day_of_date(date)
        };
        let score = |shift: i32, with_old: bool| {
            let current = start + shift + 40;
            let recent = dates.iter().map(|((ago, day), weight)| row(on(current - ago, day * 2 + 1), *weight));
            let old = old.iter().filter(|_| with_old).map(|(ago, day, w)| row(on(current - ago, day * 2 + 1), *w));
            let mut rows: Vec<_> = recent.chain(old).collect();
            rows.sort_by_key(|row| row.day);
            score_at(&rows, on(current, as_of_day), &settings)
        };
        prop_assert_eq!(score(0, true).love_monthly, score(months_later, true).love_monthly);
        let (here, there) = (score(0, false), score(months_later, false));
        prop_assert_eq!((here.step_raw, here.step), (there.step_raw, there.step));
        let month_later = |day: LocalDay| date_of_day(day).checked_add(i64::from(months_later).months()).unwrap();
        prop_assert_eq!(here.held_since.map(month_later), there.held_since.map(date_of_day));
    }

    /// Continuous love changes from one midnight to the next by one day's decay and the day's weights, on the first of
    /// a month as on any other day, and whatever leaves the look-back.
    #[test]
    fn continuous_love_does_not_jump(days in history(), from in -5..1_500) {
        let settings = ScoreSettings::default();
        let first = days.first().map_or(20_000, |first| first.day) + from;
        let as_of: Vec<_> = (first..first + 400).collect();
        let one_day = 0.9_f64.powf(1.0 / 30.4375);
        for two in score_series(&days, &as_of, &settings).windows(2) {
            let on_the_day = days.iter().filter(|row| row.day == two[0].as_of);
            let added: f64 = on_the_day.map(|row| f64::from(row.weight) * f64::from(row.count)).sum();
            let expected = (two[0].love_continuous + added) * one_day;
            prop_assert!((two[1].love_continuous - expected).abs() < 1e-9 * expected.max(1.0));
        }
    }
}
