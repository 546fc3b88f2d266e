//! How often what a figure's periods are made of changed after they were over (convention C11).

use std::collections::BTreeSet;

use axle_model::interchange::FactKind;
use axle_model::kpi::{KpiAnswer, Revision};
use axle_model::time::{day_of_date, start_of_day};
use axle_store::revision;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{AppResult, Workspace};

/// Of each period of an answer that is over: imports that brought, changed or deleted activities or facts of it, or joined or parted accounts
/// that took part in it, and people's corrections of facts, of all that the figure is made from. Facts lie where they begin and where they end.
pub(crate) async fn of(workspace: &Workspace, answer: &KpiAnswer) -> AppResult<Vec<Revision>> {
    let zone = workspace.time_zone().await?;
    let kinds: Vec<Option<FactKind>> = answer.receipt.bases.iter().map(|table| FactKind::of_table(table)).collect();
    // What is no table of facts is made of what people did.
    let counts =
        |kind: &str| kinds.iter().any(|known| known.map_or(kind == revision::ACTIVITY, |known| known.name() == kind));
    let periods: BTreeSet<(Date, Date)> = answer.points.iter().map(|point| (point.start, point.end)).collect();
    let instants = |(start, end): &(Date, Date)| [*start, *end].map(|date| start_of_day(day_of_date(date), &zone));
    let over: Vec<(Date, Date)> = periods.into_iter().filter(|period| instants(period)[1] <= answer.as_of).collect();
    let stretches: Vec<(i64, i64)> =
        over.iter().map(instants).map(|[from, end]| (from.as_microsecond(), end.as_microsecond())).collect();
    let changed = revision::of_stretches(workspace.db(), &stretches, counts).await?;
    let revision = |((start, end), changed): ((Date, Date), BTreeSet<i64>)| {
        let last = changed.last().and_then(|at| Timestamp::from_microsecond(*at).ok());
        Revision { start, end, revision: changed.len() as u64, revised_at: last }
    };
    Ok(over.into_iter().zip(changed).map(revision).collect())
}
