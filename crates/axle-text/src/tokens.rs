//! WordPiece: a text cut into the pieces of a vocabulary, as BERT's uncased models read it.
//!
//! Lower case, decomposed, without accents and control characters; words end at white space, and each mark of
//! punctuation and each ideograph is a word of its own. A word becomes the longest pieces that the vocabulary has.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use unicode_general_category::{GeneralCategory as Category, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// A quick hash of short texts; nobody outside chooses the keys of the tables that use it.
#[derive(Default, Clone)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(last) ^ ((rest.len() as u64) << 56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

pub(crate) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Longer words are unknown.
const LONGEST_WORD: usize = 100;

/// The pieces of words with their numbers.
pub struct Vocabulary {
    first: QuickMap<Box<str>, u32>,
    /// Pieces that continue a word, without their `##`.
    further: QuickMap<Box<str>, u32>,
    longest: usize,
}

impl Vocabulary {
    /// Reads a vocabulary: a piece a line; the line's number, from 0, is the piece's.
    pub fn new(lines: &str) -> Self {
        let mut vocabulary = Self { first: QuickMap::default(), further: QuickMap::default(), longest: 1 };
        for (number, piece) in (0..).zip(lines.lines()) {
            let (map, piece) = match piece.strip_prefix("##") {
                Some(further) if !further.is_empty() => (&mut vocabulary.further, further),
                _ => (&mut vocabulary.first, piece),
            };
            map.insert(piece.into(), number);
            vocabulary.longest = vocabulary.longest.max(piece.len());
        }
        vocabulary
    }

    /// Hands on the number of each piece, in the order of the text, `None` for a word that is unknown, until `take`
    /// says that it has enough.
    pub fn pieces(&self, text: &str, mut take: impl FnMut(Option<u32>) -> bool) {
        let mut words = Words::default();
        let mut on = true;
        for c in text.chars() {
            match words.push(c) {
                Cut::None => {}
                Cut::Before => on = self.word(words.take(), &mut take),
                Cut::Around => {
                    on = self.word(words.take(), &mut take);
                    words.mark(c, |mark| on = on && self.word(mark, &mut take));
                }
            }
            if !on {
                return;
            }
        }
        self.word(words.take(), &mut take);
    }

    fn word(&self, word: &str, take: &mut impl FnMut(Option<u32>) -> bool) -> bool {
        if word.is_empty() {
            return true;
        }
        // Nearly every word is a piece of its own.
        if let Some(id) = self.first.get(word) {
            return take(Some(*id));
        }
        let mut pieces = [0_u32; LONGEST_WORD];
        let Some(count) = self.cut(word, &mut pieces) else { return take(None) };
        pieces[..count].iter().all(|piece| take(Some(*piece)))
    }

    /// The pieces of a word; `None` when it is unknown.
    fn cut(&self, word: &str, pieces: &mut [u32; LONGEST_WORD]) -> Option<usize> {
        if word.chars().nth(LONGEST_WORD).is_some() {
            return None;
        }
        let (mut from, mut count) = (0, 0);
        while from < word.len() {
            let map = if from == 0 { &self.first } else { &self.further };
            let mut to = word.floor_char_boundary(word.len().min(from + self.longest));
            let id = loop {
                if to <= from {
                    return None;
                }
                if let Some(id) = map.get(&word[from..to]) {
                    break *id;
                }
                to = word.floor_char_boundary(to - 1);
            };
            pieces[count] = id;
            count += 1;
            from = to;
        }
        Some(count)
    }
}

/// The word that is being read.
#[derive(Default)]
struct Words {
    word: String,
    taken: String,
}

/// Where a character cuts the text.
enum Cut {
    None,
    Before,
    Around,
}

impl Words {
    fn push(&mut self, c: char) -> Cut {
        if c.is_ascii() {
            let byte = c as u8;
            return match byte {
                b'\t' | b'\n' | b'\r' | b' ' => Cut::Before,
                _ if byte.is_ascii_control() => Cut::None,
                _ if byte.is_ascii_punctuation() => Cut::Around,
                _ => {
                    self.word.push(byte.to_ascii_lowercase() as char);
                    Cut::None
                }
            };
        }
        if c.is_whitespace() && !is_control(get_general_category(c)) {
            return Cut::Before;
        }
        let category = get_general_category(c);
        if c == '\u{fffd}' || is_control(category) || category == Category::NonspacingMark {
            return Cut::None;
        }
        if is_word_of_its_own(c, category) {
            return Cut::Around;
        }
        for c in c.to_lowercase().nfd() {
            let category = get_general_category(c);
            if category != Category::NonspacingMark && !is_control(category) {
                self.word.push(c);
            }
        }
        Cut::None
    }

    /// The word so far; the next begins.
    fn take(&mut self) -> &str {
        std::mem::swap(&mut self.word, &mut self.taken);
        self.word.clear();
        &self.taken
    }

    /// A character that is a word of its own, decomposed.
    fn mark(&mut self, c: char, mut each: impl FnMut(&str)) {
        let mut buffer = [0; 4];
        for c in std::iter::once(c).nfd() {
            if get_general_category(c) != Category::NonspacingMark {
                each(c.encode_utf8(&mut buffer));
            }
        }
    }
}

fn is_control(category: Category) -> bool {
    use Category::{Control, Format, PrivateUse, Surrogate, Unassigned};
    matches!(category, Control | Format | PrivateUse | Surrogate | Unassigned)
}

fn is_word_of_its_own(c: char, category: Category) -> bool {
    use Category::{
        ClosePunctuation, ConnectorPunctuation, DashPunctuation, FinalPunctuation, InitialPunctuation, OpenPunctuation,
        OtherPunctuation,
    };
    ('\u{4e00}'..='\u{9fff}').contains(&c)
        || matches!(
            category,
            ClosePunctuation
                | ConnectorPunctuation
                | DashPunctuation
                | FinalPunctuation
                | InitialPunctuation
                | OpenPunctuation
                | OtherPunctuation
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Option<u32>> {
        let vocabulary = Vocabulary::new("[PAD]\nun\n##aff\n##able\n!\ncafe\n日\n##s\ns");
        let mut pieces = Vec::new();
        vocabulary.pieces(text, |piece| {
            pieces.push(piece);
            pieces.len() < 50
        });
        pieces
    }

    #[test]
    fn words_become_the_longest_pieces() {
        assert_eq!(pieces("unaffable!"), [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(pieces("UNs unx"), [Some(1), Some(7), None]);
        assert_eq!(pieces("Café cafe\u{301} c\u{200b}afé"), [Some(5); 3]);
        assert_eq!(pieces("日s日"), [Some(6), Some(8), Some(6)]);
        assert_eq!(pieces(&"x".repeat(101)), [None]);
        assert_eq!(pieces(&"un ".repeat(1_000)).len(), 50);
        assert!(pieces("\u{fffd} \u{301} \t").is_empty());
    }
}
