//! What two identities must have in common to be compared at all. Whoever shares a key stands in one block; keys are
//! chosen so that blocks stay small, and with them the work.

use std::borrow::Cow;

use crate::derive::likely_handles;
use crate::fold::{skeleton, without_number};
use crate::pieces::{Beginning, likely_beginnings};
use crate::register::{Record, Register, form_of};
use crate::words::{hash_of, mix};

/// What a key says. The number of identities that may share it without the block being cut finer or left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Two words of the name.
    Name,
    /// An initial and a word of the name, or what the name sounds like.
    Sound,
    /// A handle, or what is likely made of the name.
    Handle,
    /// A handle's beginning, or what is likely the beginning of one that is made of the name.
    Beginning,
    /// A word of the name, also at either end of a handle.
    Part,
    /// A mailbox, an account, a page, a picture, a telephone, a browser.
    Thing,
    /// An organization.
    Organization,
    /// A finer key within a block that was too large.
    Finer,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Name,
        Self::Sound,
        Self::Handle,
        Self::Beginning,
        Self::Part,
        Self::Thing,
        Self::Organization,
        Self::Finer,
    ];

    /// The largest block of this kind in which everybody is compared with everybody.
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Name => 24,
            Self::Handle | Self::Thing | Self::Finer => 24,
            Self::Organization => 16,
            Self::Sound | Self::Beginning | Self::Part => 10,
        }
    }

    /// Whether a block that is too large is cut finer: its key says much, and only here it is common.
    pub(crate) fn is_cut_finer(self) -> bool {
        matches!(self, Self::Name | Self::Handle | Self::Thing | Self::Organization)
    }

    /// The kind that is written in a key.
    pub(crate) fn of(key: u64) -> Self {
        Self::ALL[usize::try_from(key >> 61).expect("three bits") % Self::ALL.len()]
    }

    fn key(self, what: u64) -> u64 {
        (self as u64) << 61 | what >> 3
    }
}

/// The keys of an identity, each once.
pub(crate) fn keys(register: &Register, record: &Record, out: &mut Vec<u64>) {
    out.clear();
    if record.excluded {
        return;
    }
    of_name(register, record, out);
    of_handles(register, record, out);
    let things = [record.mailbox, record.avatar].into_iter().filter(|thing| *thing != 0);
    out.extend(things.map(|thing| Kind::Thing.key(mix(thing, 1))));
    out.extend(register.claims(record).iter().map(|claim| Kind::Thing.key(mix(claim.thing(), 2))));
    out.extend(record.organization_words().iter().map(|word| Kind::Organization.key(mix(u64::from(*word), 3))));
    out.sort_unstable();
    out.dedup();
}

fn pair(a: &str, b: &str) -> u64 {
    let (a, b) = (hash_of(a), hash_of(b));
    mix(a.min(b), a.max(b))
}

fn of_name(register: &Register, record: &Record, out: &mut Vec<u64>) {
    of_words(register, record.name_words(), out);
    of_words(register, record.words_otherwise(), out);
}

fn of_words(register: &Register, words: &[u32], out: &mut Vec<u64>) {
    let [first, .., last] = words else { return };
    let forms: Vec<Cow<'_, str>> = words.iter().map(|word| register.form(*word)).collect();
    for (place, form) in forms.iter().enumerate() {
        for other in &forms[place + 1..] {
            if form.len() > 1 && other.len() > 1 {
                out.push(Kind::Name.key(pair(form, other)));
            }
        }
    }
    let (first, last) = (register.words.text(*first), register.words.text(*last));
    out.push(Kind::Sound.key(pair(&first[..1], last)));
    out.push(Kind::Sound.key(pair(&last[..1], first)));
    out.push(Kind::Sound.key(mix(pair(&skeleton(first), &skeleton(last)), 5)));
    // The same letters with other spaces, and the words in another order.
    let letters = words.iter().flat_map(|word| register.words.text(*word).bytes());
    let letters = letters.fold(0_u64, |sum, letter| sum.wrapping_add(mix(u64::from(letter), 11)));
    out.push(Kind::Sound.key(mix(letters, 7)));
    let texts: Vec<&str> = words.iter().map(|word| register.words.text(*word)).collect();
    likely_handles(&texts, |handle| {
        let uses = register.words.get(handle).map(|word| register.words.uses(word));
        if uses.is_some_and(|uses| uses.handles + uses.numbered > 0) {
            out.push(of_handle(handle));
        }
    });
    let are_few = register.records.len() <= FEW_IDENTITIES;
    likely_beginnings(&texts, |beginning| {
        let handles = register.beginnings.of(beginning.hash());
        if handles <= MOST_BEGINNING_SO && (handles > 0 || are_few) {
            out.push(Kind::Beginning.key(beginning.hash()));
        }
    });
    out.extend(words.iter().filter(|word| is_part(register, **word)).map(|word| of_part(register.words.text(*word))));
}

/// Where more handles begin so, it is a common beginning, and no name is found by it.
const MOST_BEGINNING_SO: usize = 4;
/// Among so few identities names have also the keys of beginnings that no handle has yet, so that a handle that comes later
/// finds its name; among more they would cost too much.
const FEW_IDENTITIES: usize = 50_000;
/// Shorter words stand in handles by chance.
const SHORTEST_PART: usize = 5;

fn of_part(text: &str) -> u64 {
    Kind::Part.key(hash_of(text))
}

/// Whether a word of a name tells something where a handle holds it: one of so few names that they can be compared.
fn is_part(register: &Register, word: u32) -> bool {
    let few = 1..=Kind::Part.limit() as u32;
    usize::from(register.words.mark(word).length) >= SHORTEST_PART && few.contains(&register.words.uses(word).names)
}

/// The keys of the names' words that stand at either end of a handle.
fn of_parts(register: &Register, handle: &str, out: &mut Vec<u64>) {
    let last = handle.len().saturating_sub(SHORTEST_PART);
    let ends =
        (SHORTEST_PART..handle.len()).map(|length| &handle[..length]).chain((1..=last).map(|cut| &handle[cut..]));
    let known = ends.filter(|part| register.parts.of(hash_of(part)) > 0);
    let words = known.filter_map(|part| register.words.get(part)).filter(|word| is_part(register, *word));
    out.extend(words.map(|word| of_part(register.words.text(word))));
}

fn of_handle(handle: &str) -> u64 {
    Kind::Handle.key(hash_of(handle))
}

fn of_handles(register: &Register, record: &Record, out: &mut Vec<u64>) {
    for word in record.handle_words() {
        let handle = register.words.text(*word);
        out.push(of_handle(handle));
        if let Some(stem) = without_number(handle) {
            out.push(of_handle(stem));
        }
        out.extend(Beginning::of(handle).map(|beginning| Kind::Beginning.key(beginning.hash())));
        of_parts(register, without_number(handle).unwrap_or(handle), out);
    }
}

/// Keys by which a new identity's handles find names they may be made of: names' own keys, cut out of the handle.
pub(crate) fn names_within_handles(register: &Register, record: &Record, out: &mut Vec<u64>) {
    let is_name = |part: &str| register.words.get(part).is_some_and(|word| register.words.uses(word).names > 0);
    for word in record.handle_words() {
        let handle = register.words.text(*word);
        let handle = without_number(handle).unwrap_or(handle);
        for cut in 1..handle.len() {
            let (left, right) = handle.split_at(cut);
            match (left.len(), right.len()) {
                (1, 2..) if is_name(right) => out.push(Kind::Sound.key(pair(left, right))),
                (2.., 1) if is_name(left) => out.push(Kind::Sound.key(pair(right, left))),
                (2.., 2..) if is_name(left) && is_name(right) => {
                    out.push(Kind::Name.key(pair(&form_of(left), &form_of(right))));
                }
                _ => {}
            }
        }
    }
    out.sort_unstable();
    out.dedup();
}

/// The keys of an identity within a block that is too large.
pub(crate) fn finer(record: &Record, key: u64, out: &mut Vec<u64>) {
    let words = record.handle_words().iter().chain(record.organization_words()).chain(record.name_words());
    let parts = words.map(|word| u64::from(*word)).chain((record.mailbox != 0).then_some(record.mailbox));
    out.extend(parts.map(|part| Kind::Finer.key(mix(key, part))));
}
