//! What must hold of any community: the order of identities changes nothing, and odd texts harm nothing.

use std::collections::BTreeMap;

use axle_identity::{Identity, Resolver, Settings};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Account {
    platform: &'static str,
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

fn account() -> impl Strategy<Value = Account> {
    let word =
        prop::sample::select(vec!["ada", "bea", "conrad", "winslow", "quartermain", "kite", "smith", "j", "wei"]);
    let name = (word.clone(), word.clone()).prop_map(|(given, surname)| format!("{given} {surname}"));
    let handle =
        (word.clone(), prop::sample::select(vec!["", "7", ".x", "winslow"])).prop_map(|(a, b)| format!("{a}{b}"));
    let email = (handle.clone(), prop::sample::select(vec!["gmail.com", "acme.example", "kite.dev", "x.local"]))
        .prop_map(|(local, domain)| format!("{local}@{domain}"));
    let platform = prop::sample::select(vec!["git", "github", "slack"]);
    (platform, prop::option::of(handle), prop::option::of(email), prop::option::of(name))
        .prop_map(|(platform, username, email, name)| Account { platform, username, email, name })
}

fn view(account: &Account, member: usize) -> Identity<'_> {
    Identity {
        platform: account.platform,
        username: account.username.as_deref().filter(|_| account.platform != "git"),
        email: account.email.as_deref(),
        name: account.name.as_deref(),
        member: member as u32,
        ..Identity::default()
    }
}

/// Probabilities in thousandths by the pair's numbers in `accounts`, which come in the given order.
fn found(accounts: &[Account], order: &[usize]) -> BTreeMap<(usize, usize), i64> {
    let identities: Vec<Identity<'_>> = order.iter().enumerate().map(|(n, at)| view(&accounts[*at], n)).collect();
    let resolver = Resolver::new(&identities, Settings::default());
    let number = |position: u32| order[position as usize];
    let pairs = resolver.pairs();
    pairs
        .iter()
        .map(|pair| {
            let (a, b) = (number(pair.a), number(pair.b));
            ((a.min(b), a.max(b)), (pair.probability * 1000.0).round() as i64)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Who is suggested does not depend on the order in which identities are given.
    #[test]
    fn order_changes_nothing(accounts in prop::collection::vec(account(), 2..24), turn in 0_usize..24) {
        let order: Vec<usize> = (0..accounts.len()).collect();
        let mut other: Vec<usize> = order.iter().rev().copied().collect();
        other.rotate_left(turn % accounts.len());
        prop_assert_eq!(found(&accounts, &order), found(&accounts, &other));
    }

    /// Whatever stands in a profile, there are probabilities between 0 and 1 and reasons for each.
    #[test]
    fn any_text_will_do(texts in prop::collection::vec("\\PC{0,40}", 8..24)) {
        let links: Vec<&str> = texts.iter().map(String::as_str).collect();
        let identities: Vec<Identity<'_>> = texts
            .chunks(4)
            .enumerate()
            .map(|(member, text)| Identity {
                platform: "forum",
                username: text.first().map(String::as_str),
                name: text.get(1).map(String::as_str),
                email: text.get(2).map(String::as_str),
                organization: text.get(3).map(String::as_str),
                links: &links,
                member: member as u32,
                ..Identity::default()
            })
            .collect();
        let resolver = Resolver::new(&identities, Settings { least_probability: 0.0, ..Settings::default() });
        for pair in resolver.pairs() {
            prop_assert!((0.0..=1.0).contains(&pair.probability));
            prop_assert!(!resolver.explain(pair.a, pair.b).is_empty());
        }
    }
}
