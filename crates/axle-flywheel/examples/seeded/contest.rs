//! Rules held against what was really the matter: three fixed ones that are in use elsewhere, and any other.
//!
//! An alert is *right* when it is the first of a drop and comes within 75 days of its beginning while it lasts; a first one
//! that comes later is *late*, neither right nor wrong; every other alert is *wrong*, also a second one of the same drop.

use std::collections::BTreeMap;

use axle_flywheel::drop::{Alert, DropSettings, Watch, Watched};

use super::Dice;
use super::champions::{Champion, DAYS, FIRST, champion, holiday};

/// An alert within so many days of a drop's beginning has found it.
pub const IN_TIME: i32 = 75;
/// No rule asks again within so many days.
pub const COOLDOWN: i32 = 30;

/// Alerts and drops, counted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Score {
    pub right: u32,
    pub wrong: u32,
    pub late: u32,
    pub drops: u32,
    /// Days from the beginning of a drop to the alert, of the right ones.
    pub delay: u32,
    /// Of the wrong ones: in or after an absence that nobody told us of, in a holiday of all, and again.
    pub absent: u32,
    pub holiday: u32,
    pub again: u32,
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.late += other.late;
        self.drops += other.drops;
        self.delay += other.delay;
        self.absent += other.absent;
        self.holiday += other.holiday;
        self.again += other.again;
    }
}

impl std::ops::Add for Score {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Score {
    pub fn precision(self) -> f64 {
        f64::from(self.right) / f64::from((self.right + self.wrong).max(1))
    }

    pub fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.drops.max(1))
    }

    /// Mean days from beginning to alert.
    pub fn days(self) -> f64 {
        f64::from(self.delay) / f64::from(self.right.max(1))
    }

    /// Counts the alerts of one champion, oldest first.
    pub fn add(&mut self, champion: &Champion, days: &[i32]) {
        self.drops += u32::from(champion.drop.is_some());
        let mut is_known = false;
        for day in days {
            match champion.drop.filter(|drop| drop.from < *day && *day <= drop.to) {
                Some(drop) if !is_known => {
                    is_known = true;
                    if *day <= drop.from + IN_TIME {
                        self.right += 1;
                        self.delay += day.abs_diff(drop.from);
                    } else {
                        self.late += 1;
                    }
                }
                within => self.mistake(champion, *day, within.is_some()),
            }
        }
    }

    fn mistake(&mut self, champion: &Champion, day: i32, is_again: bool) {
        let is_absent = champion.hidden.iter().any(|(from, to)| *from < day && day - 30 <= *to);
        self.wrong += 1;
        self.again += u32::from(is_again);
        self.absent += u32::from(!is_again && is_absent);
        self.holiday += u32::from(!is_again && !is_absent && (day - 30..day).any(|day| holiday(day) < 1.0));
    }
}

/// The days on which a rule alarms: `fires` says whether it would, given the day of the alert before.
pub fn alarms(mut fires: impl FnMut(i32, Option<i32>) -> bool) -> Vec<i32> {
    let mut days: Vec<i32> = Vec::new();
    for day in FIRST..DAYS {
        let last = days.last().copied();
        if last.is_none_or(|last| day >= last + COOLDOWN) && fires(day, last) {
            days.push(day);
        }
    }
    days
}

/// A rule with fixed thresholds. It alarms once in a silence.
pub struct Fixed {
    pub name: &'static str,
    /// Days of silence, at least and at most.
    silent: (i32, i32),
    /// Days in which activity is counted, and whether they end where the silence begins (or today).
    counted: (i32, bool),
    who: Who,
}

/// Whose silence it is about.
enum Who {
    /// With so many activities.
    Counts(u32, u32),
    /// Among the most active share of all.
    Top(f64),
}

/// The rules. The first as its source has it counts activities of the 90 days before the alert, thirty silent ones among
/// them; the third's 7 to 10 were levels of ten of engagement before they were told as activities.
pub const FIXED: [Fixed; 7] = [
    Fixed {
        name: "50 in 90 d, then 30 d silent",
        silent: (30, DAYS),
        counted: (90, true),
        who: Who::Counts(50, u32::MAX),
    },
    Fixed {
        name: "50 in 90 d, the last 30 silent",
        silent: (30, DAYS),
        counted: (90, false),
        who: Who::Counts(50, u32::MAX),
    },
    Fixed { name: "top quarter, then 7 to 28 d silent", silent: (7, 28), counted: (90, true), who: Who::Top(0.25) },
    Fixed { name: "top quarter, then 14 d silent", silent: (14, 28), counted: (90, true), who: Who::Top(0.25) },
    Fixed { name: "top quarter, then 28 d silent", silent: (28, 28), counted: (90, true), who: Who::Top(0.25) },
    Fixed {
        name: "7 to 10 in 30 d, then 14 d silent",
        silent: (14, DAYS),
        counted: (30, true),
        who: Who::Counts(7, 10),
    },
    Fixed {
        name: "levels 7 to 10 of 10, then 14 d silent",
        silent: (14, DAYS),
        counted: (90, true),
        who: Who::Top(0.4),
    },
];

/// Sums of activities, for questions about stretches.
pub struct Counts {
    sums: Vec<Vec<u32>>,
    /// The last day with an activity before each day.
    last: Vec<Vec<i32>>,
}

impl Counts {
    pub fn new(champions: &[Champion]) -> Self {
        let sums = |champion: &Champion| {
            let mut sum = 0;
            std::iter::once(0)
                .chain(champion.counts.iter().map(|count| {
                    sum += count;
                    sum
                }))
                .collect()
        };
        let last = |champion: &Champion| {
            let mut last = -DAYS;
            let days = champion.counts.iter().zip(0..).map(|(count, day)| {
                if *count > 0 {
                    last = day
                }
                last
            });
            std::iter::once(-DAYS).chain(days).collect()
        };
        Self { sums: champions.iter().map(sums).collect(), last: champions.iter().map(last).collect() }
    }

    /// Activities in a half-open stretch.
    fn of(&self, number: usize, from: i32, to: i32) -> u32 {
        self.sums[number][to.max(0) as usize] - self.sums[number][from.max(0) as usize]
    }

    /// What the most active share of all did at least, in the days before each day.
    fn least_of_top(&self, share: f64, days: i32) -> Vec<u32> {
        let least = |day: i32| {
            let mut counts: Vec<u32> = (0..self.sums.len()).map(|number| self.of(number, day - days, day)).collect();
            counts.sort_unstable();
            counts[((counts.len() as f64 * (1.0 - share)) as usize).min(counts.len() - 1)]
        };
        (0..=DAYS).map(least).collect()
    }
}

impl Fixed {
    /// How it does, without and with being told of the absences that we know of.
    pub fn score(&self, champions: &[Champion], counts: &Counts) -> [Score; 2] {
        let (counted, is_before) = self.counted;
        let top = match self.who {
            Who::Top(share) => counts.least_of_top(share, counted),
            Who::Counts(..) => Vec::new(),
        };
        let mut scores = [Score::default(); 2];
        for (number, champion) in champions.iter().enumerate() {
            let fires = |day: i32, last: Option<i32>| {
                let silent_since = counts.last[number][day as usize] + 1;
                let silent = day - silent_since;
                let end = if is_before { silent_since } else { day };
                let count = || counts.of(number, end - counted, end);
                let is_meant = || match self.who {
                    Who::Counts(least, most) => (least..=most).contains(&count()),
                    Who::Top(_) => count() >= top[end.max(0) as usize],
                };
                let is_new = last.is_none_or(|last| last < silent_since);
                (self.silent.0..=self.silent.1).contains(&silent) && is_new && is_meant()
            };
            scores[0].add(champion, &alarms(fires));
            let told = |day: i32, last: Option<i32>| !champion.rhythm.is_away(day) && fires(day, last);
            scores[1].add(champion, &alarms(told));
        }
        scores
    }
}

/// What one seed gave.
pub struct Outcome {
    /// Of each fixed rule, without and with being told of absences.
    pub fixed: Vec<[Score; 2]>,
    /// Of the drop rule, from strict to lenient: one for each of [`thresholds`].
    pub ours: Vec<Score>,
    /// Of the drop rule that waits until it is likelier than not that a drop lasts.
    pub cautious: Score,
    /// As a workspace ships with it, which is told at once: of all alerts, and of those that are pushed.
    pub at_once: [Score; 2],
    /// Of each cautious alert how sure it was said to be, and whether there was a drop that had not been told.
    pub said: Vec<(f64, bool)>,
}

/// Least probabilities of an alert, from strict to lenient.
pub fn thresholds() -> Vec<f64> {
    (-20..=30).rev().map(|step| 1.0 / (1.0 + (-f64::from(step) / 6.0).exp())).collect()
}

/// Lets some communities of a seed live.
pub fn run(size: u64, communities: u64, seed: u64) -> Outcome {
    let thresholds = thresholds();
    let mut outcome = Outcome {
        fixed: vec![Default::default(); FIXED.len()],
        ours: vec![Score::default(); thresholds.len()],
        cautious: Score::default(),
        at_once: Default::default(),
        said: Vec::new(),
    };
    for community in 0..communities {
        let world = seed * 1000 + community;
        let champions: Vec<Champion> = (0..size).map(|number| champion(&mut Dice::new(world, number))).collect();
        let counts = Counts::new(&champions);
        for (sums, rule) in outcome.fixed.iter_mut().zip(&FIXED) {
            let scores = rule.score(&champions, &counts);
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
        watch(&champions, &thresholds, &mut outcome);
        watch_at_once(&champions, &mut outcome);
    }
    outcome
}

/// What a threshold has led to for one champion.
#[derive(Clone, Default)]
struct Alarmed {
    is_told: bool,
    days: Vec<i32>,
}

/// The drop rule, asked every day as an application would ask it, and with other thresholds beside.
fn watch(champions: &[Champion], thresholds: &[f64], outcome: &mut Outcome) {
    let settings = DropSettings::default();
    let mut watched: Vec<Watched> = champions.iter().enumerate().map(|(number, one)| one.watched(number)).collect();
    let mut watch = Watch::default();
    let mut swept = vec![vec![Alarmed::default(); thresholds.len()]; champions.len()];
    let mut cautious: Vec<Vec<(i32, f64)>> = vec![Vec::new(); champions.len()];
    for day in 1..DAYS {
        watch.pass(&watched, day - 1, &settings);
        if day < FIRST {
            continue;
        }
        let judged = watch.judgements(&watched, day, &settings);
        for ((swept, one), judged) in swept.iter_mut().zip(&watched).zip(&judged) {
            let is_watched = one.champion_since + settings.min_tenure_days as i32 <= day && !one.rhythm.is_away(day);
            for (alarmed, least) in swept.iter_mut().zip(thresholds) {
                alarmed.is_told &= judged.lasts >= settings.back_most.min(least / 2.0);
                let is_cool = alarmed.days.last().is_none_or(|last| day >= last + COOLDOWN);
                if is_watched && is_cool && !alarmed.is_told && judged.fired.is_some() && judged.lasts >= *least {
                    alarmed.is_told = true;
                    alarmed.days.push(day);
                }
            }
        }
        for alert in watch.alerts(&watched, day, &settings) {
            let number: usize = alert.member_id.parse().expect("a number");
            watched[number].alerted_on = Some(day);
            cautious[number].push((day, alert.judgement.lasts));
        }
    }
    for ((champion, swept), cautious) in champions.iter().zip(swept).zip(cautious) {
        outcome.ours.iter_mut().zip(swept).for_each(|(sum, alarmed)| sum.add(champion, &alarmed.days));
        outcome.cautious.add(champion, &cautious.iter().map(|(day, _)| *day).collect::<Vec<_>>());
        let mut is_known = false;
        for (day, lasts) in cautious {
            let is_within = champion.drop.is_some_and(|drop| drop.from < day && day <= drop.to);
            // That one drop is told twice is no error of what was said.
            if !(is_within && is_known) {
                outcome.said.push((lasts, is_within));
            }
            is_known |= is_within;
        }
    }
}

/// The drop rule as a workspace ships with it: listed at once, and pushed once it is likelier than not that it lasts, five a week at
/// most, Monday to Sunday, to one builder for all.
fn watch_at_once(champions: &[Champion], outcome: &mut Outcome) {
    let settings = DropSettings { lasts_least: 0.0, ..DropSettings::default() };
    let mut watched: Vec<Watched> = champions.iter().enumerate().map(|(number, one)| one.watched(number)).collect();
    let (mut watch, mut open, mut pushed) = (Watch::default(), Vec::new(), BTreeMap::new());
    let mut days: Vec<[Vec<i32>; 2]> = vec![Default::default(); champions.len()];
    for day in 1..DAYS {
        watch.pass(&watched, day - 1, &settings);
        if day % 7 == 0 {
            pushed.clear();
        }
        if day < FIRST {
            continue;
        }
        open.retain(|alert: &Alert| alert.pushed_on.is_none() && watch.is_open(alert));
        let number = |alert: &Alert| alert.member_id.parse::<usize>().expect("a number");
        for alert in watch.alerts(&watched, day, &settings) {
            watched[number(&alert)].alerted_on = Some(day);
            days[number(&alert)][0].push(day);
            open.push(alert);
        }
        watch.push(&mut open, &watched, day, &mut pushed, &settings);
        open.iter().filter(|alert| alert.pushed_on.is_some()).for_each(|alert| days[number(alert)][1].push(day));
    }
    for (champion, days) in champions.iter().zip(days) {
        outcome.at_once.iter_mut().zip(days).for_each(|(sum, days)| sum.add(champion, &days));
    }
}

/// The strictest setting that finds as much.
pub fn as_much(ours: &[Score], recall: f64) -> Score {
    ours.iter().find(|ours| ours.recall() >= recall).copied().unwrap_or_default()
}
