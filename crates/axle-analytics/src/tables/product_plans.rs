//! `product_plans`: which plan users of the product had, and from when on. A line states a user with the plan of that day; when
//! another line states another plan, the one before is kept as what held until then.

use std::sync::Arc;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use datafusion::error::{DataFusionError, Result};

use super::days::batch;
use crate::columns::{column, i64s, instants, micros, u32s};
use crate::view::Tables;

/// A state of a user.
struct State {
    fact: i64,
    seq: i64,
    source: String,
    identity: u32,
    signup_at: Option<i64>,
    read_at: i64,
    plan: String,
}

/// A plan from an instant on. `number` is 1 for the first that is known of the user.
struct Held {
    state: State,
    number: i64,
    at: i64,
}

/// The table: a row for each plan of each user and source, by user, then in order. The first holds from signing up on, any other
/// from when it was read: nobody says when it changed.
pub(crate) fn product_plans(tables: &Tables) -> Result<RecordBatch> {
    let mut held: Vec<Held> = Vec::new();
    for state in states(tables)? {
        let (number, at) = match held.last().filter(|before| before.state.fact == state.fact) {
            Some(before) if before.state.plan == state.plan => continue,
            Some(before) => (before.number + 1, before.at.max(state.read_at)),
            None => (1, state.signup_at.unwrap_or(state.read_at)),
        };
        held.push(Held { state, number, at });
    }
    let numbers = |of: &dyn Fn(&Held) -> i64| -> ArrayRef { Arc::new(held.iter().map(of).collect::<Int64Array>()) };
    let texts = |of: &dyn Fn(&Held) -> String| -> ArrayRef {
        Arc::new(held.iter().map(|one| Some(of(one))).collect::<StringArray>())
    };
    batch(vec![
        ("source", texts(&|one| one.state.source.clone())),
        ("identity_id", numbers(&|one| i64::from(one.state.identity))),
        ("number", numbers(&|one| one.number)),
        ("plan", texts(&|one| one.state.plan.clone())),
        ("at", Arc::new(instants(held.iter().map(|one| Some(one.at))))),
        ("seen_at", Arc::new(instants(held.iter().map(|one| Some(one.state.read_at))))),
    ])
}

/// What was stated of users with a plan, the states of each together, in the order in which they were read.
fn states(tables: &Tables) -> Result<Vec<State>> {
    let Some(files) = tables.known.fact_files.get(&FactKind::PRODUCT_USER.table()) else { return Ok(Vec::new()) };
    let rows = files.read_states(&["signup_at", "plan"]).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let mut states = Vec::new();
    for rows in &rows {
        let (fact, seq, read_at) = (i64s(rows, "fact_id"), i64s(rows, "seq"), i64s(rows, "ingested_at"));
        let (identity, signup_at) = (u32s(rows, "identity"), micros(rows, "signup_at"));
        let text = |name| column(rows, name).as_string::<i32>();
        let (source, plan) = (text("source"), text("plan"));
        let is_told = |row: &usize| plan.is_valid(*row) && identity.is_valid(*row);
        states.extend((0..rows.num_rows()).filter(is_told).map(|row| State {
            fact: fact.value(row),
            seq: seq.value(row),
            source: source.value(row).to_owned(),
            identity: identity.value(row),
            signup_at: signup_at.is_valid(row).then(|| signup_at.value(row)),
            read_at: read_at.value(row),
            plan: plan.value(row).to_owned(),
        }));
    }
    states.sort_by_key(|state| (state.fact, state.seq));
    Ok(states)
}

#[cfg(test)]
mod tests {
    use axle_model::analytics::{Analytics, FactRows};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::{DataFusionAnalytics, QueryLimits};

    /// Three states in a file, one in the tail.
    #[tokio::test]
    async fn a_plan_holds_from_when_it_was_read_and_the_first_from_signing_up() {
        let folder = tempfile::tempdir().unwrap();
        let engine = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
        // User, plan, and when that was read.
        let states = [
            (1, Some("free"), "2026-02-01T00:00:00Z"),
            (2, None, "2026-02-01T00:00:00Z"),
            (1, Some("free"), "2026-03-01T00:00:00Z"),
            (1, Some("team"), "2026-04-01T00:00:00Z"),
        ];
        let facts = |states: &[(i64, Option<&str>, &str)], from: i64| {
            let value = |column: &str, (_, plan, _): &(i64, Option<&str>, &str)| match column {
                "plan" => json!(plan),
                "signup_at" => json!("2026-01-05T00:00:00Z"),
                _ => Value::Null,
            };
            let columns = FactKind::PRODUCT_USER.columns();
            FactRows {
                kind: FactKind::PRODUCT_USER,
                seq: (from..).take(states.len()).collect(),
                fact_id: states.iter().map(|(user, ..)| *user).collect(),
                source: vec!["app".into(); states.len()],
                identity: states.iter().map(|(user, ..)| u32::try_from(*user).ok()).collect(),
                ingested_at: states.iter().map(|(.., at)| at.parse::<Timestamp>().unwrap().as_microsecond()).collect(),
                columns: columns.map(|column| states.iter().map(|one| value(&column.name, one)).collect()).collect(),
            }
        };
        assert!(engine.append_facts(facts(&states[..3], 1), 3).await.unwrap().is_some());
        engine.append_facts(facts(&states[3..], 4), usize::MAX).await.unwrap();
        let query = "select identity_id, number, plan, at, seen_at from product_plans order by 1, 2";
        let found = engine.sql(query, 10, Timestamp::UNIX_EPOCH).await.unwrap();
        let expected = json!([
            [1, 1, "free", "2026-01-05T00:00:00Z", "2026-02-01T00:00:00Z"],
            [1, 2, "team", "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z"],
        ]);
        assert_eq!(json!(found.rows), expected);
    }
}
