//! What organizations are found from, and who was at them on which days: facts that sources state, addresses in use, profiles, and
//! people's word.

use std::collections::{BTreeSet, HashMap, HashSet};

use axle_model::affiliation::{self, AddressUse, Affiliation, Origin, Timeline, Word};
use axle_model::days::{self, Days};
use axle_model::time::LocalDay;
use axle_organization::{Resolution, Rules, Sighting, is_silent, names_in, organization_domain};
use axle_store::affiliation_word::AffiliationWord;
use axle_store::fact::FactRow;
use axle_store::identity::IdentityRow;
use axle_store::organization_edge::OrganizationEdge;

use super::found::Known;
use crate::addresses::Addresses;
use crate::by_hand;
use crate::directory::Numbers;

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

/// What a member did at an organization on these days, as was said in that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) organization: u32,
    pub(super) origin: Origin,
    pub(super) days: Days,
    pub(super) text: String,
}

/// Whether a person said it here, of an organization that is known without it.
pub(super) fn is_said(row: &FactRow) -> bool {
    row.source == by_hand::SOURCE
}

impl Evidence<'_> {
    /// Source and id of organizations that sources name as where somebody is, and that no source lists. A domain names itself.
    pub(super) fn unlisted(&self) -> BTreeSet<(&str, &str)> {
        let listed: HashSet<&str> =
            self.organizations.iter().filter(|row| !is_said(row)).map(|row| row.fact.key.as_str()).collect();
        let named =
            self.affiliations.iter().filter_map(|row| Some((row.source.as_str(), row.fact.text("organization")?)));
        named.filter(|(_, id)| !listed.contains(id) && !id.contains('.')).collect()
    }

    /// What members did where, as lines, profiles and people say.
    pub(super) fn titles(&self, found: &Known) -> HashMap<u32, Vec<Title>> {
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
    pub(super) fn people(&self) -> Vec<(&IdentityRow, u32)> {
        let member = |row: &IdentityRow| {
            let member = self.numbers.index_of(row.identity_id)?;
            (!self.numbers.is_bot_at[member as usize]).then_some(member)
        };
        self.identities.iter().filter(|row| row.email.is_some()).filter_map(|row| Some((row, member(row)?))).collect()
    }

    pub(super) fn affiliations(&self, found: &Known, people: &[(&IdentityRow, u32)]) -> HashMap<u32, Timeline> {
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

    /// When members used addresses of organizations; one that several accounts had is one. An address that an account has and no
    /// activity carried is the member's: it was in use whatever they wrote with, from the day after the last use of another
    /// organization's address on, at the latest from when it was heard.
    fn uses_by_member(&self, found: &Known, people: &[(&IdentityRow, u32)]) -> HashMap<u32, Vec<AddressUse>> {
        let mut by_host: HashMap<&str, Option<u32>> = HashMap::new();
        let mut carried: HashMap<u32, Vec<(String, AddressUse)>> = HashMap::new();
        let mut stated: Vec<(u32, AddressUse, Option<LocalDay>)> = Vec::new();
        for (row, member) in people {
            for used in self.addresses.of(row).into_iter().filter(|used| !is_silent(used.email)) {
                let host = used.email.rsplit_once('@').map_or(used.email, |(_, host)| host);
                let organization = *by_host.entry(host).or_insert_with(|| {
                    let domain = organization_domain(used.email, &found.rules)?;
                    found.resolution.organization_of(&format!("domain:{domain}"))
                });
                let Some(organization) = organization else { continue };
                let during = |(first, last)| AddressUse {
                    organization,
                    is_verified: used.is_verified,
                    first,
                    last,
                    until: LocalDay::MAX,
                };
                if let Some(days) = used.days {
                    carried.entry(*member).or_default().push((used.email.trim().to_lowercase(), during(days)));
                }
                let heard = self.addresses.stated.get(&row.identity_id).filter(|_| used.is_current);
                stated.extend(heard.map(|heard| (*member, during((LocalDay::MIN, LocalDay::MAX)), *heard)));
            }
        }
        let of_member = |(member, uses)| (member, affiliation::of_member(uses));
        let mut uses: HashMap<u32, Vec<AddressUse>> = carried.into_iter().map(of_member).collect();
        let spans = self.spans(stated.iter().map(|(member, ..)| *member).collect());
        let said = |(member, used, heard): (u32, AddressUse, Option<LocalDay>)| {
            let (first, last) = *spans.get(&member)?;
            let others = uses.get(&member).into_iter().flatten().filter(|other| {
                other.organization != used.organization && heard.is_none_or(|heard| other.first < heard)
            });
            let after = others.map(|other| other.last.saturating_add(1)).max().unwrap_or(first);
            let first = first.max(heard.map_or(after, |heard| after.min(heard)));
            (first <= last).then_some((member, AddressUse { first, last, ..used }))
        };
        let said: Vec<(u32, AddressUse)> = stated.into_iter().filter_map(said).collect();
        for (member, used) in said {
            uses.entry(member).or_default().push(used);
        }
        uses
    }

    /// First and last local day on which these members did something.
    fn spans(&self, members: HashSet<u32>) -> HashMap<u32, (LocalDay, LocalDay)> {
        let mut spans: HashMap<u32, (LocalDay, LocalDay)> = HashMap::new();
        let active = self.identities.iter().filter_map(|row| {
            let member = self.numbers.index_of(row.identity_id).filter(|member| members.contains(member))?;
            Some((member, *self.addresses.active.get(&row.identity_id)?))
        });
        for (member, (first, last)) in active {
            let span = spans.entry(member).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
        spans
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

#[cfg(test)]
mod tests {
    use axle_organization::{AUTOMATIC, resolve};

    use super::*;

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
