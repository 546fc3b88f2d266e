//! Mappings: TOML that says what the rows of a table mean. Those in the folder `mappings/` come with Axle, and
//! `*.axle-mapping.toml` beside the tables are the user's own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};
use toml::Value;

/// The mappings that come with Axle.
pub(super) static EMBEDDED: LazyLock<Vec<Mapping>> = LazyLock::new(|| {
    [
        include_str!("../../../mappings/crm-maven.toml"),
        include_str!("../../../mappings/meetup.toml"),
        include_str!("../../../mappings/saas-usage.toml"),
    ]
    .into_iter()
    .map(|text| Mapping::parse(text).expect("the mappings of Axle are read by its tests"))
    .collect()
});

/// What the files of one kind of export mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    pub(super) name: String,
    #[serde(rename = "file", default)]
    pub(super) files: Vec<File>,
}

/// One file of the set, known by its columns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What lookups and receipts call it.
    pub(super) name: String,
    /// The columns by which it is recognized: all of them must be there.
    pub(super) columns: Vec<String>,
    /// Values to write otherwise, by column, before anything else is done.
    #[serde(default)]
    pub(super) clean: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "lookup", default)]
    pub(super) lookups: Vec<Lookup>,
    /// What a row gives; a file without entries is there to be looked up in.
    #[serde(rename = "entry", default)]
    pub(super) entries: Vec<EntryRule>,
}

/// A row of another file, whose columns are then known as `name.column`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lookup {
    pub(super) name: String,
    /// The other file.
    pub(super) file: String,
    /// The column here whose value stands in the other file's column `key`.
    pub(super) by: String,
    pub(super) key: String,
}

/// One entry that a row gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryRule {
    /// A type of interchange.
    #[serde(rename = "type")]
    pub(super) entry_type: String,
    /// All of these must hold.
    #[serde(default)]
    pub(super) when: Vec<Condition>,
    pub(super) fields: BTreeMap<String, Rule>,
}

/// A condition on one column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) column: String,
    /// It is one of these.
    pub(super) is: Option<Vec<String>>,
    /// It is none of these.
    pub(super) not: Option<Vec<String>>,
    /// It is empty or missing, or is not.
    pub(super) empty: Option<bool>,
}

/// How a field is made. A bare string is a column, or a template when it holds `{column}`.
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub(super) made_of: MadeOf,
    /// Other values for some; taken as they are unless they are text.
    pub(super) map: BTreeMap<String, Value>,
    /// Whether what is not in the map is as good as empty.
    pub(super) only: bool,
    /// What stands for an empty value.
    pub(super) otherwise: Option<Value>,
    pub(super) shape: Shape,
    /// Cuts a text into a list.
    pub(super) split: Option<String>,
}

/// What a field is made of.
#[derive(Debug)]
pub(super) enum MadeOf {
    Column(String),
    Constant(Value),
    Template(String),
    Object(BTreeMap<String, Rule>),
}

impl Default for MadeOf {
    fn default() -> Self {
        Self::Object(BTreeMap::new())
    }
}

/// What a text is read as.
#[derive(Debug, Default)]
pub(super) enum Shape {
    #[default]
    Text,
    Integer,
    Number,
    Boolean,
    /// A date in a strptime format, or in any usual form.
    Date(Option<String>),
    EpochSeconds,
    EpochMilliseconds,
    /// A month counted from 1, which is this one: `2020-01`.
    MonthNumber(jiff::civil::Date),
    /// Money, with so many digits behind the point.
    MinorUnits(u32),
}

/// The rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    column: Option<String>,
    value: Option<Value>,
    template: Option<String>,
    object: Option<BTreeMap<String, Rule>>,
    #[serde(default)]
    map: BTreeMap<String, Value>,
    #[serde(default)]
    only: bool,
    #[serde(rename = "else")]
    otherwise: Option<Value>,
    #[serde(rename = "as")]
    shape: Option<String>,
    format: Option<String>,
    from: Option<String>,
    digits: Option<u32>,
    split: Option<String>,
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = match Value::deserialize(deserializer)? {
            Value::String(text) if text.contains('{') => {
                return Ok(Self { made_of: MadeOf::Template(text), ..Self::default() });
            }
            Value::String(column) => return Ok(Self { made_of: MadeOf::Column(column), ..Self::default() }),
            other => other.try_into::<Written>().map_err(de::Error::custom)?,
        };
        Self::try_from(written).map_err(de::Error::custom)
    }
}

impl TryFrom<Written> for Rule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let shape = written.shape()?;
        let made_of = match (written.column, written.value, written.template, written.object) {
            (Some(column), None, None, None) => MadeOf::Column(column),
            (None, Some(value), None, None) => MadeOf::Constant(value),
            (None, None, Some(template), None) => MadeOf::Template(template),
            (None, None, None, Some(object)) => MadeOf::Object(object),
            _ => return Err("a field is made of one of column, value, template, object".into()),
        };
        let (map, only, otherwise, split) = (written.map, written.only, written.otherwise, written.split);
        Ok(Self { made_of, map, only, otherwise, shape, split })
    }
}

impl Written {
    fn shape(&self) -> Result<Shape, String> {
        Ok(match self.shape.as_deref() {
            None | Some("text") => Shape::Text,
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Boolean,
            Some("date") => Shape::Date(self.format.clone()),
            Some("epoch-seconds") => Shape::EpochSeconds,
            Some("epoch-milliseconds") => Shape::EpochMilliseconds,
            Some("month-number") => {
                let first = self.from.as_deref().unwrap_or("1970-01");
                let month = format!("{first}-01").parse().map_err(|_| format!("`from` is not a month: {first}"))?;
                Shape::MonthNumber(month)
            }
            Some("minor-units") => match self.digits.unwrap_or(2) {
                digits @ 0..=9 => Shape::MinorUnits(digits),
                digits => return Err(format!("no money has {digits} digits behind the point")),
            },
            Some(other) => return Err(format!("`as` is not known: {other}")),
        })
    }
}

impl Mapping {
    /// Reads a mapping; the error says where it is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The file with those columns: of several the one that asks for most.
    pub(super) fn file_with<'a>(&'a self, columns: &[&str]) -> Option<&'a File> {
        let fits =
            |file: &&File| !file.columns.is_empty() && file.columns.iter().all(|c| columns.contains(&c.as_str()));
        self.files.iter().filter(fits).max_by_key(|file| file.columns.len())
    }

    /// Whether another file looks something up in it, and by which of its columns.
    pub(super) fn keys_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lookups = self.files.iter().flat_map(|file| &file.lookups);
        lookups.filter(move |lookup| lookup.file == name).map(|lookup| lookup.key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use axle_model::FactKind;

    use super::*;

    #[test]
    fn the_mappings_of_axle_are_sound() {
        for mapping in EMBEDDED.iter() {
            assert!(!mapping.files.is_empty(), "{}", mapping.name);
            for file in &mapping.files {
                let is_known = |name: &str| name == "activity" || FactKind::from_name(name).is_some();
                assert!(file.entries.iter().all(|entry| is_known(&entry.entry_type)), "{}/{}", mapping.name, file.name);
                for lookup in &file.lookups {
                    let other = mapping.files.iter().find(|other| other.name == lookup.file).unwrap();
                    assert!(other.columns.contains(&lookup.key), "{}/{}", mapping.name, lookup.name);
                }
            }
        }
    }

    #[test]
    fn a_wrong_mapping_says_what_is_wrong() {
        let with = |field: &str| {
            let text = format!(
                "name='a'\n[[file]]\nname='b'\ncolumns=['c']\n[[file.entry]]\ntype='deal'\n[file.entry.fields]\n{field}"
            );
            Mapping::parse(&text).unwrap_err().to_string()
        };
        assert!(with("id = { column = 'c', as = 'colour' }").contains("colour"));
        assert!(with("id = { column = 'c', value = 1 }").contains("one of column"));
        assert!(with("id = { columns = 'c' }").contains("columns"));
        assert!(with("id = { column = 'c', as = 'month-number', from = 'May' }").contains("May"));
    }
}
