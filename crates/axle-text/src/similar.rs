//! Similar texts: "was this asked before?", "who else needs this?", "is this request known?". An index in memory over
//! documents with a title, a body and up to two vectors; searching reads every vector, and the lists of the query's words.
//!
//! Pure and deterministic: equal contents, however they came about, give equal hits.

mod postings;
mod ranking;
mod scores;
#[cfg(test)]
mod tests;
mod vectors;
mod words;

use std::{collections::HashMap, sync::OnceLock};

pub use ranking::{CompareWords, Ranking};
pub use scores::{MODEL_TITLE_WEIGHT, STATIC_TITLE_WEIGHT, mean, model_text, title_and_text};
pub use words::{MOST_BODY_WORDS, MOST_TITLE_WORDS};

use postings::{Postings, Weights};
use scores::background;
use vectors::{Centre, Vectors};

/// Hits that one search gives at most: as many candidates are compared with their neighbours.
pub const MOST_HITS: usize = 50;

/// Words in common that a hit names at most.
const MOST_SHARED: usize = 8;

/// Documents against which a crowd is measured, and neighbours that make one.
const CROWD_SAMPLE: usize = 512;
const CROWD_NEIGHBOURS: usize = 5;

/// Ranks, from 0, whose mean score is the background over which a hit must lead; and what counts where there are fewer
/// documents. So five good answers do not hide each other.
const BACKGROUND: std::ops::Range<usize> = 5..15;
const BACKGROUND_OF_FEW: f32 = 0.2;

/// What is put into the index, or asked. Vectors may be empty: then words alone count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Document<'a> {
    /// Its first 64 words are read ([`MOST_TITLE_WORDS`]); may be empty.
    pub title: &'a str,
    /// Its first 512 words are read ([`MOST_BODY_WORDS`]).
    pub body: &'a str,
    /// The cheap vector, of any length but the same for all: see [`title_and_text`].
    pub vector: &'a [f32],
    /// The vector of a larger model, where there is one.
    pub second: &'a [f32],
}

/// A document found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// The document's id.
    pub id: u32,
    /// Higher is more alike, by the weights of the [`Ranking`]; comparable within one search.
    pub score: f32,
    /// How far the score stands above the 6th to 15th best of the search; comparable between searches.
    pub lead: f32,
    /// Whether the lead reaches the ranking's `sure`: worth showing to someone who did not search.
    pub is_sure: bool,
    /// Words that both texts have, folded, those that say most first; 8 at most.
    pub shared: Vec<&'a str>,
}

/// Documents to search. Holds about 1.1 kB for a document of 80 words with a vector of 256 numbers, and as many bytes
/// more as a second vector has numbers.
#[derive(Default)]
pub struct Index {
    slots: HashMap<u32, usize>,
    /// The id at each slot; `None` where a document was removed.
    ids: Vec<Option<u32>>,
    free: Vec<usize>,
    postings: Postings,
    first: Vectors,
    second: Vectors,
    /// What holds for the collection as a whole, made by the first search after a change: 70 ms for 100,000 documents.
    whole: OnceLock<Whole>,
}

struct Whole {
    weights: Weights,
    first: Centre,
    second: Centre,
    /// Slots against which a crowd is measured, by the hash of their ids.
    sample: Vec<usize>,
}

impl Index {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// Documents in the index.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether the document is in the index.
    pub fn contains(&self, id: u32) -> bool {
        self.slots.contains_key(&id)
    }

    /// Bytes held for the documents.
    pub fn bytes(&self) -> usize {
        let slot = self.first.bytes_per_slot() + self.second.bytes_per_slot() + size_of::<Option<u32>>() + 16;
        self.postings.bytes() + self.ids.len() * slot
    }

    /// Adds a document, in place of the one that has the id.
    pub fn put(&mut self, id: u32, document: &Document) {
        self.remove(id);
        let slot = self.free.pop().unwrap_or(self.ids.len());
        if slot == self.ids.len() {
            self.ids.push(None);
        }
        self.ids[slot] = Some(id);
        self.slots.insert(id, slot);
        self.postings.put(slot, document.title, document.body);
        self.first.put(slot, document.vector);
        self.second.put(slot, document.second);
        self.whole.take();
    }

    /// Takes a document out; says whether it was there.
    pub fn remove(&mut self, id: u32) -> bool {
        let Some(slot) = self.slots.remove(&id) else { return false };
        self.ids[slot] = None;
        self.free.push(slot);
        self.postings.remove(slot);
        self.first.remove(slot);
        self.second.remove(slot);
        self.whole.take();
        true
    }

    /// The first and second vector of a document as stored; empty where it has none.
    pub fn vectors(&self, id: u32) -> Option<(Vec<f32>, Vec<f32>)> {
        let slot = *self.slots.get(&id)?;
        Some((self.first.vector(slot), self.second.vector(slot)))
    }

    /// The `k` documents (at most [`MOST_HITS`]) that are most like the query, best first; of equals the lower id first.
    /// `without` leaves a document out: the query's own.
    pub fn search(&self, query: &Document, ranking: &Ranking, without: Option<u32>, k: usize) -> Vec<Hit<'_>> {
        let whole = self.whole.get_or_init(|| self.weigh());
        let without = without.and_then(|id| self.slots.get(&id).copied());
        let asked = self.postings.query(query.title, query.body);
        let scores = self.score(whole, query, &asked, ranking, without);
        let mut found: Vec<(f32, u32, usize)> = (self.ids.iter().enumerate())
            .filter(|(slot, _)| Some(*slot) != without)
            .filter_map(|(slot, id)| id.map(|id| (scores[slot], id, slot)))
            .collect();
        let best_first = |a: &(f32, u32, usize), b: &(f32, u32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > MOST_HITS {
            found.select_nth_unstable_by(MOST_HITS, best_first);
            found.truncate(MOST_HITS);
        }
        for (score, _, slot) in &mut found {
            *score -= self.crowd(whole, *slot, ranking);
        }
        found.sort_unstable_by(best_first);
        let background = background(&found);
        found.truncate(k);
        let hit = |(score, id, slot): (f32, u32, usize)| Hit {
            id,
            score,
            lead: score - background,
            is_sure: score - background >= ranking.sure,
            shared: self.postings.shared(&whole.weights, &asked, slot, MOST_SHARED),
        };
        found.into_iter().map(hit).collect()
    }
}
