//! Organizations around the community: names, domains, parents, lifecycle, plans, key accounts.

use std::io;

use serde_json::json;

use crate::CompanySettings;
use crate::calendar::Calendar;
use crate::clock::{self, DAY};
use crate::line::{Line, Out};
use crate::names::{ORGANIZATION_FIRST, ORGANIZATION_SECOND};
use crate::people::Person;
use crate::random::{chance, mix, pareto, stream, weighted, whole};
use crate::stories;

/// A company, university or agency.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its place in [`crate::World::organizations`]; the line's id is `org-<number>`.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// Domain of its mail.
    pub domain: String,
    /// The organization that it belongs to.
    pub parent: Option<usize>,
    /// As in interchange.
    pub lifecycle: &'static str,
    /// When it came into that state.
    pub lifecycle_at: i64,
    /// `team`, `business` or `enterprise`.
    pub plan: Option<&'static str>,
    /// Since when it pays.
    pub customer_since: Option<i64>,
    /// When it stopped.
    pub churned_at: Option<i64>,
    /// Since when it is a key account.
    pub key_since: Option<i64>,
    /// How many people it sends into the community, compared with others.
    pub size: f64,
    /// Name of the account executive.
    pub owner: String,
    /// Whether a story tells of it: then the parts leave its deals, contacts and people alone.
    pub scripted: bool,
}

impl Organization {
    /// The id of its line.
    pub fn id(&self) -> String {
        format!("org-{}", self.number)
    }

    /// Whether it is a customer at that instant.
    pub fn is_customer(&self, at: i64) -> bool {
        self.customer_since.is_some_and(|since| since <= at) && self.churned_at.is_none_or(|churned| at < churned)
    }
}

/// Makes the organizations: about one for 28 members, those of the stories first.
pub fn make(settings: &CompanySettings, calendar: &Calendar) -> Vec<Organization> {
    let count = (settings.members as usize / 28).clamp(12, ORGANIZATION_FIRST.len() * ORGANIZATION_SECOND.len() / 2);
    let mut organizations: Vec<_> = (0..count)
        .map(|number| match stories::ORGANIZATIONS.get(number) {
            Some(script) => script.organization(number, calendar),
            None => one(settings, calendar, number),
        })
        .collect();
    name_apart(&mut organizations);
    organizations
}

/// Customers of size, at least.
const LARGE: usize = 3;

fn one(settings: &CompanySettings, calendar: &Calendar, number: usize) -> Organization {
    let rng = &mut stream(settings.seed, "organization", number as u64);
    let combinations = (ORGANIZATION_FIRST.len() * ORGANIZATION_SECOND.len()) as u64;
    // Stepping by a number prime to the count visits every combination before it repeats one.
    let combination = ((mix(settings.seed) % combinations + number as u64 * 77) % combinations) as usize;
    let first = ORGANIZATION_FIRST[combination % ORGANIZATION_FIRST.len()];
    let second = ORGANIZATION_SECOND[combination / ORGANIZATION_FIRST.len()];
    let lifecycles = ["none", "prospect", "opportunity", "customer", "churned", "partner"];
    let lifecycle = lifecycles[weighted(rng, &[38.0, 15.0, 9.0, 28.0, 6.0, 4.0])];
    let span = calendar.end - calendar.start;
    let lifecycle_at = calendar.start + whole(rng, span / 10, span * 19 / 20);
    // However small the company, it has some customers of size.
    let order = number - stories::ORGANIZATIONS.len();
    let is_large = order < LARGE;
    let (lifecycle, lifecycle_at) = match is_large {
        true => ("customer", calendar.start + span * (55 + 4 * order as i64) / 100),
        false => (lifecycle, lifecycle_at),
    };
    let pays = matches!(lifecycle, "customer" | "churned");
    let customer_since = pays.then(|| match lifecycle {
        "churned" => calendar.start + (lifecycle_at - calendar.start) / 4,
        _ => lifecycle_at,
    });
    let key = lifecycle == "customer" && (chance(rng, 0.5) || is_large);
    Organization {
        number,
        name: format!("{first} {second}"),
        domain: format!("{}{}.example", first.to_lowercase().replace(' ', ""), second.to_lowercase()),
        parent: (number > 30 && chance(rng, 0.1)).then(|| whole(rng, 6, 29) as usize),
        lifecycle,
        lifecycle_at,
        plan: pays.then(|| ["team", "business", "enterprise"][weighted(rng, &[50.0, 33.0, 17.0])]),
        customer_since,
        churned_at: (lifecycle == "churned").then_some(lifecycle_at),
        key_since: key.then(|| (lifecycle_at + 60 * DAY).min(calendar.end - DAY)),
        size: pareto(rng, 1.0, 1.1, 40.0).max(if is_large { 12.0 } else { 1.0 }),
        owner: String::new(),
        scripted: false,
    }
}

/// Two organizations of one name would be one domain: the later ones get a number.
fn name_apart(organizations: &mut [Organization]) {
    let mut seen = std::collections::HashMap::<String, u32>::new();
    for organization in organizations {
        let count = seen.entry(organization.domain.clone()).or_default();
        *count += 1;
        if *count > 1 {
            organization.name = format!("{} {count}", organization.name);
            organization.domain = format!("{count}{}", organization.domain);
        }
    }
}

/// Gives every organization an account executive from the sales teammates.
pub fn appoint_owners(organizations: &mut [Organization], people: &[Person], seed: u64) {
    let sales: Vec<_> =
        people.iter().filter(|person| person.hired.as_ref().is_some_and(|h| h.department == "sales")).collect();
    for organization in organizations {
        if organization.owner.is_empty() && !sales.is_empty() {
            let choice = mix(seed ^ organization.number as u64) % sales.len() as u64;
            organization.owner = sales[choice as usize].name.clone();
        }
    }
}

/// Writes the organizations.
pub fn write(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for organization in &world.organizations {
        let parent = organization.parent.map(|parent| world.organizations[parent].id());
        let reason = "Renewal above 50 seats and a data team that writes about what it does";
        let key_account = organization.key_since.map(|since| {
            json!({"from": clock::date(since), "reason": reason, "target": 2 + organization.number % 3, "owner": organization.owner})
        });
        let line = Line::of("organization", "crm")
            .put("id", organization.id())
            .put("name", organization.name.as_str())
            .put("domains", vec![organization.domain.as_str()])
            .maybe("parent", parent)
            .put("lifecycle", organization.lifecycle)
            .on("lifecycle_at", organization.lifecycle_at)
            .maybe("plan", organization.plan)
            .put("owner", organization.owner.as_str())
            .maybe_on("customer_since", organization.customer_since)
            .maybe_on("churned_at", organization.churned_at)
            .maybe("key_account", key_account);
        out.state(line)?;
    }
    Ok(())
}
