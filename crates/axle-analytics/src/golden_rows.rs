//! Rows of tables that flywheels hand over, in golden cases: `row flywheel_runs run_id=r1 member=ada flywheel=onboarding`.
//! Columns that a line does not name are null; `member` stands for `member_id`.

use axle_model::analytics::FactTable;
use datafusion::arrow::datatypes::DataType;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::golden_data::{GoldenData, instant, pairs};
use crate::tables::motions;

impl GoldenData {
    /// `row TABLE column=value …`.
    pub(crate) fn row(&mut self, words: &[&str], zone: &TimeZone) -> Result<(), String> {
        let (name, fields) = words.split_first().ok_or("a table is missing")?;
        let columns = motions::columns(name).ok_or_else(|| format!("{name} is no table of flywheels"))?;
        let mut row = vec![Value::Null; columns.len()];
        for (key, text) in pairs(fields)? {
            let (column, value) =
                if key == "member" { ("member_id", self.member_id(text)) } else { (key, text.into()) };
            let at = columns.iter().position(|(known, _)| known == column);
            let at = at.ok_or_else(|| format!("{name} has no column {key}"))?;
            row[at] = typed(&columns[at].1, &value, zone)?;
        }
        let known = self.tables.iter().position(|table| table.name == *name).unwrap_or_else(|| {
            let columns = columns.into_iter().map(|(column, _)| (column, Vec::new())).collect();
            self.tables.push(FactTable { name: (*name).to_owned(), columns });
            self.tables.len() - 1
        });
        self.tables[known].columns.iter_mut().zip(row).for_each(|((_, values), value)| values.push(value));
        Ok(())
    }

    fn member_id(&mut self, name: &str) -> String {
        let identity = self.identity(name);
        let member = self.directory.identities[identity].member as usize;
        uuid::Uuid::from_bytes(self.directory.members[member].member_id).to_string()
    }
}

fn typed(kind: &DataType, text: &str, zone: &TimeZone) -> Result<Value, String> {
    match kind {
        DataType::Timestamp(..) => {
            let at = Timestamp::from_microsecond(instant(text, zone)?).map_err(|error| error.to_string())?;
            Ok(at.to_string().into())
        }
        DataType::Boolean | DataType::Int64 => serde_json::from_str(text).map_err(|error| format!("{text}: {error}")),
        _ => Ok(text.into()),
    }
}
