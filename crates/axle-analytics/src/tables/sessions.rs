//! `sessions`: visits of the website by whoever they are (S78, S79, S86). What a browser does less than half an hour
//! after its last visit goes on with the same session. Teammates and bots are left out.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::error::Result;
use serde_json::Value;

use super::days::batch;
use crate::columns::{column, instants, micros, u32s};
use crate::directory::NONE;
use crate::rollup::DayClock;
use crate::view::Tables;

/// A session ends with half an hour without a visit, in microseconds.
const IDLE: i64 = 30 * 60 * 1_000_000;

const COLUMNS: &[&str] = &["visitor", "at", "referrer", "utm", "click_id", "landing", "app_link", "bot"];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Visit {
    person: u32,
    at: i64,
    is_direct: bool,
    landing: Option<&'static str>,
}

/// The table: a row for each session, by visitor and time. `visitor` is a number of its own: a member's, whatever
/// browsers they use, else one for each browser of each website. `first_at` is their first session, `next_at` the one after.
pub(crate) fn sessions(tables: &Tables) -> Result<RecordBatch> {
    let mut visits = visits(tables)?;
    visits.sort_unstable();
    let mut last = None;
    visits.retain(|visit| {
        let goes_on = last.is_some_and(|(person, at)| person == visit.person && visit.at - at < IDLE);
        last = Some((visit.person, visit.at));
        !goes_on
    });
    let directory = &tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let days: Vec<i32> = visits.iter().map(|visit| clock.day(visit.at)).collect();
    let mut first = Vec::with_capacity(visits.len());
    for (row, visit) in visits.iter().enumerate() {
        let before = row.checked_sub(1).filter(|before| visits[*before].person == visit.person);
        first.push(before.map_or(visit.at, |before| first[before]));
    }
    let next = |row: usize| visits.get(row + 1).filter(|next| next.person == visits[row].person).map(|next| next.at);
    let next: Vec<Option<i64>> = (0..visits.len()).map(next).collect();
    batch(vec![
        ("visitor", Arc::new(UInt32Array::from_iter_values(visits.iter().map(|visit| visit.person)))),
        ("at", Arc::new(instants(visits.iter().map(|visit| Some(visit.at))))),
        ("day", Arc::new(Date32Array::from(days))),
        ("first_at", Arc::new(instants(first.into_iter().map(Some)))),
        ("next_at", Arc::new(instants(next))),
        ("is_direct", Arc::new(visits.iter().map(|visit| Some(visit.is_direct)).collect::<BooleanArray>())),
        ("landing", Arc::new(visits.iter().map(|visit| visit.landing).collect::<StringArray>()) as ArrayRef),
    ])
}

/// Visits of people. A browser that was ever known as somebody's is theirs, in the past too (convention C6).
fn visits(tables: &Tables) -> Result<Vec<Visit>> {
    let directory = &*tables.known.directory;
    let facts = tables.facts(FactKind::VISIT, COLUMNS)?;
    let mut browsers: HashMap<(&str, &str), (i64, u32)> = HashMap::new();
    for rows in &facts {
        let text = |name: &str| column(rows, name).as_string::<i32>();
        let (source, visitor) = (text("source"), text("visitor"));
        let (at, identity) = (micros(rows, "at"), u32s(rows, "identity"));
        for row in (0..rows.num_rows()).filter(|row| identity.is_valid(*row) && visitor.is_valid(*row)) {
            let member = directory.member_of(identity.value(row));
            if member != NONE {
                let known = (at.value(row), member);
                browsers
                    .entry((source.value(row), visitor.value(row)))
                    .and_modify(|earliest| *earliest = known.min(*earliest))
                    .or_insert(known);
            }
        }
    }
    let members = directory.directory.members.len() as u32;
    let mut strangers: HashMap<(&str, &str), u32> = HashMap::new();
    let mut clock = DayClock::new(&directory.zone);
    let mut visits = Vec::new();
    for rows in &facts {
        let text = |name: &str| column(rows, name).as_string::<i32>();
        let flag = |name: &str, row: usize| {
            let flags = column(rows, name).as_boolean();
            flags.is_valid(row) && flags.value(row)
        };
        let (source, visitor) = (text("source"), text("visitor"));
        let (at, identity) = (micros(rows, "at"), u32s(rows, "identity"));
        for row in (0..rows.num_rows()).filter(|row| at.is_valid(*row) && visitor.is_valid(*row) && !flag("bot", *row))
        {
            let browser = (source.value(row), visitor.value(row));
            let known = if identity.is_valid(row) { directory.member_of(identity.value(row)) } else { NONE };
            let known = if known == NONE { browsers.get(&browser).map_or(NONE, |known| known.1) } else { known };
            let person = if known == NONE {
                let next = members + strangers.len() as u32;
                *strangers.entry(browser).or_insert(next)
            } else if directory.kind(known, clock.day(at.value(row))) == "member" {
                known
            } else {
                continue;
            };
            let value =
                |name: &str| Some(text(name)).filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).trim());
            let says = |name: &str| value(name).is_some_and(|text| !text.is_empty());
            let is_campaign = value("utm").is_some_and(names_something);
            let landing = value("landing").filter(|text| !text.is_empty());
            let is_direct = !says("referrer")
                && !is_campaign
                && !says("click_id")
                && !flag("app_link", row)
                && !landing.is_some_and(is_internal);
            visits.push(Visit { person, at: at.value(row), is_direct, landing: landing.map(depth) });
        }
    }
    Ok(visits)
}

/// Whether any campaign parameter has a value.
fn names_something(utm: &str) -> bool {
    let Ok(Value::Object(fields)) = serde_json::from_str(utm) else { return false };
    fields.values().any(|value| value.as_str().is_some_and(|text| !text.trim().is_empty()))
}

/// Host and path of an address; no host of a path.
fn parts(address: &str) -> (Option<&str>, &str) {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let address = &address[..end];
    match address.split_once("://") {
        Some((_, rest)) => match rest.split_once('/') {
            Some((host, path)) => (Some(host), path),
            None => (Some(rest), ""),
        },
        None => (None, address),
    }
}

/// Whether an address lies on a machine of our own, where only we look.
fn is_internal(address: &str) -> bool {
    let (Some(host), _) = parts(address) else { return false };
    let host = host.split(':').next().unwrap_or(host).to_lowercase();
    host == "localhost"
        || ["127.", "10.", "192.168."].iter().any(|start| host.starts_with(start))
        || [".local", ".internal", ".localhost"].iter().any(|end| host.ends_with(end))
}

/// How deep a page lies: `home`, `short` for what people type, `deep` for what they were sent.
fn depth(address: &str) -> &'static str {
    let (_, path) = parts(address);
    match path.split('/').filter(|part| !part.is_empty()).count() {
        0 => "home",
        1 => "short",
        _ => "deep",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lie_at_a_depth() {
        for (address, expected) in [
            ("/", "home"),
            ("https://axle.example", "home"),
            ("https://axle.example/?ref=1", "home"),
            ("/pricing/", "short"),
            ("https://axle.example/blog/a-b", "deep"),
        ] {
            assert_eq!(depth(address), expected, "{address}");
        }
        assert!(
            is_internal("http://localhost:8080/x") && is_internal("https://ci.internal/") && !is_internal("/local")
        );
        assert!(names_something(r#"{"source":"news"}"#) && !names_something(r#"{"source":""}"#));
    }
}
