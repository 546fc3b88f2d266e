//! Which organizations there are and who was at them on which days: from the facts that sources state, from addresses
//! in use, and from what people write into their profiles.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use axle_model::affiliation::{self, AddressUse, Affiliation, Origin, Timeline, Word};
use axle_model::analytics::{Place, Places};
use axle_model::days::{self, Days};
use axle_model::interchange::when;
use axle_model::time::LocalDay;
use axle_organization::{
    AUTOMATIC, Decision, DomainKind, Resolution, Rules, Said, Seen, Sighting, domain_kind, domains_of, names_in,
    names_of, organization_domain, resolve,
};
use axle_store::affiliation_word::AffiliationWord;
use axle_store::fact::FactRow;
use axle_store::identity::IdentityRow;
use axle_store::identity_change::HUMAN;
use axle_store::organization_edge::OrganizationEdge;
use jiff::Timestamp;

use super::naming;
use super::show::no_such;
use crate::addresses::Addresses;
use crate::directory::{Numbers, strings};
use crate::{AppResult, by_hand};

/// One organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Public id: the one that a source gives, else its domain, else its name in short; where people joined several, the
    /// one of the side that they kept.
    pub organization_id: String,
    /// Name for people.
    pub name: String,
    /// `customer`, `prospect`, …
    pub lifecycle: Option<String>,
    /// Domains of its own, sorted.
    pub domains: Vec<String>,
    /// Other names, sorted.
    pub aliases: Vec<String>,
    /// Index of the organization that it belongs to.
    pub parent: Option<u32>,
    /// What sources call it: source and id there.
    pub accounts: Vec<(String, String)>,
    /// The ids under which people said something of it here.
    pub said: Vec<String>,
}

impl Organization {
    /// Under which source and id something is stated of it, people's word last.
    pub(crate) fn stated(&self) -> impl Iterator<Item = (&str, &str)> {
        let said = self.said.iter().map(|id| (by_hand::SOURCE, id.as_str()));
        self.accounts.iter().map(|(source, id)| (source.as_str(), id.as_str())).chain(said)
    }
}

/// All organizations, and the affiliations of every member.
#[derive(Debug, Clone, Default)]
pub struct Found {
    known: Arc<Known>,
    /// By the member's index, of those who have any.
    pub affiliations: HashMap<u32, Timeline>,
    /// What members did where, as it was stated, by their index.
    titles: HashMap<u32, Vec<Title>>,
}

/// What a member did at an organization on these days, as was said in that way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Title {
    organization: u32,
    origin: Origin,
    days: Days,
    text: String,
}

impl Deref for Found {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

/// All organizations.
#[derive(Debug, Default)]
pub struct Known {
    /// By index.
    pub organizations: Vec<Organization>,
    /// The workspace's own word on domains, and what sources state of them.
    rules: Rules,
    /// Which sightings are one, by what, and which may be.
    pub(crate) resolution: Resolution,
    by_account: HashMap<(String, String), u32>,
    /// Every id and former id.
    by_id: BTreeMap<String, u32>,
}

/// What organizations are found from.
pub(crate) struct Evidence<'a> {
    /// Facts about organizations.
    pub organizations: &'a [FactRow],
    /// Facts about who was where.
    pub affiliations: &'a [FactRow],
    /// Facts about people that name their company.
    pub companies: &'a [FactRow],
    /// Every identity.
    pub identities: &'a [IdentityRow],
    /// Whose they are.
    pub numbers: &'a Numbers,
    /// When identities used their addresses.
    pub addresses: &'a Addresses,
    /// The days of a dated fact.
    pub interval: &'a dyn Fn(&FactRow) -> (LocalDay, LocalDay),
    /// The workspace's own word on domains.
    pub rules: Rules,
    /// People's word on who was where.
    pub words: &'a [AffiliationWord],
    /// People's word on which organizations are one, the earlier first.
    pub decided: &'a [OrganizationEdge],
}

/// An organization by any of its ids, domains and names.
///
/// # Errors
/// There is none, or several are called like this.
pub(crate) fn called(found: &Found, text: &str) -> AppResult<Organization> {
    let at = found.called(text)?.ok_or_else(|| no_such(text))?;
    Ok(found.organizations[at as usize].clone())
}

/// Whether a person said it here, of an organization that is known without it.
fn is_said(row: &FactRow) -> bool {
    row.source == by_hand::SOURCE
}

/// A day as an instant, for saying what was seen earlier.
const DAY: i64 = 86_400_000_000;

impl Found {
    /// The organizations of a member on a day, by rank, each once.
    pub fn at(&self, member: u32, day: LocalDay) -> Vec<&Organization> {
        let mut seen = HashSet::new();
        let timeline = self.affiliations.get(&member);
        let holding = timeline.into_iter().flat_map(|timeline| timeline.at(day)).map(|known| known.organization);
        holding.filter(|at| seen.insert(*at)).map(|at| &self.organizations[at as usize]).collect()
    }

    /// Where a member is, as the query engine takes it.
    pub(crate) fn places(&self, member: u32) -> Places {
        let titles = self.titles.get(&member).map_or(&[][..], Vec::as_slice);
        self.affiliations.get(&member).map(|timeline| stretches(timeline, titles)).unwrap_or_default()
    }

    /// Finds them.
    pub(crate) fn of(mut evidence: Evidence<'_>) -> Self {
        let mut accounts = accounts(evidence.organizations, &mut evidence.rules);
        let unlisted = evidence.unlisted();
        accounts.extend(unlisted.iter().map(|(source, id)| Sighting::account(source, id, id)));
        let people = evidence.people();
        let seen = people.iter().flat_map(|(row, member)| {
            evidence.addresses.of(row).into_iter().map(|used| {
                let at = used.days.map_or(i64::MAX, |(first, _)| i64::from(first) * DAY);
                Seen { email: used.email, name: row.name.as_deref(), member: *member, at }
            })
        });
        let mut sightings = domains_of(seen, &evidence.rules);
        let said = evidence.companies.iter().filter_map(|row| {
            let member = evidence.numbers.index_of(row.identity_id?)?;
            Some(Said { field: row.fact.text("company")?, member, at: i64::MAX })
        });
        sightings.extend(names_of(said));
        sightings.extend(accounts);
        sightings.extend(evidence.words.iter().filter(|word| word.is_there).filter_map(sighting_of));
        let decision =
            |edge: &OrganizationEdge| Decision { a: edge.a.clone(), b: edge.b.clone(), is_same: edge.kind == HUMAN };
        let decisions: Vec<Decision> = evidence.decided.iter().map(decision).collect();
        let resolution = resolve(sightings, &decisions, &evidence.rules, AUTOMATIC);
        let known = Known::named(resolution, evidence.organizations, &unlisted, evidence.decided);
        let known = Arc::new(Known { rules: evidence.rules.clone(), ..known });
        let affiliations = evidence.affiliations(&known, &people);
        let titles = evidence.titles(&known);
        Self { known, affiliations, titles }
    }

    /// The affiliations of some members, from what concerns them. Which organizations there are is not asked.
    pub(crate) fn affiliations_of(&self, evidence: &Evidence<'_>) -> HashMap<u32, Timeline> {
        evidence.affiliations(self, &evidence.people())
    }
}

impl Known {
    /// The organization of that id at that source, else at any.
    pub(crate) fn of_account(&self, source: &str, id: &str) -> Option<u32> {
        self.by_account.get(&(source.to_owned(), id.to_owned())).or_else(|| self.by_id.get(id)).copied()
    }

    /// The organization of a public id.
    pub fn find(&self, organization_id: &str) -> Option<u32> {
        self.by_id.get(organization_id).copied()
    }

    /// Everything by which facts may call an organization.
    pub(crate) fn ids_of(&self, organization: u32) -> Vec<String> {
        let leading = self.by_id.iter().filter(|(_, at)| **at == organization).map(|(id, _)| id.as_str());
        let stated = self.organizations[organization as usize].stated().map(|(_, id)| id);
        let mut ids: Vec<String> = leading.chain(stated).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Gives ids, and puts to each organization what sources state of it.
    fn named(
        resolution: Resolution,
        facts: &[FactRow],
        unlisted: &BTreeSet<(&str, &str)>,
        decided: &[OrganizationEdge],
    ) -> Self {
        let (said, mut facts): (Vec<&FactRow>, Vec<&FactRow>) = facts.iter().partition(|row| is_said(row));
        facts.sort_by(|a, b| (&a.fact.key, &a.source).cmp(&(&b.fact.key, &b.source)));
        let listed = facts.iter().map(|row| (row.source.as_str(), row.fact.key.as_str()));
        let ids = naming::ids(&resolution, listed.chain(unlisted.iter().copied()), decided);
        let described = |(organization, id): (&axle_organization::Organization, String)| Organization {
            organization_id: id,
            name: organization.name.clone(),
            lifecycle: None,
            domains: organization.domains.clone(),
            aliases: organization.aliases.clone(),
            parent: organization.parent,
            accounts: Vec::new(),
            said: Vec::new(),
        };
        let organizations = resolution.organizations.iter().zip(ids.of_organization).map(described).collect();
        let mut found = Self { organizations, by_id: ids.leading_to, ..Self::default() };
        // Of accounts that say something else the one that said it last; that there is nothing says least.
        let mut stages: HashMap<u32, Stage> = HashMap::new();
        for row in facts {
            let Some(at) = resolution.organization_of(&Sighting::account_key(&row.source, &row.fact.key)) else {
                continue;
            };
            found.by_account.insert((row.source.clone(), row.fact.key.clone()), at);
            found.organizations[at as usize].accounts.push((row.source.clone(), row.fact.key.clone()));
            let Some(stage) = row.fact.text("lifecycle") else { continue };
            let stage = (stage != "none", row.fact.text("lifecycle_at").and_then(when), stage);
            let latest = stages.entry(at).or_insert(stage);
            if (stage.0, stage.1) > (latest.0, latest.1) {
                *latest = stage;
            }
        }
        for (at, (.., stage)) in stages {
            found.organizations[at as usize].lifecycle = Some(stage.to_owned());
        }
        for (source, id) in unlisted {
            let Some(at) = resolution.organization_of(&Sighting::account_key(source, id)) else { continue };
            found.by_account.insert(((*source).to_owned(), (*id).to_owned()), at);
            found.organizations[at as usize].accounts.push(((*source).to_owned(), (*id).to_owned()));
        }
        for row in said {
            let Some(at) = found.by_id.get(&row.fact.key).copied() else { continue };
            found.by_account.insert((row.source.clone(), row.fact.key.clone()), at);
            let organization = &mut found.organizations[at as usize];
            organization.said.push(row.fact.key.clone());
            let stated = organization.lifecycle.take().filter(|state| state != "none");
            organization.lifecycle = stated.or(row.fact.text("lifecycle").map(str::to_owned));
        }
        found.resolution = resolution;
        found
    }

    /// What facts call organizations whose public id is another one: source (empty: any), id there, organization.
    pub(crate) fn other_ids(&self) -> Vec<(String, String, u32)> {
        let is_other = |id: &str, at: u32| self.organizations[at as usize].organization_id != id;
        let any =
            self.by_id.iter().filter(|(id, at)| is_other(id, **at)).map(|(id, at)| (String::new(), id.clone(), *at));
        // What stands for any source would mislead where the same id means another organization at this one.
        let at_source =
            self.by_account.iter().filter(|((_, id), at)| is_other(id, **at) || self.by_id.get(id) != Some(at));
        let mut ids: Vec<_> =
            at_source.map(|((source, id), at)| (source.clone(), id.clone(), *at)).chain(any).collect();
        ids.sort_unstable();
        ids
    }
}

/// Whether an account is anything to us, since when, and what.
type Stage<'a> = (bool, Option<Timestamp>, &'a str);

/// The sighting that a person's word makes; none of an account: that exists as long as its source states it.
fn sighting_of(word: &AffiliationWord) -> Option<Sighting> {
    let (kind, rest) = word.organization.split_once(':')?;
    match kind {
        "domain" => Some(Sighting::domain(rest, 0, i64::MAX)),
        "name" => axle_organization::Name::of(&word.name)
            .map(|name| Sighting::name(&name, 0, i64::MAX))
            .filter(|sighting| sighting.key == word.organization),
        _ => None,
    }
}

/// What sources state. Domains that they state are the organization's, be they under no public suffix, unless anybody
/// can have an address there.
fn accounts(facts: &[FactRow], rules: &mut Rules) -> Vec<Sighting> {
    facts
        .iter()
        .filter(|row| !is_said(row))
        .map(|row| {
            let name = row.fact.text("name").unwrap_or(&row.fact.key);
            let stated = strings(&row.fact, "domains");
            let mut sighting = Sighting::account(&row.source, &row.fact.key, name)
                .with_domains(&stated)
                .with_aliases(strings(&row.fact, "aliases"));
            let hosts = stated.iter().map(|text| text.trim().trim_start_matches('@').to_lowercase());
            for host in hosts.filter(|host| host.contains('.') && !host.contains(['/', ' ', ':'])) {
                let host = axle_organization::readable(&host);
                let (domain, kind) = domain_kind(&host, rules);
                match kind {
                    DomainKind::Registered | DomainKind::Unknown => {
                        let domain = domain.to_owned();
                        if !sighting.domains.contains(&domain) {
                            sighting.domains.push(domain.clone());
                        }
                        rules.organizations.insert(domain);
                    }
                    DomainKind::FreeMail | DomainKind::Disposable | DomainKind::Shared => {}
                }
            }
            sighting.since = 0;
            match row.fact.text("parent") {
                Some(parent) => sighting.below(parent_key(facts, &row.source, parent)),
                None => sighting,
            }
        })
        .collect()
}

/// The sighting that a source means by a parent: the account that it lists under that id, else one that another source does or
/// that states this domain, else the domain or name itself.
fn parent_key(facts: &[FactRow], source: &str, parent: &str) -> String {
    let named = parent.trim().trim_start_matches('@').to_lowercase();
    let domain = axle_organization::readable(&named);
    let states = |row: &FactRow| {
        let domains = strings(&row.fact, "domains");
        domains.iter().any(|text| axle_organization::readable(&text.trim().to_lowercase()) == domain)
    };
    let listed = facts.iter().filter(|row| !is_said(row) && (row.fact.key == parent || states(row)));
    let rank =
        |row: &&FactRow| (row.fact.key != parent, row.source != source, row.source.clone(), row.fact.key.clone());
    if let Some(row) = listed.min_by_key(rank) {
        return Sighting::account_key(&row.source, &row.fact.key);
    }
    match axle_organization::Name::of(parent) {
        Some(name) => Sighting::name(&name, 0, i64::MAX).key,
        None => Sighting::account_key(source, parent),
    }
}

impl Evidence<'_> {
    /// Source and id of organizations that sources name as where somebody is, and that no source lists. A domain names itself.
    fn unlisted(&self) -> BTreeSet<(&str, &str)> {
        let listed: HashSet<&str> =
            self.organizations.iter().filter(|row| !is_said(row)).map(|row| row.fact.key.as_str()).collect();
        let named =
            self.affiliations.iter().filter_map(|row| Some((row.source.as_str(), row.fact.text("organization")?)));
        named.filter(|(_, id)| !listed.contains(id) && !id.contains('.')).collect()
    }

    /// What members did where, as lines, profiles and people say.
    fn titles(&self, found: &Known) -> HashMap<u32, Vec<Title>> {
        let mut titles: HashMap<u32, Vec<Title>> = HashMap::new();
        let mut add = |identity: Option<u32>, organization, origin, days: Option<Days>, text: Option<&str>| {
            let member = identity.and_then(|identity| self.numbers.index_of(identity));
            if let (Some(member), Some(organization), Some(days), Some(text)) = (member, organization, days, text) {
                titles.entry(member).or_default().push(Title { organization, origin, days, text: text.to_owned() });
            }
        };
        for word in self.words.iter().rev().filter(|word| word.is_there) {
            let organization = found.resolution.organization_of(&word.organization);
            add(Some(word.identity_id), organization, Origin::Person, word_days(word), word.title.as_deref());
        }
        for row in self.affiliations {
            let organization = row.fact.text("organization").and_then(|id| found.of_account(&row.source, id));
            let (from, to) = (self.interval)(row);
            add(row.identity_id, organization, origin_of(row), Days::new(from, to), row.fact.text("title"));
        }
        for row in self.companies {
            for name in names_in(row.fact.text("company").unwrap_or_default()) {
                let organization = found.resolution.organization_of(&Sighting::name(&name, 0, 0).key);
                add(row.identity_id, organization, Origin::Profile, Some(Days::ALL), row.fact.text("title"));
            }
        }
        titles
    }

    /// Identities of people with the index of their member; programs are at no organization.
    fn people(&self) -> Vec<(&IdentityRow, u32)> {
        let member = |row: &IdentityRow| {
            let member = self.numbers.index_of(row.identity_id)?;
            (!self.numbers.is_bot_at[member as usize]).then_some(member)
        };
        self.identities.iter().filter(|row| row.email.is_some()).filter_map(|row| Some((row, member(row)?))).collect()
    }

    fn affiliations(&self, found: &Known, people: &[(&IdentityRow, u32)]) -> HashMap<u32, Timeline> {
        let resolution = &found.resolution;
        let mut known: HashMap<u32, Vec<Affiliation>> = HashMap::new();
        for row in self.affiliations {
            let member = row.identity_id.and_then(|id| self.numbers.index_of(id));
            let organization = row.fact.text("organization").and_then(|id| found.of_account(&row.source, id));
            let (from, to) = (self.interval)(row);
            let (Some(member), Some(organization), Some(days)) = (member, organization, Days::new(from, to)) else {
                continue;
            };
            let origin = origin_of(row);
            known.entry(member).or_default().push(Affiliation { organization, days, origin, confidence: 1.0 });
        }
        let mut uses = self.uses_by_member(found, people);
        for (member, uses) in &mut uses {
            let stated = known.get(member).map_or(&[][..], Vec::as_slice);
            *uses = uses.iter().filter_map(|used| used.left(stated)).collect();
        }
        for (member, uses) in &uses {
            known.entry(*member).or_default().extend(affiliation::of_addresses(uses));
        }
        for row in self.companies {
            let member = row.identity_id.and_then(|id| self.numbers.index_of(id));
            let (Some(member), Some(company)) = (member, row.fact.text("company")) else { continue };
            let uses = uses.get(&member).map_or(&[][..], Vec::as_slice);
            known.entry(member).or_default().extend(of_profile(company, uses, resolution));
        }
        for (member, words) in self.words_by_member(resolution) {
            let found = known.remove(&member).unwrap_or_default();
            known.insert(member, affiliation::heard(found, &words));
        }
        known.into_iter().map(|(member, affiliations)| (member, Timeline::new(affiliations))).collect()
    }

    fn words_by_member(&self, resolution: &Resolution) -> HashMap<u32, Vec<Word>> {
        let mut words: HashMap<u32, Vec<Word>> = HashMap::new();
        for word in self.words {
            let organization = resolution.organization_of(&word.organization);
            let (Some(member), Some(organization), Some(days)) =
                (self.numbers.index_of(word.identity_id), organization, word_days(word))
            else {
                continue;
            };
            let word = Word { organization, said_at: word.said_at, is_there: word.is_there, days };
            words.entry(member).or_default().push(word);
        }
        words
    }

    /// When members used addresses of organizations.
    fn uses_by_member(&self, found: &Known, people: &[(&IdentityRow, u32)]) -> HashMap<u32, Vec<AddressUse>> {
        let mut by_host: HashMap<&str, Option<u32>> = HashMap::new();
        let mut uses: HashMap<u32, Vec<AddressUse>> = HashMap::new();
        for (row, member) in people {
            for used in self.addresses.of(row) {
                let Some((first, last)) = used.days else { continue };
                let host = used.email.rsplit_once('@').map_or(used.email, |(_, host)| host);
                let organization = *by_host.entry(host).or_insert_with(|| {
                    let domain = organization_domain(used.email, &found.rules)?;
                    found.resolution.organization_of(&format!("domain:{domain}"))
                });
                if let Some(organization) = organization {
                    let is_verified = used.is_verified;
                    let used = AddressUse { organization, is_verified, first, last, until: LocalDay::MAX };
                    uses.entry(*member).or_default().push(used);
                }
            }
        }
        uses
    }
}

/// A profile does not say since when: it holds on all days but those on which an address of another organization was
/// in use, so that a new job does not change the past.
fn of_profile(company: &str, uses: &[AddressUse], resolution: &Resolution) -> Vec<Affiliation> {
    let mut affiliations = Vec::new();
    for name in names_in(company) {
        let key = Sighting::name(&name, 0, 0).key;
        let Some(organization) = resolution.organization_of(&key) else { continue };
        let elsewhere = uses.iter().filter(|used| used.organization != organization);
        let elsewhere = elsewhere.filter_map(|used| Days::new(used.first, used.last.saturating_add(1))).collect();
        let days = days::without(vec![Days::ALL], elsewhere).into_iter();
        let origin = Origin::Profile;
        affiliations.extend(days.map(|days| Affiliation { organization, days, origin, confidence: 0.8 }));
    }
    affiliations
}

fn origin_of(row: &FactRow) -> Origin {
    row.fact.text("origin").and_then(Origin::from_name).unwrap_or(Origin::Crm)
}

fn word_days(word: &AffiliationWord) -> Option<Days> {
    Days::new(word.from_day.unwrap_or(LocalDay::MIN), word.to_day.unwrap_or(LocalDay::MAX))
}

/// A timeline as the query engine takes it: by rank, each organization once on a day at most, with the first title that was said
/// of it in the same way and of any of its days.
fn stretches(timeline: &Timeline, titles: &[Title]) -> Places {
    let all = timeline.all();
    let place = |known: &Affiliation, days: Days| {
        let is_meant = |title: &&Title| {
            (title.organization, title.origin) == (known.organization, known.origin)
                && title.days.overlap(days).is_some()
        };
        Place {
            organization: known.organization,
            from: days.from(),
            to: days.to(),
            origin: known.origin,
            confidence: known.confidence,
            title: titles.iter().find(is_meant).map(|title| title.text.clone()),
        }
    };
    if let [one] = all {
        return vec![place(one, one.days)];
    }
    let mut taken: HashMap<u32, Vec<Days>> = HashMap::new();
    let mut stretches = Vec::new();
    for known in all {
        let before = taken.entry(known.organization).or_default();
        stretches.extend(days::without(vec![known.days], before.clone()).into_iter().map(|days| place(known, days)));
        before.push(known.days);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_holds_once_on_a_day_and_the_first_is_the_one_by_rank() {
        let known = |organization, from, to, origin| Affiliation {
            organization,
            days: Days::new(from, to).unwrap(),
            origin,
            confidence: 1.0,
        };
        let timeline = Timeline::new(vec![
            known(1, 0, 100, Origin::Inferred),
            known(1, 40, 60, Origin::Crm),
            known(2, 50, 70, Origin::Email),
        ]);
        let said = |origin, text: &str| Title { organization: 1, origin, days: Days::ALL, text: text.into() };
        let stretches = stretches(&timeline, &[said(Origin::Crm, "CTO"), said(Origin::Profile, "Boss")]);
        let told: Vec<_> =
            stretches.iter().map(|one| (one.organization, one.from, one.to, one.title.as_deref())).collect();
        assert_eq!(told, [(1, 40, 60, Some("CTO")), (2, 50, 70, None), (1, 0, 40, None), (1, 60, 100, None)]);
        for day in 0..100 {
            let first = stretches.iter().find(|place| place.holds_on(day)).map(|place| place.organization);
            assert_eq!(first, timeline.valid_at(day).map(|known| known.organization), "{day}");
        }
    }

    #[test]
    fn a_profile_gives_way_to_addresses_elsewhere() {
        let sighting = axle_organization::Name::of("Acme").map(|name| Sighting::name(&name, 1, 0)).unwrap();
        let resolution = resolve(vec![sighting], &[], &Rules::default(), AUTOMATIC);
        let elsewhere = AddressUse { organization: 7, is_verified: false, first: 10, last: 19, until: LocalDay::MAX };
        let found = of_profile("CTO at Acme, Inc.", &[elsewhere], &resolution);
        let days: Vec<(LocalDay, LocalDay)> = found.iter().map(|one| (one.days.from(), one.days.to())).collect();
        assert_eq!(days, [(LocalDay::MIN, 10), (20, LocalDay::MAX)]);
    }
}
