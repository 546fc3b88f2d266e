//! Which words stand in which document, both ways round, and the two scores made from that: BM25 and the cosine of
//! weighted words.

use std::collections::BTreeMap;

use super::words::{self, each_word};
use crate::tokens::QuickMap;

/// BM25's saturation and length parameters, as Lucene has them.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// BM25 of title and body, each divided by its best, are added with these weights.
const TITLE_SHARE: f32 = 0.4;
const BODY_SHARE: f32 = 0.6;

/// A word of the title counts as often as this many of the body, in the cosine.
const TITLE_COUNTS: f32 = 2.0;

/// How often a word stands in a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Posting {
    slot: u32,
    title: u16,
    body: u16,
}

impl Posting {
    fn weight(self) -> f32 {
        1.0 + (TITLE_COUNTS * f32::from(self.title) + f32::from(self.body)).ln()
    }
}

/// A word of a text, counted. The slot is of no meaning for a query.
type Counted = (u32, Posting);

/// The words of a query: those that documents have, by number, and those that none has.
pub(super) struct Asked {
    known: Vec<Counted>,
    unknown: Vec<Posting>,
}

/// The words of all documents.
#[derive(Default)]
pub(super) struct Postings {
    numbers: QuickMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    /// For each word its documents, by slot.
    lists: Vec<Vec<Posting>>,
    /// For each slot its words.
    documents: Vec<Box<[u32]>>,
    lengths: Vec<(u16, u16)>,
    length_sums: (u64, u64),
    present: usize,
}

/// What the collection as a whole says of words and lengths: made once after changes, for many searches.
pub(super) struct Weights {
    /// For each word: rarity in the whole document, for the cosine; in titles and in bodies, for BM25.
    rarities: Vec<Rarity>,
    /// For each slot 1 / length of its weighted words.
    factors: Vec<f32>,
    mean_lengths: (f32, f32),
}

#[derive(Clone, Copy)]
struct Rarity {
    whole: f32,
    title: f32,
    body: f32,
}

impl Postings {
    /// Puts a document at a slot, which must be empty.
    pub(super) fn put(&mut self, slot: usize, title: &str, body: &str) {
        if self.documents.len() <= slot {
            self.documents.resize_with(slot + 1, Box::default);
            self.lengths.resize(slot + 1, (0, 0));
        }
        let counted = count(title, body, |word| Some(self.number(word)));
        for (number, posting) in &counted {
            let posting = Posting { slot: slot as u32, ..*posting };
            let list = &mut self.lists[*number as usize];
            let at = list.partition_point(|other| other.slot < posting.slot);
            list.insert(at, posting);
        }
        let lengths =
            counted.iter().fold((0, 0), |(title, body), (_, posting)| (title + posting.title, body + posting.body));
        self.documents[slot] = counted.into_iter().map(|(number, _)| number).collect();
        self.lengths[slot] = lengths;
        self.length_sums.0 += u64::from(lengths.0);
        self.length_sums.1 += u64::from(lengths.1);
        self.present += 1;
    }

    /// Empties a slot, which must have a document. The names of its words stay, for they will come again.
    pub(super) fn remove(&mut self, slot: usize) {
        for number in std::mem::take(&mut self.documents[slot]) {
            let list = &mut self.lists[number as usize];
            if let Ok(at) = list.binary_search_by_key(&(slot as u32), |posting| posting.slot) {
                list.remove(at);
            }
        }
        let lengths = std::mem::take(&mut self.lengths[slot]);
        self.length_sums.0 -= u64::from(lengths.0);
        self.length_sums.1 -= u64::from(lengths.1);
        self.present -= 1;
    }

    /// Bytes held for words, their lists and the documents.
    pub(super) fn bytes(&self) -> usize {
        let lists: usize =
            self.lists.iter().map(|list| list.capacity() * size_of::<Posting>() + size_of_val(list)).sum();
        let documents: usize = self.documents.iter().map(|words| size_of_val(&**words) + size_of_val(words)).sum();
        let names: usize = self.names.iter().map(|name| 2 * name.len() + 2 * size_of_val(name) + 8).sum();
        lists + documents + names + size_of_val(&*self.lengths)
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(word.into());
        self.lists.push(Vec::new());
        self.numbers.insert(word.into(), number);
        number
    }

    /// The words of a query. Words whose documents are all gone are as unknown as those that never came.
    pub(super) fn query(&self, title: &str, body: &str) -> Asked {
        let number = |word: &str| {
            let number = self.numbers.get(word).copied();
            number.filter(|number| !self.lists[*number as usize].is_empty())
        };
        let known = count(title, body, number);
        let mut unknown = BTreeMap::new();
        let strange = |word: &str| number(word).is_none().then(|| word.to_owned());
        count_into(&mut unknown, title, body, strange);
        Asked { known, unknown: unknown.into_values().collect() }
    }

    pub(super) fn weights(&self) -> Weights {
        let rarities: Vec<Rarity> = self.lists.iter().map(|list| self.rarity(list)).collect();
        let mut factors = vec![0.0_f32; self.documents.len()];
        for (list, rarity) in self.lists.iter().zip(&rarities) {
            for posting in list {
                factors[posting.slot as usize] += (posting.weight() * rarity.whole).powi(2);
            }
        }
        factors.iter_mut().filter(|sum| **sum > 0.0).for_each(|sum| *sum = sum.sqrt().recip());
        let count = self.present.max(1) as f32;
        let mean_lengths = (self.length_sums.0 as f32 / count, self.length_sums.1 as f32 / count);
        Weights { rarities, factors, mean_lengths }
    }

    fn rarity(&self, list: &[Posting]) -> Rarity {
        let all = self.present as f32;
        let bm25 = |found: usize| (1.0 + (all - found as f32 + 0.5) / (found as f32 + 0.5)).ln();
        let titles = list.iter().filter(|posting| posting.title > 0).count();
        let bodies = list.iter().filter(|posting| posting.body > 0).count();
        Rarity { whole: rarity(self.present, list.len()), title: bm25(titles), body: bm25(bodies) }
    }

    /// Adds `share` times the cosine of the weighted words, 0 to 1, to the score of each slot.
    pub(super) fn add_cosines(&self, weights: &Weights, query: &Asked, share: f32, scores: &mut [f32]) {
        let weight = |(number, posting): &Counted| posting.weight() * weights.rarities[*number as usize].whole;
        let length = query.known.iter().map(|word| weight(word).powi(2)).sum::<f32>();
        let strange = rarity(self.present, 1);
        let length = length + query.unknown.iter().map(|word| (word.weight() * strange).powi(2)).sum::<f32>();
        let length = length.sqrt();
        if length <= 0.0 {
            return;
        }
        for word in &query.known {
            let factor = share * weight(word) * weights.rarities[word.0 as usize].whole / length;
            for posting in &self.lists[word.0 as usize] {
                let slot = posting.slot as usize;
                scores[slot] += factor * posting.weight() * weights.factors[slot];
            }
        }
    }

    /// Adds `share` times BM25 of title and body to the score of each slot, each field first divided by its best among
    /// the slots other than `without`: 1 at most.
    pub(super) fn add_bm25(
        &self,
        weights: &Weights,
        query: &Asked,
        share: f32,
        without: Option<usize>,
        scores: &mut [f32],
    ) {
        let (mut titles, mut bodies) = (vec![0.0_f32; scores.len()], vec![0.0_f32; scores.len()]);
        let term = |count: u16, length: u16, mean: f32| {
            let count = f32::from(count);
            count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * f32::from(length) / mean.max(f32::MIN_POSITIVE)))
        };
        for (number, asked) in &query.known {
            let rarity = weights.rarities[*number as usize];
            for posting in &self.lists[*number as usize] {
                let slot = posting.slot as usize;
                let lengths = self.lengths[slot];
                if asked.title > 0 && posting.title > 0 {
                    titles[slot] += rarity.title * term(posting.title, lengths.0, weights.mean_lengths.0);
                }
                if asked.body > 0 && posting.body > 0 {
                    bodies[slot] += rarity.body * term(posting.body, lengths.1, weights.mean_lengths.1);
                }
            }
        }
        for (field, part) in [(titles, TITLE_SHARE), (bodies, BODY_SHARE)] {
            let others = field.iter().enumerate().filter(|(slot, _)| Some(*slot) != without);
            let best = others.fold(0.0, |best: f32, (_, score)| best.max(*score));
            if best > 0.0 {
                scores.iter_mut().zip(field).for_each(|(score, field)| *score += share * part * field / best);
            }
        }
    }

    /// The words that a query shares with a document, those that say most first. Words of more than a tenth of the
    /// documents are left out once there are 50 documents.
    pub(super) fn shared(&self, weights: &Weights, query: &Asked, slot: usize, most: usize) -> Vec<&str> {
        let mut shared: Vec<(f32, u32)> = (query.known.iter())
            .filter(|(number, _)| self.documents[slot].binary_search(number).is_ok())
            .filter(|(number, _)| self.present < 50 || self.lists[*number as usize].len() * 10 <= self.present)
            .map(|(number, asked)| (asked.weight() * weights.rarities[*number as usize].whole, *number))
            .collect();
        let name = |number: u32| &*self.names[number as usize];
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| name(a.1).cmp(name(b.1))));
        shared.into_iter().take(most).map(|(_, number)| name(number)).collect()
    }
}

/// How much a word says that `found` of `all` documents have.
fn rarity(all: usize, found: usize) -> f32 {
    ((all as f32 + 1.0) / (found as f32 + 0.5)).ln()
}

/// The words of a text with their numbers, by number.
fn count(title: &str, body: &str, number: impl FnMut(&str) -> Option<u32>) -> Vec<Counted> {
    let mut counted = BTreeMap::new();
    count_into(&mut counted, title, body, number);
    counted.into_iter().collect()
}

/// Counts the words of a text for which there is a key.
fn count_into<K: Ord>(
    counted: &mut BTreeMap<K, Posting>,
    title: &str,
    body: &str,
    mut key: impl FnMut(&str) -> Option<K>,
) {
    let none = Posting { slot: 0, title: 0, body: 0 };
    each_word(title, words::MOST_TITLE_WORDS, |word| {
        if let Some(key) = key(word) {
            counted.entry(key).or_insert(none).title += 1;
        }
    });
    each_word(body, words::MOST_BODY_WORDS, |word| {
        if let Some(key) = key(word) {
            counted.entry(key).or_insert(none).body += 1;
        }
    });
}
