//! Boards: what a department looks at, as data. `boards/<department>.toml` asks its questions and names the KPIs that
//! answer them.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;

use crate::glance::{Glance, Look};
use crate::needs::{self, Need};
use crate::{AppResult, Workspace};

/// In reading order.
const FILES: [(&str, &str); 8] = [
    ("marketing", include_str!("../../../boards/marketing.toml")),
    ("sales", include_str!("../../../boards/sales.toml")),
    ("success", include_str!("../../../boards/success.toml")),
    ("support", include_str!("../../../boards/support.toml")),
    ("product", include_str!("../../../boards/product.toml")),
    ("executives", include_str!("../../../boards/executives.toml")),
    ("audience", include_str!("../../../boards/audience.toml")),
    ("report", include_str!("../../../boards/report.toml")),
];

/// How a KPI is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// A line: value, change, course.
    #[default]
    Line,
    /// A panel with its course over a year.
    Chart,
    /// Bars, one for each value of `by`.
    Bars,
    /// A ranking or a matrix.
    Table,
}

/// A KPI on a board.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Id of the KPI.
    pub id: String,
    /// How it is shown.
    #[serde(default)]
    pub show: Show,
    /// The dimension of bars.
    #[serde(default)]
    pub by: Option<String>,
    /// Tables that it needs, while the catalogue lacks it.
    #[serde(default)]
    pub needs: Option<String>,
}

/// Figures that answer one question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// What its figures answer, as a sentence.
    pub question: String,
    /// The figures.
    #[serde(rename = "kpi", default)]
    pub kpis: Vec<Item>,
}

/// What a department looks at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The file's name: `support`.
    #[serde(default)]
    pub id: String,
    /// Heading.
    pub title: String,
    /// What the whole of it answers, as a sentence.
    pub question: String,
    /// The few figures that answer it.
    pub headline: Vec<String>,
    /// What stands behind them.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

static BOARDS: LazyLock<Vec<Board>> = LazyLock::new(|| {
    let read = |(id, text): (&str, &str)| {
        let mut board: Board = toml::from_str(text).expect("a test reads every board that ships");
        id.clone_into(&mut board.id);
        board
    };
    FILES.into_iter().map(read).collect()
});

/// Every board.
pub fn all() -> &'static [Board] {
    &BOARDS
}

/// The board of a department.
pub fn board(id: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.id == id)
}

/// The board that is a department's page of its own.
pub fn department(id: &str) -> Option<&'static Board> {
    board(id).filter(|board| !["audience", "report"].contains(&board.id.as_str()))
}

/// A KPI of a board as it stands.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its place on the board.
    pub item: Item,
    /// Its figure; `None` when the catalogue lacks it.
    pub glance: Option<Glance>,
    /// What to connect so that it is measured.
    pub missing: Vec<&'static Need>,
}

impl Seen {
    /// What the KPI is called, in the catalogue or by its id.
    pub fn title(&self) -> String {
        self.glance.as_ref().map_or_else(|| title_of(&self.item.id), |glance| glance.kpi.title.clone())
    }

    /// Whether there is anything to show.
    pub fn is_measured(&self) -> bool {
        self.glance.as_ref().is_some_and(Glance::is_defined)
    }
}

/// `deals_with_champion` as `Deals with champion`.
fn title_of(id: &str) -> String {
    let words = id.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A board with its figures.
#[derive(Debug, Clone)]
pub struct BoardView {
    /// The few figures that answer its question.
    pub headline: Vec<Seen>,
    /// By section, in order.
    pub sections: Vec<(&'static Section, Vec<Seen>)>,
}

/// The figures that a board shows, each once.
pub fn looks(board: &Board) -> Vec<Look> {
    let of_sections = board.sections.iter().flat_map(|section| &section.kpis);
    let of_sections = of_sections.map(|item| Look { kpi: item.id.clone(), by: item.by.clone() });
    let mut looks = Vec::new();
    for look in board.headline.iter().map(|id| Look::at(id)).chain(of_sections) {
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
    looks
}

/// The figures of the layers, which the audience and the report show beside those of their boards.
pub fn layers() -> [Look; 2] {
    [Look { by: Some("layer".into()), ..Look::at("layer_members") }, Look::at("layer_flow")]
}

/// A board with these figures, which are those of its [`looks`] that the catalogue has.
pub async fn view(
    workspace: &Workspace,
    board: &'static Board,
    found: &HashMap<Look, Glance>,
    now: Timestamp,
) -> AppResult<BoardView> {
    let mut headline = Vec::new();
    for id in &board.headline {
        let named = || board.sections.iter().flat_map(|section| &section.kpis).find(|item| item.id == *id);
        let needs = named().and_then(|item| item.needs.clone());
        let item = Item { id: id.clone(), show: Show::Line, by: None, needs };
        headline.push(seen(workspace, found, item, now).await?);
    }
    let mut sections = Vec::new();
    for section in &board.sections {
        let mut kpis = Vec::new();
        for item in &section.kpis {
            kpis.push(seen(workspace, found, item.clone(), now).await?);
        }
        sections.push((section, kpis));
    }
    Ok(BoardView { headline, sections })
}

async fn seen(workspace: &Workspace, found: &HashMap<Look, Glance>, item: Item, now: Timestamp) -> AppResult<Seen> {
    let glance = found.get(&Look { kpi: item.id.clone(), by: item.by.clone() }).cloned();
    let mut seen = Seen { item, glance, missing: Vec::new() };
    if seen.is_measured() {
        return Ok(seen);
    }
    if let Some(glance) = &seen.glance {
        seen.missing.clone_from(&glance.missing);
    }
    if let Some(tables) = seen.item.needs.as_deref().filter(|_| seen.missing.is_empty()) {
        seen.missing = needs::empty(workspace, tables, now).await?;
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axle_model::kpi::KpiDefinition;
    use axle_model::layer::Layer;

    use super::*;

    /// A figure is drawn as the board asks: bars need a dimension beside which it has no other, a table a ranking or two dimensions.
    #[test]
    fn every_figure_can_be_shown_as_its_board_asks() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kpis");
        for item in all().iter().flat_map(|board| &board.sections).flat_map(|section| &section.kpis) {
            let text = std::fs::read_to_string(folder.join(format!("{}.toml", item.id))).unwrap();
            let kpi: KpiDefinition = toml::from_str(&text).unwrap();
            let is_table = ["table", "cohorts"].contains(&kpi.value.as_str()) || kpi.pair().is_some();
            // Of estimates a course shows the central one, of currencies that with most.
            let is_one = kpi.each().iter().all(|dimension| ["estimate", "currency"].contains(dimension)) && !is_table;
            let can_be = match item.show {
                Show::Line => true,
                Show::Chart => is_one,
                Show::Bars => item.by.as_ref().is_some_and(|by| {
                    let is_one = |dimension: &&str| dimension == by || *dimension == "currency";
                    kpi.dimensions.contains(by) && kpi.each().iter().all(is_one)
                }),
                Show::Table => is_table,
            };
            assert!(can_be, "{} cannot be shown as {:?} by {:?}", item.id, item.show, item.by);
        }
    }

    /// The report shows the layers beside its figures: one word would stand for two numbers.
    #[test]
    fn no_figure_is_called_as_a_layer() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kpis");
        for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kpi: KpiDefinition = toml::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
            let is_same = |layer: &Layer| kpi.title.eq_ignore_ascii_case(layer.name());
            assert!(!Layer::ALL.iter().any(is_same), "{:?}: {}", file.file_name(), kpi.title);
        }
    }

    #[test]
    fn every_board_asks_and_names_figures_once() {
        for board in all() {
            assert!(board.question.ends_with('?'), "{}: {}", board.id, board.question);
            assert!((3..=6).contains(&board.headline.len()), "{}", board.id);
            for section in &board.sections {
                assert!(section.question.ends_with('?'), "{}: {}", board.id, section.question);
                assert!(!section.kpis.is_empty(), "{}: {}", board.id, section.title);
            }
            let mut ids: Vec<_> =
                board.sections.iter().flat_map(|section| &section.kpis).map(|item| (&item.id, &item.by)).collect();
            let all = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), all, "{} names a figure twice", board.id);
            for item in board.sections.iter().flat_map(|section| &section.kpis) {
                assert_eq!(item.show == Show::Bars, item.by.is_some(), "{}: {}", board.id, item.id);
                for table in item.needs.iter().flat_map(|needs| needs.split(',')) {
                    assert!(needs::of_table(table.trim()).is_some(), "{}: nothing fills {table}", item.id);
                }
            }
        }
    }

    #[test]
    fn what_the_catalogue_lacks_is_named_by_its_id() {
        let item = Item { id: "deals_with_champion".into(), show: Show::Line, by: None, needs: Some("deals".into()) };
        let seen = Seen { item, glance: None, missing: Vec::new() };
        assert_eq!(seen.title(), "Deals with champion");
        assert!(!seen.is_measured());
    }
}
