//! KPIs: one figure of the catalogue as data, how it is asked for, and what is answered (contract: "A KPI").

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::time::Grain;

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A whole number of things.
    Count,
    /// 0 to 100.
    Percent,
    /// A number without a unit.
    Number,
    /// A duration.
    Seconds,
    /// Minor units of the `currency` dimension.
    Money,
}

/// A definition as its TOML file states it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KpiDefinition {
    /// The file's name without its ending. Public.
    #[serde(default)]
    pub id: String,
    /// Raised when the figures it gives change.
    #[serde(default = "one")]
    pub version: u32,
    /// Heading under which the catalogue lists it: `Members and activity`.
    pub group: String,
    /// Short title: `Active members`.
    pub title: String,
    /// The question that it answers, as a sentence.
    pub question: String,
    /// What a value is counted in.
    pub unit: Unit,
    /// How rows become values: the name of a fold of the runner.
    pub value: String,
    /// Options of the fold, such as `window_days`.
    #[serde(default)]
    pub options: BTreeMap<String, toml_value::Value>,
    /// Dimensions that it can be broken down by: columns of `rows`.
    #[serde(default)]
    pub dimensions: Vec<String>,
    /// Whether higher is better (`up`), lower is (`down`), or neither.
    #[serde(default)]
    pub better: Option<String>,
    /// What a reader must know.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// SQL that gives the rows.
    pub rows: String,
    /// Cases worked out by hand.
    #[serde(default)]
    pub golden: Vec<GoldenCase>,
}

fn one() -> u32 {
    1
}

/// Values of fold options, without a TOML library in this crate.
pub mod toml_value {
    use serde::{Deserialize, Serialize};

    /// A number, a word or a switch.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Value {
        /// `true` or `false`.
        Bool(bool),
        /// A whole number.
        Integer(i64),
        /// A number.
        Number(f64),
        /// A word.
        Text(String),
    }
}

/// One worked example: a few activities, and the figures that a person counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenCase {
    /// What makes it interesting.
    pub name: String,
    /// Lines `who what when [key=value …]`.
    pub data: Vec<String>,
    /// Period start (`2026-01`, `2026-01-05`) to value; a null is written `"null"`.
    pub expect: BTreeMap<String, GoldenValue>,
    /// `month` unless said.
    #[serde(default)]
    pub grain: Option<Grain>,
    /// RFC 3339; the end of the last period expected unless said.
    #[serde(default)]
    pub as_of: Option<String>,
    /// IANA name; `UTC` unless said.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Breakdown; then the keys of `expect` are `2026-01 slack`.
    #[serde(default)]
    pub by: Option<String>,
}

/// A figure worked out by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GoldenValue {
    /// The value, to 1e-9 relative.
    Number(f64),
    /// `"null"`: not defined.
    Text(String),
}

/// How a KPI is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KpiRequest {
    /// First local date.
    pub from: Date,
    /// First local date after.
    pub to: Date,
    /// How finely.
    pub grain: Grain,
    /// Break down by this dimension.
    pub by: Option<String>,
    /// A condition over the dimensions, as SQL.
    pub filter: Option<String>,
    /// Activities after this instant are not known.
    pub as_of: Timestamp,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KpiPoint {
    /// First local date of the period.
    pub start: Date,
    /// First local date after it.
    pub end: Date,
    /// Dimension values; empty when not broken down.
    pub dimensions: BTreeMap<String, String>,
    /// `None`: not defined (never 0, never NaN; convention C7).
    pub value: Option<f64>,
    /// Of a rate.
    pub numerator: Option<f64>,
    /// Of a rate.
    pub denominator: Option<f64>,
    /// Wilson 95 % of a rate, in the value's unit.
    pub interval: Option<(f64, f64)>,
    /// A rate over fewer than 30.
    pub low_n: bool,
    /// The period is not over at `as_of` (convention C2).
    pub partial: bool,
}

/// How a figure came to be (convention C14).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The question, as the definition puts it.
    pub definition: String,
    /// The fold and what it does, in words.
    pub fold: String,
    /// The SQL that gives the rows, as run.
    pub sql: String,
    /// SQL for `axle sql` that lists rows behind the figure.
    pub rows_query: String,
    /// First date of the window.
    pub from: Date,
    /// First date after it.
    pub to: Date,
    /// Activities up to here.
    pub as_of: Timestamp,
    /// IANA name.
    pub time_zone: String,
    /// Activities in the window that count; 0 where none are read.
    pub included: u64,
    /// Activities in the window that do not, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Tables that the rows are made from.
    #[serde(default)]
    pub reads: Vec<String>,
    /// What a reader must know, among it what data is missing.
    pub caveats: Vec<String>,
}

impl Receipt {
    /// Whether activities were counted, and not only facts.
    pub fn counts_activities(&self) -> bool {
        self.included > 0 || !self.excluded.is_empty()
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KpiAnswer {
    /// Id of the definition.
    pub kpi: String,
    /// Its version.
    pub version: u32,
    /// What values are counted in.
    pub unit: Unit,
    /// As asked.
    pub grain: Grain,
    /// IANA name.
    pub time_zone: String,
    /// As asked.
    pub as_of: Timestamp,
    /// As asked.
    pub from: Date,
    /// As asked.
    pub to: Date,
    /// By period, then by dimension.
    pub points: Vec<KpiPoint>,
    /// How they came to be.
    pub receipt: Receipt,
}
