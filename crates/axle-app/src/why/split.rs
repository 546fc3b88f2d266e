//! What happened in the later of two periods, part by part of one dimension.

use std::collections::{BTreeMap, BTreeSet};

use axle_model::analytics::AnalyticsError;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest};
use serde::Serialize;

use super::{Cause, Change, ROUNDING};
use crate::Workspace;
use crate::figures::PEOPLE;

/// Parts that are told each; the others are one.
const MOST_PARTS: usize = 5;

/// What the later period moves, by a dimension over which the figure adds up in both periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Split {
    /// The dimension: of all, that with the part that moved most.
    pub dimension: String,
    /// What moved, the most first, the others at the end; adds up to what the later period moves.
    pub parts: Vec<Part>,
}

/// What one part moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Value of the dimension; `None`: all that are not told each.
    pub value: Option<String>,
    /// In the figure's unit, may be negative.
    pub by: f64,
}

/// Splits what the later of two periods moves, where the figure adds up over a dimension and is not broken down already. The change is
/// told all the same where a dimension has too many values to ask by: then these caveats say so.
pub(super) async fn tell(
    workspace: &Workspace,
    definition: &KpiDefinition,
    [earlier, later]: [&KpiRequest; 2],
    changes: &mut [Change],
) -> Vec<String> {
    let mut caveats = Vec::new();
    let is_moved = |one: &super::Move| one.cause == Cause::LaterPeriod && one.by.is_some_and(|by| by != 0.0);
    let is_any = changes.iter().any(|change| change.moves.iter().any(is_moved));
    if later.by.is_some() || definition.of_nothing() != Some(0.0) || !is_any {
        return caveats;
    }
    for dimension in definition.dimensions.iter().filter(|dimension| !PEOPLE.contains(&dimension.as_str())) {
        let ask = async |request: &KpiRequest| {
            let request = KpiRequest { by: Some(dimension.clone()), ..request.clone() };
            workspace.analytics().evaluate(definition, &request).await
        };
        let answers = async {
            let earlier = ask(earlier).await?;
            // Most dimensions of figures that count people fall out here, before the later period is asked for.
            let adds_up = changes.iter().any(|change| parts(dimension, change, change.earlier, &earlier).is_some());
            Ok::<_, AnalyticsError>(if adds_up { Some((earlier, ask(later).await?)) } else { None })
        };
        let (earlier, later) = match answers.await {
            Ok(Some(answers)) => answers,
            Ok(None) => continue,
            Err(error) => {
                caveats.push(format!("What happened in the later period is not told by {dimension}: {error}"));
                continue;
            }
        };
        for change in changes.iter_mut() {
            let Some(split) = split(dimension, change, &earlier, &later) else { continue };
            let most = |split: &Split| split.parts.first().map_or(0.0, |part| part.by.abs());
            if change.split.as_ref().is_none_or(|known| most(&split) > most(known)) {
                change.split = Some(split);
            }
        }
    }
    caveats
}

/// Values of a change's parts in an answer by that dimension; `None` where they do not add up to the whole.
fn parts(dimension: &str, change: &Change, whole: Option<f64>, answer: &KpiAnswer) -> Option<BTreeMap<String, f64>> {
    let mut parts = BTreeMap::new();
    for point in &answer.points {
        let mut others = point.dimensions.clone();
        let Some(value) = others.remove(dimension) else { continue };
        if others == change.dimensions {
            *parts.entry(value).or_insert(0.0) += point.value?;
        }
    }
    let (whole, sum) = (whole?, parts.values().sum::<f64>());
    let size = parts.values().fold(whole.abs(), |size, value| size.max(value.abs()));
    ((whole - sum).abs() <= ROUNDING * size).then_some(parts)
}

/// The parts of a change, from the answers of the two periods by that dimension; `None` where they are not two at least, or do not
/// add up to the whole in both.
pub(super) fn split(dimension: &str, change: &Change, earlier: &KpiAnswer, later: &KpiAnswer) -> Option<Split> {
    let before = parts(dimension, change, change.earlier, earlier)?;
    let now = parts(dimension, change, change.now, later)?;
    let all: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    if all.len() < 2 {
        return None;
    }
    let of = |parts: &BTreeMap<String, f64>, value: &str| parts.get(value).copied().unwrap_or(0.0);
    let part = |value: &String| {
        let (before, now) = (of(&before, value), of(&now, value));
        let by = now - before;
        (by.abs() > ROUNDING * before.abs().max(now.abs())).then(|| Part { value: Some(value.clone()), by })
    };
    let mut parts: Vec<Part> = all.into_iter().filter_map(part).collect();
    parts.sort_by(|a, b| b.by.abs().total_cmp(&a.by.abs()).then_with(|| a.value.cmp(&b.value)));
    let others: f64 = parts.iter().skip(MOST_PARTS).map(|part| part.by).sum();
    parts.truncate(MOST_PARTS);
    if others != 0.0 {
        parts.push(Part { value: None, by: others });
    }
    (!parts.is_empty()).then(|| Split { dimension: dimension.to_owned(), parts })
}
