//! SQL functions for facts: what stands in a field that is a list or an object, and whom and what a fact names.
//!
//! ```text
//! json_text(turns, '0.speaker')           text at a path of names and places; null where there is none
//! unnest(json_items(contacts))            a row for each item of a list; none for null and for what is no list
//! instant_of('2026-01-03')                an instant, or the first instant of a date in UTC
//! member_of(identity_id)                  number of the member, as in `member_days`
//! member_named(accepted_by)               the same, of a field that holds an identity
//! kind_on(member, day)                    'member', 'teammate' or 'bot' on a local day
//! organization_of(source, organization_id)  number of the organization that a source calls so
//! organization_on(member, day)            number of the organization that somebody belongs to
//! thing_named(source, activity)           what a field that holds an activity names, by a public id or the source's own
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use axle_model::Identity;
use axle_model::activity::object_named;
use axle_model::analytics::IdentityRow;
use axle_model::identity::{caseless, composed};
use axle_model::interchange::when;
use datafusion::arrow::array::{ArrayRef, AsArray, ListBuilder, StringArray, StringBuilder, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Int64Type, UInt32Type};
use datafusion::logical_expr::ScalarUDF;
use serde_json::Value;

use crate::columns::{instant_type, instants};
use crate::directory::{DirectoryIndex, NONE};
use crate::functions::function;

/// All of them.
pub(crate) fn all(directory: &Arc<DirectoryIndex>) -> Vec<ScalarUDF> {
    let of_directory = [
        member_of(directory.clone()),
        member_named(directory.clone()),
        kind_on(directory.clone()),
        organization_of(directory.clone()),
        organization_on(directory.clone()),
    ];
    of_fields().into_iter().chain(of_directory).collect()
}

/// Those that look at their arguments alone.
pub(crate) fn of_fields() -> Vec<ScalarUDF> {
    vec![json_text(), json_items(), instant_of(), thing_named()]
}

fn thing_named() -> ScalarUDF {
    function("thing_named", vec![DataType::Utf8, DataType::Utf8], DataType::Utf8, |arguments| {
        let (sources, named) = (arguments[0].as_string::<i32>(), arguments[1].as_string::<i32>());
        let of = |(source, named): (Option<&str>, Option<&str>)| {
            let object = object_named(source.unwrap_or_default(), named?);
            Some(object.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        };
        Ok(Arc::new(sources.iter().zip(named).map(of).collect::<StringArray>()))
    })
}

fn json_text() -> ScalarUDF {
    function("json_text", vec![DataType::Utf8, DataType::Utf8], DataType::Utf8, |arguments| {
        let (texts, paths) = (arguments[0].as_string::<i32>(), arguments[1].as_string::<i32>());
        let at = |(text, path): (Option<&str>, Option<&str>)| {
            let value: Value = serde_json::from_str(text?).ok()?;
            value_at(&value, path?).and_then(shown)
        };
        Ok(Arc::new(texts.iter().zip(paths).map(at).collect::<StringArray>()))
    })
}

/// The value at a path of names and places, parted by dots.
pub(crate) fn value_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        Value::Object(fields) => fields.get(part),
        _ => None,
    })
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn json_items() -> ScalarUDF {
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    function("json_items", vec![DataType::Utf8], list, |arguments| {
        let mut items = ListBuilder::new(StringBuilder::new());
        for text in arguments[0].as_string::<i32>() {
            match text.and_then(|text| serde_json::from_str(text).ok()) {
                Some(Value::Array(values)) => {
                    values.iter().for_each(|value| items.values().append_option(shown(value)));
                    items.append(true);
                }
                _ => items.append(false),
            }
        }
        Ok(Arc::new(items.finish()))
    })
}

fn instant_of() -> ScalarUDF {
    function("instant_of", vec![DataType::Utf8], instant_type(), |arguments| {
        let texts = arguments[0].as_string::<i32>();
        Ok(Arc::new(instants(texts.iter().map(|text| when(text?).map(|at| at.as_microsecond())))))
    })
}

fn known(number: u32) -> Option<u32> {
    (number != NONE).then_some(number)
}

fn member_of(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("member_of", vec![DataType::Int64], DataType::UInt32, move |arguments| {
        let identities = arguments[0].as_primitive::<Int64Type>();
        let of = |identity: Option<i64>| known(directory.member_of(u32::try_from(identity?).ok()?));
        Ok(Arc::new(identities.iter().map(of).collect::<UInt32Array>()))
    })
}

/// Identities by what they can be named by, made when first asked.
#[derive(Default)]
pub(crate) struct Names {
    /// Hash of platform and key, and the index of the identity's row. Sorted.
    rows: Vec<(u64, u32)>,
}

impl Names {
    pub(crate) fn of(rows: &[IdentityRow]) -> Self {
        let mut names: Vec<(u64, u32)> = rows
            .iter()
            .enumerate()
            .flat_map(|(index, row)| keys(row).map(move |key| (hash(&row.platform, &key), index as u32)))
            .collect();
        names.sort_unstable();
        Self { rows: names }
    }

    /// The row that an identity names, among the rows that the names are of.
    pub(crate) fn find<'a>(&self, rows: &'a [IdentityRow], named: &Identity) -> Option<&'a IdentityRow> {
        let key = named.key()?;
        let hash = hash(&key.platform, &key.key);
        let from = self.rows.partition_point(|(other, _)| *other < hash);
        let same = self.rows[from..].iter().take_while(|(other, _)| *other == hash);
        let mut same = same.map(|(_, index)| &rows[*index as usize]);
        same.find(|row| row.platform == key.platform && keys(row).any(|other| other == key.key))
    }
}

/// What an account can be named by, as in the natural keys of identities.
fn keys(row: &IdentityRow) -> impl Iterator<Item = String> {
    let uid = row.uid.as_ref().map(|uid| format!("uid:{}", composed(uid)));
    let username = row.username.as_ref().map(|name| format!("username:{}", caseless(name)));
    let email = row.email.as_ref().map(|email| format!("email:{}", caseless(email)));
    [uid, username, email].into_iter().flatten()
}

fn hash(platform: &str, key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (platform, key).hash(&mut hasher);
    hasher.finish()
}

fn member_named(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    let names: OnceLock<Names> = OnceLock::new();
    function("member_named", vec![DataType::Utf8], DataType::UInt32, move |arguments| {
        let rows = &directory.directory.identities;
        let names = names.get_or_init(|| Names::of(rows));
        let of = |text: Option<&str>| {
            let named: Identity = serde_json::from_str(text?).ok()?;
            Some(names.find(rows, &named)?.member)
        };
        Ok(Arc::new(arguments[0].as_string::<i32>().iter().map(of).collect::<UInt32Array>()) as ArrayRef)
    })
}

fn kind_on(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("kind_on", vec![DataType::UInt32, DataType::Date32], DataType::Utf8, move |arguments| {
        let (members, days) = (arguments[0].as_primitive::<UInt32Type>(), arguments[1].as_primitive::<Date32Type>());
        let kinds = members.iter().zip(days).map(|(member, day)| Some(directory.kind(member?, day?)));
        Ok(Arc::new(kinds.collect::<StringArray>()))
    })
}

fn organization_of(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("organization_of", vec![DataType::Utf8, DataType::Utf8], DataType::UInt32, move |arguments| {
        let (sources, ids) = (arguments[0].as_string::<i32>(), arguments[1].as_string::<i32>());
        let of = |(source, id): (Option<&str>, Option<&str>)| directory.organization_called(source.unwrap_or(""), id?);
        Ok(Arc::new(sources.iter().zip(ids).map(of).collect::<UInt32Array>()) as ArrayRef)
    })
}

fn organization_on(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("organization_on", vec![DataType::UInt32, DataType::Date32], DataType::UInt32, move |arguments| {
        let (members, days) = (arguments[0].as_primitive::<UInt32Type>(), arguments[1].as_primitive::<Date32Type>());
        let of = |(member, day): (Option<u32>, Option<i32>)| directory.organization(member?, day?);
        Ok(Arc::new(members.iter().zip(days).map(of).collect::<UInt32Array>()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_objects_and_lists() {
        let value: Value = serde_json::from_str(r#"[{"a": {"b": 3}}, {"a": null, "c": "x"}]"#).unwrap();
        assert_eq!(value_at(&value, "0.a.b").and_then(shown).as_deref(), Some("3"));
        assert_eq!(value_at(&value, "1.c").and_then(shown).as_deref(), Some("x"));
        assert_eq!(value_at(&value, "1.a").and_then(shown), None);
        assert_eq!(value_at(&value, "2.a").and_then(shown), None);
        assert_eq!(value_at(&value, "").and_then(shown).as_deref(), Some(value.to_string().as_str()));
    }

    #[test]
    fn people_are_found_by_the_strongest_that_names_them() {
        let row = |id: u32, uid: Option<&str>, email: Option<&str>| IdentityRow {
            identity_id: id,
            member: id + 10,
            platform: "crm".into(),
            uid: uid.map(str::to_owned),
            username: None,
            email: email.map(str::to_owned),
            name: None,
        };
        let rows = [row(1, Some("7"), Some("Ada@x.io")), row(2, None, Some("bob@x.io"))];
        let names = Names::of(&rows);
        let find = |text: &str| names.find(&rows, &serde_json::from_str(text).unwrap()).map(|row| row.member);
        assert_eq!(find(r#"{"platform":"crm","uid":"7","email":"other@x.io"}"#), Some(11));
        assert_eq!(find(r#"{"platform":"crm","email":"ada@x.io"}"#), Some(11));
        assert_eq!(find(r#"{"platform":"crm","email":"Bob@x.io"}"#), Some(12));
        assert_eq!(find(r#"{"platform":"slack","uid":"7"}"#), None);
    }
}
