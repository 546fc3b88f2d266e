//! Everybody as numbers, with the counts from which follows how rare a name, a handle or an organization is here.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use crate::fold;
use crate::lists::full_form;
use crate::parse::{Claim, Origin, Parsed};
use crate::pieces::Beginning;
use crate::view::Identity;
use crate::words::{BuildHashed, Counts, NONE, Words, hash_of, mix};

pub(crate) const HANDLES: usize = 4;
pub(crate) const ORGANIZATIONS: usize = 3;
/// An address that so many differently named people use is nobody's.
const SHARED_BY: u8 = 3;

/// An identity as numbers. Words are numbers of [`Words`], [`NONE`] where there is none.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) member: u32,
    pub(crate) words: [u32; fold::NAME_WORDS],
    /// The words of the same name as others write it.
    otherwise: [u32; fold::NAME_WORDS],
    pub(crate) handles: [u32; HANDLES],
    pub(crate) origins: [Origin; HANDLES],
    pub(crate) organizations: [u32; ORGANIZATIONS],
    /// The name's words in any order, as a hash; 0 for none.
    pub(crate) name: u64,
    /// The same of the name as others write it; 0 when there is one way.
    pub(crate) name_otherwise: u64,
    /// The mailbox as a hash; 0 for none, or for one that many share.
    pub(crate) mailbox: u64,
    pub(crate) uid: u64,
    pub(crate) username: u64,
    /// The avatar as a hash; 0 for none.
    pub(crate) avatar: u64,
    claims: (u32, u8),
    pub(crate) platform: u16,
    /// The name is not given: a handle spells it out.
    pub(crate) spelt_out: bool,
    pub(crate) email_verified: bool,
    /// A bot: never compared with anybody.
    pub(crate) excluded: bool,
}

impl Record {
    /// The name's words.
    pub(crate) fn name_words(&self) -> &[u32] {
        present(&self.words)
    }

    /// The words of the same name as others write it; empty when there is one way.
    pub(crate) fn words_otherwise(&self) -> &[u32] {
        present(&self.otherwise)
    }

    pub(crate) fn handle_words(&self) -> &[u32] {
        present(&self.handles)
    }

    pub(crate) fn organization_words(&self) -> &[u32] {
        present(&self.organizations)
    }

    /// Whether the name looks like a person's: of two words or more.
    pub(crate) fn has_full_name(&self) -> bool {
        self.words[1] != NONE
    }
}

/// Words in any order as a hash; 0 for none.
fn hash_of_words(mut words: [u32; fold::NAME_WORDS]) -> u64 {
    words.sort_unstable();
    let words = present(&words);
    if words.is_empty() { 0 } else { words.iter().fold(1, |hash, word| mix(hash, u64::from(*word))).max(1) }
}

fn present(words: &[u32]) -> &[u32] {
    let length = words.iter().position(|word| *word == NONE).unwrap_or(words.len());
    &words[..length]
}

/// Who uses a mailbox: the first positions whose names have nothing in common, [`SHARED_BY`] at most.
#[derive(Debug, Clone, Copy, Default)]
struct Mailbox {
    people: [u32; SHARED_BY as usize - 1],
    count: u8,
}

/// All records, the words they are made of, and how often each is met.
#[derive(Debug, Default)]
pub(crate) struct Register {
    pub(crate) records: Vec<Record>,
    pub(crate) words: Words,
    /// How many different handles have a beginning.
    pub(crate) beginnings: Counts,
    /// How many names have a word.
    pub(crate) parts: Counts,
    claims: Vec<Claim>,
    platforms: Vec<String>,
    /// How many identities bear a name.
    names: HashMap<u64, u32, BuildHashed>,
    /// How many different full names there are.
    pub(crate) full_names: u32,
    mailboxes: HashMap<u64, Mailbox, BuildHashed>,
    /// How many people have an avatar, a telephone or a browser, or link to a page or account.
    things: HashMap<u64, u32, BuildHashed>,
    /// (use, word, person) that were counted.
    counted: HashSet<u64, BuildHashed>,
    /// Identities that are compared.
    pub(crate) people: u32,
}

impl Register {
    /// An empty one with room for so many identities.
    pub(crate) fn for_about(identities: usize) -> Self {
        let mut register = Self::default();
        register.records.reserve_exact(identities + identities / 32 + 1024);
        register.beginnings = Counts::for_about(identities);
        register.parts = Counts::for_about(identities / 4);
        register.names.reserve(identities / 2);
        register.mailboxes.reserve(identities / 2);
        register.counted.reserve(2 * identities);
        register.words.reserve(identities);
        register
    }

    /// Adds an identity; gives its position.
    pub(crate) fn add(&mut self, identity: &Identity<'_>, parsed: Parsed) -> u32 {
        let position = self.records.len() as u32;
        let mut record = self.record(identity, &parsed);
        if !record.excluded {
            self.people += 1;
            self.count_name(&mut record);
            self.count_mailbox(&mut record, parsed.relayed);
            self.count_uses(&record, position);
        }
        self.records.push(record);
        position
    }

    fn record(&mut self, identity: &Identity<'_>, parsed: &Parsed) -> Record {
        let mut record = Record {
            member: identity.member,
            words: [NONE; fold::NAME_WORDS],
            otherwise: [NONE; fold::NAME_WORDS],
            handles: [NONE; HANDLES],
            origins: [Origin::Username; HANDLES],
            organizations: [NONE; ORGANIZATIONS],
            name: 0,
            name_otherwise: 0,
            mailbox: parsed.mailbox,
            uid: parsed.uid,
            username: parsed.username,
            avatar: identity.avatar.map_or(0, |hash| mix(hash, 0xa7a7)),
            claims: (self.claims.len() as u32, parsed.claims.len().min(255) as u8),
            platform: self.platform(identity.platform),
            spelt_out: parsed.spelt_out,
            email_verified: identity.email_verified,
            excluded: identity.bot || (parsed.program && !identity.person),
        };
        for (slot, word) in record.words.iter_mut().zip(&parsed.words) {
            *slot = self.words.add(word);
        }
        for (slot, word) in record.otherwise.iter_mut().zip(&parsed.otherwise) {
            *slot = self.words.add(word);
        }
        for (place, (handle, origin)) in parsed.handles.iter().take(HANDLES).enumerate() {
            record.handles[place] = self.words.add(handle);
            record.origins[place] = *origin;
            if let Some(stem) = fold::without_number(handle) {
                let stem = self.words.add(stem);
                self.words.uses_mut(stem).numbered += 1;
            }
        }
        for (slot, label) in record.organizations.iter_mut().zip(&parsed.organizations) {
            *slot = self.words.add(label);
        }
        self.claims.extend(parsed.claims.iter().take(255));
        record
    }

    fn platform(&mut self, platform: &str) -> u16 {
        let place = self.platforms.iter().position(|known| known == platform).unwrap_or_else(|| {
            self.platforms.push(platform.to_owned());
            self.platforms.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn count_name(&mut self, record: &mut Record) {
        record.name = hash_of_words(record.words);
        record.name_otherwise = hash_of_words(record.otherwise);
        let words = present(&record.words);
        if words.is_empty() {
            return;
        }
        if record.spelt_out {
            return;
        }
        let count = self.names.entry(record.name).or_insert(0);
        *count += 1;
        if *count == 1 && words.len() > 1 {
            self.full_names += 1;
            for word in words {
                self.words.uses_mut(*word).names += 1;
                self.parts.add(hash_of(self.words.text(*word)));
            }
        }
    }

    /// Notes who uses the mailbox, and takes it from the record when it is nobody's.
    fn count_mailbox(&mut self, record: &mut Record, relayed: bool) {
        if record.mailbox == 0 {
            return;
        }
        let mailbox = self.mailboxes.entry(record.mailbox).or_default();
        if relayed {
            mailbox.count = SHARED_BY;
        }
        let ends = |record: &Record| [record.words[0], record.name_words().last().copied().unwrap_or(NONE)];
        let known = &mailbox.people[..usize::from(mailbox.count.min(SHARED_BY - 1))];
        let is_known =
            known.iter().flat_map(|at| ends(&self.records[*at as usize])).any(|word| ends(record).contains(&word));
        if record.has_full_name() && !record.spelt_out && !is_known && mailbox.count < SHARED_BY {
            if let Some(place) = mailbox.people.get_mut(usize::from(mailbox.count)) {
                *place = self.records.len() as u32;
            }
            mailbox.count += 1;
        }
        if mailbox.count >= SHARED_BY {
            forget_mailbox(record);
        }
    }

    /// Takes shared mailboxes from the records that came before it was known that many share them.
    pub(crate) fn forget_shared_mailboxes(&mut self) {
        let shared: HashSet<u64, BuildHashed> =
            self.mailboxes.iter().filter(|(_, mailbox)| mailbox.count >= SHARED_BY).map(|(hash, _)| *hash).collect();
        self.records.iter_mut().filter(|record| shared.contains(&record.mailbox)).for_each(forget_mailbox);
    }

    /// Makes room for some thousand more, so that adding one does not wait until a large table has been copied.
    pub(crate) fn leave_room(&mut self) {
        let more = self.records.len() / 32 + 1024;
        self.records.reserve_exact(more);
        self.claims.reserve_exact(2 * more);
        self.names.reserve(more);
        self.mailboxes.reserve(more);
        self.things.reserve(more);
        self.counted.reserve(4 * more);
        self.words.reserve(4 * more);
    }

    fn count_uses(&mut self, record: &Record, position: u32) {
        // Identities of one name count as one person; those without a name each for themselves.
        let person = if record.name == 0 || record.spelt_out { mix(u64::from(position), 0x4e0) } else { record.name };
        for word in record.handle_words() {
            if self.counted.insert(mix(person, u64::from(*word) << 2)) {
                self.words.uses_mut(*word).handles += 1;
                let beginning = Beginning::of(self.words.text(*word));
                if let Some(beginning) = beginning.filter(|_| self.words.uses(*word).handles == 1) {
                    self.beginnings.add(beginning.hash());
                }
            }
        }
        for word in record.organization_words() {
            if self.counted.insert(mix(person, u64::from(*word) << 2 | 1)) {
                self.words.uses_mut(*word).organizations += 1;
            }
        }
        let (start, length) = record.claims;
        let pages = self.claims[start as usize..][..usize::from(length)].iter();
        let pages = pages.filter_map(|claim| match claim {
            Claim::Page(thing) | Claim::Link(thing) | Claim::Phone(thing) | Claim::Visitor(thing) => Some(*thing),
            Claim::Own(_) | Claim::Hidden(_) => None,
        });
        let avatar = (record.avatar != 0).then_some(record.avatar);
        for thing in pages.chain(avatar) {
            if self.counted.insert(mix(person, thing)) {
                *self.things.entry(thing).or_insert(0) += 1;
            }
        }
    }

    /// What the identity is and points to.
    pub(crate) fn claims(&self, record: &Record) -> &[Claim] {
        &self.claims[record.claims.0 as usize..][..usize::from(record.claims.1)]
    }

    /// How many differently named people have the avatar, telephone or browser, or link to the page.
    pub(crate) fn people_with(&self, thing: u64) -> u32 {
        self.things.get(&thing).copied().unwrap_or(0)
    }

    /// How many identities bear the name.
    pub(crate) fn identities_named(&self, name: u64) -> u32 {
        self.names.get(&name).copied().unwrap_or(0)
    }

    /// The full form of a name's word, which nicknames and spellings share.
    pub(crate) fn form(&self, word: u32) -> Cow<'_, str> {
        form_of(self.words.text(word))
    }

    /// How likely a name of somebody else contains the word: its share of full names, not counting one, mixed with
    /// what is known of names in general (a thousand names' worth, so that small communities do not take a common
    /// name for a rare one).
    pub(crate) fn name_share(&self, word: u32) -> f64 {
        const GENERAL_NAMES: f64 = 1000.0;
        let mark = self.words.mark(word);
        // Short words come from a small stock: syllables, and names of syllables.
        let in_general = match mark.length {
            1 => 0.04,
            _ if mark.is_common => 0.004,
            2 => 0.002,
            3 => 0.001,
            4 => 0.0004,
            5 => 0.0002,
            _ => 0.0001,
        };
        let others = f64::from(self.words.uses(word).names.saturating_sub(1));
        (others + GENERAL_NAMES * in_general) / (f64::from(self.full_names) + GENERAL_NAMES)
    }
}

/// The full form of a name's word, which nicknames and spellings share.
pub(crate) fn form_of(word: &str) -> Cow<'_, str> {
    fold::without_digraphs(full_form(word))
}

fn forget_mailbox(record: &mut Record) {
    record.mailbox = 0;
    let kept: Vec<(u32, Origin)> = record
        .handle_words()
        .iter()
        .copied()
        .zip(record.origins)
        .filter(|(_, origin)| !matches!(origin, Origin::Mail | Origin::Domain))
        .collect();
    record.handles = [NONE; HANDLES];
    for (place, (word, origin)) in kept.into_iter().enumerate() {
        record.handles[place] = word;
        record.origins[place] = origin;
    }
}
