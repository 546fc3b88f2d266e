//! `deal_doings` and `attributed`: what contacts of won deals did before, and how the deals' value is divided among all
//! that touched them (S111). What stands beside this file as SQL finds the people and the touches.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::attribution::{HALF_LIFE_DAYS, Model, Path, attribute};
use axle_model::time::local_day;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::{DataFusionError, Result};
use serde_json::Value;

use super::days::batch;
use crate::columns::{column, i64s, instants, micros, u8s, u32s};
use crate::rollup::{TYPE_WEIGHT, is_gone, timestamp};
use crate::view::Tables;

/// Member, local day, channel, campaign and piece of content.
type Doing = (u32, i32, u32, Option<String>, Option<String>);

/// What the members in `rows` did as members: the first time on each day, in each channel, for each campaign and piece of
/// content. Visits are left out, since they are facts of their own.
pub(crate) fn doings(rows: RecordBatch, tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    let directory = &known.directory;
    let members = u32s(&rows, "member").iter().flatten();
    let people: HashMap<u32, u32> =
        members.flat_map(|member| directory.identities_of(member).map(move |identity| (identity, member))).collect();
    let mut first: BTreeMap<Doing, i64> = BTreeMap::new();
    let columns = ["seq", "identity", "channel", "activity_type", "occurred_at", "weight", "properties"];
    let wanted = |identity: Option<u32>| identity.is_some_and(|identity| people.contains_key(&identity));
    let read = known.rows.read_where(&columns, "identity", wanted, |rows| {
        let (seq, identity, at) = (i64s(rows, "seq"), u32s(rows, "identity"), micros(rows, "occurred_at"));
        let (channel, kind, weight) = (u32s(rows, "channel"), u32s(rows, "activity_type"), u8s(rows, "weight"));
        let properties = column(rows, "properties").as_string::<i32>();
        for row in 0..rows.num_rows() {
            let Some(member) = people.get(&identity.value(row)) else { continue };
            let info = directory.activity_type(kind.value(row));
            let own = if weight.is_valid(row) { weight.value(row) } else { TYPE_WEIGHT };
            let counts =
                directory.weight(kind.value(row), own) >= 1 && !info.is_product && !info.flags.has(Flags::VISIT);
            let at = at.value(row);
            let day = local_day(timestamp(at), &directory.zone);
            let is_known = at <= known.as_of && !is_gone(&known.rows.gone, seq.value(row));
            if counts && is_known && directory.kind(*member, day) == "member" {
                let (campaign, content) =
                    if properties.is_valid(row) { said(properties.value(row)) } else { (None, None) };
                let doing = (*member, day, channel.value(row), campaign, content);
                first.entry(doing).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
        }
    });
    read.map_err(|error| DataFusionError::External(Box::new(error)))?;
    let numbers = |value: &dyn Fn(&Doing) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(first.keys().map(value)))
    };
    let texts = |value: &dyn Fn(&Doing) -> Option<String>| -> ArrayRef {
        Arc::new(first.keys().map(value).collect::<StringArray>())
    };
    batch(vec![
        ("member", numbers(&|(member, ..)| *member)),
        ("at", Arc::new(instants(first.values().map(|at| Some(*at))))),
        ("channel", numbers(&|(_, _, channel, ..)| *channel)),
        ("campaign", texts(&|(_, _, _, campaign, _)| campaign.clone())),
        ("content", texts(&|(.., content)| content.clone())),
    ])
}

/// Campaign, and the piece of content that it was done on.
fn said(properties: &str) -> (Option<String>, Option<String>) {
    if !properties.contains("\"campaign\"") && !properties.contains("\"object\"") {
        return (None, None);
    }
    let Ok(properties) = serde_json::from_str::<Value>(properties) else { return (None, None) };
    let text = |value: Option<&Value>| Some(value?.as_str()?.to_owned());
    let object = properties.get("object").filter(|object| object.get("kind").is_some_and(|kind| kind == "content"));
    (text(properties.get("campaign")), text(object.and_then(|object| object.get("id"))))
}

/// A row for each deal, model and touch that gets a part of the value. `rows` are touches by deal, then instant; a deal that
/// nothing touched stands there once, and goes to nothing.
pub(crate) fn attributed(rows: RecordBatch, _: &Tables) -> Result<RecordBatch> {
    let deal = column(&rows, "deal").as_string::<i32>();
    let (at, value) = (micros(&rows, "at"), column(&rows, "value").as_primitive::<Int64Type>());
    let (lead, begun, closed) = (micros(&rows, "lead_at"), micros(&rows, "created_at"), micros(&rows, "closed_at"));
    let (mut taken, mut models, mut parts): (Vec<u32>, Vec<&str>, Vec<i64>) = (Vec::new(), Vec::new(), Vec::new());
    let mut start = 0;
    while start < rows.num_rows() {
        let end = (start..rows.num_rows()).find(|row| deal.value(*row) != deal.value(start)).unwrap_or(rows.num_rows());
        let touches: Vec<i64> = (start..end).filter(|row| at.is_valid(*row)).map(|row| at.value(row)).collect();
        let path = Path {
            touches: &touches,
            lead_at: lead.is_valid(start).then(|| lead.value(start)),
            deal_at: begun.value(start),
            converted_at: closed.value(start),
        };
        for model in Model::ALL {
            let shares = match path.counted() {
                0 => vec![value.value(start)],
                _ => attribute(value.value(start), model, &path, HALF_LIFE_DAYS),
            };
            for (row, part) in (start..end).zip(shares).filter(|(_, part)| *part != 0) {
                taken.push(row as u32);
                models.push(model.name());
                parts.push(part);
            }
        }
        start = end;
    }
    let taken = UInt32Array::from(taken);
    let kept =
        ["deal", "day", "closed_at", "currency", "converted_by", "at", "touch", "channel", "campaign", "content"];
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for name in kept {
        columns.push((name, take(column(&rows, name), &taken, None)?));
    }
    columns.push(("model", Arc::new(StringArray::from(models))));
    columns.push(("value", Arc::new(Int64Array::from(parts))));
    batch(columns)
}
