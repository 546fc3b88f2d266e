//! What gives a program away when it has a person's name: constant gaps, no night.

use super::Sign;

/// Fewer gaps than this say nothing of regularity.
const MIN_GAPS: usize = 20;
/// The share of gaps that must be alike.
const ALIKE_SHARE: f64 = 0.8;
/// How far two gaps may differ and be alike, as a share of them.
const TOLERANCE: f64 = 0.01;
/// Shorter gaps are bursts of one doing, as when a branch is pushed: seconds.
const SHORTEST_GAP: i64 = 10;
/// Fewer activities than this say nothing of sleep.
const MIN_FOR_SLEEP: usize = 480;
/// Days on which they must lie, so that one night of work is no sign.
const MIN_DAYS: usize = 30;
/// The quietest six hours on end of the day must have this share of what they would have if all hours were alike.
const AWAKE_SHARE: f64 = 0.6;

const MICROSECONDS: i64 = 1_000_000;
const HOUR: i64 = 3_600;

/// What somebody's activities look like in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Behaviour {
    /// The gaps between its activities are all alike.
    pub is_constant: bool,
    /// It never sleeps.
    pub is_round_the_clock: bool,
}

impl Behaviour {
    /// Fewer activities than this are not looked at.
    pub const LEAST: usize = 100;

    /// Looks at the instants of activities, microseconds since 1970 in any order. Those on a whole minute are left out:
    /// they were stated, as the beginning of a meeting or a date without a time, and who comes every week is no program.
    pub fn of(instants: &[i64]) -> Self {
        let mut seconds: Vec<i64> = instants.iter().map(|at| at.div_euclid(MICROSECONDS)).collect();
        seconds.retain(|at| at.rem_euclid(60) != 0);
        seconds.sort_unstable();
        Self { is_constant: is_constant(&seconds), is_round_the_clock: is_round_the_clock(&seconds) }
    }

    /// What speaks for a program.
    pub(super) fn signs(&self) -> Vec<Sign> {
        let all = [(self.is_constant, Sign::Constant), (self.is_round_the_clock, Sign::RoundTheClock)];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, sign)| sign).collect()
    }
}

/// Whether most gaps are like the middle one.
fn is_constant(seconds: &[i64]) -> bool {
    let mut gaps: Vec<i64> =
        seconds.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap >= SHORTEST_GAP).collect();
    if gaps.len() < MIN_GAPS {
        return false;
    }
    gaps.sort_unstable();
    let middle = gaps[gaps.len() / 2];
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    let share = |count: usize| count as f64 / gaps.len() as f64;
    #[expect(clippy::cast_precision_loss, reason = "gaps are far below 2^52 seconds")]
    let is_alike = |gap: &&i64| ((**gap - middle).abs() as f64) <= (middle as f64 * TOLERANCE).max(1.0);
    share(gaps.iter().filter(is_alike).count()) >= ALIKE_SHARE
}

/// Whether no part of the day is for sleep.
fn is_round_the_clock(seconds: &[i64]) -> bool {
    let mut days: Vec<i64> = seconds.iter().map(|at| at.div_euclid(24 * HOUR)).collect();
    days.dedup();
    if seconds.len() < MIN_FOR_SLEEP || days.len() < MIN_DAYS {
        return false;
    }
    let mut by_hour = [0usize; 24];
    for at in seconds {
        by_hour[usize::try_from(at.rem_euclid(24 * HOUR) / HOUR).unwrap_or(0)] += 1;
    }
    let six_hours = |first: usize| (first..first + 6).map(|hour| by_hour[hour % 24]).sum::<usize>();
    let quietest = (0..24).map(six_hours).min().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    let share = quietest as f64 / (seconds.len() as f64 / 4.0);
    share >= AWAKE_SHARE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: impl Iterator<Item = i64>) -> Behaviour {
        Behaviour::of(&seconds.map(|at| (at + 7) * MICROSECONDS).collect::<Vec<_>>())
    }

    #[test]
    fn a_nightly_job_is_constant_though_it_fails_now_and_then() {
        assert!(at((0..40).map(|day| day * 24 * HOUR + day % 3)).is_constant);
        assert!(at((0..60).filter(|day| day % 9 != 0).map(|day| day * 24 * HOUR)).is_constant);
        assert!(!at((0..10).map(|day| day * 24 * HOUR)).is_constant, "too few");
        assert!(!at((0..60).map(|day| day * 24 * HOUR + (day * 7919) % 20_000)).is_constant, "somebody's evenings");
        assert!(!at(0..500).is_constant, "a burst");
    }

    #[test]
    fn people_sleep() {
        let hours =
            |awake: i64| (0..60 * awake).map(move |n| (n / awake) * 24 * HOUR + (n % awake) * HOUR + (n * 977) % HOUR);
        assert!(at(hours(24)).is_round_the_clock);
        assert!(!at(hours(16)).is_round_the_clock);
    }

    #[test]
    fn who_comes_to_every_meeting_is_a_person() {
        let weekly: Vec<i64> = (0..200).map(|week| week * 7 * 24 * HOUR * MICROSECONDS).collect();
        assert_eq!(Behaviour::of(&weekly), Behaviour::default());
        let measured: Vec<i64> = weekly.iter().map(|at| at + 7 * MICROSECONDS).collect();
        assert!(Behaviour::of(&measured).is_constant);
    }

    proptest! {
        #[test]
        fn order_changes_nothing((some, mixed) in prop::collection::vec(0..2_000_000i64, 0..60)
            .prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle()))) {
            prop_assert_eq!(Behaviour::of(&some), Behaviour::of(&mixed));
        }
    }
}
