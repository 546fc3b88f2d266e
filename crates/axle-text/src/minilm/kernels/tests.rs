//! All kernels agree with the plain one, to the bit.

use proptest::prelude::*;

use super::*;

fn rows(width: usize) -> impl Strategy<Value = Vec<f32>> {
    (1..20_usize).prop_flat_map(move |rows| prop::collection::vec(-30.0_f32..30.0, rows * width))
}

fn weights(inputs: usize, outputs: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), inputs * outputs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// All kernels give the same bits, and what multiplication in 64 bits gives within the rounding of the inputs.
    #[test]
    fn kernels_agree_on_products(rows in rows(64), bytes in weights(64, 32)) {
        let weights = Weights::pack(&bytes, 64, vec![0.01; 32], vec![0.5; 32]);
        let count = rows.len() / 64;
        let mut results = Vec::new();
        for kernel in Kernel::all() {
            let (mut rounded, mut out) = (Rounded::default(), vec![0.0; count * 32]);
            kernel.round(&rows, 64, &mut rounded);
            kernel.multiply(&rounded, &weights, &mut out);
            results.push(out);
        }
        for result in &results[1..] {
            prop_assert_eq!(result, &results[0]);
        }
        for (row, out) in rows.chunks(64).zip(results[0].chunks(32)) {
            for (weights, out) in bytes.chunks(64).zip(out) {
                let sum: f64 = row.iter().zip(weights).map(|(x, w)| f64::from(*x) * f64::from(w.cast_signed())).sum();
                // Each of 64 inputs is off by half a step, 30 / 8191 / 2 at most, times a weight of 128 at most.
                let slack = 64.0 * 30.0 / 8191.0 / 2.0 * 128.0 * 0.01 + 1e-3;
                prop_assert!((sum * 0.01 + 0.5 - f64::from(*out)).abs() < slack);
            }
        }
    }

    #[test]
    fn kernels_agree_on_functions(rows in rows(64), more in prop::collection::vec(-3.0_f32..3.0, 20 * 64)) {
        let mut results = Vec::new();
        for kernel in Kernel::all() {
            let mut normal = rows.clone();
            kernel.add_and_normalise(&mut normal, &more[..rows.len()], &[1.5; 64], &[0.1; 64]);
            let mut bent = rows.clone();
            kernel.gelu(&mut bent);
            let mixed = [&rows[..], &more[..]].concat();
            let count = mixed.len() / 192;
            let mut attended = vec![0.0; count * 64];
            kernel.attend(&mixed[..count * 192], 64, &mut attended);
            results.push((normal, bent, attended));
        }
        for result in &results[1..] {
            prop_assert_eq!(result, &results[0]);
        }
    }
}

/// The greatest sums that there can be fit into 32 bits.
#[test]
fn sums_do_not_overflow() {
    let weights = Weights::pack(&vec![0x80; 1536 * LANES], 1536, vec![1.0; LANES], vec![0.0; LANES]);
    for kernel in Kernel::all() {
        let (mut rounded, mut out) = (Rounded::default(), vec![0.0; LANES]);
        kernel.round(&[-2.0; 1536], 1536, &mut rounded);
        kernel.multiply(&rounded, &weights, &mut out);
        assert!(out.iter().all(|sum| (sum - 1536.0 * 128.0 * 2.0).abs() < 1.0), "{kernel:?} {out:?}");
    }
}

/// Expected from Python: `math.erf`, `math.exp`.
#[test]
fn functions_are_near_the_true_ones() {
    for (x, expected) in [
        (-3.5, -0.999_999_256_9),
        (-1.0, -0.842_700_792_9),
        (-0.1, -0.112_462_916_0),
        (0.0, 0.0),
        (0.5, 0.520_499_877_8),
        (2.0, 0.995_322_265_0),
        (9.0, 1.0),
    ] {
        let expected: f64 = expected;
        assert!((f64::from(erf(x)) - expected).abs() < 5e-7, "erf {x}: {}", erf(x));
    }
    for (x, expected) in [
        (0.0, 1.0),
        (-0.3, 0.740_818_220_7),
        (-1.0, 0.367_879_441_2),
        (-10.0, 4.539_992_98e-5),
        (-80.0, 1.804_851_39e-35),
    ] {
        let expected: f64 = expected;
        assert!((f64::from(exp(x)) / expected - 1.0).abs() < 1e-6, "exp {x}: {}", exp(x));
    }
    assert!(exp(-1e30) < 1e-37);
}

/// A row with one token attends to itself alone; worked out by hand for two.
#[test]
fn attention_is_an_average_of_values() {
    let mut mixed = vec![0.0; 2 * 3 * HEAD];
    mixed[2 * HEAD..3 * HEAD].fill(1.0);
    mixed[5 * HEAD..].fill(3.0);
    // The first query is (sqrt 32, 0, ...), the second key (ln 3, 0, ...): shares 1 / 4 and 3 / 4.
    mixed[0] = 32.0_f32.sqrt();
    mixed[4 * HEAD] = 3.0_f32.ln();
    for kernel in Kernel::all() {
        let mut out = vec![0.0; 2 * HEAD];
        kernel.attend(&mixed, HEAD, &mut out);
        assert!(out[..HEAD].iter().all(|value| (value - 2.5).abs() < 1e-5), "{out:?}");
        assert!(out[HEAD..].iter().all(|value| (value - 2.0).abs() < 1e-5), "{out:?}");
    }
}

#[test]
fn numbers_that_are_none_do_no_harm() {
    let weights = Weights::pack(&[1; 32 * LANES], 32, vec![1.0; LANES], vec![0.0; LANES]);
    for number in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 0.0] {
        for kernel in Kernel::all() {
            let (mut rounded, mut out) = (Rounded::default(), vec![0.0; LANES]);
            kernel.round(&[number; 32], 32, &mut rounded);
            kernel.multiply(&rounded, &weights, &mut out);
            let mut attended = vec![0.0; HEAD];
            kernel.attend(&[number; 3 * HEAD], HEAD, &mut attended);
        }
    }
}
