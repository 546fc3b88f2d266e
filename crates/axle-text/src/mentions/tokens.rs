//! Cuts a text into words for the lexicon: each with a hash that ignores case and composition, and with what stands before it.

use crate::language::composed;

/// A word: a run of letters and digits of one kind of script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) hash: u64,
    pub(super) gap: Gap,
    /// Its first letter is a capital.
    pub(super) is_capital: bool,
    /// A capital stands after its first letter.
    pub(super) has_inner_capital: bool,
    /// It begins a sentence, a line or a quotation.
    pub(super) is_first: bool,
    /// Right after `#` or `@`.
    pub(super) has_sign: bool,
    /// Inside of a URL's host, or of an e-mail address.
    pub(super) is_address: bool,
}

/// What stands between a word and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// One character: a space for white space, hyphens and underscores, `'` for any apostrophe, else itself.
    Joint(char),
    /// More than that, or the beginning of the text.
    Break,
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The hash of two spellings with a character between them.
pub(super) fn join(before: u64, between: char, word: u64) -> u64 {
    ((before ^ u64::from(between)).wrapping_mul(PRIME) ^ word).wrapping_mul(PRIME).rotate_left(29)
}

/// FNV-1a over the characters, composed and in lower case.
pub(super) fn hash(word: &str) -> u64 {
    let mix = |hash: u64, c: char| (hash ^ u64::from(c)).wrapping_mul(PRIME);
    if word.is_ascii() {
        return word.bytes().fold(SEED, |hash, b| mix(hash, b.to_ascii_lowercase() as char));
    }
    composed(word).flat_map(char::to_lowercase).fold(SEED, mix)
}

/// A script without spaces between words ends a Latin name.
fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c), 0xE00..=0xEFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x3040..=0x30FF
        | 0x3130..=0x318F | 0x3400..=0x9FFF | 0xAC00..=0xD7AF)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// All words of a text. Paths of URLs are left out, and so is what stands before the `@` of an address.
pub(super) fn read(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut reader = Reader { text, at: 0, in_host: false };
    while let Some((gap, is_first, sign)) = reader.skip_gap(&mut tokens) {
        let start = reader.at;
        let word = reader.take_word();
        let mut letters = word.chars();
        let is_capital = letters.next().is_some_and(char::is_uppercase);
        tokens.push(Token {
            start,
            end: reader.at,
            hash: hash(word),
            gap,
            is_capital,
            has_inner_capital: letters.any(char::is_uppercase),
            is_first: is_first || start == 0,
            has_sign: sign,
            is_address: reader.in_host,
        });
    }
    tokens
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    in_host: bool,
}

impl<'a> Reader<'a> {
    fn take_word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let mut chars = rest.chars();
        let is_spaceless_word = chars.next().is_some_and(is_spaceless);
        let length = rest.find(|c| !is_word(c) || is_spaceless(c) != is_spaceless_word).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Moves to the next word and says what stood before it; `None` at the end.
    fn skip_gap(&mut self, tokens: &mut Vec<Token>) -> Option<(Gap, bool, bool)> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find(is_word).unwrap_or(rest.len());
        let gap = &rest[..length];
        self.at += length;
        if gap.starts_with("://") {
            self.in_host = true;
            tokens.pop();
        } else if gap == "@" && !tokens.is_empty() && start > 0 {
            forget_local_part(tokens);
            self.in_host = true;
        } else if (self.in_host || ends_in_domain(tokens))
            && gap.starts_with(['/', '?', '#', ':'])
            && !gap.contains(' ')
        {
            let path = self.text[start..].find(|c: char| c.is_whitespace() || ")>\"]|".contains(c));
            self.at = start + path.unwrap_or(self.text.len() - start);
            self.in_host = false;
            return if self.at < self.text.len() { self.skip_gap(tokens) } else { None };
        } else if gap != "." && gap != "-" {
            self.in_host = false;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let is_first =
            tokens.is_empty() || gap.contains(['.', '!', '?', '\n', ':', '"', '“', '•', '*', '>']) && gap.len() > 1;
        let has_sign = gap.ends_with(['#', '@']) && (tokens.is_empty() || gap.chars().nth(1).is_some());
        Some((Self::gap(gap), is_first, has_sign))
    }

    fn gap(gap: &str) -> Gap {
        let mut chars = gap.chars();
        match (chars.next(), chars.next()) {
            (Some('-' | '_' | '‐' | '‑' | '\u{AD}'), None) => Gap::Joint(' '),
            (Some('\'' | '’'), None) => Gap::Joint('\''),
            (Some(c), None) if c.is_whitespace() => Gap::Joint(' '),
            (Some(c), None) => Gap::Joint(c),
            (Some(c), Some(_)) if c.is_whitespace() && gap.trim().is_empty() => Gap::Joint(' '),
            _ => Gap::Break,
        }
    }
}

/// Drops the words of `first.last` before an `@`.
fn forget_local_part(tokens: &mut Vec<Token>) {
    while let Some(token) = tokens.pop() {
        if !matches!(token.gap, Gap::Joint('.' | '+')) {
            break;
        }
    }
}

const TOP_LEVEL: [&str; 26] = [
    "com", "io", "app", "so", "dev", "ai", "love", "co", "net", "org", "gg", "chat", "sh", "cloud", "tech", "tools",
    "xyz", "eu", "me", "us", "tv", "fm", "ly", "to", "de", "uk",
];

fn is_top_level(token: &Token) -> bool {
    static HASHES: std::sync::LazyLock<Vec<u64>> =
        std::sync::LazyLock::new(|| TOP_LEVEL.iter().map(|name| hash(name)).collect());
    token.gap == Gap::Joint('.') && HASHES.contains(&token.hash)
}

fn ends_in_domain(tokens: &[Token]) -> bool {
    tokens.len() > 1 && tokens.last().is_some_and(is_top_level)
}

/// The last token of the domain that a name stands in, as `linear.app` or the end of `team.slack.com`; a name that holds its
/// own top level (`crowd.dev`) is a domain itself.
pub(super) fn domain_end(tokens: &[Token], first: usize, last: usize) -> Option<usize> {
    if last > first && is_top_level(&tokens[last]) {
        return Some(last);
    }
    tokens.get(last + 1).filter(|next| is_top_level(next)).map(|_| last + 1)
}
