//! Accounts that stand in the record twice: under two writings of one key, or once by their id and once by what a line called them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use axle_identity::names_of_two;
use axle_model::identity::{caseless, composed, current_key};
use axle_store::identity::{EmailRow, IdentityRow};

use super::{Proof, name_of};
use crate::bots::Bots;

/// What kind of proof this is.
pub(super) const ACCOUNT: &str = "account";

/// Accounts whose keys differ in how accents are stored or a telephone number is set out alone: kept from when keys were made of
/// what came as it came.
pub(super) fn of_two_writings(identities: &[IdentityRow]) -> Vec<Proof> {
    let is_old = |row: &&IdentityRow| current_key(&row.natural_key) != row.natural_key.as_str();
    let mut by_key: BTreeMap<(&str, Cow<'_, str>), Vec<u32>> = BTreeMap::new();
    for row in identities.iter().filter(is_old) {
        by_key.entry((&row.platform, current_key(&row.natural_key))).or_default().push(row.identity_id);
    }
    if by_key.is_empty() {
        return Vec::new();
    }
    for row in identities.iter().filter(|row| !is_old(row)) {
        if let Some(group) = by_key.get_mut(&(row.platform.as_str(), Cow::Borrowed(row.natural_key.as_str()))) {
            group.push(row.identity_id);
        }
    }
    let reason = "the same account, written otherwise";
    by_key.into_values().map(|group| Proof::new(ACCOUNT, reason, group)).collect()
}

/// What lines called by a handle or an address alone, and the accounts with an id that have it.
#[derive(Default)]
struct Called {
    names: Vec<u32>,
    accounts: BTreeSet<u32>,
}

/// By platform and key.
type ByKey<'a> = HashMap<(&'a str, Cow<'a, str>), Called>;

/// Accounts that are known by the platform's id, each with what lines called by its handle or by an address that it has proven. Only
/// where one account of the platform has it: the handle now, since a former one may be somebody else's; the address ever.
pub(super) fn named_otherwise(identities: &[IdentityRow], emails: &[EmailRow], bots: &Bots) -> Vec<Proof> {
    let mut called = ByKey::new();
    for row in identities {
        if row.natural_key.starts_with("username:") || row.natural_key.starts_with("email:") {
            called.entry((&row.platform, composed(&row.natural_key))).or_default().names.push(row.identity_id);
        }
    }
    if called.is_empty() {
        return Vec::new();
    }
    for row in identities.iter().filter(|row| row.natural_key.starts_with("uid:")) {
        row.username.iter().for_each(|username| note(&mut called, row, "username", username));
        row.email.iter().filter(|_| row.email_verified).for_each(|email| note(&mut called, row, "email", email));
    }
    for had in emails.iter().filter(|had| had.verified) {
        let row = identities.binary_search_by_key(&had.identity_id, |row| row.identity_id).map(|at| &identities[at]);
        if let Some(row) = row.ok().filter(|row| row.natural_key.starts_with("uid:")) {
            note(&mut called, row, "email", &had.email);
        }
    }
    let mut proofs = Vec::new();
    for ((_, key), called) in called {
        let [account] = Vec::from_iter(called.accounts)[..] else { continue };
        let is_handle = key.starts_with("username:");
        let is_one = |name: &u32| {
            // What a program posts under somebody's handle is not theirs, and a word in a handle makes nobody a program.
            let makes_a_program = bots.is_bot(std::iter::once(*name)) && !bots.is_bot(std::iter::once(account));
            let names = [*name, account].map(|identity| name_of(identities, identity).unwrap_or_default());
            // A handle that somebody else had before: the address would still be the account's.
            let changed_hands = is_handle && !names_of_two(&names).is_empty();
            !makes_a_program && !changed_hands
        };
        let group: Vec<u32> = std::iter::once(account).chain(called.names.into_iter().filter(is_one)).collect();
        let by = if is_handle { "handle" } else { "verified address" };
        proofs.push(Proof::new(ACCOUNT, format!("the same account, called by its {by}"), group));
    }
    proofs
}

/// Notes that the account has a handle or an address, where a line calls somebody so.
fn note<'a>(called: &mut ByKey<'a>, row: &'a IdentityRow, field: &str, value: &str) {
    let key = format!("{field}:{}", caseless(value.trim()));
    if let Some(called) = called.get_mut(&(row.platform.as_str(), Cow::Owned(key))) {
        called.accounts.insert(row.identity_id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::account;
    use super::*;

    fn keyed(number: u32, platform: &str, key: &str) -> IdentityRow {
        IdentityRow { platform: platform.into(), natural_key: key.into(), uid: None, ..account(number) }
    }

    fn pairs(proofs: &[Proof]) -> Vec<(u32, u32)> {
        let mut pairs: Vec<_> = proofs.iter().flat_map(Proof::edges).map(|edge| (edge.a, edge.b)).collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn keys_from_before_are_the_account_that_they_would_be_today() {
        let rows = [
            keyed(1, "chat", "username:jose\u{301}"),
            keyed(2, "chat", "username:jos\u{e9}"),
            keyed(3, "forum", "username:jos\u{e9}"),
            keyed(4, "chat", "username:jose"),
            keyed(5, "calls", "phone:+15550100"),
            keyed(6, "calls", "phone:+1 555 0100"),
        ];
        assert_eq!(pairs(&of_two_writings(&rows)), [(1, 2), (5, 6)]);
        assert!(of_two_writings(&rows[1..5]).is_empty());
    }

    fn joined(rows: &[IdentityRow], emails: &[EmailRow]) -> Vec<(u32, u32)> {
        pairs(&named_otherwise(rows, emails, &Bots::new(rows, &[], &crate::bots::Behaviours::new())))
    }

    fn of_ada() -> IdentityRow {
        IdentityRow {
            username: Some("Ada".into()),
            email: Some("Ada@x.io".into()),
            email_verified: true,
            name: Some("Ada Moss".into()),
            ..account(1)
        }
    }

    #[test]
    fn a_handle_or_a_verified_address_names_the_one_account_that_has_it() {
        let rows = [
            of_ada(),
            keyed(2, "chat", "username:ada"),
            keyed(3, "chat", "email:ada@x.io"),
            keyed(4, "forum", "username:ada"),
            keyed(5, "chat", "email:eve@x.io"),
        ];
        assert_eq!(joined(&rows, &[]), [(1, 2), (1, 3)]);
        // Two accounts that have it: nobody can tell which is meant.
        let two = [&rows[..], &[IdentityRow { username: Some("ada".into()), email: None, ..account(6) }]].concat();
        assert_eq!(joined(&two, &[]), [(1, 3)]);
        let unchecked = [IdentityRow { email_verified: false, ..of_ada() }, rows[2].clone()];
        assert!(joined(&unchecked, &[]).is_empty());
        // An address that it had and proved is still its own; a handle that it had may be somebody else's.
        let moved = IdentityRow { username: Some("moss".into()), email: Some("ada@y.io".into()), ..of_ada() };
        let had = EmailRow {
            identity_id: 1,
            email: "ada@x.io".into(),
            verified: true,
            first_at: None,
            last_at: None,
            heard_at: None,
        };
        assert_eq!(joined(&[moved, rows[1].clone(), rows[2].clone()], &[had]), [(1, 3)]);
    }

    #[test]
    fn a_handle_that_changed_hands_and_one_that_looks_like_a_program_name_nobody() {
        let before = IdentityRow { name: Some("Grace Zedlitzer".into()), ..keyed(2, "chat", "username:ada") };
        assert!(joined(&[of_ada(), before.clone()], &[]).is_empty());
        let same = IdentityRow { name: Some("A. Moss".into()), ..before };
        assert_eq!(joined(&[of_ada(), same], &[]), [(1, 2)]);
        let ben = IdentityRow { username: Some("ben-bot".into()), bot: Some(false), ..account(1) };
        let named = IdentityRow { username: Some("ben-bot".into()), ..keyed(2, "chat", "username:ben-bot") };
        assert!(joined(&[ben.clone(), named.clone()], &[]).is_empty());
        let program = IdentityRow { bot: Some(true), ..ben };
        assert_eq!(joined(&[program, named], &[]), [(1, 2)]);
    }
}
