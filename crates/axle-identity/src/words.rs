//! Words and how often they are met: name tokens, handles and organizations share one space of numbers, since a
//! handle may be somebody's name and an organization somebody's domain.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;

use crate::fold::without_digraphs;
use crate::lists::{full_form, is_common_name};

/// Stands for "none" wherever a word, name or place is optional.
pub(crate) const NONE: u32 = u32::MAX;

/// A hash that is the same in every run.
pub(crate) fn hash_of(text: &str) -> u64 {
    hash_of_bytes(text.as_bytes())
}

fn hash_of_bytes(bytes: &[u8]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ (bytes.len() as u64);
    for chunk in bytes.chunks(8) {
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

/// The bit for digits in [`Mark::letters`].
const DIGITS: u32 = 1 << 26;

/// What tells two words apart without reading them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// A bit for each letter that occurs, and one for digits.
    letters: u32,
    /// The word's hash as a given name's full form, without letters that stand for umlauts: nicknames and spellings
    /// share it.
    form: u32,
    pub(crate) length: u8,
    pub(crate) first: u8,
    /// Whether it is a common name the world over.
    pub(crate) is_common: bool,
}

impl Mark {
    fn of(word: &str) -> Self {
        let letter = |byte: u8| if byte.is_ascii_lowercase() { byte - b'a' } else { 26 };
        Self {
            letters: word.bytes().fold(0, |letters, byte| letters | 1 << letter(byte)),
            form: hash_of(&without_digraphs(full_form(word))) as u32,
            length: u8::try_from(word.len()).unwrap_or(u8::MAX),
            first: word.as_bytes().first().copied().unwrap_or(0),
            is_common: is_common_name(word),
        }
    }

    /// Whether both are forms of one given name, or one word.
    pub(crate) fn has_form_of(self, other: Self) -> bool {
        self.form == other.form
    }

    /// Whether the letters allow that one word is the other, mistyped: a slip brings one letter and takes one.
    pub(crate) fn may_be_typo_of(self, other: Self) -> bool {
        (self.letters ^ other.letters).count_ones() <= 3 && self.length.abs_diff(other.length) <= 2
    }

    /// Whether the letters allow that the word, but for digits, is put together of beginnings of the others.
    pub(crate) fn may_be_made_of(self, words: impl Iterator<Item = Self>) -> bool {
        let letters = words.fold(DIGITS, |letters, word| letters | word.letters);
        self.letters & !letters == 0
    }

    /// Whether the letters allow that the other word is within this one.
    pub(crate) fn may_hold(self, other: Self) -> bool {
        self.length > other.length && other.letters & !self.letters == 0
    }

    /// Whether the letters allow that one word, but for digits, is within the other.
    pub(crate) fn may_hold_or_be_within(self, other: Self) -> bool {
        let both = self.letters & other.letters | DIGITS;
        self.letters | DIGITS == both || other.letters | DIGITS == both
    }
}

/// Every word met, each once, with its number. Words are told apart by their hashes of 64 bits alone: a look-up then
/// touches no text, and of a million words two meet once in thirty million communities.
#[derive(Debug, Default)]
pub(crate) struct Words {
    text: String,
    ends: Vec<u32>,
    table: HashTable<(u64, u32)>,
    uses: Vec<Uses>,
    marks: Vec<Mark>,
}

impl Words {
    /// The word's number; a new one where it was not met before.
    pub(crate) fn add(&mut self, word: &str) -> u32 {
        let hash = hash_of(word);
        if let Some(found) = self.find(hash) {
            return found;
        }
        let number = self.ends.len() as u32;
        self.text.push_str(word);
        self.ends.push(self.text.len() as u32);
        self.uses.push(Uses::default());
        self.marks.push(Mark::of(word));
        self.table.insert_unique(hash, (hash, number), |other| other.0);
        number
    }

    /// Makes room for so many more words.
    pub(crate) fn reserve(&mut self, words: usize) {
        self.text.reserve_exact(words * 12);
        self.ends.reserve_exact(words);
        self.uses.reserve_exact(words);
        self.marks.reserve_exact(words);
        self.table.reserve(words, |other| other.0);
    }

    /// The word's number, if it was met.
    pub(crate) fn get(&self, word: &str) -> Option<u32> {
        self.find(hash_of(word))
    }

    fn find(&self, hash: u64) -> Option<u32> {
        self.table.find(hash, |other| other.0 == hash).map(|(_, number)| *number)
    }

    pub(crate) fn text(&self, word: u32) -> &str {
        let word = word as usize;
        let start = if word == 0 { 0 } else { self.ends[word - 1] as usize };
        &self.text[start..self.ends[word] as usize]
    }

    pub(crate) fn mark(&self, word: u32) -> Mark {
        self.marks[word as usize]
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

/// About how many have each of many things, by the things' hashes: never fewer, now and then more, and no more than 255.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    counts: Vec<u8>,
}

impl Counts {
    /// None yet, with room for about so many things.
    pub(crate) fn for_about(things: usize) -> Self {
        Self { counts: vec![0; (4 * things).next_power_of_two()] }
    }

    /// One more has the thing.
    pub(crate) fn add(&mut self, hash: u64) {
        let place = self.place(hash);
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }

    /// About how many have the thing.
    pub(crate) fn of(&self, hash: u64) -> usize {
        self.counts.get(self.place(hash)).map_or(0, |count| usize::from(*count))
    }

    fn place(&self, hash: u64) -> usize {
        hash as usize & self.counts.len().saturating_sub(1)
    }
}

/// A hasher that is the same in every run; keys are hashes already or words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, hash_of_bytes(bytes));
    }

    fn write_u8(&mut self, value: u8) {
        self.0 = mix(self.0, u64::from(value));
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
