//! When a champion's silence is one: held against their own baseline and against how quiet it is for all, and asked whether
//! it will last.
//!
//! What is *unusual*: active days have a Beta-Binomial predictive distribution, attendances a Gamma-Poisson one; both come
//! from the champion's days before the window and a prior. Expectations are multiplied by the season: what the other
//! champions did in the window over what was expected of them. Whether it *lasts*, or is a leave or quiet weeks that will
//! end by themselves, is what [`Watch`] follows day by day.

mod course;
mod courses;
mod season;
mod spells;
mod watch;
mod words;

use axle_model::days::Days;
use axle_model::presence::Beta;
use axle_model::time::LocalDay;
use serde::{Deserialize, Serialize};

pub use season::season;
pub use watch::{Alert, Watch, Watched};

/// The numbers of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DropSettings {
    /// Complete local days in which active days are counted.
    pub window_days: u32,
    /// Complete local days in which attendances are counted.
    pub event_window_days: u32,
    /// Days before each window from which it is predicted.
    pub baseline_days: u32,
    /// How many days of observation the prior of active days is worth.
    pub prior_strength_days: f64,
    /// Prior of attendances: so many in so many months of 30 days.
    pub prior_events: f64,
    /// See [`DropSettings::prior_events`].
    pub prior_months: f64,
    /// (i) fires below this probability …
    pub p_days: f64,
    /// … when there were at most so many times the expected active days …
    pub low_ratio: f64,
    /// … and at least so many were expected.
    pub least_expected: f64,
    /// (ii) fires below this probability.
    pub p_events: f64,
    /// (iii) fires when active days are below this …
    pub p_both_days: f64,
    /// … and attendances within `window_days` below that.
    pub p_both_events: f64,
    /// No alert below this probability that it lasts …
    pub lasts_least: f64,
    /// An alert is listed, and pushed once it is at least this probable that it lasts.
    pub push_least: f64,
    /// … and none again until it has been below that.
    pub back_most: f64,
    /// Bounds of the season.
    pub season_least: f64,
    /// See [`DropSettings::season_least`].
    pub season_most: f64,
    /// Days after an alert without another.
    pub cooldown_days: u32,
    /// Days as a champion before the rule applies.
    pub min_tenure_days: u32,
    /// Alerts that are pushed to one builder in a week; others wait, listed.
    pub budget_per_week: u32,
}

impl Default for DropSettings {
    fn default() -> Self {
        Self {
            window_days: 30,
            event_window_days: 60,
            baseline_days: 180,
            prior_strength_days: 30.0,
            prior_events: 2.0,
            prior_months: 1.0,
            p_days: 0.02,
            low_ratio: 0.5,
            least_expected: 3.0,
            p_events: 0.05,
            p_both_days: 0.10,
            p_both_events: 0.15,
            lasts_least: 0.5,
            push_least: 0.5,
            back_most: 0.05,
            season_least: 0.5,
            season_most: 1.2,
            cooldown_days: 30,
            min_tenure_days: 60,
            budget_per_week: 5,
        }
    }
}

/// Days of a month of the rule.
const MONTH_DAYS: f64 = 30.0;

/// What a champion did, as the rule needs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rhythm {
    /// Days with counted community activity, ascending, each once.
    pub active: Vec<LocalDay>,
    /// Days of attendances, ascending, one for each event.
    pub attended: Vec<LocalDay>,
    /// Stretches on which they are known to be away. Neither window nor baseline holds these days against them.
    pub absences: Vec<Days>,
    /// Their first day in the community: the baseline begins no earlier.
    pub since: LocalDay,
}

/// A count, held against what was to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// What there was.
    pub observed: u32,
    /// What was to be expected, season included.
    pub expected: f64,
    /// Probability of so few or fewer, if nothing has changed.
    pub p: f64,
    /// Days counted.
    pub days: u32,
    /// The same count in the baseline, and the days of it.
    pub baseline: u32,
    /// See [`Held::baseline`].
    pub baseline_days: u32,
    /// What expectations were multiplied by.
    pub season: f64,
}

/// Which part of the rule found something unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fired {
    /// (i): active days.
    Days,
    /// (ii): attendances.
    Events,
    /// (iii): both, each less surely.
    Both,
}

/// What the rule says of one champion as of a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Active days.
    pub days: Held,
    /// Attendances in the longer window.
    pub events: Held,
    /// Attendances in the window of active days.
    pub recent_events: Held,
    /// What is unusual, if anything.
    pub fired: Option<Fired>,
    /// Probability that activity or attendance has fallen for good, rather than being at rest.
    pub lasts: f64,
}

/// How a window of `days` complete days before `as_of` compares, for active days. `prior` is what champions do in
/// general: [`Beta::prior`] of the median daily rate. `season` is [`season`]'s.
pub fn hold_days(rhythm: &Rhythm, as_of: LocalDay, prior: Beta, season: f64, settings: &DropSettings) -> Held {
    let counted = rhythm.counted(&rhythm.active, as_of, settings.window_days, settings);
    let predicted = with_season(prior.after(counted.baseline, counted.baseline_days), season).predict(counted.days);
    let (expected, p) = (predicted.mean(), predicted.at_most(counted.observed));
    let Counted { observed, days, baseline, baseline_days } = counted;
    Held { observed, expected, p, days, baseline, baseline_days, season }
}

/// The same for attendances, in a window of so many days.
pub fn hold_events(rhythm: &Rhythm, as_of: LocalDay, window_days: u32, season: f64, settings: &DropSettings) -> Held {
    let Counted { observed, days, baseline, baseline_days } =
        rhythm.counted(&rhythm.attended, as_of, window_days, settings);
    let shape = settings.prior_events + f64::from(baseline);
    let months = settings.prior_months + f64::from(baseline_days) / MONTH_DAYS;
    let ahead = f64::from(days) / MONTH_DAYS * season;
    let (expected, p) = (shape / months * ahead, at_most(observed, shape, months, ahead));
    Held { observed, expected, p, days, baseline, baseline_days, season }
}

/// Counts of a window and of the baseline before it.
struct Counted {
    observed: u32,
    days: u32,
    baseline: u32,
    baseline_days: u32,
}

/// What is unusual. `season` and `event_season` are those of the two windows, `lasts` is what the watch believes.
pub fn judge(
    rhythm: &Rhythm,
    as_of: LocalDay,
    prior: Beta,
    (season, event_season): (f64, f64),
    lasts: f64,
    settings: &DropSettings,
) -> Judgement {
    let days = hold_days(rhythm, as_of, prior, season, settings);
    let events = hold_events(rhythm, as_of, settings.event_window_days, event_season, settings);
    let recent_events = hold_events(rhythm, as_of, settings.window_days, season, settings);
    let is_low = f64::from(days.observed) <= settings.low_ratio * days.expected;
    let fired = if days.p < settings.p_days && is_low && days.expected >= settings.least_expected {
        Some(Fired::Days)
    } else if events.p < settings.p_events {
        Some(Fired::Events)
    } else if days.p < settings.p_both_days && recent_events.p < settings.p_both_events {
        Some(Fired::Both)
    } else {
        None
    };
    Judgement { days, events, recent_events, fired, lasts }
}

/// The belief with its mean multiplied, as firm as before.
fn with_season(belief: Beta, season: f64) -> Beta {
    let all = belief.alpha + belief.beta;
    let alpha = (belief.alpha * season).min(all);
    Beta { alpha, beta: all - alpha }
}

/// Probability of at most `most` events in `ahead` months when their rate is Gamma(shape, months): negative binomial.
fn at_most(most: u32, shape: f64, months: f64, ahead: f64) -> f64 {
    let (stay, go) = (months / (months + ahead), ahead / (months + ahead));
    let mut probability = stay.powf(shape);
    let mut sum = probability;
    for k in 0..most {
        probability *= (shape + f64::from(k)) / f64::from(k + 1) * go;
        sum += probability;
    }
    sum.min(1.0)
}

impl Rhythm {
    /// What there is in a window and in the baseline before it.
    fn counted(&self, sorted: &[LocalDay], as_of: LocalDay, days: u32, settings: &DropSettings) -> Counted {
        let start = as_of.saturating_sub_unsigned(days);
        let window = (start, as_of);
        let base = (start.saturating_sub_unsigned(settings.baseline_days).max(self.since).min(start), start);
        Counted {
            observed: self.count(sorted, window),
            days: self.present(window),
            baseline: self.count(sorted, base),
            baseline_days: self.present(base),
        }
    }

    fn count(&self, sorted: &[LocalDay], (from, to): (LocalDay, LocalDay)) -> u32 {
        let place = |day| sorted.partition_point(|other| *other < day);
        let within = &sorted[place(from)..place(to)];
        within.iter().filter(|day| !self.is_away(**day)).count() as u32
    }

    /// Days of a stretch on which they were not known to be away.
    fn present(&self, (from, to): (LocalDay, LocalDay)) -> u32 {
        let days = from.abs_diff(to);
        if self.absences.is_empty() { days } else { (from..to).filter(|day| !self.is_away(*day)).count() as u32 }
    }

    /// Whether they are known to be away on a day.
    pub fn is_away(&self, day: LocalDay) -> bool {
        self.absences.iter().any(|absence| absence.contains(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: Beta = Beta { alpha: 7.5, beta: 22.5 };

    /// As of day 1000: 60 active days spread over the baseline, then so many in the window.
    fn active(in_window: u32) -> Rhythm {
        let baseline = (0..60).map(|number| 790 + number * 3);
        let active = baseline.chain((0..in_window as i32).map(|number| 970 + number * 3)).collect();
        Rhythm { active, ..Rhythm::default() }
    }

    fn near(value: f64, expected: f64, digits: f64) {
        assert!((value - expected).abs() < digits, "{value} is not {expected}");
    }

    /// Golden G14.
    #[test]
    fn g14_active_days() {
        let held = |x| hold_days(&active(x), 1000, PRIOR, 1.0, &DropSettings::default());
        near(held(3).expected, 9.643, 0.0005);
        near(held(3).p, 0.0074, 0.00005);
        near(held(4).p, 0.0233, 0.00005);
        assert_eq!((held(3).baseline, held(3).baseline_days, held(3).days), (60, 180, 30));
        // No attendance was ever there, so only active days can speak: (2 prior events are to be expected all the same).
        let fired = |x| {
            let mut rhythm = active(x);
            rhythm.attended = vec![990, 991, 992];
            judge(&rhythm, 1000, PRIOR, (1.0, 1.0), 0.0, &DropSettings::default()).fired
        };
        assert_eq!((fired(3), fired(4)), (Some(Fired::Days), None));
    }

    /// Golden G15: Peggy, 15 events in 6 months.
    #[test]
    fn g15_events() {
        let held = |window_days: u32, attended: u32| {
            let start = 1000 - window_days as i32;
            let baseline = (0..15).map(|number| start - 180 + number * 12);
            let attended = baseline.chain((0..attended as i32).map(|number| start + number)).collect();
            hold_events(&Rhythm { attended, ..Rhythm::default() }, 1000, window_days, 1.0, &DropSettings::default())
        };
        near(held(30, 0).expected, 2.43, 0.005);
        near(held(30, 0).p, 0.1033, 0.00005);
        near(held(60, 0).p, 0.0139, 0.00006);
        near(held(60, 1).p, 0.0666, 0.00005);
    }

    /// (7.5 + 60) of 210 is 9.643 in 30 days; half of that in a quiet August is no surprise any more.
    #[test]
    fn a_season_lowers_what_is_expected() {
        let quiet = hold_days(&active(3), 1000, PRIOR, 0.5, &DropSettings::default());
        near(quiet.expected, 4.821, 0.0005);
        assert!(quiet.p > 0.2, "{quiet:?}");
        let events = hold_events(&active(0), 1000, 60, 0.5, &DropSettings::default());
        // Two prior events and none in six months: 2 of 7 months, over one month.
        near(events.expected, 2.0 / 7.0, 1e-9);
    }

    #[test]
    fn known_absences_are_not_held_against_anybody() {
        let mut rhythm = active(0);
        rhythm.absences = vec![Days::new(970, 990).unwrap()];
        let held = hold_days(&rhythm, 1000, PRIOR, 1.0, &DropSettings::default());
        assert_eq!(held.days, 10);
        near(held.expected, 67.5 / 210.0 * 10.0, 1e-9);
    }

    #[test]
    fn the_baseline_begins_no_earlier_than_they_came() {
        let rhythm = Rhythm { since: 940, active: vec![940, 950], ..Rhythm::default() };
        let held = hold_days(&rhythm, 1000, PRIOR, 1.0, &DropSettings::default());
        assert_eq!((held.baseline, held.baseline_days), (2, 30));
    }
}
