//! How well domains and names find people's organizations, on the affiliations that OpenStack's contributors declared.
//!
//! ```text
//! cargo run --release -p axle-organization --example affiliations -- openstack-affiliations.json
//! ```
//!
//! Companies' domains in the file are held back: they are what the rules must find. Names in it are given as profiles.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axle_organization::{
    AUTOMATIC, DomainKind, Rules, Seen, Sighting, domain_kind, domains_of, host_of, names_in, organization_domain,
    registrable, resolve,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    users: Vec<User>,
    companies: Vec<Company>,
}

#[derive(Deserialize)]
struct User {
    user_name: String,
    emails: Vec<String>,
    companies: Vec<Stay>,
}

#[derive(Deserialize)]
struct Stay {
    company_name: String,
}

#[derive(Deserialize)]
struct Company {
    company_name: String,
    domains: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
}

#[expect(clippy::print_stdout, reason = "an example shows figures")]
fn main() {
    let path = std::env::args().nth(1).expect("the path of the unpacked file");
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let file: File = serde_json::from_str(&text).expect("the file is as described");
    let rules = Rules::default();
    let seen: Vec<Seen<'_>> = (0u32..)
        .zip(&file.users)
        .flat_map(|(member, user)| user.emails.iter().map(move |email| (member, user, email)))
        .map(|(member, user, email)| Seen { email, name: Some(&user.user_name), member, at: 0 })
        .collect();
    let domains = domains_of(seen, &rules);
    let is_nobody = |name: &str| name.starts_with('*');
    let stays: Vec<(usize, &str)> = file
        .users
        .iter()
        .enumerate()
        .flat_map(|(user, who)| who.companies.iter().map(move |stay| (user, stay.company_name.as_str())))
        .filter(|(_, company)| !is_nobody(company))
        .collect();
    let mut sightings: Vec<Sighting> = domains.clone();
    let companies: BTreeSet<&str> = stays.iter().map(|(_, company)| *company).collect();
    sightings.extend(companies.iter().flat_map(|company| names_in(company)).map(|name| Sighting::name(&name, 1, 0)));
    let found = resolve(sightings, &[], &rules, AUTOMATIC);
    let place_of_name = |company: &str| {
        names_in(company).into_iter().find_map(|name| found.organization_of(&Sighting::name(&name, 0, 0).key))
    };
    let place_of_email =
        |email: &String| found.organization_of(&format!("domain:{}", organization_domain(email, &rules)?));
    let truth: HashMap<&str, &str> = file
        .companies
        .iter()
        .flat_map(|company| company.domains.iter().map(|domain| (domain.as_str(), company.company_name.as_str())))
        .collect();
    let true_of = |email: &String| {
        let host = host_of(email)?;
        let parts = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
        std::iter::once(host.as_str())
            .chain(parts)
            .find_map(|domain| truth.get(domain).copied())
            .filter(|name| !is_nobody(name))
    };
    let has = |test: &dyn Fn(&String, &str) -> bool| {
        stays.iter().filter(|(user, company)| file.users[*user].emails.iter().any(|email| test(email, company))).count()
    };
    println!("stays of people at companies: {}", stays.len());
    println!(
        "  with an address at a domain of the company, by the file: {}",
        has(&|email, company| true_of(email) == Some(company))
    );
    println!(
        "  the same found without the file's domains: {}",
        has(&|email, company| place_of_email(email).is_some() && place_of_email(email) == place_of_name(company))
    );
    println!("  with any address that tells an organization: {}", has(&|email, _| place_of_email(email).is_some()));

    let (mut right, mut wrong, mut none) = (0, 0, 0);
    for (user, who) in file.users.iter().enumerate() {
        let own: BTreeSet<u32> =
            stays.iter().filter(|(at, _)| *at == user).filter_map(|(_, company)| place_of_name(company)).collect();
        let claimed: BTreeSet<u32> = who.emails.iter().filter_map(place_of_email).collect();
        for organization in claimed {
            let is_named = companies.iter().any(|company| place_of_name(company) == Some(organization));
            match (own.contains(&organization), is_named) {
                (true, _) => right += 1,
                (false, true) => wrong += 1,
                (false, false) => none += 1,
            }
        }
    }
    println!(
        "people's organizations by address: {right} declared, {wrong} declared by others only, {none} declared by nobody"
    );

    let mut company_domains: BTreeMap<&str, usize> = BTreeMap::new();
    for company in file.companies.iter().filter(|company| !is_nobody(&company.company_name)) {
        for domain in company.domains.iter().filter(|domain| registrable(domain).is_some()) {
            let (_, kind) = domain_kind(domain, &rules);
            *company_domains
                .entry(match kind {
                    DomainKind::Registered => "registered",
                    DomainKind::FreeMail => "free mail",
                    DomainKind::Disposable => "disposable",
                    DomainKind::Shared => "shared",
                    DomainKind::Unknown => "unknown",
                })
                .or_default() += 1;
        }
    }
    println!("companies' domains by kind: {company_domains:?}");
    names(&file);
    companies_of_domains(&file, &rules);
}

/// Whose name each domain of the file's companies is joined with, when nobody says whose it is.
#[expect(clippy::print_stdout, reason = "an example shows figures")]
fn companies_of_domains(file: &File, rules: &Rules) {
    let real = || file.companies.iter().filter(|company| !company.company_name.starts_with('*'));
    let mut people: HashMap<String, u32> = HashMap::new();
    for email in file.users.iter().flat_map(|user| &user.emails) {
        organization_domain(email, rules).into_iter().for_each(|domain| *people.entry(domain).or_default() += 1);
    }
    let own = |company: &Company| -> BTreeSet<String> {
        let registered = company.domains.iter().filter(|domain| domain_kind(domain, rules).1 == DomainKind::Registered);
        registered.filter_map(|domain| registrable(domain)).map(str::to_owned).collect()
    };
    let mut sightings: Vec<Sighting> =
        real().flat_map(|company| names_in(&company.company_name)).map(|name| Sighting::name(&name, 0, 0)).collect();
    let domains: BTreeSet<String> = real().flat_map(own).collect();
    sightings
        .extend(domains.iter().map(|domain| Sighting::domain(domain, people.get(domain).copied().unwrap_or(0), 0)));
    let found = resolve(sightings, &[], rules, AUTOMATIC);
    let place_of = |company: &Company| {
        names_in(&company.company_name)
            .into_iter()
            .find_map(|name| found.organization_of(&Sighting::name(&name, 0, 0).key))
    };
    let mut names_at: HashMap<u32, Vec<&str>> = HashMap::new();
    for company in real() {
        place_of(company).into_iter().for_each(|place| names_at.entry(place).or_default().push(&company.company_name));
    }
    let (mut right, mut wrong, mut open, mut all) = (0, 0, 0, 0);
    for company in real() {
        for domain in own(company) {
            all += 1;
            let place = found.organization_of(&format!("domain:{domain}"));
            let names = place.and_then(|place| names_at.get(&place)).map(Vec::as_slice).unwrap_or_default();
            if names.contains(&company.company_name.as_str()) {
                right += 1;
            } else if names.is_empty() {
                open += 1;
            } else {
                wrong += 1;
                println!("  {domain} of {} is joined with {names:?}", company.company_name);
            }
        }
    }
    println!(
        "domains of companies: {all}; {right} joined with their company's name, {wrong} with another's, {open} with none"
    );
    let several: Vec<_> = names_at.values().filter(|names| names.len() > 1).collect();
    println!("companies joined with another: {} {several:?}", several.len());
}

/// How names and aliases of companies meet: the file's aliases as spellings of one name.
#[expect(clippy::print_stdout, reason = "an example shows figures")]
fn names(file: &File) {
    let key = |text: &str| names_in(text).into_iter().next().map(|name| name.key);
    let stem = |text: &str| names_in(text).into_iter().next().map(|name| name.stem);
    let real = || file.companies.iter().filter(|company| !company.company_name.starts_with('*'));
    let pairs: Vec<(&str, &str)> = real()
        .flat_map(|company| company.aliases.iter().map(|alias| (company.company_name.as_str(), alias.as_str())))
        .collect();
    let same = pairs.iter().filter(|(name, alias)| key(name) == key(alias)).count();
    let nearly = pairs.iter().filter(|(name, alias)| stem(name) == stem(alias)).count();
    let mut by_key: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for company in real() {
        for name in company.aliases.iter().chain([&company.company_name]) {
            by_key.entry(key(name).unwrap_or_default()).or_default().insert(&company.company_name);
        }
    }
    by_key.remove("");
    let shared = by_key.values().filter(|companies| companies.len() > 1).count();
    println!("aliases: {} of companies; {same} are the name in another spelling, {nearly} nearly", pairs.len());
    println!("names that two companies share: {shared} of {}", by_key.len());
    let nobody: Vec<&String> = file
        .companies
        .iter()
        .filter(|company| company.company_name == "*independent")
        .flat_map(|company| &company.aliases)
        .collect();
    let seen_through = nobody.iter().filter(|alias| names_in(alias).is_empty()).count();
    println!("ways to say that there is none: {} of {} understood", seen_through, nobody.len());
    let mistaken = real().filter(|company| names_in(&company.company_name).is_empty()).count();
    println!("companies taken for nobody: {mistaken} of {}", real().count());
    real()
        .filter(|company| names_in(&company.company_name).is_empty())
        .for_each(|company| println!("  {}", company.company_name));
}
