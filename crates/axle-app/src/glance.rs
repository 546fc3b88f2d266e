//! KPIs at a glance: the last complete periods with a year's course, kept while nothing changed. Boards, the catalogue,
//! the report and home all look through these.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Unit};
use axle_model::time::{Grain, local_day};
use axle_store::score::Basis;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use tokio::sync::Mutex;

use crate::figures::{self, Question};
use crate::workspace::Catalogue;
use crate::{AppResult, Workspace, needs, score};

/// What stands for one figure beside another currency's.
const CURRENCY: &str = "currency";

/// Which figure is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Look {
    /// Id of the KPI.
    pub kpi: String,
    /// Dimension that it is broken down by.
    pub by: Option<String>,
}

impl Look {
    /// The figure as a whole.
    pub fn at(kpi: &str) -> Self {
        Self { kpi: kpi.to_owned(), by: None }
    }
}

/// Complete periods that lie before a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Length of each.
    pub grain: Grain,
    /// First date after the last of them; begins a period.
    pub to: Date,
}

impl Window {
    /// Up to the last period that is over.
    pub async fn now(workspace: &Workspace, grain: Grain, now: Timestamp) -> AppResult<Self> {
        let zone = workspace.time_zone().await?;
        Ok(Self { grain, to: grain.floor(axle_model::time::date_of_day(local_day(now, &zone))) })
    }

    /// Periods from one to the same of the year before.
    pub fn periods_of_a_year(self) -> usize {
        match self.grain {
            Grain::Day => 365,
            Grain::Week => 52,
            Grain::Month => 12,
            Grain::Quarter => 4,
            Grain::Year | Grain::Total => 1,
        }
    }

    /// The first date: so that the last period can be held against the same of the year before.
    pub fn from(self) -> Date {
        let back = match self.grain {
            Grain::Day => 30.days(),
            Grain::Week => 53.weeks(),
            Grain::Month => 13.months(),
            Grain::Quarter => 27.months(),
            Grain::Year | Grain::Total => 60.months(),
        };
        self.to.saturating_sub(back)
    }
}

/// A KPI as it was looked at.
#[derive(Debug, Clone)]
pub struct Glance {
    /// Its definition.
    pub kpi: Arc<KpiDefinition>,
    /// What the engine said; `None` when it failed, which is in the log.
    pub answer: Option<Arc<KpiAnswer>>,
}

/// One period of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// First date.
    pub start: Date,
    /// `None`: not defined.
    pub value: Option<f64>,
    /// Of a rate: what it is out of.
    pub out_of: Option<f64>,
    /// It rests on few.
    pub low_n: bool,
}

/// A figure that has one value in each period.
#[derive(Debug, Clone)]
pub struct Tile {
    /// Id of the KPI.
    pub kpi: String,
    /// Its title.
    pub title: String,
    /// What values are counted in.
    pub unit: Unit,
    /// Of money: ISO 4217.
    pub currency: Option<String>,
    /// Whether higher is better (`up`), lower is (`down`), or neither.
    pub better: Option<String>,
    /// Length of the periods.
    pub grain: Grain,
    /// Periods from one to the same of the year before.
    pub year: usize,
    /// Oldest first.
    pub slots: Vec<Slot>,
}

/// Where a figure went, seen by whether higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// As one wants it.
    Better,
    /// Against what one wants.
    Worse,
    /// Nowhere.
    Same,
}

impl Tile {
    /// Where it went since so many periods before. `None` for what is neither better high nor low, or not defined.
    pub fn went(&self, periods: usize) -> Option<Went> {
        let sign = match self.better.as_deref()? {
            "up" => 1.0,
            _ => -1.0,
        };
        let now = self.slots.get(self.last()?)?.value?;
        let difference = (now - self.before(periods)?.value?) * sign;
        Some(match difference {
            difference if difference > 0.0 => Went::Better,
            difference if difference < 0.0 => Went::Worse,
            _ => Went::Same,
        })
    }

    /// The last period that has a value, else the last.
    pub fn last(&self) -> Option<usize> {
        self.slots.iter().rposition(|slot| slot.value.is_some()).or(self.slots.len().checked_sub(1))
    }

    /// The value so many periods before the last one.
    pub fn before(&self, periods: usize) -> Option<&Slot> {
        self.slots.get(self.last()?.checked_sub(periods)?)
    }

    /// Whether any period has a value.
    pub fn is_defined(&self) -> bool {
        self.slots.iter().any(|slot| slot.value.is_some())
    }
}

impl Glance {
    /// The figure, when it has one value in each period.
    pub fn tile(&self, window: Window) -> Option<Tile> {
        let answer = self.answer.as_ref()?;
        let (currency, points) = main_points(answer)?;
        let slots = points.into_iter().map(|point| Slot {
            start: point.start,
            value: point.value,
            out_of: point.denominator,
            low_n: point.low_n,
        });
        Some(Tile {
            kpi: self.kpi.id.clone(),
            title: self.kpi.title.clone(),
            unit: answer.unit,
            currency,
            better: self.kpi.better.clone(),
            grain: window.grain,
            year: window.periods_of_a_year(),
            slots: slots.collect(),
        })
    }

    /// One value of a dimension on its own, when it was looked at by that dimension.
    pub fn tile_where(&self, window: Window, dimension: &str, is: impl Fn(&str) -> bool) -> Option<Tile> {
        let answer = self.answer.as_ref()?;
        let points =
            answer.points.iter().filter(|point| point.dimensions.get(dimension).is_some_and(|value| is(value)));
        let mut one = KpiAnswer { points: points.cloned().collect(), ..(**answer).clone() };
        one.points.iter_mut().for_each(|point| point.dimensions.clear());
        let glance = Self { kpi: Arc::clone(&self.kpi), answer: Some(Arc::new(one)) };
        glance.tile(window).filter(|tile| !tile.slots.is_empty())
    }

    /// Whether any point has a value.
    pub fn is_defined(&self) -> bool {
        self.answer.iter().flat_map(|answer| &answer.points).any(|point| point.value.is_some())
    }

    /// What to connect, when nothing is defined and the definition names what it needs.
    pub fn missing(&self) -> Vec<&'static needs::Need> {
        if self.is_defined() { Vec::new() } else { needs::needed(&self.kpi) }
    }
}

/// The points that are not broken down, by period. Of money in several currencies, those of the one with most of it.
pub fn main_points(answer: &KpiAnswer) -> Option<(Option<String>, Vec<&KpiPoint>)> {
    let mut by_currency: BTreeMap<Option<&str>, Vec<&KpiPoint>> = BTreeMap::new();
    for point in &answer.points {
        if point.dimensions.keys().all(|dimension| dimension == CURRENCY) {
            by_currency.entry(point.dimensions.get(CURRENCY).map(String::as_str)).or_default().push(point);
        }
    }
    let size = |points: &[&KpiPoint]| points.iter().filter_map(|point| point.value).map(f64::abs).sum::<f64>();
    let most = by_currency.into_iter().max_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)))?;
    Some((most.0.map(str::to_owned), most.1))
}

/// Figures that were looked at, until the record, the day or the catalogue changes.
#[derive(Default)]
pub struct Glances {
    kept: std::sync::Mutex<Kept>,
    /// Held by whoever evaluates, so that nobody evaluates the same at the same time.
    making: Mutex<()>,
}

#[derive(Default)]
struct Kept {
    basis: Option<Basis>,
    catalogue: Option<Catalogue>,
    glances: HashMap<(Look, Window), Glance>,
}

impl Kept {
    /// Forgets what no longer holds.
    fn renew(&mut self, basis: Option<Basis>, catalogue: Catalogue) {
        let same_catalogue = self.catalogue.as_ref().is_some_and(|known| Arc::ptr_eq(known, &catalogue));
        if !same_catalogue || (basis.is_some() && self.basis != basis) {
            self.glances.clear();
            self.basis = basis;
            self.catalogue = Some(catalogue);
        }
    }
}

impl Glances {
    /// Those of the looks that the catalogue has, in their order. While `is_changing`, earlier ones are good enough.
    pub async fn get(
        &self,
        workspace: &Workspace,
        looks: &[Look],
        window: Window,
        now: Timestamp,
        is_changing: bool,
    ) -> AppResult<Vec<Glance>> {
        let catalogue = workspace.kpis();
        // Read before anything is evaluated: what is stored meanwhile makes it outdated.
        let basis = if is_changing { None } else { Some(score::basis(workspace, now).await?) };
        self.kept().renew(basis, Arc::clone(&catalogue));
        let mut found = Vec::new();
        for look in looks {
            let Some(kpi) = catalogue.iter().find(|kpi| kpi.id == look.kpi) else { continue };
            found.push(match self.known(look, window) {
                Some(glance) => glance,
                None => self.make(workspace, kpi, look, window, now).await?,
            });
        }
        Ok(found)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, look: &Look, window: Window) -> Option<Glance> {
        self.kept().glances.get(&(look.clone(), window)).cloned()
    }

    async fn make(
        &self,
        workspace: &Workspace,
        kpi: &Arc<KpiDefinition>,
        look: &Look,
        window: Window,
        now: Timestamp,
    ) -> AppResult<Glance> {
        let _alone = self.making.lock().await;
        if let Some(glance) = self.known(look, window) {
            return Ok(glance);
        }
        let glance = glance(workspace, kpi, look.by.clone(), window, now).await?;
        self.kept().glances.insert((look.clone(), window), glance.clone());
        Ok(glance)
    }
}

/// Looks at one KPI. A failure is logged and shown as not measured, since a page without one figure still helps.
async fn glance(
    workspace: &Workspace,
    kpi: &Arc<KpiDefinition>,
    by: Option<String>,
    window: Window,
    now: Timestamp,
) -> AppResult<Glance> {
    let question = Question {
        from: Some(window.from()),
        to: Some(window.to),
        grain: Some(window.grain),
        by: by.filter(|by| kpi.dimensions.contains(by)),
        ..Question::default()
    };
    let answer = match figures::evaluate(workspace, &kpi.id, &question, now).await {
        Ok(answer) => Some(Arc::new(answer)),
        Err(error) => {
            tracing::warn!(kpi = kpi.id, %error, "a figure could not be evaluated");
            None
        }
    };
    Ok(Glance { kpi: Arc::clone(kpi), answer })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn point(month: i8, dimensions: &[(&str, &str)], value: Option<f64>) -> KpiPoint {
        KpiPoint {
            start: date(2026, month, 1),
            end: date(2026, month + 1, 1),
            dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            value,
            numerator: None,
            denominator: None,
            interval: None,
            low_n: false,
            partial: false,
        }
    }

    fn answer(points: Vec<KpiPoint>) -> KpiAnswer {
        let at = "2026-04-01T00:00:00Z".parse().unwrap();
        let (from, to) = (date(2026, 1, 1), date(2026, 4, 1));
        KpiAnswer {
            kpi: "x".into(),
            version: 1,
            unit: Unit::Money,
            grain: Grain::Month,
            time_zone: "UTC".into(),
            as_of: at,
            from,
            to,
            points,
            receipt: axle_model::kpi::Receipt {
                definition: String::new(),
                fold: String::new(),
                sql: String::new(),
                rows_query: String::new(),
                from,
                to,
                as_of: at,
                time_zone: "UTC".into(),
                included: 0,
                excluded: BTreeMap::new(),
                caveats: Vec::new(),
            },
        }
    }

    #[test]
    fn of_several_currencies_the_largest_is_shown_and_breakdowns_are_not() {
        let all = answer(vec![
            point(1, &[("currency", "EUR")], Some(500.0)),
            point(1, &[("currency", "USD")], Some(-900.0)),
            point(2, &[("currency", "EUR")], Some(300.0)),
            point(2, &[("currency", "EUR"), ("tier", "sourced")], Some(9_999.0)),
        ]);
        let (currency, points) = main_points(&all).unwrap();
        assert_eq!((currency.as_deref(), points.len()), (Some("USD"), 1));
        assert_eq!(main_points(&answer(vec![point(1, &[("from", "market"), ("to", "audience")], Some(1.0))])), None);
    }

    #[test]
    fn a_window_reaches_to_the_same_period_of_the_year_before() {
        let from = |grain, to| Window { grain, to }.from();
        assert_eq!(from(Grain::Month, date(2026, 3, 1)), date(2025, 2, 1));
        assert_eq!(from(Grain::Quarter, date(2026, 4, 1)), date(2024, 1, 1));
        assert_eq!(from(Grain::Week, date(2026, 3, 2)), date(2025, 2, 24));
    }

    #[test]
    fn the_last_period_with_a_value_is_held_against_those_before_it() {
        let slot = |month, value| Slot { start: date(2026, month, 1), value, out_of: None, low_n: false };
        let tile = Tile {
            kpi: "x".into(),
            title: "X".into(),
            unit: Unit::Count,
            currency: None,
            better: None,
            grain: Grain::Month,
            year: 12,
            slots: vec![slot(1, Some(4.0)), slot(2, Some(6.0)), slot(3, None)],
        };
        assert_eq!(tile.last(), Some(1));
        assert_eq!(tile.before(1).and_then(|slot| slot.value), Some(4.0));
        assert_eq!(tile.before(2), None);
        assert_eq!(tile.went(1), None, "neither better high nor low");
        let down = Tile { better: Some("down".into()), ..tile };
        assert_eq!(down.went(1), Some(Went::Worse), "4 to 6, where less is better");
        assert_eq!(down.went(5), None);
    }
}
