//! How quiet it is for all champions: August and December alarm nobody.

use axle_model::presence::Beta;
use axle_model::time::LocalDay;

use super::{DropSettings, Rhythm};

/// For each champion the season of the last `window_days` complete days: what all others did over what was expected of
/// them, within the bounds. 1 without others.
pub fn season(
    rhythms: &[&Rhythm],
    as_of: LocalDay,
    window_days: u32,
    prior: Beta,
    settings: &DropSettings,
) -> Vec<f64> {
    let held: Vec<(f64, f64)> = rhythms
        .iter()
        .map(|rhythm| {
            let counted = rhythm.counted(&rhythm.active, as_of, window_days, settings);
            let belief = prior.after(counted.baseline, counted.baseline_days);
            (f64::from(counted.observed), f64::from(counted.days) * belief.alpha / (belief.alpha + belief.beta))
        })
        .collect();
    let (observed, expected) = held.iter().fold((0.0, 0.0), |sums, one| (sums.0 + one.0, sums.1 + one.1));
    let others = held.iter().map(|one| (observed - one.0, expected - one.1));
    let seasons = others.map(|(observed, expected)| if expected > 1e-9 { observed / expected } else { 1.0 });
    seasons.map(|season| season.clamp(settings.season_least, settings.season_most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_champion_is_left_out_of_their_own_season() {
        let every = |step: usize| Rhythm { active: (0..1000).step_by(step).collect(), ..Rhythm::default() };
        let (usual, mut silent) = (every(3), every(3));
        silent.active.retain(|day| *day < 970);
        let prior = Beta::prior(1.0 / 3.0, 30.0);
        let settings = DropSettings::default();
        let seasons = season(&[&usual, &silent, &usual], 1000, 30, prior, &settings);
        // Of 30 days, 10 are active as expected: for the silent one all is as usual, for the others half of it.
        assert!((seasons[1] - 1.0).abs() < 0.01, "{seasons:?}");
        assert!((seasons[0] - 0.5).abs() < 0.01, "{seasons:?}");
        assert_eq!(season(&[&silent], 1000, 30, prior, &settings), [1.0]);
        assert_eq!(season(&[&silent, &silent], 1000, 30, prior, &settings), [0.5, 0.5]);
    }
}
