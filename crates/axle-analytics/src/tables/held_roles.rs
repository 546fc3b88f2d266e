//! `held_roles`: roles as they are held. Whoever leaves the organization of a role holds it no longer, whether or not anybody has
//! ended it: an end is written down days later, if at all.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::interchange::FactKind;
use axle_model::role::{AT_ORGANIZATION, left_at};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use datafusion::error::Result;

use super::facts::in_memory;
use crate::columns::{column, i64s, instants, micros};
use crate::directory::NONE;
use crate::view::Tables;

/// From when to when somebody is at an organization, in microseconds.
type Stay = (Option<i64>, Option<i64>);

/// The table: the columns of `roles`, with `to` as above, and `has_left`, whether leaving the organization ended the role.
pub(crate) fn held_roles(tables: &Tables) -> Result<RecordBatch> {
    let roles = in_memory(tables, FactKind::ROLE, &|_| true)?;
    let stays = stays(tables)?;
    let (whose, role, organization) = (members(tables, &roles), text(&roles, "role"), text(&roles, ORGANIZATION));
    let (from, to) = (micros(&roles, "from"), micros(&roles, "to"));
    let end = |row: usize| {
        let stated = to.is_valid(row).then(|| to.value(row));
        let is_at = role.is_valid(row) && AT_ORGANIZATION.contains(&role.value(row)) && organization.is_valid(row);
        let there = || stays.get(&(whose[row]?, organization.value(row).to_owned()));
        let left =
            if is_at && from.is_valid(row) { there().and_then(|all| left_at(from.value(row), all)) } else { None };
        match left.filter(|left| stated.is_none_or(|to| *left < to)) {
            Some(left) => (Some(left), true),
            None => (stated, false),
        }
    };
    let ends: Vec<(Option<i64>, bool)> = (0..roles.num_rows()).map(end).collect();
    let schema = roles.schema();
    let mut fields: Vec<Arc<Field>> = schema.fields().to_vec();
    let mut arrays: Vec<ArrayRef> = roles.columns().to_vec();
    arrays[schema.index_of("to")?] = Arc::new(instants(ends.iter().map(|(to, _)| *to)));
    fields.push(Arc::new(Field::new("has_left", DataType::Boolean, true)));
    arrays.push(Arc::new(ends.iter().map(|(_, has_left)| Some(*has_left)).collect::<BooleanArray>()));
    let options = RecordBatchOptions::new().with_row_count(Some(roles.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

const ORGANIZATION: &str = "organization_id";

/// Where members are, however that is known: by member and the organization's public id.
fn stays(tables: &Tables) -> Result<HashMap<(u32, String), Vec<Stay>>> {
    let rows = super::stays::stays(&tables.known)?;
    let (whose, organization) = (column(&rows, "member").as_primitive::<UInt32Type>(), text(&rows, ORGANIZATION));
    let (from, to) = (micros(&rows, "from"), micros(&rows, "to"));
    let mut stays: HashMap<(u32, String), Vec<Stay>> = HashMap::new();
    for row in (0..rows.num_rows()).filter(|row| organization.is_valid(*row)) {
        let stay = (from.is_valid(row).then(|| from.value(row)), to.is_valid(row).then(|| to.value(row)));
        stays.entry((whose.value(row), organization.value(row).to_owned())).or_default().push(stay);
    }
    Ok(stays)
}

fn text<'a>(rows: &'a RecordBatch, name: &str) -> &'a StringArray {
    column(rows, name).as_string::<i32>()
}

/// The member of each row, if it is of anybody.
fn members(tables: &Tables, rows: &RecordBatch) -> Vec<Option<u32>> {
    let directory = &tables.known.directory;
    let identities = i64s(rows, "identity_id");
    let member = |identity: Option<i64>| {
        let member = directory.member_of(u32::try_from(identity?).ok()?);
        Some(member).filter(|member| *member != NONE)
    };
    identities.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    /// Ada leaves acme on 10 February; nobody ends her role. Bob is there by two sources, of which one ends. Cyd's role was ended
    /// before, dee had left before she was appointed, and eve speaks for us everywhere.
    #[tokio::test]
    async fn a_role_at_an_organization_ends_with_the_stay_there() {
        let text = r#"
            group = "x"
            title = "x"
            question = "x"
            unit = "count"
            value = "count"
            dimensions = ["who"]
            rows = """
            select local_day("to") as day, case when has_left then 'left' else 'ended' end as who
            from held_roles where "to" is not null"""
            [[golden]]
            name = "by leaving one, by hand one"
            data = [
              "fact affiliation identity=ada organization=acme from=2026-01-01 to=2026-02-10",
              "fact affiliation identity=bob organization=acme from=2026-01-01 to=2026-02-10",
              "fact affiliation identity=bob organization=acme from=2026-01-15",
              "fact affiliation identity=cyd organization=acme from=2026-01-01 to=2026-02-10",
              "fact affiliation identity=dee organization=acme from=2025-01-01 to=2026-01-02",
              "fact affiliation identity=eve organization=acme from=2026-01-01 to=2026-02-10",
              "fact role identity=ada role=deal_champion from=2026-01-05 organization=acme",
              "fact role identity=bob role=key_member from=2026-01-05 organization=acme",
              "fact role identity=cyd role=key_member from=2026-01-05 to=2026-02-03 organization=acme",
              "fact role identity=dee role=key_member from=2026-01-05 organization=acme",
              "fact role identity=eve role=champion from=2026-01-05 organization=acme",
            ]
            by = "who"
            expect = { "2026-02 left" = 1, "2026-02 ended" = 1 }
        "#;
        let definition = crate::definitions::parse("x", "x.toml", text).unwrap();
        let outcomes = crate::golden::check(&[definition]).await;
        assert!(outcomes[0].differences.is_empty(), "{:?}", outcomes[0].differences);
    }
}
