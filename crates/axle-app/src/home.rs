//! Key figures at a glance: the last complete month beside the one before, and a year's course.

use axle_model::kpi::{KpiAnswer, KpiPoint, Unit};
use axle_model::orbit::OrbitLevel;
use axle_model::time::{Grain, local_day};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::figures::{self, Question};
use crate::{AppResult, Workspace, refresh};

/// What home shows, those first that matter most, as far as the catalogue has them.
pub const HOME: [&str; 7] = [
    "monthly_active_members",
    "members_new",
    "questions",
    "questions_answered_by_community",
    "activities",
    "orbit_levels",
    "member_retention",
];

/// What the page of questions shows.
pub const QUESTIONS: [&str; 4] =
    ["questions", "questions_answered_by_community", "time_to_community_answer", "answered_within_24h"];

/// A KPI over the last complete months.
#[derive(Debug, Clone)]
pub struct Tile {
    /// Id of the KPI.
    pub kpi: String,
    /// Its title.
    pub title: String,
    /// What values are counted in.
    pub unit: Unit,
    /// Complete months, oldest first.
    pub months: Vec<Month>,
}

/// One month of a tile.
#[derive(Debug, Clone, Copy)]
pub struct Month {
    /// First date.
    pub start: Date,
    /// `None`: not defined.
    pub value: Option<f64>,
    /// It rests on few.
    pub low_n: bool,
}

/// The tiles of those KPIs that the catalogue has, over the last twelve complete months. One that fails is left out,
/// since a page without it still helps.
pub async fn tiles(workspace: &Workspace, ids: &[&str], now: Timestamp) -> AppResult<Vec<Tile>> {
    let zone = workspace.time_zone().await?;
    let today = axle_model::time::date_of_day(local_day(now, &zone));
    let to = Grain::Month.floor(today);
    let mut tiles = Vec::new();
    for id in ids {
        let Ok(kpi) = figures::kpi(workspace, id) else { continue };
        let is_levels = *id == "orbit_levels" && kpi.dimensions.iter().any(|dimension| dimension == "level");
        let question = Question {
            from: Some(to.saturating_sub(12.months())),
            to: Some(to),
            grain: Some(Grain::Month),
            by: is_levels.then(|| "level".to_owned()),
            ..Question::default()
        };
        let answer = match figures::evaluate(workspace, id, &question, now).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(kpi = id, %error, "a key figure could not be evaluated");
                continue;
            }
        };
        let (title, months) = if is_levels {
            let (settings, _) = refresh::settings(workspace).await?;
            let inner = [OrbitLevel::Contributing.name(), OrbitLevel::Leading.name()];
            let months = sum_of(&answer, |point| inner.iter().any(|name| is_level(point, name)));
            (settings.level_names[2..].join(" and "), months)
        } else {
            (kpi.title.clone(), answer.points.iter().filter(|point| point.dimensions.is_empty()).map(month).collect())
        };
        if !months.is_empty() {
            tiles.push(Tile { kpi: kpi.id.clone(), title, unit: answer.unit, months });
        }
    }
    Ok(tiles)
}

fn is_level(point: &KpiPoint, name: &str) -> bool {
    point.dimensions.get("level").is_some_and(|level| level.eq_ignore_ascii_case(name))
}

fn month(point: &KpiPoint) -> Month {
    Month { start: point.start, value: point.value, low_n: point.low_n }
}

/// By month the sum of the points that belong to it; months without any are zero.
fn sum_of(answer: &KpiAnswer, belongs: impl Fn(&KpiPoint) -> bool) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for point in &answer.points {
        if months.last().is_none_or(|month| month.start != point.start) {
            months.push(Month { start: point.start, value: Some(0.0), low_n: false });
        }
        if let (Some(month), Some(value)) = (months.last_mut(), point.value)
            && belongs(point)
        {
            month.value = Some(month.value.unwrap_or_default() + value);
        }
    }
    months
}
