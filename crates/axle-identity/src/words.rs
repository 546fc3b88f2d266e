//! Words and how often they are met: name tokens, handles and organizations share one space of numbers, since a
//! handle may be somebody's name and an organization somebody's domain.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;

/// Stands for "none" wherever a word, name or place is optional.
pub(crate) const NONE: u32 = u32::MAX;

/// A hash that is the same in every run.
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ (text.len() as u64);
    for chunk in text.as_bytes().chunks(8) {
        let mut eight = [0_u8; 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(eight));
    }
    state
}

/// Two numbers to one, well spread (a folded multiplication, as in wyhash).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9e37_79b9_7f4a_7c15) * u128::from(b ^ 0xd6e8_feb8_6659_fd93);
    ((product >> 64) as u64) ^ (product as u64) ^ a.rotate_left(29)
}

/// How many different people, as far as names tell them apart, bear a word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Uses {
    /// Full names that contain the word.
    pub(crate) names: u32,
    /// Differently named people whose handle it is.
    pub(crate) handles: u32,
    /// Handles that are the word and a number.
    pub(crate) numbered: u32,
    /// Differently named people whose organization it is.
    pub(crate) organizations: u32,
}

/// Every word met, each once, with its number.
#[derive(Debug, Default)]
pub(crate) struct Words {
    text: String,
    ends: Vec<u32>,
    table: HashTable<u32>,
    uses: Vec<Uses>,
}

impl Words {
    /// The word's number; a new one where it was not met before.
    pub(crate) fn add(&mut self, word: &str) -> u32 {
        let hash = hash_of(word);
        if let Some(found) = self.find(word, hash) {
            return found;
        }
        let number = self.ends.len() as u32;
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        self.uses.push(Uses::default());
        let (text, ends) = (&self.text, &self.ends);
        self.table.insert_unique(hash, number, |other| hash_of(slice(text, ends, *other)));
        number
    }

    /// The word's number, if it was met.
    pub(crate) fn get(&self, word: &str) -> Option<u32> {
        self.find(word, hash_of(word))
    }

    fn find(&self, word: &str, hash: u64) -> Option<u32> {
        self.table.find(hash, |other| slice(&self.text, &self.ends, *other) == word).copied()
    }

    pub(crate) fn text(&self, word: u32) -> &str {
        slice(&self.text, &self.ends, word)
    }

    pub(crate) fn uses(&self, word: u32) -> Uses {
        self.uses[word as usize]
    }

    pub(crate) fn uses_mut(&mut self, word: u32) -> &mut Uses {
        &mut self.uses[word as usize]
    }

    /// Every word with its uses.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Uses)> {
        self.uses.iter().enumerate().map(|(number, uses)| (self.text(number as u32), *uses))
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], word: u32) -> &'a str {
    let word = word as usize;
    let start = if word == 0 { 0 } else { ends[word - 1] as usize };
    &text[start..ends[word] as usize]
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| mix(hash, u64::from(*byte)));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(value, 0);
    }
}

/// Builds [`Hashed`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BuildHashed;

impl BuildHasher for BuildHashed {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(0)
    }
}
