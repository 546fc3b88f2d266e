//! The word list, the emoji names and the words that rules ask for, in one table of lower-case words.

use super::words::Role;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

const WORDS: &str = include_str!("../../models/vader-lexicon.tsv");
const EMOJIS: &str = include_str!("../../models/vader-emoji.tsv");

/// What a booster such as `very` adds to the valence of the word after it, in the direction of that word.
const BOOST: f64 = 0.293;

const BOOSTERS: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous \
    enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin frackin \
    fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely \
    incredible incredibly intensely major majorly more most particularly purely quite really remarkably so \
    substantially thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very";

const DAMPENERS: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional \
    occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";

/// Besides these, every word with `n't` in it negates.
const NEGATIONS: &str = "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt \
    neither neednt never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh uh-uh wasnt werent without wont \
    wouldnt rarely seldom despite";

/// What is known of one lower-case word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// From the word list: about -4 to 4.
    pub valence: Option<f64>,
    /// What the word adds to the valence of a positive word after it; 0 for most words.
    pub boost: f64,
    pub negates: bool,
    pub role: Role,
}

#[derive(Debug)]
pub(super) struct Lexicon {
    entries: HashMap<&'static str, Entry, BuildHasherDefault<Fnv>>,
    emojis: HashMap<char, &'static str, BuildHasherDefault<Fnv>>,
    longest: usize,
}

impl Lexicon {
    pub fn new() -> Self {
        let mut entries: HashMap<&'static str, Entry, BuildHasherDefault<Fnv>> = HashMap::default();
        for (word, rest) in rows(WORDS) {
            let valence = rest.parse().expect("the second column of the word list is a number");
            entries.entry(word).or_default().valence = Some(valence);
        }
        for word in BOOSTERS.split_whitespace() {
            entries.entry(word).or_default().boost = BOOST;
        }
        for word in DAMPENERS.split_whitespace() {
            entries.entry(word).or_default().boost = -BOOST;
        }
        for word in NEGATIONS.split_whitespace() {
            entries.entry(word).or_default().negates = true;
        }
        for (word, role) in Role::WORDS {
            entries.entry(word).or_default().role = role;
        }
        let emojis = rows(EMOJIS).filter_map(|(emoji, name)| Some((only_char(emoji)?, name))).collect();
        let longest = entries.keys().map(|word| word.len()).max().unwrap_or(0);
        Self { entries, emojis, longest }
    }

    pub fn entry(&self, lower: &str) -> Entry {
        // No word of the list is longer, so that endless words need not be hashed.
        if lower.len() > self.longest {
            return Entry::default();
        }
        self.entries.get(lower).copied().unwrap_or_default()
    }

    /// The text with each emoji replaced by its name. A space goes before the name, none behind it: what follows sticks
    /// to the name's last word, as in the Python package.
    pub fn name_emojis<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.chars().any(|c| self.emoji(c).is_some()) {
            return Cow::Borrowed(text);
        }
        let mut named = String::with_capacity(text.len() * 2);
        let mut after_space = true;
        for c in text.chars() {
            let Some(name) = self.emoji(c) else {
                named.push(c);
                after_space = c == ' ';
                continue;
            };
            if !after_space {
                named.push(' ');
            }
            named.push_str(name);
            after_space = false;
        }
        Cow::Owned(named)
    }

    fn emoji(&self, c: char) -> Option<&'static str> {
        if c.is_ascii() {
            return None;
        }
        self.emojis.get(&c).copied()
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter_map(|line| line.split_once('\t'))
}

/// Emojis of several characters are never met, since the text is read one character at a time.
fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// FNV-1a: quick for short words. The table's keys are fixed, so that no text can crowd it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_what_was_published() {
        let lexicon = Lexicon::new();
        let valued = lexicon.entries.values().filter(|entry| entry.valence.is_some()).count();
        assert_eq!(valued, 7506, "7,520 rows, 14 of them twice");
        assert_eq!(lexicon.emojis.len(), 1212);
        assert_eq!(lexicon.entry("good").valence, Some(1.9));
        assert!(lexicon.entry("seldom").negates);
        assert_eq!(lexicon.entry("uber").boost, BOOST);
        assert!(lexicon.entry("zebra").valence.is_none());
    }

    #[test]
    fn emojis_get_a_space_before_them_only() {
        let lexicon = Lexicon::new();
        assert_eq!(lexicon.name_emojis("ok😀go 😀"), "ok grinning facego grinning face");
    }
}
