//! The words of a message, as numbers that can be compared.

use std::collections::HashMap;

/// Shorter words are in everything that is said.
const LEAST_CHARACTERS: usize = 4;
/// Of long texts, so many words from their beginning.
const MOST_WORDS: usize = 100;

/// The words of a text with four characters or more, whatever their case, as hashes: rising, each once.
pub fn word_hashes(text: &str) -> Vec<u32> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '\'';
    let words = text.split(|c| !is_inner(c)).filter(|word| word.chars().nth(LEAST_CHARACTERS - 1).is_some());
    let mut hashes: Vec<u32> = words.take(MOST_WORDS).map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// FNV-1a of the word in lower case.
fn hash(word: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut bytes = [0; 4];
    word.chars()
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5, |hash, c| c.encode_utf8(&mut bytes).bytes().fold(hash, step))
}

/// In which of the latest messages each word stands, so that a message is not held against all of them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    said: HashMap<u32, Vec<usize>>,
}

impl Recent {
    /// How many words of the next message each message from `first` on has.
    pub(super) fn shared(&mut self, number: usize, words: &[u32], first: usize, counts: &mut Vec<usize>) {
        counts.clear();
        counts.resize(number - first, 0);
        for word in words {
            let places = self.said.entry(*word).or_default();
            places.retain(|place| (first..number).contains(place));
            places.iter().for_each(|place| counts[place - first] += 1);
            places.push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case() {
        assert_eq!(word_hashes("The GRUB menu, the grub menu!"), word_hashes("menu grub"));
        assert!(word_hashes("it is so").is_empty());
        // Known values of the function: those of "foobar" and "a" (32 bits).
        assert_eq!((hash("foobar"), hash("A")), (0xbf9c_f968, 0xe40c_292c));
    }

    #[test]
    fn shared_words_are_counted_once() {
        let messages = ["mount the windows share", "which share? windows, windows", "", "alpha share", "Windows"];
        let mut recent = Recent::default();
        let mut counts = Vec::new();
        let mut shared = |number: usize, first| {
            recent.shared(number, &word_hashes(messages[number]), first, &mut counts);
            counts.clone()
        };
        assert_eq!(shared(0, 0), [0; 0]);
        assert_eq!(shared(1, 0), [2]);
        assert_eq!(shared(2, 0), [0, 0]);
        assert_eq!(shared(3, 1), [1, 0]);
        assert_eq!(shared(4, 1), [1, 0, 0]);
    }
}
