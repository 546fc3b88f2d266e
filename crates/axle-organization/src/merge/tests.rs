//! Which organizations are found to be one, and which stay apart.

use proptest::prelude::*;

use super::*;
use crate::parse::names_in;

fn account(id: &str, name: &str, domains: &[&str]) -> Sighting {
    Sighting::account("crm", id, name).with_domains(domains)
}

fn named(text: &str) -> Sighting {
    Sighting::name(&names_in(text)[0], 1, 0)
}

fn resolved(sightings: &[Sighting], decisions: &[Decision]) -> Resolution {
    resolve(sightings.to_vec(), decisions, &Rules::default(), AUTOMATIC)
}

/// The organizations' sightings by key.
fn together(found: &Resolution) -> Vec<Vec<&str>> {
    let keys = |group: &Vec<u32>| group.iter().map(|at| found.sightings[*at as usize].key.as_str()).collect();
    found.groups().iter().map(keys).collect()
}

fn said(a: &str, b: &str, is_same: bool) -> Decision {
    Decision { a: a.into(), b: b.into(), is_same }
}

#[test]
fn spellings_domains_and_accounts_of_one_company_are_one() {
    let found = resolved(
        &[
            named("@acme"),
            named("Acme, Inc."),
            named("ACME GmbH"),
            Sighting::domain("acme.io", 3, 0),
            account("a1", "Acme Inc.", &[]),
        ],
        &[],
    );
    assert_eq!(together(&found), [["account:crm/a1", "domain:acme.io", "name:acme"]]);
    let acme = &found.organizations[0];
    assert_eq!((acme.name.as_str(), acme.domains.as_slice()), ("Acme Inc.", &["acme.io".to_owned()][..]));
    assert_eq!(found.organization_of("domain:acme.io"), Some(0));
    assert_eq!(found.organization_of("domain:other.io"), None);
    assert!(found.suggestions.is_empty());
}

#[test]
fn a_tenant_of_a_mail_host_may_be_the_company_of_that_name() {
    // The company's own domain comes first; the tenant's name alone is a question.
    let (own, tenant) = (Sighting::domain("acme.io", 2, 0), Sighting::domain("acme.onmicrosoft.com", 2, 0));
    let found = resolved(&[own, tenant.clone(), named("Acme")], &[]);
    assert_eq!(together(&found), [vec!["domain:acme.io", "name:acme"], vec!["domain:acme.onmicrosoft.com"]]);
    assert_eq!(found.suggestions.iter().map(|edge| edge.evidence).collect::<Vec<_>>(), [Evidence::SameLabel]);
    // Where nobody else can be meant, it is the company.
    assert_eq!(together(&resolved(&[tenant, named("Acme")], &[])).len(), 1);
}

#[test]
fn a_word_on_a_domain_holds_however_it_was_written() {
    let two = [Sighting::domain("müller.de", 2, 0), Sighting::domain("acme.io", 2, 0)];
    let found = resolved(&two, &[said("domain:xn--mller-kva.de", "domain:acme.io", true)]);
    assert_eq!(together(&found), [["domain:acme.io", "domain:müller.de"]]);
    assert_eq!(found.organization_of("domain:xn--mller-kva.de"), Some(0));
    assert_eq!(Sighting::domain("xn--mller-kva.de", 1, 0).key, "domain:müller.de");
}

#[test]
fn a_name_that_two_domains_bear_is_a_question() {
    let two = [Sighting::domain("delta.com", 2, 0), Sighting::domain("delta.io", 2, 0), named("Delta")];
    let found = resolved(&two, &[]);
    assert_eq!(together(&found).len(), 3);
    assert_eq!(found.suggestions.len(), 2);
    let clear = [Sighting::domain("delta.com", 30, 0), Sighting::domain("delta.io", 2, 0), named("Delta")];
    assert_eq!(together(&resolved(&clear, &[])), [vec!["domain:delta.com", "name:delta"], vec!["domain:delta.io"]]);
    let one = [&two[..], &[account("d", "Delta Air Lines", &["delta.com", "delta.io"])]].concat();
    assert_eq!(together(&resolved(&one, &[])).len(), 1);
}

#[test]
fn two_accounts_of_one_crm_are_two_customers_until_a_person_says_otherwise() {
    let two = [
        account("a1", "Acme", &["acme.io"]),
        account("a2", "Acme Inc", &["https://www.acme.io/"]),
        Sighting::domain("acme.io", 9, 0),
    ];
    let found = resolved(&two, &[]);
    assert_eq!(together(&found), [vec!["account:crm/a1", "domain:acme.io"], vec!["account:crm/a2"]]);
    assert_eq!(found.suggestions.iter().map(|edge| (edge.a, edge.b)).collect::<Vec<_>>(), [(0, 1)]);
    let joined = resolved(&two, &[said("account:crm/a1", "account:crm/a2", true)]);
    assert_eq!(together(&joined).len(), 1);
}

#[test]
fn free_mail_joins_nobody() {
    let two = [
        Sighting::account("x", "1", "Ada's Shop").with_domains(["gmail.com"]),
        Sighting::account("y", "2", "Bo's Bar").with_domains(["gmail.com"]),
    ];
    let found = resolved(&two, &[]);
    assert_eq!(found.organizations.len(), 2);
    assert!(found.organizations[0].domains.is_empty());
}

#[test]
fn what_a_person_keeps_apart_stays_apart() {
    let sightings = [named("Acme"), Sighting::domain("acme.io", 3, 0), account("a1", "Acme", &["acme.io"])];
    let found = resolved(&sightings, &[said("name:acme", "account:crm/a1", false)]);
    assert_eq!(together(&found), [vec!["account:crm/a1", "domain:acme.io"], vec!["name:acme"]]);
    assert!(found.suggestions.iter().all(|edge| (edge.a, edge.b) != (0, 2)));
}

#[test]
fn words_that_many_names_end_in_count_when_nobody_else_is_meant() {
    let alone = [named("Big Switch Networks"), Sighting::domain("bigswitch.com", 1, 0)];
    assert_eq!(resolved(&alone, &[]).organizations.len(), 1);
    let two = [&alone[..], &[named("Big Switch Labs")]].concat();
    let found = resolved(&two, &[]);
    assert_eq!(found.organizations.len(), 3);
    assert!(!found.suggestions.is_empty());
    assert_eq!(resolved(&[named("University"), Sighting::domain("university.com", 9, 0)], &[]).organizations.len(), 2);
}

#[test]
fn parents_are_others_and_lead_to_no_circle() {
    let child = |id: &str, parent: &str| {
        account(id, &format!("Acme {id}"), &["acme.io"]).below(Sighting::account_key("crm", parent))
    };
    let found = resolved(&[child("a", "b"), child("b", "c"), child("c", "a"), child("d", "a"), child("e", "e")], &[]);
    assert_eq!(
        found.organizations.iter().map(|one| one.parent).collect::<Vec<_>>(),
        [None, Some(2), Some(0), Some(0), None]
    );
    let other =
        Sighting::account("other", "x", "Acme").with_domains(["acme.io"]).below(Sighting::account_key("crm", "p"));
    assert_eq!(resolved(&[other, account("p", "Acme", &["acme.io"])], &[]).organizations.len(), 2);
}

fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let names = ["Acme", "Acme Inc", "Acme Labs", "Globex", "Globex Group", "acme.io", "HP", "University"];
    let domains = ["acme.io", "acme.de", "globex.com", "gmail.com", "hp.com"];
    let sources = ["crm", "shop"];
    let one = (0..3u8, 0..names.len(), 0..domains.len(), 0..sources.len(), 0..4usize, 0..9u32).prop_map(
        move |(kind, name, domain, source, id, people)| match kind {
            0 => {
                let parent = Sighting::account_key(sources[source], ["a", "b", "c", "d"][(id * 3 + name) % 4]);
                Sighting::account(sources[source], ["a", "b", "c", "d"][id], names[name])
                    .with_domains([domains[domain]])
                    .below(parent)
            }
            1 => Sighting::domain(domains[domain], people, i64::from(people)),
            _ => Sighting { people, ..named(names[name % 6]) },
        },
    );
    prop::collection::vec(one, 0..14)
}

proptest! {
    /// Who is who does not depend on the order of what arrives; forbidden pairs never meet; parents end.
    #[test]
    fn order_changes_nothing(
        (some, mixed) in sightings().prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle())),
        pairs in prop::collection::vec((0..14usize, 0..14usize, any::<bool>()), 0..5),
    ) {
        let decisions: Vec<Decision> = pairs
            .iter()
            .filter_map(|(a, b, is_same)| Some(said(&some.get(*a)?.key, &some.get(*b)?.key, *is_same)))
            .collect();
        let found = resolved(&some, &decisions);
        prop_assert_eq!(&found, &resolved(&mixed, &decisions.iter().rev().cloned().collect::<Vec<_>>()));
        for decision in decisions.iter().filter(|said| !said.is_same && said.a != said.b) {
            prop_assert_ne!(found.organization_of(&decision.a), found.organization_of(&decision.b));
        }
        for start in 0..found.organizations.len() {
            let mut at = start;
            for _ in 0..=found.organizations.len() {
                let Some(parent) = found.organizations[at].parent else { break };
                at = parent as usize;
                prop_assert_ne!(at, start);
            }
        }
        let joined = found.edges.iter().fold(Groups::new(found.sightings.len() as u32), |mut groups, edge| {
            groups.join(edge.a, edge.b);
            groups
        });
        prop_assert_eq!(joined.into_groups(), found.groups());
    }
}
