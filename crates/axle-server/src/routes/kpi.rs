//! One KPI: asked as the address says, beside what it was before, with its receipt and its files.

use std::collections::HashMap;

use axle_app::compare::{self, Compared, Comparison};
use axle_app::figures::{self, Question};
use axle_app::permissions::Permission;
use axle_app::{glance, needs, own_kpis, published};
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Revision};
use axle_model::time::Grain;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use axum::{Form, Json};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::figures::{currency, unit};
use super::kpi_charts::{breakdown, charts, compared_figure, parts};
use super::kpi_growth;
use super::kpi_shapes::{listing, matrices, names_people};
use super::kpi_why;
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::Link;
use crate::pages::kpi::{Asked, KpiPage, KpiReceipt, Missing, PublishedLine, Why};
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Figure};
use crate::visit::Visit;

pub(crate) type Parameters = HashMap<String, String>;

/// Published figures on the page; the command has all.
const MOST_PUBLISHED: usize = 12;
/// So many are read for them: some may not be for whoever asks.
const MOST_READ: u32 = 200;

/// Lines of a breakdown or a ranking on the page; files have all.
pub(crate) const MOST_LINES: usize = 50;

/// What an address asks, and the address again with just that.
pub(crate) struct Request {
    pub(crate) question: Question,
    pub(crate) here: Link,
}

/// Reads what an address asks. The error says what to change.
pub(crate) fn request(query: &Parameters, here: Link) -> Result<Request, String> {
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
    Ok(Request { question, here })
}

/// `GET /{workspace}/kpis/{kpi}`
pub(crate) async fn page(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<Parameters>,
) -> Answer {
    let workspace = &visit.opened.workspace;
    let kpi = figures::kpi(workspace, &id)?;
    if names_people(&kpi) {
        visit.must_see_members()?;
    }
    let now = visit.clock.now;
    let own = visit.link("kpis").below(&id);
    let format = Format::of(query.get("format").map_or("", String::as_str))?;
    let typed = |key: &str| query.get(key).map_or_else(String::new, |text| text.trim().to_owned());
    let (condition, as_of) = (typed("where"), typed("as_of"));
    let asked = match request(&query, own.clone()) {
        Ok(asked) => {
            // A sheet has no receipt.
            let answer = if matches!(format, Some(Format::Csv | Format::Xlsx)) {
                figures::evaluate(workspace, &id, &asked.question, now).await
            } else {
                figures::with_receipt(workspace, &id, &asked.question, now).await
            };
            answer.map(|answer| (answer, asked)).map_err(Failure::from)
        }
        Err(problem) => Err(Failure::Invalid(problem)),
    };
    let (answer, asked, problem) = match asked {
        Ok((answer, asked)) => (answer, asked, None),
        // What was typed cannot be: the page says so, keeps it, and shows the KPI as it usually is.
        Err(Failure::Invalid(problem)) if format.is_none() => {
            let usual = Request { question: Question::default(), here: own };
            (figures::with_receipt(workspace, &id, &usual.question, now).await?, usual, Some(problem))
        }
        Err(failure) => return Err(failure),
    };
    match format {
        Some(Format::Json) => Ok(Json(answer).into_response()),
        Some(format) => sheet(&answer).into_answer(format).await,
        None => {
            let seen = look(&visit, &asked.question, &answer).await?;
            let question = asked.question.clone();
            let mut page = shown(&visit, &kpi, &answer, asked, seen)?;
            (page.problem, page.asked.condition, page.asked.as_of) = (problem, condition, as_of);
            let previous = !typed("previous").is_empty();
            let (since, published, against) = (typed("since"), typed("published"), typed("against"));
            let with = kpi_why::With { since, published, previous, against };
            page.why = kpi_why::of(&visit, &question, &answer, with).await?;
            page.published = published_lines(&visit, &kpi).await?;
            page.growth = kpi_growth::of(&visit, &answer, &query).await?;
            html(&page)
        }
    }
}

/// What the form to publish sends beside what is asked, which stands under the names of the address.
#[derive(Deserialize)]
pub(crate) struct Publishing {
    csrf: String,
    #[serde(flatten)]
    asked: Parameters,
}

/// `POST /{workspace}/kpis/{kpi}`: keeps the figure as it is now, as it is told to others.
pub(crate) async fn publish(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<Publishing>,
) -> Answer {
    visit.user.must(Permission::Publish)?;
    visit.check_form(&form.csrf)?;
    let workspace = &visit.opened.workspace;
    figures::must_see(workspace, &id, &visit.user)?;
    let asked = request(&form.asked, visit.link("kpis").below(&id)).map_err(Failure::Invalid)?;
    let by = Some(visit.user.name.as_str());
    published::publish(workspace, &id, &asked.question, by, visit.clock.now).await?;
    let link = asked.here.with("done", "published");
    Ok(Redirect::to(&format!("{link}#published")).into_response())
}

/// The figure as it was published, the newest first.
async fn published_lines(visit: &Visit, kpi: &KpiDefinition) -> Result<Vec<PublishedLine>, Failure> {
    let all = published::of_kpi(&visit.opened.workspace, &kpi.id, MOST_READ).await?;
    let line = |one: published::Published| {
        let answer = &one.answer;
        let last = glance::main_points(answer).and_then(|(currency, points)| {
            let point = points.iter().rev().find(|point| !point.partial).or(points.last())?;
            let value = unit(answer.unit, currency.as_deref()).write(point.value);
            Some(format!("{}: {value}", format::period(point.start, answer.grain)))
        });
        let until = answer.to.yesterday().unwrap_or(answer.to);
        let request = &one.request;
        // The page then asks what was asked when it was published.
        let link = visit
            .link("kpis")
            .below(&kpi.id)
            .with("from", request.from.to_string())
            .with("to", request.to.to_string())
            .with("grain", request.grain.name())
            .with("by", request.by.as_deref().unwrap_or_default())
            .with("where", request.filter.as_deref().unwrap_or_default());
        PublishedLine {
            number: one.number,
            window: format!("{} to {}", format::date(answer.from), format::date(until)),
            value: last.unwrap_or_else(|| format::plural(answer.points.len() as u64, "value")),
            by: one.published_by.clone().unwrap_or_default(),
            at: one.published_at,
            why: link.with("published", one.number.to_string()),
        }
    };
    // A definition that names people was kept with the figure; whoever sees the page may see it.
    Ok(all
        .into_iter()
        .filter(|one| visit.user.may_see_members() || !figures::names_people(&one.definition))
        .take(MOST_PUBLISHED)
        .map(line)
        .collect())
}

/// What the page shows beside the answer.
struct Beside {
    /// The whole, where the answer is broken down.
    whole: KpiAnswer,
    /// The whole's last period and earlier ones.
    of_whole: Option<Comparison>,
    /// The same by dimension.
    of_parts: Option<Comparison>,
    /// What to connect, when nothing is measured.
    missing: Vec<&'static needs::Need>,
}

async fn look(visit: &Visit, question: &Question, answer: &KpiAnswer) -> Result<Beside, Failure> {
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    // What has a matrix, a ranking or nothing is not held against what it was.
    let is_plain = |answer: &KpiAnswer| glance::main_points(answer).is_some();
    let whole_question = Question { by: None, ..question.clone() };
    let (whole, of_parts) = if question.by.is_some() {
        let whole = figures::evaluate(workspace, &answer.kpi, &whole_question, now).await?;
        (whole, compare::compare(workspace, question, answer, now).await?)
    } else {
        (answer.clone(), None)
    };
    let of_whole =
        if is_plain(&whole) { compare::compare(workspace, &whole_question, &whole, now).await? } else { None };
    let nothing = !answer.points.iter().any(|point| point.value.is_some());
    let kpi = figures::kpi(workspace, &answer.kpi)?;
    let missing = if nothing { needs::missing(workspace, &kpi, now).await? } else { Vec::new() };
    Ok(Beside { whole, of_whole, of_parts, missing })
}

fn shown(
    visit: &Visit,
    kpi: &KpiDefinition,
    answer: &KpiAnswer,
    asked: Request,
    beside: Beside,
) -> Result<KpiPage, Failure> {
    let Request { question, here } = asked;
    let main = glance::main_points(&beside.whole);
    let main_currency = main.and_then(|(currency, _)| currency);
    let in_unit = unit(kpi.unit, main_currency.as_deref());
    let headline = beside.of_whole.as_ref().and_then(|comparison| {
        let is_main = |compared: &&Compared| currency(&compared.point) == main_currency.as_deref();
        comparison.values.iter().find(is_main).map(|compared| (comparison, compared))
    });
    let year_before = headline.and_then(|(comparison, _)| comparison.year_before);
    let matrices = if question.by.is_none() { matrices(kpi, answer) } else { Vec::new() };
    let members = visit.link("members");
    let listing = if question.by.is_none() { listing(kpi, answer, &members, MOST_LINES) } else { None };
    let has_course = matrices.is_empty() && listing.is_none();
    let charts = if has_course { charts(kpi, answer, question.by.as_deref()) } else { Vec::new() };
    let figure = headline.map(|(comparison, compared)| Figure {
        link: here.clone(),
        series: Vec::new(),
        ..compared_figure(comparison, compared, answer.grain, in_unit.clone(), kpi.title.clone())
    });
    let is_own = visit.user.may_administer() && own_kpis::text(&visit.opened.workspace, &kpi.id)?.is_some();
    Ok(KpiPage {
        layout: visit.layout(kpi.title.clone(), Section::Kpis),
        id: kpi.id.clone(),
        question: kpi.question.clone(),
        parts: headline.and_then(|(_, compared)| parts(&compared.point)),
        interval: headline
            .and_then(|(_, compared)| compared.point.interval)
            .map(|(low, high)| in_unit.range(low, high)),
        year_period: year_before.map(|period| format::period(period.start, answer.grain)),
        year_why: year_before.map(|period| here.with("against", period.start.to_string())),
        charts,
        breakdown: beside
            .of_parts
            .as_ref()
            .and_then(|comparison| breakdown(comparison, answer, question.by.as_deref()?, &here)),
        figure,
        matrices,
        listing,
        asked: Asked {
            window: (answer.from, answer.to),
            grain: answer.grain,
            by: question.by.clone().unwrap_or_default(),
            condition: String::new(),
            as_of: String::new(),
        },
        dimensions: kpi.dimensions.clone(),
        conditional: kpi.conditional().into_iter().map(str::to_owned).collect(),
        growth: None,
        why: Why::default(),
        may_publish: visit.user.may_publish(),
        published: Vec::new(),
        problem: None,
        missing: beside.missing.iter().map(|known| missing_line(known, &kpi.title)).collect(),
        fold: format!("{}.", answer.receipt.fold.trim_end_matches('.')),
        caveats: if answer.receipt.caveats.is_empty() { kpi.caveats.clone() } else { answer.receipt.caveats.clone() },
        command: command(visit, answer, &here),
        receipt: KpiReceipt {
            version: answer.version,
            window: (answer.receipt.begins(), answer.receipt.to),
            as_of: answer.as_of,
            time_zone: answer.time_zone.clone(),
            business_hours: answer.receipt.business_hours.clone(),
            rates: answer.receipt.rates.clone(),
            revisions: revised(answer),
            sql: answer.receipt.sql.clone(),
            included: answer.receipt.included,
            excluded: answer.receipt.excluded_at_last().map(|(why, rows)| (why.to_owned(), rows)).collect(),
            tables: answer.receipt.tables.clone(),
            reads: answer.receipt.reads.iter().map(|table| table.replace('_', " ")).collect(),
            rows: visit.user.may_see_members().then(|| pinned(&here, answer).below("rows")),
        },
        exports: Exports { link: here.clone(), what: format::plural(answer.points.len() as u64, "value") },
        edit: is_own.then(|| visit.link("kpis").below(&kpi.id).below("edit")),
        permalink: pinned(&here, answer),
        here,
    })
}

/// The periods that changed after they were over.
fn revised(answer: &KpiAnswer) -> Vec<(String, u64, Option<Timestamp>)> {
    let changed = answer.receipt.revisions.iter().filter(|period| period.revision > 0);
    let line = |period: &Revision| (format::period(period.start, answer.grain), period.revision, period.revised_at);
    changed.map(line).collect()
}

/// One need with the figure that waits for it.
fn missing_line(known: &needs::Need, title: &str) -> Missing {
    Missing { name: known.name.to_owned(), how: known.how.to_owned(), kpis: vec![title.to_owned()] }
}

/// The address with everything stated that was left to defaults.
fn pinned(here: &Link, answer: &KpiAnswer) -> Link {
    here.with("from", answer.from.to_string())
        .with("to", answer.to.to_string())
        .with("grain", answer.grain.name())
        .with("as_of", answer.as_of.to_string())
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
