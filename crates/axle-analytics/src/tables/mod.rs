//! Tables that SQL sees: those of the KPI definitions, and the public ones of `axle sql`.

pub(crate) mod activities;
pub(crate) mod attributed;
pub(crate) mod brand_mentions;
pub(crate) mod connections;
pub(crate) mod conversations;
pub(crate) mod customer_spells;
pub(crate) mod days;
pub(crate) mod facts;
pub(crate) mod internal;
pub(crate) mod layer_moves;
pub(crate) mod lexicon;
pub(crate) mod moods;
pub(crate) mod motions;
pub(crate) mod moves;
pub(crate) mod next_active;
pub(crate) mod people;
pub(crate) mod places;
pub(crate) mod product;
pub(crate) mod product_days;
pub(crate) mod queries;
pub(crate) mod sales_calls;
pub(crate) mod scores;
pub(crate) mod sessions;
pub(crate) mod thread_walk;
pub(crate) mod threads;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;

use crate::view::Tables;

/// Makes a table from what is known.
pub(crate) type Make = fn(&Tables) -> Result<RecordBatch>;

const MADE: &[(&str, Make)] = &[
    ("all_days", |tables| days::all_days(&tables.known.days, &tables.known.directory)),
    ("member_days", |tables| days::member_days(&tables.known.days, &tables.known.directory)),
    ("member_firsts", |tables| days::member_firsts(&tables.must("member_days")?)),
    ("affiliated_days", |tables| days::affiliated_days(&tables.must("member_days")?, &tables.known.directory)),
    ("member_moves", |tables| moves::member_moves(&tables.must("member_days")?, &tables.known.directory)),
    ("layer_moves", layer_moves::layer_moves),
    ("teammate_spans", internal::teammate_spans),
    ("internal_connections", internal::internal_connections),
    ("product_days", product_days::product_days),
    ("sessions", sessions::sessions),
    ("brand_mentions", brand_mentions::brand_mentions),
    ("sales_calls", sales_calls::sales_calls),
    ("customer_spells", customer_spells::customer_spells),
    ("renewals", customer_spells::renewals),
    ("activity_types", |tables| places::activity_types(&tables.known.directory)),
    ("moods", moods::moods),
    ("thread_facts", threads::thread_facts),
    ("questions", threads::questions),
    ("replies", threads::replies),
    ("responses", threads::responses),
    ("thread_reads", threads::thread_reads),
    ("thread_names", |tables| places::thread_names(&tables.known.directory)),
    ("connections", connections::connections),
    ("identities", |tables| people::identities(&tables.known.directory)),
    ("members", people::members),
    ("affiliations", |tables| people::affiliations(&tables.known.directory)),
    ("organizations", |tables| places::organizations(&tables.known.directory)),
    ("channels", |tables| places::channels(&tables.known.directory)),
    ("threads", |tables| places::threads(&tables.known.directory)),
    ("sign_ups", product::sign_ups),
    ("feature_days", product::feature_days),
    ("flywheel_runs", |_| motions::empty("flywheel_runs")),
    ("flywheel_visits", |_| motions::empty("flywheel_visits")),
    ("flywheel_evidence", |_| motions::empty("flywheel_evidence")),
];

/// How to make a table; `None` when there is none of that name.
pub(crate) fn maker(name: &str) -> Option<Make> {
    MADE.iter().find(|(known, _)| *known == name).map(|(_, make)| *make)
}

/// The columns by which the rows of a table lie, where that is of use: what is grouped by the first of them is summed up
/// row after row.
pub(crate) fn order(name: &str) -> &'static [&'static str] {
    if ["all_days", "member_days"].contains(&name) { &["member", "day"] } else { &[] }
}

/// Names of all tables, for `show tables`.
pub(crate) fn names(tables: &Tables) -> Vec<String> {
    let made = MADE.iter().map(|(name, _)| (*name).to_owned());
    made.chain(["activities".to_owned()]).chain(queries::names()).chain(facts::names(tables)).collect()
}

/// Whether the application may not hand over a table of that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    let is_replaceable = ["organizations", "affiliations"].contains(&name) || motions::columns(name).is_some();
    name == "activities"
        || queries::named(name).is_some()
        || (MADE.iter().any(|(known, _)| *known == name) && !is_replaceable)
}
