//! The catalogue of KPIs: one team at a time, or all that match a search.

use std::collections::HashMap;

use axle_app::figures::GROUPS;
use axle_app::glance::{Glance, Look, Window};
use axle_app::search;
use axle_model::time::Grain;
use axum::extract::Query;

use super::figures::{figure, unit, unit_of};
use super::kpi_shapes::{names_people, said};
use crate::failure::{Answer, html};
use crate::format;
use crate::link::Link;
use crate::pages::kpis::{KpiGroup, KpiLine, KpisPage, Team};
use crate::pages::layout::Section;
use crate::pages::parts::Figure;
use crate::visit::Visit;

/// A KPI of more lines is a table of its own.
const MOST_LINES: usize = 8;

/// `GET /{workspace}/kpis`
pub(crate) async fn catalogue(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let get = |key: &str| query.get(key).map_or("", |text| text.trim());
    let (text, team) = (get("q"), get("team"));
    let link = visit.link("kpis");
    let mut found = search::kpis(&visit.opened.workspace, "");
    found.retain(|kpi| visit.user.may_see_members() || !names_people(kpi));
    found.sort_by_key(|kpi| place(&kpi.group));
    let mut teams: Vec<Team> = Vec::new();
    for kpi in &found {
        match teams.iter_mut().find(|known| known.name == kpi.group) {
            Some(known) => known.count += 1,
            None => {
                let link = link.with("team", &kpi.group);
                teams.push(Team { name: kpi.group.clone(), link, count: 1, is_current: false });
            }
        }
    }
    let shown = teams.iter().position(|known| known.name == team).unwrap_or(0);
    if text.is_empty() {
        if let Some(team) = teams.get_mut(shown) {
            team.is_current = true;
        }
        found.retain(|kpi| teams.get(shown).is_some_and(|team| team.name == kpi.group));
    } else {
        let hits = search::kpis(&visit.opened.workspace, text);
        found.retain(|kpi| hits.iter().any(|hit| hit.id == kpi.id));
    }
    let window = Window::now(&visit.opened.workspace, Grain::Month, visit.clock.now).await?;
    let looks: Vec<Look> = found.iter().map(|kpi| Look::at(&kpi.id)).collect();
    let glances = visit.opened.glances(&looks, window, visit.clock.now).await?;
    let last = window.to.yesterday().unwrap_or(window.to);
    html(&KpisPage {
        layout: visit.layout_of_figures("KPIs", Section::Kpis).await?,
        period: format::period(Grain::Month.floor(last), Grain::Month),
        query: text.to_owned(),
        groups: groups(&glances, window, &link),
        teams,
        new: visit.user.may_administer().then(|| link.below("new")),
    })
}

/// Where a group stands in the catalogue; those of the self-hoster's own come last.
fn place(group: &str) -> (usize, String) {
    (GROUPS.iter().position(|known| *known == group).unwrap_or(GROUPS.len()), group.to_owned())
}

fn groups(glances: &[Glance], window: Window, link: &Link) -> Vec<KpiGroup> {
    let mut groups: Vec<KpiGroup> = Vec::new();
    for glance in glances {
        let line = line(glance, window, link);
        match groups.last_mut().filter(|group| group.name == glance.kpi.group) {
            Some(group) => group.kpis.push(line),
            None => {
                let id = format!("group-{}", groups.len() + 1);
                groups.push(KpiGroup { id, name: glance.kpi.group.clone(), kpis: vec![line] });
            }
        }
    }
    groups
}

/// One KPI of a list. What has no single value, or none yet, says so in its place.
pub(crate) fn line(glance: &Glance, window: Window, link: &Link) -> KpiLine {
    let tile = glance.tile(window).filter(|tile| !tile.slots.is_empty());
    let missing: Vec<&str> = glance.missing.iter().map(|need| need.name).collect();
    let needs = if glance.answer.is_none() {
        Some("It could not be computed: the log says why.".to_owned())
    } else if !missing.is_empty() {
        Some(format!("Not measured yet: no {}.", missing.join(" and no ")))
    } else if tile.is_none() {
        let listed = || lines(glance).unwrap_or_else(|| "A table: open it to see its rows.".to_owned());
        Some(if glance.is_defined() { listed() } else { "Nothing to list in these periods.".to_owned() })
    } else {
        None
    };
    let figure = tile.map_or_else(|| blank(glance, link), |tile| figure(&tile, link));
    KpiLine { figure, question: glance.kpi.question.clone(), needs }
}

/// The few lines of the last period that has any: `Oct 2026: First 12.00 EUR; Full path 20.00 EUR.` `None` for what is
/// a ranking, a matrix or long.
pub(crate) fn lines(glance: &Glance) -> Option<String> {
    let answer = glance.answer.as_ref()?;
    let latest = answer.points.iter().filter(|point| point.value.is_some()).map(|point| point.start).max()?;
    let points: Vec<_> = answer.points.iter().filter(|point| point.start == latest && point.value.is_some()).collect();
    let is_list =
        points.iter().any(|point| point.dimensions.keys().any(|name| ["rank", "from"].contains(&name.as_str())));
    if is_list || names_people(&glance.kpi) || points.len() > MOST_LINES {
        return None;
    }
    let line = |point: &&axle_model::kpi::KpiPoint| {
        let currency = point.dimensions.get("currency").map(String::as_str);
        let names = point.dimensions.iter().filter(|(name, _)| *name != "currency");
        let names: Vec<String> = names.map(|(name, value)| said(value, name)).collect();
        format!("{} {}", names.join(", "), unit_of(answer, currency).write(point.value))
    };
    let told: Vec<String> = points.iter().map(line).collect();
    Some(format!("{}: {}.", format::period(latest, answer.grain), told.join("; ")))
}

/// A KPI whose answer is more than one value a month leads to its page.
fn blank(glance: &Glance, link: &Link) -> Figure {
    Figure {
        link: link.below(&glance.kpi.id),
        name: glance.kpi.title.clone(),
        unit: unit(glance.kpi.unit, None),
        value: None,
        previous: None,
        year_before: None,
        period: String::new(),
        previous_period: String::new(),
        population: None,
        series: Vec::new(),
        partial: false,
        low_n: false,
        few: false,
        range: None,
    }
}
