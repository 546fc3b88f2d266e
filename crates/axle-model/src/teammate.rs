//! Teammates: on which local days a person works for us (convention C5). What they did before is a member's.

use std::cmp::Reverse;

use crate::days::{self, Days};

/// Who says so, the one that outranks the others first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Authority {
    /// Somebody said so in Axle. `decided_at`: microseconds since 1970; of two that contradict each other the later counts.
    Person {
        /// When it was said.
        decided_at: i64,
    },
    /// A list of the team that a source holds.
    List,
    /// An address at one of our domains.
    Domain,
}

/// That somebody was a teammate on these days, or that they were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim {
    /// Who says so.
    pub authority: Authority,
    /// On which days.
    pub days: Days,
    /// Whether they were. Only a person can say that somebody was not: it is ignored of lists and domains.
    pub is_teammate: bool,
}

/// The days on which somebody is a teammate, in order, overlapping ones joined. What a person said holds on the days
/// that it is about. On others a list counts; domains count for people on no list, since a list knows when they left.
pub fn days_of(claims: &[Claim]) -> Vec<Days> {
    let of = |authority: Authority| -> Vec<Days> {
        let stated = claims.iter().filter(|claim| claim.authority == authority && claim.is_teammate);
        stated.map(|claim| claim.days).collect()
    };
    let listed = of(Authority::List);
    let mut found = if listed.is_empty() { of(Authority::Domain) } else { listed };
    let decided_at = |claim: &&Claim| match claim.authority {
        Authority::Person { decided_at } => Some(decided_at),
        Authority::List | Authority::Domain => None,
    };
    let mut decided: Vec<&Claim> = claims.iter().filter(|claim| decided_at(claim).is_some()).collect();
    // Said at the same moment, being a teammate counts: it is the one that keeps figures about members clean.
    decided.sort_unstable_by_key(|claim| (decided_at(claim), claim.is_teammate, Reverse(claim.days)));
    for claim in decided {
        if claim.is_teammate {
            found.push(claim.days);
        } else {
            found = days::without(found, vec![claim.days]);
        }
    }
    days::union(found)
}

/// Whether an address lies at a domain or below it: `ada@mail.acme.example` at `acme.example`. Case and a leading `@`
/// or `*.` of the domain do not matter.
pub fn is_at(address: &str, domain: &str) -> bool {
    let domain = domain.trim().trim_start_matches('@').trim_start_matches("*.").trim_end_matches('.');
    let Some((local, host)) = address.trim().rsplit_once('@') else { return false };
    let host = host.trim_end_matches(['>', '.']);
    let Some(start) = host.len().checked_sub(domain.len()) else { return false };
    let ends = host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain));
    !local.is_empty() && !domain.is_empty() && ends && (start == 0 || host.as_bytes()[start - 1] == b'.')
}

/// The claim of an address at one of our domains, first seen on that day. `None` when it is at none of them.
pub fn of_address(address: &str, first_day: i32, domains: &[String]) -> Option<Claim> {
    let is_ours = domains.iter().any(|domain| is_at(address, domain));
    is_ours.then(|| Claim { authority: Authority::Domain, days: Days::since(first_day), is_teammate: true })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(from: i32, to: i32) -> Days {
        Days::new(from, to).unwrap()
    }

    fn claim(authority: Authority, from: i32, to: i32, is_teammate: bool) -> Claim {
        Claim { authority, days: days(from, to), is_teammate }
    }

    fn person(decided_at: i64, from: i32, to: i32, is_teammate: bool) -> Claim {
        claim(Authority::Person { decided_at }, from, to, is_teammate)
    }

    #[test]
    fn before_the_hire_one_is_a_member() {
        let hired = of_address("Ada@Mail.Acme.example", 100, &["acme.example".into()]).unwrap();
        let found = days_of(&[hired]);
        assert!(found.iter().all(|stretch| !stretch.contains(99)) && found[0].contains(100));
        assert_eq!(of_address("ada@notacme.example", 100, &["acme.example".into()]), None);
    }

    #[test]
    fn a_list_knows_when_somebody_left() {
        let claims = [claim(Authority::List, 50, 80, true), claim(Authority::Domain, 60, 900, true)];
        assert_eq!(days_of(&claims), [days(50, 80)]);
        let twice = [claim(Authority::List, 50, 80, true), claim(Authority::List, 70, 90, true)];
        assert_eq!(days_of(&twice), [days(50, 90)]);
    }

    #[test]
    fn a_person_outranks_both_and_the_later_word_counts() {
        let listed = claim(Authority::List, 0, 100, true);
        assert_eq!(days_of(&[listed, person(1, 20, 30, false)]), [days(0, 20), days(30, 100)]);
        assert_eq!(
            days_of(&[person(2, 20, 30, true), listed, person(1, 10, 40, false)]),
            [days(0, 10), days(20, 30), days(40, 100)]
        );
        assert_eq!(days_of(&[person(1, 5, 9, true)]), [days(5, 9)]);
    }

    #[test]
    fn domains_end_at_a_dot() {
        for (address, domain, expected) in [
            ("ada@acme.example", "acme.example", true),
            ("ada@acme.example", "@ACME.example", true),
            ("ada@x.acme.example", "*.acme.example", true),
            ("ada@xacme.example", "acme.example", false),
            ("ada@example", "acme.example", false),
            ("@acme.example", "acme.example", false),
            ("ada@acme.example", "", false),
            ("ada@é.example", "xé.example", false),
        ] {
            assert_eq!(is_at(address, domain), expected, "{address} {domain}");
        }
    }

    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        let one = (0..4i64, 0..30i32, 1..20i32, any::<bool>()).prop_map(|(who, from, length, is_teammate)| {
            let authority = match who {
                0 => Authority::List,
                1 => Authority::Domain,
                at => Authority::Person { decided_at: at },
            };
            claim(authority, from, from + length, is_teammate)
        });
        prop::collection::vec(one, 0..9)
    }

    proptest! {
        /// Whatever the order of the claims; and on every day the latest word of a person is what counts.
        #[test]
        fn order_changes_nothing((some, mixed) in claims().prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle())), day in 0..60i32) {
            let found = days_of(&some);
            prop_assert_eq!(&found, &days_of(&mixed));
            prop_assert!(found.windows(2).all(|pair| pair[0].to() < pair[1].from()));
            let words = some.iter().filter(|claim| claim.days.contains(day)).filter_map(|claim| match claim.authority {
                Authority::Person { decided_at } => Some((decided_at, claim.is_teammate)),
                _ => None,
            });
            if let Some((_, expected)) = words.max() {
                prop_assert_eq!(found.iter().any(|stretch| stretch.contains(day)), expected);
            }
        }
    }
}
