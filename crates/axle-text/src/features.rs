//! Hashed n-grams of a text: what the linear heads see beside its vector.
//!
//! Code, links, names and numbers become one word each. Features are words and pairs, the first words, the last one, the
//! beginnings of clauses, whether there is a question mark, and the length in steps of eight words. Each is a slot,
//! FNV-1a of its name modulo [`SLOTS`]. The head for questions sees a second hash beside it, of [`asked`].

pub mod asked;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Slots of the hash.
pub const SLOTS: usize = 65_536;

/// Tokens of a text that are read.
const MOST_TOKENS: usize = 200;

/// The distinct slots of a text, rising.
pub fn slots(text: &str) -> Vec<u16> {
    with_tokens(text, slots_of)
}

/// Hands a text's tokens on.
pub(crate) fn with_tokens<T>(text: &str, read: impl FnOnce(&[&str]) -> T) -> T {
    let masked = mask(text);
    read(&tokens(&masked))
}

/// The distinct slots of a text's tokens, rising.
pub(crate) fn slots_of(tokens: &[&str]) -> Vec<u16> {
    let mut slots = Vec::with_capacity(4 * tokens.len() + 8);
    let mut take = |parts: &[&str]| slots.push(slot(parts));
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        take(&["u ", token]);
        if let Some(next) = next {
            take(&["b ", token, " ", next]);
        }
        let begins = index == 0 || tokens[index - 1].starts_with(['.', '!', '?', ';', ':', ',', '(']);
        if begins && token.starts_with(is_letter) {
            take(&["c ", token]);
            if let Some(next) = next {
                take(&["c2 ", token, " ", next]);
            }
        }
    }
    if let ([first, ..], [.., last]) = (tokens, tokens) {
        take(&["s ", first]);
        take(&["e ", last]);
    }
    if let [first, second, ..] = tokens {
        take(&["s2 ", first, " ", second]);
    }
    if let [first, second, third, ..] = tokens {
        take(&["s3 ", first, " ", second, " ", third]);
    }
    if tokens.iter().any(|token| token.starts_with('?')) {
        take(&["Q"]);
    }
    take(&[["L0", "L1", "L2", "L3", "L4", "L5", "L6"][(tokens.len() / 8).min(6)]]);
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Words and pairs of a text with their slots, in their order: what a head's weight can be explained by.
pub(crate) fn phrases(text: &str) -> Vec<(String, u16)> {
    let masked = mask(text);
    let tokens = tokens(&masked);
    let words = tokens.iter().map(|token| ((*token).to_owned(), slot(&["u ", token])));
    let pairs = tokens.windows(2).map(|pair| (pair.join(" "), slot(&["b ", pair[0], " ", pair[1]])));
    words.chain(pairs).filter(|(phrase, _)| phrase.contains(is_letter) && !phrase.contains('<')).collect()
}

fn slot(parts: &[&str]) -> u16 {
    slot_of(parts, SLOTS)
}

/// The slot of a feature's name, given in parts, among `count`, at most 65,536.
fn slot_of(parts: &[&str], count: usize) -> u16 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash % count as u32) as u16
}

/// A letter or a number of any kind, or `_`.
fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    use Category::{DecimalNumber, LetterNumber, OtherNumber};
    is_letter(c) || matches!(get_general_category(c), DecimalNumber | LetterNumber | OtherNumber)
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    use Category::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    matches!(
        get_general_category(c),
        LowercaseLetter | ModifierLetter | OtherLetter | TitlecaseLetter | UppercaseLetter
    )
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { get_general_category(c) == Category::DecimalNumber }
}

/// What words are made of: letters and numbers that are no digits.
fn is_of_words(c: char) -> bool {
    is_word(c) && c != '_' && !is_digit(c)
}

/// The text in lower case, with code, links, names and numbers as one word each.
fn mask(text: &str) -> String {
    let text = text.replace('\u{2019}', "'").to_lowercase();
    let mut masked = String::with_capacity(text.len() + 16);
    let mut code = Code { last_fence: text.rfind("```"), next_tick: None };
    let mut before = ' ';
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let found = match c {
            '`' => code.at(&text, at).map(|end| (" <code> ", end)),
            'h' | 'w' => link(&text, at, &mut code).map(|end| (" <url> ", end)),
            '@' => name(rest).map(|length| (" <user> ", at + length)),
            _ if is_digit(c) && !is_word(before) => number(rest).map(|length| (" <num> ", at + length)),
            _ => None,
        };
        if let Some((word, end)) = found {
            masked.push_str(word);
            before = ' ';
            at = end;
        } else {
            masked.push(c);
            before = c;
            at += c.len_utf8();
        }
    }
    masked
}

/// Finds the ends of code without looking through the same text twice.
struct Code {
    last_fence: Option<usize>,
    /// The first tick or end of line at or after a place, as found last.
    next_tick: Option<(usize, usize)>,
}

impl Code {
    /// The end of the code that begins with a tick at `at`.
    fn at(&mut self, text: &str, at: usize) -> Option<usize> {
        if text[at..].starts_with("```") && self.last_fence.is_some_and(|last| last >= at + 3) {
            return text[at + 3..].find("```").map(|length| at + 3 + length + 3);
        }
        let from = at + 1;
        let end = match self.next_tick {
            Some((asked, found)) if asked <= from && from <= found => found,
            _ => text[from..].find(['`', '\n']).map_or(text.len(), |length| from + length),
        };
        self.next_tick = Some((from, end));
        text[end..].starts_with('`').then_some(end + 1)
    }
}

/// The end of the link that begins at `at`: at white space or code.
fn link(text: &str, at: usize, code: &mut Code) -> Option<usize> {
    let rest = &text[at..];
    let head = ["https://", "http://", "www."].into_iter().find(|head| rest.starts_with(head))?.len();
    let mut end = at + head;
    for c in text[end..].chars() {
        if c.is_whitespace() || (c == '`' && code.at(text, end).is_some()) {
            break;
        }
        end += c.len_utf8();
    }
    (end > at + head).then_some(end)
}

/// The length of `@name`.
fn name(rest: &str) -> Option<usize> {
    let mut chars = rest[1..].char_indices();
    chars.next().filter(|(_, c)| is_word(*c))?;
    Some(1 + chars.find(|(_, c)| !is_word(*c) && *c != '-').map_or(rest.len() - 1, |(at, _)| at))
}

/// The length of a number such as `1,000.5`, which no letter follows.
fn number(rest: &str) -> Option<usize> {
    let (mut end, mut at) = (None, 0);
    loop {
        let run = rest[at..].find(|c| !is_digit(c)).unwrap_or(rest.len() - at);
        if run == 0 {
            return end;
        }
        at += run;
        let mut after = rest[at..].chars();
        match after.next() {
            Some(c) if is_word(c) => return end,
            Some('.' | ',') => end = Some(at),
            _ => return Some(at),
        }
        at += 1;
    }
}

/// Words, marks and faces of a masked text.
fn tokens(masked: &str) -> Vec<&str> {
    let mut tokens = Vec::with_capacity(32);
    let mut rest = masked;
    while let Some(c) = rest.chars().next() {
        let length = token(rest, c);
        match length {
            Some(length) => {
                tokens.push(&rest[..length]);
                rest = &rest[length..];
            }
            None => rest = &rest[c.len_utf8()..],
        }
        if tokens.len() == MOST_TOKENS {
            break;
        }
    }
    tokens
}

/// The length of the token at the beginning, if one begins there.
fn token(rest: &str, c: char) -> Option<usize> {
    let run = |text: &str, is_part: fn(char) -> bool| text.find(|c| !is_part(c)).unwrap_or(text.len());
    if is_of_words(c) {
        let word = run(rest, is_of_words);
        let more = rest[word..].strip_prefix('\'').map_or(0, |more| run(more, is_of_words));
        return Some(if more > 0 { word + 1 + more } else { word });
    }
    if c == '<' {
        let word = run(&rest[1..], is_word);
        if word > 0 && rest[1 + word..].starts_with('>') {
            return Some(word + 2);
        }
    }
    if matches!(c, '?' | '!') {
        return Some(run(rest, |c| matches!(c, '?' | '!')));
    }
    if matches!(c, ':' | ';' | '=' | '8') {
        let is_mouth = |byte: Option<&u8>| matches!(byte, Some(b')' | b'(' | b'd' | b'p' | b'/' | b'|' | b'\\'));
        let bytes = rest.as_bytes();
        if matches!(bytes.get(1), Some(b'-' | b'\'')) && is_mouth(bytes.get(2)) {
            return Some(3);
        }
        if is_mouth(bytes.get(1)) {
            return Some(2);
        }
    }
    if rest.starts_with("<3") {
        return Some(2);
    }
    (!is_word(c) && !c.is_whitespace()).then_some(c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::vectors;

    #[test]
    fn texts_have_the_slots_of_the_reference() {
        for expected in vectors() {
            assert_eq!(slots(&expected.text), expected.feature_slots, "{}", expected.text);
        }
    }

    /// Worked out with the reference in `training/features.py`.
    #[test]
    fn words_are_masked() {
        let masked = |text| tokens(&mask(text)).join("|");
        assert_eq!(masked("run ```a b\nc``` or `x` now"), "run|<code>|or|<code>|now");
        assert_eq!(masked("open ```never closed"), "open|<code>|`|never|closed");
        assert_eq!(masked("see https://a.b/c`d`e, www. x"), "see|<url>|<code>|e|,|www|.|x");
        assert_eq!(masked("@dana-x hi a@b 1,000.5 v2 2x 3. 1.2.3a"), "<user>|hi|a|<user>|<num>|v|x|<num>|.|<num>|.|a");
        assert_eq!(masked("Don\u{2019}t :D ;-) <3 what?! a_b"), "don't|:d|;-)|<|<num>|what|?!|a|b");
        assert_eq!(masked("8) =p :'( <b> 日本語"), "<num>|)|=p|:'(|<b>|日本語");
        assert_eq!(slots(""), [slot(&["L0"])]);
    }
}
