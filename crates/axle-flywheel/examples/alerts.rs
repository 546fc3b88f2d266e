//! How well the drop rule tells champions who fall silent from those who rest, beside rules with fixed thresholds: a
//! community with holidays, vacations, bursts, and drops that are known.
//!
//! ```text
//! cargo run --release -p axle-flywheel --example alerts -- [champions] [communities] [seed]
//! ```
#![allow(clippy::print_stdout, reason = "a simulation prints")]

mod seeded;

use axle_flywheel::drop::{DropSettings, Judgement, Rhythm, Watched, alerts, judge, season};
use axle_model::days::Days;
use axle_model::presence::Beta;
use axle_model::stats::median;
use seeded::Dice;
use std::collections::BTreeMap;

/// Three years; the first 240 days are for baselines.
const DAYS: i32 = 3 * 365;
const FIRST: i32 = 240;
/// An alert within so many days of a drop's beginning has found it.
const IN_TIME: i32 = 75;
const COOLDOWN: i32 = 30;

struct Champion {
    rhythm: Rhythm,
    /// Activities of each day.
    counts: Vec<u32>,
    /// Real drops: from, to.
    drops: Vec<(i32, i32)>,
    /// Days away that nobody told us of.
    hidden: Vec<(i32, i32)>,
}

/// How much of the usual happens on a day, for all.
fn holiday(day: i32) -> f64 {
    match day.rem_euclid(365) {
        212..=242 => 0.45,
        354..=365 | 0..=4 => 0.2,
        _ => 1.0,
    }
}

fn champion(dice: &mut Dice) -> Champion {
    let rate = dice.between(0.12, 0.55);
    let (events_a_month, many) = (dice.between(0.3, 3.0), dice.between(0.5, 3.0));
    let mut away = vec![false; DAYS as usize];
    let (mut absences, mut hidden) = (Vec::new(), Vec::new());
    // Vacations of one to two and a half weeks, two a year, of which we know 4 in 10; leaves of five to eleven weeks, one
    // in four years, of which we know 9 in 10.
    let vacations = (0..dice.poisson(6.0)).map(|_| (7, 12, 0.4)).collect::<Vec<_>>();
    let leaves = (0..dice.poisson(0.75)).map(|_| (35, 42, 0.9));
    for (least, more, known) in vacations.into_iter().chain(leaves.collect::<Vec<_>>()) {
        let (from, days) = (dice.below(DAYS as u64) as i32, least + dice.below(more) as i32);
        let to = (from + days).min(DAYS);
        (from..to).for_each(|day| away[day as usize] = true);
        if dice.luck(known) {
            absences.extend(Days::new(from, to));
        } else {
            hidden.push((from, to));
        }
    }
    let mut drops = Vec::new();
    let mut quiet = vec![1.0; DAYS as usize];
    if dice.luck(0.4) {
        let from = FIRST + dice.below((DAYS - FIRST - 120) as u64) as i32;
        let to = (from + 70 + dice.below(120) as i32).min(DAYS);
        let left = dice.between(0.0, 0.25);
        (from..to).for_each(|day| quiet[day as usize] = left);
        drops.push((from, to));
    }
    let mut rhythm = Rhythm { absences, ..Rhythm::default() };
    let mut counts = vec![0; DAYS as usize];
    let mut is_busy = true;
    for day in 0..DAYS {
        // Work comes in stretches: about eleven days more, then about six days less.
        is_busy = if is_busy { !dice.luck(0.09) } else { dice.luck(0.16) };
        let weekday = if day.rem_euclid(7) >= 5 { 0.4 } else { 1.24 };
        let now = holiday(day) * quiet[day as usize] * if away[day as usize] { 0.0 } else { 1.0 };
        let chance = rate * weekday * now * if is_busy { 1.35 } else { 0.36 };
        if dice.luck(chance.min(0.95)) {
            rhythm.active.push(day);
            counts[day as usize] = 1 + dice.poisson(many);
        }
        for _ in 0..dice.poisson(events_a_month / 30.0 * now) {
            rhythm.attended.push(day);
            counts[day as usize] += 1;
        }
    }
    Champion { rhythm, counts, drops, hidden }
}

/// Alerts and drops, counted.
#[derive(Default, Clone, Copy)]
struct Score {
    alerts: u32,
    right: u32,
    drops: u32,
    found: u32,
    /// Of the wrong ones: after an absence that nobody told us of, and in a holiday of all.
    absent: u32,
    holiday: u32,
}

impl Score {
    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.alerts.max(1))
    }

    fn recall(self) -> f64 {
        f64::from(self.found) / f64::from(self.drops.max(1))
    }

    /// Goes through one champion's days; a rule says whether it would alarm.
    fn watch(&mut self, champion: &Champion, mut fires: impl FnMut(i32) -> bool) {
        let mut last = -COOLDOWN;
        let mut days = Vec::new();
        for day in FIRST..DAYS {
            if day >= last + COOLDOWN && fires(day) {
                days.push(day);
                last = day;
            }
        }
        self.add(champion, &days);
    }

    fn add(&mut self, champion: &Champion, days: &[i32]) {
        self.alerts += days.len() as u32;
        let within = |day: i32| champion.drops.iter().any(|(from, to)| *from < day && day <= *to + 1);
        self.right += days.iter().filter(|day| within(**day)).count() as u32;
        for day in days.iter().filter(|day| !within(**day)) {
            let is_absent = champion.hidden.iter().any(|(from, to)| from < day && day - 30 <= *to);
            self.absent += u32::from(is_absent);
            self.holiday += u32::from(!is_absent && (day - 30..*day).any(|day| holiday(day) < 1.0));
        }
        self.drops += champion.drops.len() as u32;
        let found = champion
            .drops
            .iter()
            .filter(|(from, to)| days.iter().any(|day| *from < *day && *day <= (from + IN_TIME).min(to + 1)));
        self.found += found.count() as u32;
    }
}

fn activities(champion: &Champion, from: i32, to: i32) -> u32 {
    champion.counts[from.max(0) as usize..to.max(0) as usize].iter().sum()
}

/// Day by day what the rule says of each champion, without its thresholds.
fn judgements(champions: &[Champion], settings: &DropSettings) -> Vec<Vec<Judgement>> {
    let rhythms: Vec<&Rhythm> = champions.iter().map(|champion| &champion.rhythm).collect();
    let mut rates: Vec<f64> = rhythms.iter().map(|rhythm| rhythm.active.len() as f64 / f64::from(DAYS)).collect();
    let prior = Beta::prior(median(&mut rates).unwrap_or(0.2), settings.prior_strength_days);
    let mut all = vec![Vec::new(); champions.len()];
    for day in FIRST..DAYS {
        let seasons = season(&rhythms, day, settings.window_days, prior, settings);
        let event_seasons = season(&rhythms, day, settings.event_window_days, prior, settings);
        for (number, rhythm) in rhythms.iter().enumerate() {
            all[number].push(judge(rhythm, day, prior, (seasons[number], event_seasons[number]), settings));
        }
    }
    all
}

/// The rule with all its probabilities multiplied.
fn fires(judgement: &Judgement, strictness: f64, settings: &DropSettings) -> bool {
    let days = &judgement.days;
    let is_low = f64::from(days.observed) <= settings.low_ratio * days.expected;
    (days.p < settings.p_days * strictness && is_low && days.expected >= settings.least_expected)
        || judgement.events.p < settings.p_events * strictness
        || (days.p < settings.p_both_days * strictness
            && judgement.recent_events.p < settings.p_both_events * strictness)
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let size = arguments.next().unwrap_or(120);
    let communities = arguments.next().unwrap_or(5);
    let seed = arguments.next().unwrap_or(11);
    let settings = DropSettings::default();
    let strictness: Vec<f64> = (-40..=24).map(|power| 1.2_f64.powi(power)).collect();
    let names = [
        "50 in 90 d, then 30 d silent",
        "top quarter, then 7 d silent",
        "top quarter, then 28 d silent",
        "7 to 10, then 14 d silent",
    ];
    let mut fixed = [Score::default(); 4];
    let mut ours = vec![Score::default(); strictness.len()];
    let mut shipped = Score::default();
    for community in 0..communities {
        let champions: Vec<Champion> =
            (0..size).map(|number| champion(&mut Dice::new(seed + community, number))).collect();
        let judged = judgements(&champions, &settings);
        for (champion, judged) in champions.iter().zip(&judged) {
            for (score, strictness) in ours.iter_mut().zip(&strictness) {
                score.watch(champion, |day| {
                    !champion.rhythm.is_away(day) && fires(&judged[(day - FIRST) as usize], *strictness, &settings)
                });
            }
        }
        let silent = |champion: &Champion, day: i32, days: i32| activities(champion, day - days, day) == 0;
        // Who is in the top quarter by the activities of 90 days, as of each day.
        let quarter: Vec<u32> = (0..DAYS)
            .map(|day| {
                let mut counts: Vec<u32> =
                    champions.iter().map(|champion| activities(champion, day - 90, day)).collect();
                counts.sort_unstable();
                counts[counts.len() * 3 / 4]
            })
            .collect();
        let is_top = |champion: &Champion, day: i32| activities(champion, day - 90, day) >= quarter[day as usize];
        for champion in &champions {
            fixed[0]
                .watch(champion, |day| silent(champion, day, 30) && activities(champion, day - 120, day - 30) >= 50);
            fixed[1].watch(champion, |day| silent(champion, day, 7) && is_top(champion, day - 7));
            fixed[2].watch(champion, |day| silent(champion, day, 28) && is_top(champion, day - 28));
            fixed[3].watch(champion, |day| silent(champion, day, 14) && activities(champion, day - 44, day - 14) >= 7);
        }
        shipped_alerts(&champions, &settings, &mut shipped);
    }
    println!("{communities} communities of {size} champions, {} drops", shipped.drops);
    println!(
        "as shipped, with all champions' alerts: precision {:.3}, recall {:.3}, {} alerts",
        shipped.precision(),
        shipped.recall(),
        shipped.alerts
    );
    println!(
        "| rule | recall | precision | drop rule at that recall | precision | times | its wrong ones: absent, holiday, else |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, score) in names.iter().zip(fixed) {
        // The strictest setting that finds as much.
        let at = ours.iter().find(|ours| ours.recall() >= score.recall()).copied().unwrap_or_default();
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.1} | {}, {}, {} |",
            score.recall(),
            score.precision(),
            at.recall(),
            at.precision(),
            at.precision() / score.precision(),
            at.absent,
            at.holiday,
            at.alerts - at.right - at.absent - at.holiday
        );
    }
}

/// The watch itself, as an application would ask it every day.
fn shipped_alerts(champions: &[Champion], settings: &DropSettings, score: &mut Score) {
    let mut watched: Vec<Watched> = champions
        .iter()
        .enumerate()
        .map(|(number, champion)| Watched {
            member_id: number.to_string(),
            builder: "buzz".into(),
            role_weight: 1.0,
            champion_since: 0,
            alerted_on: None,
            quiet_until: None,
            rhythm: champion.rhythm.clone(),
        })
        .collect();
    let mut found = vec![Vec::new(); champions.len()];
    for day in FIRST..DAYS {
        for alert in alerts(&watched, day, &BTreeMap::new(), settings) {
            let number: usize = alert.member_id.parse().expect("a number");
            watched[number].alerted_on = Some(day);
            found[number].push(day);
        }
    }
    champions.iter().zip(&found).for_each(|(champion, days)| score.add(champion, days));
}
