//! Ids of organizations. They follow from the record and from people's decisions: whatever was joined in whatever order keeps
//! one id, every former one leads to it, and parting gives each side its own back.

use std::collections::{BTreeMap, HashMap};

use axle_model::groups::Groups;
use axle_organization::{Evidence, Resolution, Sighting};
use axle_store::identity_change::HUMAN;
use axle_store::organization_edge::OrganizationEdge;

/// Ids of organizations, by their places.
pub(super) struct Ids {
    pub(super) of_organization: Vec<String>,
    /// Where every id leads: those in use, those of parts that people joined, domains, and names.
    pub(super) leading_to: BTreeMap<String, u32>,
}

/// What the record alone connects: an organization is one such part, unless people joined several.
struct Parts {
    part_at: Vec<u32>,
    sightings: Vec<Vec<u32>>,
}

impl Parts {
    fn of(resolution: &Resolution) -> Self {
        let count = u32::try_from(resolution.sightings.len()).unwrap_or(u32::MAX);
        let mut groups = Groups::new(count);
        for edge in resolution.edges.iter().filter(|edge| edge.evidence != Evidence::Person) {
            groups.join(edge.a, edge.b);
        }
        let sightings = groups.into_groups();
        let mut part_at = vec![0; count as usize];
        for (part, places) in (0u32..).zip(&sightings) {
            places.iter().for_each(|at| part_at[*at as usize] = part);
        }
        Self { part_at, sightings }
    }

    fn part_of(&self, resolution: &Resolution, key: &str) -> Option<u32> {
        resolution.place_of(key).map(|at| self.part_at[at as usize])
    }

    /// The part whose id its organization has, by part: the one on the side that each decision kept.
    fn keepers(&self, resolution: &Resolution, decided: &[OrganizationEdge]) -> Vec<u32> {
        let count = u32::try_from(self.sightings.len()).unwrap_or(u32::MAX);
        let mut groups = Groups::new(count);
        let mut keeper: Vec<u32> = (0..count).collect();
        for edge in decided.iter().filter(|edge| edge.kind == HUMAN) {
            let places = (self.part_of(resolution, &edge.a), self.part_of(resolution, &edge.b));
            let (Some(a), Some(b)) = places else { continue };
            let sides = [groups.root(a), groups.root(b)].map(|root| keeper[root as usize]);
            groups.join(a, b);
            let keeps_b = edge.keeps.as_deref() == Some(edge.b.as_str());
            keeper[groups.root(a) as usize] = sides[usize::from(keeps_b)];
        }
        (0..count).map(|part| keeper[groups.root(part) as usize]).collect()
    }
}

/// Gives ids: first to what sources state, since other facts name those; then by domain, then by name. `accounts`: sources
/// with their ids, in an order that does not depend on that of arrival.
pub(super) fn ids<'a>(
    resolution: &Resolution,
    accounts: impl Iterator<Item = (&'a str, &'a str)>,
    decided: &[OrganizationEdge],
) -> Ids {
    let parts = Parts::of(resolution);
    let mut taken: HashMap<String, u32> = HashMap::new();
    let mut id_of: Vec<Option<String>> = vec![None; parts.sightings.len()];
    for (source, id) in accounts {
        let Some(part) = parts.part_of(resolution, &Sighting::account_key(source, id)) else { continue };
        let is_anothers = taken.get(id).is_some_and(|known| *known != part);
        let id = if is_anothers { format!("{source}/{id}") } else { id.to_owned() };
        taken.entry(id.clone()).or_insert(part);
        id_of[part as usize].get_or_insert(id);
    }
    for (part, places) in (0u32..).zip(&parts.sightings) {
        // Sightings are in the order of their keys: domains come before names.
        let key = &resolution.sightings[places[0] as usize].key;
        let id = id_of[part as usize].get_or_insert_with(|| {
            let plain = plain(key).to_owned();
            if taken.contains_key(&plain) { key.clone() } else { plain }
        });
        taken.entry(id.clone()).or_insert(part);
    }
    let organization_of = |part: u32| {
        let first = &resolution.sightings[parts.sightings[part as usize][0] as usize];
        resolution.organization_of(&first.key).expect("the key is one of the resolution's own")
    };
    let mut of_organization = vec![String::new(); resolution.organizations.len()];
    for (part, keeper) in (0u32..).zip(parts.keepers(resolution, decided)) {
        let id = id_of[keeper as usize].as_ref().expect("every part has an id");
        of_organization[organization_of(part) as usize].clone_from(id);
    }
    let mut leading_to: BTreeMap<String, u32> =
        taken.into_iter().map(|(id, part)| (id, organization_of(part))).collect();
    for (at, organization) in (0u32..).zip(&resolution.organizations) {
        for domain in &organization.domains {
            leading_to.entry(domain.clone()).or_insert(at);
        }
    }
    for sighting in &resolution.sightings {
        if let (false, Some(at)) = (sighting.key.starts_with("account:"), resolution.organization_of(&sighting.key)) {
            leading_to.entry(plain(&sighting.key).to_owned()).or_insert(at);
        }
    }
    Ids { of_organization, leading_to }
}

/// `acme.io` of `domain:acme.io`.
fn plain(key: &str) -> &str {
    key.split_once(':').map_or(key, |(_, plain)| plain)
}
