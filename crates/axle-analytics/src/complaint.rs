//! What is wrong with a condition or a statement that somebody typed: what was expected, at which place, which names there are,
//! and how it may be written.

use axle_model::kpi::KpiDefinition;
use axle_model::nearest::nearest;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

/// Letters of a long text that are shown before and behind the place.
const MOST_LETTERS: usize = 80;

/// Of a condition over a definition's dimensions.
pub(crate) fn of_condition(kpi: &KpiDefinition, condition: &str, error: &DataFusionError) -> String {
    let condition = condition.trim_end();
    let names: Vec<&str> = kpi.conditional().collect();
    let told = Fault::of(condition, error, "dimension").hinted(&names).told("condition", condition);
    let Some(first) = names.iter().find(|name| **name == "source").or(names.first()) else {
        return format!("{told}. {} has no dimensions that a condition could be over: leave it out", kpi.id);
    };
    let example = if *first == "source" { "slack" } else { "…" };
    format!("{told}. Dimensions of {}: {}; an example: `{first} = '{example}'`", kpi.id, names.join(", "))
}

/// Of a condition that fails at a row; `None`: it is not what failed.
pub(crate) fn of_rows(condition: &str, error: &DataFusionError) -> Option<String> {
    let says = failed(error.find_root())?;
    Some(format!(
        "condition `{}`: it cannot be asked of every row: {}",
        shown(condition.trim_end()),
        says.trim_end_matches('.')
    ))
}

/// Why a value could not be worked out; `None`: that is not what failed.
fn failed(error: &DataFusionError) -> Option<String> {
    match error {
        DataFusionError::ArrowError(error, _) => match error.as_ref() {
            ArrowError::DivideByZero => Some("it divides by 0".to_owned()),
            ArrowError::ArithmeticOverflow(_) => Some("a number becomes too large".to_owned()),
            ArrowError::CastError(says) | ArrowError::ComputeError(says) | ArrowError::ParseError(says) => {
                Some(on_one_line(says))
            }
            _ => None,
        },
        DataFusionError::Execution(says) => Some(on_one_line(says)),
        _ => None,
    }
}

/// Of a statement over the public tables; `None`: the engine's own words say it.
pub(crate) fn of_statement(statement: &str, error: &DataFusionError, tables: &[String]) -> Option<String> {
    let statement = statement.trim_end();
    let told = |fault: Fault| fault.told("statement", statement);
    match error.find_root() {
        DataFusionError::SQL(..) => {
            let fault = told(Fault::of(statement, error, "column"));
            Some(format!("{fault}. An example: `select name, level from members where level = 'Leading'`"))
        }
        DataFusionError::SchemaError(schema, _) => {
            let SchemaError::FieldNotFound { valid_fields, .. } = schema.as_ref() else { return None };
            let columns: Vec<&str> = valid_fields.iter().map(Column::name).collect();
            let fault = told(Fault::of(statement, error, "column").hinted(&columns));
            Some(if columns.is_empty() { fault } else { format!("{fault}. Columns there: {}", columns.join(", ")) })
        }
        DataFusionError::Plan(says) => {
            let name = says.strip_prefix("table '")?.strip_suffix("' not found")?.rsplit('.').next()?;
            let near = nearest(name, tables.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
            let fault = Fault::no_such(statement, name, "table");
            Some(format!("{}; `show tables` lists all", told(Fault { says: fault.says + &near, ..fault })))
        }
        _ => None,
    }
}

/// One thing that is wrong with a text.
#[derive(Debug)]
struct Fault {
    says: String,
    /// The letter at which it is; the length of the text for its end. `None`: it is no single place.
    at: Option<usize>,
    /// A name that there is not.
    unknown: Option<String>,
}

impl Fault {
    /// `noun`: what names of the text are of.
    fn of(text: &str, error: &DataFusionError, noun: &str) -> Self {
        match error.find_root() {
            DataFusionError::SQL(error, _) => Self::of_parser(text, error),
            DataFusionError::SchemaError(error, _) => match error.as_ref() {
                SchemaError::FieldNotFound { field, .. } => Self::no_such(text, &field.name, noun),
                other => Self { says: on_one_line(&other.to_string()), at: None, unknown: None },
            },
            DataFusionError::Plan(says) => match says.split('\'').collect::<Vec<_>>().as_slice() {
                ["Invalid function ", name, ..] => Self { unknown: None, ..Self::no_such(text, name, "function") },
                _ => Self { says: on_one_line(says), at: None, unknown: None },
            },
            other => {
                let says = failed(other).unwrap_or_else(|| on_one_line(&other.strip_backtrace()));
                Self { says, at: None, unknown: None }
            }
        }
    }

    /// Parsers say `Expected: an expression, found: or at Line: 1, Column: 18`, without a place where the text ends.
    fn of_parser(text: &str, error: &ParserError) -> Self {
        let says = match error {
            ParserError::TokenizerError(says) | ParserError::ParserError(says) => says.as_str(),
            ParserError::RecursionLimitExceeded => "it is nested too deeply",
        };
        let (says, place) = match says.rsplit_once(" at Line: ") {
            Some((says, place)) => (says, place.split_once(", Column: ")),
            None => (says, None),
        };
        let place = place.and_then(|(line, column)| letter(text, line.parse().ok()?, column.parse().ok()?));
        let says = match says.strip_prefix("Expected: ").and_then(|says| says.split_once(", found: ")) {
            Some((expected, "EOF")) => {
                return Self {
                    says: format!("expected {expected}, not its end"),
                    at: Some(text.trim_end().chars().count()),
                    unknown: None,
                };
            }
            Some((expected, found)) => format!("expected {expected}, not `{found}`"),
            None if says.starts_with("Unterminated string literal") => "a text in quotes has no end".to_owned(),
            None => on_one_line(says),
        };
        Self { says, at: place, unknown: None }
    }

    fn no_such(text: &str, name: &str, noun: &str) -> Self {
        // The parser takes a word that joins conditions for a name where a condition should stand.
        if ["and", "or", "not"].contains(&name) {
            return Self { says: format!("expected an expression, not `{name}`"), at: None, unknown: None };
        }
        Self { says: format!("there is no {noun} `{name}`"), at: place_of(text, name), unknown: Some(name.to_owned()) }
    }

    /// With the name that was meant, or how texts are written, where a name is not known.
    fn hinted(mut self, names: &[&str]) -> Self {
        if let Some(unknown) = &self.unknown {
            match nearest(&unknown.to_lowercase(), names.iter().copied()) {
                // With a dot and something else before it.
                Some(near) if near == unknown => self.says.push_str(" of what stands before its dot"),
                Some(near) => self.says.push_str(&format!(": did you mean `{near}`?")),
                None => self.says.push_str(&format!("; a text stands in single quotes: `'{unknown}'`")),
            }
        }
        self
    }

    /// The text with an arrow at the place, and what is wrong there.
    fn told(&self, what: &str, text: &str) -> String {
        let says = self.says.trim_end_matches('.');
        match self.at {
            Some(at) => format!("{what} `{}`: at the arrow, {says}", with_arrow(text, at)),
            None => format!("{what} `{}`: {says}", shown(text)),
        }
    }
}

/// A text with an arrow at a letter; of a long one what stands around.
fn with_arrow(text: &str, at: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = at.min(letters.len());
    let (from, to) = (at.saturating_sub(MOST_LETTERS), (at + MOST_LETTERS).min(letters.len()));
    let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    let (before, behind) = (if from > 0 { "…" } else { "" }, if to < letters.len() { "…" } else { "" });
    let gap = if at > 0 && at == letters.len() { " " } else { "" };
    format!("{before}{}{gap}→{}{behind}", spaced(&part(from, at)), spaced(&part(at, to)))
}

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(2 * MOST_LETTERS).collect();
    let behind = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{behind}", spaced(&cut))
}

/// Breaks of lines as spaces.
fn spaced(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter at a line and column, both from 1 on.
fn letter(text: &str, line: usize, column: usize) -> Option<usize> {
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(|line| line.chars().count()).sum();
    Some(before + column.checked_sub(1)?)
}

/// The letter at which a name stands by itself in a text, whatever its case, and not in single quotes.
fn place_of(text: &str, name: &str) -> Option<usize> {
    let (text, name): (Vec<char>, Vec<char>) = (text.chars().collect(), name.chars().collect());
    let is_word = |at: usize| text.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut is_quoted = false;
    for (at, c) in text.iter().enumerate() {
        is_quoted ^= *c == '\'';
        let found = !is_quoted && text[at..].len() >= name.len() && !name.is_empty();
        let is_same = found && text[at..].iter().zip(&name).all(|(a, b)| a.eq_ignore_ascii_case(b));
        if is_same && !(at > 0 && is_word(at - 1)) && !is_word(at + name.len()) {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::DFSchema;
    use datafusion::prelude::SessionContext;

    use super::*;

    /// What is said of a condition over `source` and `channel`.
    fn said(condition: &str) -> String {
        let names = ["source", "channel"];
        let text = "group = 'g'\ntitle = 't'\nquestion = 'q?'\nunit = 'count'\nrows = 'select 1'\nvalue = 'sum'";
        let kpi: KpiDefinition = toml::from_str(text).unwrap();
        let kpi = KpiDefinition { id: "calls".into(), dimensions: names.map(str::to_owned).to_vec(), ..kpi };
        let schema = DFSchema::try_from(Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec()));
        let error = SessionContext::new().parse_sql_expr(condition, &schema.unwrap()).unwrap_err();
        let said = of_condition(&kpi, condition, &error);
        let names = ". Dimensions of calls: source, channel; an example: `source = 'slack'`";
        said.strip_suffix(names).unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_shown_with_the_place_and_what_was_expected_there() {
        let end = "condition `source = →`: at the arrow, expected an expression, not its end";
        assert_eq!([said("source ="), said("source = ")], [end; 2]);
        assert_eq!(
            said("source = 'a'; drop table x"),
            "condition `source = 'a'→; drop table x`: at the arrow, expected end of expression, not `;`"
        );
        assert_eq!(
            said("channel = 'b'\n and source = 'slack"),
            "condition `channel = 'b'  and source = →'slack`: at the arrow, a text in quotes has no end"
        );
        assert_eq!(said("source = 'a' or or"), "condition `source = 'a' or or`: expected an expression, not `or`");
    }

    #[test]
    fn a_name_that_there_is_not_leads_to_the_nearest_and_a_bare_word_to_quotes() {
        assert_eq!(
            said("channel = 'sorce' and Sorce = 'a'"),
            "condition `channel = 'sorce' and →Sorce = 'a'`: at the arrow, there is no dimension `sorce`: did you mean `source`?"
        );
        assert_eq!(
            said("source = \"slack\""),
            "condition `source = \"→slack\"`: at the arrow, there is no dimension `slack`; a text stands in single quotes: `'slack'`"
        );
        assert_eq!(
            said("calls.source = 'a'"),
            "condition `calls.→source = 'a'`: at the arrow, there is no dimension `source` of what stands before its dot"
        );
        assert_eq!(
            said("lowr(source) = 'a'"),
            "condition `→lowr(source) = 'a'`: at the arrow, there is no function `lowr`"
        );
    }

    #[test]
    fn a_long_text_is_shown_around_the_place() {
        let text = format!("{} here {}", "a".repeat(200), "b".repeat(200));
        let at = place_of(&text, "here").unwrap();
        let shown = with_arrow(&text, at);
        assert_eq!(shown, format!("…{} →here {}…", "a".repeat(79), "b".repeat(75)));
    }
}
