//! The presence gauge: whether a member's recent active days are few, usual or many for this member.
//!
//! Their number is held against its predictive distribution: a Beta prior from members of the same level, the
//! member's own baseline, and from both a Beta-Binomial for the days observed.

use serde::{Deserialize, Serialize};

use crate::look_back::ActiveDay;
use crate::settings::GaugeSettings;
use crate::stats::median;
use crate::time::LocalDay;

/// Active days of one member, as the gauge needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PresenceDays {
    /// Days in the baseline on which the member could be active: those since their first counted activity.
    pub baseline_days: u32,
    /// On how many of those they were.
    pub baseline_active: u32,
    /// Days observed after the baseline.
    pub window_days: u32,
    /// On how many of those they were active.
    pub window_active: u32,
}

impl PresenceDays {
    /// Counts them as of a day. `None` while the member's tenure (days since their first counted activity) is too
    /// short for a baseline.
    ///
    /// The baseline of a member who came inside of it begins on their first day: days before they knew of us are no
    /// evidence of a low rate.
    pub fn count(days: &[ActiveDay], as_of: LocalDay, settings: &GaugeSettings) -> Option<Self> {
        let first = days.first()?.day;
        if first > as_of.saturating_sub_unsigned(settings.min_tenure_days) {
            return None;
        }
        let window_start = as_of.saturating_sub_unsigned(settings.window_days);
        let baseline_start = window_start.saturating_sub_unsigned(settings.baseline_days).max(first);
        let before = |day: LocalDay| days.partition_point(|active| active.day < day) as u32;
        Some(Self {
            baseline_days: window_start.abs_diff(baseline_start),
            baseline_active: before(window_start) - before(baseline_start),
            window_days: settings.window_days,
            window_active: before(as_of) - before(window_start),
        })
    }

    /// Active days per day of the baseline.
    pub fn daily_rate(&self) -> f64 {
        f64::from(self.baseline_active) / f64::from(self.baseline_days.max(1))
    }
}

/// The prior's rate: the median daily rate of the members of a level who have a baseline. `None` without any.
pub fn peer_rate(peers: impl IntoIterator<Item = PresenceDays>) -> Option<f64> {
    median(&mut peers.into_iter().map(|peer| peer.daily_rate()).collect::<Vec<_>>())
}

/// What the gauge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gauge {
    /// Too new to say.
    NoBaseline,
    /// Unusually few active days.
    Low,
    /// As usual.
    Neutral,
    /// Unusually many.
    High,
}

/// The gauge with the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    /// What it shows.
    pub gauge: Gauge,
    /// The days counted.
    pub days: PresenceDays,
    /// Active days to expect in the window.
    pub expected: f64,
    /// Probability of as few active days as observed, or fewer.
    pub p_at_most: f64,
    /// Probability of as many active days as observed, or more.
    pub p_at_least: f64,
}

impl Presence {
    /// Reads the gauge. `peer_rate` is [`peer_rate`] of the member's level, 0 to 1.
    pub fn read(days: PresenceDays, peer_rate: f64, settings: &GaugeSettings) -> Self {
        let prior = Beta::prior(peer_rate, settings.prior_strength_days);
        let predicted = prior.after(days.baseline_active, days.baseline_days).predict(days.window_days);
        let (active, expected) = (days.window_active, predicted.mean());
        let (p_at_most, p_at_least) = (predicted.at_most(active), predicted.at_least(active));
        let observed = f64::from(active);
        let gauge = if p_at_most < settings.p && observed <= settings.low_ratio * expected {
            Gauge::Low
        } else if p_at_least < settings.p && observed >= settings.high_ratio * expected {
            Gauge::High
        } else {
            Gauge::Neutral
        };
        Self { gauge, days, expected, p_at_most, p_at_least }
    }
}

/// What is believed of a daily rate: `alpha` active days among `alpha + beta`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beta {
    /// Weight of active days.
    pub alpha: f64,
    /// Weight of other days.
    pub beta: f64,
}

impl Beta {
    /// A rate (0 to 1) believed as firmly as `strength_days` (above 0) of observation.
    pub fn prior(rate: f64, strength_days: f64) -> Self {
        let rate = rate.clamp(0.0, 1.0);
        Self { alpha: strength_days * rate, beta: strength_days * (1.0 - rate) }
    }

    /// The belief after `active` of `days` more days.
    pub fn after(self, active: u32, days: u32) -> Self {
        Self { alpha: self.alpha + f64::from(active), beta: self.beta + f64::from(days.saturating_sub(active)) }
    }

    /// How many of the next `days` will be active.
    pub fn predict(self, days: u32) -> BetaBinomial {
        let actives = ln_rising_to(self.alpha, days);
        let others = ln_rising_to(self.beta, days);
        let all: f64 = (0..days).map(|k| (self.alpha + self.beta + f64::from(k)).ln()).sum();
        let mut ln_choose = 0.0;
        let probability = |k: u32| {
            let ln = ln_choose + actives[k as usize] + others[(days - k) as usize] - all;
            ln_choose += f64::from(days - k).ln() - f64::from(k + 1).ln();
            ln.exp()
        };
        BetaBinomial { probabilities: (0..=days).map(probability).collect(), belief: self }
    }
}

/// The number of active days among `days` under a [`Beta`] belief.
///
/// With rising factorials `(a)_k = a (a+1) … (a+k-1)` the probability of k is
/// `C(n,k) (alpha)_k (beta)_{n-k} / (alpha+beta)_n`: products of positive numbers, added as logarithms, so that
/// nothing overflows or cancels and no gamma function is needed. A rate of exactly 0 or 1 comes out right, since
/// `(0)_k` is 0 from k = 1 on.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaBinomial {
    /// Of 0 active days, of 1, and so on.
    probabilities: Vec<f64>,
    belief: Beta,
}

impl BetaBinomial {
    /// The expected number.
    pub fn mean(&self) -> f64 {
        (self.probabilities.len() - 1) as f64 * self.belief.alpha / (self.belief.alpha + self.belief.beta)
    }

    /// Probability of exactly `active`.
    pub fn exactly(&self, active: u32) -> f64 {
        self.probabilities.get(active as usize).copied().unwrap_or(0.0)
    }

    /// Probability of `active` or fewer.
    pub fn at_most(&self, active: u32) -> f64 {
        let end = self.probabilities.len().min(active as usize + 1);
        self.probabilities[..end].iter().sum::<f64>().min(1.0)
    }

    /// Probability of `active` or more, summed from its own side so that a small one keeps its digits.
    pub fn at_least(&self, active: u32) -> f64 {
        let start = self.probabilities.len().min(active as usize);
        self.probabilities[start..].iter().rev().sum::<f64>().min(1.0)
    }
}

/// Logarithms of the rising factorials `(a)_0` to `(a)_n`.
fn ln_rising_to(a: f64, n: u32) -> Vec<f64> {
    let mut sum = 0.0;
    let rising = (0..n).map(|k| {
        sum += (a + f64::from(k)).ln();
        sum
    });
    std::iter::once(0.0).chain(rising).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::look_back::active_days;
    use crate::score::DayActivity;

    fn days_of(days: impl IntoIterator<Item = LocalDay>) -> Vec<ActiveDay> {
        active_days(&days.into_iter().map(|day| DayActivity { day, weight: 1, count: 1 }).collect::<Vec<_>>())
    }

    fn read(baseline_days: u32, baseline_active: u32, window_active: u32, peer_rate: f64) -> Presence {
        let days = PresenceDays { baseline_days, baseline_active, window_days: 30, window_active };
        Presence::read(days, peer_rate, &GaugeSettings::default())
    }

    /// Golden G14, to the digits given there. A peer rate of 0.25 at strength 30 is the prior Beta(7.5, 22.5).
    #[test]
    fn g14_a_champion_with_60_of_180_days() {
        let three = read(180, 60, 3, 0.25);
        assert!((three.expected - 9.643).abs() < 5e-4);
        assert!((three.p_at_most - 0.0074).abs() < 5e-5);
        assert_eq!(three.gauge, Gauge::Low);
        let four = read(180, 60, 4, 0.25);
        assert!((four.p_at_most - 0.0233).abs() < 5e-5);
        assert_eq!(four.gauge, Gauge::Low);
        assert_eq!(read(180, 60, 10, 0.25).gauge, Gauge::Neutral);
        assert_eq!(read(180, 60, 20, 0.25).gauge, Gauge::High);
    }

    /// Values reached another way: with Python's exact `fractions.Fraction`, from `comb(n, k)` and products of
    /// fractions for the rising factorials; only the last step turned the exact sums into decimals.
    #[test]
    fn tails_agree_with_exact_fractions() {
        for (days, alpha, beta, k, at_most, at_least) in [
            (30, 67.5, 142.5, 3, 0.007378131728699161, 0.998254204385571),
            (30, 67.5, 142.5, 4, 0.023284885131537876, 0.9926218682713008),
            (30, 0.6, 209.4, 5, 0.9999991848590275, 8.177549296064198e-6),
            (30, 20.5, 39.5, 22, 0.9999016550236319, 0.0003255257305770028),
            (60, 67.5, 142.5, 7, 0.0008257406526009907, 0.9997330718704871),
        ] {
            let predicted = Beta { alpha, beta }.predict(days);
            let close = |value: f64, exact: f64| (value / exact - 1.0).abs() < 1e-11;
            assert!(close(predicted.at_most(k), at_most), "at most {k}: {}", predicted.at_most(k));
            assert!(close(predicted.at_least(k), at_least), "at least {k}: {}", predicted.at_least(k));
        }
    }

    #[test]
    fn rare_visitors_are_never_called_low() {
        // Two days of 180: no active day in a month is quite likely.
        assert_eq!(read(180, 2, 0, 0.02).gauge, Gauge::Neutral);
        assert_eq!(read(180, 2, 5, 0.02).gauge, Gauge::High);
    }

    #[test]
    fn certain_rates_stay_finite() {
        let never = read(180, 0, 0, 0.0);
        assert_eq!((never.expected, never.p_at_most, never.gauge), (0.0, 1.0, Gauge::Neutral));
        assert_eq!(read(180, 0, 1, 0.0).gauge, Gauge::High);
        let always = read(180, 180, 30, 1.0);
        assert_eq!((always.expected, always.p_at_least, always.gauge), (30.0, 1.0, Gauge::Neutral));
        assert_eq!(read(180, 180, 10, 1.0).gauge, Gauge::Low);
    }

    #[test]
    fn the_baseline_begins_when_the_member_came() {
        let settings = GaugeSettings::default();
        let first = 20_000;
        let days = days_of((0..200).map(|n| first + n));
        assert_eq!(PresenceDays::count(&days, first + 59, &settings), None);
        let young = PresenceDays::count(&days, first + 60, &settings).unwrap();
        assert_eq!((young.baseline_days, young.baseline_active, young.window_active), (30, 30, 30));
        let old = PresenceDays::count(&days, first + 220, &settings).unwrap();
        assert_eq!((old.baseline_days, old.baseline_active, old.window_active), (180, 180, 10));
        assert_eq!(PresenceDays::count(&[], first, &settings), None);
    }

    #[test]
    fn peers_give_their_median_rate() {
        let peer =
            |baseline_active| PresenceDays { baseline_days: 100, baseline_active, window_days: 30, window_active: 0 };
        assert_eq!(peer_rate([peer(5), peer(90), peer(20)]), Some(0.2));
        assert_eq!(peer_rate([]), None);
    }

    proptest! {
        /// Both tails make one distribution with the stated mean.
        #[test]
        fn probabilities_add_up(active in 0_u32..=180, rate in 0.0..=1.0_f64, k in 0_u32..=30) {
            let predicted = Beta::prior(rate, 30.0).after(active, 180).predict(30);
            prop_assert!((predicted.at_most(k) + predicted.at_least(k) - predicted.exactly(k) - 1.0).abs() < 1e-12);
            let mean: f64 = (0..=30).map(|k| f64::from(k) * predicted.exactly(k)).sum();
            prop_assert!((mean - predicted.mean()).abs() < 1e-9);
        }

        /// A member as active as before is never called unusual, and fewer active days never look like more.
        #[test]
        fn the_gauge_follows_the_days(active in 0_u32..=180, rate in 0.0..=1.0_f64, k in 0_u32..30) {
            let (few, more) = (read(180, active, k, rate), read(180, active, k + 1, rate));
            prop_assert!(few.p_at_most <= more.p_at_most + 1e-12);
            prop_assert!(!(few.gauge == Gauge::High && more.gauge != Gauge::High));
            prop_assert!(!(more.gauge == Gauge::Low && few.gauge != Gauge::Low));
            let usual = read(180, active, few.expected.round() as u32, rate);
            prop_assert_ne!(usual.gauge, Gauge::Low);
        }
    }
}
