//! Members' days for scoring, read off the rollup.

use std::collections::{HashMap, HashSet};

use axle_model::analytics::MemberDay;
use axle_model::settings::ScoreSettings;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::Result;

use crate::columns::{column, u8s, u32s};
use crate::view::Tables;

/// Counted activity by member, day and weight; with teammates' own when asked for.
///
/// `settings`: weights to use in place of the directory's.
pub(crate) fn member_days(
    tables: &Tables,
    members: Option<&[u32]>,
    teammates: bool,
    settings: Option<&ScoreSettings>,
) -> Result<Vec<MemberDay>> {
    let days = tables.must("all_days")?;
    let (member, now, own) = (u32s(&days, "member"), u8s(&days, "weight"), u8s(&days, "own_weight"));
    let (kind, count) = (u32s(&days, "activity_type"), u32s(&days, "count"));
    let keys: HashMap<u32, &str> = tables
        .known
        .directory
        .directory
        .activity_types
        .iter()
        .map(|kind| (kind.activity_type_id, kind.key.as_str()))
        .collect();
    let weight_of = |row: usize| match settings {
        Some(settings) if own.is_null(row) => keys.get(&kind.value(row)).map_or(0, |key| settings.weight_of(key)),
        _ => now.value(row),
    };
    let day = column(&days, "day").as_primitive::<Date32Type>();
    let flag = |name| column(&days, name).as_boolean();
    let (is_teammate, is_bot, is_product) = (flag("is_teammate"), flag("is_bot"), flag("is_product"));
    let wanted: Option<HashSet<u32>> = members.map(|members| members.iter().copied().collect());
    let mut found: Vec<MemberDay> = Vec::new();
    for row in 0..days.num_rows() {
        let weight = weight_of(row);
        let counts =
            weight >= 1 && !is_bot.value(row) && !is_product.value(row) && (teammates || !is_teammate.value(row));
        if counts && wanted.as_ref().is_none_or(|wanted| wanted.contains(&member.value(row))) {
            let (member, day) = (member.value(row), day.value(row));
            found.push(MemberDay { member, day, weight, count: count.value(row) });
        }
    }
    found.sort_unstable_by_key(|row| (row.member, row.day, row.weight));
    found.dedup_by(|later, kept| {
        let same = (later.member, later.day, later.weight) == (kept.member, kept.day, kept.weight);
        if same {
            kept.count += later.count;
        }
        same
    });
    Ok(found)
}
