//! Facts as tables of `axle sql`: their names and columns, for whoever fills them and whoever reads them.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::interchange::{FactKind, Field, Kind, TYPES, when_in};

/// Kinds that only say who is who, what is where and how much there should be: other tables show what becomes of them.
const HIDDEN: &[&str] = &["link", "mailmap", "person", "channel", "source_count"];

/// A column made of a field of the line.
#[derive(Debug, Clone)]
pub struct FactColumn {
    /// `deal_id`, `organization_id`, `at`, …
    pub name: String,
    /// Where its values come from.
    pub field: Field,
}

impl FactColumn {
    /// The value of a fact's body; null where it has none. A date is the instant at which it begins in `zone`.
    pub fn value(&self, body: &serde_json::Map<String, Value>, zone: &TimeZone) -> Value {
        match body.get(self.field.name) {
            Some(Value::String(text)) if matches!(self.field.kind, Kind::Instant | Kind::When) => {
                when_in(text, zone).map_or(Value::Null, |at| at.to_string().into())
            }
            Some(value @ (Value::Object(_) | Value::Array(_))) => value.to_string().into(),
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }
}

impl FactKind {
    /// The kinds that are tables.
    pub fn tables() -> impl Iterator<Item = Self> {
        TYPES.iter().filter(|known| !HIDDEN.contains(&known.name)).filter_map(|known| Self::from_name(known.name))
    }

    /// The kind whose table has that name.
    pub fn of_table(table: &str) -> Option<Self> {
        Self::tables().find(|kind| kind.table() == table)
    }

    /// The table that holds facts of this kind: `deal` lies in `deals`.
    pub fn table(self) -> String {
        match self.name() {
            "invite" => "referrals".into(),
            "push" => "pushes".into(),
            // What sources state of organizations; the table `organizations` is what becomes of it.
            "organization" => "accounts".into(),
            // Likewise what they state of who was where, beside `affiliations`.
            "affiliation" => "stated_affiliations".into(),
            name @ ("feedback" | "content") => name.into(),
            name => match name.strip_suffix('y') {
                Some(stem) => format!("{stem}ies"),
                None => format!("{name}s"),
            },
        }
    }

    /// Its columns made of fields, in their order. Beside them stand `source` and, of kinds about somebody,
    /// `identity_id` and `member_id`.
    pub fn columns(self) -> impl Iterator<Item = FactColumn> {
        let subject = self.line_type().subject;
        let is_subject = move |field: &&Field| field.kind == Kind::Identity && Some(field.name) == subject;
        self.line_type().fields.iter().filter(move |field| !is_subject(field)).map(move |field| {
            let name = match field.name {
                "id" => format!("{}_id", self.name()),
                "organization" => "organization_id".into(),
                other => other.into(),
            };
            FactColumn { name, field: *field }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tables_have_names_of_their_own() {
        let names: HashSet<String> = FactKind::tables().map(FactKind::table).collect();
        assert_eq!(names.len(), FactKind::tables().count());
        for name in [
            "deals",
            "product_events",
            "referrals",
            "pushes",
            "feedback",
            "attendances",
            "accounts",
            "stated_affiliations",
        ] {
            assert!(names.contains(name), "{name}");
            assert_eq!(FactKind::of_table(name).unwrap().table(), name);
        }
        for name in ["people", "organizations", "affiliations"] {
            assert!(FactKind::of_table(name).is_none(), "{name}");
        }
    }

    #[test]
    fn values_are_instants_words_and_numbers() {
        let columns: Vec<FactColumn> = FactKind::DEAL.columns().collect();
        let body = serde_json::json!({"id": "d1", "organization": "acme", "created_at": "2026-01-03"});
        let value = |name: &str| {
            columns.iter().find(|column| column.name == name).unwrap().value(body.as_object().unwrap(), &TimeZone::UTC)
        };
        assert_eq!(value("deal_id"), "d1");
        assert_eq!(value("organization_id"), "acme");
        assert_eq!(value("created_at"), "2026-01-03T00:00:00Z");
        assert!(FactKind::TEAMMATE.columns().all(|column| column.name != "identity"));
    }
}
