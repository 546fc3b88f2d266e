//! What each agreement is worth (Fellegi and Sunter 1969): the logarithm of how much likelier it is between two
//! accounts of one person than between strangers.

use crate::compare::{Comparison, Pointer, SameMailbox};
use crate::handles::HandleLevel;
use crate::names::NameLevel;

/// How often accounts of one person agree in each respect, of those that can be compared. The defaults are reasoned
/// from how people fill in profiles, not fitted to any community; [`crate::Resolver::estimate`] moves them towards
/// what is seen here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Expected number of other accounts that a person's account has, before anything is compared.
    pub partners: f64,
    /// The same words in both names; most people write their name in one way.
    pub name_same: f64,
    /// A nickname, an initial, a middle name more or less.
    pub name_variant: f64,
    /// A slip or another transliteration.
    pub name_typo: f64,
    /// One word alone that the other name has: `Ada` and `Ada Winslow`.
    pub name_partial: f64,
    /// Two names with nothing in common.
    pub name_different: f64,
    /// One handle on both.
    pub handle_same: f64,
    /// But for a number or an ending.
    pub handle_near: f64,
    /// A handle made of the other's name.
    pub handle_of_name: f64,
    /// A handle that holds a word of the other's name, beside letters that are not made of it.
    pub handle_holds_name: f64,
    /// Handles with nothing in common.
    pub handle_different: f64,
    /// One mailbox on both: an address that neither platform checked.
    pub mailbox: f64,
    /// One organization on both.
    pub organization: f64,
    /// A hidden address or a link that leads to the other account, or one avatar, telephone or browser.
    pub pointer: f64,
    /// Two accounts at one platform.
    pub two_accounts: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            partners: 0.3,
            name_same: 0.6,
            name_variant: 0.15,
            name_typo: 0.05,
            name_partial: 0.08,
            name_different: 0.06,
            handle_same: 0.35,
            handle_near: 0.06,
            handle_of_name: 0.3,
            handle_holds_name: 0.05,
            handle_different: 0.6,
            mailbox: 0.3,
            organization: 0.3,
            pointer: 0.3,
            two_accounts: 0.01,
        }
    }
}

/// However rare a name or handle looks, one agreement of so many times as many strangers as there are people is the
/// most that is believed: letters and names are no lottery.
const RAREST: f64 = 0.005;

/// The most that one organization weighs where nothing else agrees, as a natural logarithm.
const COLLEAGUES: f64 = 2.0;

/// A telephone or browser of more differently named people is an office's or a household's.
const MOST_AT_A_DEVICE: u32 = 3;

impl Weights {
    /// The natural logarithm of the odds that a pair is one person, among so many people.
    pub(crate) fn log_odds(&self, comparison: &Comparison, people: u32) -> f64 {
        (self.partners / f64::from(people.max(50))).ln() + self.evidence(comparison, people)
    }

    /// The sum of all weights: below 0 where more speaks against one person than for it.
    pub(crate) fn evidence(&self, comparison: &Comparison, people: u32) -> f64 {
        let people = f64::from(people.max(50));
        self.of_name(comparison, people)
            + self.of_handle(comparison, people)
            + self.of_mailbox(comparison, people)
            + self.of_organization(comparison, people)
            + self.of_pointer(comparison, people)
            + self.of_thing(comparison.avatar, people)
            + self.of_device(comparison.phone, people)
            + self.of_device(comparison.visitor, people)
            + if comparison.two_accounts { self.two_accounts.ln() } else { 0.0 }
    }

    /// The weight of somebody's unchecked word that the two are one person: as much as makes the odds even before anything
    /// is compared.
    pub(crate) fn of_declared(&self, people: u32) -> f64 {
        (f64::from(people.max(50)) / self.partners).ln()
    }

    /// The weight of one mailbox: proof where both platforms checked the address.
    pub(crate) fn of_mailbox(&self, comparison: &Comparison, people: f64) -> f64 {
        match comparison.mailbox {
            None => 0.0,
            Some(SameMailbox::Unchecked) => (self.mailbox * people / 0.002).ln(),
            Some(SameMailbox::Verified) => (self.mailbox * people / 0.00001).ln(),
        }
    }

    /// The weight of how the names agree.
    pub(crate) fn of_name(&self, comparison: &Comparison, people: f64) -> f64 {
        let share = comparison.name.share + RAREST / people;
        let handles_agree = !matches!(comparison.handle.level, HandleLevel::Different | HandleLevel::Missing);
        let ratio = match comparison.name.level {
            NameLevel::Missing => 1.0,
            NameLevel::Same => self.name_same / share,
            NameLevel::Variant => self.name_variant / share,
            NameLevel::Typo => self.name_typo / share,
            NameLevel::Partial => self.name_partial / share,
            NameLevel::SharedWord => (0.02 / share).clamp(0.1, 1.0),
            // A handle in the place of a name is no other name.
            NameLevel::Loose if handles_agree => 1.0,
            NameLevel::Loose => 0.2,
            NameLevel::Different => self.name_different,
        };
        ratio.ln()
    }

    /// The weight of how the handles agree.
    pub(crate) fn of_handle(&self, comparison: &Comparison, people: f64) -> f64 {
        let handle = &comparison.handle;
        let share = handle.share + RAREST / people;
        let ratio = match handle.level {
            HandleLevel::Missing => 1.0,
            HandleLevel::Same => (self.handle_same / share).max(1.0),
            HandleLevel::SameOfName(_) => (self.handle_same / share).max(1.0),
            HandleLevel::OfName => self.handle_of_name / (share + 0.015 / people),
            HandleLevel::HoldsName => (self.handle_holds_name / (share + 0.015 / people)).max(self.handle_different),
            HandleLevel::Near => (self.handle_near / share).max(self.handle_different),
            HandleLevel::Different => self.handle_different,
        };
        ratio.ln()
    }

    /// The weight of a common organization.
    pub(crate) fn of_organization(&self, comparison: &Comparison, people: f64) -> f64 {
        match comparison.organization {
            None => 0.0,
            Some((None, _)) => (1.0 - self.organization).ln(),
            Some((Some(_), holders)) => {
                let share = (f64::from(holders.saturating_sub(1)) + 0.5) / people;
                let weight = (self.organization / share).ln().max(0.0);
                // By itself it makes colleagues, not one person.
                if comparison.agrees_in_person() { weight } else { weight.min(COLLEAGUES) }
            }
        }
    }

    /// The weight of a common picture that so many people have.
    pub(crate) fn of_thing(&self, holders: Option<u32>, people: f64) -> f64 {
        holders.map_or(0.0, |holders| (self.pointer / crowd(holders, people)).ln().max(0.0))
    }

    /// The weight of a common telephone or browser: none of one that many use.
    pub(crate) fn of_device(&self, holders: Option<u32>, people: f64) -> f64 {
        self.of_thing(holders.filter(|holders| *holders <= MOST_AT_A_DEVICE), people)
    }

    /// The weight of a link or a hidden address.
    pub(crate) fn of_pointer(&self, comparison: &Comparison, people: f64) -> f64 {
        match comparison.pointer {
            None => 0.0,
            Some(Pointer::Hidden) => (self.pointer * people / 0.0001).ln(),
            Some(Pointer::Link) => (self.pointer * people / 0.0005).ln(),
            Some(Pointer::Shared(holders)) => (self.pointer / crowd(holders, people)).ln().max(0.0),
        }
    }
}

/// The share of strangers who have a picture or page that so many people have: two are the pair itself.
fn crowd(holders: u32, people: f64) -> f64 {
    let others = f64::from(holders.saturating_sub(2));
    (others * others * 0.2).min(others).max(0.02) / people
}

/// A probability of its odds' logarithm.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The logarithm of a probability's odds, kept finite.
pub(crate) fn log_odds(probability: f64) -> f64 {
    let probability = probability.clamp(1e-9, 1.0 - 1e-9);
    (probability / (1.0 - probability)).ln()
}
