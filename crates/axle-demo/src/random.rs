//! Seeded chance: one stream per part and per person, so that adding a part leaves the others as they were.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A sequence of random numbers.
pub type Stream = ChaCha8Rng;

/// The stream of one `part`, or of one thing (`number`) inside it.
pub fn stream(seed: u64, part: &str, number: u64) -> Stream {
    let mut state = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in part.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    Stream::seed_from_u64(mix(state ^ mix(number)))
}

/// Spreads the bits of a number (the finalizer of SplitMix64).
pub fn mix(mut state: u64) -> u64 {
    state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// One of them. Panics when there is none.
pub fn pick<T: Copy>(rng: &mut Stream, items: &[T]) -> T {
    items[rng.random_range(0..items.len() as u64) as usize]
}

/// Whether something of that probability happens.
pub fn chance(rng: &mut Stream, probability: f64) -> bool {
    rng.random::<f64>() < probability
}

/// Evenly between `low` and `high`.
pub fn between(rng: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A whole number from `low` to `high`, both included.
pub fn whole(rng: &mut Stream, low: i64, high: i64) -> i64 {
    rng.random_range(low..=high)
}

/// Index of one weight, by weight. 0 when all are zero.
pub fn weighted(rng: &mut Stream, weights: &[f64]) -> usize {
    let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
    for (index, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    0
}

/// Exponential with that mean.
pub fn exponential(rng: &mut Stream, mean: f64) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}

/// Standard normal.
pub fn normal(rng: &mut Stream) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Log-normal: half of the values lie below `median`; a larger `sigma` has the longer tail.
pub fn lognormal(rng: &mut Stream, median: f64, sigma: f64) -> f64 {
    median * (sigma * normal(rng)).exp()
}

/// Pareto with the given least value and tail, cut off at `most`.
pub fn pareto(rng: &mut Stream, least: f64, tail: f64, most: f64) -> f64 {
    (least * (1.0 - rng.random::<f64>()).powf(-1.0 / tail)).min(most)
}

/// A count whose mean is `mean`.
pub fn poisson(rng: &mut Stream, mean: f64) -> u32 {
    if mean > 30.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u32;
    }
    let (limit, mut product, mut count) = ((-mean).exp(), rng.random::<f64>(), 0);
    while product > limit {
        product *= rng.random::<f64>();
        count += 1;
    }
    count
}

/// A count whose mean is itself exponential: mostly little, now and then a lot.
pub fn clumped(rng: &mut Stream, mean: f64) -> u32 {
    let mean = exponential(rng, mean);
    poisson(rng, mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_seed_part_and_number_only() {
        let first = |seed, part, number| stream(seed, part, number).random::<u64>();
        assert_eq!(first(1, "chat", 0), first(1, "chat", 0));
        assert_ne!(first(1, "chat", 0), first(2, "chat", 0));
        assert_ne!(first(1, "chat", 0), first(1, "forum", 0));
        assert_ne!(first(1, "chat", 0), first(1, "chat", 1));
    }

    #[test]
    fn counts_have_the_mean_asked_for() {
        let mut rng = stream(7, "test", 0);
        for mean in [0.3, 4.0, 80.0] {
            let total: u32 = (0..4000).map(|_| poisson(&mut rng, mean)).sum();
            let found = f64::from(total) / 4000.0;
            assert!((found - mean).abs() < 0.1 * mean, "{found} instead of {mean}");
        }
    }

    #[test]
    fn weights_decide_how_often_an_index_comes() {
        let mut rng = stream(7, "test", 1);
        let mut seen = [0; 3];
        for _ in 0..3000 {
            seen[weighted(&mut rng, &[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!(seen[2] > 2 * seen[0]);
    }
}
