//! Tables that SQL sees: those of the KPI definitions, and the public ones of `axle sql`.

pub(crate) mod activities;
pub(crate) mod attributed;
pub(crate) mod brand_mentions;
pub(crate) mod connections;
pub(crate) mod conversations;
pub(crate) mod customer_spells;
pub(crate) mod days;
pub(crate) mod facts;
pub(crate) mod feedback_moods;
pub(crate) mod held_roles;
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
pub(crate) mod product_plans;
pub(crate) mod queries;
pub(crate) mod sales_calls;
pub(crate) mod scores;
pub(crate) mod sessions;
pub(crate) mod stays;
pub(crate) mod thread_walk;
pub(crate) mod threads;

use std::collections::BTreeSet;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;

use crate::view::Tables;

/// Makes a table from what is known.
pub(crate) type Make = fn(&Tables) -> Result<RecordBatch>;

const MADE: &[(&str, Make)] = &[
    ("all_days", |tables| days::all_days(&tables.known.days, &tables.known.directory)),
    ("member_days", |tables| days::member_days(&tables.known.days, &tables.known.directory)),
    ("member_firsts", |tables| days::member_firsts(&tables.must("member_days")?, &tables.known.directory)),
    ("affiliated_days", |tables| days::affiliated_days(&tables.must("member_days")?, &tables.known.directory)),
    ("member_moves", |tables| moves::member_moves(&tables.must("member_days")?, &tables.known.directory)),
    ("layer_moves", layer_moves::layer_moves),
    ("teammate_spans", internal::teammate_spans),
    ("internal_connections", internal::internal_connections),
    ("product_days", product_days::product_days),
    ("product_plans", product_plans::product_plans),
    ("sessions", sessions::sessions),
    ("brand_mentions", brand_mentions::brand_mentions),
    ("sales_calls", sales_calls::sales_calls),
    ("customer_spells", customer_spells::customer_spells),
    ("held_roles", held_roles::held_roles),
    ("renewals", customer_spells::renewals),
    ("activity_types", |tables| places::activity_types(&tables.known.directory)),
    ("moods", moods::moods),
    ("feedback_moods", feedback_moods::feedback_moods),
    ("thread_facts", threads::thread_facts),
    ("questions", threads::questions),
    ("replies", threads::replies),
    ("responses", threads::responses),
    ("thread_reads", threads::thread_reads),
    ("thread_names", |tables| places::thread_names(&tables.known.directory)),
    ("connections", connections::connections),
    ("identities", |tables| people::identities(&tables.known.directory)),
    ("members", people::members),
    ("member_tags", |tables| people::member_tags(&tables.known.directory)),
    ("affiliations", |tables| stays::affiliations(&tables.known)),
    ("stays", |tables| stays::stays(&tables.known)),
    ("deal_contacts", stays::deal_contacts),
    ("organizations", |tables| places::organizations(&tables.known.directory)),
    ("channels", |tables| places::channels(&tables.known.directory)),
    ("threads", |tables| places::threads(&tables.known.directory)),
    ("sign_ups", product::sign_ups),
    ("feature_days", product::feature_days),
    ("flywheel_runs", |_| motions::empty("flywheel_runs")),
    ("flywheel_visits", |_| motions::empty("flywheel_visits")),
    ("flywheel_evidence", |_| motions::empty("flywheel_evidence")),
];

/// What tables and table functions are made from, beside who is who and who is where. A table that is not here is made from
/// nothing else: facts as they are stated, people and places, what is handed over whole.
const MADE_FROM: &[(&str, &[&str])] = &[
    ("all_days", &["activities"]),
    ("member_days", &["activities"]),
    ("member_firsts", &["activities"]),
    ("affiliated_days", &["activities"]),
    ("member_moves", &["activities"]),
    ("layer_moves", &["activities", "consents"]),
    ("teammate_spans", &["teammates"]),
    ("internal_connections", &["activities"]),
    ("product_days", &["product_events"]),
    ("product_plans", &["product_users"]),
    ("sessions", &["visits"]),
    ("brand_mentions", &["mentions", "brands"]),
    ("sales_calls", &["calls", "brands"]),
    ("customer_spells", &["subscriptions", "deals", "accounts", "product_users", "product_events"]),
    ("renewals", &["subscriptions", "deals", "accounts", "product_users", "product_events"]),
    ("held_roles", &["roles"]),
    ("moods", &["activities"]),
    ("feedback_moods", &["feedback", "activities"]),
    ("deal_contacts", &["deals"]),
    ("thread_facts", &["activities"]),
    ("questions", &["activities"]),
    ("replies", &["activities"]),
    ("responses", &["activities", "content"]),
    ("thread_reads", &["activities"]),
    ("connections", &["activities"]),
    ("sign_ups", &["product_users", "product_events", "activities"]),
    ("feature_days", &["product_events"]),
    ("scores", &["member_days"]),
    ("gauges", &["member_days"]),
    ("layer_flow", &["layer_moves"]),
    ("product_uses", &["sign_ups", "feature_days", "all_days"]),
    ("periods", &[]),
    ("meetings", &["activities"]),
];

/// What a table or table function is made from, one step back; nothing where it is stated so.
pub(crate) fn made_from(name: &str) -> &'static [&'static str] {
    MADE_FROM.iter().find(|(known, _)| *known == name).map_or(&[], |(_, from)| from)
}

/// Adds the tables that hold what a table is made from in the end: activities, facts, what is handed over.
pub(crate) fn bases(name: &str, found: &mut BTreeSet<String>) {
    if queries::named(name).is_some() || name == "periods" {
        return;
    }
    match made_from(name) {
        [] => drop(found.insert(name.to_owned())),
        from => from.iter().for_each(|from| bases(from, found)),
    }
}

/// Whether a name is that of a table function.
pub(crate) fn is_function(name: &str) -> bool {
    name == "meetings" || scores::FUNCTIONS.iter().any(|(known, _)| *known == name)
}

/// How to make a table; `None` when there is none of that name.
pub(crate) fn maker(name: &str) -> Option<Make> {
    MADE.iter().find(|(known, _)| *known == name).map(|(_, make)| *make)
}

/// The columns by which the rows of a table lie, where that is of use: what is grouped by the first of them is summed up
/// row after row.
pub(crate) fn order(name: &str) -> &'static [&'static str] {
    if ["all_days", "member_days"].contains(&name) { &["member", "day"] } else { &[] }
}

/// Names of the tables that are made of others or of the directory.
pub(crate) fn made() -> impl Iterator<Item = String> {
    MADE.iter().map(|(name, _)| (*name).to_owned())
}

/// Names of all tables, for `show tables`.
pub(crate) fn names(tables: &Tables) -> Vec<String> {
    made().chain(["activities".to_owned()]).chain(queries::names()).chain(facts::names(tables)).collect()
}

/// Names of the tables that there always are, in order.
pub(crate) fn always() -> BTreeSet<String> {
    made()
        .chain(["activities".to_owned()])
        .chain(queries::names())
        .chain(FactKind::tables().map(FactKind::table))
        .collect()
}

/// Whether the application may not hand over a table of that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    let is_replaceable = name == "organizations" || motions::columns(name).is_some();
    name == "activities"
        || queries::named(name).is_some()
        || (MADE.iter().any(|(known, _)| *known == name) && !is_replaceable)
}
