//! A made-up company of all six wheels, with a bottleneck *planted* in one step of one of them: of all steps it is the one
//! whose lost value (units lost, sent back, stalled or late, times the chance to get through from the next step on, times
//! the value of a completion) is the greatest to be expected, by a margin that a case names.
//!
//! Every wheel has its own number of units, the fewer the more a completion is worth. What becomes of a unit at a step is
//! drawn; what the advice sees are those draws, as it sees what was due in its window.

use axle_flywheel::Definition;
use axle_flywheel::physics::{LostValue, StepFriction, lost_values, push_next};

use super::Dice;

/// How far the bottleneck stands out.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Friction of the bottleneck, at least and at most.
    pub planted: (f64, f64),
    /// That of all other steps.
    pub ordinary: (f64, f64),
    /// By how many times its expected lost value surpasses that of every other step, at least.
    pub margin: f64,
    /// Completions' worth of units that come to a wheel: divided by its value, and halved or doubled by chance.
    pub worth: f64,
}

/// A bottleneck that costs at least a tenth more than any other step: the requirement is measured with it.
pub const USUAL: Case = Case { planted: (0.35, 0.60), ordinary: (0.05, 0.25), margin: 1.1, worth: 1_000.0 };

/// What may become of a unit at a step: the rest goes on in time.
#[derive(Debug, Clone, Copy)]
struct Odds {
    late: f64,
    lost: f64,
    stalled: f64,
    returned: f64,
}

impl Odds {
    fn draw(dice: &mut Dice, (least, most): (f64, f64)) -> Self {
        let friction = dice.between(least, most);
        let (late, lost, returned) = (dice.between(0.3, 0.6), dice.between(0.1, 0.3), dice.between(0.0, 0.1));
        let stalled = friction * (1.0 - late - lost - returned);
        Self { late: friction * late, lost: friction * lost, stalled, returned: friction * returned }
    }

    fn friction(self) -> f64 {
        self.late + self.lost + self.stalled + self.returned
    }

    /// The share that goes on, in time or late.
    fn conversion(self) -> f64 {
        1.0 - self.lost - self.stalled - self.returned
    }
}

/// One wheel: its steps with a service time, and the units that come to the first of them.
struct Wheel {
    id: String,
    value: f64,
    units: u64,
    /// Numbers of the steps with what happens there.
    steps: Vec<(u16, Odds)>,
}

impl Wheel {
    /// The lost value to be expected of each step.
    fn expected(&self) -> Vec<f64> {
        let through = |steps: &[(u16, Odds)]| steps.iter().map(|(_, odds)| odds.conversion()).product::<f64>();
        let of = |place: usize| {
            let come = self.units as f64 * through(&self.steps[..place]);
            come * self.steps[place].1.friction() * through(&self.steps[place + 1..]) * self.value
        };
        (0..self.steps.len()).map(of).collect()
    }

    /// What becomes of the units.
    fn live(&self, dice: &mut Dice) -> Vec<StepFriction> {
        let mut here = self.units;
        let mut lived = Vec::new();
        for (step, odds) in &self.steps {
            let mut found = StepFriction { step: *step, entered: here, ..StepFriction::default() };
            for _ in 0..here {
                let luck = dice.share();
                let until = [odds.late, odds.lost, odds.stalled, odds.returned];
                let mut bound = 0.0;
                let became = until.iter().position(|share| {
                    bound += share;
                    luck < bound
                });
                match became {
                    Some(0) => found.late += 1,
                    Some(1) => found.lost += 1,
                    Some(2) => found.stalled += 1,
                    Some(_) => found.returned += 1,
                    None => found.in_time += 1,
                }
            }
            here = found.in_time + found.late;
            lived.push(found);
        }
        lived
    }
}

/// A company with its bottleneck.
pub struct Company {
    wheels: Vec<Wheel>,
    /// Wheel and place among its steps.
    bottleneck: (usize, usize),
}

impl Company {
    /// The company of a seed: others are thrown away until one's bottleneck costs most by the margin.
    pub fn new(definitions: &[Definition], case: &Case, dice: &mut Dice) -> Self {
        loop {
            let company = Self::draw(definitions, case, dice);
            if company.margin() >= case.margin {
                return company;
            }
        }
    }

    fn draw(definitions: &[Definition], case: &Case, dice: &mut Dice) -> Self {
        let mut wheels: Vec<Wheel> = definitions
            .iter()
            .map(|definition| {
                let timed = (0..).zip(&definition.steps).filter(|(_, step)| step.within.is_some());
                let steps = timed.map(|(number, _)| (number, Odds::draw(dice, case.ordinary))).collect();
                let units = (case.worth / definition.value * dice.between(0.5, 2.0)).round() as u64;
                Wheel { id: definition.id.clone(), value: definition.value, units, steps }
            })
            .collect();
        let wheel = dice.below(wheels.len() as u64) as usize;
        let place = dice.below(wheels[wheel].steps.len() as u64) as usize;
        wheels[wheel].steps[place].1 = Odds::draw(dice, case.planted);
        Self { wheels, bottleneck: (wheel, place) }
    }

    /// By how many times the bottleneck's expected lost value surpasses the next one's.
    pub fn margin(&self) -> f64 {
        let (mut planted, mut next) = (0.0, 0.0_f64);
        for (wheel, one) in self.wheels.iter().enumerate() {
            for (place, value) in one.expected().into_iter().enumerate() {
                if (wheel, place) == self.bottleneck {
                    planted = value;
                } else {
                    next = next.max(value);
                }
            }
        }
        planted / next
    }

    /// The wheel and step of the bottleneck.
    pub fn bottleneck(&self) -> (&str, u16) {
        let wheel = &self.wheels[self.bottleneck.0];
        (&wheel.id, wheel.steps[self.bottleneck.1].0)
    }

    /// What the advice says of what becomes of the units; `None` when nothing is lost.
    pub fn advice(&self, dice: &mut Dice) -> Option<LostValue> {
        push_next(self.wheels.iter().flat_map(|wheel| lost_values(&wheel.id, &wheel.live(dice), wheel.value)))
    }
}

/// In how many of so many companies, of the seeds from `first` on, the advice names the bottleneck.
pub fn named(definitions: &[Definition], case: &Case, first: u64, companies: u64) -> u64 {
    let is_named = |seed: &u64| {
        let dice = &mut Dice::new(*seed, 0);
        let company = Company::new(definitions, case, dice);
        let advice = company.advice(dice);
        advice.is_some_and(|one| (one.flywheel.as_str(), one.step) == company.bottleneck())
    };
    (first..first + companies).filter(is_named).count() as u64
}
