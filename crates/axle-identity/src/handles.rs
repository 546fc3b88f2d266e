//! Two identities' handles side by side, and against each other's names.

use crate::compare::Comparer;
use crate::derive::{self, Pattern};
use crate::fold::without_number;
use crate::names::NameLevel;
use crate::parse::Origin;
use crate::register::Record;
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

impl Comparer<'_> {
    /// The best agreement of their handles. `name`: how the names agree, since a handle made of a name that both
    /// have proves little more.
    pub(crate) fn handles(&self, a: &Record, b: &Record, name: NameLevel) -> HandleMatch {
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
            if origins.contains(&Origin::Domain) && self.is_shared_domain(*word) {
                continue;
            }
            let text = self.register.words.text(*word);
            let of_name = if name.agrees() { self.pattern_of_either(*word, a, b) } else { None };
            let (level, share) = match of_name {
                // Digits behind it are not made of the name.
                Some(pattern) => (HandleLevel::SameOfName(pattern), pattern.share() * self.share_of_number(text)),
                None => (HandleLevel::Same, self.handle_share(*word)),
            };
            if best.is_none_or(|best| share < best.share) {
                best = Some(HandleMatch { level, share, words: [*word; 2], origins });
            }
        }
        best
    }

    fn texts<'b>(&'b self, words: &[u32], buffer: &'b mut [&'b str; 4]) -> &'b [&'b str] {
        for (slot, word) in buffer.iter_mut().zip(words) {
            *slot = self.register.words.text(*word);
        }
        &buffer[..words.len()]
    }

    /// How the handle is made of the name, with or without the number behind it.
    fn pattern(&self, handle: u32, named: &Record) -> Option<Pattern> {
        let of = |words: &[u32]| self.pattern_of_words(handle, words);
        of(named.name_words()).or_else(|| of(named.words_otherwise()))
    }

    fn pattern_of_words(&self, handle: u32, words: &[u32]) -> Option<Pattern> {
        let begins_like = |word: &u32| self.register.words.mark(*word).first == self.register.words.mark(handle).first;
        // Every pattern begins with the first letter of one of them.
        if !words.first().is_some_and(begins_like) && !words.last().is_some_and(begins_like) {
            return None;
        }
        let handle = self.register.words.text(handle);
        let mut buffer = [""; 4];
        let texts = self.texts(words, &mut buffer);
        derive::pattern(handle, texts).or_else(|| derive::pattern(without_number(handle)?, texts))
    }

    /// Whether several people have addresses at the domain: then it is an organization's, and nobody's handle.
    fn is_shared_domain(&self, word: u32) -> bool {
        self.register.words.uses(word).organizations > 2
    }

    /// The commonest pattern by which either name gives the handle.
    fn pattern_of_either(&self, handle: u32, a: &Record, b: &Record) -> Option<Pattern> {
        let patterns = [a, b].into_iter().filter_map(|named| self.pattern(handle, named));
        patterns.max_by(|x, y| x.share().total_cmp(&y.share()))
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
            let is_own =
                !named.spelt_out && !named.organization_words().contains(word) && !self.is_shared_domain(*word);
            if origin == Origin::Domain && !is_own {
                return None;
            }
            let pattern = self.pattern(*word, named)?;
            let text = self.register.words.text(*word);
            let numbered = without_number(text).is_some();
            // It may also be a name by itself.
            let by_pattern = self.pattern_share(pattern, first, last);
            let share = by_pattern.max(0.3 * self.share_as_name(text)) * if numbered { 3.0 } else { 1.0 };
            Some(HandleMatch { level: HandleLevel::OfName, share, words: [*word; 2], origins: [origin; 2] })
        });
        matches.min_by(|a, b| a.share.total_cmp(&b.share))
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
            let made_of_name = |word: u32| self.pattern_of_either(word, one, other).is_some();
            if name.agrees() && (made_of_name(*a) || made_of_name(*b)) {
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
        let may_be_within = mark_a.may_hold_or_be_within(mark_b)
            && (mark_a.first == mark_b.first || mark_a.length.min(mark_b.length) >= 6);
        if !may_be_within && !mark_a.may_be_typo_of(mark_b) {
            return None;
        }
        let (x, y) = (self.register.words.text(a), self.register.words.text(b));
        let (stem_x, stem_y) = (without_number(x).unwrap_or(x), without_number(y).unwrap_or(y));
        if stem_x == stem_y {
            return Some(10.0 * self.text_share(stem_x));
        }
        let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
        if short.len() >= 6 && (long.starts_with(short) || long.ends_with(short)) {
            // More letters may be another syllable of another name.
            return Some(100.0 * self.text_share(short));
        }
        let slipped = short.len() >= 7 && mark_a.may_be_typo_of(mark_b) && is_typo(x, y);
        let times = if short.len() >= 10 { 50.0 } else { 200.0 };
        slipped.then(|| times * self.text_share(x).max(self.text_share(y)))
    }
}

impl HandleMatch {
    /// Nothing to compare.
    pub(crate) fn missing() -> Self {
        Self { level: HandleLevel::Missing, share: 1.0, words: [0; 2], origins: [Origin::Username; 2] }
    }
}

fn have_one_organization(a: &Record, b: &Record) -> bool {
    a.organization_words().iter().any(|word| b.organization_words().contains(word))
}
