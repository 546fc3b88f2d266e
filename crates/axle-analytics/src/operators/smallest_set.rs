//! The smallest number of contributors who did half of it (S53, S114).

/// How many of the greatest values make up at least half of the sum; `None` when there is nothing to share.
pub(crate) fn smallest_set(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| *value > 0.0);
    let half = values.iter().sum::<f64>() / 2.0;
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let before = values.iter().take_while(|value| {
        let reached = sum >= half;
        sum += **value;
        !reached
    });
    Some(before.count() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vectors() {
        // G11 and G12 of the specification.
        assert_eq!(smallest_set(vec![1000.0, 202.0, 90.0, 33.0, 332.0, 343.0, 42.0, 433.0]), Some(2.0));
        assert_eq!(smallest_set(vec![12.5; 8]), Some(4.0));
        assert_eq!(smallest_set(vec![0.0]), None);
        assert_eq!(smallest_set(vec![3.0]), Some(1.0));
    }
}
