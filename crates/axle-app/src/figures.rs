//! Figures: KPIs of the catalogue, and SQL over the public tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use axle_model::analytics::{FactTable, FigureRows, Table};
use axle_model::kpi::toml_value::Value::Text;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, KpiRequest};
use axle_model::time::{Grain, local_day};
use axle_model::{OrbitLevel, Step};
use axle_store::score::{self, ScoreRow};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::directory::id_text;
use crate::permissions::Permission;
use crate::users::User;
use crate::{AppError, AppResult, Workspace, flywheels, refresh, revisions};

/// Groups of the catalogue in reading order; others follow them.
pub const GROUPS: [&str; 13] = [
    "Members and activity",
    "Layers",
    "Questions and answers",
    "Sales",
    "Onboarding",
    "Champions and key accounts",
    "Handbook",
    "Product",
    "Marketing",
    "Executives",
    "Product, marketing, executives",
    "Flywheels",
    "Calls",
];

/// How a KPI is asked for, as people ask: everything may be left out.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// First local date; twelve periods before `to` unless given.
    pub from: Option<Date>,
    /// First local date after; the day after today unless given.
    pub to: Option<Date>,
    /// `month` unless given.
    pub grain: Option<Grain>,
    /// Dimension.
    pub by: Option<String>,
    /// SQL condition over the dimensions.
    pub filter: Option<String>,
    /// Now unless given.
    pub as_of: Option<Timestamp>,
}

/// The KPI of that id.
pub fn kpi(workspace: &Workspace, id: &str) -> AppResult<Arc<KpiDefinition>> {
    let kpis = workspace.kpis();
    let found = kpis.iter().find(|kpi| kpi.id == id);
    found.cloned().ok_or_else(|| AppError::NotFound(format!("there is no KPI `{id}`: `axle kpi list` shows all")))
}

/// Dimensions whose values are people.
pub const PEOPLE: [&str; 4] = ["member", "asker", "responder", "id"];

/// What a ranking may be of without naming people; whatever else it is of may be somebody.
const THINGS: [&str; 3] = ["topic", "channel", "source"];

/// Whether an answer may name people.
pub fn names_people(kpi: &KpiDefinition) -> bool {
    let is_of_things = matches!(kpi.options.get("subject"), Some(Text(subject)) if THINGS.contains(&subject.as_str()));
    (kpi.value == "table" && !is_of_things)
        || kpi.dimensions.iter().any(|dimension| PEOPLE.contains(&dimension.as_str()))
}

/// Refuses a KPI that names people to who may not see them.
///
/// # Errors
/// [`AppError::Forbidden`]; [`AppError::NotFound`] when there is no such KPI.
pub fn must_see(workspace: &Workspace, id: &str, user: &User) -> AppResult<()> {
    if names_people(&*kpi(workspace, id)?) { user.must(Permission::SeeMembers) } else { Ok(()) }
}

/// Evaluates a KPI. `now` in place of what the question leaves out. Its receipt says how the figure came about, without
/// counting rows: see [`with_receipt`].
pub async fn evaluate(workspace: &Workspace, id: &str, question: &Question, now: Timestamp) -> AppResult<KpiAnswer> {
    let (definition, request) = asked(workspace, id, question, now).await?;
    Ok(workspace.analytics().evaluate(&definition, &request).await?)
}

/// As [`evaluate`]; the receipt has the rows that the figure is made of, those that were left out, and how often what its periods are
/// made of changed after they were over. The definition runs twice for it, so that only what shows the receipt asks.
pub async fn with_receipt(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    now: Timestamp,
) -> AppResult<KpiAnswer> {
    let (definition, request) = asked(workspace, id, question, now).await?;
    let mut answer = workspace.analytics().evaluate(&definition, &request).await?;
    match workspace.analytics().count_rows(&definition, &request).await {
        Ok(counts) => answer.receipt.count(counts),
        // The figure is there all the same.
        Err(error) => answer.receipt.caveats.push(format!("Its rows were not counted: {error}")),
    }
    answer.receipt.revisions = revisions::of(workspace, &answer).await?;
    Ok(answer)
}

/// An answer as files have it: a row for each point, with a column for each dimension that any point has. Numbers are exact, in
/// the unit of the KPI.
pub fn table(answer: &KpiAnswer) -> Table {
    let dimensions: BTreeSet<&String> = answer.points.iter().flat_map(|point| point.dimensions.keys()).collect();
    let mut columns = vec!["start".to_owned(), "end".to_owned()];
    columns.extend(dimensions.iter().map(|name| (*name).clone()));
    columns.extend(["value", "numerator", "denominator", "low", "high", "low_n", "partial"].map(str::to_owned));
    let row = |point: &KpiPoint| {
        let (low, high) = point.interval.unzip();
        let mut row = vec![json!(point.start), json!(point.end)];
        row.extend(dimensions.iter().map(|name| json!(point.dimensions.get(*name))));
        row.extend([point.value, point.numerator, point.denominator, low, high].map(Value::from));
        row.extend([point.low_n, point.partial].map(Value::from));
        row
    };
    Table { columns, rows: answer.points.iter().map(row).collect(), ..Table::default() }
}

/// What is asked, with the engine brought up to it.
async fn asked(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    now: Timestamp,
) -> AppResult<(Arc<KpiDefinition>, KpiRequest)> {
    let definition = kpi(workspace, id)?;
    let request = request(workspace, question, now).await?;
    if let Some(by) = &request.by
        && !definition.dimensions.contains(by)
    {
        let known = if definition.dimensions.is_empty() { "none".to_owned() } else { definition.dimensions.join(", ") };
        return Err(AppError::Invalid(format!("`{id}` cannot be broken down by `{by}`: its dimensions are {known}")));
    }
    ready(workspace, &definition.rows, now).await?;
    Ok((definition, request))
}

/// Brings the query engine up to what a statement reads: the record, and the flywheels' runs where it names them.
pub(crate) async fn ready(workspace: &Workspace, sql: &str, now: Timestamp) -> AppResult<()> {
    refresh::refresh(workspace).await?;
    if sql.contains("flywheel_") {
        flywheels::current(workspace, now).await?;
    }
    Ok(())
}

/// The question with its defaults filled in.
pub async fn request(workspace: &Workspace, question: &Question, now: Timestamp) -> AppResult<KpiRequest> {
    let as_of = question.as_of.unwrap_or(now);
    let zone = workspace.time_zone().await?;
    let today = axle_model::time::date_of_day(local_day(as_of, &zone));
    let grain = question.grain.unwrap_or(Grain::Month);
    let to = question.to.unwrap_or_else(|| today.saturating_add(1.day()));
    let from = question.from.unwrap_or_else(|| {
        let back = match grain {
            Grain::Day => 30.days(),
            Grain::Week => 12.weeks(),
            Grain::Quarter => 24.months(),
            Grain::Year => 60.months(),
            Grain::Month | Grain::Total => 12.months(),
        };
        grain.floor(to.saturating_sub(back))
    });
    if from >= to {
        return Err(AppError::Invalid(format!("the window is empty: --from {from} must lie before --to {to}")));
    }
    Ok(KpiRequest { from, to, grain, by: question.by.clone(), filter: question.filter.clone(), as_of })
}

/// Runs a read-only statement over the public tables, `members` as of `now`, without their scores.
pub async fn sql(workspace: &Workspace, query: &str, limit: usize, now: Timestamp) -> AppResult<Table> {
    refresh::refresh(workspace).await?;
    Ok(workspace.analytics().sql(query, limit, now).await?)
}

/// Rows behind a KPI, with names in place of small numbers: `limit` of them after the first `skip`.
pub async fn rows(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    (skip, limit): (usize, usize),
    now: Timestamp,
) -> AppResult<FigureRows> {
    let (definition, request) = asked(workspace, id, question, now).await?;
    Ok(workspace.analytics().rows(&definition, &request, skip, limit).await?)
}

/// The rows of a statement, each as a value.
pub(crate) async fn records<T: DeserializeOwned>(
    workspace: &Workspace,
    query: &str,
    now: Timestamp,
) -> AppResult<Vec<T>> {
    let table = sql(workspace, query, usize::MAX, now).await?;
    let record = |row: Vec<Value>| {
        let fields = table.columns.iter().cloned().zip(row).collect();
        serde_json::from_value(Value::Object(fields)).map_err(|error| AppError::Internal(error.to_string()))
    };
    table.rows.into_iter().map(record).collect()
}

/// As [`sql`], with the scores as they are stored. The engine makes every table anew that it keeps: for a process that
/// asks once.
pub async fn sql_with_scores(workspace: &Workspace, query: &str, limit: usize, now: Timestamp) -> AppResult<Table> {
    ready(workspace, query, now).await?;
    workspace.analytics().set_facts(member_scores(workspace).await?).await?;
    Ok(workspace.analytics().sql(query, limit, now).await?)
}

/// What the table `members` tells of scores.
async fn member_scores(workspace: &Workspace) -> AppResult<FactTable> {
    let rows = score::all(workspace.db()).await?;
    let step = |row: &ScoreRow| Step::new(row.step);
    let column = |name: &str, value: &dyn Fn(&ScoreRow) -> Value| (name.to_owned(), rows.iter().map(value).collect());
    let columns = vec![
        column("member_id", &|row| row.member_id.as_slice().try_into().map_or(Value::Null, |id| id_text(id).into())),
        column("level", &|row| step(row).and_then(Step::level).map(OrbitLevel::name).into()),
        column("level_step", &|row| step(row).and_then(Step::level_step).into()),
        column("love", &|row| row.love.into()),
        column("presence", &|row| row.presence.as_str().into()),
        column("reach", &|row| row.reach.into()),
    ];
    Ok(FactTable { name: "member_scores".into(), columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranking_names_people_unless_it_is_of_things() {
        let names = |options: &str, dimensions: &str| {
            let text = format!(
                "group = 'g'\ntitle = 't'\nquestion = 'q?'\nunit = 'count'\nrows = 'select 1'\nvalue = 'table'\n\
                 options = {{ {options} }}\ndimensions = [{dimensions}]"
            );
            names_people(&toml::from_str(&text).unwrap())
        };
        assert!(names("", "") && names("subject = 'helper'", "") && names("subject = 'topic'", "'asker'"));
        assert!(!names("subject = 'topic'", "") && !names("subject = 'topic'", "'channel'"));
    }
}
