//! Sightings by what connects them, and the edges that follow.

use std::collections::{BTreeMap, HashSet};

use axle_model::groups::Groups;

use super::{Edge, Evidence, UNSURE};
use crate::domain::{self, DomainKind, Rules};
use crate::host;
use crate::name::Name;
use crate::sighting::Sighting;

/// Sightings by what may connect them. Lists begin with the sighting that leads.
pub(super) struct Index {
    by_domain: BTreeMap<String, Vec<u32>>,
    by_name: BTreeMap<String, Vec<u32>>,
    by_stem: BTreeMap<String, Vec<u32>>,
    /// Who has a domain that begins like this.
    by_label: BTreeMap<String, Vec<u32>>,
    /// Who has a domain that begins like the tenant of a host behind it: the tenant's name may be anybody's.
    by_tenant: Vec<Vec<u32>>,
    weak: HashSet<String>,
}

impl Index {
    pub(super) fn new(sightings: &[Sighting], rules: &Rules) -> Self {
        let mut index = Self {
            by_domain: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_stem: BTreeMap::new(),
            by_label: BTreeMap::new(),
            by_tenant: Vec::new(),
            weak: HashSet::new(),
        };
        let mut tenants: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (at, sighting) in (0u32..).zip(sightings) {
            let names = sighting.names();
            let named_domains = names.iter().filter_map(|name| name.domain.as_deref());
            for domain in sighting.domains.iter().map(String::as_str).chain(named_domains) {
                if domain::domain_kind(domain, rules).1 == DomainKind::Registered {
                    let label = crate::words::compact(domain::label(domain));
                    let of_label = if host::tenant(domain).is_some() { &mut tenants } else { &mut index.by_label };
                    of_label.entry(label).or_default().push(at);
                    index.by_domain.entry(domain.to_owned()).or_default().push(at);
                }
            }
            names.iter().filter(|name| name.domain.is_none()).for_each(|name| index.take_name(at, name));
        }
        let lead = |at: &u32| lead(*at, sightings);
        let lists = [&mut index.by_domain, &mut index.by_name, &mut index.by_stem, &mut index.by_label, &mut tenants];
        for list in lists {
            for places in list.values_mut() {
                places.sort_by_key(lead);
                places.dedup();
            }
        }
        for (label, mut places) in tenants {
            match index.by_label.get(&label) {
                Some(owners) => {
                    places.insert(0, owners[0]);
                    index.by_tenant.push(places);
                }
                None => {
                    index.by_label.insert(label, places);
                }
            }
        }
        index
    }

    fn take_name(&mut self, at: u32, name: &Name) {
        self.by_name.entry(name.key.clone()).or_default().push(at);
        if name.is_weak() {
            self.weak.insert(name.key.clone());
        } else if name.stem != name.key && name.stem.len() >= 4 {
            self.by_stem.entry(name.stem.clone()).or_default().push(at);
        }
    }

    /// Edges that stand by themselves.
    pub(super) fn same(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for places in self.by_domain.values() {
            star(places, Evidence::SameDomain, Evidence::SameDomain.confidence(), &mut edges);
        }
        for (name, places) in &self.by_name {
            let confidence =
                if self.weak.contains(name) && !is_short(name) { UNSURE } else { Evidence::SameName.confidence() };
            star(places, Evidence::SameName, confidence, &mut edges);
        }
        edges
    }

    /// Edges that hold only where nobody else can be meant, by the groups so far.
    pub(super) fn likely(&self, sightings: &[Sighting], groups: &mut Groups) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (label, owners) in &self.by_label {
            star(owners, Evidence::SameLabel, Evidence::SameLabel.confidence(), &mut edges);
            let named = self.by_name.get(label).map(Vec::as_slice).unwrap_or_default();
            let meant = meant(owners, sightings, groups);
            let is_sure = meant.is_some() && !self.weak.contains(label);
            between(named, meant.unwrap_or(owners[0]), Evidence::NameIsDomain, is_sure, &mut edges);
            let nearly = self.by_stem.get(label).map(Vec::as_slice).unwrap_or_default();
            let is_sure = is_sure && named.is_empty() && are_one(nearly, groups);
            between(nearly, meant.unwrap_or(owners[0]), Evidence::StemIsDomain, is_sure, &mut edges);
        }
        for places in &self.by_tenant {
            star(places, Evidence::SameLabel, Evidence::SameLabel.confidence(), &mut edges);
        }
        for (stem, places) in &self.by_stem {
            let mut places = places.clone();
            places.extend(self.by_name.get(stem).into_iter().flatten());
            star(&places, Evidence::SameStem, Evidence::SameStem.confidence(), &mut edges);
        }
        edges
    }
}

fn is_short(name: &str) -> bool {
    name.len() < 3
}

/// What leads: accounts before domains before names, then more people, then the older.
pub(super) fn lead(at: u32, sightings: &[Sighting]) -> impl Ord + use<> {
    let sighting = &sightings[at as usize];
    (sighting.origin, std::cmp::Reverse(sighting.people), sighting.since, at)
}

fn edge(a: u32, b: u32, evidence: Evidence, confidence: f64) -> Option<Edge> {
    (a != b).then(|| Edge { a: a.min(b), b: a.max(b), evidence, confidence })
}

/// Joins all to the first.
fn star(places: &[u32], evidence: Evidence, confidence: f64, edges: &mut Vec<Edge>) {
    if let [first, rest @ ..] = places {
        edges.extend(rest.iter().filter_map(|other| edge(*first, *other, evidence, confidence)));
    }
}

fn between(names: &[u32], owner: u32, evidence: Evidence, is_sure: bool, edges: &mut Vec<Edge>) {
    let confidence = if is_sure { evidence.confidence() } else { UNSURE };
    edges.extend(names.iter().filter_map(|name| edge(*name, owner, evidence, confidence)));
}

fn are_one(places: &[u32], groups: &mut Groups) -> bool {
    let mut roots = places.iter().map(|at| groups.root(*at));
    let first = roots.next();
    roots.all(|root| Some(root) == first)
}

/// Of several that a name could mean, the one at which at least three times as many people are as at the next.
fn meant(owners: &[u32], sightings: &[Sighting], groups: &mut Groups) -> Option<u32> {
    if are_one(owners, groups) {
        return owners.first().copied();
    }
    let mut people: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for at in owners {
        let known = people.entry(groups.root(*at)).or_insert((0, *at));
        known.0 = known.0.saturating_add(sightings[*at as usize].people);
    }
    let mut counts: Vec<(u32, u32)> = people.into_values().collect();
    counts.sort_unstable_by_key(|(count, at)| (std::cmp::Reverse(*count), *at));
    let ((most, at), (next, _)) = (counts[0], counts[1]);
    (most >= 3 && u64::from(most) >= 3 * u64::from(next)).then_some(at)
}
