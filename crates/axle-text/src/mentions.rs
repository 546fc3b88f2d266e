//! Which brands, competitors and products a text names, from a versioned lexicon. Whole words, found by hash in one pass
//! over the text, so the time does not depend on the number of terms. A name that is also an everyday word (slack, linear)
//! counts only where the words around it say so: see `everyday`.

mod everyday;
mod tokens;
mod words;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::LazyLock,
};

use tokens::{Gap, Token};

/// A name to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Term {
    /// How the name is written, as shown to people: `Common Room`.
    pub canonical: String,
    /// What it is, in the lexicon's own words: `chat`, `crm`, `competitor`.
    pub kind: String,
    /// Other spellings, domains and misspellings. Case, Unicode composition, possessive 's, `@`, `#`, and a hyphen, an
    /// underscore or nothing in place of a space need no alias, nor does a domain such as `name.io`.
    pub aliases: Vec<String>,
    /// Those of its spellings that are also everyday words. They count only with support around them. A technical word of
    /// software itself (heap, buffer) begins with `!` and needs a capital or another product beside it as well.
    pub everyday: Vec<String>,
}

/// A name found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Index into [`Lexicon::terms`].
    pub term: usize,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
}

/// A lexicon with its index. Making one costs time in proportion to its terms; finding does not.
#[derive(Debug, Clone)]
pub struct Lexicon {
    version: String,
    terms: Vec<Term>,
    /// By the hash of a spelling's words.
    forms: HashMap<u64, Form>,
    /// By the hash of a spelling's first word: the most words that a spelling beginning so has.
    starts: HashMap<u64, u8>,
}

#[derive(Debug, Clone, Copy)]
struct Form {
    term: usize,
    is_everyday: bool,
    is_technical: bool,
    /// Derived rather than written in the lexicon: gives way to a written one.
    is_slip: bool,
}

/// A piece of text is searched at once; longer texts are cut at white space.
const PIECE_BYTES: usize = 16 * 1024;
/// Names this long are also found with one letter missing, doubled or swapped with the next.
const SLIP_LETTERS: usize = 7;
const MOST_WORDS: usize = 6;

impl Lexicon {
    /// A lexicon of these terms. Where two terms share a spelling, the first has it.
    pub fn new(version: impl Into<String>, terms: Vec<Term>) -> Self {
        let mut lexicon = Self { version: version.into(), terms, forms: HashMap::new(), starts: HashMap::new() };
        for at in 0..lexicon.terms.len() {
            let term = lexicon.terms[at].clone();
            let plain = |form: &str| form.trim_start_matches('!').to_lowercase();
            for form in [&term.canonical].into_iter().chain(&term.aliases).chain(&term.everyday) {
                let everyday = term.everyday.iter().find(|everyday| plain(everyday) == plain(form));
                let is_technical = everyday.is_some_and(|form| form.starts_with('!'));
                lexicon.add(
                    form.trim_start_matches('!'),
                    Form { term: at, is_everyday: everyday.is_some(), is_technical, is_slip: false },
                );
            }
        }
        for at in 0..lexicon.terms.len() {
            let term = &lexicon.terms[at];
            let is_everyday =
                term.everyday.iter().any(|form| form.trim_start_matches('!').eq_ignore_ascii_case(&term.canonical));
            let slips: Vec<String> = slips(&term.canonical)
                .filter(|slip| !is_everyday && !ordinary_words().contains(&tokens::hash(slip)))
                .collect();
            for derived in joined_form(&term.canonical).into_iter().chain(slips) {
                lexicon.add(&derived, Form { term: at, is_everyday: false, is_technical: false, is_slip: true });
            }
        }
        lexicon
    }

    /// Reads lines of `canonical TAB kind TAB aliases TAB everyday`, the last two separated by `|` and optional. Lines that
    /// are empty or begin with `#` are left out.
    pub fn parse(version: impl Into<String>, text: &str) -> Self {
        let list = |field: Option<&str>| -> Vec<String> {
            field
                .unwrap_or_default()
                .split('|')
                .map(str::trim)
                .filter(|form| !form.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let terms = lines.map(|line| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().map(str::trim);
            Term {
                canonical: next().unwrap_or_default().to_owned(),
                kind: next().unwrap_or_default().to_owned(),
                aliases: list(next()),
                everyday: list(next()),
            }
        });
        Self::new(version, terms.filter(|term| !term.canonical.is_empty()).collect())
    }

    /// Well-known products of developers and communities, for a workspace without a lexicon of its own.
    pub fn known() -> &'static Self {
        static KNOWN: LazyLock<Lexicon> =
            LazyLock::new(|| Lexicon::parse("known-1", include_str!("../models/known-products.tsv")));
        &KNOWN
    }

    /// Changes whenever what is found could change; the lexicon's maker gives it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// In the order in which they were given.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// All mentions in the order of the text, not overlapping; the longest spelling wins. Linear in the text.
    pub fn find(&self, text: &str) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for piece in pieces(text) {
            self.find_in_piece(&text[piece.clone()], piece.start, &mut mentions);
        }
        mentions
    }

    fn find_in_piece(&self, text: &str, offset: usize, mentions: &mut Vec<Mention>) {
        let tokens = tokens::read(text);
        let candidates = self.candidates(&tokens);
        if candidates.is_empty() {
            return;
        }
        for (at, candidate) in candidates.iter().enumerate() {
            if !candidate.form.is_everyday || everyday::is_name(text, &tokens, &candidates, at) {
                let range = offset + tokens[candidate.first].start..offset + tokens[candidate.last].end;
                mentions.push(Mention { term: candidate.form.term, range });
            }
        }
    }

    fn candidates(&self, tokens: &[Token]) -> Vec<Candidate> {
        let (mut candidates, mut at) = (Vec::new(), 0);
        while at < tokens.len() {
            let found = self.starts.get(&tokens[at].hash).and_then(|&most| self.longest_at(tokens, at, most as usize));
            at = found.as_ref().map_or(at, |candidate: &Candidate| candidate.last) + 1;
            candidates.extend(found);
        }
        candidates
    }

    /// The longest spelling that begins at a token.
    fn longest_at(&self, tokens: &[Token], first: usize, most: usize) -> Option<Candidate> {
        let (mut best, mut hash) = (None, 0);
        for (last, token) in tokens.iter().enumerate().skip(first).take(most) {
            hash = match (last == first, token.gap) {
                (true, _) => token.hash,
                (false, Gap::Joint(c)) => tokens::join(hash, c, token.hash),
                (false, Gap::Break) => break,
            };
            if let Some(&form) = self.forms.get(&hash) {
                let domain = tokens::domain_end(tokens, first, last);
                if token.is_address && domain.is_none() {
                    continue;
                }
                best = Some(Candidate { form, first, last, has_domain: domain.is_some() });
            }
        }
        best
    }

    fn add(&mut self, spelling: &str, form: Form) {
        let tokens = tokens::read(spelling);
        let Some((first, rest)) = tokens.split_first().filter(|(_, rest)| rest.len() < MOST_WORDS) else {
            return;
        };
        let mut hash = first.hash;
        for token in rest {
            let Gap::Joint(c) = token.gap else { return };
            hash = tokens::join(hash, c, token.hash);
        }
        let known = self.forms.entry(hash).or_insert(form);
        if known.is_slip && !form.is_slip {
            *known = form;
        }
        let most = self.starts.entry(first.hash).or_default();
        *most = (*most).max(tokens.len() as u8);
    }
}

/// A spelling found in a piece, before its context was judged: tokens `first..=last`.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    form: Form,
    first: usize,
    last: usize,
    has_domain: bool,
}

/// `Common Room` is also written `CommonRoom`.
fn joined_form(name: &str) -> Option<String> {
    let joined: String = name.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (joined != name).then_some(joined)
}

/// The name with one slip of the keyboard after its first letter: a letter left out, doubled, or swapped with the next.
/// The last letter stays: without it, a name can be an ordinary word. An `s` after it is a possessive in a hurry.
fn slips(name: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let is_long = letters.len() >= SLIP_LETTERS && letters.iter().all(|c| c.is_alphabetic());
    let one_slip = (1..if is_long { letters.len() - 1 } else { 1 }).flat_map(move |at| {
        let (mut missing, mut doubled, mut swapped) = (letters.clone(), letters.clone(), letters.clone());
        missing.remove(at);
        doubled.insert(at, letters[at]);
        swapped.swap(at, at + 1);
        [missing, doubled, swapped].map(String::from_iter)
    });
    one_slip.chain(is_long.then(|| format!("{}s", name.to_lowercase())))
}

/// Hashes of the frequent words of English, which are nobody's slip.
fn ordinary_words() -> &'static HashSet<u64> {
    static WORDS: LazyLock<HashSet<u64>> =
        LazyLock::new(|| include_str!("../models/static-vocab.txt").lines().map(tokens::hash).collect());
    &WORDS
}

/// Whether a name is also a frequent word of English, so that it should count only with support around it.
pub fn is_everyday(name: &str) -> bool {
    ordinary_words().contains(&tokens::hash(&name.to_lowercase()))
}

/// Ranges of at most about [`PIECE_BYTES`], cut at white space where there is any.
fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let end = text.ceil_char_boundary(start + PIECE_BYTES);
        let cut = match text[start..end].rfind(char::is_whitespace) {
            Some(space) if end < text.len() && space > 0 => start + space,
            _ => end,
        };
        let piece = start..cut;
        start = cut;
        Some(piece)
    })
}

#[cfg(test)]
mod tests;
