//! The parts of a search: scores of all documents, and what is taken off for a crowd.

use super::*;

impl Index {
    pub(super) fn weigh(&self) -> Whole {
        let mut sample: Vec<(u64, u32, usize)> =
            (self.ids.iter().enumerate()).filter_map(|(slot, id)| id.map(|id| (scattered(id), id, slot))).collect();
        if sample.len() > CROWD_SAMPLE {
            sample.select_nth_unstable(CROWD_SAMPLE);
            sample.truncate(CROWD_SAMPLE);
        }
        Whole {
            weights: self.postings.weights(),
            first: self.first.centre(),
            second: self.second.centre(),
            sample: sample.into_iter().map(|(_, _, slot)| slot).collect(),
        }
    }

    /// The score of each slot, before the crowd.
    pub(super) fn score(
        &self,
        whole: &Whole,
        query: &Document,
        asked: &postings::Asked,
        ranking: &Ranking,
        without: Option<usize>,
    ) -> Vec<f32> {
        let mut scores = vec![0.0; self.ids.len()];
        match ranking.compare_words {
            CompareWords::Cosine => self.postings.add_cosines(&whole.weights, asked, ranking.words, &mut scores),
            CompareWords::Bm25 => self.postings.add_bm25(&whole.weights, asked, ranking.words, without, &mut scores),
        }
        let has_second = ranking.second > 0.0 && self.second.accepts(query.second);
        let by_second = |slot: usize| has_second && self.second.has(slot);
        if has_second {
            let slots = (0..scores.len()).filter(|slot| by_second(*slot));
            let add = |slot: usize, cosine: f32| scores[slot] += ranking.second * cosine;
            self.second.compare(&whole.second, ranking.centred, query.second, slots, add);
        }
        let weight = |slot: usize| ranking.vector + if by_second(slot) { 0.0 } else { ranking.second };
        let slots = (0..self.ids.len()).filter(|slot| weight(*slot) > 0.0);
        self.first.compare(&whole.first, ranking.centred, query.vector, slots, |slot, cosine| {
            scores[slot] += weight(slot) * cosine
        });
        scores
    }

    /// What is taken off a document's score: its mean likeness, by the vector that the ranking goes by, to its nearest
    /// neighbours within the sample.
    pub(super) fn crowd(&self, whole: &Whole, slot: usize, ranking: &Ranking) -> f32 {
        if ranking.crowd <= 0.0 {
            return 0.0;
        }
        let by_second = ranking.second > 0.0 && self.second.has(slot);
        let (vectors, centre) = if by_second { (&self.second, &whole.second) } else { (&self.first, &whole.first) };
        let mut nearest = Vec::with_capacity(CROWD_SAMPLE);
        let others = whole.sample.iter().copied().filter(|other| *other != slot && vectors.has(*other));
        vectors.compare(centre, ranking.centred, &vectors.vector(slot), others, |_, cosine| nearest.push(cosine));
        if nearest.len() > CROWD_NEIGHBOURS {
            nearest.select_nth_unstable_by(CROWD_NEIGHBOURS, |a, b| b.total_cmp(a));
            nearest.truncate(CROWD_NEIGHBOURS);
        }
        nearest.sort_unstable_by(f32::total_cmp);
        ranking.crowd * nearest.iter().sum::<f32>() / CROWD_NEIGHBOURS as f32
    }
}

/// The mean of the scores over which a hit must lead.
pub(super) fn background(found: &[(f32, u32, usize)]) -> f32 {
    let score = |rank: usize| found.get(rank).map_or(BACKGROUND_OF_FEW, |(score, ..)| *score);
    BACKGROUND.map(score).sum::<f32>() / BACKGROUND.len() as f32
}

/// The id's bits, mixed (the finisher of SplitMix64), so that a sample does not follow the order of ids.
fn scattered(id: u32) -> u64 {
    let mut bits = u64::from(id).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The mean direction of vectors, of length 1: what a member's questions have in common. Vectors of another width than
/// the first, and those without direction, are left out; without any, the mean is empty.
pub fn mean(vectors: &[&[f32]]) -> Vec<f32> {
    let mut units = vectors.iter().filter_map(|vector| vectors::unit(vector));
    let Some(mut sum) = units.next() else { return Vec::new() };
    for unit in units.filter(|unit| unit.len() == sum.len()).collect::<Vec<_>>() {
        sum.iter_mut().zip(unit).for_each(|(sum, value)| *sum += value);
    }
    vectors::unit(&sum).unwrap_or_default()
}

/// The vector of a document whose title counts on its own: that of the title times `title_weight` plus that of the text
/// (title and body together), of length 1. Best weights: 1 for the static table, with the whole text
/// ([`STATIC_TITLE_WEIGHT`]); 0.5 for MiniLM, with [`model_text`] ([`MODEL_TITLE_WEIGHT`]).
pub fn title_and_text(title: &[f32], text: &[f32], title_weight: f32) -> Vec<f32> {
    let sum = |(text, title): (&f32, &f32)| text + title_weight * title;
    let sum: Vec<f32> =
        if title.len() == text.len() { text.iter().zip(title).map(sum).collect() } else { text.to_vec() };
    vectors::unit(&sum).unwrap_or(sum)
}

/// Weight of the title's own vector, static table.
pub const STATIC_TITLE_WEIGHT: f32 = 1.0;

/// Weight of the title's own vector, MiniLM.
pub const MODEL_TITLE_WEIGHT: f32 = 0.5;

/// The text that a sentence model should read of a document, with
/// [`embed_document`](crate::minilm::MiniLm::embed_document): the title and the first 150 words of the body. More finds no
/// more.
pub fn model_text(title: &str, body: &str) -> String {
    let mut text = title.to_owned();
    for word in body.split_whitespace().take(150) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
