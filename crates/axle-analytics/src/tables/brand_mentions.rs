//! `brand_mentions`: what people outside say of us and of others (S12, S87, S88).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::Result;

use super::days::batch;
use super::lexicon::{Brand, brands, has_word};
use crate::columns::{column, instants, micros, u32s};
use crate::directory::{DirectoryIndex, NONE};
use crate::rollup::DayClock;
use crate::view::Tables;

/// Words that say that somebody was paid, as whole words.
const PAID: &[&str] = &["#ad", "#ads", "#advertisement", "#sponsored", "#paid", "#anzeige", "#werbung"];

/// What was said again within a day was not said anew, in microseconds.
const DAY: i64 = 24 * 3600 * 1_000_000;

const COLUMNS: &[&str] = &["mention_id", "at", "channel", "text", "reach", "paid", "repost_of"];

#[derive(Debug)]
struct Mention {
    /// Its source, and its id there.
    key: String,
    at: i64,
    channel: Option<String>,
    author: Option<u32>,
    words: String,
    /// How many could see it, where the source says so.
    reach: Option<i64>,
    is_paid: bool,
    is_repost: bool,
}

/// The table: a row for each mention and brand that it names; of a mention that names none, one that is ours, since it
/// was collected as ours, with `is_named` false. Without those of teammates, bots, and accounts that bear a brand's name.
/// `mention` is its source and its id there.
pub(crate) fn brand_mentions(tables: &Tables) -> Result<RecordBatch> {
    let brands = brands(tables)?;
    let directory = &*tables.known.directory;
    let mut mentions = mentions(tables)?;
    let owned = owned_accounts(directory, &brands, &mentions);
    let mut clock = DayClock::new(&directory.zone);
    mentions.retain(|mention| {
        mention
            .author
            .is_none_or(|author| directory.kind(author, clock.day(mention.at)) == "member" && !owned.contains(&author))
    });
    type Row<'a> = (usize, Option<&'a Brand>);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (number, mention) in mentions.iter().enumerate() {
        let before = rows.len();
        let named = brands.iter().filter(|brand| brand.is_named(&mention.words, mention.at));
        rows.extend(named.map(|brand| (number, Some(brand))));
        if rows.len() == before {
            rows.push((number, None));
        }
    }
    let of = |row: &Row<'_>| &mentions[row.0];
    let flag = |value: &dyn Fn(&Row<'_>) -> bool| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(value(row))).collect::<BooleanArray>())
    };
    batch(vec![
        ("mention", Arc::new(rows.iter().map(|row| Some(of(row).key.as_str())).collect::<StringArray>())),
        ("at", Arc::new(instants(rows.iter().map(|row| Some(of(row).at))))),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| clock.day(of(row).at))))),
        ("channel", Arc::new(rows.iter().map(|row| of(row).channel.as_deref()).collect::<StringArray>())),
        ("author", Arc::new(rows.iter().map(|row| of(row).author).collect::<UInt32Array>())),
        ("brand", Arc::new(rows.iter().map(|row| row.1.map(|brand| brand.name.as_str())).collect::<StringArray>())),
        ("words", Arc::new(rows.iter().map(|row| Some(of(row).words.as_str())).collect::<StringArray>())),
        ("reach", Arc::new(rows.iter().map(|row| of(row).reach).collect::<Int64Array>())),
        ("is_own", flag(&|row| row.1.is_none_or(|brand| brand.is_own))),
        ("is_named", flag(&|row| row.1.is_some())),
        ("is_paid", flag(&|row| of(row).is_paid)),
        ("is_repost", flag(&|row| of(row).is_repost)),
    ])
}

/// Mentions in the order of time.
fn mentions(tables: &Tables) -> Result<Vec<Mention>> {
    let directory = &*tables.known.directory;
    let mut mentions = Vec::new();
    for rows in tables.facts(FactKind::MENTION, COLUMNS)? {
        let (at, identity) = (micros(&rows, "at"), u32s(&rows, "identity"));
        let text = |name: &str, row: usize| {
            let texts = column(&rows, name).as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row))
        };
        let paid = column(&rows, "paid").as_boolean();
        let reach = column(&rows, "reach").as_primitive::<Int64Type>();
        for row in (0..rows.num_rows()).filter(|row| at.is_valid(*row)) {
            let words = text("text", row).unwrap_or_default().to_lowercase();
            let member = if identity.is_valid(row) { directory.member_of(identity.value(row)) } else { NONE };
            let [source, id] = ["source", "mention_id"].map(|name| text(name, row).unwrap_or_default());
            mentions.push(Mention {
                key: format!("{source}/{id}"),
                at: at.value(row),
                channel: text("channel", row).map(str::to_owned),
                author: (member != NONE).then_some(member),
                reach: reach.is_valid(row).then(|| reach.value(row)),
                is_paid: (paid.is_valid(row) && paid.value(row)) || PAID.iter().any(|mark| has_word(&words, mark)),
                is_repost: text("repost_of", row).is_some_and(|original| !original.is_empty()),
                words: words.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
    }
    mentions.sort_by(|a, b| (a.at, &a.words, &a.key).cmp(&(b.at, &b.words, &b.key)));
    let mut said: HashMap<String, i64> = HashMap::new();
    for mention in mentions.iter_mut().filter(|mention| !mention.words.is_empty()) {
        let before = said.insert(mention.words.clone(), mention.at);
        mention.is_repost |= before.is_some_and(|before| mention.at - before <= DAY);
    }
    Ok(mentions)
}

/// Authors who go by a brand's name: they speak for it.
fn owned_accounts(directory: &DirectoryIndex, brands: &[Brand], mentions: &[Mention]) -> HashSet<u32> {
    let names: Vec<String> = brands.iter().map(|brand| brand.name.to_lowercase()).collect();
    let is_brand = |author: &u32| {
        directory.member(*author).is_some_and(|member| names.contains(&member.name.trim().to_lowercase()))
    };
    mentions.iter().filter_map(|mention| mention.author).filter(is_brand).collect()
}
