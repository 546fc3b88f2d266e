//! Spells that a champion may be in, what remains of their activity in each, and how one leads to another.

/// As usual.
pub(super) const USUAL: usize = 0;
/// Quiet weeks: much other work.
pub(super) const QUIET: usize = 1;
/// A vacation, in phases.
pub(super) const AWAY: usize = 2;
/// A leave, in phases.
pub(super) const LEAVE: usize = 5;
/// Fallen to next to nothing.
pub(super) const FALLEN: usize = 8;
/// Fallen in part.
pub(super) const WANING: usize = 9;
/// As usual but for events.
pub(super) const UNATTENDING: usize = 10;
/// How many there are.
pub(super) const SPELLS: usize = 11;
/// Absences pass through so many phases, which makes their lengths about as regular as those of vacations are.
const PHASES: usize = 3;

/// What remains of activity.
pub(super) const ACTIVE: [f64; SPELLS] = [1.0, 0.4, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.03, 0.25, 1.0];
/// What remains of attendance.
pub(super) const ATTENDED: [f64; SPELLS] = [1.0, 0.6, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.05, 0.3, 0.05];

/// The spell in which each kind begins.
const KINDS: [usize; 6] = [QUIET, AWAY, LEAVE, FALLEN, WANING, UNATTENDING];
/// Those of which the community teaches how long they last; a fall lasts by definition.
const ENDING: usize = 3;
/// Days that each of those lasts on average, at least and at most: beyond that it is another one.
const LENGTHS: [(f64, f64); ENDING] = [(7.0, 28.0), (4.0, 21.0), (28.0, 70.0)];

/// How often spells of each kind begin and how long they last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habits {
    /// How many begin in a day as usual.
    begins: [f64; 6],
    /// How many days they last on average.
    days: [f64; 6],
}

impl Default for Habits {
    /// What people do in general: quiet weeks four times a year, two vacations, a leave in three years, and a fall in four.
    fn default() -> Self {
        let yearly = [4.0, 2.0, 0.33, 0.125, 0.075, 0.05];
        Self { begins: yearly.map(|times| times / 365.0), days: [14.0, 12.0, 45.0, 1500.0, 1500.0, 1500.0] }
    }
}

/// What was lived through: of each kind the beginnings and the days, and the days as usual.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lived {
    pub(super) begun: [f64; 6],
    pub(super) days: [f64; 6],
    pub(super) usual: f64,
}

impl Lived {
    pub(super) fn add(&mut self, other: &Self) {
        for kind in 0..KINDS.len() {
            self.begun[kind] += other.begun[kind];
            self.days[kind] += other.days[kind];
        }
        self.usual += other.usual;
    }

    /// Counts a day: how likely each spell was on it.
    pub(super) fn count(&mut self, spell: usize, share: f64) {
        match KINDS.iter().rposition(|first| *first <= spell) {
            Some(kind) => self.days[kind] += share,
            None => self.usual += share,
        }
    }
}

/// What people do in general is worth so many champion-years.
const PRIOR_YEARS: f64 = 100.0;
/// … and so many spells of each kind.
const PRIOR_SPELLS: f64 = 10.0;

impl Habits {
    /// What this community does, as far as it has shown.
    pub(super) fn learnt(lived: &Lived) -> Self {
        let mut habits = Self::default();
        let prior_days = PRIOR_YEARS * 365.0;
        for kind in 0..KINDS.len() {
            habits.begins[kind] = (habits.begins[kind] * prior_days + lived.begun[kind]) / (prior_days + lived.usual);
        }
        for (kind, (least, most)) in LENGTHS.into_iter().enumerate() {
            let days = (habits.days[kind] * PRIOR_SPELLS + lived.days[kind]) / (PRIOR_SPELLS + lived.begun[kind]);
            habits.days[kind] = days.clamp(least, most);
        }
        habits
    }

    /// What may happen in a night: from which spell to which, and how likely.
    pub(super) fn ways(&self) -> Vec<(usize, usize, f64)> {
        let mut ways: Vec<(usize, usize, f64)> =
            KINDS.iter().zip(self.begins).map(|(spell, begins)| (USUAL, *spell, begins)).collect();
        ways.push((QUIET, USUAL, 1.0 / self.days[0]));
        for (first, days) in [(AWAY, self.days[1]), (LEAVE, self.days[2])] {
            let share = (PHASES as f64 / days).min(1.0);
            ways.extend((first..first + PHASES - 1).map(|phase| (phase, phase + 1, share)));
            ways.push((first + PHASES - 1, USUAL, share));
        }
        ways.extend(
            [FALLEN, WANING, UNATTENDING]
                .into_iter()
                .zip(&self.days[ENDING..])
                .map(|(spell, days)| (spell, USUAL, 1.0 / days)),
        );
        // Who wanes may go on to fall.
        ways.push((WANING, FALLEN, 1.0 / 60.0));
        ways
    }
}
