//! Random numbers from a seed (SplitMix64), and the shipped definitions, for the examples.
#![allow(dead_code, reason = "each example uses some of it")]

pub mod champions;
pub mod company;
pub mod contest;

use std::path::Path;

use axle_flywheel::Definition;

/// A stream of random numbers.
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed and a number within it.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    /// 64 random bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often.
    pub fn luck(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Between two numbers.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.share()
    }

    /// A whole number from 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// How often something rare happens that happens `mean` times on average.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.share(), 0);
        while product > limit {
            product *= self.share();
            count += 1;
        }
        count
    }
}

/// The shipped definitions.
pub fn definitions() -> Vec<Definition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flywheels");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let read = paths.iter().map(|path| {
        let text = std::fs::read_to_string(path).expect("a definition");
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        Definition::parse(id, &text).unwrap_or_else(|error| panic!("{error}"))
    });
    read.collect()
}
