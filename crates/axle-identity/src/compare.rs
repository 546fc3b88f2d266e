//! Two identities side by side: in which respects they agree, and how likely strangers agree so.

use crate::handles::{HandleLevel, HandleMatch};
use crate::letters::Letters;
use crate::names::{self, NameMatch};
use crate::parse::Claim;
use crate::register::{Record, Register};

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

/// One mailbox on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SameMailbox {
    /// Both platforms checked that the address is theirs.
    Verified,
    /// At least one took their word for it.
    Unchecked,
}

/// All that a pair has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) name: NameMatch,
    pub(crate) handle: HandleMatch,
    /// The mailbox that both have.
    pub(crate) mailbox: Option<SameMailbox>,
    /// The organization that both have, and how many people have it. `None` as the word: both have others.
    pub(crate) organization: Option<(Option<u32>, u32)>,
    pub(crate) pointer: Option<Pointer>,
    /// How many people show the avatar that both have.
    pub(crate) avatar: Option<u32>,
    /// How many people call from the telephone that both have.
    pub(crate) phone: Option<u32>,
    /// How many people come with the browser that both have.
    pub(crate) visitor: Option<u32>,
    /// Whether they are two accounts at one platform.
    pub(crate) two_accounts: bool,
}

impl Comparison {
    /// Whether something agrees that belongs to a person.
    pub(crate) fn agrees_in_person(&self) -> bool {
        let handles_agree = !matches!(self.handle.level, HandleLevel::Different | HandleLevel::Missing);
        let things = [self.avatar, self.phone, self.visitor].iter().any(Option::is_some);
        let points = self.mailbox.is_some() || self.pointer.is_some() || things;
        handles_agree || points || self.name.level.agrees()
    }
}

/// Compares records of one register.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparer<'a> {
    pub(crate) register: &'a Register,
    pub(crate) letters: &'a Letters,
}

impl Comparer<'_> {
    pub(crate) fn compare(&self, a: &Record, b: &Record) -> Comparison {
        let mut name = names::compare(self.register, a, b);
        if let ([word], [_]) = (a.name_words(), b.name_words()) {
            // One word is as rare as a handle: it may be several names written together.
            name.share = name.share.max(self.text_share(self.register.words.text(*word)));
        }
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
            mailbox: same_mailbox.then_some(if a.email_verified && b.email_verified {
                SameMailbox::Verified
            } else {
                SameMailbox::Unchecked
            }),
            organization,
            pointer,
            avatar: (a.avatar != 0 && a.avatar == b.avatar).then(|| self.register.people_with(a.avatar)),
            phone: self.in_common(a, b, |claim| matches!(claim, Claim::Phone(_))),
            visitor: self.in_common(a, b, |claim| matches!(claim, Claim::Visitor(_))),
            two_accounts: are_two_accounts(a, b),
        }
    }

    /// How many people have what both have of a kind.
    fn in_common(&self, a: &Record, b: &Record, is_kind: impl Fn(&Claim) -> bool) -> Option<u32> {
        let of_b = self.register.claims(b);
        let mut common = self.register.claims(a).iter().filter(|claim| is_kind(claim) && of_b.contains(claim));
        common.next().map(|claim| self.register.people_with(claim.thing()))
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
                // What several people link to is their company's account or project.
                let people = self.register.people_with(a);
                Some(if people > 2 { Pointer::Shared(people) } else { Pointer::Link })
            }
            (Claim::Link(a), Claim::Link(b)) | (Claim::Page(a), Claim::Page(b)) if a == b => {
                Some(Pointer::Shared(self.register.people_with(a)))
            }
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
