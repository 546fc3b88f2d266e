//! Two names side by side, whatever the order of their words, with nicknames, initials and slips.

use crate::register::{Record, Register};
use crate::similar::is_typo;

/// Given names and surnames come from one culture: together they are commoner than if drawn apart, about so many times.
pub(crate) const TOGETHER: f64 = 3.0;

/// How two names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameLevel {
    /// The same words, in any order.
    Same,
    /// The same but for a nickname, an initial, or a name in the middle.
    Variant,
    /// The same but for a slip of the keyboard or another spelling.
    Typo,
    /// One of them is but one word, and the other has it; or two words agree and a third does not.
    Partial,
    /// One word of several in common.
    SharedWord,
    /// A single word against a name that does not have it: perhaps a handle in the place of a name.
    Loose,
    /// Two names with nothing in common.
    Different,
    /// One has none.
    Missing,
}

impl NameLevel {
    /// Whether the names speak for one person.
    pub(crate) fn agrees(self) -> bool {
        matches!(self, Self::Same | Self::Variant | Self::Typo | Self::Partial)
    }

    /// The nearer, the lower.
    fn rank(self) -> u8 {
        match self {
            Self::Same => 0,
            Self::Variant => 1,
            Self::Typo => 2,
            Self::Partial => 3,
            Self::SharedWord => 4,
            Self::Loose => 5,
            Self::Missing => 6,
            Self::Different => 7,
        }
    }
}

/// The agreement of two names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameMatch {
    pub(crate) level: NameLevel,
    /// How likely a stranger's name agrees as well.
    pub(crate) share: f64,
}

/// How one word agrees with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum WordLevel {
    Same,
    Form,
    Typo,
    Initial,
}

/// Compares the names of two records.
pub(crate) fn compare(register: &Register, a: &Record, b: &Record) -> NameMatch {
    if a.name_words().is_empty() || b.name_words().is_empty() {
        return NameMatch { level: NameLevel::Missing, share: 1.0 };
    }
    if a.spelt_out && b.spelt_out && a.name == b.name {
        // Then the handles are the same, and compared as such.
        return NameMatch { level: NameLevel::Missing, share: 1.0 };
    }
    if a.name == b.name {
        return NameMatch { level: NameLevel::Same, share: share_of_name(register, a) };
    }
    if are_one_otherwise(a, b) {
        let share = share_of_name(register, a).max(share_of_name(register, b));
        return NameMatch { level: NameLevel::Same, share };
    }
    let is_spelt_out = a.spelt_out || b.spelt_out;
    let ways = [
        (a.name_words(), b.name_words()),
        (a.words_otherwise(), b.name_words()),
        (a.name_words(), b.words_otherwise()),
    ];
    let found = ways.into_iter().filter(|(one, other)| !one.is_empty() && !other.is_empty());
    let found = found.map(|(one, other)| compare_words(register, one, other, is_spelt_out));
    // The nearest; of equals the commoner, whichever of the two names comes first.
    let by_nearness =
        |x: &NameMatch, y: &NameMatch| x.level.rank().cmp(&y.level.rank()).then_with(|| y.share.total_cmp(&x.share));
    found.min_by(by_nearness).expect("both have words")
}

/// Whether one name is the other as people write it elsewhere.
fn are_one_otherwise(a: &Record, b: &Record) -> bool {
    let is = |one: &Record, other: &Record| {
        one.name_otherwise != 0 && (one.name_otherwise == other.name || one.name_otherwise == other.name_otherwise)
    };
    is(a, b) || is(b, a)
}

fn compare_words(register: &Register, a: &[u32], b: &[u32], is_spelt_out: bool) -> NameMatch {
    let (mut short, mut long) = (a, b);
    if short.len() > long.len() {
        std::mem::swap(&mut short, &mut long);
    }
    if are_spaced_differently(register, short, long) {
        let share = TOGETHER * long.iter().map(|word| register.name_share(*word)).product::<f64>();
        return NameMatch { level: NameLevel::Variant, share };
    }
    let aligned = align(register, short, long);
    let level = level_of(&aligned, short.len(), long.len());
    let share =
        aligned.iter().flatten().map(|(words, level)| share_of_words(register, *words, *level)).product::<f64>();
    let apart = matches!(level, NameLevel::SharedWord | NameLevel::Loose | NameLevel::Different);
    if apart && is_spelt_out {
        return NameMatch { level: NameLevel::Missing, share: 1.0 };
    }
    let together = if aligned.iter().flatten().count() > 1 { TOGETHER } else { 1.0 };
    // Words that neither has in common with the other speak against it.
    let left_over =
        if level == NameLevel::Partial && short.len() > aligned.iter().flatten().count() { 4.0 } else { 1.0 };
    NameMatch { level, share: (share * together * left_over).min(1.0) }
}

/// How likely a stranger bears the very name.
fn share_of_name(register: &Register, record: &Record) -> f64 {
    let words = record.name_words();
    let together = if words.len() > 1 { TOGETHER } else { 1.0 };
    let by_words = together * words.iter().map(|word| register.name_share(*word)).product::<f64>();
    // A dozen identities may all be one person's; what is beyond is other people.
    let others = f64::from(register.identities_named(record.name).saturating_sub(12));
    by_words.max(others / f64::from(register.people.max(1)))
}

/// Two words that agree, and how.
type Agreement = ([u32; 2], WordLevel);

/// For each word of the shorter name the best that is left in the longer.
fn align(register: &Register, short: &[u32], long: &[u32]) -> [Option<Agreement>; 4] {
    let mut taken = [false; 4];
    let mut aligned = [None; 4];
    // Sure agreements first, so that an initial does not take the word that another needs.
    for limit in [WordLevel::Same, WordLevel::Form, WordLevel::Typo, WordLevel::Initial] {
        for (place, word) in short.iter().enumerate() {
            if aligned[place].is_some() {
                continue;
            }
            let found = long
                .iter()
                .enumerate()
                .find(|(other, candidate)| !taken[*other] && word_level(register, *word, **candidate, limit));
            if let Some((other, candidate)) = found {
                taken[other] = true;
                aligned[place] = Some(([*word, *candidate], limit));
            }
        }
    }
    aligned
}

fn word_level(register: &Register, a: u32, b: u32, level: WordLevel) -> bool {
    if level == WordLevel::Same || a == b {
        return a == b;
    }
    let (x, y) = (register.words.mark(a), register.words.mark(b));
    let texts = || (register.words.text(a), register.words.text(b));
    match level {
        WordLevel::Same => false,
        WordLevel::Form => {
            x.has_form_of(y)
                || (x.first == y.first && x.length.min(y.length) >= 3 && x.may_hold_or_be_within(y) && {
                    let (x, y) = texts();
                    x.starts_with(y) || y.starts_with(x)
                })
        }
        WordLevel::Typo => {
            x.length.min(y.length) >= 5 && x.may_be_typo_of(y) && {
                let (x, y) = texts();
                is_typo(x, y)
            }
        }
        WordLevel::Initial => (x.length == 1 || y.length == 1) && x.first == y.first,
    }
}

fn level_of(aligned: &[Option<Agreement>; 4], short: usize, long: usize) -> NameLevel {
    let found = || aligned.iter().flatten();
    let matched = found().count();
    let whole = found().filter(|(_, level)| *level != WordLevel::Initial).count();
    if short == 1 {
        return match (whole, long) {
            (1, 1) => {
                if found().any(|(_, level)| *level == WordLevel::Typo) {
                    NameLevel::Typo
                } else {
                    NameLevel::Variant
                }
            }
            (1, _) => NameLevel::Partial,
            _ => NameLevel::Loose,
        };
    }
    if matched == short && whole >= 1 {
        let slipped = found().any(|(_, level)| *level == WordLevel::Typo);
        return if slipped { NameLevel::Typo } else { NameLevel::Variant };
    }
    if matched == short || whole >= 2 {
        NameLevel::Partial
    } else if whole == 1 {
        NameLevel::SharedWord
    } else {
        NameLevel::Different
    }
}

fn share_of_words(register: &Register, words: [u32; 2], level: WordLevel) -> f64 {
    let share = register.name_share(words[0]).max(register.name_share(words[1]));
    match level {
        WordLevel::Same => share,
        WordLevel::Form => 2.0 * share + 0.0005,
        WordLevel::Typo => 3.0 * share + 0.0003,
        WordLevel::Initial => 0.08,
    }
}

/// Whether two names are the same letters with other spaces, whichever word comes first: `Jean Luc` and `Jeanluc`,
/// `Zhang Wei Ming` and `Weiming Zhang`.
fn are_spaced_differently(register: &Register, a: &[u32], b: &[u32]) -> bool {
    let length = |words: &[u32]| words.iter().map(|word| u32::from(register.words.mark(*word).length)).sum::<u32>();
    if length(a) != length(b) || length(a) < 6 {
        return false;
    }
    let text = |word: &u32| register.words.text(*word);
    let both =
        |words: &[u32]| [words.iter().map(text).collect::<String>(), words.iter().rev().map(text).collect::<String>()];
    let (of_a, of_b) = (both(a), both(b));
    of_a.iter().any(|letters| of_b.contains(letters))
}
