//! Which figures open the day, and the sum of levels among them.

use axle_model::kpi::KpiPoint;
use axle_model::orbit::OrbitLevel;
use axle_model::time::Grain;
use jiff::Timestamp;

use crate::glance::{Glance, Glances, Look, Slot, Tile, Window};
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

/// The tiles of those KPIs that the catalogue has, over the last complete months.
pub async fn tiles(
    workspace: &Workspace,
    glances: &Glances,
    ids: &[&str],
    now: Timestamp,
    is_changing: bool,
) -> AppResult<Vec<Tile>> {
    let window = Window::now(workspace, Grain::Month, now).await?;
    let by_level = |id: &&str| Look { by: (**id == *"orbit_levels").then(|| "level".to_owned()), ..Look::at(id) };
    let looks: Vec<Look> = ids.iter().map(by_level).collect();
    let mut tiles = Vec::new();
    for glance in glances.get(workspace, &looks, window, now, is_changing).await? {
        let tile = if glance.kpi.id == "orbit_levels" {
            let (settings, _) = refresh::settings(workspace).await?;
            inner_levels(&glance, window, settings.level_names[2..].join(" and "))
        } else {
            glance.tile(window)
        };
        tiles.extend(tile.filter(|tile| !tile.slots.is_empty()));
    }
    Ok(tiles)
}

/// Members on the two inner levels.
fn inner_levels(glance: &Glance, window: Window, title: String) -> Option<Tile> {
    let points = &glance.answer.as_ref()?.points;
    let inner = [OrbitLevel::Contributing.name(), OrbitLevel::Leading.name()];
    let mut slots: Vec<Slot> = Vec::new();
    for point in points {
        if slots.last().is_none_or(|slot| slot.start != point.start) {
            slots.push(Slot { start: point.start, value: Some(0.0), out_of: None, low_n: false, range: None });
        }
        if let (Some(slot), Some(value)) = (slots.last_mut(), point.value)
            && inner.iter().any(|name| is_level(point, name))
        {
            slot.value = Some(slot.value.unwrap_or_default() + value);
        }
    }
    Some(Tile {
        kpi: glance.kpi.id.clone(),
        title,
        unit: glance.kpi.unit,
        measured_in: None,
        currency: None,
        better: glance.kpi.better.clone(),
        grain: window.grain,
        year: window.periods_of_a_year(),
        slots,
    })
}

fn is_level(point: &KpiPoint, name: &str) -> bool {
    point.dimensions.get("level").is_some_and(|level| level.eq_ignore_ascii_case(name))
}
