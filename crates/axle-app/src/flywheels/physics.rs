//! The wheels in numbers for the pages and the API: friction, speed, weight, momentum, and where to push next.
//!
//! `axle-flywheel/src/physics.rs` computes them over the runs as of an instant; the definitions `kpis/flywheel_*.toml`
//! are the same figures by period, and the ones that count: a test holds the two together.

use std::collections::{BTreeMap, BTreeSet};

use axle_flywheel::physics::{
    self, Cause, Push, Unit, Window, friction, growth, loop_back, lost_values_knowing, momentum, push_next,
    self_propelled, turn_time, turns, went_on, whole_friction,
};
pub use axle_flywheel::physics::{LostValue, Ratio, StepFriction, Weight};
use axle_flywheel::{Became, Definition};
use axle_model::analytics::Table;
use axle_model::km::{Observation, Survival};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::{Runs, Wheel};
use crate::directory::id_text;
use crate::{AppResult, Workspace};

/// Days that friction, speed and advice look back.
pub const WINDOW_DAYS: i64 = 90;
/// Days of a momentum.
const MOMENTUM_DAYS: i64 = 28;
/// How long ago the advice is that is held against what happened, in days.
pub const ADVICE_DAYS: i64 = 30;
/// How long a completed unit has to bring others, in days.
pub const HORIZON_DAYS: i64 = 180;
/// Days of completions that loop-back looks at, before the horizon.
const LOOP_DAYS: i64 = 365;

/// All wheels in numbers as of an instant.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// The instant.
    pub as_of: Timestamp,
    /// In the order of the definitions.
    pub wheels: Vec<WheelFigures>,
    /// Friction of the last 90 days by department, those with the most units that did not go on in time first.
    pub owners: Vec<OwnerFriction>,
    /// The step with the greatest lost value.
    pub push_next: Option<Advice>,
    /// The advice of 30 days ago, and what became of it.
    pub before: Option<Kept>,
}

/// The friction at all steps that a department answers for.
#[derive(Debug, Clone, Serialize)]
pub struct OwnerFriction {
    /// The department.
    pub owner: String,
    /// Its steps of all wheels together; `step` says nothing.
    pub friction: StepFriction,
}

/// One wheel in numbers. Shares are 0 to 1.
#[derive(Debug, Clone, Serialize)]
pub struct WheelFigures {
    /// The wheel and where its units stand.
    #[serde(flatten)]
    pub wheel: Wheel,
    /// Its steps, in order.
    pub figures: Vec<StepFigures>,
    /// Of the whole wheel, in the last 90 days.
    pub friction: Option<f64>,
    /// Completed turns of the last 90 days.
    pub turns: u64,
    /// A week.
    pub turns_per_week: f64,
    /// Kaplan-Meier median of a turn, in seconds.
    pub turn_seconds: Option<u64>,
    /// Units that reached delight, and those of them still with us.
    pub weight: Weight,
    /// Of the last 28 days.
    pub momentum: Option<f64>,
    /// Of the 28 days before them.
    pub momentum_before: Option<f64>,
    /// Advances of the last 90 days without a push; `None` while no push is known.
    pub self_propelled: Option<Ratio>,
    /// New units by completed ones.
    pub loop_back: Ratio,
    /// Units after 90 days for each that begins, while loop-back and the time of a turn stay as they are.
    pub growth: Option<f64>,
}

/// One step in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct StepFigures {
    /// Of what was due in the last 90 days.
    pub friction: StepFriction,
    /// What that costs; `None` while nothing was due.
    pub lost_value: Option<LostValue>,
    /// Kaplan-Meier median of the time in the step, in seconds, of all visits.
    pub median_seconds: Option<u64>,
    /// Visits that ever went on from it.
    pub passed: u64,
    /// Visits that ever left the wheel at it.
    pub lost: u64,
    /// Visits that were ever sent back from it.
    pub returned: u64,
}

/// Where to push.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// Title of the flywheel.
    pub title: String,
    /// What goes round.
    pub unit: String,
    /// Id of the step.
    pub step: String,
    /// Its title.
    pub step_title: String,
    /// Who answers for it.
    pub owner: String,
    /// What a completion is worth beside one of another flywheel.
    pub value: f64,
    /// What it costs: completions that do not come, or come late, times their value.
    pub lost: LostValue,
    /// What happened at it.
    pub friction: StepFriction,
}

/// An earlier advice, held against what happened since.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// When it was given.
    pub at: Timestamp,
    /// The advice.
    pub advice: Advice,
    /// What happened at the step since; `None`: there is no such step any more.
    pub friction_since: Option<StepFriction>,
    /// The step's friction of what was due since; `None`: nothing was.
    pub share_since: Option<f64>,
    /// Its change since: negative is better.
    pub change: Option<f64>,
}

/// What the figures need of the record besides runs.
#[derive(Debug, Default)]
pub struct Around {
    /// Pushes, with the members whom they addressed.
    pub pushes: Vec<Push>,
    /// Who brought whom, by flywheel.
    pub causes: BTreeMap<String, Vec<Cause>>,
    /// Members who took part or used the product in the 90 days before now, and in those before four weeks ago.
    present: [BTreeSet<String>; 2],
}

/// Reads what the figures need besides runs. The runs must have been handed over.
///
/// # Errors
/// When the tables cannot be read.
pub async fn around(workspace: &Workspace, as_of: Timestamp) -> AppResult<Around> {
    let zone = workspace.time_zone().await?;
    let today = as_of.to_zoned(zone).date();
    let day = |back: i64| today.saturating_sub(jiff::Span::new().days(back));
    let engine = workspace.analytics();
    let numbers = workspace.numbers().read().await.clone();
    let id =
        |value: &Value| -> Option<String> { numbers.id_at.get(usize::try_from(value.as_u64()?).ok()?).map(id_text) };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let mut around = Around::default();
    for (place, back) in [(0, 0), (1, MOMENTUM_DAYS)] {
        let (from, to) = (day(back + WINDOW_DAYS), day(back));
        let query = format!(
            "select distinct member from (select member, day from member_days union all select member, day from product_days) d \
             where day >= date '{from}' and day < date '{to}'"
        );
        let Table { rows, .. } = engine.sql(&query, usize::MAX, as_of).await?;
        around.present[place] = rows.iter().filter_map(|row| id(row.first()?)).collect();
    }
    let pushes = "select pushes.push_id, pushes.at, coalesce(pushes.kind, ''), coalesce(pushes.channel, ''), addressed.member \
                  from pushes left join flywheel_addressed addressed on addressed.push_id = pushes.push_id \
                  where pushes.at is not null order by pushes.push_id";
    for row in engine.sql(pushes, usize::MAX, as_of).await?.rows {
        let [object, at, kind, channel, member] = &row[..] else { continue };
        let (Some(at), object) = (instant(at), text(object)) else { continue };
        if around.pushes.last().is_none_or(|push| push.object != object) {
            around.pushes.push(Push { at, kind: text(kind), object, channel: text(channel), subjects: Vec::new() });
        }
        if let (Some(push), Some(member)) = (around.pushes.last_mut(), id(member)) {
            push.subjects.push(member);
        }
    }
    let causes = "select flywheel, member, entrant, at from flywheel_causes";
    for row in engine.sql(causes, usize::MAX, as_of).await?.rows {
        let [flywheel, by, entrant, at] = &row[..] else { continue };
        if let (Some(by), Some(entrant), Some(at)) = (id(by), id(entrant), instant(at)) {
            around.causes.entry(text(flywheel)).or_default().push(Cause { by, entrant, at });
        }
    }
    Ok(around)
}

/// All wheels in numbers.
pub fn overview(runs: &Runs, around: &Around, as_of: Timestamp) -> Overview {
    let of = |definition: &Definition| figures(runs, around, definition, as_of);
    let wheels: Vec<WheelFigures> = runs.machine.definitions().iter().map(of).collect();
    let then = as_of - days(ADVICE_DAYS);
    let before = advice(runs, then).map(|advice| {
        let since = Window { from: then, to: as_of };
        let now = runs.frictions(&advice.lost.flywheel, since, as_of);
        let friction_since = now.iter().find(|step| step.step == advice.lost.step).copied();
        Kept {
            at: then,
            friction_since,
            share_since: friction_since.as_ref().and_then(StepFriction::share),
            change: physics::held_against(&advice.lost, &now),
            advice,
        }
    });
    Overview { as_of, owners: by_owner(&wheels), wheels, push_next: advice(runs, as_of), before }
}

fn by_owner(wheels: &[WheelFigures]) -> Vec<OwnerFriction> {
    let steps = wheels.iter().flat_map(|one| one.wheel.steps.iter().zip(&one.figures));
    let owners = physics::by_owner(steps.map(|(step, figures)| (&*step.owner, &figures.friction)));
    let mut owners: Vec<_> = owners.into_iter().map(|(owner, friction)| OwnerFriction { owner, friction }).collect();
    owners.sort_by_key(|one| std::cmp::Reverse(one.friction.entered - one.friction.in_time));
    owners
}

/// The step to push as of an instant: of what was due in the 90 days before it.
fn advice(runs: &Runs, as_of: Timestamp) -> Option<Advice> {
    let window = Window { from: as_of - days(WINDOW_DAYS), to: as_of };
    let frictions = |definition: &Definition| runs.frictions(&definition.id, window, as_of);
    let lost = runs.machine.definitions().iter().flat_map(|one| {
        let ever = went_on(one, &runs.units(&one.id), as_of);
        lost_values_knowing(&one.id, &frictions(one), &ever, one.value)
    });
    let lost = push_next(lost)?;
    let definition = runs.machine.definitions().iter().find(|one| one.id == lost.flywheel)?;
    let step = &definition.steps[lost.step as usize];
    Some(Advice {
        title: definition.title.clone(),
        unit: definition.unit.clone(),
        value: definition.value,
        step: step.id.clone(),
        step_title: step.title.clone(),
        owner: step.owner.clone(),
        friction: frictions(definition)[lost.step as usize],
        lost,
    })
}

fn figures(runs: &Runs, around: &Around, definition: &Definition, as_of: Timestamp) -> WheelFigures {
    let units = runs.units(&definition.id);
    let window = Window { from: as_of - days(WINDOW_DAYS), to: as_of };
    let steps = friction(definition, &units, window, as_of);
    let ever = went_on(definition, &units, as_of);
    let lost = lost_values_knowing(&definition.id, &steps, &ever, definition.value);
    let month = Window { from: as_of - days(MOMENTUM_DAYS), to: as_of };
    let earlier = Window { from: month.from - days(MOMENTUM_DAYS), to: month.from };
    let weight = |place: usize, at| physics::weight(definition, &units, at, |id| around.present[place].contains(id));
    let moment = |weight, window| momentum(&units, weight, &around.pushes, window).value;
    let completed = Window { from: as_of - days(HORIZON_DAYS + LOOP_DAYS), to: as_of };
    let causes = around.causes.get(&definition.id).map_or(&[][..], Vec::as_slice);
    let turned = turns(&units, window);
    let (turn_seconds, brought) =
        (turn_time(&units, as_of).median(), loop_back(&units, causes, completed, HORIZON_DAYS, as_of));
    WheelFigures {
        wheel: runs.wheel_of(definition, as_of),
        friction: whole_friction(&steps),
        turns: turned,
        turns_per_week: turned as f64 / window.weeks(),
        turn_seconds,
        weight: weight(0, as_of),
        momentum: moment(weight(0, as_of), month),
        momentum_before: moment(weight(1, month.from), earlier),
        self_propelled: (!around.pushes.is_empty()).then(|| self_propelled(&units, &around.pushes, window)),
        loop_back: brought,
        growth: growth(brought, turn_seconds, WINDOW_DAYS as f64),
        figures: steps.into_iter().map(|step| step_figures(step, &lost, &units, as_of)).collect(),
    }
}

fn step_figures(step: StepFriction, lost: &[LostValue], units: &[Unit], as_of: Timestamp) -> StepFigures {
    let visits = units.iter().flat_map(|unit| &unit.run.visits).filter(|visit| visit.step == step.step);
    let mut figures = StepFigures {
        friction: step,
        lost_value: lost.iter().find(|one| one.step == step.step).cloned(),
        median_seconds: None,
        passed: 0,
        lost: 0,
        returned: 0,
    };
    let mut observations = Vec::new();
    for visit in visits {
        let happened = match Became::of(visit, as_of) {
            Became::Implied => continue,
            Became::InTime | Became::Late | Became::Advanced => {
                figures.passed += 1;
                true
            }
            became => {
                figures.lost += u64::from(became == Became::Lost);
                figures.returned += u64::from(became == Became::Returned);
                false
            }
        };
        let until = visit.left_at().unwrap_or(as_of).min(as_of);
        let time = until.duration_since(visit.entered_at()).as_secs().max(0) as u64;
        observations.push(Observation { time, happened });
    }
    figures.median_seconds = Survival::estimate(&observations).median();
    figures
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

impl Runs {
    /// The runs of one flywheel, as physics wants them.
    pub fn units(&self, flywheel: &str) -> Vec<Unit<'_>> {
        let mut units = Vec::new();
        for (id, member) in &self.members {
            let runs = self.machine.runs(member).filter(|(key, _)| key.flywheel == flywheel);
            units.extend(runs.map(|(_, run)| Unit { id, run }));
        }
        units
    }

    pub(super) fn frictions(&self, flywheel: &str, window: Window, as_of: Timestamp) -> Vec<StepFriction> {
        let definition = self.machine.definitions().iter().find(|definition| definition.id == flywheel);
        definition.map_or_else(Vec::new, |definition| friction(definition, &self.units(flywheel), window, as_of))
    }
}
