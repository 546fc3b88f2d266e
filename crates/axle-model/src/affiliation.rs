//! Affiliations: at which organization a member was, on which days, and how surely that is known (S4). Several hold
//! at once; one of them gets the activity of a day.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use crate::days::{self, Days};
use crate::time::LocalDay;

/// Where a statement about somebody's organization comes from, the one that outranks the others first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody said so in Axle.
    Person,
    /// A CRM links the person to the account.
    Crm,
    /// The platform has verified an address at the organization's domain.
    Email,
    /// The person says so in a profile.
    Profile,
    /// Concluded from what was seen, such as an unverified address in commits.
    Inferred,
}

impl Origin {
    /// From the one that outranks all to the weakest.
    pub const ALL: [Self; 5] = [Self::Person, Self::Crm, Self::Email, Self::Profile, Self::Inferred];

    /// The word for it in interchange and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Crm => "crm",
            Self::Email => "email",
            Self::Profile => "profile",
            Self::Inferred => "inferred",
        }
    }

    /// The origin of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

/// That a member was at an organization on these days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affiliation {
    /// Number of the organization. Where all else is equal the smaller one counts, so number by something that
    /// does not depend on the order of arrival.
    pub organization: u32,
    /// On which days.
    pub days: Days,
    /// How it is known.
    pub origin: Origin,
    /// How surely it is so, 0 to 1.
    pub confidence: f32,
}

impl Affiliation {
    /// How surely it is so, in whole percent.
    pub fn percent(&self) -> u8 {
        (self.confidence.clamp(0.0, 1.0) * 100.0).round() as u8
    }

    /// By rank: what counts before the other comes first. Origin, then certainty, then the later beginning.
    fn rank(&self, other: &Self) -> Ordering {
        let begin = |affiliation: &Self| Reverse(affiliation.days.from());
        self.origin
            .cmp(&other.origin)
            .then(other.confidence.total_cmp(&self.confidence))
            .then(begin(self).cmp(&begin(other)))
            .then(self.organization.cmp(&other.organization))
            .then(self.days.to().cmp(&other.days.to()))
    }
}

/// All affiliations of one member, the ones that outrank others first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline(Vec<Affiliation>);

impl Timeline {
    /// Takes them in any order; what is said twice is kept once.
    pub fn new(mut affiliations: Vec<Affiliation>) -> Self {
        affiliations.sort_unstable_by(Affiliation::rank);
        affiliations.dedup();
        Self(affiliations)
    }

    /// Every one, by rank.
    pub fn all(&self) -> &[Affiliation] {
        &self.0
    }

    /// Those that hold on a day, by rank: several organizations at once are possible.
    pub fn at(&self, day: LocalDay) -> impl Iterator<Item = &Affiliation> {
        self.0.iter().filter(move |affiliation| affiliation.days.contains(day))
    }

    /// The one that the activity of a day counts for.
    pub fn valid_at(&self, day: LocalDay) -> Option<&Affiliation> {
        self.at(day).next()
    }

    /// The same answers as [`Self::valid_at`], as stretches in order that do not overlap: organization and days.
    pub fn main(&self) -> Vec<(u32, Days)> {
        let mut edges: Vec<LocalDay> =
            self.0.iter().flat_map(|affiliation| [affiliation.days.from(), affiliation.days.to()]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut stretches: Vec<(u32, Days)> = Vec::new();
        for pair in edges.windows(2) {
            let (Some(valid), Some(days)) = (self.valid_at(pair[0]), Days::new(pair[0], pair[1])) else { continue };
            match stretches.last_mut() {
                Some((organization, last)) if *organization == valid.organization && last.to() == days.from() => {
                    *last = Days::new(last.from(), days.to()).unwrap_or(*last);
                }
                _ => stretches.push((valid.organization, days)),
            }
        }
        stretches
    }
}

/// A person's word: that somebody was at an organization on these days, or that they were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// Number of the organization.
    pub organization: u32,
    /// When it was said, in microseconds since 1970: of two that contradict each other the later counts.
    pub said_at: i64,
    /// Whether they were there.
    pub is_there: bool,
    /// On which days.
    pub days: Days,
}

/// What is known once people were heard. On the days that a word is about it holds; what was found of other days and other
/// organizations stays. The order of what was found and of the words changes nothing.
pub fn heard(mut found: Vec<Affiliation>, words: &[Word]) -> Vec<Affiliation> {
    let mut words = words.to_vec();
    words.sort_unstable();
    for said in words.chunk_by(|one, next| one.organization == next.organization) {
        let (mut there, mut elsewhere) = (Vec::new(), Vec::new());
        for word in said {
            let (gains, loses) =
                if word.is_there { (&mut there, &mut elsewhere) } else { (&mut elsewhere, &mut there) };
            gains.push(word.days);
            *loses = days::without(std::mem::take(loses), vec![word.days]);
        }
        let organization = said[0].organization;
        let (own, mut all): (Vec<Affiliation>, Vec<Affiliation>) =
            found.into_iter().partition(|known| known.organization == organization);
        for known in own {
            let left = days::without(vec![known.days], elsewhere.clone()).into_iter();
            all.extend(left.map(|days| Affiliation { days, ..known }));
        }
        let origin = Origin::Person;
        let stated = days::union(there).into_iter();
        all.extend(stated.map(|days| Affiliation { organization, days, origin, confidence: 1.0 }));
        found = all;
    }
    found
}

/// How surely an address in use tells the organization, when nobody has verified it.
const SEEN_CONFIDENCE: f32 = 0.8;

/// How surely it does after its last use.
pub const CARRIED_CONFIDENCE: f32 = 0.5;

/// Days that an address of an organization is believed after its last use.
pub const CARRY_DAYS: LocalDay = 180;

/// When an address at an organization's domain was in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressUse {
    /// Whose domain it is.
    pub organization: u32,
    /// Whether the platform verified the address.
    pub is_verified: bool,
    /// First local day of use.
    pub first: LocalDay,
    /// Last local day of use.
    pub last: LocalDay,
    /// The first day on which it tells nothing any more, whether it is in use or not: [`LocalDay::MAX`] where none is known.
    pub until: LocalDay,
}

impl AddressUse {
    /// The same use where a CRM says when people left: what was in use before tells nothing from then on, since people
    /// keep their old addresses. What came into use later tells that they are back. `None` where nothing is left.
    pub fn left(mut self, stated: &[Affiliation]) -> Option<Self> {
        let ends = stated.iter().filter(|stay| stay.origin == Origin::Crm && stay.organization == self.organization);
        let left = ends.map(|stay| stay.days.to()).filter(|left| self.first < *left).max();
        self.until = left.unwrap_or(LocalDay::MAX);
        self.last = self.last.min(self.until.saturating_sub(1));
        (self.first <= self.last).then_some(self)
    }
}

/// The uses of a member's addresses, with the address, each address once: one that several accounts had was in use from the first to
/// the last day of any of them, unless an address of another organization was in use between. Uses that a platform verified and
/// others stay apart. Their order changes nothing.
pub fn of_member(mut uses: Vec<(String, AddressUse)>) -> Vec<AddressUse> {
    uses.sort_unstable_by(|(a, one), (b, other)| {
        (a, one.is_verified, one.first, one.last).cmp(&(b, other.is_verified, other.first, other.last))
    });
    let mut joined: Vec<(&str, AddressUse)> = Vec::new();
    for (address, used) in &uses {
        let is_elsewhere_since = |last: LocalDay| {
            let others = uses.iter().filter(|(_, other)| other.organization != used.organization);
            others.filter(|(_, other)| other.last > last).any(|(_, other)| other.first < used.first)
        };
        match joined.last_mut() {
            Some((of, known))
                if *of == address.as_str()
                    && known.is_verified == used.is_verified
                    && (used.first <= known.last.saturating_add(1) || !is_elsewhere_since(known.last)) =>
            {
                known.last = known.last.max(used.last);
            }
            _ => joined.push((address.as_str(), *used)),
        }
    }
    joined.into_iter().map(|(_, used)| used).collect()
}

/// The affiliations that addresses in use tell: the days from first to last use of each, and, less surely, up to
/// [`CARRY_DAYS`] after it, or until an address of another organization comes into use.
pub fn of_addresses(uses: &[AddressUse]) -> Vec<Affiliation> {
    let mut affiliations = Vec::new();
    for (at, used) in uses.iter().enumerate() {
        let end = used.last.max(used.first).saturating_add(1);
        let Some(days) = Days::new(used.first, end) else { continue };
        let (origin, confidence) =
            if used.is_verified { (Origin::Email, 1.0) } else { (Origin::Inferred, SEEN_CONFIDENCE) };
        affiliations.push(Affiliation { organization: used.organization, days, origin, confidence });
        let others = uses.iter().enumerate().filter(|(other, next)| *other != at && next.last >= end);
        let until = others.map(|(_, next)| next.first).fold(used.until, LocalDay::min);
        let carried = Days::new(end, until.min(end.saturating_add(CARRY_DAYS)));
        affiliations.extend(carried.map(|days| Affiliation {
            organization: used.organization,
            days,
            origin: Origin::Inferred,
            confidence: CARRIED_CONFIDENCE,
        }));
    }
    affiliations
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(organization: u32, from: LocalDay, to: LocalDay, origin: Origin) -> Affiliation {
        Affiliation { organization, days: Days::new(from, to).unwrap(), origin, confidence: 1.0 }
    }

    #[test]
    fn a_crm_outranks_an_address_and_that_a_profile() {
        let timeline = Timeline::new(vec![
            known(1, 0, 100, Origin::Profile),
            known(2, 10, 50, Origin::Email),
            known(3, 20, 30, Origin::Crm),
            known(4, 25, 26, Origin::Person),
            known(5, 0, 200, Origin::Inferred),
        ]);
        let valid = |day| timeline.valid_at(day).map(|affiliation| affiliation.organization);
        assert_eq!(
            [0, 10, 20, 25, 30, 50, 100, 200].map(valid),
            [1, 2, 3, 4, 2, 1, 5, 0].map(|n| (n > 0).then_some(n))
        );
        assert_eq!(timeline.at(25).count(), 5);
    }

    #[test]
    fn of_equals_the_surer_then_the_later_counts() {
        let unsure = Affiliation { confidence: 0.4, ..known(1, 50, 100, Origin::Profile) };
        let timeline =
            Timeline::new(vec![unsure, known(2, 0, 100, Origin::Profile), known(3, 60, 100, Origin::Profile)]);
        let valid = |day| timeline.valid_at(day).map(|affiliation| affiliation.organization);
        assert_eq!([10, 55, 70].map(valid), [Some(2), Some(2), Some(3)]);
    }

    #[test]
    fn an_address_covers_its_use_and_is_carried_on() {
        let used = |organization, first, last| AddressUse {
            organization,
            is_verified: false,
            first,
            last,
            until: LocalDay::MAX,
        };
        let timeline = Timeline::new(of_addresses(&[used(1, 0, 9), used(2, 100, 199), used(3, 900, 900)]));
        let day = |from, to| Days::new(from, to).unwrap();
        assert_eq!(timeline.main(), [(1, day(0, 100)), (2, day(100, 380)), (3, day(900, 1081))]);
    }

    #[test]
    fn an_address_is_not_carried_into_the_use_of_another() {
        let used = |organization, first, last| AddressUse {
            organization,
            is_verified: true,
            first,
            last,
            until: LocalDay::MAX,
        };
        let timeline = Timeline::new(of_addresses(&[used(1, 0, 50), used(2, 20, 80)]));
        assert_eq!(timeline.at(60).count(), 1);
        assert_eq!(timeline.valid_at(60).unwrap().organization, 2);
        assert_eq!(timeline.at(30).count(), 2);
    }

    #[test]
    fn an_address_of_two_accounts_is_in_use_from_the_first_to_the_last_day() {
        let used = |address: &str, organization, is_verified, first, last| {
            (address.to_owned(), AddressUse { organization, is_verified, first, last, until: LocalDay::MAX })
        };
        let spans = |uses: Vec<(String, AddressUse)>| -> Vec<(u32, bool, LocalDay, LocalDay)> {
            of_member(uses).iter().map(|used| (used.organization, used.is_verified, used.first, used.last)).collect()
        };
        let (early, late) = (used("c@x.io", 1, true, 10, 10), used("c@x.io", 1, true, 400, 420));
        assert_eq!(spans(vec![late.clone(), early.clone()]), [(1, true, 10, 420)], "also beyond 180 days");
        let timeline = Timeline::new(of_addresses(&of_member(vec![late.clone(), early.clone()])));
        assert_eq!(timeline.valid_at(300).map(|known| known.origin), Some(Origin::Email));
        // At another organization between: A, then B, then A again.
        let between = used("c@y.io", 2, false, 100, 200);
        let apart = [(1, true, 10, 10), (1, true, 400, 420), (2, false, 100, 200)];
        assert_eq!(spans(vec![between.clone(), late.clone(), early.clone()]), apart);
        // Before or after both it changes nothing, nor does another address of the same organization.
        let others =
            vec![used("c@y.io", 2, false, 0, 10), used("c@z.io", 3, false, 400, 900), used("d@x.io", 1, true, 50, 60)];
        let expected = [(1, true, 10, 420), (2, false, 0, 10), (3, false, 400, 900), (1, true, 50, 60)];
        assert_eq!(spans([others, vec![early.clone(), late]].concat()), expected);
        // Two accounts at once are one use whoever else there is; what nobody verified is another.
        let beside = used("c@y.io", 2, false, 0, 900);
        assert_eq!(spans(vec![early, beside, used("c@x.io", 1, true, 5, 30)])[0], (1, true, 5, 30));
        assert_eq!(spans(vec![used("c@x.io", 1, true, 1, 2), used("c@x.io", 1, false, 1, 2)]).len(), 2);
    }

    #[test]
    fn whom_a_crm_says_to_have_left_an_old_address_does_not_bring_back() {
        let used = |first, last| AddressUse { organization: 1, is_verified: true, first, last, until: LocalDay::MAX };
        let main = |uses: &[AddressUse], stays: &[Affiliation]| {
            let left: Vec<AddressUse> = uses.iter().filter_map(|used| used.left(stays)).collect();
            Timeline::new(of_addresses(&left)).main()
        };
        let day = |from, to| Days::new(from, to).unwrap();
        let left = [known(1, 0, 50, Origin::Crm)];
        assert_eq!(main(&[used(10, 90)], &left), [(1, day(10, 50))], "neither in use nor carried on");
        assert_eq!(main(&[used(10, 40)], &left), [(1, day(10, 50))], "carried on until they left");
        assert_eq!(main(&[used(60, 90)], &left), [(1, day(60, 271))], "they are back");
        assert_eq!(main(&[used(10, 90)], &[known(2, 0, 50, Origin::Crm)]), [(1, day(10, 271))], "another organization");
        assert_eq!(main(&[used(10, 90)], &[known(1, 0, 50, Origin::Profile)]), [(1, day(10, 271))], "no CRM");
        let twice = [known(1, 0, 50, Origin::Crm), known(1, 70, LocalDay::MAX, Origin::Crm)];
        assert_eq!(main(&[used(10, 90)], &twice), [(1, day(10, 271))], "whom a CRM has there still");
    }

    fn word(organization: u32, said_at: i64, from: LocalDay, to: LocalDay, is_there: bool) -> Word {
        Word { organization, said_at, is_there, days: Days::new(from, to).unwrap() }
    }

    #[test]
    fn a_persons_word_adds_ends_and_denies() {
        let found = vec![known(1, 0, 100, Origin::Crm), known(2, 0, 100, Origin::Email)];
        let main = |words: &[Word]| Timeline::new(heard(found.clone(), words)).main();
        let day = |from, to| Days::new(from, to).unwrap();
        assert_eq!(main(&[]), [(1, day(0, 100))]);
        // Added: it stands above what was found.
        assert_eq!(main(&[word(3, 1, 20, 30, true)]), [(1, day(0, 20)), (3, day(20, 30)), (1, day(30, 100))]);
        // Ended: what was found of another organization takes over.
        assert_eq!(main(&[word(1, 1, 40, LocalDay::MAX, false)]), [(1, day(0, 40)), (2, day(40, 100))]);
        // Denied, and said again later of some days.
        let denied = word(1, 1, LocalDay::MIN, LocalDay::MAX, false);
        assert_eq!(main(&[denied]), [(2, day(0, 100))]);
        assert_eq!(main(&[word(1, 2, 10, 20, true), denied]), [(2, day(0, 10)), (1, day(10, 20)), (2, day(20, 100))]);
        assert_eq!(main(&[word(1, 0, 10, 20, true), denied]), [(2, day(0, 100))], "the later word counts");
    }

    #[test]
    fn names_lead_back() {
        assert!(Origin::ALL.into_iter().all(|origin| Origin::from_name(origin.name()) == Some(origin)));
        assert_eq!(Origin::from_name("rumour"), None);
    }

    fn affiliations() -> impl Strategy<Value = Vec<Affiliation>> {
        let one =
            (0..4u32, 0..30i32, 1..20i32, 0..5usize, 0..3u8).prop_map(|(organization, from, length, origin, sure)| {
                let confidence = f32::from(sure) / 2.0;
                Affiliation { confidence, ..known(organization, from, from + length, Origin::ALL[origin]) }
            });
        prop::collection::vec(one, 0..10)
    }

    fn words() -> impl Strategy<Value = Vec<Word>> {
        let one = (0..4u32, 0..40i64, 0..30i32, 1..20i32, any::<bool>());
        let one =
            one.prop_map(|(at, said_at, from, length, is_there)| word(at, said_at, from, from + length, is_there));
        prop::collection::vec(one, 0..8)
    }

    proptest! {
        /// On every day the latest word on an organization is what holds; without one, what was found.
        #[test]
        fn the_latest_word_holds((found, words) in (affiliations(), words()), day in 0..60i32, at in 0..4u32) {
            let is_there = |known: &[Affiliation]| known.iter().any(|one| one.organization == at && one.days.contains(day));
            let latest = words.iter().filter(|word| word.organization == at && word.days.contains(day)).max_by_key(|word| (word.said_at, word.is_there));
            let expected = latest.map_or_else(|| is_there(&found), |word| word.is_there);
            let heard_so = heard(found.clone(), &words);
            prop_assert_eq!(is_there(&heard_so), expected);
            let mixed: Vec<Word> = words.iter().rev().copied().collect();
            prop_assert_eq!(Timeline::new(heard(found.into_iter().rev().collect(), &mixed)), Timeline::new(heard_so));
        }

        /// The order in which statements arrive changes nothing, and stretches say what single days say.
        #[test]
        fn order_changes_nothing((some, mixed) in affiliations().prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle())), day in 0..60i32) {
            let timeline = Timeline::new(some);
            prop_assert_eq!(&timeline, &Timeline::new(mixed));
            let of_main: Vec<u32> =
                timeline.main().into_iter().filter(|(_, days)| days.contains(day)).map(|(organization, _)| organization).collect();
            let valid: Vec<u32> = timeline.valid_at(day).map(|affiliation| affiliation.organization).into_iter().collect();
            prop_assert_eq!(of_main, valid);
        }
    }
}
