//! `days_until_active(member, day, at_least)`: whole days from `day` to the first counted day of the member that lies
//! `at_least` days after it or later; null when there is none. A look-up in `member_days`, where a join would hold
//! every question against every day of its asker.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, UInt32Type};
use datafusion::logical_expr::ScalarUDF;

use crate::columns::{column, u32s};
use crate::functions::function;
use crate::view::Tables;

/// The function, over the tables of a view.
pub(crate) fn days_until_active(tables: Arc<Tables>) -> ScalarUDF {
    let arguments = vec![DataType::UInt32, DataType::Date32, DataType::Int64];
    let starts = OnceLock::new();
    function("days_until_active", arguments, DataType::Int32, move |arguments| {
        let active = tables.must("member_days")?;
        let (members, days) = (u32s(&active, "member"), column(&active, "day").as_primitive::<Date32Type>());
        let (starts, days) = (starts.get_or_init(|| starts_by_member(members.values())), days.values());
        let until = |member: u32, day: i32, at_least: i64| {
            let from = i32::try_from(i64::from(day).saturating_add(at_least)).ok()?;
            let [start, end] = [0, 1].map(|next| starts.get(member as usize + next).copied());
            let days = &days[start? as usize..end? as usize];
            days.get(days.partition_point(|day| *day < from)).map(|next| next - day)
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

/// Where each member's rows begin, by number, and where the last one's end: rows lie by member, then day.
fn starts_by_member(members: &[u32]) -> Vec<u32> {
    let mut starts = Vec::new();
    for (row, member) in members.iter().enumerate() {
        while starts.len() <= *member as usize {
            starts.push(row as u32);
        }
    }
    starts.push(members.len() as u32);
    starts
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_of_a_member_lie_between_two_starts() {
        assert_eq!(super::starts_by_member(&[1, 1, 4]), [0, 0, 2, 2, 2, 3]);
        assert_eq!(super::starts_by_member(&[]), [0]);
    }
}
