//! Two identities side by side: in which respects they agree, and how likely strangers agree so.

use crate::derive::{self, Pattern};
use crate::fold::without_number;
use crate::letters::Letters;
use crate::names::{self, NameLevel, NameMatch};
use crate::parse::{Claim, Origin};
use crate::register::{Record, Register};
use crate::similar::is_typo;

/// How two identities' handles agree. From the strongest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandleLevel {
    /// One handle in both.
    Same,
    /// The same handle, but both have the same name and it is made of it.
    SameOfName(Pattern),
    /// The handle of one is made of the other's name.
    OfName,
    /// But for a number, an ending or a slip.
    Near,
    /// Nothing in common.
    Different,
    /// One has none, or it cannot say more than what was compared already.
    Missing,
}

/// The best agreement between handles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HandleMatch {
    pub(crate) level: HandleLevel,
    /// How likely a stranger agrees as well.
    pub(crate) share: f64,
    /// The handles that agree: of the one, and of the other (for [`HandleLevel::OfName`] twice the same).
    pub(crate) words: [u32; 2],
    pub(crate) origins: [Origin; 2],
}

/// How one identity points to the other, or both to a third thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// A code host's hidden address names the other account.
    Hidden,
    /// A profile links to the other account.
    Link,
    /// Both profiles link to one account or page; so many people do.
    Shared(u32),
}

/// All that a pair has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) name: NameMatch,
    pub(crate) handle: HandleMatch,
    pub(crate) same_mailbox: bool,
    /// The organization that both have, and how many people have it. `None` as the word: both have others.
    pub(crate) organization: Option<(Option<u32>, u32)>,
    pub(crate) pointer: Option<Pointer>,
    /// How many people show the avatar that both have.
    pub(crate) avatar: Option<u32>,
    /// Whether they are two accounts at one platform.
    pub(crate) two_accounts: bool,
}

/// Compares records of one register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparer<'a> {
    pub(crate) register: &'a Register,
    pub(crate) letters: &'a Letters,
}

impl Comparer<'_> {
    pub(crate) fn compare(&self, a: &Record, b: &Record) -> Comparison {
        let name = names::compare(self.register, a, b);
        let pointer = self.pointer(a, b);
        let same_mailbox = a.mailbox != 0 && a.mailbox == b.mailbox;
        // One mailbox is one handle and one domain already, and so is a pointer to the other.
        let handle = if same_mailbox || matches!(pointer, Some(Pointer::Hidden | Pointer::Link)) {
            HandleMatch::missing()
        } else {
            self.handles(a, b, name.level)
        };
        let organization = if same_mailbox { None } else { self.organization(a, b) };
        Comparison {
            name,
            handle,
            same_mailbox,
            organization,
            pointer,
            avatar: (a.avatar != 0 && a.avatar == b.avatar).then(|| self.register.people_with(a.avatar)),
            two_accounts: are_two_accounts(a, b),
        }
    }

    fn pointer(&self, a: &Record, b: &Record) -> Option<Pointer> {
        let (of_a, of_b) = (self.register.claims(a), self.register.claims(b));
        let pairs = of_a.iter().flat_map(|a| of_b.iter().map(move |b| (*a, *b)));
        pairs.filter_map(|(a, b)| self.pointer_of(a, b)).min_by_key(|pointer| match pointer {
            Pointer::Hidden => 0,
            Pointer::Link => 1,
            Pointer::Shared(people) => 2 + *people,
        })
    }

    fn pointer_of(&self, a: Claim, b: Claim) -> Option<Pointer> {
        match (a, b) {
            (Claim::Own(a), Claim::Hidden(b)) | (Claim::Hidden(a), Claim::Own(b) | Claim::Hidden(b)) if a == b => {
                Some(Pointer::Hidden)
            }
            (Claim::Own(a) | Claim::Hidden(a), Claim::Link(b)) | (Claim::Link(a), Claim::Own(b) | Claim::Hidden(b))
                if a == b =>
            {
                Some(Pointer::Link)
            }
            (Claim::Link(a), Claim::Link(b)) if a == b => Some(Pointer::Shared(2)),
            (Claim::Page(a), Claim::Page(b)) if a == b => Some(Pointer::Shared(self.register.people_with(a))),
            _ => None,
        }
    }

    fn organization(&self, a: &Record, b: &Record) -> Option<(Option<u32>, u32)> {
        let (of_a, of_b) = (a.organization_words(), b.organization_words());
        if of_a.is_empty() || of_b.is_empty() {
            return None;
        }
        let people = |word: u32| self.register.words.uses(word).organizations;
        let same = of_a.iter().copied().filter(|word| of_b.contains(word)).min_by_key(|word| people(*word));
        Some((same, same.map_or(0, people)))
    }

    fn handles(&self, a: &Record, b: &Record, name: NameLevel) -> HandleMatch {
        if a.handle_words().is_empty() && b.handle_words().is_empty() {
            return HandleMatch::missing();
        }
        if let Some(same) = self.same_handle(a, b, name) {
            return same;
        }
        if !name.agrees() {
            let made = self.of_name(a, b).into_iter().chain(self.of_name(b, a));
            if let Some(best) = made.min_by(|a, b| a.share.total_cmp(&b.share)) {
                return best;
            }
        }
        if a.handle_words().is_empty() || b.handle_words().is_empty() {
            return HandleMatch::missing();
        }
        self.near_handle(a, b, name).unwrap_or(HandleMatch { level: HandleLevel::Different, ..HandleMatch::missing() })
    }

    fn same_handle(&self, a: &Record, b: &Record, name: NameLevel) -> Option<HandleMatch> {
        let mut best: Option<HandleMatch> = None;
        for (word, origin) in a.handle_words().iter().zip(a.origins) {
            let Some(place) = b.handle_words().iter().position(|other| other == word) else { continue };
            let origins = [origin, b.origins[place]];
            // One domain is compared as an organization, one name as a name; a name that is a domain is a company's.
            if origins.iter().all(|origin| matches!(origin, Origin::Domain | Origin::Name)) {
                continue;
            }
            let text = self.register.words.text(*word);
            let of_name = if name.agrees() { self.pattern(text, a).or_else(|| self.pattern(text, b)) } else { None };
            let (level, share) = match of_name {
                Some(pattern) => (HandleLevel::SameOfName(pattern), pattern.share()),
                None => (HandleLevel::Same, self.handle_share(*word)),
            };
            if best.is_none_or(|best| share < best.share) {
                best = Some(HandleMatch { level, share, words: [*word; 2], origins });
            }
        }
        best
    }

    fn texts<'b>(&'b self, record: &Record, buffer: &'b mut [&'b str; 4]) -> &'b [&'b str] {
        let words = record.name_words();
        for (slot, word) in buffer.iter_mut().zip(words) {
            *slot = self.register.words.text(*word);
        }
        &buffer[..words.len()]
    }

    fn pattern(&self, handle: &str, named: &Record) -> Option<Pattern> {
        let mut buffer = [""; 4];
        let texts = self.texts(named, &mut buffer);
        derive::pattern(handle, texts).or_else(|| derive::pattern(without_number(handle)?, texts))
    }

    /// A handle of the one that is made of the other's name.
    fn of_name(&self, handled: &Record, named: &Record) -> Option<HandleMatch> {
        if !named.has_full_name() {
            return None;
        }
        let words = named.name_words();
        let (first, last) = (words[0], words[words.len() - 1]);
        let matches = handled.handle_words().iter().zip(handled.origins).filter_map(|(word, origin)| {
            // One domain of both is compared as an organization; and in a handle a company's name stands for itself.
            if origin == Origin::Domain && (named.spelt_out || named.organization_words().contains(word)) {
                return None;
            }
            let text = self.register.words.text(*word);
            let numbered = without_number(text).is_some();
            let pattern = self.pattern(text, named)?;
            // It may also be a name by itself.
            let by_pattern = self.pattern_share(pattern, first, last);
            let share = by_pattern.max(0.3 * self.share_as_name(text)) * if numbered { 3.0 } else { 1.0 };
            Some(HandleMatch { level: HandleLevel::OfName, share, words: [*word; 2], origins: [origin; 2] })
        });
        matches.min_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// How likely a stranger's name gives the same handle by the same pattern.
    fn pattern_share(&self, pattern: Pattern, first: u32, last: u32) -> f64 {
        const ONE_LETTER: f64 = 0.07;
        let share = |word| self.register.name_share(word);
        match pattern {
            Pattern::Whole => names::TOGETHER * share(first) * share(last),
            Pattern::Surname => ONE_LETTER * share(last),
            Pattern::Given => ONE_LETTER * share(first),
            Pattern::GivenAlone => share(first),
            Pattern::SurnameAlone => share(last),
            Pattern::Initials => ONE_LETTER.powi(3),
        }
    }

    fn near_handle(&self, one: &Record, other: &Record, name: NameLevel) -> Option<HandleMatch> {
        let of_b = || other.handle_words().iter().zip(other.origins);
        let pairs = one.handle_words().iter().zip(one.origins).flat_map(|a| of_b().map(move |b| (a, b)));
        let matches = pairs.filter_map(|((a, of_a), (b, of_b))| {
            // Companies' domains are near to much, and colleagues' mailboxes are near to each other.
            let colleagues = of_a == Origin::Mail && of_b == Origin::Mail && have_one_organization(one, other);
            if of_a == Origin::Domain || of_b == Origin::Domain || [of_a, of_b] == [Origin::Name; 2] || colleagues {
                return None;
            }
            let share = self.nearness(*a, *b)?;
            let text = self.register.words.text(*a);
            if name.agrees() && (self.pattern(text, one).is_some() || self.pattern(text, other).is_some()) {
                // Namesakes make such handles too, and a number is what tells them apart.
                return None;
            }
            Some(HandleMatch { level: HandleLevel::Near, share, words: [*a, *b], origins: [of_a, of_b] })
        });
        matches.min_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// How likely a stranger's handle is as near; `None` when the two are not near.
    fn nearness(&self, a: u32, b: u32) -> Option<f64> {
        let (mark_a, mark_b) = (self.register.words.mark(a), self.register.words.mark(b));
        if mark_a.first != mark_b.first && !mark_a.may_be_typo_of(mark_b) && mark_a.length.min(mark_b.length) < 6 {
            return None;
        }
        let (x, y) = (self.register.words.text(a), self.register.words.text(b));
        let (stem_x, stem_y) = (without_number(x).unwrap_or(x), without_number(y).unwrap_or(y));
        if stem_x == stem_y {
            return Some(10.0 * self.text_share(stem_x));
        }
        let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
        if short.len() >= 6 && (long.starts_with(short) || long.ends_with(short)) {
            return Some(10.0 * self.text_share(short));
        }
        (short.len() >= 7 && mark_a.may_be_typo_of(mark_b) && is_typo(x, y)).then(|| 50.0 * self.text_share(short))
    }

    /// How likely a stranger has the handle: by its letters, by the names it is made of, by who has it here.
    fn handle_share(&self, word: u32) -> f64 {
        let people = f64::from(self.register.people.max(1));
        // Two people are this pair; a few more may be one person under several names.
        let others = f64::from(self.register.words.uses(word).handles.saturating_sub(2));
        let here = (others * others * 0.1).min(others) / people;
        here.max(self.text_share(self.register.words.text(word)))
    }

    /// How likely a stranger's handle reads so, whoever has it here.
    fn text_share(&self, text: &str) -> f64 {
        let letters = self.letters.chance(text).max(as_initials(text));
        let of_names = match without_number(text) {
            // One of a hundred numbers of two digits.
            Some(stem) => 0.5 * self.made_of_names(stem) * 0.1_f64.powi((text.len() - stem.len()) as i32),
            None => self.made_of_names(text),
        };
        letters.max(of_names)
    }

    /// How likely a stranger's name has the word; 0 when no name here has it.
    fn share_as_name(&self, text: &str) -> f64 {
        let words = &self.register.words;
        let word = words.get(text).filter(|word| words.uses(*word).names > 0);
        word.map_or(0.0, |word| self.register.name_share(word))
    }

    /// How likely a stranger's name gives the handle, by any pattern.
    fn made_of_names(&self, text: &str) -> f64 {
        /// One letter that fits, and how many people make their handle so.
        const LETTER: f64 = 0.07 * 0.2;
        let share = |part: &str| self.share_as_name(part);
        let cuts = (1..text.len()).map(|cut| {
            let (left, right) = text.split_at(cut);
            match (left.len(), right.len()) {
                (1, 3..) => LETTER * share(right),
                (3.., 1) => LETTER * share(left),
                (2, 2..) | (2.., 2) => {
                    let (short, long) = if left.len() == 2 { (left, right) } else { (right, left) };
                    let letters = 0.07 * LETTER * share(long);
                    letters.max(names::TOGETHER * 0.25 * share(short) * share(long))
                }
                (3.., 3..) => Some(share(left))
                    .filter(|share| *share > 0.0)
                    .map_or(0.0, |left| names::TOGETHER * 0.25 * left * share(right)),
                _ => 0.0,
            }
        });
        cuts.fold(0.3 * share(text), f64::max)
    }
}

/// How likely a stranger's initials are just these letters, for handles of up to four.
fn as_initials(text: &str) -> f64 {
    match text.len() {
        length @ 2..=4 if text.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            [0.1, 0.3, 0.05][length - 2] * 0.07_f64.powi(length as i32)
        }
        _ => 0.0,
    }
}

impl HandleMatch {
    fn missing() -> Self {
        Self { level: HandleLevel::Missing, share: 1.0, words: [0; 2], origins: [Origin::Username; 2] }
    }
}

/// Whether both are accounts of one platform, and not the same one. Addresses in commits are no accounts.
fn are_two_accounts(a: &Record, b: &Record) -> bool {
    if a.platform != b.platform {
        return false;
    }
    if a.uid != 0 && b.uid != 0 {
        a.uid != b.uid
    } else {
        a.username != 0 && b.username != 0 && a.username != b.username
    }
}

fn have_one_organization(a: &Record, b: &Record) -> bool {
    a.organization_words().iter().any(|word| b.organization_words().contains(word))
}
