//! Which pairs are worth comparing: a sorted list of keys, and the blocks that equal keys make.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use crate::keys::{self, Kind};
use crate::register::Register;

/// Keys with the identities that have them, sorted by key. An entry is one number: a key's first bits, and behind
/// them the identity's position in as many bits as positions need. Keys lose bits by it; that two of them meet costs
/// a comparison and no more.
#[derive(Debug)]
pub(crate) struct Blocks {
    entries: Vec<u64>,
    position_bits: u32,
}

/// So many identities are looked at in one piece of work.
const PIECE: usize = 8192;
/// So many pieces are worked on before what they give is put together: more would need more memory.
const AT_ONCE: usize = 8;

impl Blocks {
    /// Blocks of all identities; those that are too large are cut finer once.
    pub(crate) fn new(register: &Register) -> Self {
        let position_bits = usize::BITS - register.records.len().leading_zeros();
        let mut blocks = Self { entries: Vec::new(), position_bits };
        let positions = ranges(register.records.len(), PIECE);
        blocks.push_all(&positions, |blocks, range, out| blocks.push_entries(register, range, out));
        sort(&mut blocks.entries);
        let first_finer = blocks.entries.len();
        let pieces = blocks.pieces();
        blocks.push_all(&pieces, |blocks, range, out| blocks.push_finer(register, &blocks.entries[range], out));
        // Finer keys are the last kind, and so stand behind all others.
        sort(&mut blocks.entries[first_finer..]);
        blocks
    }

    /// The key as it stands in an entry.
    pub(crate) fn cut(&self, key: u64) -> u64 {
        key >> self.position_bits
    }

    fn entry(&self, key: u64, position: usize) -> u64 {
        self.cut(key) << self.position_bits | position as u64
    }

    fn key(&self, entry: u64) -> u64 {
        entry >> self.position_bits
    }

    fn position(&self, entry: u64) -> u32 {
        (entry & ((1 << self.position_bits) - 1)) as u32
    }

    /// The pieces of the list with one key each.
    fn blocks<'a>(&'a self, entries: &'a [u64]) -> impl Iterator<Item = (Kind, &'a [u64])> {
        entries.chunk_by(|a, b| self.key(*a) == self.key(*b)).map(|block| (Kind::of(block[0]), block))
    }

    /// Every pair that shares a block which is small enough, each once, the lower position first.
    pub(crate) fn pairs(&self, register: &Register) -> Vec<(u32, u32)> {
        let (ends, places) = self.places(register.records.len());
        let pairs_from = |range: Range<usize>| {
            let (mut found, mut others) = (Vec::new(), Vec::new());
            for a in range {
                let first = if a == 0 { 0 } else { ends[a - 1].load(Relaxed) };
                others.clear();
                for place in &places[first as usize..ends[a].load(Relaxed) as usize] {
                    others.extend(self.after_in_block(place.load(Relaxed) as usize));
                }
                others.sort_unstable();
                others.dedup();
                let member = register.records[a].member;
                let others = others.iter().filter(|b| register.records[**b as usize].member != member);
                found.extend(others.map(|b| (a as u32, *b)));
            }
            found
        };
        let found: Vec<Vec<(u32, u32)>> = ranges(ends.len(), PIECE).into_par_iter().map(pairs_from).collect();
        found.concat()
    }

    /// Where in the list each position stands before another in a block that is small enough, in no order: for each
    /// position the end of its places, which begin where those of the position before end.
    fn places(&self, positions: usize) -> (Vec<AtomicU32>, Vec<AtomicU32>) {
        let zeros = |count| (0..count).map(|_| AtomicU32::new(0)).collect::<Vec<_>>();
        let mut ends = zeros(positions);
        self.each_place(|position, _| {
            ends[position].fetch_add(1, Relaxed);
        });
        let mut sum = 0;
        for end in &mut ends {
            // Its beginning for now: it moves to its end as the places are written.
            sum += std::mem::replace(end.get_mut(), sum);
        }
        let places = zeros(sum as usize);
        self.each_place(|position, place| {
            places[ends[position].fetch_add(1, Relaxed) as usize].store(place, Relaxed);
        });
        (ends, places)
    }

    fn each_place(&self, found: impl Fn(usize, u32) + Sync) {
        self.pieces().into_par_iter().for_each(|piece| {
            let mut start = piece.start;
            for (kind, block) in self.blocks(&self.entries[piece]) {
                if block.len() <= kind.limit() {
                    let before_others = block[..block.len() - 1].iter().enumerate();
                    before_others.for_each(|(at, entry)| found(self.position(*entry) as usize, (start + at) as u32));
                }
                start += block.len();
            }
        });
    }

    /// Whoever stands behind a place in its block: all have higher positions.
    fn after_in_block(&self, place: usize) -> impl Iterator<Item = u32> {
        let key = self.key(self.entries[place]);
        let others = self.entries[place + 1..].iter().take_while(move |entry| self.key(**entry) == key);
        others.map(|entry| self.position(*entry))
    }

    /// Who has the key. Of a block that is larger than twice its limit, nobody.
    pub(crate) fn with_key(&self, key: u64) -> impl Iterator<Item = u32> {
        let block = self.block(key);
        let block = if block.len() > 2 * Kind::of(key).limit() { &[] } else { block };
        block.iter().map(|entry| self.position(*entry))
    }

    /// Whether the key's block is so large that finer keys were made for it.
    pub(crate) fn is_cut_finer(&self, key: u64) -> bool {
        let kind = Kind::of(key);
        kind.is_cut_finer() && self.block(key).len() > kind.limit()
    }

    fn block(&self, key: u64) -> &[u64] {
        let key = self.cut(key);
        let start = self.entries.partition_point(|entry| self.key(*entry) < key);
        // Blocks are short, as a rule: walk rather than search.
        let length = self.entries[start..].iter().take_while(|entry| self.key(**entry) == key).count();
        &self.entries[start..][..length]
    }

    /// Adds what `push` gives for each range, a few at once into lists that are used again: fresh memory takes time.
    fn push_all(&mut self, all: &[Range<usize>], push: impl Fn(&Self, Range<usize>, &mut Vec<u64>) + Sync) {
        let mut lists = vec![Vec::new(); AT_ONCE];
        for (nth, some) in all.chunks(AT_ONCE).enumerate() {
            lists.par_iter_mut().zip(some).for_each(|(list, range)| {
                list.clear();
                push(self, range.clone(), list);
            });
            let found: usize = lists[..some.len()].iter().map(Vec::len).sum();
            if found > self.entries.capacity() - self.entries.len() {
                // The rest will have about as many each, and finer ones will follow: a larger list would be a copy.
                self.entries.reserve_exact(2 * found * (all.len() - nth * AT_ONCE).div_ceil(some.len()));
            }
            lists[..some.len()].iter().for_each(|list| self.entries.extend_from_slice(list));
        }
    }

    fn push_entries(&self, register: &Register, positions: Range<usize>, entries: &mut Vec<u64>) {
        let mut keys = Vec::new();
        for position in positions {
            keys::keys(register, &register.records[position], &mut keys);
            entries.extend(keys.iter().map(|key| self.entry(*key, position)));
        }
    }

    /// The finer entries of those blocks that are too large.
    fn push_finer(&self, register: &Register, entries: &[u64], finer: &mut Vec<u64>) {
        let (mut keys, mut of_block) = (Vec::new(), Vec::new());
        for (kind, block) in self.blocks(entries) {
            if block.len() <= kind.limit() || !kind.is_cut_finer() {
                continue;
            }
            of_block.clear();
            for entry in block {
                let position = self.position(*entry);
                keys.clear();
                keys::finer(&register.records[position as usize], self.key(*entry), &mut keys);
                of_block.extend(keys.iter().map(|key| self.entry(*key, position as usize)));
            }
            of_block.sort_unstable();
            // What most of the block share, as the name that it is about, cuts nothing.
            let small = self.blocks(&of_block).filter(|(_, block)| block.len() <= 2 * Kind::Finer.limit());
            small.for_each(|(_, block)| finer.extend_from_slice(block));
        }
    }

    /// The list in pieces that end where a block ends.
    fn pieces(&self) -> Vec<Range<usize>> {
        let mut pieces = ranges(self.entries.len(), 16 * PIECE);
        let key = |at: usize| self.key(self.entries[at]);
        let mut start = 0;
        for piece in &mut pieces {
            piece.start = start;
            piece.end = piece.end.max(start);
            while piece.end < self.entries.len() && key(piece.end) == key(piece.end - 1) {
                piece.end += 1;
            }
            start = piece.end;
        }
        pieces
    }
}

/// So many things in ranges of a size, but for the last.
fn ranges(count: usize, size: usize) -> Vec<Range<usize>> {
    (0..count).step_by(size).map(|start| start..(start + size).min(count)).collect()
}

/// Sorts on all cores: halves by the standard library, whose sort of numbers takes half the time of rayon's.
fn sort(entries: &mut [u64]) {
    if entries.len() < 1 << 20 {
        return entries.sort_unstable();
    }
    let (low, _, high) = entries.select_nth_unstable(entries.len() / 2);
    rayon::join(|| sort(low), || sort(high));
}
