//! Gravity: whether members move inwards, and at which level the community is ready to grow.

use serde::{Deserialize, Serialize};

use crate::orbit::{OrbitLevel, Step};
use crate::settings::GravityWeights;

/// A member's held steps at the start and at the end of a period. Out of orbit where they were not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// At the start.
    pub from: Step,
    /// At the end.
    pub to: Step,
}

/// What a step weighs, before squaring. 0 out of orbit.
pub fn gravity_weight(step: Step, weights: GravityWeights) -> u8 {
    match weights {
        GravityWeights::Steps => step.get(),
        GravityWeights::Levels => step.level().map_or(0, |level| level.first_step().get()),
    }
}

/// Weighted commitment: the sum of squared weights.
pub fn weighted_commitment(steps: impl IntoIterator<Item = Step>, weights: GravityWeights) -> u64 {
    steps.into_iter().map(|step| squared(step, weights)).sum()
}

fn squared(step: Step, weights: GravityWeights) -> u64 {
    u64::from(gravity_weight(step, weights)).pow(2)
}

/// Gravity of one period, labelled by its end. The model does not say by how many members to divide: see
/// [`Gravity::per_member`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gravity {
    /// Weighted commitment at the start.
    pub start: u64,
    /// Weighted commitment at the end.
    pub end: u64,
    /// Change of the weighted commitment of those in orbit at the start.
    pub existing_change: i64,
    /// Members in orbit at the start.
    pub members_at_start: u64,
    /// Members in orbit at the start or at the end.
    pub members_at_either: u64,
}

impl Gravity {
    /// From every member's move; teammates and bots must be left out by the caller.
    pub fn measure(moves: impl IntoIterator<Item = Move>, weights: GravityWeights) -> Self {
        let mut gravity = Self::default();
        for Move { from, to } in moves {
            let (before, after) = (squared(from, weights), squared(to, weights));
            gravity.start += before;
            gravity.end += after;
            gravity.members_at_either += u64::from(from.in_orbit() || to.in_orbit());
            if from.in_orbit() {
                gravity.members_at_start += 1;
                gravity.existing_change += after as i64 - before as i64;
            }
        }
        gravity
    }

    /// Change per member in orbit at the start or at the end: the headline. Many new members at the edge hardly move
    /// it. `None` when nobody was in orbit.
    pub fn per_member(&self) -> Option<f64> {
        ratio(self.change(), self.members_at_either)
    }

    /// Change of those in orbit at the start, per member of them: newcomers do not move it at all. `None` when nobody
    /// was.
    pub fn existing(&self) -> Option<f64> {
        ratio(self.existing_change, self.members_at_start)
    }

    /// All change per member in orbit at the start. For comparison only: it rewards adding people at the edge.
    pub fn per_member_at_start(&self) -> Option<f64> {
        ratio(self.change(), self.members_at_start)
    }

    fn change(&self) -> i64 {
        self.end as i64 - self.start as i64
    }
}

fn ratio(change: i64, members: u64) -> Option<f64> {
    (members > 0).then(|| change as f64 / members as f64)
}

/// Where the members of one level at the start of a period are at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LevelMoves {
    /// On a level further in.
    pub up: u64,
    /// On the same level, on whichever of its steps.
    pub held: u64,
    /// On a level further out.
    pub down: u64,
    /// Out of orbit.
    pub left: u64,
    /// Members of this level at the end who came from further out or from outside. They are not part of the start.
    pub arrived: u64,
}

impl LevelMoves {
    /// Members of the level at the start.
    pub fn at_start(&self) -> u64 {
        self.up + self.held + self.down + self.left
    }

    /// Up, held, down and left in percent of the members at the start; they add up to 100. `None` without any.
    pub fn percent(&self) -> Option<[f64; 4]> {
        let total = self.at_start();
        (total > 0).then(|| [self.up, self.held, self.down, self.left].map(|n| n as f64 * 100.0 / total as f64))
    }

    /// Places that members who moved up have left for others: the level's readiness to grow.
    pub fn slots(&self) -> u64 {
        self.up
    }
}

/// The movement table of one period, by level from the edge inwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Movement([LevelMoves; 4]);

impl Movement {
    /// From every member's move, as for [`Gravity::measure`].
    pub fn measure(moves: impl IntoIterator<Item = Move>) -> Self {
        let mut levels = [LevelMoves::default(); 4];
        for Move { from, to } in moves {
            let (from, to) = (from.level(), to.level());
            if let Some(from) = from {
                let moves = &mut levels[from as usize];
                let count = match to {
                    None => &mut moves.left,
                    Some(to) if to > from => &mut moves.up,
                    Some(to) if to < from => &mut moves.down,
                    Some(_) => &mut moves.held,
                };
                *count += 1;
            }
            if let Some(to) = to.filter(|to| from.is_none_or(|from| from < *to)) {
                levels[to as usize].arrived += 1;
            }
        }
        Self(levels)
    }

    /// The row of a level.
    pub fn of(&self, level: OrbitLevel) -> &LevelMoves {
        &self.0[level as usize]
    }
}

/// New members of a level may exceed its slots by this factor.
pub const ARRIVALS_PER_SLOT: f64 = 1.5;

/// Whether a level fills faster than it empties inwards: in each of the two latest months, more than
/// [`ARRIVALS_PER_SLOT`] members arrived for each slot that the month before had left. `months` are adjacent, oldest
/// first; with fewer than three there is no warning. Nobody can move up out of Leading, so it never warns.
pub fn fills_too_fast(level: OrbitLevel, months: &[Movement]) -> bool {
    let Some(latest) = months.len().checked_sub(3).map(|first| &months[first..]) else { return false };
    let exceeds = |pair: &[Movement]| {
        let (slots, arrived) = (pair[0].of(level).slots(), pair[1].of(level).arrived);
        arrived as f64 > ARRIVALS_PER_SLOT * slots as f64
    };
    level != OrbitLevel::Leading && latest.windows(2).all(exceeds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JANUARY: [usize; 4] = [17, 8, 4, 1];
    const FEBRUARY: [usize; 4] = [15, 9, 5, 1];
    const MARCH: [usize; 4] = [12, 10, 6, 2];

    /// The same thirty members at two months, given how many are on each level.
    fn moves(before: [usize; 4], after: [usize; 4]) -> Vec<Move> {
        let steps = |counts: [usize; 4]| {
            OrbitLevel::ALL.into_iter().zip(counts).flat_map(|(level, n)| std::iter::repeat_n(level.first_step(), n))
        };
        steps(before).zip(steps(after)).map(|(from, to)| Move { from, to }).collect()
    }

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    /// Golden G2.
    #[test]
    fn g2_gravity_of_the_model_s_example() {
        let first = Gravity::measure(moves(JANUARY, FEBRUARY), GravityWeights::Levels);
        let second = Gravity::measure(moves(FEBRUARY, MARCH), GravityWeights::Levels);
        assert_eq!((first.start, first.end, second.end), (441, 504, 666));
        for (gravity, expected) in [(first, 2.1), (second, 5.4)] {
            assert!(close(gravity.per_member(), expected));
            assert!(close(gravity.existing(), expected));
            assert!(close(gravity.per_member_at_start(), expected));
        }
        let january = moves(JANUARY, JANUARY).into_iter().map(|member| member.from);
        assert_eq!(weighted_commitment(january, GravityWeights::Levels), 441);
    }

    /// Golden G3: a thousand new members at the edge.
    #[test]
    fn g3_a_campaign_that_adds_a_thousand_explorers() {
        let newcomer = Move { from: Step::OUT, to: OrbitLevel::Exploring.first_step() };
        let all = moves(JANUARY, JANUARY).into_iter().chain(std::iter::repeat_n(newcomer, 1_000));
        let gravity = Gravity::measure(all, GravityWeights::Levels);
        assert!(close(gravity.per_member_at_start(), 1_000.0 / 30.0));
        assert!(close(gravity.per_member(), 1_000.0 / 1_030.0));
        assert!(close(gravity.existing(), 0.0));
    }

    #[test]
    fn nobody_in_orbit_has_no_gravity() {
        let gravity = Gravity::measure([Move { from: Step::OUT, to: Step::OUT }], GravityWeights::Steps);
        assert_eq!((gravity.per_member(), gravity.existing()), (None, None));
    }

    #[test]
    fn the_movement_table_counts_by_level() {
        let step = |value| Step::new(value).unwrap();
        let moves = [(1, 4), (1, 3), (2, 0), (5, 2), (9, 7), (0, 8), (0, 1)]
            .map(|(from, to)| Move { from: step(from), to: step(to) });
        let table = Movement::measure(moves);
        let exploring = LevelMoves { up: 1, held: 1, down: 0, left: 1, arrived: 1 };
        assert_eq!(*table.of(OrbitLevel::Exploring), exploring, "falling to it is not arriving");
        assert_eq!(*table.of(OrbitLevel::Participating), LevelMoves { down: 1, arrived: 1, ..Default::default() });
        assert_eq!(*table.of(OrbitLevel::Contributing), LevelMoves { held: 1, arrived: 1, ..Default::default() });
        assert_eq!(table.of(OrbitLevel::Leading).percent(), None);
    }

    #[test]
    fn a_level_warns_after_two_months_of_too_many_arrivals() {
        let month = |up, arrived| Movement([LevelMoves { up, arrived, ..Default::default() }; 4]);
        let warns = |months: &[Movement]| fills_too_fast(OrbitLevel::Exploring, months);
        assert!(warns(&[month(10, 0), month(10, 16), month(5, 16)]));
        assert!(!warns(&[month(10, 0), month(10, 15), month(5, 16)]), "1.5 for each slot is still absorbed");
        assert!(!warns(&[month(10, 0), month(10, 16), month(5, 14)]));
        assert!(!warns(&[month(10, 16), month(5, 16)]), "one month is no trend");
        assert!(!fills_too_fast(OrbitLevel::Leading, &[month(0, 0), month(0, 9), month(0, 9)]));
    }

    proptest! {
        /// Each row adds up to 100 %, and the moves explain every level's size at the end.
        #[test]
        fn movement_adds_up(steps in prop::collection::vec((0_u8..=12, 0_u8..=12), 0..60)) {
            let moves: Vec<_> = steps
                .into_iter()
                .map(|(from, to)| Move { from: Step::new(from).unwrap(), to: Step::new(to).unwrap() })
                .collect();
            let table = Movement::measure(moves.iter().copied());
            for level in OrbitLevel::ALL {
                let row = table.of(level);
                let at = |step: fn(&Move) -> Step| moves.iter().filter(|m| step(m).level() == Some(level)).count() as u64;
                prop_assert_eq!(row.at_start(), at(|m| m.from));
                if let Some(percent) = row.percent() {
                    prop_assert!((percent.iter().sum::<f64>() - 100.0).abs() < 1e-9);
                }
                let fell = moves.iter().filter(|m| m.to.level() == Some(level) && m.from.level() > m.to.level()).count();
                prop_assert_eq!(row.held + row.arrived + fell as u64, at(|m| m.to));
            }
            let gravity = Gravity::measure(moves.iter().copied(), GravityWeights::Steps);
            prop_assert_eq!(gravity.end, weighted_commitment(moves.iter().map(|m| m.to), GravityWeights::Steps));
        }
    }
}
