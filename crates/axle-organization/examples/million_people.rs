//! What a million identities cost: domains, names, organizations, affiliations and bots, each once.

use std::time::Instant;

use axle_model::Identity;
use axle_model::affiliation::{AddressUse, Timeline, of_addresses};
use axle_model::bot::judge;
use axle_organization::{AUTOMATIC, Rules, Said, Seen, domains_of, names_of, organization_domain, resolve};

const COUNT: u32 = 1_000_000;

/// A number that looks random and is the same in every run.
fn mixed(number: u32, salt: u32) -> u32 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9) ^ salt.wrapping_mul(0x85EB_CA6B);
    mixed ^= mixed >> 15;
    mixed = mixed.wrapping_mul(0x2C1B_3C6D);
    mixed ^ (mixed >> 13)
}

/// A company, small numbers far more often than large ones, as in life.
fn company(number: u32) -> u32 {
    let unit = f64::from(mixed(number, 1)) / f64::from(u32::MAX);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 100,000")]
    let company = (unit.powi(4) * 100_000.0) as u32;
    company
}

fn identity(number: u32) -> Identity {
    let name = format!("Given{} Family{}", mixed(number, 2) % 3_000, mixed(number, 3) % 40_000);
    let email = match mixed(number, 4) % 10 {
        0..=4 => format!("u{number}@gmail.com"),
        5..=8 => {
            format!("u{number}@mail.firm{}.{}", company(number), ["com", "io", "co.uk"][(company(number) % 3) as usize])
        }
        _ => format!("{number}+u{number}@users.noreply.github.com"),
    };
    Identity { email: Some(email), ..Identity::username("github", format!("u{number}")).named(name) }
}

fn profile(number: u32) -> String {
    let company = company(number);
    match mixed(number, 5) % 6 {
        0 => format!("@firm{company}"),
        1 => format!("Firm{company}, Inc."),
        2 => format!("Engineer at Firm{company} GmbH"),
        3 => "Freelance".into(),
        4 => format!("Firm{company} Labs / firm{}", company / 2),
        _ => String::new(),
    }
}

#[expect(clippy::print_stdout, reason = "an example shows figures")]
fn main() {
    let identities: Vec<Identity> = (0..COUNT).map(identity).collect();
    let profiles: Vec<String> = (0..COUNT).map(profile).collect();
    let rules = Rules::default();

    let start = Instant::now();
    let seen = (0u32..).zip(&identities).filter_map(|(member, identity)| {
        Some(Seen { email: identity.email.as_deref()?, name: identity.name.as_deref(), member, at: 0 })
    });
    let mut sightings = domains_of(seen, &rules);
    println!("{} domains of {COUNT} addresses: {:.2?}", sightings.len(), start.elapsed());

    let start = Instant::now();
    let said = (0u32..).zip(&profiles).map(|(member, field)| Said { field, member, at: 0 });
    let named = names_of(said);
    println!("{} names of {COUNT} profiles: {:.2?}", named.len(), start.elapsed());
    sightings.extend(named);

    let start = Instant::now();
    let found = resolve(sightings, &[], &rules, AUTOMATIC);
    println!(
        "{} organizations of {} sightings, {} suggestions: {:.2?}",
        found.organizations.len(),
        found.sightings.len(),
        found.suggestions.len(),
        start.elapsed()
    );

    let start = Instant::now();
    let days: usize = (0u32..)
        .zip(&identities)
        .filter_map(|(number, identity)| {
            let domain = organization_domain(identity.email.as_deref()?, &rules)?;
            let organization = found.organization_of(&format!("domain:{domain}"))?;
            let first = i32::try_from(number % 5_000).unwrap_or_default();
            let used = AddressUse { organization, is_verified: false, first, last: first + 300, until: i32::MAX };
            Some(Timeline::new(of_addresses(&[used])).main().len())
        })
        .sum();
    println!("{days} stretches at an organization: {:.2?}", start.elapsed());

    let start = Instant::now();
    let bots = identities.iter().filter(|identity| judge(identity, None, None).is_bot).count();
    println!("{bots} bots of {COUNT} identities: {:.2?}", start.elapsed());
}
