//! The catalogue of KPIs, and one of them with its receipt, its rows and its files.

use std::collections::HashMap;

use axle_app::figures::{self, Question};
use axle_app::search;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint};
use axle_model::time::Grain;
use axum::Json;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::figures::{figure, unit};
use crate::chart::{Chart, Mark, Point, Series};
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::Link;
use crate::pages::kpi::{KpiPage, KpiReceipt, Matrix, MatrixRow, Ranked};
use crate::pages::kpis::{KpiGroup, KpiLine, KpisPage};
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Figure, Person};
use crate::state::is_many;
use crate::visit::Visit;

type Parameters = HashMap<String, String>;

/// Series of a breakdown that a chart can show; files have all.
const MOST_SERIES: usize = 8;

/// Rows behind a figure that are listed.
const MOST_ROWS: usize = 100_000;

/// Dimensions whose values are people.
const PEOPLE: [&str; 4] = ["member", "asker", "responder", "id"];

/// `GET /{workspace}/kpis`
pub(crate) async fn catalogue(visit: Visit, Query(query): Query<Parameters>) -> Answer {
    let text = query.get("q").map_or("", String::as_str);
    let workspace = &visit.opened.workspace;
    let tiles = visit.opened.catalogue(visit.clock.now).await?;
    let link = visit.link("kpis");
    let found = search::kpis(workspace, text);
    let mut groups: Vec<KpiGroup> = Vec::new();
    for kpi in workspace.kpis().iter().filter(|kpi| found.iter().any(|hit| hit.id == kpi.id)) {
        if names_people(kpi) && !visit.user.may_see_members() {
            continue;
        }
        let figure = match tiles.iter().find(|tile| tile.kpi == kpi.id) {
            Some(tile) => figure(tile, &link),
            None => blank(kpi, &link),
        };
        let line = KpiLine { needs: needs(kpi, &figure), figure, question: kpi.question.clone() };
        match groups.iter_mut().find(|group| group.name == kpi.group) {
            Some(group) => group.kpis.push(line),
            None => {
                let id = format!("group-{}", groups.len() + 1);
                groups.push(KpiGroup { id, name: kpi.group.clone(), kpis: vec![line] });
            }
        }
    }
    let last = tiles.iter().find_map(|tile| tile.months.last());
    html(&KpisPage {
        layout: visit.layout("KPIs", Section::Kpis),
        period: last.map_or_else(|| "Last month".into(), |month| format::period(month.start, Grain::Month)),
        query: text.to_owned(),
        groups,
    })
}

/// A KPI whose answer is more than one value a month leads to its page.
fn blank(kpi: &KpiDefinition, link: &Link) -> Figure {
    Figure {
        link: link.below(&kpi.id),
        name: kpi.title.clone(),
        unit: unit(kpi.unit),
        value: None,
        previous: None,
        period: String::new(),
        previous_period: String::new(),
        population: None,
        series: Vec::new(),
        partial: false,
        low_n: false,
    }
}

fn needs(kpi: &KpiDefinition, figure: &Figure) -> Option<String> {
    if is_many(&kpi.value) {
        return Some("A table: open it to see its rows.".into());
    }
    let is_empty = figure.series.iter().flatten().all(|value| *value == 0.0);
    match kpi.options.get("needs") {
        Some(axle_model::kpi::toml_value::Value::Text(needs)) if is_empty => Some(format!("Needs {needs}.")),
        _ => None,
    }
}

fn names_people(kpi: &KpiDefinition) -> bool {
    kpi.value == "table" || kpi.dimensions.iter().any(|dimension| PEOPLE.contains(&dimension.as_str()))
}

struct Asked {
    question: Question,
    here: Link,
}

fn asked(query: &Parameters, here: Link) -> Result<Asked, String> {
    let get = |key: &str| query.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
    let date = |key: &str| -> Result<Option<Date>, String> {
        let parsed =
            get(key).map(|text| text.parse().map_err(|_| format!("“{text}” is no date: write it as 2026-03-01.")));
        parsed.transpose()
    };
    let grain = match get("grain") {
        None => None,
        Some(name) => Some(Grain::from_name(name).ok_or_else(|| format!("There is no grain “{name}”."))?),
    };
    let as_of = match get("as_of") {
        None => None,
        Some(text) => {
            let at: Result<Timestamp, _> = text.parse();
            Some(at.map_err(|_| format!("“{text}” is no instant: write it as 2026-03-01T00:00:00Z."))?)
        }
    };
    let keys = ["from", "to", "grain", "by", "where", "as_of"];
    let here = keys.iter().fold(here, |link, key| link.with(key, get(key).unwrap_or_default()));
    let question = Question {
        from: date("from")?,
        to: date("to")?,
        grain,
        by: get("by").map(str::to_owned),
        filter: get("where").map(str::to_owned),
        as_of,
    };
    Ok(Asked { question, here })
}

/// `GET /{workspace}/kpis/{kpi}`
pub(crate) async fn page(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<Parameters>,
) -> Answer {
    let workspace = &visit.opened.workspace;
    let kpi = figures::kpi(workspace, &id)?;
    if names_people(kpi) {
        visit.must_see_members()?;
    }
    let now = visit.clock.now;
    let own = visit.link("kpis").below(&id);
    let format = Format::of(query.get("format").map_or("", String::as_str))?;
    let answer = match asked(&query, own.clone()) {
        Ok(asked) => figures::evaluate(workspace, &id, &asked.question, now)
            .await
            .map(|answer| (answer, asked.here))
            .map_err(Failure::from),
        Err(problem) => Err(Failure::Invalid(problem)),
    };
    let (answer, here, problem) = match answer {
        Ok((answer, here)) => (answer, here, None),
        // What was typed cannot be: the page says so and shows the KPI as it usually is.
        Err(Failure::Invalid(problem)) if format.is_none() => {
            (figures::evaluate(workspace, &id, &Question::default(), now).await?, own, Some(problem))
        }
        Err(failure) => return Err(failure),
    };
    match format {
        Some(Format::Json) => Ok(Json(answer).into_response()),
        Some(format) => sheet(&answer).into_answer(format).await,
        None => {
            let previous = before(&visit, kpi, &answer).await?;
            html(&shown(&visit, kpi, &answer, previous, here, problem))
        }
    }
}

/// The value of the window of equal length before, for a window that is one period.
async fn before(visit: &Visit, kpi: &KpiDefinition, answer: &KpiAnswer) -> Result<Option<f64>, Failure> {
    let complete = headline(answer);
    if complete.len() != 1 || is_many(&kpi.value) {
        return Ok(None);
    }
    let Ok(length) = answer.to.since(answer.from) else { return Ok(None) };
    let Ok(from) = answer.from.checked_sub(length) else { return Ok(None) };
    let question = Question {
        from: Some(from),
        to: Some(answer.from),
        grain: Some(answer.grain),
        as_of: Some(answer.as_of),
        ..Question::default()
    };
    let earlier = figures::evaluate(&visit.opened.workspace, &kpi.id, &question, visit.clock.now).await?;
    Ok(headline(&earlier).last().and_then(|point| point.value))
}

/// The points that are not broken down; complete ones, unless none is complete.
fn headline(answer: &KpiAnswer) -> Vec<&KpiPoint> {
    let all = || answer.points.iter().filter(|point| point.dimensions.is_empty());
    let complete: Vec<&KpiPoint> = all().filter(|point| !point.partial).collect();
    if complete.is_empty() { all().collect() } else { complete }
}

fn shown(
    visit: &Visit,
    kpi: &KpiDefinition,
    answer: &KpiAnswer,
    previous: Option<f64>,
    here: Link,
    problem: Option<String>,
) -> KpiPage {
    let points = headline(answer);
    let last = points.last();
    let earlier = points.iter().rev().nth(1);
    let by = here.get("by").to_owned();
    let series = if is_many(&kpi.value) { Vec::new() } else { series(answer, &kpi.title) };
    let mark = if kpi.unit == axle_model::kpi::Unit::Count && kpi.value == "count" { Mark::Bar } else { Mark::Line };
    let has_value = series.iter().flat_map(|series| &series.points).any(|point| point.value.is_some());
    let population = last.and_then(|point| point.denominator).map(|of| format!("out of {}", format::number(of)));
    let figure = Figure {
        link: here.clone(),
        name: kpi.title.clone(),
        unit: unit(kpi.unit),
        value: last.and_then(|point| point.value),
        previous: earlier.map_or(previous, |point| point.value),
        period: last.map_or_else(String::new, |point| format::period(point.start, answer.grain)),
        previous_period: earlier
            .map_or_else(|| "the period before".into(), |point| format::period(point.start, answer.grain)),
        population,
        series: points.iter().map(|point| point.value).collect(),
        partial: last.is_some_and(|point| point.partial),
        low_n: last.is_some_and(|point| point.low_n),
    };
    KpiPage {
        layout: visit.layout(kpi.title.clone(), Section::Kpis),
        id: kpi.id.clone(),
        question: kpi.question.clone(),
        chart: has_value.then(|| Chart {
            id: "course".into(),
            title: kpi.title.clone(),
            unit: unit(kpi.unit),
            grain: answer.grain,
            mark,
            series,
        }),
        matrix: (kpi.value == "cohorts").then(|| matrix(answer)).filter(|matrix| !matrix.rows.is_empty()),
        ranking: if kpi.value == "table" { ranking(visit, answer) } else { Vec::new() },
        window: (answer.from, answer.to),
        grain: answer.grain,
        by,
        dimensions: kpi.dimensions.clone(),
        problem,
        definition: answer.receipt.fold.clone(),
        caveats: if answer.receipt.caveats.is_empty() { kpi.caveats.clone() } else { answer.receipt.caveats.clone() },
        command: command(visit, answer, &here),
        receipt: KpiReceipt {
            version: answer.version,
            as_of: answer.as_of,
            time_zone: answer.time_zone.clone(),
            sql: answer.receipt.sql.clone(),
            included: answer.receipt.included,
            excluded: answer.receipt.excluded.iter().map(|(why, rows)| (why.clone(), *rows)).collect(),
            rows: rows_link(&here),
        },
        exports: Exports { link: here.clone(), what: format::plural(answer.points.len() as u64, "value") },
        figure,
        here,
    }
}

fn rows_link(here: &Link) -> Link {
    here.below("rows")
}

/// The values by dimension; those with the largest values when there are many.
fn series(answer: &KpiAnswer, title: &str) -> Vec<Series> {
    let mut starts: Vec<Date> = answer.points.iter().map(|point| point.start).collect();
    starts.sort();
    starts.dedup();
    let mut by_name: Vec<(String, HashMap<Date, &KpiPoint>)> = Vec::new();
    for point in &answer.points {
        let values: Vec<&str> = point.dimensions.values().map(String::as_str).collect();
        let name = if values.is_empty() { title.to_owned() } else { values.join(", ") };
        match by_name.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => {
                points.insert(point.start, point);
            }
            None => by_name.push((name, HashMap::from([(point.start, point)]))),
        }
    }
    let size = |points: &HashMap<Date, &KpiPoint>| -> f64 {
        points.values().filter_map(|point| point.value).map(f64::abs).sum()
    };
    by_name.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    by_name.truncate(MOST_SERIES);
    let point = |points: &HashMap<Date, &KpiPoint>, start: Date| {
        let found = points.get(&start);
        Point {
            start,
            value: found.and_then(|point| point.value),
            low_n: found.is_some_and(|point| point.low_n),
            partial: answer.points.iter().any(|point| point.start == start && point.partial),
        }
    };
    by_name
        .into_iter()
        .map(|(name, points)| Series { name, points: starts.iter().map(|start| point(&points, *start)).collect() })
        .collect()
}

fn matrix(answer: &KpiAnswer) -> Matrix {
    let mut rows: Vec<(Date, MatrixRow)> = Vec::new();
    let mut oldest = 0;
    for point in &answer.points {
        let cohort = point.dimensions.get("cohort").and_then(|text| text.parse::<Date>().ok());
        let age = point.dimensions.get("age").and_then(|text| text.parse::<usize>().ok());
        let (Some(cohort), Some(age)) = (cohort, age) else { continue };
        oldest = oldest.max(age);
        let at = rows.iter().position(|(known, _)| *known == cohort).unwrap_or_else(|| {
            let label = format::period(cohort, answer.grain);
            rows.push((cohort, MatrixRow { label, size: 0, cells: Vec::new() }));
            rows.len() - 1
        });
        let row = &mut rows[at].1;
        row.size = row.size.max(point.denominator.unwrap_or(0.0) as u64);
        if row.cells.len() <= age {
            row.cells.resize(age + 1, None);
        }
        row.cells[age] = point.value;
    }
    rows.sort_by_key(|(cohort, _)| *cohort);
    let rows = rows.into_iter().map(|(_, mut row)| {
        row.cells.resize(oldest + 1, None);
        row
    });
    Matrix {
        across: format!("{}s since first activity", capitalized(answer.grain.name())),
        columns: (0..=oldest).map(|age| age.to_string()).collect(),
        rows: rows.collect(),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The ranking of the latest period. Points name people; whom several share a name with is looked up by search.
fn ranking(visit: &Visit, answer: &KpiAnswer) -> Vec<Ranked> {
    let Some(latest) = answer.points.iter().map(|point| point.start).max() else { return Vec::new() };
    let of_latest = answer.points.iter().filter(|point| point.start == latest);
    of_latest
        .filter_map(|point| {
            let name = point.dimensions.get("member")?.clone();
            let link = visit.link("members").with("q", &name);
            let kind = crate::pages::parts::MemberKind::Member;
            Some(Ranked { person: Person { link, name, detail: None, kind }, value: point.value? })
        })
        .collect()
}

/// The command that prints the same figures.
fn command(visit: &Visit, answer: &KpiAnswer, here: &Link) -> String {
    let mut command = format!(
        "axle --workspace {} kpi show {} --from {} --to {} --grain {}",
        visit.slug(),
        answer.kpi,
        answer.from,
        answer.to,
        answer.grain.name()
    );
    for (key, flag) in [("by", "--by"), ("where", "--where"), ("as_of", "--as-of")] {
        let value = here.get(key);
        if !value.is_empty() {
            command.push_str(&format!(" {flag} '{}'", value.replace('\'', "'\\''")));
        }
    }
    command
}

fn sheet(answer: &KpiAnswer) -> Sheet {
    let mut dimensions: Vec<String> = answer.points.iter().flat_map(|point| point.dimensions.keys().cloned()).collect();
    dimensions.sort();
    dimensions.dedup();
    let mut columns = vec!["start".to_owned(), "end".to_owned()];
    columns.extend(dimensions.iter().cloned());
    columns.extend(["value", "numerator", "denominator", "low", "high", "low_n", "partial"].map(str::to_owned));
    let row = |point: &KpiPoint| {
        let mut cells: Vec<Cell> = vec![point.start.into(), point.end.into()];
        cells.extend(dimensions.iter().map(|name| Cell::from(point.dimensions.get(name).cloned())));
        cells.extend([point.value, point.numerator, point.denominator].map(Cell::from));
        cells.extend([point.interval.map(|(low, _)| low), point.interval.map(|(_, high)| high)].map(Cell::from));
        cells.extend([point.low_n, point.partial].map(Cell::from));
        cells
    };
    let rows: Vec<Vec<Cell>> = answer.points.iter().map(row).collect();
    Sheet { name: answer.kpi.clone(), columns, rows: Box::new(rows.into_iter()) }
}

/// `GET /{workspace}/kpis/{kpi}/rows`: the activities behind a figure, as a file.
pub(crate) async fn rows(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<Parameters>,
) -> Answer {
    visit.must_see_members()?;
    if query.contains_key("excluded") {
        return Err(Failure::Invalid("Rows that were left out are counted by reason, and not listed.".into()));
    }
    let asked = asked(&query, visit.link("kpis")).map_err(Failure::Invalid)?;
    let workspace = &visit.opened.workspace;
    let answer = figures::evaluate(workspace, &id, &asked.question, visit.clock.now).await?;
    let table = figures::sql(workspace, &answer.receipt.rows_query, MOST_ROWS).await?;
    let cell = |value: Value| match value {
        Value::Null => Cell::Nothing,
        Value::Bool(switch) => switch.into(),
        Value::Number(number) => number.as_f64().into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    };
    let rows = table.rows.into_iter().map(move |row| row.into_iter().map(cell).collect());
    let sheet = Sheet { name: format!("{id}-rows"), columns: table.columns, rows: Box::new(rows) };
    sheet.into_answer(Format::of(query.get("format").map_or("", String::as_str))?.unwrap_or(Format::Csv)).await
}
