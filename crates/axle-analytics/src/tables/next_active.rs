//! `days_until_active(member, day, at_least)`: whole days from `day` to the first counted day of the member that lies
//! `at_least` days after it or later; null when there is none. A look-up in `member_days`, where a join would hold
//! every question against every day of its asker.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, UInt32Type};
use datafusion::logical_expr::ScalarUDF;

use crate::columns::{column, u32s};
use crate::functions::function;
use crate::view::Tables;

/// The function, over the tables of a view.
pub(crate) fn days_until_active(tables: Arc<Tables>) -> ScalarUDF {
    let arguments = vec![DataType::UInt32, DataType::Date32, DataType::Int64];
    function("days_until_active", arguments, DataType::Int32, move |arguments| {
        let active = tables.must("member_days")?;
        let (members, days) = (u32s(&active, "member"), column(&active, "day").as_primitive::<Date32Type>());
        let (members, days) = (members.values(), days.values());
        let until = |member: u32, day: i32, at_least: i64| {
            let from = i32::try_from(i64::from(day).saturating_add(at_least)).ok()?;
            // Rows lie by member, then day.
            let (mut at, mut end) = (0, members.len());
            while at < end {
                let middle = at + (end - at) / 2;
                if (members[middle], days[middle]) < (member, from) { at = middle + 1 } else { end = middle }
            }
            (members.get(at) == Some(&member)).then(|| days[at] - day)
        };
        let member = arguments[0].as_primitive::<UInt32Type>();
        let day = arguments[1].as_primitive::<Date32Type>();
        let at_least = arguments[2].as_primitive::<Int64Type>();
        let all = (0..member.len()).map(|row| {
            let is_given = member.is_valid(row) && day.is_valid(row) && at_least.is_valid(row);
            is_given.then(|| until(member.value(row), day.value(row), at_least.value(row))).flatten()
        });
        Ok(Arc::new(all.collect::<Int32Array>()) as ArrayRef)
    })
}
