//! Linear heads: a score for each label, and for each mood, from a text's features and its vector.
//!
//! A head is logistic regression: the weights of the text's slots, summed and divided by the root of their number; plus
//! its weights times the vector; plus, for the mood, its weights times a few numbers; plus, for questions, the same of a
//! second hash of what tells whether a clause asks; plus a constant.

use axle_model::label::Label;
use serde_json::Value;

use crate::features::SLOTS;
use crate::features::asked::ASKED_SLOTS;
use crate::tensors::{Bytes, ModelError, Tensors};
use crate::vader::tones::TONES;

/// Numbers beside features and vector that the head of the mood sees: of VADER compound, positive, negative, neutral; how
/// many `!`; whether there is a `?`; characters up to 400, in 400; whether the compound is within 0.05 of 0. Then the tones
/// of the text's words. A head may see fewer of them: the first.
pub const MOOD_NUMBERS: usize = 8 + TONES;

/// Moods, in the order negative, neutral, positive.
pub const MOODS: usize = 3;

/// Outputs of a file at most; a slot's weights lie together, in one line of the processor's cache.
const MOST_OUTPUTS: usize = 16;

/// The heads of a file.
#[derive(Clone)]
pub struct Heads {
    /// For each slot, the weight for each output.
    slots: Vec<[i8; MOST_OUTPUTS]>,
    outputs: Vec<Output>,
    width: usize,
    /// The output of each label, if the file has a head for it.
    labels: [Option<usize>; Label::COUNT],
    thresholds: [f32; Label::COUNT],
    /// The first of the outputs for the mood.
    mood: Option<usize>,
}

/// One score.
#[derive(Clone)]
struct Output {
    scale: f32,
    vector: Vec<f32>,
    numbers: Vec<f32>,
    /// For each slot of what asks its weight, and what they are multiplied with; empty for most.
    asked: Vec<i8>,
    asked_scale: f32,
    bias: f32,
}

/// What the heads say of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probabilities {
    /// Of each label, by its number, 0 to 1; 0 where there is no head.
    pub labels: [f32; Label::COUNT],
    /// Of negative, neutral, positive, with the sum 1; `None` where there is no head.
    pub mood: Option<[f32; MOODS]>,
}

impl Heads {
    /// Reads the heads of a file, whose vectors are called `vector` and are `width` long.
    pub fn new(file: Bytes, vector: &str, width: usize) -> Result<Self, ModelError> {
        let tensors = Tensors::new(file)?;
        let told = tensors.metadata("heads").ok_or_else(|| ModelError::Damaged("it names no heads".into()))?;
        let told: Value =
            serde_json::from_str(told).map_err(|error| ModelError::Damaged(format!("its list of heads: {error}")))?;
        let mut heads = Self {
            slots: vec![[0; MOST_OUTPUTS]; SLOTS],
            outputs: Vec::new(),
            width,
            labels: [None; Label::COUNT],
            thresholds: [f32::INFINITY; Label::COUNT],
            mood: None,
        };
        for label in Label::ALL {
            if let Some(head) = told.get(label.name()) {
                let threshold = head.get("threshold").and_then(Value::as_f64).unwrap_or(0.5);
                heads.thresholds[label as usize] = threshold as f32;
                heads.labels[label as usize] = Some(heads.outputs.len());
                heads.add(&tensors, label.name(), vector, 1)?;
            }
        }
        if told.get("sentiment").is_some() {
            heads.mood = Some(heads.outputs.len());
            heads.add(&tensors, "sentiment", vector, MOODS)?;
        }
        Ok(heads)
    }

    fn add(&mut self, tensors: &Tensors, name: &str, vector: &str, count: usize) -> Result<(), ModelError> {
        let first = self.outputs.len();
        if first + count > MOST_OUTPUTS {
            return Err(ModelError::Damaged(format!("it has more than {MOST_OUTPUTS} outputs")));
        }
        let weights = tensors.slice(&format!("{name}.hash.q8"), "I8", &[count, SLOTS])?;
        let scales = tensors.floats(&format!("{name}.hash.s"), &[count])?;
        let vectors = tensors.floats(&format!("{name}.{vector}"), &[count, self.width])?;
        let biases = tensors.floats(&format!("{name}.bias"), &[count])?;
        let (dense, asked) = (format!("{name}.dense"), format!("{name}.asked.q8"));
        let seen = tensors.shape(&dense).and_then(|shape| shape.last().copied()).unwrap_or(0).min(MOOD_NUMBERS);
        let numbers = if tensors.has(&dense) { tensors.floats(&dense, &[count, seen])? } else { Vec::new() };
        let (asked, asked_scales) = if tensors.has(&asked) {
            let scales = tensors.floats(&format!("{name}.asked.s"), &[count])?;
            (tensors.slice(&asked, "I8", &[count, ASKED_SLOTS])?.get().to_vec(), scales)
        } else {
            (Vec::new(), vec![0.0; count])
        };
        for number in 0..count {
            for (slot, weight) in self.slots.iter_mut().zip(&weights.get()[number * SLOTS..]) {
                slot[first + number] = weight.cast_signed();
            }
            let asked = asked.chunks(ASKED_SLOTS).nth(number).unwrap_or_default();
            self.outputs.push(Output {
                scale: scales[number],
                vector: vectors[number * self.width..(number + 1) * self.width].to_vec(),
                numbers: numbers.chunks(seen.max(1)).nth(number).unwrap_or_default().to_vec(),
                asked: asked.iter().map(|weight| weight.cast_signed()).collect(),
                asked_scale: asked_scales[number],
                bias: biases[number],
            });
        }
        Ok(())
    }

    /// A number that differs when any weight does (FNV-1a of all of them).
    pub(crate) fn fingerprint(&self) -> u64 {
        let slots = self.slots.iter().flatten().map(|weight| weight.to_le_bytes()[0]);
        let floats =
            |output: &Output| [output.vector.as_slice(), &output.numbers, &[output.scale, output.bias]].concat();
        let outputs = self.outputs.iter().flat_map(floats).chain(self.thresholds).flat_map(f32::to_le_bytes);
        let asked = self.outputs.iter().flat_map(|output| {
            let scale = output.asked_scale.to_le_bytes();
            output.asked.iter().map(|weight| weight.to_le_bytes()[0]).chain(scale)
        });
        fnv(slots.chain(outputs).chain(asked))
    }

    /// The outputs of a label, or of the moods (`None`), and the size of a step of each one's slot weights.
    pub(crate) fn steps(&self, label: Option<Label>) -> Vec<(usize, f32)> {
        let outputs = match label {
            Some(label) => self.labels[label as usize].map(|first| first..first + 1),
            None => self.mood.map(|first| first..first + MOODS),
        };
        outputs.into_iter().flatten().map(|output| (output, self.outputs[output].scale)).collect()
    }

    /// Adds to an output's weights: whole steps to those of slots, which stay within an `i8`; the rest as it is.
    pub(crate) fn add_to(&mut self, output: usize, slots: &[(u16, i8)], vector: &[f32], bias: f32) {
        for (slot, steps) in slots {
            let weight = &mut self.slots[usize::from(*slot)][output];
            *weight = weight.saturating_add(*steps);
        }
        let output = &mut self.outputs[output];
        for (weight, more) in output.vector.iter_mut().zip(vector) {
            *weight += more;
        }
        output.bias += bias;
    }

    /// The score from which on a label holds, by its number; infinite where there is no head.
    pub fn thresholds(&self) -> &[f32; Label::COUNT] {
        &self.thresholds
    }

    /// How much a phrase of this slot and vector speaks for a label; 0 where there is no head.
    pub(crate) fn speaks_for(&self, label: Label, slot: u16, vector: &[f32]) -> f32 {
        let Some(output) = self.labels[label as usize] else { return 0.0 };
        let weight = f32::from(self.slots[usize::from(slot)][output]);
        let output = &self.outputs[output];
        // A text of usual length has about a hundred slots.
        weight * output.scale * 0.1 + dot(&output.vector, vector)
    }

    /// The probabilities for a text with these slots, slots of what asks, vector, and numbers for the mood. A vector of
    /// another width is cut or filled up with zeros.
    pub fn probabilities(
        &self,
        slots: &[u16],
        asked: &[u16],
        vector: &[f32],
        numbers: &[f32; MOOD_NUMBERS],
    ) -> Probabilities {
        let mut sums = [0_i32; MOST_OUTPUTS];
        for slot in slots {
            for (sum, weight) in sums.iter_mut().zip(&self.slots[usize::from(*slot)]) {
                *sum += i32::from(*weight);
            }
        }
        let share = 1.0 / (slots.len().max(1) as f32).sqrt();
        let mut scores = [0.0; MOST_OUTPUTS];
        for ((score, sum), output) in scores.iter_mut().zip(sums).zip(&self.outputs) {
            let numbers = dot(&output.numbers, numbers);
            let asked = output.asks(asked);
            *score = sum as f32 * output.scale * share + dot(&output.vector, vector) + numbers + asked + output.bias;
        }
        let sigmoid = |score: f32| 1.0 / (1.0 + (-score).exp());
        Probabilities {
            labels: self.labels.map(|output| output.map_or(0.0, |output| sigmoid(scores[output]))),
            mood: self.mood.map(|first| softmax([scores[first], scores[first + 1], scores[first + 2]])),
        }
    }
}

/// FNV-1a.
pub(crate) fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

impl Output {
    /// What the slots of what asks add to the score.
    fn asks(&self, slots: &[u16]) -> f32 {
        if self.asked.is_empty() || slots.is_empty() {
            return 0.0;
        }
        let weight = |slot: &u16| self.asked.get(usize::from(*slot)).map_or(0, |weight| i32::from(*weight));
        slots.iter().map(weight).sum::<i32>() as f32 * self.asked_scale / (slots.len() as f32).sqrt()
    }
}

/// The sum of the products, in eight lanes so that the processor does them at once.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, rest), (b, others)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().zip(others).map(|(a, b)| a * b).sum::<f32>()
}

pub(crate) fn softmax<const N: usize>(scores: [f32; N]) -> [f32; N] {
    let greatest = scores.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let powers = scores.map(|score| (score - greatest).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{slots, with_tokens};
    use crate::reader::mood_numbers;
    use crate::static_table::{StaticTable, WIDTH};
    use crate::test_vectors::vectors;
    use crate::vader::Vader;

    #[test]
    fn texts_have_the_scores_of_the_reference() {
        let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/heads-v1.safetensors")).unwrap();
        let heads = Heads::new(Bytes::Shared(file.into()), "static", WIDTH).unwrap();
        let table = StaticTable::built_in();
        let vader = Vader::new();
        for expected in vectors() {
            let numbers = with_tokens(&expected.text, |tokens| mood_numbers(&vader, &expected.text, tokens));
            let found = heads.probabilities(&slots(&expected.text), &[], &table.vector(&expected.text), &numbers);
            let mood: [f32; MOODS] = serde_json::from_value(expected.heads_v1["sentiment"].clone()).unwrap();
            for (found, expected) in found.mood.unwrap().iter().zip(mood) {
                assert!((found - expected).abs() < 1.5e-4, "mood {found} {expected}");
            }
            for label in Label::ALL {
                let (found, expected) =
                    (found.labels[label as usize], expected.heads_v1[label.name()].as_f64().unwrap());
                assert!((f64::from(found) - expected).abs() < 1.5e-4, "{} {found} {expected}", label.name());
            }
        }
    }

    #[test]
    fn a_head_that_is_not_of_the_shape_is_told() {
        let file = Bytes::Static(include_bytes!("../models/static-256.safetensors"));
        let error = Heads::new(file, "static", WIDTH).err().unwrap().to_string();
        assert_eq!(error, "the model file is damaged: it names no heads");
    }
}
