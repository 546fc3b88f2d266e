//! Boards of departments, the audience, and the report: a board of `axle-app` as its page shows it.

use std::collections::HashMap;

use axle_app::AppError;
use axle_app::boards::{self as app, BoardView, Seen, Show};
use axle_app::glance::{Glance, Tile, Window};
use axle_app::permissions::Permission;
use axle_app::published_reports::{self, PublishedReport};
use axle_model::kpi::{KpiAnswer, KpiPoint};
use axle_model::layer::Layer;
use axle_model::time::Grain;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;
use serde::Deserialize;

use super::figures::{CURRENCY, by_currency, course, figure, mark, unit_of};
use super::kpi::instant;
use super::kpi_shapes::{capitalized, listing, matrices, names_people, place, said};
use super::kpis::{line, lines};
use crate::failure::{Answer, Failure, html};
use crate::format::{self, Change, Direction};
use crate::link::Link;
use crate::pages::boards::{
    AudiencePage, Bar, Board, BoardPage, BoardSection, Drawing, Headline, KeptReport, LayerLine, Layers, Panel,
    ReportPage, Verdict,
};
use crate::pages::kpi::Missing;
use crate::pages::layout::{Layout, Section};
use crate::pages::parts::Figure;
use crate::visit::Visit;

type Parameters = HashMap<String, String>;

/// Bars of a panel, and lines of a ranking in one.
const MOST_BARS: usize = 7;

/// Published reports that the report leads to.
const MOST_REPORTS: u32 = 12;

/// `GET /{workspace}/boards/{department}`
pub(crate) async fn board(
    visit: Visit,
    Path((_, department)): Path<(String, String)>,
    Query(query): Query<Parameters>,
) -> Answer {
    let board = app::department(&department).ok_or(Failure::NotFound)?;
    let window = window(&visit, &query).await?;
    let here = asked(visit.link("boards").below(&board.id), &query);
    let layout = layout(&visit, &board.title, Section::Board(&board.id), window).await?;
    let view = visit.opened.board(board, window, visit.clock.now).await?;
    html(&BoardPage { layout, here, board: shown(&visit, board, view, window).0 })
}

/// `GET /{workspace}/audience`
pub(crate) async fn audience(visit: Visit, Query(query): Query<Parameters>) -> Answer {
    let board = app::board("audience").ok_or(Failure::NotFound)?;
    let window = window(&visit, &query).await?;
    let now = visit.clock.now;
    let view = visit.opened.board(board, window, now).await?;
    html(&AudiencePage {
        layout: layout(&visit, "Audience", Section::Audience, window).await?,
        here: asked(visit.link("audience"), &query),
        layers: layers(&visit, &visit.opened.glances(&app::layers(), window, now).await?, window),
        board: shown(&visit, board, view, window).0,
    })
}

/// `GET /{workspace}/report`
pub(crate) async fn report(visit: Visit, Query(query): Query<Parameters>) -> Answer {
    let board = app::board("report").ok_or(Failure::NotFound)?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let here = asked(visit.link("report"), &query);
    let (window, view, of_layers, kept) = match query.get("published").filter(|number| !number.is_empty()) {
        None => {
            let window = window(&visit, &query).await?;
            let view = visit.opened.board(board, window, now).await?;
            (window, view, visit.opened.glances(&app::layers(), window, now).await?, None)
        }
        Some(number) => {
            let none = || Failure::Missing(format!("There is no published report {number}."));
            let found = published_reports::show(workspace, number.parse().map_err(|_| none())?, now).await;
            let (kept, glances) = found.map_err(|error| match error {
                AppError::NotFound(_) => none(),
                other => other.into(),
            })?;
            let view = app::view(workspace, board, &glances, now).await?;
            let of_layers = app::layers().iter().filter_map(|look| glances.get(look).cloned()).collect();
            (kept.window, view, of_layers, Some(kept))
        }
    };
    let (board, view) = shown(&visit, board, view, window);
    let published = published_reports::list(workspace, MOST_REPORTS).await?;
    let kpis = visit.link("kpis");
    let live = visit.link("report").with("grain", window.grain.name()).with("to", window.to.to_string());
    let as_of = live.with("as_of", window.as_of.unwrap_or(now).to_string());
    html(&ReportPage {
        layout: layout(&visit, "Report", Section::Report, window).await?,
        permalink: kept.as_ref().map_or(as_of, |kept| kept_link(&visit, kept)),
        kept: kept.as_ref().map(|kept| kept_line(&visit, kept)),
        live,
        as_of: window.as_of.map(|as_of| as_of.to_string()).unwrap_or_default(),
        published: published.iter().map(|kept| kept_line(&visit, kept)).collect(),
        may_publish: visit.user.may_publish() && kept.is_none(),
        here,
        verdict: view
            .sections
            .iter()
            .filter_map(|(section, seen)| verdict(&section.title, seen, window, &kpis))
            .collect(),
        layers: layers(&visit, &of_layers, window),
        board,
    })
}

/// What the form to publish the report sends beside what is asked.
#[derive(Deserialize)]
pub(crate) struct Publishing {
    csrf: String,
    #[serde(flatten)]
    asked: Parameters,
}

/// `POST /{workspace}/report`: keeps the report as it is now, as it is told to others.
pub(crate) async fn publish(visit: Visit, Form(form): Form<Publishing>) -> Answer {
    visit.user.must(Permission::Publish)?;
    visit.check_form(&form.csrf)?;
    let window = window(&visit, &form.asked).await?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let glances = visit.opened.by_look(published_reports::looks(), window, now).await?;
    let number = published_reports::publish(workspace, &visit.user, window, &glances, now).await?;
    let link = visit.link("report").with("published", number.to_string()).with("done", "published");
    Ok(Redirect::to(&link.to_string()).into_response())
}

fn kept_link(visit: &Visit, kept: &PublishedReport) -> Link {
    visit.link("report").with("published", kept.number.to_string())
}

fn kept_line(visit: &Visit, kept: &PublishedReport) -> KeptReport {
    KeptReport {
        number: kept.number,
        period: last_period(kept.window),
        by: kept.published_by.clone().unwrap_or_default(),
        at: kept.published_at,
        link: kept_link(visit, kept),
    }
}

/// The name of the last period of a window.
fn last_period(window: Window) -> String {
    let last = window.to.yesterday().unwrap_or(window.to);
    format::period(window.grain.floor(last), window.grain)
}

fn asked(link: Link, query: &Parameters) -> Link {
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    link.with("grain", get("grain")).with("to", get("to")).with("as_of", get("as_of"))
}

/// What surrounds a board: of periods as they are known now it says when figures stand still.
async fn layout(visit: &Visit, title: &str, section: Section, window: Window) -> Result<Layout, Failure> {
    match window.as_of {
        None => visit.layout_of_figures(title, section).await,
        Some(_) => Ok(visit.layout(title, section)),
    }
}

/// Complete periods up to the date asked for, or up to the instant asked as of, or up to now.
async fn window(visit: &Visit, query: &Parameters) -> Result<Window, Failure> {
    let get = |key: &str| query.get(key).map(String::as_str).filter(|text| !text.is_empty());
    let as_of = get("as_of").map(|text| instant(text, &visit.clock.zone).map_err(Failure::Invalid));
    let to = get("to").map(|text| {
        let problem = |_| Failure::Invalid(format!("“{text}” is no date: write it as 2026-03-01."));
        text.parse::<Date>().map_err(problem)
    });
    let (workspace, grain) = (&visit.opened.workspace, get("grain").unwrap_or(Grain::Month.name()));
    Ok(Window::asked(workspace, grain, to.transpose()?, as_of.transpose()?, visit.clock.now).await?)
}

/// A board as its page shows it, and the figures behind.
fn shown(visit: &Visit, board: &'static app::Board, mut view: BoardView, window: Window) -> (Board, BoardView) {
    if !visit.user.may_see_members() {
        let names = |seen: &Seen| seen.glance.as_ref().is_some_and(|glance| names_people(&glance.kpi));
        view.sections.iter_mut().for_each(|(_, seen)| seen.retain(|seen| !names(seen)));
    }
    let kpis = visit.link("kpis");
    let members = visit.link("members");
    let section = |(at, (section, seen)): (usize, &(&'static app::Section, Vec<Seen>))| {
        let mut made = BoardSection {
            id: format!("section-{}", at + 1),
            title: section.title.clone(),
            question: section.question.clone(),
            panels: Vec::new(),
            lines: Vec::new(),
        };
        for seen in seen.iter().filter(|seen| seen.is_measured()) {
            match panel(seen, window, &kpis, &members) {
                Some(panel) => made.panels.push(panel),
                None => made.lines.extend(seen.glance.as_ref().map(|glance| line(glance, window, &kpis))),
            }
        }
        made
    };
    let made = Board {
        question: board.question.clone(),
        period: last_period(window),
        grain: window.grain,
        headline: view.headline.iter().map(|seen| headline(seen, window, &kpis)).collect(),
        sections: view.sections.iter().enumerate().map(section).collect(),
        missing: missing(&view),
    };
    (made, view)
}

fn headline(seen: &Seen, window: Window, kpis: &Link) -> Headline {
    let tile = seen.glance.as_ref().and_then(|glance| glance.tile(window)).filter(Tile::is_defined);
    match tile {
        Some(tile) => Headline::Figure(figure(&tile, kpis)),
        None if seen.is_measured() => {
            let text = seen.glance.as_ref().and_then(lines).unwrap_or_default();
            Headline::Lines(seen.title(), kpis.below(&seen.item.id), text)
        }
        None => {
            let names: Vec<&str> = seen.missing.iter().map(|need| need.name).collect();
            let how = if names.is_empty() {
                "Nothing that it counts happened in these periods.".to_owned()
            } else {
                format!("No {} yet.", names.join(" and no "))
            };
            Headline::Missing(seen.title(), how)
        }
    }
}

/// A figure that is drawn; `None` for one that is a line, or cannot be drawn as the board asks.
fn panel(seen: &Seen, window: Window, kpis: &Link, members: &Link) -> Option<Panel> {
    let glance = seen.glance.as_ref()?;
    let answer = glance.answer.as_ref()?;
    let (drawing, figure) = match seen.item.show {
        Show::Line => return None,
        Show::Chart => {
            let tile = glance.tile(window).filter(Tile::is_defined)?;
            (Drawing::Course(course(&tile, mark(&glance.kpi, None))), Some(figure(&tile, kpis)))
        }
        Show::Bars => {
            let by = seen.item.by.as_deref()?;
            (bars(answer, by)?, None)
        }
        Show::Table => {
            let heat = Some(matrices(&glance.kpi, answer)).filter(|matrices| !matrices.is_empty());
            let list = || listing(&glance.kpi, answer, members, MOST_BARS).map(Drawing::Listing);
            (heat.map(Drawing::Matrices).or_else(list)?, None)
        }
    };
    let link =
        kpis.below(&seen.item.id).with("grain", if window.grain == Grain::Month { "" } else { window.grain.name() });
    let link = link.with("by", seen.item.by.as_deref().unwrap_or_default());
    let period = figure.as_ref().and_then(|figure| other_period(figure, window));
    Some(Panel { figure, period, name: glance.kpi.title.clone(), link, drawing })
}

/// The period of a figure that is of another than the last.
fn other_period(figure: &Figure, window: Window) -> Option<String> {
    (figure.period != last_period(window)).then(|| figure.period.clone())
}

/// The last period by the values of a dimension: in reading order where all have one, else the largest first. Of several
/// currencies the one with most.
fn bars(answer: &KpiAnswer, by: &str) -> Option<Drawing> {
    let latest = answer.points.iter().filter(|point| point.value.is_some()).map(|point| point.start).max()?;
    let found = answer.points.iter().filter(|point| point.start == latest && point.value.is_some());
    let found: Vec<&KpiPoint> = found.filter(|point| point.dimensions.contains_key(by)).collect();
    // What has a place is shown with nothing in it as well.
    let is_shown = |point: &&&KpiPoint| {
        point.value != Some(0.0) || point.dimensions.get(by).is_some_and(|name| place(name).is_some())
    };
    let some: Vec<&KpiPoint> = found.iter().filter(is_shown).copied().collect();
    let currencies = by_currency(if some.is_empty() { found } else { some });
    let others = currencies.len().saturating_sub(1);
    let (currency, mut points) = currencies.into_iter().next()?;
    let name = |point: &KpiPoint| point.dimensions.get(by).cloned().unwrap_or_default();
    if points.iter().all(|point| place(&name(point)).is_some()) {
        points.sort_by_key(|point| place(&name(point)));
    } else {
        points.sort_by(|a, b| b.value.unwrap_or_default().total_cmp(&a.value.unwrap_or_default()));
    }
    let largest = points.iter().filter_map(|point| point.value).fold(0.0, f64::max);
    let more = points.len().saturating_sub(MOST_BARS);
    let in_unit = unit_of(answer, currency);
    let bar = |point: &&KpiPoint| Bar {
        name: said(&name(point), by),
        value: in_unit.write(point.value),
        part: if largest > 0.0 { point.value.unwrap_or_default().max(0.0) / largest } else { 0.0 },
        low_n: point.low_n,
    };
    let made: Vec<Bar> = points.iter().take(MOST_BARS).map(bar).collect();
    let mut caption = format!("By {}, {}", by.replace('_', " "), format::period(latest, answer.grain));
    if let Some(currency) = currency.filter(|_| others > 0) {
        caption.push_str(&format!(", {} alone", said(currency, CURRENCY)));
    }
    if more > 0 {
        caption.push_str(&format!(", without {more} smaller"));
    }
    if made.len() > 2 && made.iter().all(|bar| bar.value == made[0].value) {
        caption.push_str(&format!(": all {} are equal", made.len()));
    }
    Some(Drawing::Bars(caption, made))
}

/// What to connect, with the figures that wait for it; at the end those that nothing connected would fill.
fn missing(view: &BoardView) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    let mut put =
        |name: &str, how: &str, fields, title: String| match missing.iter_mut().find(|known| known.name == name) {
            Some(known) if known.kpis.contains(&title) => {}
            Some(known) => known.kpis.push(title),
            None => missing.push(Missing { name: name.to_owned(), how: how.to_owned(), fields, kpis: vec![title] }),
        };
    let seen = || view.sections.iter().flat_map(|(_, seen)| seen).filter(|seen| !seen.is_measured());
    for seen in seen() {
        for need in &seen.missing {
            put(need.name, need.how, need.line_type(), seen.title());
        }
    }
    for seen in seen().filter(|seen| seen.missing.is_empty()) {
        let (name, how) = if seen.glance.is_some() {
            ("already connected", "In these periods nothing happened that they count, or too little.")
        } else {
            ("cannot be connected yet", "They are not in the catalogue.")
        };
        put(name, how, None, seen.title());
    }
    missing
}

/// How many figures of a section became better, of those with a direction and enough cases: as their rows say it.
fn verdict(title: &str, seen: &[Seen], window: Window, kpis: &Link) -> Option<Verdict> {
    let tiles = seen.iter().filter_map(|seen| seen.glance.as_ref()?.tile(window)).filter(Tile::is_defined);
    let figures: Vec<(bool, Figure)> =
        tiles.filter_map(|tile| Some((tile.better.as_deref()? == "up", figure(&tile, kpis)))).collect();
    let went = |change: &dyn Fn(&Figure) -> Option<Change>| -> Vec<(bool, Direction)> {
        figures.iter().filter_map(|(up, figure)| Some((*up, change(figure)?.direction))).collect()
    };
    let mut parts = Vec::new();
    let year = went(&Figure::change_of_year);
    if !year.is_empty() {
        parts.push(told(&year, "a year before"));
    }
    let before = went(&Figure::change);
    if !before.is_empty() {
        parts.push(told(&before, "the period before"));
    }
    let unmeasured = seen.iter().filter(|seen| !seen.is_measured()).count();
    if unmeasured > 0 {
        parts.push(format!("{unmeasured} not measured"));
    }
    (!parts.is_empty()).then(|| Verdict { title: title.to_owned(), text: format!("{}.", parts.join("; ")) })
}

/// `4 of 8 better than a year before, 3 worse, 1 the same`, of figures that are better high (`true`) or low.
fn told(went: &[(bool, Direction)], than: &str) -> String {
    let same = went.iter().filter(|(_, direction)| *direction == Direction::Same).count();
    let better = went.iter().filter(|(up, direction)| *direction == if *up { Direction::Up } else { Direction::Down });
    let better = better.count();
    let mut text = format!("{better} of {} better than {than}", went.len());
    for (number, how) in [(went.len() - same - better, "worse"), (same, "the same")] {
        if number > 0 {
            text.push_str(&format!(", {number} {how}"));
        }
    }
    text
}

/// The four layers, when they are measured; `glances` are those of [`app::layers`].
fn layers(visit: &Visit, glances: &[Glance], window: Window) -> Option<Layers> {
    let found = |id: &str| glances.iter().find(|glance| glance.kpi.id == id).filter(|glance| glance.is_defined());
    let sizes = found("layer_members")?;
    let kpis = visit.link("kpis");
    let tile = |layer: Layer| {
        sizes
            .tile_where(window, "layer", |value| value.eq_ignore_ascii_case(layer.name()))
            .map(|tile| (layer, figure(&tile, &kpis)))
    };
    let figures: Vec<_> = Layer::ALL.into_iter().rev().filter_map(tile).collect();
    let total: f64 = figures.iter().filter_map(|(_, figure)| figure.value).sum();
    let line = |(layer, figure): (Layer, Figure)| LayerLine {
        name: capitalized(layer.name()),
        who: who(layer),
        part: if total > 0.0 { figure.value.unwrap_or_default() / total } else { 0.0 },
        figure,
    };
    let flow = found("layer_flow").and_then(|glance| matrices(&glance.kpi, glance.answer.as_ref()?).pop());
    Some(Layers {
        lines: figures.into_iter().map(line).collect(),
        total: format::number(total),
        flow,
        link: kpis.below("layer_members").with("by", "layer"),
    })
}

fn who(layer: Layer) -> &'static str {
    match layer {
        Layer::Market => "Active around us in places of others only",
        Layer::Audience => "Follow us in our places, lightly",
        Layer::Members => "Take part in our places",
        Layer::Internal => "Teammates",
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;
    use axle_app::glance::Slot;
    use axle_model::kpi::Unit;
    use jiff::civil::date;

    use super::super::kpi_charts::tests::{answer, point};
    use super::*;
    use crate::chart::Mark;

    #[test]
    fn a_panel_names_the_period_of_a_value_that_is_older_than_the_board() {
        let slot = |month, value| Slot { start: date(2026, month, 1), value, out_of: None, low_n: false, range: None };
        let shown = |november| {
            let tile = Tile {
                kpi: "x".into(),
                title: "X".into(),
                unit: Unit::Percent,
                measured_in: None,
                currency: None,
                better: None,
                grain: Grain::Month,
                year: 12,
                slots: vec![slot(9, Some(50.0)), slot(10, Some(57.1)), slot(11, november)],
            };
            let figure = figure(&tile, &Link::to(&["main", "kpis"]));
            let window = Window { grain: Grain::Month, to: date(2026, 12, 1), as_of: None };
            let panel = Panel {
                period: other_period(&figure, window),
                name: "X".into(),
                link: figure.link.clone(),
                figure: Some(figure),
                drawing: Drawing::Course(course(&tile, Mark::Line)),
            };
            panel.render().unwrap()
        };
        assert!(shown(None).contains("<span class=\"panel-change\">Oct 2026. "), "{}", shown(None));
        let newest = shown(Some(60.0));
        assert!(newest.contains("60.0") && !newest.contains("panel-change\">Nov"), "{newest}");
    }

    #[test]
    fn bars_leave_out_what_is_nothing_but_what_has_a_place() {
        let named = |by: &'static str, values: &[(&str, f64)]| {
            let points = values.iter().map(|(name, value)| point(&[(by, *name)], *value));
            let Some(Drawing::Bars(_, bars)) = bars(&answer(points.collect()), by) else { panic!("no bars") };
            bars.into_iter().map(|bar| bar.name).collect::<Vec<_>>()
        };
        assert_eq!(named("source", &[("mail", 0.0), ("chat", 3.0)]), ["chat"]);
        assert_eq!(named("source", &[("mail", 0.0), ("chat", 0.0)]), ["mail", "chat"], "the period holds nothing");
        assert_eq!(named("level", &[("Leading", 0.0), ("Exploring", 3.0)]), ["Exploring", "Leading"]);
    }

    #[test]
    fn a_verdict_counts_what_the_rows_say() {
        use Direction::{Down, Same, Up};
        let went = [(true, Up), (true, Up), (false, Down), (true, Down), (false, Up), (true, Same)];
        assert_eq!(told(&went, "a year before"), "3 of 6 better than a year before, 2 worse, 1 the same");
        assert_eq!(told(&[(true, Up)], "the period before"), "1 of 1 better than the period before");
    }
}
