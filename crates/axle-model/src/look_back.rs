//! The look-back as a moving window: what step its active days earn, at constant cost per day that enters or leaves.
//! Apart from [`crate::orbit`] because replaying half a million members depends on its speed.

use crate::calendar::{first_day_of_month, first_day_of_week, month_of_day, quarter_of_month, week_of_day};
use crate::orbit::{Basis, PresentPeriod};
use crate::score::DayActivity;
use crate::settings::ScoreSettings;
use crate::time::{Grain, LocalDay};

/// A local day with counted activity, all of it put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveDay {
    /// The day.
    pub day: LocalDay,
    /// Weight of the heaviest activity, 1 to 12.
    pub weight: u8,
    /// Weights of all activities, summed up.
    pub weight_sum: u64,
    week: i32,
    month: i32,
}

impl ActiveDay {
    /// The calendar month, as [`crate::calendar::MonthNumber`].
    pub fn month(&self) -> i32 {
        self.month
    }
}

/// Puts the rows of each day together and drops what does not count. `rows` must be sorted by day.
pub fn active_days(rows: &[DayActivity]) -> Vec<ActiveDay> {
    let mut days = Vec::with_capacity(rows.len());
    collect_active_days(rows, &mut days);
    days
}

/// As [`active_days`], into a buffer that is emptied first.
pub(crate) fn collect_active_days(rows: &[DayActivity], days: &mut Vec<ActiveDay>) {
    days.clear();
    let mut month = 0..0;
    let mut month_number = 0;
    for row in rows.iter().filter(|row| row.weight > 0 && row.count > 0) {
        let weight_sum = u64::from(row.weight.min(12)) * u64::from(row.count);
        match days.last_mut() {
            Some(last) if last.day == row.day => {
                last.weight = last.weight.max(row.weight.min(12));
                last.weight_sum += weight_sum;
            }
            last => {
                debug_assert!(last.is_none_or(|last| last.day < row.day), "days must be sorted");
                if !month.contains(&row.day) {
                    month_number = month_of_day(row.day);
                    month = first_day_of_month(month_number)..first_day_of_month(month_number + 1);
                }
                let week = week_of_day(row.day);
                days.push(ActiveDay {
                    day: row.day,
                    weight: row.weight.min(12),
                    weight_sum,
                    week,
                    month: month_number,
                });
            }
        }
    }
}

/// The active days of one look-back. Days enter in order at its end and leave in order at its start.
pub(crate) struct LookBack {
    consecutive: bool,
    /// Active days by weight of their heaviest activity.
    by_weight: [u32; 13],
    weeks: Periods,
    months: Periods,
    quarters: Periods,
}

impl LookBack {
    pub(crate) fn new(settings: &ScoreSettings) -> Self {
        let days = settings.look_back_days as usize;
        let milestones = settings.milestones;
        Self {
            consecutive: settings.consecutive,
            by_weight: [0; 13],
            weeks: Periods::new(days / 7 + 3, milestones.week_days),
            months: Periods::new(days / 28 + 3, milestones.month_days),
            quarters: Periods::new(days / 90 + 3, milestones.quarter_days),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.by_weight = [0; 13];
        self.weeks.clear();
        self.months.clear();
        self.quarters.clear();
    }

    pub(crate) fn enter(&mut self, day: &ActiveDay) {
        self.by_weight[usize::from(day.weight)] += 1;
        self.weeks.enter(day.week);
        self.months.enter(day.month);
        self.quarters.enter(quarter_of_month(day.month));
    }

    pub(crate) fn leave(&mut self, day: &ActiveDay) {
        self.by_weight[usize::from(day.weight)] -= 1;
        self.weeks.leave(day.week);
        self.months.leave(day.month);
        self.quarters.leave(quarter_of_month(day.month));
    }

    /// The step earned, 0 to 12.
    pub(crate) fn step(&self) -> u8 {
        let heaviest = self.by_weight.iter().rposition(|days| *days > 0).unwrap_or(0) as u8;
        heaviest.max(self.presence_step())
    }

    fn presence_step(&self) -> u8 {
        let by_grain = [(&self.quarters, 9), (&self.months, 6), (&self.weeks, 3)];
        let reached = by_grain.into_iter().find(|(periods, _)| periods.reached > 0);
        reached.map_or(0, |(periods, base)| base + periods.repeats(self.consecutive))
    }

    /// What presence shows; `days` are those inside. Called where presence decides, so that some period reaches its
    /// milestone.
    pub(crate) fn presence(&self, days: &[ActiveDay]) -> Basis {
        type PeriodOf = fn(&ActiveDay) -> i32;
        type StartOf = fn(i32) -> LocalDay;
        let grains: [(Grain, &Periods, PeriodOf, StartOf); 3] = [
            (Grain::Quarter, &self.quarters, |day| quarter_of_month(day.month), |q| first_day_of_month(q * 3)),
            (Grain::Month, &self.months, |day| day.month, first_day_of_month),
            (Grain::Week, &self.weeks, |day| day.week, first_day_of_week),
        ];
        let Some((grain, periods, period_of, start_of)) = grains.into_iter().find(|(_, p, ..)| p.reached > 0) else {
            return Basis::Nothing;
        };
        let mut reached: Vec<i32> = days.iter().map(period_of).filter(|period| periods.has_reached(*period)).collect();
        reached.dedup();
        let needed = usize::from(periods.repeats(self.consecutive));
        // The latest stretch of the needed length; without `consecutive` any periods make one.
        let in_a_row = |stretch: &&[i32]| !self.consecutive || stretch[needed - 1] - stretch[0] == needed as i32 - 1;
        let shown = reached.windows(needed).rev().find(in_a_row).unwrap_or(&reached);
        let periods = shown
            .iter()
            .map(|period| PresentPeriod { start: start_of(*period), days: periods.count(*period) })
            .collect();
        Basis::Presence { grain, periods }
    }
}

/// Active days in each period of one grain. A ring: a slot is free again before its next period enters.
struct Periods {
    active: Vec<u16>,
    milestone: u16,
    /// Periods that reach the milestone.
    reached: u32,
}

impl Periods {
    /// For at most `periods - 1` periods at a time, so that one slot is always free.
    fn new(periods: usize, milestone: u8) -> Self {
        Self { active: vec![0; periods.next_power_of_two()], milestone: u16::from(milestone.max(1)), reached: 0 }
    }

    fn clear(&mut self) {
        self.active.fill(0);
        self.reached = 0;
    }

    fn slot(&self, period: i32) -> usize {
        period as usize & (self.active.len() - 1)
    }

    fn count(&self, period: i32) -> u16 {
        self.active[self.slot(period)]
    }

    fn has_reached(&self, period: i32) -> bool {
        self.count(period) >= self.milestone
    }

    fn enter(&mut self, period: i32) {
        let slot = self.slot(period);
        self.active[slot] += 1;
        self.reached += u32::from(self.active[slot] == self.milestone);
    }

    fn leave(&mut self, period: i32) {
        let slot = self.slot(period);
        self.reached -= u32::from(self.active[slot] == self.milestone);
        self.active[slot] -= 1;
    }

    /// How often the milestone was reached, 3 at most.
    fn repeats(&self, consecutive: bool) -> u8 {
        if consecutive { self.longest_run() } else { self.reached.min(3) as u8 }
    }

    /// The longest run of adjacent periods, 3 at most. A free slot lies between the newest and the oldest period, so
    /// that a run round the ring's end is a real one.
    fn longest_run(&self) -> u8 {
        let slots = self.active.len();
        let (mut longest, mut run) = (0, 0);
        for slot in 0..slots + 2 {
            run = if self.active[slot % slots] >= self.milestone { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        longest.min(3)
    }
}
