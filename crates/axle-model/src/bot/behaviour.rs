//! What gives a program away when it has a person's name: constant gaps, no night, nothing but what programs do.

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
/// Fewer activities than this say nothing of their types.
const MIN_AUTOMATED: usize = 5;

const MICROSECONDS: i64 = 1_000_000;
const HOUR: i64 = 3_600;

/// What somebody's activities look like in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Behaviour {
    is_constant: bool,
    is_round_the_clock: bool,
    is_automated: bool,
}

impl Behaviour {
    /// Looks at the instants of all activities, microseconds since 1970 in any order. `automated`: how many of them
    /// are of types that only programs give.
    pub fn of(instants: &[i64], automated: usize) -> Self {
        let mut seconds: Vec<i64> = instants.iter().map(|at| at.div_euclid(MICROSECONDS)).collect();
        seconds.sort_unstable();
        Self {
            is_constant: is_constant(&seconds),
            is_round_the_clock: is_round_the_clock(&seconds),
            is_automated: seconds.len() >= MIN_AUTOMATED && automated >= seconds.len(),
        }
    }

    /// What speaks for a program.
    pub(super) fn signs(&self) -> Vec<Sign> {
        let all = [
            (self.is_constant, Sign::Constant),
            (self.is_round_the_clock, Sign::RoundTheClock),
            (self.is_automated, Sign::Automated),
        ];
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
        Behaviour::of(&seconds.map(|at| at * MICROSECONDS).collect::<Vec<_>>(), 0)
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
    fn types_of_programs_only() {
        let instants: Vec<i64> = (0..10).collect();
        assert!(Behaviour::of(&instants, 10).is_automated && !Behaviour::of(&instants, 9).is_automated);
        assert_eq!(Behaviour::of(&[], 0), Behaviour::default());
    }

    proptest! {
        #[test]
        fn order_changes_nothing((some, mixed) in prop::collection::vec(0..2_000_000i64, 0..60)
            .prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle()))) {
            prop_assert_eq!(Behaviour::of(&some, 0), Behaviour::of(&mixed, 0));
        }
    }
}
