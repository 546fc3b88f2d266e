//! KPIs at a glance: the last complete periods with a year's course, kept while nothing changed. Boards, the catalogue,
//! the report and home all look through these.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Unit};
use axle_model::time::{Grain, local_day};
use axle_store::score::Basis;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::figures::{self, Question};
use crate::workspace::Catalogue;
use crate::{AppError, AppResult, Workspace, needs, score};

/// What stands for one figure beside another currency's.
const CURRENCY: &str = "currency";
/// What tells a figure's estimates apart: `lower`, `central` and `upper`, or `low` and `high`.
const ESTIMATE: &str = "estimate";
/// A rate over fewer cannot be held against another.
const FEW: f64 = 10.0;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Window {
    /// Length of each.
    pub grain: Grain,
    /// First date after the last of them; begins a period.
    pub to: Date,
    /// The instant asked as of; now unless given.
    pub as_of: Option<Timestamp>,
}

impl Window {
    /// Up to the last period that is over.
    pub async fn now(workspace: &Workspace, grain: Grain, now: Timestamp) -> AppResult<Self> {
        let zone = workspace.time_zone().await?;
        let to = grain.floor(axle_model::time::date_of_day(local_day(now, &zone)));
        Ok(Self { grain, to, as_of: None })
    }

    /// Up to the last period that was over at an instant, as of which figures are asked.
    pub async fn as_of(workspace: &Workspace, grain: Grain, as_of: Timestamp) -> AppResult<Self> {
        Ok(Self { as_of: Some(as_of), ..Self::now(workspace, grain, as_of).await? })
    }

    /// As people ask: up to the period in which `to` lies, of those that were over at `as_of`, or are now.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for single days, and for all of the past.
    pub async fn asked(
        workspace: &Workspace,
        grain: &str,
        to: Option<Date>,
        as_of: Option<Timestamp>,
        now: Timestamp,
    ) -> AppResult<Self> {
        let known = Grain::from_name(grain).filter(|grain| !matches!(grain, Grain::Day | Grain::Total));
        let grain = known.ok_or_else(|| {
            AppError::Invalid(format!("“{grain}” is no length of periods: use week, month, quarter or year"))
        })?;
        let newest = match as_of {
            None => Self::now(workspace, grain, now).await?,
            Some(as_of) => Self::as_of(workspace, grain, as_of.min(now)).await?,
        };
        Ok(Self { to: to.map_or(newest.to, |to| grain.floor(to).min(newest.to)), ..newest })
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
    /// What to connect, when nothing is defined: the tables that the definition needs and that have no row.
    pub missing: Vec<&'static needs::Need>,
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
    /// Of an estimate: the lowest and the highest.
    pub range: Option<(f64, f64)>,
}

impl Slot {
    /// Whether it rests on so few that no change can be told.
    pub fn is_few(&self) -> bool {
        self.low_n && self.out_of.is_none_or(|of| of < FEW)
    }
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
    /// Words that stand behind a count or a number: `a week`.
    pub measured_in: Option<String>,
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

impl Tile {
    /// The last period that has a value, else the last.
    pub fn last(&self) -> Option<usize> {
        self.slots.iter().rposition(|slot| slot.value.is_some()).or(self.slots.len().checked_sub(1))
    }

    /// The value so many periods before the last one.
    pub fn before(&self, periods: usize) -> Option<&Slot> {
        self.slots.get(self.last()?.checked_sub(periods)?)
    }

    /// The value so many periods before, where both rest on enough to be held against each other.
    pub fn comparable(&self, periods: usize) -> Option<f64> {
        let before = self.before(periods).filter(|slot| !slot.is_few())?;
        let last = self.slots.get(self.last()?)?;
        if last.is_few() { None } else { before.value }
    }

    /// Whether any period has a value.
    pub fn is_defined(&self) -> bool {
        self.slots.iter().any(|slot| slot.value.is_some())
    }
}

impl Glance {
    /// The figure, when it has one value in each period. Of estimates the central one, else the lowest.
    pub fn tile(&self, window: Window) -> Option<Tile> {
        let answer = self.answer.as_ref()?;
        let (currency, slots) = match estimates(answer) {
            Some(estimates) => estimates,
            None => main_points(answer).map(|(currency, points)| (currency, points.into_iter().map(slot).collect()))?,
        };
        Some(Tile {
            kpi: self.kpi.id.clone(),
            title: self.kpi.title.clone(),
            unit: answer.unit,
            measured_in: answer.measured_in.clone(),
            currency,
            better: self.kpi.better.clone(),
            grain: window.grain,
            year: window.periods_of_a_year(),
            slots,
        })
    }

    /// One value of a dimension on its own, when it was looked at by that dimension.
    pub fn tile_where(&self, window: Window, dimension: &str, is: impl Fn(&str) -> bool) -> Option<Tile> {
        let answer = self.answer.as_ref()?;
        let points =
            answer.points.iter().filter(|point| point.dimensions.get(dimension).is_some_and(|value| is(value)));
        let mut one = KpiAnswer { points: points.cloned().collect(), ..(**answer).clone() };
        one.points.iter_mut().for_each(|point| point.dimensions.clear());
        let glance = Self { kpi: Arc::clone(&self.kpi), answer: Some(Arc::new(one)), missing: Vec::new() };
        glance.tile(window).filter(|tile| !tile.slots.is_empty())
    }

    /// Whether any point has a value.
    pub fn is_defined(&self) -> bool {
        self.answer.iter().flat_map(|answer| &answer.points).any(|point| point.value.is_some())
    }
}

fn slot(point: &KpiPoint) -> Slot {
    Slot { start: point.start, value: point.value, out_of: point.denominator, low_n: point.low_n, range: None }
}

/// The points that are not broken down, by period. Of money in several currencies, those of the one with most of it.
pub fn main_points(answer: &KpiAnswer) -> Option<(Option<String>, Vec<&KpiPoint>)> {
    points_beside(answer, &[CURRENCY])
}

/// The estimates of each period as one slot, when there are any; a period that has none is not defined.
fn estimates(answer: &KpiAnswer) -> Option<(Option<String>, Vec<Slot>)> {
    let (currency, points) = points_beside(answer, &[CURRENCY, ESTIMATE])?;
    if !points.iter().any(|point| point.dimensions.contains_key(ESTIMATE)) {
        return None;
    }
    let mut by_period: BTreeMap<Date, Vec<&KpiPoint>> =
        answer.points.iter().map(|point| (point.start, Vec::new())).collect();
    for point in points {
        by_period.entry(point.start).or_default().push(point);
    }
    let of_period = |(start, points): (Date, Vec<&KpiPoint>)| {
        let values = || points.iter().filter_map(|point| point.value);
        let is_central = |point: &&&KpiPoint| point.dimensions.get(ESTIMATE).is_some_and(|name| name == "central");
        let lowest =
            || points.iter().min_by(|a, b| a.value.unwrap_or(f64::MAX).total_cmp(&b.value.unwrap_or(f64::MAX)));
        let Some(shown) = points.iter().find(is_central).or_else(lowest) else {
            return Slot { start, value: None, out_of: None, low_n: false, range: None };
        };
        let range = values().reduce(f64::min).zip(values().reduce(f64::max));
        // What it is divided by, as a cost in minor units, is no number of cases.
        Slot { range: range.filter(|(low, high)| low < high), out_of: None, ..slot(shown) }
    };
    Some((currency, by_period.into_iter().map(of_period).collect()))
}

/// The points without other dimensions than these.
fn points_beside<'a>(answer: &'a KpiAnswer, dimensions: &[&str]) -> Option<(Option<String>, Vec<&'a KpiPoint>)> {
    let mut by_currency: BTreeMap<Option<&str>, Vec<&KpiPoint>> = BTreeMap::new();
    for point in &answer.points {
        if point.dimensions.keys().all(|dimension| dimensions.contains(&dimension.as_str())) {
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

    /// The same by how each is looked at.
    pub async fn by_look(
        &self,
        workspace: &Workspace,
        looks: Vec<Look>,
        window: Window,
        now: Timestamp,
        is_changing: bool,
    ) -> AppResult<HashMap<Look, Glance>> {
        let mut found = HashMap::new();
        for look in looks {
            let glance = self.get(workspace, std::slice::from_ref(&look), window, now, is_changing).await?.pop();
            found.extend(glance.map(|glance| (look, glance)));
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
        // There are as many instants as anybody asks for.
        if window.as_of.is_none() {
            self.kept().glances.insert((look.clone(), window), glance.clone());
        }
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
        filter: None,
        as_of: window.as_of,
    };
    let answer = match figures::evaluate(workspace, &kpi.id, &question, now).await {
        Ok(answer) => Some(Arc::new(answer)),
        Err(error) => {
            tracing::warn!(kpi = kpi.id, %error, "a figure could not be evaluated");
            None
        }
    };
    let mut glance = Glance { kpi: Arc::clone(kpi), answer, missing: Vec::new() };
    if !glance.is_defined() {
        glance.missing = needs::missing(workspace, kpi, now).await?;
    }
    Ok(glance)
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
            measured_in: None,
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
                rows_command: String::new(),
                from,
                to,
                as_of: at,
                time_zone: "UTC".into(),
                business_hours: None,
                rates: Vec::new(),
                revisions: Vec::new(),
                bases: Vec::new(),
                included: None,
                excluded: BTreeMap::new(),
                reads: Vec::new(),
                tables: Vec::new(),
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
        let from = |grain, to| Window { grain, to, as_of: None }.from();
        assert_eq!(from(Grain::Month, date(2026, 3, 1)), date(2025, 2, 1));
        assert_eq!(from(Grain::Quarter, date(2026, 4, 1)), date(2024, 1, 1));
        assert_eq!(from(Grain::Week, date(2026, 3, 2)), date(2025, 2, 24));
    }

    #[test]
    fn the_last_period_with_a_value_is_held_against_those_before_it() {
        let slot = |month, value| Slot { start: date(2026, month, 1), value, out_of: None, low_n: false, range: None };
        let tile = Tile {
            kpi: "x".into(),
            title: "X".into(),
            unit: Unit::Count,
            measured_in: None,
            currency: None,
            better: None,
            grain: Grain::Month,
            year: 12,
            slots: vec![slot(1, Some(4.0)), slot(2, Some(6.0)), slot(3, None)],
        };
        assert_eq!(tile.last(), Some(1));
        assert_eq!(tile.before(1).and_then(|slot| slot.value), Some(4.0));
        assert_eq!(tile.before(2), None);
        assert_eq!(tile.comparable(1), Some(4.0));
        let few = |slot: Slot| Slot { low_n: true, out_of: Some(9.0), ..slot };
        let mut rate = tile.clone();
        rate.slots[0] = few(rate.slots[0]);
        assert_eq!(rate.comparable(1), None, "9 are too few to be held against");
        let mut rate = tile.clone();
        rate.slots[1] = few(rate.slots[1]);
        assert_eq!(rate.comparable(1), None);
        rate.slots[1].out_of = Some(10.0);
        assert_eq!(rate.comparable(1), Some(4.0), "10 are enough");
    }

    #[test]
    fn estimates_are_one_figure_with_its_range() {
        let estimate = |month, name, value| point(month, &[("currency", "EUR"), ("estimate", name)], value);
        let kpi: KpiDefinition = toml::from_str(
            "group = 'g'\ntitle = 'x'\nquestion = 'q?'\nunit = 'money'\nvalue = 'sum'\nrows = 'select 1'",
        )
        .unwrap();
        let tile = |points| {
            let answer = Some(Arc::new(answer(points)));
            let glance = Glance { kpi: Arc::new(kpi.clone()), answer, missing: Vec::new() };
            glance.tile(Window { grain: Grain::Month, to: date(2026, 4, 1), as_of: None })
        };
        let three = tile(vec![
            estimate(1, "lower", Some(10.0)),
            estimate(1, "central", Some(70.0)),
            estimate(1, "upper", Some(90.0)),
            estimate(2, "lower", Some(5.0)),
            estimate(2, "central", Some(5.0)),
            estimate(2, "upper", Some(5.0)),
            point(3, &[], None),
        ])
        .unwrap();
        assert_eq!(three.currency.as_deref(), Some("EUR"));
        let seen: Vec<_> = three.slots.iter().map(|slot| (slot.value, slot.range)).collect();
        assert_eq!(seen, [(Some(70.0), Some((10.0, 90.0))), (Some(5.0), None), (None, None)]);
        let two = tile(vec![estimate(1, "high", Some(90.0)), estimate(1, "low", Some(20.0))]).unwrap();
        assert_eq!((two.slots[0].value, two.slots[0].range), (Some(20.0), Some((20.0, 90.0))));
        let undefined = tile(vec![estimate(1, "low", None), estimate(1, "high", None)]).unwrap();
        assert_eq!((undefined.slots[0].value, undefined.slots[0].range), (None, None));
        let models = [("model", "first"), ("currency", "EUR")];
        assert!(tile(vec![point(1, &models, Some(1.0))]).is_none(), "a list of models is no one figure");
    }
}
