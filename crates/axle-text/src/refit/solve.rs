//! Logistic regression that starts at a head's own scores: what is added to its weights, found by stochastic dual
//! coordinate ascent (Shalev-Shwartz and Zhang, JMLR 14, 2013, "Option V"), which needs no step size.

use crate::features::SLOTS;
use crate::static_table::{Vector, WIDTH};

/// A text as the solver sees it, with `K` outputs: 1 for a label, 3 for the moods.
#[derive(Clone, Copy)]
pub(super) struct Row<'a, const K: usize> {
    pub(super) slots: &'a [u16],
    pub(super) vector: &'a Vector,
    /// What the head says before: the logit of a label, the logarithms of the moods' probabilities.
    pub(super) before: [f32; K],
    /// What it should say: probabilities.
    pub(super) target: [f32; K],
    /// How much it counts, 0 and more.
    pub(super) weight: f32,
}

/// What is added to a head's weights.
#[derive(Clone)]
pub(super) struct Added<const K: usize> {
    /// By slot.
    pub(super) slots: Vec<[f32; K]>,
    pub(super) vector: Vec<[f32; K]>,
    pub(super) bias: [f32; K],
}

/// Slots learn faster than the vector, which generalises better: as in training.
const SLOT_SCALE: f32 = 3.0;

/// Strength of the pull back to the head's own weights, beside the summed loss. The greater, the more texts it takes.
const PENALTY: f32 = 1.0;

/// Passes over all texts; the distance to the optimum is far below a step of the stored weights then.
const PASSES: usize = 30;

/// Finds what to add so that the weighted sum of cross entropies plus `PENALTY / 2` times the squares of all that is
/// added is least. Deterministic for a seed, in time in proportion to the texts.
pub(super) fn solve<const K: usize>(rows: &[Row<'_, K>], seed: u64) -> Added<K> {
    let mut added = Added { slots: vec![[0.0; K]; SLOTS], vector: vec![[0.0; K]; WIDTH], bias: [0.0; K] };
    // What each text's probabilities are taken for; the dual variables are `weight * (target - said)`.
    let mut said: Vec<[f32; K]> = rows.iter().map(|row| row.target).collect();
    let smoothness = if K == 1 { 4.0 } else { 2.0 };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut numbers = Numbers(seed);
    for _ in 0..PASSES {
        for last in (1..order.len()).rev() {
            order.swap(last, numbers.below(last + 1));
        }
        for &index in &order {
            let row = &rows[index];
            let length = SLOT_SCALE * SLOT_SCALE + row.vector.iter().map(|value| value * value).sum::<f32>() + 1.0;
            let share = smoothness / (smoothness + row.weight * length / PENALTY);
            let now = probabilities(added.scores(row));
            let mut step = [0.0; K];
            for ((step, said), now) in step.iter_mut().zip(&mut said[index]).zip(now) {
                let change = share * (now - *said);
                *said += change;
                *step = -row.weight * change / PENALTY;
            }
            added.take(row, step);
        }
    }
    added
}

impl<const K: usize> Added<K> {
    /// The scores of a text with what is added.
    pub(super) fn scores(&self, row: &Row<'_, K>) -> [f32; K] {
        let mut sums = [0.0; K];
        for slot in row.slots {
            for (sum, weight) in sums.iter_mut().zip(&self.slots[usize::from(*slot)]) {
                *sum += weight;
            }
        }
        let share = share(row.slots);
        let mut scores: [f32; K] = std::array::from_fn(|k| row.before[k] + sums[k] * share + self.bias[k]);
        for (value, weights) in row.vector.iter().zip(&self.vector) {
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += value * weight;
            }
        }
        scores
    }

    fn take(&mut self, row: &Row<'_, K>, step: [f32; K]) {
        let share = SLOT_SCALE * SLOT_SCALE * share(row.slots);
        for slot in row.slots {
            for (weight, step) in self.slots[usize::from(*slot)].iter_mut().zip(step) {
                *weight += step * share;
            }
        }
        for (value, weights) in row.vector.iter().zip(&mut self.vector) {
            for (weight, step) in weights.iter_mut().zip(step) {
                *weight += value * step;
            }
        }
        for (bias, step) in self.bias.iter_mut().zip(step) {
            *bias += step;
        }
    }
}

/// As heads weigh slots: by the root of their number.
fn share(slots: &[u16]) -> f32 {
    1.0 / (slots.len().max(1) as f32).sqrt()
}

/// One score as the probability of yes, several as those of a choice.
pub(super) fn probabilities<const K: usize>(scores: [f32; K]) -> [f32; K] {
    if K == 1 { scores.map(|score| 1.0 / (1.0 + (-score).exp())) } else { crate::heads::softmax(scores) }
}

/// A small generator of numbers (splitmix64): the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const K: usize>(slots: &[u16], before: [f32; K], target: [f32; K], weight: f32) -> Row<'_, K> {
        Row { slots, vector: &[0.0; WIDTH], before, target, weight }
    }

    /// One text, one slot: what is added to the score, x, holds x = (9 + 1) * (1 - sigmoid(x)), since the slot counts 9
    /// and the bias 1. By bisection elsewhere: 1.6335.
    #[test]
    fn one_text_is_at_the_optimum() {
        let rows = [row(&[7], [0.0], [1.0], 1.0)];
        let added = solve(&rows, 1);
        let [score] = added.scores(&rows[0]);
        assert!((score - 1.6335).abs() < 2e-3, "{score}");
        assert!((added.slots[7][0] - 0.9 * score).abs() < 1e-4 && (added.bias[0] - 0.1 * score).abs() < 1e-4);
        assert!(added.slots.iter().enumerate().all(|(slot, weight)| slot == 7 || weight[0] == 0.0));
    }

    #[test]
    fn what_is_right_already_stays() {
        let rows = [row(&[1, 2], [4.0], [1.0], 1.0), row(&[1, 3], [-4.0], [0.0], 1.0)];
        let added = solve(&rows, 1);
        assert!(added.scores(&rows[0])[0] - 4.0 < 0.2 && added.slots[1][0].abs() < 0.05);
    }

    /// The optimum does not depend on the order of the passes.
    #[test]
    fn seeds_agree() {
        let slots: Vec<[u16; 3]> = (0..40).map(|text| [text % 3, 10 + text % 7, 100 + text]).collect();
        let target = |text: usize| std::array::from_fn(|mood| f32::from(u8::from(text % 3 == mood)));
        let rows: Vec<Row<'_, 3>> =
            (0..40).map(|text| row(&slots[text], [0.1, 0.5, -0.3], target(text), 1.0)).collect();
        let (one, other) = (solve(&rows, 1), solve(&rows, 2));
        for row in &rows {
            for (a, b) in one.scores(row).iter().zip(other.scores(row)) {
                assert!((a - b).abs() < 0.02, "{a} {b}");
            }
        }
    }
}
