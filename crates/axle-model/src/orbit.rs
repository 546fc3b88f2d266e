//! Orbit levels and their steps: how close a member is to the centre of the community, and why.

use serde::{Deserialize, Serialize};

use crate::look_back::{ActiveDay, LookBack};
use crate::settings::ScoreSettings;
use crate::time::{Grain, LocalDay};

/// Ordered from the edge inwards: `Exploring < Leading`. A member without any is out of orbit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrbitLevel {
    /// Orbit 4.
    Exploring,
    /// Orbit 3.
    Participating,
    /// Orbit 2.
    Contributing,
    /// Orbit 1.
    Leading,
}

impl OrbitLevel {
    /// Every level, from the edge inwards.
    pub const ALL: [Self; 4] = [Self::Exploring, Self::Participating, Self::Contributing, Self::Leading];

    /// The model's name. A workspace may show another: see [`ScoreSettings::level_names`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Exploring => "Exploring",
            Self::Participating => "Participating",
            Self::Contributing => "Contributing",
            Self::Leading => "Leading",
        }
    }

    /// The number of the orbit: 4 at the edge, 1 at the centre.
    pub fn orbit(self) -> u8 {
        4 - self as u8
    }

    /// The step at which the level begins: 1, 4, 7 or 10.
    pub fn first_step(self) -> Step {
        Step(self as u8 * 3 + 1)
    }
}

/// Three steps to a level: 1 is Exploring III, 12 is Leading I; 0 is out of orbit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Step(u8);

impl Step {
    /// Out of orbit.
    pub const OUT: Self = Self(0);

    /// `None` above 12.
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 12 { Some(Self(value)) } else { None }
    }

    /// The number, 0 to 12.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether the member is in orbit at all.
    pub const fn in_orbit(self) -> bool {
        self.0 > 0
    }

    /// `None` out of orbit.
    pub fn level(self) -> Option<OrbitLevel> {
        let index = usize::from(self.0.checked_sub(1)? / 3);
        Some(OrbitLevel::ALL[index])
    }

    /// The step inside its level, 3 (just entered) to 1. `None` out of orbit.
    pub fn level_step(self) -> Option<u8> {
        Some(3 - self.0.checked_sub(1)? % 3)
    }

    /// "Contributing II", or "Out of Orbit".
    pub fn name(self) -> String {
        self.name_with(self.level().map_or("", OrbitLevel::name))
    }

    /// As [`Step::name`], with the workspace's name of the level.
    pub fn name_in(self, settings: &ScoreSettings) -> String {
        self.name_with(self.level().map_or("", |level| &settings.level_names[level as usize]))
    }

    fn name_with(self, level: &str) -> String {
        match self.level_step() {
            None => "Out of Orbit".into(),
            Some(step) => format!("{level} {}", ["I", "II", "III"][usize::from(step) - 1]),
        }
    }
}

impl TryFrom<u8> for Step {
    type Error = String;
    fn try_from(value: u8) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("a step is 0 to 12, not {value}"))
    }
}

impl From<Step> for u8 {
    fn from(step: Step) -> u8 {
        step.0
    }
}

/// How far a member moved inwards (positive) or outwards from the first of these steps to the last.
pub fn commitment_change(steps: &[Step]) -> i32 {
    match steps {
        [] => 0,
        [first, .., last] => i32::from(last.0) - i32::from(first.0),
        [_] => 0,
    }
}

/// Why a member is on a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The as-of day on which [`Explanation::basis`] lay inside the look-back. Before the as-of day asked for when the
    /// step is only held: then it falls at the next check, unless new activity carries it.
    pub evident_on: LocalDay,
    /// What earned the step.
    pub basis: Basis,
}

/// What earned a step. When an activity and presence earn the same, the activity is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Basis {
    /// Nothing in the look-back: out of orbit.
    Nothing,
    /// One activity showed that much commitment.
    Activity {
        /// The latest local day with an activity of that weight.
        day: LocalDay,
        /// Its weight.
        weight: u8,
    },
    /// Presence: a milestone, reached in one to three periods.
    Presence {
        /// Week, month or quarter.
        grain: Grain,
        /// The latest periods that reach the milestone (three at most), oldest first.
        periods: Vec<PresentPeriod>,
    },
}

/// A period that reaches its milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentPeriod {
    /// Its first local day.
    pub start: LocalDay,
    /// Active days in it that lie inside the look-back.
    pub days: u16,
}

/// The step that the look-back `[as_of - look_back_days, as_of)` earns by itself, without any hold.
///
/// The greater of the heaviest activity's weight and the presence milestone: 3 + n for n weeks with the milestone's
/// active days, 6 + n for n months, 9 + n for n quarters, n counted up to 3. A period that an edge of the look-back
/// cuts counts as soon as its days inside reach the milestone.
pub fn step_raw(days: &[ActiveDay], as_of: LocalDay, settings: &ScoreSettings) -> Step {
    Step(filled(days, as_of, settings).step())
}

/// Why the look-back before `as_of` earns its [`step_raw`].
pub fn explain(days: &[ActiveDay], as_of: LocalDay, settings: &ScoreSettings) -> Explanation {
    let look_back = filled(days, as_of, settings);
    let step = look_back.step();
    let inside = inside(days, as_of, settings);
    // Of equals, the last.
    let basis = match inside.iter().max_by_key(|day| day.weight) {
        None => Basis::Nothing,
        Some(day) if day.weight == step => Basis::Activity { day: day.day, weight: day.weight },
        Some(_) => look_back.presence(inside),
    };
    Explanation { evident_on: as_of, basis }
}

fn filled(days: &[ActiveDay], as_of: LocalDay, settings: &ScoreSettings) -> LookBack {
    let mut look_back = LookBack::new(settings);
    for day in inside(days, as_of, settings) {
        look_back.enter(day);
    }
    look_back
}

fn inside<'a>(days: &'a [ActiveDay], as_of: LocalDay, settings: &ScoreSettings) -> &'a [ActiveDay] {
    let first = as_of.saturating_sub_unsigned(settings.look_back_days);
    let from = days.partition_point(|day| day.day < first);
    let to = days.partition_point(|day| day.day < as_of);
    &days[from..to.max(from)]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::look_back::active_days;
    use crate::score::DayActivity;
    use crate::time::day_of_date;

    fn at(year: i16, month: i8, day: i8) -> LocalDay {
        day_of_date(date(year, month, day))
    }

    fn present(days: impl IntoIterator<Item = LocalDay>) -> Vec<ActiveDay> {
        let mut rows: Vec<_> = days.into_iter().map(|day| DayActivity { day, weight: 1, count: 1 }).collect();
        rows.sort_by_key(|row| row.day);
        active_days(&rows)
    }

    #[test]
    fn steps_have_the_names_of_the_model() {
        let names: Vec<_> = (0..=12).map(|step| Step(step).name()).collect();
        assert_eq!(names[0], "Out of Orbit");
        assert_eq!(names[1], "Exploring III");
        assert_eq!(names[4], "Participating III");
        assert_eq!(names[8], "Contributing II");
        assert_eq!(names[12], "Leading I");
        assert_eq!(Step(12).level().map(OrbitLevel::orbit), Some(1));
        assert_eq!(Step(0).level(), None);
        assert!(OrbitLevel::ALL.iter().all(|level| level.first_step().level() == Some(*level)));
        let mut settings = ScoreSettings::default();
        settings.level_names[2] = "Fans".into();
        assert_eq!(Step(7).name_in(&settings), "Fans III");
    }

    /// Golden G4: the document's text says +4; its own table says +5.
    #[test]
    fn g4_alex_moved_five_steps() {
        assert_eq!(commitment_change(&[Step(2), Step(5), Step(7)]), 5);
    }

    #[test]
    fn the_heaviest_activity_earns_its_weight() {
        let settings = ScoreSettings::default();
        let rows = [(at(2024, 3, 1), 4), (at(2024, 3, 9), 8), (at(2024, 4, 20), 8), (at(2024, 6, 1), 1)]
            .map(|(day, weight)| DayActivity { day, weight, count: 1 });
        let days = active_days(&rows);
        assert_eq!(step_raw(&days, at(2024, 7, 1), &settings), Step(8));
        let why = explain(&days, at(2024, 7, 1), &settings);
        assert_eq!(why.basis, Basis::Activity { day: at(2024, 4, 20), weight: 8 });
        assert_eq!(step_raw(&days, at(2024, 3, 9), &settings), Step(4), "the as-of day itself lies outside");
        assert_eq!(step_raw(&days, at(2025, 4, 21), &settings), Step(1), "365 days later it has left");
        assert_eq!(explain(&days, at(2030, 1, 1), &settings).basis, Basis::Nothing);
    }

    #[test]
    fn two_days_in_a_week_are_participating_and_repeats_count_to_three() {
        let settings = ScoreSettings::default();
        // 2024-06-03 is a Monday; the second pair skips a week.
        let mondays = [at(2024, 6, 3), at(2024, 6, 17), at(2024, 7, 1), at(2024, 7, 15)];
        for (weeks, step) in [(1, 4), (2, 5), (3, 6), (4, 6)] {
            let days = present(mondays[..weeks].iter().flat_map(|monday| [*monday, monday + 6]));
            assert_eq!(step_raw(&days, at(2024, 8, 1), &settings), Step(step), "{weeks} weeks");
        }
        let sunday_and_monday = present([at(2024, 6, 9), at(2024, 6, 10)]);
        assert_eq!(step_raw(&sunday_and_monday, at(2024, 8, 1), &settings), Step(1));
        let consecutive = ScoreSettings { consecutive: true, ..settings };
        let days = present(mondays.iter().flat_map(|monday| [*monday, monday + 6]));
        assert_eq!(step_raw(&days, at(2024, 8, 1), &consecutive), Step(4));
        let in_a_row = present((0..3).flat_map(|week| [mondays[0] + week * 7, mondays[0] + week * 7 + 6]));
        assert_eq!(step_raw(&in_a_row, at(2024, 8, 1), &consecutive), Step(6));
    }

    #[test]
    fn months_and_quarters_lift_further_and_are_explained() {
        let settings = ScoreSettings::default();
        let two_months = present((0..7).flat_map(|n| [at(2024, 2, 1) + n * 4, at(2024, 5, 1) + n * 4]));
        assert_eq!(step_raw(&two_months, at(2024, 6, 1), &settings), Step(8));
        let expected = [at(2024, 2, 1), at(2024, 5, 1)].map(|start| PresentPeriod { start, days: 7 });
        let why = explain(&two_months, at(2024, 6, 1), &settings).basis;
        assert_eq!(why, Basis::Presence { grain: Grain::Month, periods: expected.to_vec() });
        let quarter = present((0..30).map(|n| at(2024, 1, 1) + n * 3));
        let as_of = *quarter.last().map(|last| &last.day).unwrap() + 1;
        assert_eq!(step_raw(&quarter, as_of, &settings), Step(10));
        assert_eq!(step_raw(&quarter, as_of - 1, &settings), Step(9), "29 days in the quarter, three full months");
        // A year of every day: five calendar quarters are touched, at least three of them with 30 days.
        let daily = present((0..365).map(|n| at(2023, 2, 10) + n));
        assert_eq!(step_raw(&daily, at(2024, 2, 10), &settings), Step(12));
    }

    #[test]
    fn a_period_cut_by_the_look_back_counts_with_its_days_inside() {
        let settings = ScoreSettings::default();
        let days = present((0..8).map(|n| at(2023, 3, 1) + n * 3));
        // The look-back of 2024-03-03 opens on 2023-03-04: the first day has left, seven remain.
        assert_eq!(step_raw(&days, at(2024, 3, 3), &settings), Step(7));
        assert_eq!(step_raw(&days, at(2024, 3, 6), &settings), Step(5), "six days of the month remain, in two weeks");
    }
}
