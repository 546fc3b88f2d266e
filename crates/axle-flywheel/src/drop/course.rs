//! The course of one champion: which spell they are in, as the days go by.
//!
//! A hidden Markov chain over spells and the champion's own rate, which drifts slowly. One day at a time and forwards only,
//! so that no day knows the next.

use super::spells::{ACTIVE, ATTENDED, FALLEN, Habits, Lived, QUIET, SPELLS, UNATTENDING, USUAL, WANING};

/// Rates on a grid: 0.02 active days a day, and each next one 1.4 times as many.
const RATES: usize = 12;
const LEAST_RATE: f64 = 0.02;
const STEP: f64 = 1.4;
/// Chance in a day that the rate moves one place on the grid, each way.
const DRIFT: f64 = 0.001;
/// Days in which what is known of attendance fades to a third.
const FADE_DAYS: f64 = 270.0;

type Belief = [[f64; SPELLS]; RATES];

/// What was seen on a day on which they were there.
#[derive(Debug, Clone, Copy)]
struct Seen {
    is_active: bool,
    attended: u32,
    /// How the day compares with all: weekday and season.
    usual: f64,
    /// Attendances to expect on it.
    events: f64,
}

/// What is believed of one champion.
#[derive(Debug, Clone)]
pub(super) struct Course {
    belief: Belief,
    /// Active days and days as usual by weekday, of all the past.
    weekdays: [(f64, f64); 7],
    /// Attendances and days as usual, fading.
    attended: (f64, f64),
    past: Vec<Seen>,
}

impl Course {
    /// Somebody of whom nothing has been seen. Attendance is that of the rule's prior.
    pub(super) fn new(prior_events: f64, prior_days: f64) -> Self {
        Self { belief: start(), weekdays: [(3.0, 10.5); 7], attended: (prior_events, prior_days), past: Vec::new() }
    }

    /// How likely it is that activity has fallen, or attendance alone.
    pub(super) fn fallen(&self) -> f64 {
        self.spell(FALLEN) + self.spell(WANING) + self.spell(UNATTENDING)
    }

    /// They said that all is well: whatever there is of a fall was none.
    pub(super) fn forgive(&mut self) {
        for spells in &mut self.belief {
            spells[USUAL] = spells.iter().sum();
            spells[USUAL + 1..].fill(0.0);
        }
    }

    fn spell(&self, spell: usize) -> f64 {
        self.belief.iter().map(|spells| spells[spell]).sum()
    }

    /// A night passes.
    pub(super) fn pass(&mut self, habits: &Habits) {
        self.belief = night(&self.belief, &habits.ways());
    }

    /// Chance of an active day, were it no matter how quiet it is for all.
    pub(super) fn expected(&self, weekday: usize) -> f64 {
        let weekday = self.weekday(weekday);
        let chance = |(number, spells): (usize, &[f64; SPELLS])| {
            let left: f64 = spells.iter().zip(ACTIVE).map(|(belief, left)| belief * left).sum();
            (rate(number) * weekday).min(MOST) * left
        };
        self.belief.iter().enumerate().map(chance).sum()
    }

    /// How a weekday compares with all.
    fn weekday(&self, weekday: usize) -> f64 {
        let all = self.weekdays.iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
        let own = self.weekdays[weekday];
        (own.0 / own.1) / (all.0 / all.1)
    }

    /// A day is seen.
    pub(super) fn see(&mut self, is_active: bool, attended: u32, weekday: usize, season: f64) {
        let events = self.attended.0 / self.attended.1 * season;
        let seen = Seen { is_active, attended, usual: self.weekday(weekday) * season, events };
        seen.weigh(&mut self.belief);
        scale(&mut self.belief);
        let usual = self.spell(USUAL) + self.spell(QUIET);
        self.weekdays[weekday].0 += if is_active { usual } else { 0.0 };
        self.weekdays[weekday].1 += usual;
        let fade = 1.0 - usual / FADE_DAYS;
        self.attended = (self.attended.0 * fade + usual * f64::from(attended), self.attended.1 * fade + usual * season);
        self.past.push(seen);
    }

    /// Goes through the past again with what is known of the community: what was lived through, now that it is known how
    /// it went on.
    pub(super) fn lived(&self, habits: &Habits) -> Lived {
        let ways = habits.ways();
        let mut beliefs = vec![start()];
        for seen in &self.past {
            let mut belief = night(&beliefs[beliefs.len() - 1], &ways);
            seen.weigh(&mut belief);
            scale(&mut belief);
            beliefs.push(belief);
        }
        let mut lived = Lived::default();
        let mut ahead: Belief = [[1.0; SPELLS]; RATES];
        for (number, seen) in self.past.iter().enumerate().rev() {
            seen.weigh(&mut ahead);
            let after = drift(&ahead);
            let before = &beliefs[number];
            for (ahead, after) in ahead.iter_mut().zip(&after) {
                *ahead = *after;
                for (from, to, share) in &ways {
                    ahead[*from] += share * (after[*to] - after[*from]);
                }
            }
            let both = || before.iter().zip(&ahead);
            let all: f64 =
                both().map(|(before, ahead)| before.iter().zip(ahead).map(|(a, b)| a * b).sum::<f64>()).sum();
            for (kind, (from, to, share)) in ways.iter().take(lived.begun.len()).enumerate() {
                let begun: f64 =
                    before.iter().zip(&after).map(|(before, after)| before[*from] * share * after[*to]).sum();
                lived.begun[kind] += begun / all;
            }
            for spell in 0..SPELLS {
                let share: f64 = both().map(|(before, ahead)| before[spell] * ahead[spell]).sum();
                lived.count(spell, share / all);
            }
            scale(&mut ahead);
        }
        lived
    }

    /// Believes anew, with other habits.
    pub(super) fn relive(&mut self, habits: &Habits) {
        let ways = habits.ways();
        self.belief = start();
        for seen in &self.past {
            self.belief = night(&self.belief, &ways);
            seen.weigh(&mut self.belief);
            scale(&mut self.belief);
        }
    }
}

/// The greatest chance of an active day.
const MOST: f64 = 0.95;

fn rate(number: usize) -> f64 {
    LEAST_RATE * STEP.powi(number as i32)
}

fn start() -> Belief {
    let mut belief = [[0.0; SPELLS]; RATES];
    belief.iter_mut().for_each(|spells| spells[USUAL] = 1.0 / RATES as f64);
    belief
}

fn night(belief: &Belief, ways: &[(usize, usize, f64)]) -> Belief {
    let mut next = *belief;
    for (next, now) in next.iter_mut().zip(belief) {
        for (from, to, share) in ways {
            next[*from] -= now[*from] * share;
            next[*to] += now[*from] * share;
        }
    }
    drift(&next)
}

/// The rate moves a little; who is at an end of the grid stays there instead.
fn drift(belief: &Belief) -> Belief {
    let mut next = *belief;
    for number in 1..RATES {
        for spell in 0..SPELLS {
            let moved = DRIFT * (belief[number][spell] - belief[number - 1][spell]);
            next[number][spell] -= moved;
            next[number - 1][spell] += moved;
        }
    }
    next
}

/// Makes it sum to 1.
fn scale(belief: &mut Belief) {
    let sum: f64 = belief.iter().flatten().sum();
    belief.iter_mut().flatten().for_each(|belief| *belief /= sum);
}

impl Seen {
    /// Multiplies by how likely the day was.
    fn weigh(&self, belief: &mut Belief) {
        let attendance = ATTENDED.map(|left| {
            let mean = self.events * left;
            (-mean).exp() * (0..self.attended).map(|number| mean / f64::from(number + 1)).product::<f64>()
        });
        for (number, spells) in belief.iter_mut().enumerate() {
            let usual = (rate(number) * self.usual).clamp(1e-4, MOST);
            for ((belief, left), attendance) in spells.iter_mut().zip(ACTIVE).zip(attendance) {
                let chance = usual * left;
                *belief *= (if self.is_active { chance } else { 1.0 - chance }) * attendance;
            }
        }
    }
}
