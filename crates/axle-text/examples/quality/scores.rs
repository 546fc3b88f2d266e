//! The figures: precision and recall, average precision, macro-F1.

/// How often something was said and held.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Counts {
    /// Of pairs of what was said and what holds.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for (said, holds) in pairs {
            counts.right += usize::from(said && holds);
            counts.wrong += usize::from(said && !holds);
            counts.missed += usize::from(!said && holds);
        }
        counts
    }

    /// Counted already.
    pub fn new(right: usize, wrong: usize, missed: usize) -> Self {
        Self { right, wrong, missed }
    }

    /// Of what was said, the share that holds.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of what holds, the share that was said.
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// The harmonic mean of the two.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

/// A part of a whole; 0 of nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The mean of precision at each step of recall, as scikit-learn has it: equal scores are one step.
pub fn average_precision(mut scored: Vec<(f32, bool)>) -> f64 {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all = scored.iter().filter(|(_, holds)| *holds).count();
    let (mut seen, mut right, mut sum) = (0, 0, 0.0);
    for step in scored.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let found = step.iter().filter(|(_, holds)| *holds).count();
        seen += step.len();
        right += found;
        sum += found as f64 * share(right, seen);
    }
    sum / all.max(1) as f64
}

/// The mean F1 over the classes that occur, of pairs of what was said and what holds.
pub fn macro_f1<T: PartialEq + Copy>(classes: &[T], pairs: &[(T, T)]) -> f64 {
    let occur: Vec<T> = classes.iter().copied().filter(|class| pairs.iter().any(|(_, holds)| holds == class)).collect();
    let f1 = |class: T| Counts::of(pairs.iter().map(|(said, holds)| (*said == class, *holds == class))).f1();
    occur.iter().map(|class| f1(*class)).sum::<f64>() / occur.len().max(1) as f64
}
