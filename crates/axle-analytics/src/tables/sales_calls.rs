//! `sales_calls`: connected sales calls, and whether the prospect named us first (S81).

use std::sync::Arc;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::error::Result;
use serde_json::Value;

use super::days::batch;
use super::lexicon::{Brand, brands};
use crate::columns::{column, instants, micros, u32s};
use crate::directory::NONE;
use crate::rollup::DayClock;
use crate::view::Tables;

/// A shorter call is no conversation, in seconds of talk.
const LEAST_TALK: f64 = 30.0;

const COLUMNS: &[&str] = &["call_id", "called_at", "kind", "status", "talk_seconds", "tags", "turns"];

/// What one speaker says in one go.
#[derive(Debug)]
struct Turn {
    is_ours: bool,
    is_named: bool,
    is_silent: bool,
}

/// What is known of a call.
#[derive(Debug, Default)]
struct Call {
    source: String,
    call_id: String,
    at: i64,
    has_transcript: bool,
    is_unprompted: bool,
    is_unprompted_after_greeting: bool,
}

/// The table: a row for each answered sales call of half a minute and more that is none among ourselves.
/// `has_transcript`: with at least one turn of the prospect. `is_unprompted`: a prospect named us before anybody of ours
/// did; `is_unprompted_after_greeting`: the same, without our first turn.
pub(crate) fn sales_calls(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    let own: Vec<Brand> = brands(tables)?.into_iter().filter(|brand| brand.is_own).collect();
    let mut clock = DayClock::new(&directory.zone);
    let mut calls = Vec::new();
    for rows in tables.facts(FactKind::CALL, COLUMNS)? {
        let (at, identity) = (micros(&rows, "called_at"), u32s(&rows, "identity"));
        let talk = column(&rows, "talk_seconds").as_primitive::<Float64Type>();
        let text = |name: &str, row: usize| {
            let texts = column(&rows, name).as_string::<i32>();
            if texts.is_valid(row) { texts.value(row) } else { "" }
        };
        for row in (0..rows.num_rows()).filter(|row| at.is_valid(*row)) {
            let is_sale = text("kind", row) == "sales" && text("status", row) == "answered";
            let member = if identity.is_valid(row) { directory.member_of(identity.value(row)) } else { NONE };
            let is_internal = member != NONE && directory.kind(member, clock.day(at.value(row))) != "member";
            if is_sale && talk.is_valid(row) && talk.value(row) >= LEAST_TALK && !is_internal {
                let is_redacted = text("tags", row).to_lowercase().contains("redacted");
                let turns = if is_redacted { Vec::new() } else { turns(text("turns", row), &own, at.value(row)) };
                let [source, call_id] = ["source", "call_id"].map(|name| text(name, row).to_owned());
                calls.push(Call { source, call_id, at: at.value(row), ..told(&turns) });
            }
        }
    }
    let flag = |value: fn(&Call) -> bool| -> ArrayRef {
        Arc::new(calls.iter().map(|call| Some(value(call))).collect::<BooleanArray>())
    };
    let texts = |value: fn(&Call) -> &str| -> ArrayRef {
        Arc::new(calls.iter().map(|call| Some(value(call))).collect::<StringArray>())
    };
    batch(vec![
        ("source", texts(|call| &call.source)),
        ("call_id", texts(|call| &call.call_id)),
        ("at", Arc::new(instants(calls.iter().map(|call| Some(call.at))))),
        ("has_transcript", flag(|call| call.has_transcript)),
        ("is_unprompted", flag(|call| call.is_unprompted)),
        ("is_unprompted_after_greeting", flag(|call| call.is_unprompted_after_greeting)),
    ])
}

/// Turns in the order in which they begin, else in that of the list. What a machine says, we say.
fn turns(text: &str, own: &[Brand], at: i64) -> Vec<Turn> {
    let Ok(Value::Array(mut items)) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    if items.iter().all(|item| item["start"].is_number()) {
        let start = |item: &Value| item["start"].as_f64().unwrap_or(0.0);
        items.sort_by(|a, b| start(a).total_cmp(&start(b)));
    }
    let turn = |item: &Value| {
        let words = item["text"].as_str().unwrap_or_default().to_lowercase();
        Turn {
            is_ours: item["speaker"].as_str() != Some("prospect"),
            is_named: own.iter().any(|brand| brand.is_named(&words, at)),
            is_silent: words.trim().is_empty(),
        }
    };
    items.iter().map(turn).collect()
}

/// What the turns of a call tell of it.
fn told(turns: &[Turn]) -> Call {
    let is_unprompted = |turns: &[&Turn]| turns.iter().find(|turn| turn.is_named).is_some_and(|turn| !turn.is_ours);
    let greeting = turns.iter().position(|turn| turn.is_ours);
    let after: Vec<&Turn> =
        turns.iter().enumerate().filter(|(index, _)| Some(*index) != greeting).map(|(_, turn)| turn).collect();
    Call {
        has_transcript: turns.iter().any(|turn| !turn.is_ours && !turn.is_silent),
        is_unprompted: is_unprompted(&turns.iter().collect::<Vec<_>>()),
        is_unprompted_after_greeting: is_unprompted(&after),
        ..Call::default()
    }
}
