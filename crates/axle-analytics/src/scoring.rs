//! Members' days for scoring, read off the rollup.

use std::collections::HashSet;

use axle_model::analytics::MemberDay;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::Result;

use crate::columns::{column, u8s, u32s};
use crate::view::Tables;

/// Counted activity by member, day and weight; with teammates' own when asked for.
pub(crate) fn member_days(tables: &Tables, members: Option<&[u32]>, teammates: bool) -> Result<Vec<MemberDay>> {
    let days = tables.must("all_days")?;
    let (member, weight, count) = (u32s(&days, "member"), u8s(&days, "weight"), u32s(&days, "count"));
    let day = column(&days, "day").as_primitive::<Date32Type>();
    let flag = |name| column(&days, name).as_boolean();
    let (is_counted, is_teammate, is_bot, is_product) =
        (flag("is_counted"), flag("is_teammate"), flag("is_bot"), flag("is_product"));
    let wanted: Option<HashSet<u32>> = members.map(|members| members.iter().copied().collect());
    let mut found: Vec<MemberDay> = Vec::new();
    for row in 0..days.num_rows() {
        let counts = is_counted.value(row)
            || (teammates
                && is_teammate.value(row)
                && weight.value(row) >= 1
                && !is_bot.value(row)
                && !is_product.value(row));
        if counts && wanted.as_ref().is_none_or(|wanted| wanted.contains(&member.value(row))) {
            let (member, day, weight) = (member.value(row), day.value(row), weight.value(row));
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
