//! How a product spreads by invitation: the growth that follows from a coefficient and a cycle time (S84).

/// Customers after `days`, of whom each brings `coefficient` more within each `cycle_days`, after D. Skok:
/// `initial * (K^(t/ct + 1) - 1) / (K - 1)`. `None` unless the cycle takes some time and nothing is negative.
pub fn customers_after(initial: f64, coefficient: f64, days: f64, cycle_days: f64) -> Option<f64> {
    if cycle_days <= 0.0 || [initial, coefficient, days].iter().any(|value| *value < 0.0) {
        return None;
    }
    let cycles = days / cycle_days;
    // The limit of the formula, of which the denominator vanishes here.
    if (coefficient - 1.0).abs() < 1e-9 {
        return Some(initial * (cycles + 1.0));
    }
    Some(initial * (coefficient.powf(cycles + 1.0) - 1.0) / (coefficient - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector_g8() {
        let customers = |cycle| customers_after(10.0, 2.0, 20.0, cycle).unwrap().round();
        assert_eq!((customers(2.0), customers(1.0)), (20_470.0, 20_971_510.0));
    }

    #[test]
    fn at_one_it_grows_by_as_many_each_cycle() {
        assert_eq!(customers_after(10.0, 1.0, 20.0, 5.0), Some(50.0));
        assert_eq!(customers_after(10.0, 0.0, 20.0, 5.0), Some(10.0));
        assert_eq!(customers_after(10.0, 2.0, 20.0, 0.0), None);
    }
}
