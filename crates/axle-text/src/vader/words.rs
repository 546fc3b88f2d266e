//! Cuts a text into words as Python's `str.split` does, and looks each of them up once.

use super::lexicon::{Entry, Lexicon};

/// A word that some rule asks for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    #[default]
    Other,
    Ass,
    At,
    Bad,
    Beating,
    Bomb,
    Bus,
    But,
    Death,
    Die,
    Doubt,
    Enough,
    For,
    Heart,
    Just,
    Kind,
    Kiss,
    Least,
    Never,
    No,
    Nor,
    Of,
    Or,
    Right,
    Shit,
    So,
    Sort,
    Stop,
    The,
    This,
    To,
    Very,
    Without,
    Yeah,
}

impl Role {
    pub const WORDS: [(&'static str, Self); 33] = [
        ("ass", Self::Ass),
        ("at", Self::At),
        ("bad", Self::Bad),
        ("beating", Self::Beating),
        ("bomb", Self::Bomb),
        ("bus", Self::Bus),
        ("but", Self::But),
        ("death", Self::Death),
        ("die", Self::Die),
        ("doubt", Self::Doubt),
        ("enough", Self::Enough),
        ("for", Self::For),
        ("heart", Self::Heart),
        ("just", Self::Just),
        ("kind", Self::Kind),
        ("kiss", Self::Kiss),
        ("least", Self::Least),
        ("never", Self::Never),
        ("no", Self::No),
        ("nor", Self::Nor),
        ("of", Self::Of),
        ("or", Self::Or),
        ("right", Self::Right),
        ("shit", Self::Shit),
        ("so", Self::So),
        ("sort", Self::Sort),
        ("stop", Self::Stop),
        ("the", Self::The),
        ("this", Self::This),
        ("to", Self::To),
        ("very", Self::Very),
        ("without", Self::Without),
        ("yeah", Self::Yeah),
    ];
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub valence: Option<f64>,
    pub boost: f64,
    pub negates: bool,
    pub role: Role,
    /// Written in capitals while other words of the text are not.
    pub shouts: bool,
}

pub(super) fn split(text: &str, lexicon: &Lexicon) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6 + 1);
    let mut lower = String::new();
    for token in text.split(is_space).filter(|token| !token.is_empty()) {
        let word = strip(token);
        let folded = if word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            word
        } else {
            lower.clear();
            lower_into(word, &mut lower);
            &lower
        };
        let Entry { valence, boost, negates, role } = lexicon.entry(folded);
        let negates = negates || folded.contains("n't");
        words.push(Word { valence, boost, negates, role, shouts: is_upper(word) });
    }
    let capitals = words.iter().filter(|word| word.shouts).count();
    if capitals == words.len() {
        words.iter_mut().for_each(|word| word.shouts = false);
    }
    words
}

/// White space of Python: Unicode's, and the four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The token without punctuation around it; but whole when at most two characters stay, since it may be an emoticon.
fn strip(token: &str) -> &str {
    let stripped = token.trim_matches(|c: char| c.is_ascii_punctuation());
    if stripped.len() <= 8 && stripped.chars().count() <= 2 { token } else { stripped }
}

fn lower_into(word: &str, lower: &mut String) {
    if word.is_ascii() {
        lower.push_str(word);
        lower.make_ascii_lowercase();
    } else {
        lower.push_str(&word.to_lowercase());
    }
}

/// At least one letter with case, and none that is lower or title case.
fn is_upper(word: &str) -> bool {
    let mut has_upper = false;
    for c in word.chars() {
        if c.is_lowercase() || is_title(c) {
            return false;
        }
        has_upper |= c.is_uppercase();
    }
    has_upper
}

/// Unicode's title case letters (Lt), which are neither upper nor lower case.
fn is_title(c: char) -> bool {
    matches!(c, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}'
        | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_goes_unless_the_token_is_short() {
        assert_eq!(strip("good!!!"), "good");
        assert_eq!(strip("'ok'"), "'ok'");
        assert_eq!(strip(":D"), ":D");
        assert_eq!(strip("**can't**"), "can't");
        assert_eq!(strip("!!!"), "!!!");
    }

    #[test]
    fn capitals_need_a_letter_and_no_small_one() {
        assert!(is_upper("GOOD-2"));
        assert!(!is_upper("Good"));
        assert!(!is_upper("123"));
        assert!(!is_upper("\u{1c5}A"));
    }
}
