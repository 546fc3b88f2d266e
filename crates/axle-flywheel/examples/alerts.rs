//! How well the drop rule tells champions who fall silent from those who rest, beside rules with fixed thresholds, in
//! made-up communities with holidays, vacations, leaves, bursts, drift, and drops that are known.
//!
//! ```text
//! cargo run --release -p axle-flywheel --example alerts -- [champions] [communities of a seed] [first seed] [seeds]
//! ```
#![allow(clippy::print_stdout, reason = "a simulation prints")]

mod seeded;

use seeded::champions::{DAYS, FIRST};
use seeded::contest::{FIXED, Outcome, Score, as_much, run, thresholds};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let size = arguments.next().unwrap_or(80);
    let communities = arguments.next().unwrap_or(3);
    let seed = arguments.next().unwrap_or(1);
    let seeds = arguments.next().unwrap_or(1);
    let outcomes: Vec<Outcome> = (seed..seed + seeds).map(|seed| run(size, communities, seed)).collect();
    let years = (seeds * communities * size) as f64 * f64::from(DAYS - FIRST) / 365.0;
    against_fixed(&outcomes);
    by_recall(&outcomes, years);
    how_sure(&outcomes);
}

fn against_fixed(outcomes: &[Outcome]) {
    println!(
        "| rule | told of absences | recall | precision | ours there | times: mean | least | most | 2 and more | days | ours |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (number, rule) in FIXED.iter().enumerate() {
        for told in 0..2 {
            let mut times = Vec::new();
            let (mut fixed, mut ours) = (Score::default(), Score::default());
            for outcome in outcomes {
                let score = outcome.fixed[number][told];
                let at = as_much(&outcome.ours, score.recall());
                times.push(at.precision() / score.precision().max(1e-9));
                fixed += score;
                ours += at;
            }
            let twice = times.iter().filter(|times| **times >= 2.0).count();
            println!(
                "| {} | {} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} | {twice} of {} | {:.0} | {:.0} |",
                rule.name,
                if told == 1 { "yes" } else { "no" },
                fixed.recall(),
                fixed.precision(),
                ours.precision(),
                times.iter().sum::<f64>() / times.len() as f64,
                times.iter().copied().fold(f64::INFINITY, f64::min),
                times.iter().copied().fold(0.0, f64::max),
                times.len(),
                fixed.days(),
                ours.days(),
            );
        }
    }
}

fn by_recall(outcomes: &[Outcome], years: f64) {
    println!(
        "\n| from | recall | precision | alerts a champion and year | wrong: absent | holiday | again | other | late | days |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let row = |name: &str, score: Score| {
        println!(
            "| {name} | {:.3} | {:.3} | {:.2} | {} | {} | {} | {} | {} | {:.0} |",
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
    };
    let sum = |of: fn(&Outcome) -> Score| outcomes.iter().fold(Score::default(), |sum, outcome| sum + of(outcome));
    row("at least 0.5", sum(|outcome| outcome.cautious));
    row("at once, all", sum(|outcome| outcome.at_once[0]));
    row("at once, pushed", sum(|outcome| outcome.at_once[1]));
    let all = |at: usize| outcomes.iter().fold(Score::default(), |sum, outcome| sum + outcome.ours[at]);
    for recall in [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] {
        if let Some(at) = (0..thresholds().len()).find(|at| all(*at).recall() >= recall) {
            row(&format!("{:.2}", thresholds()[at]), all(at));
        }
    }
}

/// Of the cautious alerts, whether so many were true as was said.
fn how_sure(outcomes: &[Outcome]) {
    println!("\n| said | alerts | said on average | true |\n|---|---|---|---|");
    for tenth in 0..10 {
        let is_meant = |said: f64| (said * 10.0) as u32 == tenth;
        let of: Vec<(f64, bool)> =
            outcomes.iter().flat_map(|outcome| &outcome.said).filter(|(said, _)| is_meant(*said)).copied().collect();
        if of.is_empty() {
            continue;
        }
        let said = of.iter().map(|(said, _)| said).sum::<f64>() / of.len() as f64;
        let is_true = of.iter().filter(|(_, is_true)| *is_true).count() as f64 / of.len() as f64;
        println!("| {}0 to {}0 % | {} | {said:.2} | {is_true:.2} |", tenth, tenth + 1, of.len());
    }
}
