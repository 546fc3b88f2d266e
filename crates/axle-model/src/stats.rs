//! Small statistics that many figures share: Wilson's interval, percentiles, the smallest set with half.

/// The standard normal distribution's quantile for a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a share, as `(low, high)`. `None` without a denominator.
pub fn wilson_95(successes: u64, total: u64) -> Option<(f64, f64)> {
    if total == 0 {
        return None;
    }
    let n = total as f64;
    let share = successes.min(total) as f64 / n;
    let z2 = Z_95 * Z_95;
    let centre = share + z2 / (2.0 * n);
    let half_width = Z_95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Some((((centre - half_width) / scale).max(0.0), ((centre + half_width) / scale).min(1.0)))
}

/// The percentile `p` (0 to 1) of finite values, interpolated linearly between the two nearest ranks: 0 is the least
/// value, 1 the greatest. Sorts `values`. `None` when there are none.
pub fn percentile(values: &mut [f64], p: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let rank = p.clamp(0.0, 1.0) * (values.len().checked_sub(1)?) as f64;
    let (below, above) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
    Some(below + (above - below) * rank.fract())
}

/// The middle value, or the mean of the two middle ones.
pub fn median(values: &mut [f64]) -> Option<f64> {
    percentile(values, 0.5)
}

/// `None` of no value.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How many of the greatest amounts together make at least half of all: the absence factor for persons, the elephant
/// factor for organizations. `None` when there is nothing to share.
pub fn smallest_half(amounts: &[u64]) -> Option<usize> {
    let total: u128 = amounts.iter().map(|amount| u128::from(*amount)).sum();
    if total == 0 {
        return None;
    }
    let mut amounts = amounts.to_vec();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0;
    let below_half = amounts.iter().take_while(|amount| {
        sum += u128::from(**amount);
        sum * 2 < total
    });
    Some(below_half.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden G16, to the three digits given there.
    #[test]
    fn g16_wilson_interval() {
        let rounded = |successes, total| {
            wilson_95(successes, total).map(|(low, high)| ((low * 1e3).round() as u32, (high * 1e3).round() as u32))
        };
        assert_eq!(rounded(3, 10), Some((108, 603)));
        assert_eq!(rounded(30, 100), Some((219, 396)));
        assert_eq!(rounded(0, 0), None);
    }

    #[test]
    fn wilson_stays_inside_zero_and_one() {
        let (low, high) = wilson_95(0, 5).unwrap();
        assert!(low.abs() < 1e-12 && high > 0.0 && high < 1.0);
        let (low, high) = wilson_95(5, 5).unwrap();
        assert!(low > 0.0 && (high - 1.0).abs() < 1e-12);
    }

    /// Golden G11: 1000 + 433 of 2475.
    #[test]
    fn g11_absence_factor() {
        assert_eq!(smallest_half(&[1000, 202, 90, 33, 332, 343, 42, 433]), Some(2));
    }

    /// Golden G12: exactly half is enough.
    #[test]
    fn g12_elephant_factor() {
        assert_eq!(smallest_half(&[125; 8]), Some(4));
        assert_eq!(smallest_half(&[0, 7]), Some(1));
        assert_eq!(smallest_half(&[]), None);
        assert_eq!(smallest_half(&[0, 0]), None);
    }

    #[test]
    fn percentiles_interpolate() {
        let mut hours = [20.0, 1.0, 4.0, 2.0, 8.0];
        assert_eq!(percentile(&mut hours, 0.0), Some(1.0));
        assert_eq!(median(&mut hours), Some(4.0));
        assert_eq!(percentile(&mut hours, 1.0), Some(20.0));
        // Rank 3.6 of 0 to 4: 8 + 0.6 * 12.
        assert!((percentile(&mut hours, 0.9).unwrap() - 15.2).abs() < 1e-12);
        assert_eq!(median(&mut [1.0, 2.0]), Some(1.5));
        assert_eq!(median(&mut []), None);
    }
}
