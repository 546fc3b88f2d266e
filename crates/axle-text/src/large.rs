//! The large tier: a second opinion on a text from MiniLM, its heads, and its copy for the mood. Slower than the small
//! tier by a hundred times, so it is asked about questions, documents and needs, in the background.

use axle_model::label::{Label, Labels};

use crate::features::{asked::asked, slots_of, with_tokens};
use crate::heads::{Heads, MOOD_NUMBERS, MOODS, softmax};
use crate::minilm::{self, MiniLm, MoodCopy, Vector};
use crate::tensors::{Bytes, ModelError};

/// The files of the large tier, as read from a disk.
pub struct Files<'a> {
    /// `minilm-l6-q8.safetensors`.
    pub model: Bytes,
    /// `minilm-vocab.txt`.
    pub vocabulary: &'a str,
    /// `heads-minilm-v2.safetensors`.
    pub heads: Bytes,
    /// `sentiment-minilm-q8.safetensors`.
    pub mood: Bytes,
}

/// The large tier; `Send + Sync`, about 35 MB.
pub struct LargeReader {
    model: MiniLm,
    heads: Heads,
    mood: MoodCopy,
}

/// What the small tier says of a text's mood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmallMood {
    /// Of negative, neutral, positive, with the sum 1, by the head.
    pub head: [f32; MOODS],
    /// VADER's compound score, -1 to 1.
    pub compound: f32,
}

/// What the large tier says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// Of each label, by its number, 0 to 1; 0 where there is no head.
    pub labels: [f32; Label::COUNT],
    /// The labels that reach the thresholds of their heads.
    pub decided: Labels,
    /// Of negative, neutral, positive, with the sum 1.
    pub mood: [f32; MOODS],
    /// The text's vector, of length 1.
    pub vector: Vector,
}

impl LargeReader {
    /// Reads the files. The error names the file, and what is wrong with it.
    pub fn load(files: Files<'_>) -> Result<Self, LoadError> {
        let told = |file| move |cause| LoadError { file, cause };
        let model = MiniLm::load(files.model, files.vocabulary).map_err(told("minilm-l6-q8.safetensors"))?;
        Ok(Self {
            heads: Heads::new(files.heads, "embed", minilm::WIDTH).map_err(told("heads-minilm"))?,
            mood: MoodCopy::load(files.mood, &model).map_err(told("sentiment-minilm-q8.safetensors"))?,
            model,
        })
    }

    /// The model alone, for vectors.
    pub fn model(&self) -> &MiniLm {
        &self.model
    }

    /// Reads a text. `small` is what the small tier says of its mood, which counts beside the copy; `None` leaves the mood to the
    /// copy.
    pub fn read(&self, text: &str, small: Option<SmallMood>) -> Opinion {
        let vector = self.model.embed(text);
        let (slots, asked) = with_tokens(text, |tokens| (slots_of(tokens), asked(tokens)));
        let labels = self.heads.probabilities(&slots, &asked, &vector, &[0.0; MOOD_NUMBERS]).labels;
        let decided = Label::ALL.into_iter().fold(Labels::default(), |decided, label| {
            let place = label as usize;
            decided.with(label, labels[place] >= self.heads.thresholds()[place])
        });
        let mood = self.mood.mood(text);
        Opinion { labels, decided, mood: small.map_or(mood, |small| weighed(mood, small)), vector }
    }
}

/// How much the head of the small tier weighs beside the copy, which weighs 1: both have learnt from the same texts, and the copy
/// better.
const HEAD: f32 = 0.5;
/// How many times likelier what VADER says is than what it does not say, as a logarithm. It knows no platform, so it is most of use
/// where a text is of none that the models have learnt from; weighed more, it takes away from those that they have.
const VADER: f32 = 0.5;
/// From this compound score on VADER says that a text is positive, from its negative on that it is negative.
const SAYS: f32 = 0.05;

/// Three opinions as one: logarithms weighed and added, and the sum 1 again. `training/voices.py` measures the weights.
fn weighed(copy: [f32; MOODS], small: SmallMood) -> [f32; MOODS] {
    let log = |share: f32| share.max(1e-9).ln();
    let said = usize::from(small.compound > -SAYS) + usize::from(small.compound >= SAYS);
    softmax(std::array::from_fn(|mood| {
        (log(copy[mood]) + HEAD * log(small.head[mood]) + if mood == said { VADER } else { 0.0 }) / (1.0 + HEAD)
    }))
}

/// A file of the large tier that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {cause}")]
pub struct LoadError {
    /// The file as it is named in the models' folder.
    pub file: &'static str,
    /// What is wrong with it.
    pub cause: ModelError,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minilm::tests::{bytes, vocabulary};
    use crate::test_vectors::vectors;

    fn reader() -> LargeReader {
        let vocabulary = vocabulary();
        LargeReader::load(Files {
            model: bytes("minilm-l6-q8.safetensors"),
            vocabulary: &vocabulary,
            heads: bytes("../crates/axle-text/tests/heads-minilm-v1.safetensors"),
            mood: bytes("sentiment-minilm-q8.safetensors"),
        })
        .unwrap()
    }

    #[test]
    fn texts_have_the_scores_of_the_reference() {
        let reader = reader();
        for expected in vectors().iter().filter(|expected| !expected.text.is_empty()) {
            let found = reader.read(&expected.text, None);
            for label in Label::ALL {
                let (found, expected) = (found.labels[label as usize], expected.heads_minilm_v1[label.name()]);
                assert!((found - expected).abs() < 1.5e-3, "{} {found} {expected}", label.name());
            }
            for (found, expected) in found.mood.iter().zip(expected.sentiment_minilm) {
                assert!((found - expected).abs() < 1.5e-3, "{} {found} {expected}", found);
            }
        }
        let question = reader.read("How do I rotate the API key without downtime?", None);
        assert!(question.decided.has(Label::Question) && !question.decided.has(Label::Bug));
    }

    #[test]
    fn texts_have_the_scores_that_training_computed() {
        let vocabulary = vocabulary();
        let reader = LargeReader::load(Files {
            model: bytes("minilm-l6-q8.safetensors"),
            vocabulary: &vocabulary,
            heads: bytes("heads-minilm-v2.safetensors"),
            mood: bytes("sentiment-minilm-q8.safetensors"),
        })
        .unwrap();
        for expected in crate::test_vectors::shipped() {
            let found = reader.read(&expected.text, None);
            for label in Label::ALL {
                let (found, told) = (found.labels[label as usize], expected.large[label.name()].as_f64().unwrap());
                assert!((f64::from(found) - told).abs() < 3e-3, "{} {} {found} {told}", expected.text, label.name());
            }
        }
    }

    /// By hand, where VADER is neutral: (0.5, 0.25 * e^0.5, 0.25) times the roots 0.6, 0.7, 0.387298 of what the head says are 0.3, 0.288526,
    /// 0.096825; to the power of 1 / 1.5 these are 0.448140, 0.436640, 0.210858, with the sum 1.095639.
    #[test]
    fn three_opinions_become_one() {
        let of = |compound| weighed([0.5, 0.25, 0.25], SmallMood { head: [0.36, 0.49, 0.15], compound });
        for (found, expected) in of(0.04).iter().zip([0.409022, 0.398526, 0.192452]) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        let surest = |compound| of(compound).iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!([-0.05, -0.04, 0.05].map(surest), [0, 0, 0], "the copy is sure");
        let unsure = |compound| weighed([0.34, 0.33, 0.33], SmallMood { head: [0.34, 0.33, 0.33], compound });
        let said = |compound| (0..3).max_by(|a, b| unsure(compound)[*a].total_cmp(&unsure(compound)[*b])).unwrap();
        assert_eq!([-0.05, -0.04, 0.04, 0.05].map(said), [0, 1, 1, 2]);
        let never = weighed([1.0, 0.0, 0.0], SmallMood { head: [0.0, 1.0, 0.0], compound: 1.0 });
        assert!(never.iter().all(|share| share.is_finite()));
    }

    #[test]
    fn a_file_in_the_place_of_another_is_told() {
        let vocabulary = vocabulary();
        let error = LargeReader::load(Files {
            model: bytes("minilm-l6-q8.safetensors"),
            vocabulary: &vocabulary,
            heads: bytes("../crates/axle-text/tests/heads-minilm-v1.safetensors"),
            mood: bytes("minilm-l6-q8.safetensors"),
        });
        let error = error.err().unwrap().to_string();
        assert!(error.ends_with("tensor head.bias of the model file: expected F32 [3], found nothing"), "{error}");
    }
}
