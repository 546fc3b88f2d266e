//! Two identities' handles side by side, and against each other's names.

use crate::compare::Comparer;
use crate::derive::{self, Pattern};
use crate::fold::without_number;
use crate::names::{NameLevel, TOGETHER};
use crate::parse::Origin;
use crate::pieces::{self, Piece};
use crate::register::{Record, form_of};
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
    /// The handle of one holds a word of the other's name, beside letters that are not made of it.
    HoldsName,
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
    /// The handles that agree: of the one, and of the other (of one that is made of a name or holds it twice the same).
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
        // Whoever has another name has a handle of that name.
        if matches!(name, NameLevel::Missing | NameLevel::Loose) {
            let read = self.read_in(a, b).into_iter().chain(self.read_in(b, a));
            if let Some(best) = read.min_by(|a, b| a.share.total_cmp(&b.share)) {
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

    /// A handle of the one in which the other's name can be read, though it is not made of it in a usual way.
    fn read_in(&self, handled: &Record, named: &Record) -> Option<HandleMatch> {
        if !named.has_full_name() {
            return None;
        }
        let handles = handled.handle_words().iter().zip(handled.origins);
        let handles = handles.filter(|(_, origin)| !matches!(origin, Origin::Domain));
        let writings = || [named.name_words(), named.words_otherwise()].into_iter().filter(|words| words.len() > 1);
        let read = handles.flat_map(|(word, origin)| {
            let found = writings().filter_map(move |words| self.read(*word, words));
            found.map(move |(level, share)| HandleMatch { level, share, words: [*word; 2], origins: [origin; 2] })
        });
        // Colleagues have words of their names in common, and what a handle spells out need not be a name.
        let is_sure = !named.spelt_out && !have_one_organization(handled, named);
        let read = read.filter(|found| is_sure || found.level == HandleLevel::OfName);
        read.min_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// The reading of a name in a handle that fits the fewest strangers, and how likely a stranger's name fits as well.
    fn read(&self, handle: u32, words: &[u32]) -> Option<(HandleLevel, f64)> {
        /// A handle can be read in several ways, and fewer people make theirs so than in the usual ways.
        const READINGS: f64 = 4.0;
        /// A word stands at the beginning or at the end.
        const ENDS: f64 = 2.0;
        /// A name gives about so many handles of beginnings of its words, and one of them must be just this one.
        const CUTS: f64 = 20.0;
        /// A word that so many strangers' names have tells nothing within a handle.
        const COMMON: f64 = 0.01;
        let mark = self.register.words.mark(handle);
        let marks = || words.iter().map(|word| self.register.words.mark(*word));
        if !mark.may_be_made_of(marks()) && !marks().any(|word| mark.may_hold(word)) {
            return None;
        }
        let handle = self.register.words.text(handle);
        let handle = without_number(handle).unwrap_or(handle);
        let mut buffer = [""; 4];
        let texts = self.texts(words, &mut buffer);
        let mut best: Option<(HandleLevel, f64)> = None;
        pieces::readings(handle, texts, |pieces, unread| {
            let is_all = unread.is_empty() || (unread.len() == 1 && pieces.len() > 1);
            if self.is_anothers_name(handle, texts, pieces, unread) {
                return;
            }
            let shares = pieces.iter().map(|piece| self.share_of_piece(words[piece.word], piece.letters));
            let together = if pieces.len() > 1 { TOGETHER } else { 1.0 };
            let (level, ways) = if is_all { (HandleLevel::OfName, READINGS) } else { (HandleLevel::HoldsName, ENDS) };
            let share = ways * together * shares.product::<f64>();
            if best.is_none_or(|best| share < best.1) {
                best = Some((level, share));
            }
        });
        // It may also be another name as a whole.
        let best = best.map(|(level, share)| (level, share.max(CUTS * self.text_share(handle))));
        best.filter(|(level, share)| *level == HandleLevel::OfName || *share < COMMON)
    }

    /// Whether names here give what is read as beginnings, or stands beside a word: `meilin` is no Meihua Linden.
    fn is_anothers_name(&self, handle: &str, texts: &[&str], pieces: &[Piece], unread: &str) -> bool {
        let is_name = |text: &str| text.len() > 1 && self.share_as_name(text) > 0.0;
        if !unread.is_empty() {
            let whole = texts[pieces[0].word];
            let beside = handle.strip_prefix(whole).or_else(|| handle.strip_suffix(whole)).unwrap_or_default();
            return is_name(beside) || is_name(unread);
        }
        let text = |piece: &Piece| &texts[piece.word][..piece.letters];
        let is_form = |piece: &Piece| form_of(text(piece)) == form_of(texts[piece.word]);
        let is_cut_to_name = |piece: &Piece| piece.letters > 2 && !is_form(piece) && is_name(text(piece));
        let may_be_name = |piece: &Piece| piece.letters <= 2 || is_form(piece) || is_name(text(piece));
        pieces.iter().all(may_be_name) && pieces.iter().any(is_cut_to_name)
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
            let share = self.nearness(*a, *b, name)?;
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
    fn nearness(&self, a: u32, b: u32, name: NameLevel) -> Option<f64> {
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
        if let Some(rest) = long.strip_prefix(short).or_else(|| long.strip_suffix(short)).filter(|_| short.len() >= 6) {
            // Beside somebody's name it is their other name.
            if !name.agrees() && self.share_as_name(rest) > 0.0 {
                return None;
            }
            // More letters may be another syllable of another name.
            return Some(100.0 * self.text_share(short));
        }
        // Two names that differ in a letter are two names.
        let are_names = || !name.agrees() && self.is_made_of_names(x) && self.is_made_of_names(y);
        let slipped = short.len() >= 7 && mark_a.may_be_typo_of(mark_b) && is_typo(x, y) && !are_names();
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
