//! Which pairs are worth comparing: a sorted list of keys, and the blocks that equal keys make.

use rayon::prelude::*;

use crate::keys::{self, Kind};
use crate::register::{Record, Register};

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
        blocks.entries = blocks.all_entries(register);
        blocks.entries.par_sort_unstable();
        let finer = blocks.finer_entries(register);
        blocks.entries.reserve_exact(finer.iter().map(Vec::len).sum());
        finer.into_iter().for_each(|some| blocks.entries.extend(some));
        blocks.entries.par_sort_unstable();
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
        let mut pairs = Vec::new();
        for pieces in self.pieces().chunks(AT_ONCE) {
            let found: Vec<Vec<(u32, u32)>> = pieces.par_iter().map(|piece| self.pairs_of(register, piece)).collect();
            let more: usize = found.iter().map(Vec::len).sum();
            if pairs.len() + more > pairs.capacity() {
                // More than half of them share several blocks: a longer list would be a copy.
                each_once(&mut pairs);
            }
            pairs.reserve(more);
            found.into_iter().for_each(|some| pairs.extend(some));
        }
        each_once(&mut pairs);
        pairs
    }

    /// The pairs of some blocks, each once.
    fn pairs_of(&self, register: &Register, piece: &[u64]) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        for (kind, block) in self.blocks(piece) {
            if block.len() > 1 && block.len() <= kind.limit() {
                self.push_pairs(register, block, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
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

    fn all_entries(&self, register: &Register) -> Vec<u64> {
        let mut entries = Vec::new();
        for (nth, records) in register.records.chunks(AT_ONCE * PIECE).enumerate() {
            let start = nth * AT_ONCE * PIECE;
            let pieces = records.par_chunks(PIECE).enumerate();
            let pieces: Vec<Vec<u64>> =
                pieces.map(|(piece, records)| self.entries_of(register, records, start + piece * PIECE)).collect();
            let found: usize = pieces.iter().map(Vec::len).sum();
            if nth == 0 {
                // The rest will have about as many keys each, and finer ones will follow: a larger list would be a copy.
                entries.reserve_exact(found * register.records.len() / records.len() * 2);
            }
            pieces.into_iter().for_each(|piece| entries.extend(piece));
        }
        entries
    }

    /// The entries of records of which the first stands at `start`.
    fn entries_of(&self, register: &Register, records: &[Record], start: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut entries = Vec::with_capacity(records.len() * 16);
        for (place, record) in records.iter().enumerate() {
            keys::keys(register, record, &mut keys);
            entries.extend(keys.iter().map(|key| self.entry(*key, start + place)));
        }
        entries
    }

    /// The finer entries of blocks that are too large, by piece of the list.
    fn finer_entries(&self, register: &Register) -> Vec<Vec<u64>> {
        let finer_of = |piece: &&[u64]| {
            let (mut finer, mut keys, mut of_block) = (Vec::new(), Vec::new(), Vec::new());
            for (kind, block) in self.blocks(piece) {
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
                finer.extend(small.flat_map(|(_, block)| block));
            }
            finer.shrink_to_fit();
            finer
        };
        self.pieces().par_iter().map(finer_of).collect()
    }

    /// The list in pieces that end where a block ends.
    fn pieces(&self) -> Vec<&[u64]> {
        let (mut pieces, mut rest) = (Vec::new(), &self.entries[..]);
        while !rest.is_empty() {
            let mut end = (16 * PIECE).min(rest.len());
            while end < rest.len() && self.key(rest[end]) == self.key(rest[end - 1]) {
                end += 1;
            }
            let (piece, after) = rest.split_at(end);
            pieces.push(piece);
            rest = after;
        }
        pieces
    }

    fn push_pairs(&self, register: &Register, block: &[u64], found: &mut Vec<(u32, u32)>) {
        for (place, a) in block.iter().enumerate() {
            let a = self.position(*a);
            let member = register.records[a as usize].member;
            let others = block[place + 1..].iter().map(|b| self.position(*b));
            let others = others.filter(|b| register.records[*b as usize].member != member);
            found.extend(others.map(|b| (a.min(b), a.max(b))));
        }
    }
}

fn each_once(pairs: &mut Vec<(u32, u32)>) {
    pairs.par_sort_unstable();
    pairs.dedup();
}
