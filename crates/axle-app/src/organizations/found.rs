//! Which organizations there are, and where members are: from what `evidence.rs` tells of the record.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use axle_model::affiliation::{Affiliation, Timeline};
use axle_model::analytics::{Place, Places};
use axle_model::days::{self, Days};
use axle_model::interchange::when;
use axle_model::time::LocalDay;
use axle_organization::{
    AUTOMATIC, Decision, DomainKind, Resolution, Rules, Said, Seen, Sighting, domain_kind, domains_of, names_of,
    resolve,
};
use axle_store::affiliation_word::AffiliationWord;
use axle_store::fact::FactRow;
use axle_store::identity_change::HUMAN;
use axle_store::organization_edge::{OrganizationEdge, PARENT};
use jiff::Timestamp;

use super::evidence::{Evidence, Title, is_said};
use super::naming;
use super::show::no_such;
use crate::directory::strings;
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
    pub(super) rules: Rules,
    /// Which sightings are one, by what, and which may be.
    pub(crate) resolution: Resolution,
    by_account: HashMap<(String, String), u32>,
    /// Every id and former id.
    by_id: BTreeMap<String, u32>,
}

/// An organization by any of its ids, domains and names.
///
/// # Errors
/// There is none, or several are called like this.
pub(crate) fn called(found: &Found, text: &str) -> AppResult<Organization> {
    let at = found.called(text)?.ok_or_else(|| no_such(text))?;
    Ok(found.organizations[at as usize].clone())
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
        let decided = evidence.decided.iter().filter(|edge| edge.kind != PARENT);
        let decisions: Vec<Decision> = decided.map(decision).collect();
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
        found.belong(&resolution, decided);
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

    /// Puts people's word on what belongs to what above what sources state; where the two together would lead in a circle, the
    /// word stands.
    fn belong(&mut self, resolution: &Resolution, decided: &[OrganizationEdge]) {
        for edge in decided.iter().filter(|edge| edge.kind == PARENT) {
            let Some(at) = resolution.organization_of(&edge.a) else { continue };
            let parent = if edge.b.is_empty() { None } else { resolution.organization_of(&edge.b) };
            if parent == Some(at) || (parent.is_none() && !edge.b.is_empty()) {
                continue;
            }
            let mut above = parent;
            while let Some(here) = above {
                let next = &mut self.organizations[here as usize].parent;
                if *next == Some(at) {
                    *next = None;
                }
                above = *next;
            }
            self.organizations[at as usize].parent = parent;
        }
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
    let parents = Parents::of(facts);
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
                Some(parent) => sighting.below(parents.key(&row.source, parent)),
                None => sighting,
            }
        })
        .collect()
}

/// What a parent can be called by.
#[derive(Default)]
struct Parents<'a> {
    /// Sources by the ids that they list.
    by_id: HashMap<&'a str, BTreeSet<&'a str>>,
    /// Sources and ids by the domains that they state.
    by_domain: HashMap<String, BTreeSet<(&'a str, &'a str)>>,
}

impl<'a> Parents<'a> {
    fn of(facts: &'a [FactRow]) -> Self {
        let mut parents = Self::default();
        if !facts.iter().any(|row| row.fact.text("parent").is_some()) {
            return parents;
        }
        for row in facts.iter().filter(|row| !is_said(row)) {
            let (source, id) = (row.source.as_str(), row.fact.key.as_str());
            parents.by_id.entry(id).or_default().insert(source);
            for domain in strings(&row.fact, "domains") {
                parents.by_domain.entry(domain_of(&domain)).or_default().insert((source, id));
            }
        }
        parents
    }

    /// The sighting that a source means by a parent: the account that it lists under that id, else one that another source does, or
    /// one that states this domain, its own before others'; else the domain or name itself.
    fn key(&self, source: &str, parent: &str) -> String {
        let listed = |sources: &BTreeSet<&'a str>| sources.get(source).or_else(|| sources.first()).copied();
        if let Some(source) = self.by_id.get(parent).and_then(listed) {
            return Sighting::account_key(source, parent);
        }
        let stating = |all: &BTreeSet<(&'a str, &'a str)>| {
            all.iter().find(|(own, _)| *own == source).or_else(|| all.first()).copied()
        };
        if let Some((source, id)) = self.by_domain.get(&domain_of(parent)).and_then(stating) {
            return Sighting::account_key(source, id);
        }
        match axle_organization::Name::of(parent) {
            Some(name) => Sighting::name(&name, 0, i64::MAX).key,
            None => Sighting::account_key(source, parent),
        }
    }
}

fn domain_of(text: &str) -> String {
    axle_organization::readable(&text.trim().trim_start_matches('@').to_lowercase()).into_owned()
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
    use axle_model::affiliation::Origin;

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
}
