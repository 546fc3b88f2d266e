//! What rules alone may not join: members of more accounts than the administrator allows, and two proven addresses of differently
//! named people. Such joins wait for a person.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use axle_identity::names_of_two;
use axle_model::groups::Groups;
use axle_store::identity::{Edge, EmailRow, IdentityRow};

use super::account::ACCOUNT;
use super::{Accounts, Proof, name_of, position_of, star};

/// What is known of accounts that can speak against a join.
pub(super) struct Guard<'a> {
    identities: &'a [IdentityRow],
    /// Proven addresses of those that had several.
    several: HashMap<u32, Vec<&'a str>>,
    largest_member: usize,
}

impl<'a> Guard<'a> {
    pub(super) fn new(identities: &'a [IdentityRow], emails: &'a [EmailRow], largest_member: usize) -> Self {
        let mut several: HashMap<u32, Vec<&str>> = HashMap::new();
        for had in emails.iter().filter(|had| had.verified) {
            several.entry(had.identity_id).or_default().push(&had.email);
        }
        Self { identities, several, largest_member }
    }

    /// Those of the groups that the edges make which no rule may make.
    pub(super) fn refused(&self, edges: &[Edge]) -> HashSet<u32> {
        let mut accounts = Accounts::new(self.identities, &[]);
        for edge in edges {
            accounts.join(edge.a, edge.b);
        }
        let mut groups: HashMap<usize, BTreeSet<u32>> = HashMap::new();
        for edge in edges {
            let Some(at) = position_of(self.identities, edge.a) else { continue };
            groups.entry(accounts.root(at)).or_default().extend([edge.a, edge.b]);
        }
        let is_refused = |group: &BTreeSet<u32>| {
            let group = Vec::from_iter(group.iter().copied());
            let pairs = || group.iter().enumerate().flat_map(|(at, a)| group[..at].iter().map(move |b| (*a, *b)));
            group.len() > self.largest_member || pairs().any(|(a, b)| self.are_two(a, b))
        };
        groups.into_values().filter(is_refused).flatten().collect()
    }

    /// What the proofs make of these accounts without a person, the surest first: links, then one account under two names, then
    /// verified addresses, then mailmaps; of one kind by the accounts' keys, so that the order of imports decides nothing. Gives the
    /// edges, and those that wait, with why.
    pub(super) fn edges(&self, proofs: &[Proof], among: &HashSet<u32>, all: &mut Accounts) -> [Vec<Edge>; 2] {
        let [mut made, mut waiting] = [Vec::new(), Vec::new()];
        let mut groups = Groups::new(u32::try_from(self.identities.len()).expect("identities are numbered by u32"));
        let mut of_root: HashMap<u32, Vec<u32>> = HashMap::new();
        for edge in self.ordered(proofs, among) {
            let [Some(a), Some(b)] = [edge.a, edge.b].map(|identity| position_of(self.identities, identity)) else {
                continue;
            };
            let [left, right] = [a, b].map(|at| groups.root(at as u32));
            if left == right {
                made.push(edge);
                continue;
            }
            let [one, other] = [(left, edge.a), (right, edge.b)]
                .map(|(root, identity)| of_root.get(&root).cloned().unwrap_or_else(|| vec![identity]));
            if let Some(objection) = self.objection(&one, &other) {
                waiting.push(Edge { reason: format!("{}, but {objection}", edge.reason), ..edge });
            } else if all.join(edge.a, edge.b) {
                groups.join(left, right);
                of_root.insert(groups.root(left), [one, other].concat());
                made.push(edge);
            }
        }
        // Whom a person joined in spite of it, nobody asks about.
        waiting.retain(|edge| !all.are_one(edge.a, edge.b));
        [made, waiting]
    }

    fn ordered(&self, proofs: &[Proof], among: &HashSet<u32>) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::new();
        for proof in proofs {
            let mut group: Vec<u32> = proof.identities.iter().copied().filter(|one| among.contains(one)).collect();
            group.sort_by(|a, b| self.by_key(*a, *b));
            edges.extend(star(&group, proof.kind, &proof.reason));
        }
        let ends = |edge: &Edge| match self.by_key(edge.a, edge.b) {
            Ordering::Greater => [edge.b, edge.a],
            _ => [edge.a, edge.b],
        };
        edges.sort_by(|x, y| {
            let ([a, b], [c, d]) = (ends(x), ends(y));
            let keys = || self.by_key(a, c).then_with(|| self.by_key(b, d));
            rank(&x.kind).cmp(&rank(&y.kind)).then_with(keys).then_with(|| x.reason.cmp(&y.reason))
        });
        edges.dedup_by(|a, b| (a.a, a.b, &a.kind) == (b.a, b.b, &b.kind));
        edges
    }

    fn row(&self, identity: u32) -> Option<&'a IdentityRow> {
        position_of(self.identities, identity).map(|at| &self.identities[at])
    }

    fn by_key(&self, a: u32, b: u32) -> Ordering {
        let key = |identity| self.row(identity).map(|row| (&row.platform, &row.natural_key));
        key(a).cmp(&key(b))
    }

    /// Why a person has to say that the two groups are one.
    fn objection(&self, left: &[u32], right: &[u32]) -> Option<String> {
        let size = left.len() + right.len();
        if size > self.largest_member {
            return Some(format!("the member would have {size} identities, more than {}", self.largest_member));
        }
        let mut pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
        let (a, b) = pairs.find(|(a, b)| self.are_two(*a, *b))?;
        let name = |identity| name_of(self.identities, identity).unwrap_or_default();
        Some(format!("{} and {} have proven different addresses", name(a), name(b)))
    }

    /// Whether both have proven an address, none in common, and have the names of two people.
    fn are_two(&self, a: u32, b: u32) -> bool {
        let of = [a, b].map(|identity| self.proven(identity));
        let is_common = || of[0].iter().any(|one| of[1].iter().any(|other| one.eq_ignore_ascii_case(other)));
        let names = || [a, b].map(|identity| name_of(self.identities, identity).unwrap_or_default());
        of.iter().all(|addresses| !addresses.is_empty()) && !is_common() && !names_of_two(&names()).is_empty()
    }

    /// The addresses that an account has proven.
    fn proven(&self, identity: u32) -> Vec<&'a str> {
        let now = self.row(identity).filter(|row| row.email_verified).and_then(|row| row.email.as_deref());
        let several = self.several.get(&identity).into_iter().flatten().copied();
        now.map(str::trim).into_iter().chain(several).collect()
    }
}

/// The surest first.
fn rank(kind: &str) -> u8 {
    match kind {
        "link" => 0,
        ACCOUNT => 1,
        "verified_email" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::account;
    use super::*;

    fn proven(number: u32, name: &str, email: &str) -> IdentityRow {
        let (name, email) = (Some(name.to_owned()), Some(email.to_owned()));
        IdentityRow { name, email, email_verified: true, ..account(number) }
    }

    /// What is made of proofs: pairs that are joined, and pairs that wait with why.
    fn guarded(rows: &[IdentityRow], proofs: &[Proof], largest: usize) -> (Vec<(u32, u32)>, Vec<String>) {
        let guard = Guard::new(rows, &[], largest);
        let all: Vec<Edge> = proofs.iter().flat_map(Proof::edges).collect();
        let refused = guard.refused(&all);
        let [made, waiting] = guard.edges(proofs, &refused, &mut Accounts::new(rows, &[]));
        (made.iter().map(|edge| (edge.a, edge.b)).collect(), waiting.into_iter().map(|edge| edge.reason).collect())
    }

    #[test]
    fn what_no_rule_may_make_is_found_and_the_rest_is_left_alone() {
        let rows: Vec<IdentityRow> = (1..=6).map(account).collect();
        let edges: Vec<Edge> = Proof::new("mailmap", "m", vec![1, 2, 3])
            .edges()
            .into_iter()
            .chain(Proof::new("link", "l", vec![4, 5]).edges())
            .collect();
        assert_eq!(Guard::new(&rows, &[], 2).refused(&edges), HashSet::from([1, 2, 3]));
        assert!(Guard::new(&rows, &[], 3).refused(&edges).is_empty());
    }

    #[test]
    fn the_surest_proof_is_taken_first_and_what_would_be_too_many_waits() {
        let rows: Vec<IdentityRow> = (1..=4).map(account).collect();
        let proofs = [Proof::new("mailmap", "one person", vec![1, 2, 3]), Proof::new("link", "said so", vec![3, 4])];
        let (made, waiting) = guarded(&rows, &proofs, 3);
        assert_eq!(made, [(3, 4), (1, 2)]);
        assert_eq!(waiting, ["one person, but the member would have 4 identities, more than 3"]);
    }

    #[test]
    fn the_numbers_of_accounts_decide_nothing() {
        let keys = |rows: &[IdentityRow], pairs: Vec<(u32, u32)>| {
            let key = |identity: u32| rows[identity as usize - 1].natural_key.clone();
            let mut pairs: Vec<[String; 2]> = pairs.into_iter().map(|(a, b)| [key(a), key(b)]).collect();
            pairs.iter_mut().for_each(|pair| pair.sort());
            pairs
        };
        let of = |order: [u32; 4]| {
            let row = |(number, key): (u32, u32)| IdentityRow { natural_key: format!("uid:{key}"), ..account(number) };
            let rows: Vec<IdentityRow> = (1u32..).zip(order).map(row).collect();
            let (made, _) = guarded(&rows, &[Proof::new("verified_email", "same", vec![1, 2, 3, 4])], 2);
            keys(&rows, made)
        };
        assert_eq!(of([1, 2, 3, 4]), [["uid:1", "uid:2"]]);
        assert_eq!(of([4, 3, 2, 1]), of([1, 2, 3, 4]));
        assert_eq!(of([3, 1, 4, 2]), of([1, 2, 3, 4]));
    }

    #[test]
    fn two_proven_addresses_of_differently_named_people_wait() {
        let rows = [
            proven(1, "Conrad Winslow", "c@x.io"),
            proven(2, "Grace Zedlitzer", "g@x.io"),
            proven(3, "C. Winslow", "conrad@y.io"),
            proven(4, "Peggy Ostrander", "C@x.io"),
        ];
        let link = |identities: Vec<u32>| [Proof::new("link", "signed in with both", identities)];
        let (made, waiting) = guarded(&rows, &link(vec![1, 2]), 12);
        assert!(made.is_empty());
        let expected = "signed in with both, but Conrad Winslow and Grace Zedlitzer have proven different addresses";
        assert_eq!(waiting, [expected]);
        // One name, or one address, is one person.
        let of = |identities: Vec<u32>| Proof::new("link", "l", identities).edges();
        let guard = Guard::new(&rows, &[], 12);
        assert!(guard.refused(&of(vec![1, 3])).is_empty() && guard.refused(&of(vec![1, 4])).is_empty());
    }
}
