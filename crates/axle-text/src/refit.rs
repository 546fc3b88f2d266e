//! A workspace's own heads: what people corrected changes the shipped weights a little, head by head, and only where texts
//! that were held out are read better by it, by more than luck.

mod judge;
mod solve;
#[cfg(test)]
mod tests;

use axle_model::label::{Label, Labels, Sentiment};
use serde::{Deserialize, Serialize};

use crate::features::SLOTS;
use crate::heads::{Heads, MOODS, fnv};
use crate::reader::{Reader, Seen, Text};
use crate::static_table::WIDTH;
use crate::tensors::ModelError;
use judge::Case;
pub use judge::{LEAST_EXAMPLES, Report, Score};
use solve::{Added, Row, probabilities, solve};

/// A text with what people say of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Example<'a> {
    /// The words.
    pub text: Text<'a>,
    /// For each label, by its number, a person's yes or no. `None`: nobody said anything, so the shipped head is taken to be
    /// right, with less weight. Texts without any word of a person belong among the examples too: a few hundred keep the
    /// heads from changing what nobody complained of, and say how often a label holds.
    pub said: [Option<bool>; Label::COUNT],
    /// The mood that a person says; unknown is none.
    pub mood: Option<Sentiment>,
}

/// More examples are not learnt from: the last ones count.
const MOST_EXAMPLES: usize = 20_000;

/// Parts of the examples, by a hash of their words: each is held out once while the others are learnt from.
const FOLDS: u64 = 5;

/// How much a text counts that nobody said anything of, where a person's word counts about 1.
const UNSAID_WEIGHT: f32 = 0.3;

/// The rarer kind of a head's examples counts up to so many times, the commoner one down to so much of a text.
const MOST_WEIGHT: f32 = 3.0;
const LEAST_WEIGHT: f32 = 0.5;

/// Steps of stored weights of vectors and biases in 1.
const STEPS: f32 = 1024.0;

/// What corrections change in the shipped heads. Whole numbers only, so that it is the same after any writing and reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refit {
    /// Fingerprint of the heads that it was made for.
    base: u64,
    changes: Vec<Change>,
    /// Every head with examples: how it read before and after, and whether it was taken.
    pub reports: Vec<Report>,
}

/// What is added to one output's weights. A threshold stays as it is: scores move instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Change {
    /// `None` for a mood.
    label: Option<Label>,
    /// Which of the moods; 0 for a label.
    number: usize,
    /// Slots with what is added in steps of the output's stored weights.
    slots: Vec<(u16, i8)>,
    /// In steps of 1/1024.
    vector: Vec<i16>,
    bias: i32,
}

/// Refits the heads of a reader that ships (not of one that was refitted). Deterministic for the examples in their order
/// and a seed; 2,000 with a word for each head take one to three seconds of one core.
pub fn refit(reader: &Reader, examples: &[Example<'_>], seed: u64) -> Refit {
    let examples = &examples[examples.len().saturating_sub(MOST_EXAMPLES)..];
    let has_words = examples.iter().any(|example| example.mood.is_some() || example.said.iter().any(Option::is_some));
    let mut refit = Refit { base: reader.heads().fingerprint(), changes: Vec::new(), reports: Vec::new() };
    if !has_words {
        return refit;
    }
    let (seen, examples): (Vec<Seen>, Vec<&Example<'_>>) =
        examples.iter().filter_map(|example| Some((reader.seen(&example.text)?, example))).unzip();
    let folds: Vec<u64> = seen.iter().map(|seen| fold(&seen.words, seed)).collect();
    for label in Label::ALL {
        let texts: Vec<Told<'_, 1>> = seen
            .iter()
            .zip(&examples)
            .zip(&folds)
            .map(|((seen, example), fold)| {
                let probability = seen.found.labels[label as usize].clamp(1e-6, 1.0 - 1e-6);
                let said = example.said[label as usize];
                let before = [(probability / (1.0 - probability)).ln()];
                Told { seen, fold: *fold, before, unsaid: [probability], said: said.map(usize::from) }
            })
            .collect();
        let threshold = reader.heads().thresholds()[label as usize];
        refit.head(reader.heads(), Some(label), &texts, |[yes]| usize::from(yes >= threshold), seed);
    }
    let texts: Vec<Told<'_, MOODS>> = seen
        .iter()
        .zip(&examples)
        .zip(&folds)
        .filter(|((seen, _), _)| seen.has_mood)
        .filter_map(|((seen, example), fold)| {
            let unsaid = seen.found.mood?.map(|share| share.max(1e-6));
            let said = example.mood.filter(|mood| *mood != Sentiment::Unknown).map(|mood| mood as usize);
            Some(Told { seen, fold: *fold, before: unsaid.map(f32::ln), unsaid, said })
        })
        .collect();
    refit.head(reader.heads(), None, &texts, greatest, seed);
    refit
}

/// One text for one head.
struct Told<'a, const K: usize> {
    seen: &'a Seen,
    fold: u64,
    before: [f32; K],
    /// The probabilities that the shipped head gives.
    unsaid: [f32; K],
    /// A person's word: 0 for no and 1 for yes, or a mood's number.
    said: Option<usize>,
}

impl<const K: usize> Told<'_, K> {
    /// `weights`: of each kind.
    fn row(&self, weights: &[f32]) -> Row<'_, K> {
        let target = match self.said {
            Some(kind) if K == 1 => [kind as f32; K],
            Some(kind) => std::array::from_fn(|k| f32::from(u8::from(k == kind))),
            None => self.unsaid,
        };
        let weight = self.said.map_or(UNSAID_WEIGHT, |kind| weights[kind]);
        Row { slots: &self.seen.slots, vector: &self.seen.vector, before: self.before, target, weight }
    }
}

impl Refit {
    /// Refits one head, and keeps what is better.
    fn head<const K: usize>(
        &mut self,
        heads: &Heads,
        label: Option<Label>,
        texts: &[Told<'_, K>],
        decide: impl Fn([f32; K]) -> usize,
        seed: u64,
    ) {
        let kinds = K.max(2);
        let count = |holds: &dyn Fn(&Told<'_, K>) -> bool| texts.iter().filter(|text| holds(text)).count();
        let said: Vec<usize> = (0..kinds).map(|kind| count(&|text| text.said == Some(kind))).collect();
        let name = label.map_or("sentiment", Label::name);
        if said.iter().sum::<usize>() < LEAST_EXAMPLES {
            if said.iter().any(|count| *count > 0) {
                self.reports.push(Report::too_few(name, said));
            }
            return;
        }
        let unsaid = |kind| count(&|text| text.said.is_none() && decide(text.unsaid) == kind);
        let weights = balance((0..kinds).map(|kind| said[kind] as f32 + UNSAID_WEIGHT * unsaid(kind) as f32).collect());
        let rows: Vec<Row<'_, K>> = texts.iter().map(|text| text.row(&weights)).collect();
        let mut cases = Vec::with_capacity(texts.len());
        for fold in 0..FOLDS {
            let learnt: Vec<Row<'_, K>> =
                rows.iter().zip(texts).filter(|(_, text)| text.fold != fold).map(|(row, _)| *row).collect();
            let added = solve(&learnt, seed);
            for (row, text) in rows.iter().zip(texts).filter(|(_, text)| text.fold == fold) {
                let after = probabilities(added.scores(row));
                let read = [decide(text.unsaid), decide(after)];
                let truth = text.said.unwrap_or(read[0]);
                let loss = [text.unsaid, after].map(|said| loss(said, truth));
                cases.push(Case { truth, is_said: text.said.is_some(), read, loss });
            }
        }
        let report = Report::of(name, kinds, &cases);
        if report.taken {
            self.changes.extend(changes(heads, label, &solve(&rows, seed)));
        }
        self.reports.push(report);
    }

    /// Whether nothing was taken: the shipped heads are as good.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The labels whose heads it changes.
    pub fn labels(&self) -> Labels {
        self.changes.iter().filter_map(|change| change.label).collect()
    }

    /// Whether it changes how moods are told.
    pub fn has_mood(&self) -> bool {
        self.changes.iter().any(|change| change.label.is_none())
    }

    /// A number that differs when any weight does, to tell refits apart.
    pub fn fingerprint(&self) -> u64 {
        let changes = self.changes.iter().flat_map(|change| {
            let label = change.label.map_or(u8::MAX, |label| label as u8);
            let slots = change.slots.iter().flat_map(|(slot, steps)| {
                let [low, high] = slot.to_le_bytes();
                [low, high, steps.to_le_bytes()[0]]
            });
            let vector = change.vector.iter().flat_map(|steps| steps.to_le_bytes());
            let head = [label, change.number.to_le_bytes()[0]].into_iter().chain(change.bias.to_le_bytes());
            head.chain(slots).chain(vector).collect::<Vec<u8>>()
        });
        fnv(self.base.to_le_bytes().into_iter().chain(changes))
    }

    /// The heads with the changes.
    pub(crate) fn applied(&self, heads: &Heads) -> Result<Heads, ModelError> {
        let damaged = |what: &str| ModelError::Damaged(format!("the refit {what}"));
        if self.base != heads.fingerprint() {
            return Err(damaged("was made for other heads"));
        }
        let mut applied = heads.clone();
        for change in &self.changes {
            let outputs = heads.steps(change.label);
            let (output, _) = outputs.get(change.number).ok_or_else(|| damaged("changes a head that is not there"))?;
            if change.vector.len() != WIDTH || change.slots.len() > SLOTS {
                return Err(damaged("has weights of another shape"));
            }
            let vector: Vec<f32> = change.vector.iter().map(|steps| f32::from(*steps) / STEPS).collect();
            applied.add_to(*output, &change.slots, &vector, change.bias as f32 / STEPS);
        }
        Ok(applied)
    }
}

/// What is added, in whole steps of what is stored; slots that move by less than half a step are left out.
fn changes<const K: usize>(heads: &Heads, label: Option<Label>, added: &Added<K>) -> Vec<Change> {
    let change = |(number, (_, scale)): (usize, (usize, f32))| {
        let steps = |weights: &[f32; K]| (weights[number] / scale).round().clamp(-127.0, 127.0) as i8;
        Change {
            label,
            number,
            slots: (0..=u16::MAX).zip(added.slots.iter().map(steps)).filter(|(_, steps)| *steps != 0).collect(),
            vector: added.vector.iter().map(|weights| (weights[number] * STEPS).round() as i16).collect(),
            bias: (added.bias[number] * STEPS).round() as i32,
        }
    };
    heads.steps(label).into_iter().enumerate().map(change).collect()
}

/// Weights that let kinds count alike, as far as they may: yes and no, whichever people correct more often.
fn balance(counts: Vec<f32>) -> Vec<f32> {
    let present = counts.iter().filter(|count| **count > 0.0).count() as f32;
    let all: f32 = counts.iter().sum();
    let weight = |count: f32| if count > 0.0 { all / (present * count) } else { 1.0 };
    counts.into_iter().map(|count| weight(count).clamp(LEAST_WEIGHT, MOST_WEIGHT)).collect()
}

fn loss<const K: usize>(said: [f32; K], truth: usize) -> f32 {
    let probability = match truth {
        0 if K == 1 => 1.0 - said[0],
        _ if K == 1 => said[0],
        mood => said[mood],
    };
    -probability.max(1e-6).ln()
}

/// As moods are told: neutral unless another is more likely.
fn greatest(said: [f32; MOODS]) -> usize {
    crate::reader::mood_of(said).0 as usize
}

/// The part that a text belongs to: the same for texts that differ in marks and case alone.
fn fold(words: &str, seed: u64) -> u64 {
    let letters = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let mut bytes = [0; 4];
    let hash = letters.fold(fnv(seed.to_le_bytes()), |hash, c| {
        c.encode_utf8(&mut bytes)
            .bytes()
            .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    });
    (hash ^ (hash >> 32)) % FOLDS
}
