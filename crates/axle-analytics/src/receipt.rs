//! How a figure came to be (convention C14).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use axle_model::kpi::{KpiDefinition, KpiRequest, Receipt, TableRows};
use axle_model::time::{LocalDay, date_of_day};

use crate::counts;
use crate::directory::NONE;
use crate::folds::Fold;
use crate::known::Known;
use crate::periods::Periods;
use crate::rollup::{DayClock, is_gone};
use crate::tables::days::Flags;
use crate::view::{Tables, View};

/// The receipt of an evaluation. The window holds all days whose rows the points are made of.
pub(crate) fn receipt(
    view: &View,
    kpi: &KpiDefinition,
    fold: &Fold,
    request: &KpiRequest,
    periods: &Periods,
    sql: String,
    missing: Vec<String>,
) -> Receipt {
    let days = fold.days(periods);
    let (first, last) = (days.first().unwrap_or(&periods.days), days.last().unwrap_or(&periods.days));
    // A statement that ran can be read; the figure does not depend on it.
    let (reads, bases) = counts::reads(view, &sql).map(|reads| (reads.tables(), reads.bases())).unwrap_or_default();
    let said = counted_activity(kpi, &reads).into_iter().chain(by_stays(kpi, &reads));
    let caveats = kpi.caveats.iter().cloned().chain(said).chain(missing).collect();
    let (from, to) = (date_of_day(first.start), date_of_day(last.end));
    Receipt {
        definition: kpi.question.clone(),
        fold: fold.describe(),
        rows_command: rows_command(kpi, request),
        sql,
        from,
        to,
        as_of: request.as_of,
        time_zone: view.tables.known.directory.zone.iana_name().unwrap_or("UTC").to_owned(),
        business_hours: counts_business_time(&kpi.rows)
            .then(|| view.tables.known.directory.directory.business_hours.to_string()),
        rates: Vec::new(),
        revisions: Vec::new(),
        included: None,
        excluded: BTreeMap::new(),
        reads,
        bases: bases.into_iter().collect(),
        tables: Vec::new(),
        caveats,
    }
}

/// Tables that hold nothing but counted activity: `member_days`, and what is made from it alone.
const COUNTED: [&str; 4] = ["member_days", "member_firsts", "affiliated_days", "member_moves"];

/// What activity is in a figure that is made from counted activity (conventions C3, C4 and C13), unless the definition says it.
fn counted_activity(kpi: &KpiDefinition, reads: &[String]) -> Option<String> {
    const WEIGHT: &str = "of weight 1 and more";
    let is_said = kpi.caveats.iter().any(|caveat| caveat.contains(WEIGHT));
    let is_made = reads.iter().any(|table| COUNTED.contains(&table.as_str()));
    let who = "by members who are neither bots nor teammates on that day";
    (is_made && !is_said).then(|| format!("What counts is activity {WEIGHT}, {who}; use of the product does not."))
}

/// Tables that say who is at which organization.
const PLACES: [&str; 3] = ["affiliations", "affiliated_days", "stays"];

/// Who is where is told as it is known now, and of an address it is known from its use (decision record 71).
fn by_stays(kpi: &KpiDefinition, reads: &[String]) -> Option<String> {
    let reads = |table: &str| reads.iter().any(|read| read == table);
    let mut words = kpi.rows.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let asks = kpi.dimensions.iter().any(|dimension| dimension == "organization")
        || kpi.rows.contains("organization_on(")
        || PLACES.into_iter().any(reads)
        || (reads("member_days") && words.any(|word| word == "organization"));
    let told = "By an e-mail address alone, a stay at its organization goes by when somebody was active: activity that comes \
        later may move answers as of earlier instants.";
    asks.then(|| told.to_owned())
}

/// What lists the rows that the figure is made of: unlike `axle sql` it knows the condition and the instant.
fn rows_command(kpi: &KpiDefinition, request: &KpiRequest) -> String {
    let KpiRequest { from, to, grain, filter, as_of, .. } = request;
    let condition = filter.as_deref().filter(|filter| !filter.trim().is_empty());
    let condition = condition.map(|filter| format!(" --where '{}'", filter.replace('\'', r"'\''"))).unwrap_or_default();
    format!("axle kpi rows {} --from {from} --to {to} --grain {}{condition} --as-of {as_of}", kpi.id, grain.name())
}

/// Whether rows follow from when somebody is at work: by its functions, or by when steps of flywheels were due.
fn counts_business_time(rows: &str) -> bool {
    ["business_seconds", "business_days", "flywheel_visits"].iter().any(|name| rows.contains(name))
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

/// Activities of these days that were deleted by the instant asked as of.
fn deleted(known: &Known, days: &[Range<LocalDay>]) -> u64 {
    let mut clock = DayClock::new(&known.directory.zone);
    let there =
        known.deleted.iter().filter(|(seq, one)| one.occurred_at <= known.as_of && is_gone(&known.rows.gone, *seq));
    let mut is_within = |at| {
        let day = clock.day(at);
        days.iter().any(|days| days.contains(&day))
    };
    there.filter(|(_, one)| is_within(one.occurred_at)).count() as u64
}

/// Activities of these days: those that count, and those that do not by reason.
pub(crate) fn activities(tables: &Tables, days: &[Range<LocalDay>]) -> TableRows {
    let mut excluded = BTreeMap::new();
    let gone_by_day = &tables.known.gone_by_day;
    let gone: u64 = days.iter().flat_map(|days| gone_by_day.range(days.clone())).map(|(_, count)| count).sum();
    if gone > 0 {
        excluded.insert("superseded".to_owned(), gone);
    }
    let deleted = deleted(&tables.known, days);
    if deleted > 0 {
        excluded.insert("deleted".to_owned(), deleted);
    }
    let (mut included, mut left_out) = (0, [0; 4]);
    for (_, tally) in days.iter().flat_map(|days| tables.tally().range(days.clone())) {
        included += tally.included;
        left_out.iter_mut().zip(tally.left_out).for_each(|(sum, count)| *sum += count);
    }
    let named = REASONS.iter().zip(left_out).filter(|(_, count)| *count > 0);
    excluded.extend(named.map(|(reason, count)| ((*reason).to_owned(), count)));
    let rows = included + excluded.values().sum::<u64>();
    TableRows { table: "activities".to_owned(), rows, included, excluded }
}
