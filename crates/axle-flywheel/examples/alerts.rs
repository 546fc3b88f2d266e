//! How well the drop rule tells champions who fall silent from those who rest, beside rules with fixed thresholds, in
//! made-up communities with holidays, vacations, leaves, bursts, drift, and drops that are known.
//!
//! ```text
//! cargo run --release -p axle-flywheel --example alerts -- [champions] [communities of a seed] [first seed] [seeds]
//! ```
#![allow(clippy::print_stdout, reason = "a simulation prints")]

mod seeded;

use axle_flywheel::drop::{DropSettings, Judgement, Rhythm, judge, season};
use axle_model::presence::Beta;
use axle_model::stats::median;
use seeded::Dice;
use seeded::champions::{Champion, DAYS, FIRST, champion};
use seeded::contest::{Counts, FIXED, Score, alarms};

/// Day by day what the rule says of each champion, without its thresholds.
fn judgements(champions: &[Champion], settings: &DropSettings) -> Vec<Vec<f64>> {
    let rhythms: Vec<&Rhythm> = champions.iter().map(|champion| &champion.rhythm).collect();
    let mut rates: Vec<f64> = rhythms.iter().map(|rhythm| rhythm.active.len() as f64 / f64::from(DAYS)).collect();
    let prior = Beta::prior(median(&mut rates).unwrap_or(0.2), settings.prior_strength_days);
    let mut all = vec![Vec::new(); champions.len()];
    for day in FIRST..DAYS {
        let seasons = season(&rhythms, day, settings.window_days, prior, settings);
        let event_seasons = season(&rhythms, day, settings.event_window_days, prior, settings);
        for (number, rhythm) in rhythms.iter().enumerate() {
            let judgement = judge(rhythm, day, prior, (seasons[number], event_seasons[number]), settings);
            let has_tenure = rhythm.since + settings.min_tenure_days as i32 <= day;
            let is_watched = has_tenure && !rhythm.is_away(day);
            all[number].push(if is_watched { strictness(&judgement, settings) } else { f64::INFINITY });
        }
    }
    all
}

/// With its probabilities multiplied by more than this, the rule fires.
fn strictness(judgement: &Judgement, settings: &DropSettings) -> f64 {
    let days = &judgement.days;
    let is_low = f64::from(days.observed) <= settings.low_ratio * days.expected;
    let by_days =
        if is_low && days.expected >= settings.least_expected { days.p / settings.p_days } else { f64::INFINITY };
    let by_events = judgement.events.p / settings.p_events;
    let by_both = (days.p / settings.p_both_days).max(judgement.recent_events.p / settings.p_both_events);
    by_days.min(by_events).min(by_both)
}

/// What one seed gave: each fixed rule without and with absences told, and the drop rule from strict to lenient.
struct Outcome {
    fixed: Vec<[Score; 2]>,
    ours: Vec<Score>,
}

fn run(size: u64, communities: u64, seed: u64, thresholds: &[f64]) -> Outcome {
    let settings = DropSettings::default();
    let mut outcome =
        Outcome { fixed: vec![Default::default(); FIXED.len()], ours: vec![Score::default(); thresholds.len()] };
    for community in 0..communities {
        let world = seed * 1000 + community;
        let champions: Vec<Champion> = (0..size).map(|number| champion(&mut Dice::new(world, number))).collect();
        let counts = Counts::new(&champions);
        for (sums, rule) in outcome.fixed.iter_mut().zip(&FIXED) {
            let scores = rule.score(&champions, &counts);
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
        let judged = judgements(&champions, &settings);
        for (champion, judged) in champions.iter().zip(&judged) {
            for (sum, threshold) in outcome.ours.iter_mut().zip(thresholds) {
                let fires = |day: i32, _| judged[(day - FIRST) as usize] < *threshold;
                sum.add(champion, &alarms(fires));
            }
        }
    }
    outcome
}

/// The strictest setting that finds as much.
fn as_much(ours: &[Score], recall: f64) -> Score {
    ours.iter().find(|ours| ours.recall() >= recall).copied().unwrap_or_default()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let size = arguments.next().unwrap_or(80);
    let communities = arguments.next().unwrap_or(3);
    let seed = arguments.next().unwrap_or(1);
    let seeds = arguments.next().unwrap_or(1);
    let thresholds: Vec<f64> = (-50..=24).map(|power| 1.2_f64.powi(power)).collect();
    let outcomes: Vec<Outcome> = (seed..seed + seeds).map(|seed| run(size, communities, seed, &thresholds)).collect();
    println!(
        "| rule | told of absences | recall | precision | ours there | times, mean | least | most | 2 and more | days | ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (number, rule) in FIXED.iter().enumerate() {
        for told in 0..2 {
            let mut times = Vec::new();
            let (mut fixed, mut ours) = (Score::default(), Score::default());
            for outcome in &outcomes {
                let score = outcome.fixed[number][told];
                let at = as_much(&outcome.ours, score.recall());
                times.push(at.precision() / score.precision().max(1e-9));
                fixed += score;
                ours += at;
            }
            let twice = times.iter().filter(|times| **times >= 2.0).count();
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            println!(
                "| {} | {} | {:.3} | {:.3} | {:.3} | {mean:.2} | {:.2} | {:.2} | {twice} of {} | {:.0} | {:.0} |",
                rule.name,
                if told == 1 { "yes" } else { "no" },
                fixed.recall(),
                fixed.precision(),
                ours.precision(),
                times.iter().copied().fold(f64::INFINITY, f64::min),
                times.iter().copied().fold(0.0, f64::max),
                times.len(),
                fixed.days(),
                ours.days(),
            );
        }
    }
    println!(
        "\n| recall | precision | alerts a champion and year | wrong: absent | holiday | again | other | late | days |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let years = (seeds * communities * size) as f64 * f64::from(DAYS - FIRST) / 365.0;
    let all = |at: usize| outcomes.iter().fold(Score::default(), |sum, outcome| sum + outcome.ours[at]);
    for recall in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let Some(score) = (0..thresholds.len()).map(all).find(|score| score.recall() >= recall) else { break };
        println!(
            "| {:.3} | {:.3} | {:.2} | {} | {} | {} | {} | {} | {:.0} |",
            score.recall(),
            score.precision(),
            f64::from(score.right + score.wrong + score.late) / years,
            score.absent,
            score.holiday,
            score.again,
            score.wrong - score.absent - score.holiday - score.again,
            score.late,
            score.days()
        );
    }
}
