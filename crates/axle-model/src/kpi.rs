//! KPIs: one figure of the catalogue as data, how it is asked for, and what is answered (contract: "A KPI").

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::business_hours::BusinessHours;
use crate::currency::Currencies;
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
    /// Words that stand behind a count or a number: `months`, `a week`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_in: Option<String>,
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

impl KpiDefinition {
    /// The value of a period that has no rows, and of a group that has none in it; `None` where it is not defined.
    pub fn of_nothing(&self) -> Option<f64> {
        const FOLDS: [&str; 9] =
            ["count", "sum", "stock", "distinct", "cumulative", "returning", "resurrected", "lost", "rolling"];
        FOLDS.contains(&self.value.as_str()).then_some(0.0)
    }

    /// Dimensions over which it never adds up, as `options.each` names them: its points always have them.
    pub fn each(&self) -> Vec<&str> {
        match self.options.get("each") {
            Some(toml_value::Value::Text(names)) => names.split(',').map(str::trim).collect(),
            _ => Vec::new(),
        }
    }

    /// The dimension that it is divided into: values over it are made of all rows together, as each part's share of the whole. It can be
    /// broken down by it, and no condition can be over it.
    pub fn divided_into(&self) -> Option<&str> {
        match (self.value.as_str(), self.options.get("part")) {
            ("part_of" | "shares", Some(toml_value::Value::Text(part))) => Some(part.as_str()),
            ("restricted_mean", _) => Some("measure"),
            _ => None,
        }
    }

    /// Dimensions that a condition may be over.
    pub fn conditional(&self) -> impl Iterator<Item = &str> {
        let divided = self.divided_into();
        self.dimensions.iter().map(String::as_str).filter(move |dimension| Some(*dimension) != divided)
    }

    /// The two dimensions of a table that its points fill, what goes down and what goes across: those that its fold gives them,
    /// or the two beside currency over which it never adds up.
    pub fn pair(&self) -> Option<(&str, &str)> {
        use toml_value::Value::Text;
        if let (Some(Text(of)), Some(Text(part))) = (self.options.get("of"), self.options.get("part")) {
            return Some((of.as_str(), part.as_str()));
        }
        match self.each().into_iter().filter(|dimension| *dimension != "currency").collect::<Vec<_>>()[..] {
            [of, part] => Some((of, part)),
            _ => None,
        }
    }
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
    /// RFC 3339: what was read later is not known, whenever it happened. All is known unless said.
    #[serde(default)]
    pub known_at: Option<String>,
    /// IANA name; `UTC` unless said.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// As shipped unless said.
    #[serde(default)]
    pub business_hours: Option<BusinessHours>,
    /// Each amount in its own currency unless said.
    #[serde(default)]
    pub currencies: Option<Currencies>,
    /// Breakdown; then the keys of `expect` are `2026-01 slack`.
    #[serde(default)]
    pub by: Option<String>,
    /// A condition over the dimensions, as SQL.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
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

/// The first day of figures that are made of all rows up to their end: no row is older, and all that holds dates holds it.
pub const BEGINNING: Date = Date::constant(1700, 1, 1);

/// How a figure came to be (convention C14).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The question, as the definition puts it.
    pub definition: String,
    /// The fold and what it does, in words.
    pub fold: String,
    /// The SQL that gives the rows, as run.
    pub sql: String,
    /// The command that lists the rows behind the figure, with its condition and its instant. Empty in answers that were kept
    /// before there was one.
    #[serde(default)]
    pub rows_command: String,
    /// First date of the window; [`BEGINNING`] where it has none.
    pub from: Date,
    /// First date after it.
    pub to: Date,
    /// Activities up to here.
    pub as_of: Timestamp,
    /// IANA name.
    pub time_zone: String,
    /// When somebody is at work, in words, where the figure counts in business time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<String>,
    /// Rates by which amounts of the window were converted, in words; empty where none was, or nobody counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<String>,
    /// How often what its periods are made of changed after they were over; those that are over, and none where nobody counted.
    #[serde(default)]
    pub revisions: Vec<Revision>,
    /// Rows that the figure is made of: those that its definition gives in the window, where the condition holds. `None`
    /// where nobody counted.
    pub included: Option<u64>,
    /// Rows that do not count, by reason: those of `tables`, and of what the definition gives.
    pub excluded: BTreeMap<String, u64>,
    /// Tables that the rows are made from.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Tables of what sources said that these are made from in the end: facts by kind, activities, and what the directory knows. Not
    /// told: what was kept has none.
    #[serde(skip)]
    pub bases: Vec<String>,
    /// What became of the rows of each table that is read.
    #[serde(default)]
    pub tables: Vec<TableRows>,
    /// What a reader must know, among it what data is missing.
    pub caveats: Vec<String>,
}

impl Receipt {
    /// The first date of the window; `None` where all rows up to its end count.
    pub fn begins(&self) -> Option<Date> {
        (self.from > BEGINNING).then_some(self.from)
    }

    /// Puts in what was counted.
    pub fn count(&mut self, counts: RowCounts) {
        self.included = Some(counts.included);
        self.rates = counts.rates;
        self.excluded = counts.excluded;
        for (reason, rows) in counts.tables.iter().flat_map(|table| &table.excluded) {
            *self.excluded.entry(reason.clone()).or_default() += rows;
        }
        self.tables = counts.tables;
    }

    /// Rows that the definition gives and that do not count, by reason, without those of the tables.
    pub fn excluded_at_last(&self) -> impl Iterator<Item = (&str, u64)> {
        let is_of_table = |reason: &String| self.tables.iter().any(|table| table.excluded.contains_key(reason));
        let last = self.excluded.iter().filter(move |(reason, _)| !is_of_table(reason));
        last.map(|(reason, rows)| (reason.as_str(), *rows))
    }
}

/// How often what a period is made of changed after it was over: by imports that brought, changed or deleted something of it, and by
/// people's corrections (convention C11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// First local date of the period.
    pub start: Date,
    /// First local date after it.
    pub end: Date,
    /// How many times.
    pub revision: u64,
    /// When last; `None`: never.
    pub revised_at: Option<Timestamp>,
}

/// What became of the rows of a table that a figure reads: `included` and all of `excluded` together are `rows`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRows {
    /// Name of the table, as `axle sql` has it.
    pub table: String,
    /// Rows that there are: of `activities` those of the window, of every other table all.
    pub rows: u64,
    /// Rows that meet what the definition asks of this table alone.
    pub included: u64,
    /// Rows that do not, by the first reason that holds.
    pub excluded: BTreeMap<String, u64>,
}

/// How many rows a figure is made of, and how many were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// See [`Receipt::included`].
    pub included: u64,
    /// Rows that the definition gives and that do not count, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// See [`Receipt::tables`].
    pub tables: Vec<TableRows>,
    /// See [`Receipt::rates`].
    pub rates: Vec<String>,
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
    /// Words that stand behind a count or a number, as its definition has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_in: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(reasons: &[(&str, u64)]) -> BTreeMap<String, u64> {
        reasons.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
    }

    #[test]
    fn a_receipt_adds_up_reasons_over_tables() {
        let day = jiff::civil::date(2026, 1, 1);
        let mut receipt = Receipt {
            definition: String::new(),
            fold: String::new(),
            sql: String::new(),
            rows_command: String::new(),
            from: day,
            to: day,
            as_of: Timestamp::UNIX_EPOCH,
            time_zone: "UTC".into(),
            business_hours: None,
            rates: Vec::new(),
            revisions: Vec::new(),
            bases: Vec::new(),
            included: None,
            excluded: BTreeMap::new(),
            reads: Vec::new(),
            tables: Vec::new(),
            caveats: Vec::new(),
        };
        let table = |name: &str, rows, included, excluded| TableRows { table: name.into(), rows, included, excluded };
        receipt.count(RowCounts {
            included: 4,
            excluded: reasons(&[("outside the window", 2)]),
            tables: vec![
                table("calls", 10, 7, reasons(&[("superseded", 1), ("bots and teammates", 2)])),
                table("visits", 5, 4, reasons(&[("superseded", 1)])),
            ],
            rates: vec!["1 USD = 0.92 EUR on 2026-01-31".into()],
        });
        // One superseded call and one superseded visit are two; the others stand once.
        let expected = reasons(&[("bots and teammates", 2), ("outside the window", 2), ("superseded", 2)]);
        assert_eq!(receipt.excluded_at_last().collect::<Vec<_>>(), [("outside the window", 2)]);
        assert_eq!(receipt.rates, ["1 USD = 0.92 EUR on 2026-01-31"]);
        assert_eq!((receipt.included, receipt.excluded, receipt.tables.len()), (Some(4), expected, 2));
    }
}
