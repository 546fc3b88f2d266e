//! How a figure came to be (convention C14).

use std::collections::{BTreeMap, HashMap};

use axle_model::interchange::FactKind;
use axle_model::kpi::{KpiDefinition, KpiRequest, Receipt};
use axle_model::time::{LocalDay, date_of_day};

use crate::directory::NONE;
use crate::folds::Fold;
use crate::periods::Periods;
use crate::state::Known;
use crate::tables;
use crate::tables::days::Flags;
use crate::view::{Tables, View};

/// The receipt of an evaluation. `day` is the SQL for the local day of a row, where rows have one. The window is that of the whole periods that the points stand for.
#[expect(clippy::too_many_arguments, reason = "everything that an evaluation knows, used once")]
pub(crate) fn receipt(
    view: &View,
    kpi: &KpiDefinition,
    fold: &Fold,
    request: &KpiRequest,
    periods: &Periods,
    sql: String,
    day: Option<&str>,
    missing: Vec<String>,
) -> Receipt {
    let days = fold.first_day(periods)..periods.days.end;
    let reads = reads(&view.tables, &kpi.rows);
    let (included, excluded) = if reads.iter().any(|table| is_of_activities(table)) {
        counts(&view.tables, &days)
    } else {
        Default::default()
    };
    let (from, to) = (date_of_day(days.start), date_of_day(days.end));
    let condition = request
        .filter
        .as_deref()
        .map_or_else(String::new, |filter| format!(" -- where {}", filter.replace(['\n', '\r'], " ")));
    let rows_query = match day {
        Some(day) => format!("select * from ({sql}) where {day} >= date '{from}' and {day} < date '{to}'{condition}"),
        None => format!("{sql}{condition}"),
    };
    Receipt {
        definition: kpi.question.clone(),
        fold: fold.describe(),
        rows_query,
        sql,
        from,
        to,
        as_of: request.as_of,
        time_zone: view.tables.known.directory.zone.iana_name().unwrap_or("UTC").to_owned(),
        included,
        excluded,
        reads,
        caveats: kpi.caveats.iter().cloned().chain(missing).collect(),
    }
}

/// Tables whose rows are people and places, and what follows from facts alone.
const OF_NO_ACTIVITIES: [&str; 12] = [
    "activity_types",
    "affiliations",
    "brand_mentions",
    "channels",
    "customer_spells",
    "identities",
    "members",
    "organizations",
    "renewals",
    "sales_calls",
    "sessions",
    "threads",
];

/// Whether a table's rows are activities, or follow from them.
fn is_of_activities(table: &str) -> bool {
    FactKind::of_table(table).is_none() && !OF_NO_ACTIVITIES.contains(&table)
}

/// The tables that a statement names, those of kept queries in their place, by name.
fn reads(tables: &Tables, sql: &str) -> Vec<String> {
    let known = tables::names(tables);
    let (mut found, mut statements) = (Vec::new(), vec![sql]);
    while let Some(sql) = statements.pop() {
        let words =
            sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| known.iter().any(|name| name == word));
        for word in words.map(str::to_owned).collect::<std::collections::BTreeSet<_>>() {
            if found.contains(&word) {
                continue;
            }
            statements.extend(tables::queries::named(&word).map(tables::queries::Query::sql));
            found.push(word);
        }
    }
    found.retain(|name| tables::queries::named(name).is_none());
    found.sort();
    found
}

/// Why activities do not count, in the order in which a reason is looked for.
const REASONS: [&str; 4] = ["product", "bot", "teammate", "weight 0"];

/// Activities of one local day: those that count, and those that do not by the first reason that holds.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    included: u64,
    left_out: [u64; 4],
}

/// Of every day on which somebody did something.
pub(crate) fn tally(known: &Known) -> BTreeMap<LocalDay, Tally> {
    let directory = &known.directory;
    let mut by_day: HashMap<LocalDay, Tally> = HashMap::new();
    for row in known.days.iter().filter(|row| directory.member_of(row.identity) != NONE) {
        let Flags { is_product, is_bot, is_teammate, is_counted } = Flags::of(row, directory);
        let holds = [is_product, is_bot, is_teammate, !is_counted];
        let tally = by_day.entry(row.day).or_default();
        match holds.iter().position(|holds| *holds) {
            Some(reason) => tally.left_out[reason] += u64::from(row.count),
            None => tally.included += u64::from(row.count),
        }
    }
    by_day.into_iter().collect()
}

/// Activities of the days that count, and those that do not by reason.
fn counts(tables: &Tables, days: &std::ops::Range<LocalDay>) -> (u64, BTreeMap<String, u64>) {
    let mut excluded = BTreeMap::new();
    let gone: u64 = tables.known.gone_by_day.range(days.clone()).map(|(_, count)| count).sum();
    if gone > 0 {
        excluded.insert("superseded".to_owned(), gone);
    }
    let (mut included, mut left_out) = (0, [0; 4]);
    for (_, tally) in tables.tally().range(days.clone()) {
        included += tally.included;
        left_out.iter_mut().zip(tally.left_out).for_each(|(sum, count)| *sum += count);
    }
    let named = REASONS.iter().zip(left_out).filter(|(_, count)| *count > 0);
    excluded.extend(named.map(|(reason, count)| ((*reason).to_owned(), count)));
    (included, excluded)
}
