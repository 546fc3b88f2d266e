//! How long things last when some go on: the restricted mean of Kaplan-Meier, and what people use in its place (S71).

use axle_model::km::{Observation, Survival};

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// What [`RestrictedMean`] gives, in the order of its result. The first is the headline.
pub(crate) const MEASURES: [&str; 5] =
    ["restricted mean", "restricted mean without horizon", "median", "mean of ended only", "inverse of end rate"];

/// Share that must still be watched for the curve to be trusted.
const AT_RISK: f64 = 0.1;

/// Pairs are `(duration, 1 when it ended, 0 when it goes on)`. Gives [`MEASURES`], then how many ended and how many there
/// are; not a number where a measure is not defined.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RestrictedMean {
    /// In the unit of durations.
    pub horizon: u64,
}

impl PairFold for RestrictedMean {
    fn name(&self) -> &'static str {
        "restricted_mean"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn distinct(&self) -> bool {
        false
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let seen: Vec<Observation> =
            pairs.iter().map(|(time, ended)| Observation { time, happened: ended == 1 }).collect();
        let survival = Survival::estimate(&seen);
        let trusted = survival.last_time_at_risk(AT_RISK);
        let mean = |until: Option<u64>| until.and_then(|until| survival.restricted_mean(until));
        let ended: Vec<f64> = pairs.iter().filter(|pair| pair.1 == 1).map(|pair| pair.0 as f64).collect();
        let watched: f64 = pairs.iter().map(|pair| pair.0 as f64).sum();
        let some = |value: f64| (!ended.is_empty()).then_some(value);
        let measures = [
            mean(trusted.map(|trusted| trusted.min(self.horizon))),
            mean(trusted),
            survival.median().map(|median| median as f64),
            some(ended.iter().sum::<f64>() / ended.len() as f64),
            some(watched / ended.len() as f64),
        ];
        let counts = [ended.len() as f64, pairs.len() as f64];
        measures.into_iter().map(|value| value.unwrap_or(f64::NAN)).chain(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector_g9() {
        let pairs = [(10, 1), (15, 1), (23, 1), (30, 1), (35, 1), (52, 1), (100, 0)].into_iter().collect();
        let found = RestrictedMean { horizon: 36 }.finish(&pairs);
        // (10 + 15 + 23 + 30 + 35 + 36 + 36) / 7, 265 / 7, the fourth of seven, 165 / 6, 265 / 6.
        let expected = [185.0 / 7.0, 265.0 / 7.0, 30.0, 27.5, 265.0 / 6.0, 6.0, 7.0];
        found.iter().zip(expected).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-9, "{found}"));
        assert!(RestrictedMean { horizon: 36 }.finish(&[(3, 0)].into_iter().collect())[3].is_nan());
    }
}
