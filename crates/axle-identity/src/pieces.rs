//! Handles in which a name can be read although no usual way of making handles gives them: beginnings of several of its
//! words one after the other (`conwins` of Conrad Winslow), or a whole word with letters that the name does not explain
//! (`cbwinslow`).

use crate::words::mix;

/// The beginning of one of a name's words, within a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Which word of the name.
    pub(crate) word: usize,
    /// How many of its letters.
    pub(crate) letters: usize,
}

/// A longer handle is a sentence.
const LONGEST: usize = 24;
/// What is read in fewer letters is chance.
const SHORTEST: usize = 5;
/// A whole word of so many letters is read although other letters stand beside it; of one more, if nothing else is read.
const WHOLE: usize = 4;

/// In more letters beside it there is another name.
const UNREAD: usize = 8;

/// Tells every way to read the words of a name in a handle that has no number behind it, in the handle's order, with the
/// letters that remain unread.
pub(crate) fn readings<'h>(handle: &'h str, words: &[&str], mut found: impl FnMut(&[Piece], &'h str)) {
    if !(SHORTEST..=LONGEST).contains(&handle.len()) || words.len() < 2 {
        return;
    }
    let mut pieces = Vec::with_capacity(words.len());
    beginnings(handle, words, &mut pieces, &mut |pieces| {
        if pieces.len() > 1 && pieces.iter().any(|piece| piece.letters > 2) {
            found(pieces, "");
        }
    });
    for (word, text) in words.iter().enumerate().filter(|(_, text)| text.len() >= WHOLE) {
        let whole = Piece { word, letters: text.len() };
        let sides = [handle.strip_prefix(text), handle.strip_suffix(text)];
        for rest in sides.into_iter().flatten().filter(|rest| !rest.is_empty()) {
            match beside(rest, words, word) {
                Some((piece, unread)) if (1..=UNREAD).contains(&unread.len()) => found(&[whole, piece], unread),
                // A letter or two are another's initials.
                None if (3..=UNREAD).contains(&rest.len()) && text.len() > WHOLE => found(&[whole], rest),
                _ => {}
            }
        }
    }
}

/// Every way to put the text together of beginnings of different words.
fn beginnings(text: &str, words: &[&str], pieces: &mut Vec<Piece>, found: &mut impl FnMut(&[Piece])) {
    if text.is_empty() {
        return found(pieces);
    }
    for (word, whole) in words.iter().enumerate() {
        if pieces.iter().any(|piece| piece.word == word) {
            continue;
        }
        for letters in (1..=in_common(text, whole)).rev() {
            pieces.push(Piece { word, letters });
            beginnings(&text[letters..], words, pieces, found);
            pieces.pop();
        }
    }
}

/// The longest beginning of another word that the rest of a handle begins with, or, of two letters at least, ends with;
/// and what is left of the rest.
fn beside<'h>(rest: &'h str, words: &[&str], except: usize) -> Option<(Piece, &'h str)> {
    let others = || words.iter().enumerate().filter(|(word, _)| *word != except);
    let at_start = others().map(|(word, text)| (Piece { word, letters: in_common(rest, text) }, true));
    let at_end = others().map(|(word, text)| {
        let letters = (2..=text.len()).rev().find(|letters| rest.ends_with(&text[..*letters])).unwrap_or(0);
        (Piece { word, letters }, false)
    });
    let (piece, is_at_start) = at_start.chain(at_end).max_by_key(|(piece, _)| piece.letters)?;
    let unread = if is_at_start { &rest[piece.letters..] } else { &rest[..rest.len() - piece.letters] };
    (piece.letters > 0).then_some((piece, unread))
}

fn in_common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// The first letters of a handle, by which it is looked up, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beginning(u64);

impl Beginning {
    /// So many letters.
    const LETTERS: usize = 6;

    /// That of a handle; `None` of one that is too short.
    pub(crate) fn of(handle: &str) -> Option<Self> {
        (handle.len() >= SHORTEST).then(|| Self(Self::packed(handle)))
    }

    /// Spread over all numbers.
    pub(crate) fn hash(self) -> u64 {
        mix(self.0, 0xbe9)
    }

    fn packed(text: &str) -> u64 {
        let letters = text.bytes().take(Self::LETTERS).enumerate();
        letters.fold(0, |packed, (place, letter)| packed | u64::from(letter) << (8 * place))
    }
}

/// The beginnings of the handles that are beginnings of two words of the name one after the other.
pub(crate) fn likely_beginnings(words: &[&str], mut found: impl FnMut(Beginning)) {
    let first = |letters: usize| (1_u64 << (8 * letters)) - 1;
    for (place, one) in words.iter().enumerate() {
        for (_, other) in words.iter().enumerate().filter(|(at, _)| *at != place) {
            let (of_one, of_other) = (Beginning::packed(one), Beginning::packed(other));
            for letters in 1..=one.len().min(Beginning::LETTERS - 1) {
                if letters + other.len() >= SHORTEST {
                    let both = of_one & first(letters) | of_other << (8 * letters);
                    // Of handles of five letters, and of longer ones.
                    found(Beginning(both & first(SHORTEST)));
                    found(Beginning(both & first(Beginning::LETTERS)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters of each piece and those unread, of the reading that leaves the fewest and has the fewest pieces.
    fn read(handle: &str, name: &str) -> Option<String> {
        let words: Vec<&str> = name.split(' ').collect();
        let mut all = Vec::new();
        readings(handle, &words, |pieces, unread| {
            let texts = pieces.iter().map(|piece| &words[piece.word][..piece.letters]);
            all.push((unread.len(), pieces.len(), texts.collect::<Vec<_>>().join("+"), unread.to_owned()));
        });
        let (_, _, pieces, unread) = all.into_iter().min()?;
        Some(if unread.is_empty() { pieces } else { format!("{pieces} and {unread}") })
    }

    #[test]
    fn beginnings_of_words_one_after_the_other() {
        for (handle, name, expected) in [
            ("conwins", "conrad winslow", "con+wins"),
            ("winslocon", "conrad winslow", "winslo+con"),
            ("zequa", "zebulon quartermain", "ze+qua"),
            ("gretamf", "greta moss fenwick", "greta+m+f"),
            ("minju", "min ju zedlitz", "min+ju"),
            ("adaqz", "quartermain zed ada", "ada+q+z"),
            ("anagy", "ana nagy", "a+nagy"),
        ] {
            assert_eq!(read(handle, name).as_deref(), Some(expected), "{handle}");
        }
        assert_eq!(read("kitelark", "conrad winslow"), None);
        assert_eq!(read("cowi", "conrad winslow"), None, "four letters are chance");
        assert_eq!(read("zebulon", "zebulon quartermain"), None, "one word is a usual handle");
    }

    #[test]
    fn a_whole_word_with_other_letters() {
        for (handle, name, expected) in [
            ("cbwinslow", "conrad winslow", "winslow+c and b"),
            ("winslowcx", "conrad winslow", "winslow+c and x"),
            ("conradqwinslow", "conrad winslow", "conrad+winslow and q"),
            ("heyquartermain", "zebulon quartermain", "quartermain and hey"),
            ("winslowdev", "ada winslow", "winslow and dev"),
            ("adammtx", "adam mossgrove", "adam+m and tx"),
        ] {
            assert_eq!(read(handle, name).as_deref(), Some(expected), "{handle}");
        }
        assert_eq!(read("mwinslow", "conrad winslow"), None, "another's initial");
        assert_eq!(read("thewholebigwinslow", "ada winslow"), None, "within another's name");
        assert_eq!(read("xyzmoss", "conrad moss"), None, "a short word within others");
    }

    #[test]
    fn beginnings_are_looked_up() {
        for (handle, name) in [
            ("conwins", ["conrad", "winslow"]),
            ("zequa", ["zebulon", "quartermain"]),
            ("winslcon", ["conrad", "winslow"]),
        ] {
            let mut is_found = false;
            likely_beginnings(&name, |likely| is_found |= Beginning::of(handle) == Some(likely));
            assert!(is_found, "{handle}");
        }
        assert_eq!(Beginning::of("abcd"), None);
        assert_eq!(Beginning::of("abcdefgh"), Beginning::of("abcdef"));
        assert_ne!(Beginning::of("abcdefgh"), Beginning::of("abcde"));
    }
}
