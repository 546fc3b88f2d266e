//! Reach: how strongly a member is connected with others, and how dense the network of all is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::MonthNumber;
use crate::settings::ScoreSettings;

/// Two different people, in no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair<M> {
    a: M,
    b: M,
}

impl<M: Ord> Pair<M> {
    /// `None` for one and the same: nobody is connected with themselves.
    pub fn new(a: M, b: M) -> Option<Self> {
        match a.cmp(&b) {
            std::cmp::Ordering::Less => Some(Self { a, b }),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Self { a: b, b: a }),
        }
    }

    /// The two, the lesser first.
    pub fn members(&self) -> (&M, &M) {
        (&self.a, &self.b)
    }
}

/// That two people met in a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction<M> {
    /// Who.
    pub pair: Pair<M>,
    /// The calendar month, local.
    pub month: MonthNumber,
    /// By a reply, a mention or a conversation of two, rather than by sharing a thread or an event.
    pub direct: bool,
}

/// Pairs that a shared thread or event connects indirectly: all of its people, unless they are more than
/// [`group_cap`](crate::settings::ConnectionSettings::group_cap). `people` must be distinct.
pub fn indirect_pairs<'a, M: Ord + Copy>(
    people: &'a [M],
    settings: &ScoreSettings,
) -> impl Iterator<Item = Pair<M>> + 'a {
    let met = if people.len() <= settings.connections.group_cap as usize { people } else { &[] };
    met.iter().enumerate().flat_map(move |(index, a)| met[index + 1..].iter().filter_map(|b| Pair::new(*a, *b)))
}

/// The strength of one connection, kept up to date month by month.
///
/// With v(i) the value of month i (10 when any interaction in it was direct, else 1 when there was any, else 0):
///
/// ```text
/// S(i) = S(i - 1) + v(i)       when v(i) > 0
/// S(i) = decay * S(i - 1)      when v(i) = 0 and month i is complete
/// S(i) = S(i - 1)              when v(i) = 0 and month i still runs
/// ```
///
/// so that as of a month the strength is the sum over earlier meetings of `v * decay^(complete months since without a
/// meeting)`. A month in which the two meet does not decay what they had; a meeting counts at once. Nothing is cut
/// off: an old connection fades, as in the model's example of twelve idle months.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Strength {
    /// Strength at the end of the month before `month`.
    before: f64,
    /// The month of the last meeting, and its value.
    month: MonthNumber,
    value: u8,
}

impl Strength {
    /// A connection whose first meeting is in `month`.
    pub fn first(month: MonthNumber, direct: bool, settings: &ScoreSettings) -> Self {
        Self { before: 0.0, month, value: value(direct, settings) }
    }

    /// A connection known to have this strength at its last meeting, in `month`.
    pub fn known(strength: f64, month: MonthNumber) -> Self {
        Self { before: strength, month, value: 0 }
    }

    /// Adds a meeting. Months must not go back; several meetings in a month count as the strongest of them.
    pub fn meet(&mut self, month: MonthNumber, direct: bool, settings: &ScoreSettings) {
        debug_assert!(self.month <= month, "months must ascend");
        if month > self.month {
            *self = Self { before: self.as_of(month, settings), month, value: 0 };
        }
        self.value = self.value.max(value(direct, settings));
    }

    /// The strength in `month`, which still runs: decayed for each complete month since the last meeting's.
    pub fn as_of(&self, month: MonthNumber, settings: &ScoreSettings) -> f64 {
        let idle_months = month.saturating_sub(self.month).saturating_sub(1).max(0);
        (self.before + f64::from(self.value)) * settings.decay.powi(idle_months)
    }

    /// The month of the last meeting.
    pub fn last_month(&self) -> MonthNumber {
        self.month
    }
}

fn value(direct: bool, settings: &ScoreSettings) -> u8 {
    if direct { settings.connections.direct } else { settings.connections.indirect }
}

/// All connections of a community.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<M> {
    connections: BTreeMap<Pair<M>, Strength>,
}

impl<M: Ord + Copy> Network<M> {
    /// The connections that these interactions make, in any order; those after the month `as_of` do not count.
    pub fn build(
        interactions: impl IntoIterator<Item = Interaction<M>>,
        as_of: MonthNumber,
        settings: &ScoreSettings,
    ) -> Self {
        let mut sorted: Vec<_> = interactions.into_iter().filter(|meeting| meeting.month <= as_of).collect();
        sorted.sort_unstable_by_key(|meeting| meeting.month);
        let mut connections = BTreeMap::new();
        for Interaction { pair, month, direct } in sorted {
            connections
                .entry(pair)
                .and_modify(|strength: &mut Strength| strength.meet(month, direct, settings))
                .or_insert_with(|| Strength::first(month, direct, settings));
        }
        Self { connections }
    }

    /// Every pair that ever met, with its strength.
    pub fn connections(&self) -> impl Iterator<Item = (&Pair<M>, &Strength)> {
        self.connections.iter()
    }

    /// Reach of each connected member: the sum of the strengths of their connections.
    pub fn reach(&self, as_of: MonthNumber, settings: &ScoreSettings) -> BTreeMap<M, f64> {
        let mut reach = BTreeMap::new();
        for (pair, strength) in &self.connections {
            for member in [pair.a, pair.b] {
                *reach.entry(member).or_insert(0.0) += strength.as_of(as_of, settings);
            }
        }
        reach
    }

    /// Total reach: the strengths of all connections, each once.
    pub fn total(&self, as_of: MonthNumber, settings: &ScoreSettings) -> f64 {
        self.connections.values().map(|strength| strength.as_of(as_of, settings)).sum()
    }

    /// How many others each connected member is connected with.
    pub fn degrees(&self) -> BTreeMap<M, usize> {
        let mut degrees = BTreeMap::new();
        for member in self.connections.keys().flat_map(|pair| [pair.a, pair.b]) {
            *degrees.entry(member).or_insert(0) += 1;
        }
        degrees
    }

    /// Actual connections over possible ones among `members` people.
    pub fn density(&self, members: u64) -> Option<f64> {
        density(members, self.connections.len() as u64)
    }
}

/// Actual connections over `n (n - 1) / 2` possible ones. `None` below two members.
pub fn density(members: u64, connections: u64) -> Option<f64> {
    let possible = u128::from(members) * u128::from(members.saturating_sub(1)) / 2;
    (possible > 0).then(|| connections as f64 / possible as f64)
}

/// Pairs that met in both of two periods.
pub fn recurring_connections<M: Ord>(before: &BTreeSet<Pair<M>>, now: &BTreeSet<Pair<M>>) -> usize {
    before.intersection(now).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meeting(a: u8, b: u8, month: MonthNumber, direct: bool) -> Interaction<u8> {
        Interaction { pair: Pair::new(a, b).unwrap(), month, direct }
    }

    /// Golden G5: reach is 4 + 3 + 1 + 7; a strength of 7 decays to 5.103 in three idle months and 1.977 in twelve.
    #[test]
    fn g5_reach_of_jennifer() {
        let settings = ScoreSettings::default();
        let connections = [4.0, 3.0, 1.0, 7.0]
            .into_iter()
            .zip(1..)
            .map(|(strength, other)| (Pair::new(0, other).unwrap(), Strength::known(strength, 600)));
        let network = Network { connections: connections.collect() };
        assert!((network.reach(600, &settings)[&0] - 15.0).abs() < 1e-12);
        let idle = |months| Strength::known(7.0, 600).as_of(600 + months + 1, &settings);
        assert!((idle(3) - 5.103).abs() < 1e-12);
        assert!((idle(12) - 1.977).abs() < 5e-4);
    }

    /// Golden G6.
    #[test]
    fn g6_density_of_five_people_with_six_connections() {
        assert!((density(5, 6).unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(density(1, 0), None);
        assert_eq!(density(0, 0), None);
    }

    #[test]
    fn a_month_counts_its_strongest_meeting_once() {
        let settings = ScoreSettings::default();
        let meetings = [(10, false), (10, true), (10, false), (11, false), (14, true)];
        let network = Network::build(meetings.map(|(month, direct)| meeting(2, 1, month, direct)), 20, &settings);
        // 10 in month 10, 1 in month 11; months 12 and 13 idle; 10 in month 14; months 15 and 16 idle as of month 17.
        let expected = (11.0 * 0.81 + 10.0) * 0.81;
        assert!((network.total(17, &settings) - expected).abs() < 1e-12);
        assert_eq!(network.degrees(), BTreeMap::from([(1, 1), (2, 1)]));
        assert!((network.total(14, &settings) - network.total(15, &settings)).abs() < 1e-12, "month 14 was not idle");
    }

    #[test]
    fn later_meetings_and_oneself_do_not_count() {
        let settings = ScoreSettings::default();
        assert_eq!(Pair::new(3, 3), None);
        let network = Network::build([meeting(1, 2, 5, true), meeting(1, 3, 7, true)], 6, &settings);
        assert_eq!(network.connections().count(), 1);
        assert_eq!(network.density(3), Some(1.0 / 3.0));
    }

    #[test]
    fn big_groups_connect_nobody() {
        let settings = ScoreSettings::default();
        let people: Vec<u32> = (0..51).collect();
        assert_eq!(indirect_pairs(&people[..50], &settings).count(), 50 * 49 / 2);
        assert_eq!(indirect_pairs(&people, &settings).count(), 0);
    }

    #[test]
    fn recurring_connections_met_in_both_periods() {
        let pairs = |pairs: &[(u8, u8)]| pairs.iter().filter_map(|(a, b)| Pair::new(*a, *b)).collect::<BTreeSet<_>>();
        assert_eq!(recurring_connections(&pairs(&[(1, 2), (3, 1)]), &pairs(&[(1, 3), (2, 3)])), 1);
    }

    proptest! {
        /// The running strength is the sum over months of value times decay per idle complete month since.
        #[test]
        fn strength_has_its_closed_form(months in prop::collection::btree_map(0..40_i32, any::<bool>(), 1..15), after in 0..20_i32) {
            let settings = ScoreSettings::default();
            let as_of = months.keys().last().unwrap() + after;
            let idle_since = |month: i32| (month + 1..as_of).filter(|m| !months.contains_key(m)).count() as i32;
            let closed: f64 = months.iter().map(|(m, d)| if *d { 10.0 } else { 1.0 } * 0.9_f64.powi(idle_since(*m))).sum();
            let network = Network::build(months.iter().rev().map(|(m, d)| meeting(1, 2, *m, *d)), as_of, &settings);
            prop_assert!((network.total(as_of, &settings) - closed).abs() < 1e-9);
            let reach: f64 = network.reach(as_of, &settings).values().sum();
            prop_assert!((reach - 2.0 * closed).abs() < 1e-9);
        }
    }
}
