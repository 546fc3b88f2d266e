//! Who is where: `affiliations`, as it is known, `stays`, whichever way it is known, and the contacts of deals.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use axle_model::Identity;
use axle_model::analytics::{IdentityRow, Place};
use axle_model::days::{self, Days};
use axle_model::interchange::FactKind;
use axle_model::time::LocalDay;
use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use datafusion::error::Result;
use serde_json::Value;

use super::days::batch;
use super::people::{text, uuid};
use crate::columns::{column, instants};
use crate::fact_functions::Names;
use crate::known::Known;
use crate::rollup::start_micros;
use crate::view::Tables;

/// Numbers of the members whom the tables are about.
fn members(known: &Known) -> Vec<u32> {
    match &known.only {
        Some(only) => only.iter().copied().collect(),
        None => (0..known.directory.directory.members.len() as u32).collect(),
    }
}

/// The columns that say who was where from when to when; an open end is null.
fn who_and_where(known: &Known, rows: &[(u32, u32, LocalDay, LocalDay)]) -> Vec<(&'static str, ArrayRef)> {
    let directory = &*known.directory;
    let organizations = &directory.directory.organizations;
    let member = |number| directory.member(number).map(|row| uuid(row.member_id));
    let organization = |number: u32| organizations.get(number as usize).map(|row| row.organization_id.clone());
    let start = |day: LocalDay, open: LocalDay| (day != open).then(|| start_micros(day, &directory.zone));
    vec![
        ("member_id", text(rows.iter().map(|row| member(row.0)))),
        ("member", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<UInt32Array>())),
        ("organization_id", text(rows.iter().map(|row| organization(row.1)))),
        ("from", Arc::new(instants(rows.iter().map(|row| start(row.2, LocalDay::MIN))))),
        ("to", Arc::new(instants(rows.iter().map(|row| start(row.3, LocalDay::MAX))))),
    ]
}

/// The table `affiliations`: stretches of days `[from, to)` at an organization, cut where they are known otherwise. `rank` counts
/// a member's from 1: of those that hold on a day the least gets the activity. An organization holds once on a day.
pub(crate) fn affiliations(known: &Known) -> Result<RecordBatch> {
    let numbers = members(known);
    let ranked = |number: &u32| {
        let number = *number;
        known.directory.affiliations(number).iter().zip(1_i64..).map(move |(place, rank)| (number, place, rank))
    };
    let rows: Vec<(u32, &Place, i64)> = numbers.iter().flat_map(ranked).collect();
    let plain: Vec<_> =
        rows.iter().map(|(member, place, _)| (*member, place.organization, place.from, place.to)).collect();
    // In hundredths: 0.8 and not what is nearest to it in four bytes.
    let confidence = |place: &Place| (f64::from(place.confidence) * 100.0).round() / 100.0;
    let mut columns = who_and_where(known, &plain);
    columns.extend([
        ("origin", text(rows.iter().map(|(_, place, _)| Some(place.origin.name().to_owned())))),
        (
            "confidence",
            Arc::new(rows.iter().map(|(_, place, _)| Some(confidence(place))).collect::<Float64Array>()) as ArrayRef,
        ),
        ("title", text(rows.iter().map(|(_, place, _)| place.title.clone()))),
        ("rank", Arc::new(rows.iter().map(|(.., rank)| Some(*rank)).collect::<Int64Array>())),
    ]);
    batch(columns)
}

/// The table `stays`: the days `[from, to)` that members were at an organization without a break, however that is known. That
/// an address is not used any more is no leaving: such a stay lasts until they are known to be elsewhere.
pub(crate) fn stays(known: &Known) -> Result<RecordBatch> {
    let mut rows = Vec::new();
    for member in members(known) {
        let stays = unbroken(known.directory.affiliations(member)).into_iter();
        rows.extend(stays.map(|(organization, stay)| (member, organization, stay.from(), stay.to())));
    }
    batch(who_and_where(known, &rows))
}

/// The stays of one member, by organization's number.
pub(super) fn unbroken(places: &[Place]) -> Vec<(u32, Days)> {
    // Whoever is elsewhere already when an address is not believed any more has left by then.
    let elsewhere = |place: &Place| {
        let others = places.iter().filter(|other| other.organization != place.organization && other.to > place.to);
        others.map(|other| other.from.max(place.to)).min().unwrap_or(LocalDay::MAX)
    };
    let mut there: BTreeMap<u32, Vec<Days>> = BTreeMap::new();
    for place in places {
        let end = if place.ends_in_silence() { elsewhere(place) } else { place.to };
        there.entry(place.organization).or_default().extend(Days::new(place.from, end));
    }
    there
        .into_iter()
        .flat_map(|(organization, stretches)| days::union(stretches).into_iter().map(move |stay| (organization, stay)))
        .collect()
}

/// The table `deal_contacts`: `source` and `deal_id` of each deal with the numbers of the members whom it names as contacts, each
/// once.
pub(crate) fn deal_contacts(tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    let all = &known.directory.directory.identities;
    let people: Cow<'_, [IdentityRow]> = match &known.only {
        Some(only) => Cow::Owned(all.iter().filter(|row| only.contains(&row.member)).cloned().collect()),
        None => Cow::Borrowed(all),
    };
    let names = Names::of(&people);
    // Of several who can be named so it is the one that is meant when all are asked of.
    let of_all = OnceCell::new();
    let member = |contact: &Value| {
        let named: Identity = serde_json::from_value(contact.get("identity")?.clone()).ok()?;
        let found = names.find(&people, &named)?.member;
        let Some(only) = &known.only else { return Some(found) };
        let meant = of_all.get_or_init(|| Names::of(all)).find(all, &named)?.member;
        only.contains(&meant).then_some(meant)
    };
    let (mut source, mut deal, mut number) = (Vec::new(), Vec::new(), Vec::new());
    for rows in tables.facts(FactKind::DEAL, &["deal_id", "contacts"])? {
        let [sources, deals, contacts] =
            ["source", "deal_id", "contacts"].map(|name| column(&rows, name).as_string::<i32>().clone());
        for (row, listed) in contacts.iter().enumerate() {
            let listed = listed.and_then(|text| serde_json::from_str(text).ok());
            let Some(Value::Array(listed)) = listed else { continue };
            let mut members: Vec<u32> = listed.iter().filter_map(member).collect();
            members.sort_unstable();
            members.dedup();
            for one in members {
                source.push(sources.value(row).to_owned());
                deal.push(deals.value(row).to_owned());
                number.push(one);
            }
        }
    }
    batch(vec![
        ("source", Arc::new(StringArray::from(source))),
        ("deal_id", Arc::new(StringArray::from(deal))),
        ("member", Arc::new(UInt32Array::from(number))),
    ])
}

#[cfg(test)]
mod tests {
    use axle_model::affiliation::{AddressUse, of_addresses};

    use super::*;

    fn places(uses: &[(u32, LocalDay, LocalDay)]) -> Vec<Place> {
        let used = |&(organization, first, last): &(u32, LocalDay, LocalDay)| AddressUse {
            organization,
            is_verified: true,
            first,
            last,
            until: LocalDay::MAX,
        };
        let uses: Vec<AddressUse> = uses.iter().map(used).collect();
        let place = |found: axle_model::affiliation::Affiliation| Place {
            origin: found.origin,
            confidence: found.confidence,
            ..Place::stated(found.organization, found.days.from(), found.days.to())
        };
        of_addresses(&uses).into_iter().map(place).collect()
    }

    fn days(from: LocalDay, to: LocalDay) -> Days {
        Days::new(from, to).unwrap()
    }

    /// An address in use from day 10 to day 20 is believed until day 200.
    #[test]
    fn silence_is_no_leaving_and_another_address_is_one() {
        assert_eq!(unbroken(&places(&[(1, 10, 20)])), [(1, days(10, LocalDay::MAX))]);
        assert_eq!(
            unbroken(&places(&[(1, 10, 20), (2, 100, 110)])),
            [(1, days(10, 100)), (2, days(100, LocalDay::MAX))]
        );
        assert_eq!(
            unbroken(&places(&[(1, 10, 20), (2, 500, 510)])),
            [(1, days(10, 500)), (2, days(500, LocalDay::MAX))]
        );
        assert_eq!(unbroken(&[Place::stated(1, 10, 21), Place::stated(1, 21, 40)]), [(1, days(10, 40))], "as stated");
        // Said to be at another since day 50, while the address of the former was still believed.
        let moved = [places(&[(1, 10, 20)]), vec![Place::stated(2, 50, LocalDay::MAX)]].concat();
        assert_eq!(unbroken(&moved), [(1, days(10, 201)), (2, days(50, LocalDay::MAX))]);
        let back = [places(&[(1, 10, 20)]), vec![Place::stated(2, 50, 60)]].concat();
        assert_eq!(unbroken(&back), [(1, days(10, LocalDay::MAX)), (2, days(50, 60))], "over again by then");
    }
}
