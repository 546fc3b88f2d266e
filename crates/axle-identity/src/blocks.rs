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
        sort(&mut blocks.entries);
        let finer = blocks.finer_entries(register);
        blocks.entries.reserve_exact(finer.iter().map(Vec::len).sum());
        let first_finer = blocks.entries.len();
        finer.into_iter().for_each(|some| blocks.entries.extend(some));
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
        let pairs_from = |start: usize| {
            let (mut found, mut others) = (Vec::new(), Vec::new());
            for a in start..(start + PIECE).min(ends.len()) {
                let first = if a == 0 { 0 } else { ends[a - 1] };
                others.clear();
                for place in &places[first as usize..ends[a] as usize] {
                    others.extend(self.after_in_block(*place as usize));
                }
                others.sort_unstable();
                others.dedup();
                let member = register.records[a].member;
                let others = others.iter().filter(|b| register.records[**b as usize].member != member);
                found.extend(others.map(|b| (a as u32, *b)));
            }
            found
        };
        let found: Vec<Vec<(u32, u32)>> =
            (0..ends.len().div_ceil(PIECE)).into_par_iter().map(|piece| pairs_from(piece * PIECE)).collect();
        found.concat()
    }

    /// Where in the list each position stands before another in a block that is small enough: for each position the
    /// end of its places, which begin where those of the position before end.
    fn places(&self, positions: usize) -> (Vec<u32>, Vec<u32>) {
        let mut ends = vec![0_u32; positions];
        self.each_place(|position, _| ends[position] += 1);
        let mut sum = 0;
        for end in &mut ends {
            // Its beginning for now: it moves to its end as the places are written.
            sum += std::mem::replace(end, sum);
        }
        let mut places = vec![0_u32; sum as usize];
        self.each_place(|position, place| {
            places[ends[position] as usize] = place;
            ends[position] += 1;
        });
        (ends, places)
    }

    fn each_place(&self, mut found: impl FnMut(usize, u32)) {
        let mut start = 0;
        for (kind, block) in self.blocks(&self.entries) {
            if block.len() <= kind.limit() {
                let before_others = block[..block.len() - 1].iter().enumerate();
                before_others.for_each(|(at, entry)| found(self.position(*entry) as usize, (start + at) as u32));
            }
            start += block.len();
        }
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

    fn all_entries(&self, register: &Register) -> Vec<u64> {
        let mut entries = Vec::new();
        let mut pieces = vec![Vec::new(); AT_ONCE];
        for (nth, records) in register.records.chunks(AT_ONCE * PIECE).enumerate() {
            let start = nth * AT_ONCE * PIECE;
            pieces.iter_mut().for_each(Vec::clear);
            let with_records = pieces.par_iter_mut().zip(records.par_chunks(PIECE)).enumerate();
            with_records.for_each(|(piece, (entries, records))| {
                self.push_entries(register, records, start + piece * PIECE, entries);
            });
            let found: usize = pieces.iter().map(Vec::len).sum();
            if nth == 0 {
                // The rest will have about as many keys each, and finer ones will follow: a larger list would be a copy.
                entries.reserve_exact(found * register.records.len() / records.len() * 2);
            }
            pieces.iter().for_each(|piece| entries.extend_from_slice(piece));
        }
        entries
    }

    /// The entries of records of which the first stands at `start`.
    fn push_entries(&self, register: &Register, records: &[Record], start: usize, entries: &mut Vec<u64>) {
        let mut keys = Vec::new();
        for (place, record) in records.iter().enumerate() {
            keys::keys(register, record, &mut keys);
            entries.extend(keys.iter().map(|key| self.entry(*key, start + place)));
        }
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
}

/// Sorts on all cores: halves by the standard library, whose sort of numbers takes half the time of rayon's.
fn sort(entries: &mut [u64]) {
    if entries.len() < 1 << 20 {
        return entries.sort_unstable();
    }
    let (low, _, high) = entries.select_nth_unstable(entries.len() / 2);
    rayon::join(|| sort(low), || sort(high));
}
