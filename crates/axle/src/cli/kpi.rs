//! `axle kpi`: the catalogue, one figure, its receipt, and the worked examples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use axle_app::figures::{self, Question};
use axle_app::permissions::Permission;
use axle_app::{AppError, Workspace, published, score, why};
use axle_model::kpi::{KpiAnswer, Revision, Unit};
use axle_model::time::{Grain, Moment};
use axle_server::format::{money, unmarked};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use super::Arguments;
use crate::output::{Format, Listing, print, print_csv, print_json, print_rows, text};
use crate::wiring::now;

/// The catalogue of figures
#[derive(Debug, Subcommand)]
pub(crate) enum Kpi {
    /// Every figure that can be asked for
    List,
    /// One figure over time
    Show(Asked),
    /// How a figure comes about: definition, SQL, window, what is left out and why
    Receipt(Asked),
    /// The rows that a figure is made of, the newest first
    Rows(RowsAsked),
    /// Why a figure is not what it was: late arrivals, deletions, merges, bots and teammates, another definition
    Why(WhyAsked),
    /// Keep a figure as it is told to others now
    Publish(Asked),
    /// Figures that were published, as they were then
    Published,
    /// Run every figure on its examples, which were worked out by hand
    Check {
        /// Only the definition in this file, which need not be in the catalogue
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// As in the list
    id: String,
    /// First day
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// First day after
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// day, week, month, quarter, year or total
    #[arg(long, default_value = "month")]
    grain: String,
    /// Break down by this dimension
    #[arg(long, value_name = "DIMENSION")]
    by: Option<String>,
    /// Condition over the dimensions, such as "source = 'slack'"
    #[arg(long = "where", value_name = "EXPR")]
    filter: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RowsAsked {
    #[command(flatten)]
    asked: Asked,
    /// Leave out so many, as those that were shown before
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// At most so many rows
    #[arg(long, default_value_t = 10_000)]
    limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct WhyAsked {
    #[command(flatten)]
    asked: Asked,
    /// Compare with what was known when this day began, or at this instant
    #[arg(long, value_name = "DATE", conflicts_with = "published")]
    since: Option<Moment>,
    /// Compare with what was published under this number
    #[arg(long, value_name = "NUMBER")]
    published: Option<i64>,
    /// Compare the last period that is over with the one before it
    #[arg(long, conflicts_with_all = ["since", "published"])]
    previous: bool,
    /// Compare the last period that is over with the one in which this day lies
    #[arg(long, value_name = "DATE", conflicts_with_all = ["since", "published", "previous"])]
    against: Option<Date>,
}

impl Asked {
    async fn question(&self, arguments: &Arguments, workspace: &Workspace) -> Result<Question, AppError> {
        let grain = Grain::from_name(&self.grain).ok_or_else(|| {
            AppError::Invalid(format!("`{}` is no grain: use day, week, month, quarter, year or total", self.grain))
        })?;
        Ok(Question {
            from: self.from,
            to: self.to,
            grain: Some(grain),
            by: self.by.clone(),
            filter: self.filter.clone(),
            as_of: arguments.as_of(workspace).await?,
        })
    }
}

impl Kpi {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::List => {
                let workspace = arguments.open().await?;
                let mut listing = Listing::new(&["id", "group", "question", "unit", "dimensions"]);
                for kpi in workspace.kpis().iter() {
                    listing.row([
                        json!(kpi.id),
                        json!(kpi.group),
                        json!(unmarked(&kpi.question)),
                        json!(kpi.unit),
                        json!(kpi.dimensions),
                    ]);
                }
                let document: Vec<Value> = workspace
                    .kpis()
                    .iter()
                    .map(|kpi| {
                        json!({"kpi": kpi.id, "version": kpi.version, "group": kpi.group, "title": kpi.title, "question": kpi.question,
                               "unit": kpi.unit, "dimensions": kpi.dimensions, "caveats": kpi.caveats})
                    })
                    .collect();
                print(arguments.format, &listing, &document)
            }
            Self::Show(asked) => {
                let answer = answer(asked, arguments).await?;
                print_points(arguments.format, &answer, &answer)
            }
            Self::Receipt(asked) => {
                let answer = answer(asked, arguments).await?;
                let receipt = &answer.receipt;
                if arguments.format == Format::Json {
                    return print_json(receipt);
                }
                let mut listing = Listing::new(&["receipt", ""]);
                let mut put = |name: &str, value: Value| listing.row([json!(name), value]);
                put("definition", json!(format!("{} (version {})", unmarked(&receipt.definition), answer.version)));
                let from = receipt.begins().map_or_else(|| "everything".to_owned(), |from| from.to_string());
                put("window", json!(format!("{from} to {} (exclusive), {}", receipt.to, receipt.time_zone)));
                if let Some(hours) = &receipt.business_hours {
                    put("business hours", json!(hours));
                }
                for rate in &receipt.rates {
                    put("converted by", json!(rate));
                }
                put("as of", json!(receipt.as_of));
                put("made from", json!(receipt.reads.join(", ")));
                put("rows included", json!(receipt.included));
                for (reason, count) in receipt.excluded_at_last() {
                    put(&format!("left out: {reason}"), json!(count));
                }
                for table in &receipt.tables {
                    put(&format!("rows of {}", table.table), json!(format!("{} of {}", table.included, table.rows)));
                    for (reason, count) in &table.excluded {
                        put(&format!("{}, left out: {reason}", table.table), json!(count));
                    }
                }
                for Revision { start, end, revision, revised_at } in &receipt.revisions {
                    let last = revised_at.map(|at| format!(", last {at}")).unwrap_or_default();
                    put(&format!("changed after {start} to {end} was over"), json!(format!("{revision} times{last}")));
                }
                put("fold", json!(unmarked(&receipt.fold)));
                match arguments.format {
                    Format::Table => {
                        for (number, line) in receipt.sql.lines().enumerate() {
                            put(if number == 0 { "sql" } else { "" }, json!(line));
                        }
                    }
                    _ => put("sql", json!(receipt.sql)),
                }
                put("rows behind it", json!(receipt.rows_command));
                for caveat in &receipt.caveats {
                    put("note", json!(unmarked(caveat)));
                }
                print(arguments.format, &listing, receipt)
            }
            Self::Rows(asked) => rows(asked, arguments).await,
            Self::Why(asked) => why_changed(asked, arguments).await,
            Self::Publish(asked) => {
                let workspace = arguments.open().await?;
                let question = asked.question(arguments, &workspace).await?;
                figures::must_see(&workspace, &asked.id, &arguments.user)?;
                score::rescore(&workspace, now()).await?;
                let by = arguments.as_user.is_some().then(|| arguments.by());
                let published = published::publish(&workspace, &asked.id, &question, by, now()).await?;
                print_points(arguments.format, &published.answer, &published)
            }
            Self::Published => {
                let mut all = published::list(&arguments.open().await?).await?;
                all.retain(|one| arguments.user.may_see_members() || !figures::names_people(&one.definition));
                let mut listing = Listing::new(&["number", "kpi", "from", "to", "published"]);
                for one in &all {
                    let request = &one.request;
                    let row = [json!(one.number), json!(one.answer.kpi), json!(request.from), json!(request.to)];
                    listing.row(row.into_iter().chain([json!(one.published_at)]));
                }
                print(arguments.format, &listing, &all)
            }
            Self::Check { file } => check(arguments, file.as_deref()).await,
        }
    }
}

async fn answer(asked: &Asked, arguments: &Arguments) -> anyhow::Result<KpiAnswer> {
    let workspace = arguments.open().await?;
    let question = asked.question(arguments, &workspace).await?;
    figures::must_see(&workspace, &asked.id, &arguments.user)?;
    arguments.hint_import(&workspace).await?;
    score::rescore(&workspace, now()).await?;
    Ok(figures::with_receipt(&workspace, &asked.id, &question, now()).await?)
}

async fn rows(RowsAsked { asked, skip, limit }: &RowsAsked, arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = arguments.open().await?;
    let question = asked.question(arguments, &workspace).await?;
    score::rescore(&workspace, now()).await?;
    let found = figures::rows(&workspace, &asked.id, &question, (*skip, *limit), now()).await?;
    print_rows(arguments.format, &found.table)?;
    let shown = found.table.rows.len();
    if ((skip + shown) as u64) < found.total {
        eprintln!(
            "axle: {shown} of {} rows are shown: raise --limit, or go on with --skip {}",
            found.total,
            skip + shown
        );
    }
    Ok(())
}

async fn why_changed(asked: &WhyAsked, arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = arguments.open().await?;
    let question = asked.asked.question(arguments, &workspace).await?;
    let kpi = match asked.published {
        Some(number) => published::show(&workspace, number).await?.definition,
        None => (*figures::kpi(&workspace, &asked.asked.id)?).clone(),
    };
    if figures::names_people(&kpi) {
        arguments.user.must(Permission::SeeMembers)?;
    }
    score::rescore(&workspace, now()).await?;
    let why = match (workspace.instant(asked.since).await?, asked.published) {
        (_, Some(number)) => why::since_published(&workspace, number, now()).await?,
        (Some(then), None) => why::since(&workspace, &asked.asked.id, &question, then, now()).await?,
        (None, None) if asked.previous || asked.against.is_some() => {
            why::between(&workspace, &asked.asked.id, &question, asked.against, now()).await?
        }
        (None, None) => {
            let ways = "say with what to compare: --since DATE, --published NUMBER, --previous or --against DATE";
            bail!(AppError::Invalid(ways.into()))
        }
    };
    // Two periods are told with the earlier one as it is known now.
    let columns: &[&str] = match why.earlier {
        Some(_) => &["period", "", "then", "then, as known now", "now", "because of"],
        None => &["period", "", "then", "now", "because of"],
    };
    let mut listing = Listing::new(columns);
    for change in &why.changes {
        let dimensions: Vec<&str> = change.dimensions.values().map(String::as_str).collect();
        let written = |value| written(arguments.format, kpi.unit, &change.dimensions, value);
        let signed = |by: f64| signed(arguments.format, &written(Some(by)), by);
        let split = change.split.as_ref().map(|split| {
            let part = |part: &why::Part| format!("{} {}", part.value.as_deref().unwrap_or("others"), signed(part.by));
            let parts: Vec<String> = split.parts.iter().map(part).collect();
            format!(" (by {}: {})", split.dimension, parts.join(", "))
        });
        let moved = |one: &why::Move| {
            let parts = split.as_deref().filter(|_| one.cause == why::Cause::LaterPeriod).unwrap_or_default();
            one.by.filter(|by| *by != 0.0).map(|by| format!("{} {}{parts}", one.cause.name(), signed(by)))
        };
        let because: Vec<String> = change.moves.iter().filter_map(moved).collect();
        let earlier = why.earlier.map(|_| written(change.earlier));
        let start = [json!(change.start), json!(dimensions.join(", ")), written(change.then)];
        listing.row(start.into_iter().chain(earlier).chain([written(change.now), json!(because.join(", "))]));
    }
    print(arguments.format, &listing, &why)
}

/// A value as it is printed: for people, amounts are in whole units of their currency, as `1,234.50 EUR`; everything else, and what
/// programs read, is the number that it is.
fn written(format: Format, unit: Unit, dimensions: &BTreeMap<String, String>, value: Option<f64>) -> Value {
    match (format, unit, dimensions.get("currency"), value) {
        (Format::Table, Unit::Money, Some(currency), Some(value)) => json!(money(value.round() as i64, currency)),
        _ => json!(value),
    }
}

/// A written difference with its sign.
fn signed(format: Format, written: &Value, by: f64) -> String {
    match (format, written) {
        (Format::Table, _) | (_, Value::String(_)) => format!("{}{}", if by > 0.0 { "+" } else { "" }, text(written)),
        _ => format!("{by:+}"),
    }
}

/// A written value with the words that its definition puts behind it, as `2.8333 a week`.
fn measured(written: Value, words: Option<&str>) -> Value {
    match words {
        Some(words) if !written.is_null() => json!(format!("{} {words}", text(&written))),
        _ => written,
    }
}

/// Prints the points of an answer: for spreadsheets with the columns that the page's files have.
fn print_points(format: Format, answer: &KpiAnswer, document: &impl Serialize) -> anyhow::Result<()> {
    if format == Format::Csv {
        let table = figures::table(answer);
        return print_csv(&table.columns, &table.rows);
    }
    print(format, &points(answer), document)
}

fn points(answer: &KpiAnswer) -> Listing {
    let mut listing = Listing::new(&["period", "", "value", "of", "note"]);
    for point in &answer.points {
        let dimensions: Vec<&str> = point.dimensions.values().map(String::as_str).collect();
        let written = |value| written(Format::Table, answer.unit, &point.dimensions, value);
        let value = measured(written(point.value), answer.measured_in.as_deref());
        // What is divided is in the unit of the value.
        let fraction = match (point.numerator, point.denominator) {
            (Some(numerator), Some(denominator)) => {
                json!(format!("{} / {}", text(&written(Some(numerator))), text(&json!(denominator))))
            }
            _ => Value::Null,
        };
        let mut notes = Vec::new();
        if point.value.is_none() {
            notes.push("not defined");
        }
        if point.partial {
            notes.push("not over yet");
        }
        if point.low_n {
            notes.push("few");
        }
        listing.row([json!(point.start), json!(dimensions.join(", ")), value, fraction, json!(notes.join(", "))]);
    }
    listing
}

async fn check(arguments: &Arguments, file: Option<&Path>) -> anyhow::Result<()> {
    let kpis = match file {
        Some(file) => vec![axle_analytics::definition_of(file).map_err(|error| AppError::Invalid(error.to_string()))?],
        None => {
            let own = arguments.data.join("kpis");
            axle_analytics::catalogue(own.is_dir().then_some(own.as_path()))?
        }
    };
    let outcomes = axle_analytics::check(&kpis).await;
    let wrong: Vec<_> = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).collect();
    let mut listing = Listing::new(&["kpi", "case", "outcome"]);
    for (at, outcome) in outcomes.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &outcomes[before]).filter(|before| before.kpi == outcome.kpi);
        let told = match outcome.differences.as_slice() {
            [] => "ok".to_owned(),
            // What is wrong with the whole definition is said once.
            differences if before.is_some_and(|before| before.differences == differences) => "the same".to_owned(),
            differences => differences.join("; "),
        };
        listing.row([json!(outcome.kpi), json!(outcome.case), json!(told)]);
    }
    print(arguments.format, &listing, &outcomes)?;
    if !wrong.is_empty() {
        bail!("{} of {} golden cases differ", wrong.len(), outcomes.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_rounded_values_with_what_they_are_in() {
        assert_eq!(measured(json!(17.0 / 6.0), Some("a week")), json!("2.8333 a week"));
        assert_eq!(measured(json!(36.0), Some("months")), json!("36 months"));
        assert_eq!(measured(json!(17.0 / 6.0), None), json!(17.0 / 6.0));
        assert_eq!(measured(Value::Null, Some("a week")), Value::Null);
    }

    #[test]
    fn differences_have_a_sign_and_are_rounded_for_people() {
        let by = 0.1 + 0.2;
        assert_eq!(signed(Format::Table, &json!(by), by), "+0.3");
        assert_eq!(signed(Format::Csv, &json!(by), by), "+0.30000000000000004");
        assert_eq!(signed(Format::Table, &json!(-2.0), -2.0), "-2");
        assert_eq!(signed(Format::Table, &json!("1.50 EUR"), 150.0), "+1.50 EUR");
    }
}
