//! Joins without a person: what must not happen by itself, and which joins may.

use std::collections::HashMap;

use crate::names::{self, NameLevel};
use crate::parse::parse;
use crate::register::Register;
use crate::resolver::{Pair, Resolver};
use crate::view::Identity;

/// The pairs of names, by their positions, that are those of two people: full names without a word in common, whatever its
/// place, short form or slip.
pub fn names_of_two(names: &[&str]) -> Vec<(usize, usize)> {
    let mut register = Register::default();
    for name in names {
        let identity = Identity { name: Some(name), ..Identity::default() };
        register.add(&identity, parse(&identity));
    }
    let are_two = |a: usize, b: usize| {
        names::compare(&register, &register.records[a], &register.records[b]).level == NameLevel::Different
    };
    (0..names.len()).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|(a, b)| are_two(*a, *b)).collect()
}

/// Why a join needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// Somebody said that these two are two people.
    Forbidden(u32, u32),
    /// Both addresses are verified, and the names or handles are those of two people.
    DifferentPeople(u32, u32),
    /// The member would have so many identities, more than [`crate::Settings::largest_member`].
    TooMany(usize),
}

/// What joins without a person give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Joins {
    /// Pairs to join, the likeliest first; none is needed twice.
    pub joined: Vec<Pair>,
    /// Pairs above the threshold that need a person, with the first objection.
    pub held: Vec<(Pair, Objection)>,
}

impl Resolver {
    /// Everything that speaks against joining two groups of identities without a person. Empty: go ahead.
    pub fn guard(&self, left: &[u32], right: &[u32]) -> Vec<Objection> {
        let mut objections = Vec::new();
        let forbidden = self
            .forbidden
            .iter()
            .filter(|(a, b)| (left.contains(a) && right.contains(b)) || (left.contains(b) && right.contains(a)));
        objections.extend(forbidden.map(|(a, b)| Objection::Forbidden(*a, *b)));
        let verified =
            |side: &[u32]| side.iter().copied().filter(|at| self.record(*at).email_verified).collect::<Vec<_>>();
        let (of_left, of_right) = (verified(left), verified(right));
        let pairs = of_left.iter().flat_map(|a| of_right.iter().map(move |b| (*a, *b)));
        objections
            .extend(pairs.filter(|(a, b)| self.look_different(*a, *b)).map(|(a, b)| Objection::DifferentPeople(a, b)));
        let size = left.len() + right.len();
        if size > self.settings.largest_member {
            objections.push(Objection::TooMany(size));
        }
        objections
    }

    /// Whether two identities have the names of two people; where a name is missing, handles of two people.
    fn look_different(&self, a: u32, b: u32) -> bool {
        use crate::handles::HandleLevel;
        let (one, other) = (self.record(a), self.record(b));
        if one.mailbox != 0 && one.mailbox == other.mailbox {
            return false;
        }
        match names::compare(&self.register, one, other).level {
            NameLevel::Different | NameLevel::SharedWord => true,
            NameLevel::Missing | NameLevel::Loose => {
                matches!(self.compare(a, b).handle.level, HandleLevel::Different)
            }
            _ => false,
        }
    }

    /// Joins every pair of at least the probability, the likeliest first, as long as nothing objects. A group is
    /// also held back when what two of its identities show speaks against one person: one wrong link must not carry two crowds
    /// together. `pairs` as [`Resolver::pairs`] gives them.
    pub fn automatic(&self, pairs: &[Pair], threshold: f64) -> Joins {
        let mut groups = Groups::new(self);
        let mut joins = Joins::default();
        for pair in pairs.iter().take_while(|pair| pair.probability >= threshold) {
            let (left, right) = (groups.of(pair.a), groups.of(pair.b));
            if left == right {
                continue;
            }
            match self.first_objection(&groups.identities[left], &groups.identities[right]) {
                Some(objection) => joins.held.push((*pair, objection)),
                None => {
                    groups.join(left, right);
                    joins.joined.push(*pair);
                }
            }
        }
        joins
    }

    fn first_objection(&self, left: &[u32], right: &[u32]) -> Option<Objection> {
        self.guard(left, right).first().copied().or_else(|| {
            let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
            let mut different = pairs.filter(|(a, b)| {
                let level = names::compare(&self.register, self.record(*a), self.record(*b)).level;
                level == NameLevel::Different || self.evidence(*a, *b) < AGAINST
            });
            different.next().map(|(a, b)| Objection::DifferentPeople(a, b))
        })
    }
}

/// Two identities whose evidence is below are two people's, as two accounts at one platform are.
const AGAINST: f64 = -2.5;

/// The identities of each member, as joins go on.
struct Groups {
    group_of: HashMap<u32, usize>,
    members: HashMap<u32, usize>,
    identities: Vec<Vec<u32>>,
    member_of: Vec<u32>,
}

impl Groups {
    fn new(resolver: &Resolver) -> Self {
        let mut groups = Self {
            group_of: HashMap::new(),
            members: HashMap::new(),
            identities: Vec::new(),
            member_of: resolver.register.records.iter().map(|record| record.member).collect(),
        };
        for (position, member) in groups.member_of.iter().enumerate() {
            let group = *groups.members.entry(*member).or_insert_with(|| {
                groups.identities.push(Vec::new());
                groups.identities.len() - 1
            });
            groups.identities[group].push(position as u32);
        }
        groups
    }

    fn of(&self, identity: u32) -> usize {
        self.group_of.get(&identity).copied().unwrap_or_else(|| self.members[&self.member_of[identity as usize]])
    }

    fn join(&mut self, left: usize, right: usize) {
        let (keep, give) =
            if self.identities[left].len() >= self.identities[right].len() { (left, right) } else { (right, left) };
        let given = std::mem::take(&mut self.identities[give]);
        self.group_of.extend(given.iter().map(|identity| (*identity, keep)));
        self.identities[keep].extend(given);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_people() {
        let are_two = |a, b| !names_of_two(&[a, b]).is_empty();
        assert!(are_two("Conrad Winslow", "Grace Zedlitzer"));
        assert!(!are_two("Conrad Winslow", "Winslow, Conrad"));
        assert!(!are_two("Grace Zedlitzer", "Grace Winslow"), "one word in common may be a marriage");
        assert!(!are_two("cwin", "Conrad Winslow"), "one word may be a handle");
        assert!(!are_two("", "Conrad Winslow"));
        assert_eq!(names_of_two(&["Ada Moss", "Conrad Winslow", "Moss Ada"]), [(0, 1), (1, 2)]);
    }
}
