//! Which pairs are worth comparing: a sorted list of keys, and the blocks that equal keys make.

use rayon::prelude::*;

use crate::keys::{self, Kind};
use crate::register::Register;

/// Keys with the identities that have them, sorted by key.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    keys: Vec<u64>,
    identities: Vec<u32>,
}

/// So many identities are looked at in one piece of work.
const PIECE: usize = 8192;

impl Blocks {
    /// Blocks of all identities; those that are too large are cut finer once.
    pub(crate) fn new(register: &Register) -> Self {
        let mut entries = all_keys(register);
        entries.par_sort_unstable();
        let finer = finer_keys(register, &entries);
        entries.par_extend(finer);
        entries.par_sort_unstable();
        let mut blocks =
            Self { keys: Vec::with_capacity(entries.len()), identities: Vec::with_capacity(entries.len()) };
        for (key, identity) in entries {
            blocks.keys.push(key);
            blocks.identities.push(identity);
        }
        blocks
    }

    /// Every pair that shares a block which is small enough, each once, the lower position first.
    pub(crate) fn pairs(&self, register: &Register) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> = chunks(&self.keys)
            .into_par_iter()
            .flat_map_iter(|range| {
                let mut found = Vec::new();
                let mut start = range.start;
                for block in self.keys[range].chunk_by(|a, b| a == b) {
                    if block.len() > 1 && block.len() <= Kind::of(block[0]).limit() {
                        push_pairs(register, &self.identities[start..][..block.len()], &mut found);
                    }
                    start += block.len();
                }
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Who has the key. Of a block that is larger than twice its limit, nobody.
    pub(crate) fn with_key(&self, key: u64) -> &[u32] {
        let range = self.range(key);
        if range.len() > 2 * Kind::of(key).limit() { &[] } else { &self.identities[range] }
    }

    /// Whether the key's block is so large that finer keys were made for it.
    pub(crate) fn is_cut_finer(&self, key: u64) -> bool {
        let kind = Kind::of(key);
        kind.is_cut_finer() && self.range(key).len() > kind.limit()
    }

    fn range(&self, key: u64) -> std::ops::Range<usize> {
        let start = self.keys.partition_point(|other| *other < key);
        start..start + self.keys[start..].partition_point(|other| *other == key)
    }
}

fn all_keys(register: &Register) -> Vec<(u64, u32)> {
    let pieces = register.records.par_chunks(PIECE).enumerate();
    pieces
        .flat_map_iter(|(piece, records)| {
            let mut keys = Vec::new();
            let mut entries = Vec::with_capacity(records.len() * 10);
            for (place, record) in records.iter().enumerate() {
                keys::keys(register, record, &mut keys);
                entries.extend(keys.iter().map(|key| (*key, (piece * PIECE + place) as u32)));
            }
            entries
        })
        .collect()
}

fn finer_keys(register: &Register, entries: &[(u64, u32)]) -> Vec<(u64, u32)> {
    let mut finer = Vec::new();
    let mut keys = Vec::new();
    for block in entries.chunk_by(|a, b| a.0 == b.0) {
        let kind = Kind::of(block[0].0);
        if block.len() <= kind.limit() || !kind.is_cut_finer() {
            continue;
        }
        for (key, identity) in block {
            keys.clear();
            keys::finer(&register.records[*identity as usize], *key, &mut keys);
            finer.extend(keys.iter().map(|key| (*key, *identity)));
        }
    }
    finer
}

/// The list in pieces that end where a block ends.
fn chunks(keys: &[u64]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < keys.len() {
        let mut end = (start + 16 * PIECE).min(keys.len());
        while end < keys.len() && keys[end] == keys[end - 1] {
            end += 1;
        }
        ranges.push(start..end);
        start = end;
    }
    ranges
}

fn push_pairs(register: &Register, block: &[u32], found: &mut Vec<(u32, u32)>) {
    for (place, a) in block.iter().enumerate() {
        let member = register.records[*a as usize].member;
        let others = block[place + 1..].iter().filter(|b| register.records[**b as usize].member != member);
        found.extend(others.map(|b| (*a.min(b), *a.max(b))));
    }
}
