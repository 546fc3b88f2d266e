//! Which sightings are one organization: evidence makes edges, edges make groups, and what is not sure enough is left
//! to a person.

use std::collections::{HashMap, HashSet};

use axle_model::groups::{Groups, Join};

use crate::domain::{self, DomainKind, Rules};
use crate::sighting::{Origin, Sighting};

mod index;

use index::{Index, lead};

/// The confidence from which sightings are joined without a person, unless an administrator says otherwise.
pub const AUTOMATIC: f64 = 0.9;

/// Why two sightings may be one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Evidence {
    /// Somebody said so in Axle.
    Person,
    /// Both have the same domain.
    SameDomain,
    /// Both have the same name, spellings aside.
    SameName,
    /// The one's name is how the other's domain begins: `Acme`, `acme.io`.
    NameIsDomain,
    /// The same without a word that many names end in: `Acme Networks`, `acme.io`.
    StemIsDomain,
    /// Both domains begin alike: `acme.io`, `acme.de`.
    SameLabel,
    /// Both names are alike without a word that many names end in.
    SameStem,
}

impl Evidence {
    /// How surely the two are one, 0 to 1, where nothing speaks against it: judged, not measured.
    pub fn confidence(self) -> f64 {
        match self {
            Self::Person => 1.0,
            Self::SameDomain => 0.97,
            Self::SameName => 0.95,
            Self::NameIsDomain => 0.92,
            Self::StemIsDomain => 0.9,
            Self::SameLabel => 0.8,
            Self::SameStem => 0.6,
        }
    }

    /// What it is, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Person => "said by a person",
            Self::SameDomain => "same domain",
            Self::SameName => "same name",
            Self::NameIsDomain => "named like the domain",
            Self::StemIsDomain => "nearly named like the domain",
            Self::SameLabel => "domains that begin alike",
            Self::SameStem => "nearly the same name",
        }
    }
}

/// How surely two are one when others could be meant as well, or the name is one of many.
const UNSURE: f64 = 0.7;

/// A person's word on two sightings, by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// One of the two.
    pub a: String,
    /// The other.
    pub b: String,
    /// Whether they are one; otherwise they are never joined.
    pub is_same: bool,
}

/// That two sightings may be one organization. `a` and `b` are places in [`Resolution::sightings`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The one with the lesser key.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Why.
    pub evidence: Evidence,
    /// How surely, 0 to 1.
    pub confidence: f64,
}

/// One organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// What to call it.
    pub name: String,
    /// The sighting that leads: an account where there is one.
    pub lead: u32,
    /// Domains of its own, sorted.
    pub domains: Vec<String>,
    /// Other names, as written, sorted.
    pub aliases: Vec<String>,
    /// Place of the organization to which it belongs. Following parents never leads back.
    pub parent: Option<u32>,
}

/// Who is who among organizations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolution {
    /// All sightings by key, those with equal keys as one.
    pub sightings: Vec<Sighting>,
    /// Organizations, in the order of their least sighting.
    pub organizations: Vec<Organization>,
    /// Edges that hold: they make the groups.
    pub edges: Vec<Edge>,
    /// Edges that a person should see: too unsure, or with something against them. The surest first, one a pair.
    pub suggestions: Vec<Edge>,
    groups: Vec<Vec<u32>>,
    organization_at: Vec<u32>,
}

impl Resolution {
    /// For each organization the places of its sightings, in rising order.
    pub fn groups(&self) -> &[Vec<u32>] {
        &self.groups
    }

    /// The place of a sighting.
    pub fn place_of(&self, key: &str) -> Option<u32> {
        let key = Sighting::current_key(key);
        let at = self.sightings.binary_search_by(|sighting| sighting.key.as_str().cmp(&key)).ok()?;
        u32::try_from(at).ok()
    }

    /// The place of the organization that a sighting belongs to, by the sighting's key.
    pub fn organization_of(&self, key: &str) -> Option<u32> {
        self.place_of(key).map(|at| self.organization_at[at as usize])
    }
}

/// Finds which sightings are one organization. The order of sightings and decisions changes nothing. Never joined are
/// what a person keeps apart, an account and its parent, and two accounts of one source, unless a person joins them.
/// `least`: the confidence from which edges hold without a person, such as [`AUTOMATIC`].
pub fn resolve(sightings: Vec<Sighting>, decisions: &[Decision], rules: &Rules, least: f64) -> Resolution {
    let sightings = once_each(sightings);
    let place: HashMap<&str, u32> =
        (0u32..).zip(&sightings).map(|(at, sighting)| (sighting.key.as_str(), at)).collect();
    let mut groups = Groups::new(u32::try_from(sightings.len()).unwrap_or(u32::MAX));
    let (apart, mut edges) = decided(decisions, &place, &mut groups);
    for (at, sighting) in (0u32..).zip(&sightings) {
        if let Some(parent) = sighting.parent.as_deref().and_then(|key| place.get(key)) {
            groups.forbid(at, *parent);
        }
    }
    keep_accounts_apart(&sightings, &mut groups);
    let index = Index::new(&sightings, rules);
    let mut suggestions = Vec::new();
    take(index.same(), least, &mut groups, &mut edges, &mut suggestions);
    let likely = index.likely(&sightings, &mut groups);
    take(likely, least, &mut groups, &mut edges, &mut suggestions);
    suggestions.retain(|edge: &Edge| {
        let roots = (groups.root(edge.a), groups.root(edge.b));
        roots.0 != roots.1 && !apart.contains(&(edge.a, edge.b))
    });
    suggestions.sort_by(by_rank);
    let mut pairs = Pairs::new();
    suggestions.retain(|edge| pairs.insert((edge.a, edge.b)));
    let groups = groups.into_groups();
    let mut organization_at = vec![0; sightings.len()];
    for (index, group) in (0u32..).zip(&groups) {
        group.iter().for_each(|at| organization_at[*at as usize] = index);
    }
    let parents = parents(&sightings, &place, &groups, &organization_at);
    let organizations = groups.iter().zip(parents).map(|(group, parent)| described(group, &sightings, rules, parent));
    let organizations = organizations.collect();
    drop(place);
    Resolution { organizations, sightings, edges, suggestions, groups, organization_at }
}

/// By confidence, the surest first, then by what they join.
fn by_rank(a: &Edge, b: &Edge) -> std::cmp::Ordering {
    let rest = |edge: &Edge| (edge.evidence, edge.a, edge.b);
    b.confidence.total_cmp(&a.confidence).then(rest(a).cmp(&rest(b)))
}

/// By key, with what equal keys say put together.
fn once_each(mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    sightings.sort_by(|a, b| (&a.key, &a.name, &a.parent).cmp(&(&b.key, &b.name, &b.parent)));
    let mut once: Vec<Sighting> = Vec::with_capacity(sightings.len());
    for next in sightings {
        match once.last_mut().filter(|last| last.key == next.key) {
            Some(last) => {
                last.people = last.people.saturating_add(next.people);
                last.since = last.since.min(next.since);
                last.domains.extend(next.domains);
                last.aliases.extend(next.aliases);
                last.aliases.extend((next.name != last.name).then_some(next.name));
                last.parent = last.parent.take().or(next.parent);
            }
            None => once.push(next),
        }
    }
    for sighting in &mut once {
        for list in [&mut sighting.domains, &mut sighting.aliases] {
            list.sort_unstable();
            list.dedup();
        }
    }
    once
}

type Pairs = HashSet<(u32, u32)>;

/// What people said: pairs to keep apart, and edges. Keeping apart comes first.
fn decided(decisions: &[Decision], place: &HashMap<&str, u32>, groups: &mut Groups) -> (Pairs, Vec<Edge>) {
    let mut pairs: Vec<(bool, u32, u32)> = decisions
        .iter()
        .filter_map(|said| {
            let of = |key: &str| place.get(&*Sighting::current_key(key)).copied();
            let (a, b) = (of(&said.a)?, of(&said.b)?);
            (a != b).then_some((said.is_same, a.min(b), a.max(b)))
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut apart = Pairs::new();
    let mut edges = Vec::new();
    for (is_same, a, b) in pairs {
        if !is_same {
            groups.forbid(a, b);
            apart.insert((a, b));
        } else if groups.join(a, b) != Join::Forbidden {
            edges.push(Edge { a, b, evidence: Evidence::Person, confidence: Evidence::Person.confidence() });
        }
    }
    (apart, edges)
}

fn keep_accounts_apart(sightings: &[Sighting], groups: &mut Groups) {
    let mut sources: HashMap<&str, u32> = HashMap::new();
    for (at, sighting) in (0u32..).zip(sightings).filter(|(_, sighting)| sighting.origin == Origin::Account) {
        let next = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        groups.only_one(at, *sources.entry(&sighting.source).or_insert(next));
    }
}

fn take(mut found: Vec<Edge>, least: f64, groups: &mut Groups, edges: &mut Vec<Edge>, suggestions: &mut Vec<Edge>) {
    found.sort_by(by_rank);
    for edge in found {
        if edge.confidence < least || groups.join(edge.a, edge.b) == Join::Forbidden {
            suggestions.push(edge);
        } else {
            edges.push(edge);
        }
    }
}

/// Of each group the group of its parent. Where that would lead in a circle, the first of the circle has none.
fn parents(
    sightings: &[Sighting],
    place: &HashMap<&str, u32>,
    groups: &[Vec<u32>],
    organization_at: &[u32],
) -> Vec<Option<u32>> {
    let parent_of = |at: &u32| {
        let parent = place.get(sightings[*at as usize].parent.as_deref()?)?;
        Some(organization_at[*parent as usize])
    };
    let mut parents: Vec<Option<u32>> = (0u32..)
        .zip(groups)
        .map(|(index, group)| group.iter().filter_map(parent_of).find(|parent| *parent != index))
        .collect();
    // 0: not looked at; otherwise the walk that came by.
    let mut walk_at = vec![0u32; groups.len()];
    for start in 0..u32::try_from(groups.len()).unwrap_or(u32::MAX) {
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| walk_at[*here as usize] == 0) {
            walk_at[here as usize] = start + 1;
            at = parents[here as usize];
        }
        if let Some(here) = at.filter(|here| walk_at[*here as usize] == start + 1) {
            let mut circle = vec![here];
            while let Some(next) = parents[circle[circle.len() - 1] as usize].filter(|next| *next != here) {
                circle.push(next);
            }
            let first = circle.into_iter().min().unwrap_or(here);
            parents[first as usize] = None;
        }
    }
    parents
}

fn described(group: &[u32], sightings: &[Sighting], rules: &Rules, parent: Option<u32>) -> Organization {
    let mut ranked: Vec<u32> = group.to_vec();
    ranked.sort_by_key(|at| lead(*at, sightings));
    let of = |at: &u32| &sightings[*at as usize];
    // A domain is a name of last resort.
    let named = ranked.iter().map(of).filter(|sighting| sighting.origin != Origin::Domain);
    let name = named.map(|sighting| &sighting.name).find(|name| !name.is_empty());
    let name = name.unwrap_or(&of(&ranked[0]).name).clone();
    let is_own = |domain: &&String| domain::domain_kind(domain, rules).1 == DomainKind::Registered;
    let mut domains: Vec<String> = group.iter().flat_map(|at| &of(at).domains).filter(is_own).cloned().collect();
    let all = group.iter().map(of).filter(|sighting| sighting.origin != Origin::Domain);
    let mut aliases: Vec<String> = all
        .flat_map(|sighting| sighting.aliases.iter().chain([&sighting.name]))
        .filter(|alias| **alias != name)
        .cloned()
        .collect();
    for list in [&mut domains, &mut aliases] {
        list.sort_unstable();
        list.dedup();
    }
    Organization { name, lead: ranked[0], domains, aliases, parent }
}

#[cfg(test)]
#[path = "merge/tests.rs"]
mod tests;
