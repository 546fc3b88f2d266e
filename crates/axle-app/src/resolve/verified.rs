//! Accounts that have proven one address: one person, unless the address is nobody's alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use axle_identity::{is_personal_address, names_of_two};
use axle_model::groups::Groups;
use axle_store::identity::{EmailRow, IdentityRow};

use super::{Proof, name_of};
use crate::bots::Bots;

/// Accounts by the address that they have proven.
type Holders = BTreeMap<String, BTreeSet<u32>>;

/// Accounts that have, or had, one verified address. An account that had several stands with those that proved any of them, unless
/// that would join two addresses of people whose names have nothing in common: accounts change hands. Then only those meet
/// that have the address now.
pub(super) fn proofs(identities: &[IdentityRow], emails: &[EmailRow], bots: &Bots) -> Vec<Proof> {
    let is_person = |identity: u32| !bots.is_bot(std::iter::once(identity));
    let mut now = Holders::new();
    for row in identities.iter().filter(|row| row.email_verified && is_person(row.identity_id)) {
        let email = row.email.as_deref().unwrap_or_default().trim().to_lowercase();
        now.entry(email).or_default().insert(row.identity_id);
    }
    let mut ever = now.clone();
    for row in emails.iter().filter(|row| row.verified && is_person(row.identity_id)) {
        ever.entry(row.email.to_lowercase()).or_default().insert(row.identity_id);
    }
    ever.retain(|email, holders| is_personal_address(email) && !is_shared(holders, identities));
    now.retain(|email, _| ever.contains_key(email));
    let mut proofs = Vec::new();
    for addresses in together(&ever) {
        let holders = if are_of_two(&addresses, identities) {
            addresses.iter().filter_map(|(email, _)| now.get(*email)).collect()
        } else {
            addresses.into_iter().map(|(_, holders)| holders).collect::<Vec<_>>()
        };
        let of_one = |holders: &BTreeSet<u32>| {
            Proof::new("verified_email", "same verified address", holders.iter().copied().collect())
        };
        proofs.extend(holders.into_iter().map(of_one));
    }
    proofs
}

/// An address that so many people have proven whose names have nothing in common is nobody's alone, as the matcher has it too.
const SHARED_BY: usize = 3;
/// So many names belong to several people.
const MOST_NAMES: usize = 50;

/// Whether an address is shared, by the names of those who proved it.
fn is_shared(holders: &BTreeSet<u32>, identities: &[IdentityRow]) -> bool {
    if holders.len() < SHARED_BY {
        return false;
    }
    let names: BTreeSet<&str> = holders.iter().filter_map(|holder| name_of(identities, *holder)).collect();
    if names.len() < SHARED_BY || names.len() > MOST_NAMES {
        return names.len() > MOST_NAMES;
    }
    let apart: HashSet<(usize, usize)> = names_of_two(&Vec::from_iter(names.iter().copied())).into_iter().collect();
    let is_third = |a: usize, b: usize, c: usize| apart.contains(&(a, c)) && apart.contains(&(b, c));
    apart.iter().any(|(a, b)| (b + 1..names.len()).any(|c| is_third(*a, *b, c)))
}

/// Addresses that accounts hold together, with their holders.
fn together(ever: &Holders) -> Vec<Vec<(&String, &BTreeSet<u32>)>> {
    let all: Vec<(&String, &BTreeSet<u32>)> = ever.iter().collect();
    let mut groups = Groups::new(u32::try_from(all.len()).expect("addresses are fewer than 2^32"));
    let mut first: HashMap<u32, u32> = HashMap::new();
    for (at, (_, holders)) in (0u32..).zip(&all) {
        for holder in *holders {
            groups.join(*first.entry(*holder).or_insert(at), at);
        }
    }
    groups.into_groups().into_iter().map(|group| group.into_iter().map(|at| all[at as usize]).collect()).collect()
}

/// Whether two accounts without an address in common have the names of two people.
fn are_of_two(addresses: &[(&String, &BTreeSet<u32>)], identities: &[IdentityRow]) -> bool {
    if addresses.len() < 2 {
        return false;
    }
    // For each name the accounts that bear it, each with the places of its addresses.
    let mut held: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, (_, holders)) in addresses.iter().enumerate() {
        holders.iter().for_each(|holder| held.entry(*holder).or_default().push(place));
    }
    let mut bearers: BTreeMap<&str, Vec<&Vec<usize>>> = BTreeMap::new();
    for (holder, places) in &held {
        if let Some(name) = name_of(identities, *holder) {
            bearers.entry(name).or_default().push(places);
        }
    }
    if bearers.len() > MOST_NAMES {
        return true;
    }
    let names: Vec<&str> = bearers.keys().copied().collect();
    let are_apart = |one: &[usize], other: &[usize]| !one.iter().any(|place| other.contains(place));
    names_of_two(&names)
        .into_iter()
        .any(|(a, b)| bearers[names[a]].iter().any(|one| bearers[names[b]].iter().any(|other| are_apart(one, other))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(identity_id: u32, name: &str, email: &str) -> IdentityRow {
        IdentityRow {
            identity_id,
            platform: format!("p{identity_id}"),
            natural_key: "uid:1".into(),
            uid: None,
            username: None,
            email: Some(email.into()),
            email_verified: true,
            name: Some(name.into()),
            phone: None,
            visitor: None,
            bot: None,
            member_number: None,
        }
    }

    fn had(identity_id: u32, email: &str, verified: bool) -> EmailRow {
        EmailRow { identity_id, email: email.into(), verified, first_at: None, last_at: None, heard_at: None }
    }

    fn joined(identities: &[IdentityRow], emails: &[EmailRow]) -> Vec<(u32, u32)> {
        pairs(proofs(identities, emails, &Bots::default()))
    }

    fn pairs(proofs: Vec<Proof>) -> Vec<(u32, u32)> {
        proofs.iter().flat_map(Proof::edges).map(|edge| (edge.a, edge.b)).collect()
    }

    #[test]
    fn a_new_address_does_not_inherit_the_proof_of_the_old_one() {
        let moved = IdentityRow { email_verified: false, ..row(1, "Conrad Winslow", "new@x.io") };
        let stranger = row(2, "Grace Zedlitzer", "new@x.io");
        let emails = [had(1, "old@x.io", true), had(1, "new@x.io", false)];
        assert_eq!(joined(&[moved.clone(), stranger.clone()], &emails), []);
        let same = row(3, "C. Winslow", "old@x.io");
        assert_eq!(joined(&[moved, stranger, same], &emails), [(1, 3)], "what was proven once is proven");
    }

    #[test]
    fn an_account_that_changed_hands_joins_nobody_across() {
        // Account 3 was Conrad's, and is Grace's now.
        let all = [row(1, "Conrad Winslow", "c@x.io"), row(2, "Grace Zedlitzer", "g@x.io"), row(3, "Lead", "g@x.io")];
        let emails = [had(3, "c@x.io", true), had(3, "g@x.io", true)];
        assert_eq!(joined(&all, &emails), [(2, 3)]);
        let one = [row(1, "Conrad Winslow", "c@x.io"), row(2, "Winslow Conrad", "g@x.io"), row(3, "Lead", "g@x.io")];
        assert_eq!(joined(&one, &emails), [(1, 3), (2, 3)]);
    }

    #[test]
    fn an_address_of_a_function_and_a_program_prove_nothing() {
        let all = [row(1, "Conrad Winslow", "info@x.io"), row(2, "Grace Zedlitzer", "Info@x.io")];
        assert_eq!(joined(&all, &[]), []);
        let all = [row(1, "Ada", "ada@x.io"), IdentityRow { bot: Some(true), ..row(2, "Ada", "ada@x.io") }];
        let bots = Bots::new(&all, &[], &crate::bots::Behaviours::new());
        assert_eq!(pairs(proofs(&all, &[], &bots)), []);
        assert_eq!(joined(&all, &[]), [(1, 2)], "nobody judged it here");
    }

    #[test]
    fn an_address_that_is_nobodys_alone_proves_nothing() {
        for email in ["contact@x.io", "Hello@x.io", "dev@lists.x.io"] {
            let all = [row(1, "Conrad Winslow", email), row(2, "Conrad Winslow", &email.to_lowercase())];
            assert_eq!(joined(&all, &[]), [], "{email}");
        }
    }

    #[test]
    fn an_address_of_three_people_is_shared_and_one_of_two_names_is_a_pseudonym() {
        let all = [
            row(1, "Conrad Winslow", "crew@x.io"),
            row(2, "Grace Zedlitzer", "crew@x.io"),
            row(3, "Winslow, Conrad", "crew@x.io"),
            row(4, "Peggy Ostrander", "crew@x.io"),
        ];
        assert_eq!(joined(&all[..3], &[]), [(1, 2), (1, 3)]);
        assert_eq!(joined(&all, &[]), []);
        // Who had it and what else they have proven changes nothing of that; the other address is still theirs.
        let moved = IdentityRow { email: Some("peggy@x.io".into()), ..all[3].clone() };
        let all = [&all[..3], &[moved, row(5, "Peggy O.", "peggy@x.io")]].concat();
        let emails = [had(4, "crew@x.io", true), had(4, "peggy@x.io", true)];
        assert_eq!(joined(&all, &emails), [(4, 5)]);
    }
}
