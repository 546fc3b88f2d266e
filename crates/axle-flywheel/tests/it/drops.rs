//! The drop rule over whole communities: it never sees the future, asks nobody twice, and beats fixed thresholds.

use axle_flywheel::drop::{DropSettings, Watch, Watched};
use proptest::prelude::*;

use crate::seeded::Dice;
use crate::seeded::champions::champion;
use crate::seeded::contest::{FIXED, Score, as_much, run};

fn community(seed: u64, size: u64) -> Vec<Watched> {
    (0..size).map(|number| champion(&mut Dice::new(seed, number)).watched(number as usize)).collect()
}

/// Days of alerts and how sure they were, by member.
fn alerts(champions: &[Watched], until: i32) -> Vec<(String, i32, f64)> {
    let (mut watch, mut champions, settings) = (Watch::default(), champions.to_vec(), DropSettings::default());
    let mut found = Vec::new();
    for day in 1..=until {
        watch.pass(&champions, day - 1, &settings);
        for alert in watch.alerts(&champions, day, &settings) {
            let one = champions.iter_mut().find(|one| one.member_id == alert.member_id).expect("somebody watched");
            one.alerted_on = Some(day);
            found.push((alert.member_id, day, alert.judgement.lasts));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// What happens from a day on changes nothing of what was said before it.
    #[test]
    fn no_day_knows_the_next(seed in 0..1000_u64, until in 300..500_i32) {
        let champions = community(seed, 12);
        let mut cut = champions.clone();
        for one in &mut cut {
            one.rhythm.active.retain(|day| *day < until);
            one.rhythm.attended.retain(|day| *day < until);
        }
        let before: Vec<_> = alerts(&champions, until + 60).into_iter().filter(|(_, day, _)| *day <= until).collect();
        prop_assert_eq!(&before, &alerts(&cut, until));
        prop_assert_eq!(before, alerts(&champions, until), "the same when it is asked again");
    }

    /// Neither does the order in which champions are named matter.
    #[test]
    fn order_does_not_matter(seed in 0..1000_u64) {
        let mut champions = community(seed, 12);
        let (settings, mut lasts) = (DropSettings::default(), Vec::new());
        for _ in 0..2 {
            let mut watch = Watch::default();
            (0..420).for_each(|day| watch.pass(&champions, day, &settings));
            lasts.push(watch.lasts("0003"));
            champions.reverse();
        }
        prop_assert!((lasts[0] - lasts[1]).abs() < 1e-9, "{lasts:?}");
    }
}

/// Three seeds that the rule has not been made with.
#[test]
fn at_equal_recall_it_is_twice_as_precise_as_fixed_thresholds() {
    let outcomes: Vec<_> = (5001..=5003).map(|seed| run(60, 1, seed)).collect();
    for (number, rule) in FIXED.iter().enumerate() {
        let (mut fixed, mut ours) = (Score::default(), Score::default());
        for outcome in &outcomes {
            let score = outcome.fixed[number][0];
            fixed += score;
            ours += as_much(&outcome.ours, score.recall());
        }
        let (times, recalls) = (ours.precision() / fixed.precision(), (ours.recall(), fixed.recall()));
        assert!(fixed.right > 0 && recalls.0 >= recalls.1, "{}: {recalls:?}", rule.name);
        assert!(times >= 2.0, "{}: {times:.2} times at recall {recalls:?}", rule.name);
    }
}
