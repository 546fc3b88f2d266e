//! From what weights say to what reviewers confirm: a rising map of probabilities, learnt from their decisions.

use crate::weights::{log_odds, probability};

/// What a reviewer said of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The probability that the suggestion had before calibration, 0 to 1: [`crate::Resolver::uncalibrated`].
    pub probability: f64,
    /// Whether the two were said to be one person.
    pub accepted: bool,
}

/// A rising map from probability to probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration(Map);

#[derive(Debug, Clone, PartialEq)]
enum Map {
    /// `log odds -> slope * log odds + shift`.
    Logistic { slope: f64, shift: f64 },
    /// Probability before and after, both rising; straight lines between, 0 and 1 at the ends.
    Steps(Vec<(f64, f64)>),
}

impl Default for Calibration {
    /// Every probability stays as it is.
    fn default() -> Self {
        Self(Map::Logistic { slope: 1.0, shift: 0.0 })
    }
}

/// From so many of each kind of decision, steps are counted rather than a curve fitted.
const MANY: usize = 100;
/// What is known before anybody decided counts as a normal distribution of this width around slope 1 and shift 0.
const WIDTH: f64 = 1.0;

impl Calibration {
    /// The probability after calibration, 0 to 1. Never falls where `before` rises.
    pub fn apply(&self, before: f64) -> f64 {
        match &self.0 {
            Map::Logistic { slope, shift } if *slope == 1.0 && *shift == 0.0 => before,
            Map::Logistic { slope, shift } => probability(slope * log_odds(before) + shift),
            Map::Steps(points) => between(points, before),
        }
    }
}

/// The map that fits the decisions: Platt's logistic curve (Platt 1999), held near the identity while decisions are
/// few; with 100 of each kind the isotonic regression (Zadrozny and Elkan 2002). With no decisions, the identity.
pub fn recalibrate(decisions: &[Decision]) -> Calibration {
    let accepted = decisions.iter().filter(|decision| decision.accepted).count();
    if accepted.min(decisions.len() - accepted) >= MANY {
        return Calibration(Map::Steps(isotonic(decisions)));
    }
    let (slope, shift) = platt(decisions);
    Calibration(Map::Logistic { slope, shift })
}

/// The most likely slope and shift, by Newton's method.
fn platt(decisions: &[Decision]) -> (f64, f64) {
    let (mut slope, mut shift) = (1.0_f64, 0.0_f64);
    for _ in 0..50 {
        let precision = 1.0 / (WIDTH * WIDTH);
        let mut gradient = [(1.0 - slope) * precision, -shift * precision];
        let mut curve = [precision, 0.0, precision];
        for decision in decisions {
            let x = log_odds(decision.probability).clamp(-12.0, 12.0);
            let expected = probability(slope * x + shift);
            let miss = f64::from(u8::from(decision.accepted)) - expected;
            let spread = expected * (1.0 - expected);
            gradient = [gradient[0] + miss * x, gradient[1] + miss];
            curve = [curve[0] + spread * x * x, curve[1] + spread * x, curve[2] + spread];
        }
        let determinant = curve[0] * curve[2] - curve[1] * curve[1];
        let by_slope = (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant;
        let by_shift = (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant;
        slope += by_slope.clamp(-0.5, 0.5);
        shift += by_shift.clamp(-2.0, 2.0);
        if by_slope.abs() + by_shift.abs() < 1e-9 {
            break;
        }
    }
    // A map that falls would turn the list upside down: then nothing has been learnt but the share.
    (slope.max(0.05), shift)
}

/// Pools neighbours until shares rise (pool adjacent violators). Each pool is a point in its middle.
fn isotonic(decisions: &[Decision]) -> Vec<(f64, f64)> {
    let mut sorted = decisions.to_vec();
    sorted.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    let mut pools: Vec<[f64; 3]> = Vec::new();
    for decision in sorted {
        pools.push([decision.probability, f64::from(u8::from(decision.accepted)), 1.0]);
        while let [.., before, last] = &pools[..]
            && (before[1] * last[2] >= last[1] * before[2] || before[0] * last[2] == last[0] * before[2])
        {
            let joined = [before[0] + last[0], before[1] + last[1], before[2] + last[2]];
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    // One accepted and one rejected more than were seen: a small pool proves no certainty.
    pools.iter().map(|[sum, accepted, count]| (sum / count, (accepted + 0.5) / (count + 1.0))).fold(
        Vec::new(),
        |mut points: Vec<(f64, f64)>, (before, after)| {
            let after = points.last().map_or(after, |last| after.max(last.1));
            points.push((before, after));
            points
        },
    )
}

fn between(points: &[(f64, f64)], before: f64) -> f64 {
    let place = points.partition_point(|point| point.0 < before);
    let low = if place == 0 { (0.0, 0.0) } else { points[place - 1] };
    let high = points.get(place).copied().unwrap_or((1.0, 1.0));
    let width = high.0 - low.0;
    if width <= 0.0 {
        return high.1;
    }
    low.1 + (high.1 - low.1) * (before - low.0) / width
}

/// How many suggestions of at least some probability were accepted: the precision that is shown to reviewers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Decisions that count.
    pub decided: usize,
    /// Of these, accepted.
    pub accepted: usize,
    /// The share that was accepted; `None` when nothing was decided.
    pub share: Option<f64>,
    /// Between these the true share lies with 95 % certainty (Wilson 1927); 0 and 1 when nothing was decided.
    pub interval: (f64, f64),
}

/// Counts the decisions on suggestions of at least the probability.
pub fn precision(decisions: &[Decision], least_probability: f64) -> Precision {
    const Z: f64 = 1.959_964;
    let counted = decisions.iter().filter(|decision| decision.probability >= least_probability);
    let (decided, accepted) =
        counted.fold((0, 0), |(decided, accepted), decision| (decided + 1, accepted + usize::from(decision.accepted)));
    if decided == 0 {
        return Precision { decided, accepted, share: None, interval: (0.0, 1.0) };
    }
    let (n, share) = (decided as f64, accepted as f64 / decided as f64);
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Precision { decided, accepted, share: Some(share), interval: ((middle - half).max(0.0), (middle + half).min(1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decisions(list: &[(f64, usize, usize)]) -> Vec<Decision> {
        let of = |probability, accepted, count| std::iter::repeat_n(Decision { probability, accepted }, count);
        list.iter().flat_map(|(p, yes, no)| of(*p, true, *yes).chain(of(*p, false, *no))).collect()
    }

    #[test]
    fn no_decision_changes_nothing() {
        let map = recalibrate(&[]);
        assert!([0.1, 0.5, 0.99].iter().all(|p| (map.apply(*p) - p).abs() < 1e-9));
    }

    #[test]
    fn a_few_rejections_lower_a_little() {
        let map = recalibrate(&decisions(&[(0.9, 1, 3)]));
        assert!(map.apply(0.9) < 0.85 && map.apply(0.9) > 0.25);
    }

    #[test]
    fn many_decisions_give_the_shares_counted() {
        let map = recalibrate(&decisions(&[(0.5, 100, 300), (0.9, 320, 80)]));
        assert!((map.apply(0.5) - 0.25).abs() < 0.01 && (map.apply(0.9) - 0.8).abs() < 0.01);
    }

    #[test]
    fn precision_with_its_interval() {
        // Wilson's interval of 8 out of 10: 0.490 to 0.943.
        let found = precision(&decisions(&[(0.9, 8, 2), (0.1, 0, 5)]), 0.5);
        assert_eq!((found.decided, found.accepted, found.share), (10, 8, Some(0.8)));
        assert!((found.interval.0 - 0.490).abs() < 0.001 && (found.interval.1 - 0.943).abs() < 0.001);
        assert_eq!(precision(&[], 0.5).share, None);
    }

    proptest! {
        /// Whatever was decided, a likelier pair stays the likelier one, within 0 and 1.
        #[test]
        fn the_map_rises(list in prop::collection::vec((0.0_f64..=1.0, any::<bool>()), 0..500)) {
            let list: Vec<Decision> = list.into_iter().map(|(probability, accepted)| Decision { probability, accepted }).collect();
            let map = recalibrate(&list);
            let after: Vec<f64> = (0..=100).map(|step| map.apply(f64::from(step) / 100.0)).collect();
            prop_assert!(after.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            prop_assert!(after.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}
