//! Facts of the flywheels' vocabulary, from queries over the public tables: `facts.toml` has one for each kind.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use axle_flywheel::Fact;
use axle_model::analytics::Table;
use axle_model::time::{Grain, Period};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::directory::{Numbers, id_text};
use crate::{AppError, AppResult, Workspace};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fact: Vec<Query>,
}

/// The rows that are facts of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    kind: String,
    rows: String,
}

static QUERIES: LazyLock<Vec<Query>> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("facts.toml")).expect("the queries that come with Axle are checked by tests");
    file.fact
});

/// Columns that are no attributes.
const OWN: [&str; 5] = ["member_id", "member", "at", "seen_at", "id"];

/// What the record says of each member who is neither a program nor a teammate, by their public id.
///
/// # Errors
/// When the tables cannot be read.
pub(super) async fn of_members(
    workspace: &Workspace,
    as_of: Timestamp,
    zone: &TimeZone,
) -> AppResult<BTreeMap<String, Vec<Fact>>> {
    const ALL: usize = usize::MAX;
    let engine = workspace.analytics();
    let people = "select member_id from members where not is_bot and not is_teammate";
    let people: HashSet<String> =
        engine.sql(people, ALL).await?.rows.into_iter().filter_map(|row| text(row.into_iter().next()?)).collect();
    let months = months(workspace, as_of, zone).await?;
    let numbers = workspace.numbers().read().await.clone();
    let mut members: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
    for query in QUERIES.iter() {
        let table = engine
            .sql(&query.rows.replace("$months", &months), ALL)
            .await
            .map_err(|error| AppError::Internal(format!("facts of the kind {} cannot be read: {error}", query.kind)))?;
        for (member_id, fact) in facts(&query.kind, table, &numbers) {
            if people.contains(&member_id) {
                members.entry(member_id).or_default().push(fact);
            }
        }
    }
    Ok(members)
}

/// The complete local months from the first activity on, as table functions name periods.
async fn months(workspace: &Workspace, as_of: Timestamp, zone: &TimeZone) -> AppResult<String> {
    let first = "select min(occurred_at) as at from activities where weight >= 1";
    let found = workspace.analytics().sql(first, 1).await?.rows.into_iter().flatten().next().and_then(text);
    let Some(first) = found.and_then(|text| text.parse::<Timestamp>().ok()) else { return Ok(String::new()) };
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let Some(span) = Period::new(Grain::Month.floor(date(first)), Grain::Month.floor(date(as_of))) else {
        return Ok(String::new());
    };
    let months = span.split(Grain::Month).into_iter().map(|month| {
        let days = month.days();
        format!("{}:{}", days.start, days.end)
    });
    Ok(months.collect::<Vec<_>>().join(","))
}

/// Each row with its member; rows that lack member, instant or id say nothing.
fn facts<'a>(kind: &'static str, table: Table, numbers: &'a Numbers) -> impl Iterator<Item = (String, Fact)> + 'a {
    let names: Vec<String> = table.columns;
    table.rows.into_iter().filter_map(move |row| {
        let mut fact = Fact::new(Timestamp::UNIX_EPOCH, kind, "");
        let (mut member_id, mut at) = (None, None);
        let mut seen_at = None;
        for (name, value) in names.iter().zip(row) {
            match name.as_str() {
                "member_id" => member_id = text(value),
                "member" => {
                    let number = usize::try_from(value.as_u64()?).ok()?;
                    member_id = numbers.id_at.get(number).map(id_text);
                }
                "at" => at = text(value).and_then(|text| text.parse::<Timestamp>().ok()),
                "seen_at" => seen_at = text(value).and_then(|text| text.parse::<Timestamp>().ok()),
                "id" => fact.id = text(value)?,
                _ => {
                    if let Some(value) = text(value) {
                        fact.attributes.push((Cow::Owned(name.clone()), value));
                    }
                }
            }
        }
        debug_assert!(fact.attributes.iter().all(|(name, _)| !OWN.contains(&name.as_ref())));
        fact.at = at?;
        fact.seen_at = seen_at.unwrap_or(fact.at);
        Some((member_id?, fact))
    })
}

/// A value as attributes have them; `None` for nothing.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then_some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use axle_flywheel::vocabulary::{COMMON, kind_of};

    use super::*;

    #[test]
    fn every_query_gives_facts_of_a_known_kind() {
        for query in QUERIES.iter() {
            let kind = kind_of(&query.kind).unwrap_or_else(|| panic!("{} is no kind", query.kind));
            assert_eq!(QUERIES.iter().filter(|other| other.kind == query.kind).count(), 1, "{}", kind.name);
        }
        assert!(COMMON.contains(&"organization"));
    }

    #[test]
    fn rows_become_facts_and_what_lacks_an_instant_does_not() {
        let columns = ["member_id", "at", "seen_at", "id", "kind", "organization"].map(str::to_owned).to_vec();
        let row = |at: Value| {
            let texts = ["m1", "", "2026-01-05T00:00:00Z", "s1", "explicit", ""];
            let mut row: Vec<Value> = texts.into_iter().map(Value::from).collect();
            row[1] = at;
            row
        };
        let table =
            Table { columns, rows: vec![row("2026-01-03T00:00:00Z".into()), row(Value::Null)], truncated: false };
        let found: Vec<(String, Fact)> = facts("signal", table, &Numbers::default()).collect();
        let [(member_id, fact)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((member_id.as_str(), fact.id.as_str()), ("m1", "s1"));
        assert_eq!(fact.attributes, [(Cow::from("kind"), "explicit".to_owned())]);
        assert!(fact.seen_at > fact.at);
    }
}
