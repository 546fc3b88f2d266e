//! Weights as seen here: expectation and maximization over the pairs that share a key, starting from the defaults.

use rayon::prelude::*;

use crate::compare::Comparison;
use crate::handles::HandleLevel;
use crate::names::NameLevel;
use crate::resolver::{Pair, Resolver};
use crate::weights::{Weights, probability};

/// More pairs than this say nothing new: every so-manieth is taken.
const PAIRS: usize = 200_000;
/// The defaults count as much as so many pairs that are surely one person.
const DEFAULTS_COUNT: f64 = 100.0;
const ROUNDS: usize = 8;

impl Resolver {
    /// Moves the weights of names and handles, and how many accounts a person has, towards what is seen here. Nobody
    /// need have decided anything (Winkler 1988: EM with the chances among strangers held fixed).
    pub fn estimate(&mut self) {
        self.estimate_from(&self.candidates());
    }

    /// [`Resolver::estimate`], then [`Resolver::pairs`]: quicker than one after the other, since both look for whom to
    /// compare.
    pub fn estimate_and_pairs(&mut self) -> Vec<Pair> {
        let candidates = self.candidates();
        self.estimate_from(&candidates);
        self.pairs_among(&candidates)
    }

    fn estimate_from(&mut self, candidates: &[(u32, u32)]) {
        let share = (PAIRS as f64 / candidates.len().max(1) as f64).min(1.0);
        let step = (1.0 / share).round().max(1.0) as usize;
        let people = self.register.people;
        let compared: Vec<Comparison> =
            candidates.par_iter().step_by(step).map(|(a, b)| self.compare(*a, *b)).collect();
        let mut weights = self.settings.weights;
        for _ in 0..ROUNDS {
            let seen = expected(&compared, &weights, people);
            weights = maximized(&seen, step as f64, people);
        }
        self.settings.weights = weights;
    }
}

/// How many pairs are one person, and at which levels these agree.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    pairs: f64,
    /// Same, variant, typo, partial, anything else.
    names: [f64; 5],
    /// Same, near, of name, different.
    handles: [f64; 4],
}

impl Seen {
    fn plus(self, other: Self) -> Self {
        let mut sum = self;
        sum.pairs += other.pairs;
        sum.names.iter_mut().zip(other.names).for_each(|(sum, more)| *sum += more);
        sum.handles.iter_mut().zip(other.handles).for_each(|(sum, more)| *sum += more);
        sum
    }
}

fn expected(compared: &[Comparison], weights: &Weights, people: u32) -> Seen {
    // Added up in one order, whatever the number of cores: the last digits must not change from run to run.
    let pieces = compared
        .par_chunks(4096)
        .map(|piece| piece.iter().map(|one| seen(one, weights, people)).fold(Seen::default(), Seen::plus));
    pieces.collect::<Vec<_>>().into_iter().fold(Seen::default(), Seen::plus)
}

fn seen(comparison: &Comparison, weights: &Weights, people: u32) -> Seen {
    let share = probability(weights.log_odds(comparison, people));
    let mut seen = Seen { pairs: share, ..Seen::default() };
    match comparison.name.level {
        NameLevel::Same => seen.names[0] += share,
        NameLevel::Variant => seen.names[1] += share,
        NameLevel::Typo => seen.names[2] += share,
        NameLevel::Partial => seen.names[3] += share,
        NameLevel::SharedWord | NameLevel::Loose | NameLevel::Different => seen.names[4] += share,
        NameLevel::Missing => {}
    }
    match comparison.handle.level {
        HandleLevel::Same | HandleLevel::SameOfName(_) => seen.handles[0] += share,
        HandleLevel::Near => seen.handles[1] += share,
        HandleLevel::OfName => seen.handles[2] += share,
        HandleLevel::Different => seen.handles[3] += share,
        // Too few are sure by it to learn from.
        HandleLevel::HoldsName | HandleLevel::Missing => {}
    }
    seen
}

fn maximized(seen: &Seen, step: f64, people: u32) -> Weights {
    let defaults = Weights::default();
    let mixed = |seen: f64, all: f64, default: f64| (seen + DEFAULTS_COUNT * default) / (all + DEFAULTS_COUNT);
    let names: f64 = seen.names.iter().sum();
    let handles: f64 = seen.handles.iter().sum();
    let people = f64::from(people.max(50));
    Weights {
        // Pairs are counted once, partners on both sides.
        partners: ((2.0 * seen.pairs * step + DEFAULTS_COUNT * defaults.partners) / (people + DEFAULTS_COUNT))
            .clamp(0.05, 2.0),
        name_same: mixed(seen.names[0], names, defaults.name_same),
        name_variant: mixed(seen.names[1], names, defaults.name_variant),
        name_typo: mixed(seen.names[2], names, defaults.name_typo),
        name_partial: mixed(seen.names[3], names, defaults.name_partial),
        name_different: mixed(seen.names[4], names, defaults.name_different),
        handle_same: mixed(seen.handles[0], handles, defaults.handle_same),
        handle_near: mixed(seen.handles[1], handles, defaults.handle_near),
        handle_of_name: mixed(seen.handles[2], handles, defaults.handle_of_name),
        handle_different: mixed(seen.handles[3], handles, defaults.handle_different),
        ..defaults
    }
}
