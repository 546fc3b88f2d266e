//! Runs the golden cases of definitions through the engine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axle_model::analytics::{Analytics, AnalyticsError, GoldenOutcome, Knowledge};
use axle_model::kpi::{GoldenCase, GoldenValue, KpiDefinition, KpiPoint, KpiRequest};
use axle_model::time::{Grain, day_of_date, start_of_day};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::engine::DataFusionAnalytics;
use crate::golden_data;
use crate::limits::QueryLimits;

/// Runs every golden case of the definitions. A case that cannot be run differs by the reason.
pub async fn check(definitions: &[KpiDefinition]) -> Vec<GoldenOutcome> {
    let mut outcomes = Vec::new();
    for kpi in definitions {
        for case in &kpi.golden {
            let differences = match run(kpi, case).await {
                Ok(differences) => differences,
                Err(reason) => vec![reason],
            };
            outcomes.push(GoldenOutcome { kpi: kpi.id.clone(), case: case.name.clone(), differences });
        }
    }
    outcomes
}

async fn run(kpi: &KpiDefinition, case: &GoldenCase) -> Result<Vec<String>, String> {
    let zone = case.time_zone.as_deref().unwrap_or("UTC");
    let zone = TimeZone::get(zone).map_err(|error| error.to_string())?;
    let engine = filled(case, &zone).await?;
    let request = request(kpi, case, &zone)?;
    let answer = match &case.known_at {
        None => engine.evaluate(kpi, &request).await,
        Some(known_at) => {
            let read_until = Some(known_at.parse().map_err(|error: jiff::Error| error.to_string())?);
            engine.evaluate_knowing(kpi, &request, &Knowledge { read_until, ..Knowledge::default() }).await
        }
    };
    compare(kpi, case, &answer.map_err(|error| error.to_string())?.points)
}

async fn filled(case: &GoldenCase, zone: &TimeZone) -> Result<DataFusionAnalytics, String> {
    let mut data = golden_data::read(&case.data, zone)?;
    data.directory.business_hours = case.business_hours.clone().unwrap_or_default();
    let currencies = case.currencies.clone().unwrap_or_default();
    data.directory.currencies = currencies.tidied().map_err(|error| error.to_string())?;
    let engine = DataFusionAnalytics::new(PathBuf::new(), QueryLimits::default());
    let fill = async {
        engine.set_directory(data.directory).await?;
        engine.append(data.rows, &data.deleted).await?;
        for table in data.tables {
            engine.set_facts(table).await?;
        }
        for (_, rows) in data.facts.rows {
            engine.append_facts(rows, usize::MAX).await?;
        }
        Ok::<_, AnalyticsError>(())
    };
    fill.await.map_err(|error| error.to_string())?;
    Ok(engine)
}

/// The periods that a case names, without gaps.
fn request(kpi: &KpiDefinition, case: &GoldenCase, zone: &TimeZone) -> Result<KpiRequest, String> {
    let grain = case.grain.unwrap_or(Grain::Month);
    let starts: Vec<Date> = case.expect.keys().map(|key| start_of(key)).collect::<Result<_, _>>()?;
    let (Some(from), Some(last)) = (starts.iter().min(), starts.iter().max()) else {
        return Err("the case expects nothing".into());
    };
    let to = match grain {
        Grain::Total => return Err("golden cases are cut into days, weeks, months, quarters or years".into()),
        grain => grain.next(*last),
    };
    let as_of = match &case.as_of {
        Some(as_of) => as_of.parse().map_err(|error: jiff::Error| error.to_string())?,
        None => start_of_day(day_of_date(to), zone),
    };
    // Dimensions that every point has need not be asked for.
    let each = kpi.each();
    let mut asked =
        case.by.iter().flat_map(|by| if each.is_empty() { vec![by.as_str()] } else { by.split(',').collect() });
    let by = asked.find(|by| kpi.dimensions.iter().any(|known| known == by) && !each.contains(by)).map(str::to_owned);
    Ok(KpiRequest { from: *from, to, grain, by, filter: case.filter.clone(), as_of })
}

fn start_of(key: &str) -> Result<Date, String> {
    let start = key.split_whitespace().next().unwrap_or_default();
    let full = match start.len() {
        4 => format!("{start}-01-01"),
        7 => format!("{start}-01"),
        _ => start.to_owned(),
    };
    full.parse().map_err(|error: jiff::Error| format!("{key}: {error}"))
}

/// Every figure expected is there, and nothing else is: `by` names the dimensions that keys carry.
fn compare(kpi: &KpiDefinition, case: &GoldenCase, points: &[KpiPoint]) -> Result<Vec<String>, String> {
    let named: Vec<&str> = case.by.as_deref().map(|by| by.split(',').map(str::trim).collect()).unwrap_or_default();
    let mut found: BTreeMap<(Date, String), Option<f64>> = BTreeMap::new();
    for point in points {
        let value =
            |name: &&str| point.dimensions.get(*name).cloned().ok_or(format!("{} has no dimension {name}", kpi.id));
        let dimensions = named.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        found.insert((point.start, dimensions.join(" ")), point.value);
    }
    let mut differences = Vec::new();
    for (key, expected) in &case.expect {
        let dimensions = key.split_once(' ').map_or("", |(_, dimensions)| dimensions.trim());
        let value = found.remove(&(start_of(key)?, dimensions.to_owned()));
        let expected = match expected {
            GoldenValue::Number(number) => Some(*number),
            GoldenValue::Text(word) if word == "null" => None,
            GoldenValue::Text(word) => return Err(format!("{key} is neither a number nor null: {word}")),
        };
        match value {
            None => differences.push(format!("{key}: expected {}, there is no point", shown(expected))),
            Some(value) if !equal(value, expected) => {
                differences.push(format!("{key}: expected {}, got {}", shown(expected), shown(value)));
            }
            Some(_) => {}
        }
    }
    // A period between those expected that holds nothing needs no line of its own.
    let surplus = found.into_iter().filter(|(_, value)| value.is_some_and(|value| value != 0.0));
    differences
        .extend(surplus.map(|((start, name), value)| format!("{start} {name}: got {}, not expected", shown(value))));
    Ok(differences)
}

fn equal(value: Option<f64>, expected: Option<f64>) -> bool {
    match (value, expected) {
        (Some(value), Some(expected)) => (value - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        (None, None) => true,
        _ => false,
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[tokio::test]
    async fn every_embedded_golden_case_holds() {
        let outcomes = check(&crate::catalogue(None).unwrap()).await;
        let wrong: Vec<_> = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(outcomes.len() > 30);
    }

    /// The record's small numbers never leave it, and members and organizations are named with their public ids.
    #[tokio::test]
    async fn rows_behind_figures_name_what_they_are_of() {
        const NAMED: &[&str] = &["member", "other", "asker", "responder", "organization", "level", "thread"];
        const NAMELESS: &[&str] = &["id", "item", "visit", "visitor", "mention", "customer"];
        let (mut listed, mut wrong) = (0, Vec::new());
        for kpi in crate::catalogue(None).unwrap() {
            for case in &kpi.golden {
                let zone = TimeZone::get(case.time_zone.as_deref().unwrap_or("UTC")).unwrap();
                let (engine, request) = (filled(case, &zone).await.unwrap(), request(&kpi, case, &zone).unwrap());
                let rows = engine.rows(&kpi, &request, 0, 1_000).await;
                let table = rows.unwrap_or_else(|error| panic!("{}: {error}", kpi.id)).table;
                if table.rows.is_empty() {
                    continue;
                }
                listed += 1;
                for (at, name) in table.columns.iter().enumerate() {
                    let is_of = |names: &[&str]| names.contains(&name.as_str());
                    let is_numbered = table.rows.iter().any(|row| row[at].is_number());
                    if is_numbered && (is_of(NAMED) || is_of(NAMELESS)) {
                        wrong.push(format!("{}: numbers in {name}", kpi.id));
                    }
                    let id = format!("{name}_id");
                    if matches!(name.as_str(), "member" | "organization") && !table.columns.contains(&id) {
                        wrong.push(format!("{}: {name} without {id}", kpi.id));
                    }
                }
                break;
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(listed > 200, "{listed}");
    }

    /// Where a dimension has a value, a figure says what its breakdown says of that value, or says that it cannot be asked so.
    #[tokio::test]
    async fn a_condition_gives_what_the_breakdown_says_of_a_value() {
        let (mut asked, mut wrong) = (0, Vec::new());
        for kpi in crate::catalogue(None).unwrap() {
            for dimension in &kpi.dimensions {
                let is_by = |case: &&GoldenCase| {
                    case.by.as_deref().is_some_and(|by| by.split(',').any(|by| by.trim() == dimension))
                };
                let Some(case) = kpi.golden.iter().find(is_by).or(kpi.golden.first()) else { continue };
                let zone = TimeZone::get(case.time_zone.as_deref().unwrap_or("UTC")).unwrap();
                let (engine, request) = (filled(case, &zone).await.unwrap(), request(&kpi, case, &zone).unwrap());
                let by = KpiRequest { by: Some(dimension.clone()), ..request.clone() };
                let parts = engine.evaluate(&kpi, &by).await.unwrap_or_else(|error| panic!("{error}")).points;
                let values: BTreeSet<&String> =
                    parts.iter().filter_map(|part| part.dimensions.get(dimension)).collect();
                for value in values {
                    asked += 1;
                    let filter = format!("\"{dimension}\" = '{}'", value.replace('\'', "''"));
                    let what = format!("{} where {filter}", kpi.id);
                    let alone = KpiRequest { by: None, filter: Some(filter), ..request.clone() };
                    let alone =
                        match (engine.evaluate(&kpi, &alone).await, kpi.divided_into() == Some(dimension.as_str())) {
                            (Ok(answer), false) => answer.points,
                            (Err(AnalyticsError::Invalid(says)), true) if says.contains("break down by") => continue,
                            (answer, _) => {
                                wrong.push(format!("{what}: {:?}", answer.map(|answer| answer.points)));
                                continue;
                            }
                        };
                    let others = |point: &KpiPoint| {
                        let mut others = point.dimensions.clone();
                        others.remove(dimension);
                        (point.start, others)
                    };
                    for part in parts.iter().filter(|part| part.dimensions.get(dimension) == Some(value)) {
                        let same = alone.iter().find(|point| others(point) == others(part));
                        if !same.is_some_and(|same| equal(same.value, part.value)) {
                            wrong.push(format!("{what}: {part:?} is {same:?}"));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(asked > 200, "{asked}");
    }

    /// A value of money does not depend on which other periods are asked for.
    #[tokio::test]
    async fn a_period_by_itself_says_what_it_says_among_others() {
        let (mut asked, mut wrong) = (0, Vec::new());
        for kpi in crate::catalogue(None).unwrap().into_iter().filter(|kpi| !kpi.each().is_empty()) {
            for case in &kpi.golden {
                let zone = TimeZone::get(case.time_zone.as_deref().unwrap_or("UTC")).unwrap();
                let (engine, request) = (filled(case, &zone).await.unwrap(), request(&kpi, case, &zone).unwrap());
                let among = engine.evaluate(&kpi, &request).await.unwrap_or_else(|error| panic!("{error}")).points;
                let periods: BTreeSet<(Date, Date)> = among.iter().map(|point| (point.start, point.end)).collect();
                for (from, to) in periods {
                    asked += 1;
                    let request = KpiRequest { from, to, ..request.clone() };
                    let alone = engine.evaluate(&kpi, &request).await.unwrap_or_else(|error| panic!("{error}")).points;
                    for point in among.iter().filter(|point| point.start == from) {
                        let same = alone.iter().find(|same| same.dimensions == point.dimensions);
                        // What is not defined may be told of nothing.
                        if !equal(same.and_then(|same| same.value), point.value) {
                            wrong.push(format!("{}, {}: {point:?} is {same:?}", kpi.id, case.name));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(asked > 50, "{asked}");
    }

    #[tokio::test]
    async fn a_wrong_figure_is_told() {
        let text = r#"
            group = "x"
            title = "x"
            question = "x"
            unit = "count"
            value = "distinct"
            rows = "select member as id, day from member_days"
            [[golden]]
            name = "one too many"
            data = ["ada messaged 2026-01-03"]
            expect = { "2026-01" = 2 }
        "#;
        let definition = crate::definitions::parse("x", "x.toml", text).unwrap();
        let outcomes = check(&[definition]).await;
        assert_eq!(outcomes[0].differences, ["2026-01: expected 2, got 1"]);
    }
}
