//! How long the machine takes: synthetic members with three years of facts, all flywheels.
//!
//! ```text
//! cargo run --release -p axle-flywheel --example evaluate -- [members] [threads] [seed]
//! ```
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measure prints")]

mod seeded;

use std::time::{Duration, Instant};

use axle_flywheel::{BusinessCalendar, Fact, Machine, MemberRuns};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use seeded::Dice;

const DAYS: u64 = 3 * 365;

fn start() -> Timestamp {
    "2023-01-01T00:00:00Z".parse().expect("an instant")
}

/// A timeline in the making.
struct Life<'a> {
    dice: &'a mut Dice,
    facts: Vec<Fact>,
}

impl Life<'_> {
    fn at(&mut self, day: u64) -> Timestamp {
        start() + SignedDuration::from_secs((day * 86_400 + 8 * 3600 + self.dice.below(10 * 3600)) as i64)
    }

    fn add(&mut self, day: u64, kind: &'static str, attributes: &[(&'static str, &str)]) {
        let at = self.at(day.min(DAYS - 1));
        let mut fact = Fact::new(at, kind, format!("{kind}-{}", self.facts.len()));
        for (name, value) in attributes {
            fact = fact.with(*name, *value);
        }
        self.facts.push(fact);
    }

    /// So often in three years, on any days after one.
    fn scatter(&mut self, from: u64, mean: f64, kind: &'static str, attributes: &[(&'static str, &str)]) {
        for _ in 0..self.dice.poisson(mean) {
            let day = from + self.dice.below(DAYS - from);
            self.add(day, kind, attributes);
        }
    }
}

/// Most take part a few times, some nearly every day.
fn member(seed: u64, number: u64) -> Vec<Fact> {
    let dice = &mut Dice::new(seed, number);
    let eager = dice.share().powi(3);
    let joined = dice.below(DAYS - 60);
    let mut life = Life { dice, facts: Vec::new() };
    life.add(joined, "joined", &[]);
    for day in joined..DAYS {
        if life.dice.luck(eager * 0.35) {
            life.add(day, "active", &[("weight", "4")]);
        }
    }
    if life.dice.luck(0.6) {
        life.add(joined, "signed_up", &[("plan", "free")]);
        let use_share = 0.25 * life.dice.share().powi(2);
        for day in joined..DAYS {
            if life.dice.luck(use_share) {
                let feature = ["schedules", "backfills", "alerts", "lineage", "audit"][life.dice.below(5) as usize];
                life.add(day, "used", &[("feature", feature)]);
            }
        }
        life.scatter(joined, 1.0, "activated", &[("milestone", "first_run")]);
        life.scatter(joined, 2.0, "signpost", &[("kind", "shown")]);
    }
    life.scatter(joined, 12.0 * eager, "attended", &[("event", "e")]);
    life.scatter(joined, 2.0 * eager, "value", &[("kind", "attended")]);
    for question in 0..life.dice.poisson(6.0 * eager) {
        let (day, question) = (joined + life.dice.below(DAYS - joined), format!("q{question}"));
        life.add(day, "asked", &[("question", &question)]);
        let from = if life.dice.luck(0.7) { "member" } else { "team" };
        life.add(day + 1, "was_answered", &[("question", &question), ("from", from)]);
        life.add(day + 2, "answer_signal", &[("question", &question), ("from", "team")]);
    }
    life.scatter(joined, 15.0 * eager, "answered", &[]);
    life.scatter(joined, 8.0 * eager, "thanked", &[("from", "team")]);
    if life.dice.luck(0.6) {
        let organization = format!("o{}", life.dice.below(2000));
        life.add(joined, "affiliation", &[("organization", &organization), ("state", "began")]);
        life.scatter(
            joined,
            0.6,
            "deal",
            &[("organization", &organization), ("state", "open"), ("motion", "high_touch")],
        );
        life.scatter(joined, 0.3, "deal", &[("organization", &organization), ("state", "won")]);
        life.scatter(
            joined,
            0.5,
            "lifecycle",
            &[("organization", &organization), ("state", "prospect"), ("motion", "high_touch")],
        );
        life.scatter(
            joined,
            0.4,
            "decided",
            &[("organization", &organization), ("outcome", "appointed"), ("by", "buzz")],
        );
        life.scatter(joined, 1.0, "colleague_signed_up", &[("organization", &organization)]);
        life.scatter(joined, 0.1, "key_account", &[("organization", &organization), ("state", "held")]);
    }
    for _ in 0..life.dice.poisson(8.0) {
        let level = ["1", "2", "3", "4"][life.dice.below(4) as usize];
        let day = joined + life.dice.below(DAYS - joined);
        life.add(day, "score", &[("level", level), ("gauge", "neutral"), ("love_percentile", "60")]);
    }
    life.scatter(joined, 0.3, "signal", &[("kind", "explicit")]);
    life.scatter(joined, 1.0, "signal", &[("kind", "inferred"), ("points", "5")]);
    life.scatter(joined, 0.3, "decided", &[("outcome", "qualified"), ("by", "buzz")]);
    life.scatter(joined, 0.5, "consent", &[("kind", "hand_off"), ("state", "given")]);
    life.scatter(joined, 0.3, "introduced", &[]);
    life.scatter(joined, 0.5, "contacted", &[("department", "community")]);
    life.scatter(joined, 0.2, "met", &[]);
    if life.dice.luck(0.02) {
        life.add(joined, "role", &[("role", "champion"), ("state", "held")]);
        life.scatter(joined, 3.0, "drop", &[]);
    }
    life.facts
}

/// What one thread has seen.
#[derive(Default)]
struct Tally {
    facts: u64,
    runs: u64,
    visits: u64,
    tasks: u64,
    spent: Duration,
}

fn work(machine: &Machine, seed: u64, numbers: std::ops::Range<u64>) -> Tally {
    let until = start() + SignedDuration::from_hours(DAYS as i64 * 24);
    let mut tally = Tally::default();
    for number in numbers {
        let facts = member(seed, number);
        let begun = Instant::now();
        let mut runs = MemberRuns::default();
        machine.advance(&mut runs, &facts, until);
        tally.tasks += machine.tasks(&runs).len() as u64;
        tally.spent += begun.elapsed();
        tally.facts += facts.len() as u64;
        for (_, run) in machine.runs(&runs) {
            tally.runs += 1;
            tally.visits += run.visits.len() as u64;
        }
    }
    tally
}

/// What one more activity costs, with its state at hand: now, or a month late.
fn one_activity(machine: &Machine, seed: u64, members: u64) -> (Duration, Duration, usize) {
    let until = start() + SignedDuration::from_hours(DAYS as i64 * 24);
    let (mut now, mut late) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for number in 0..members.min(2000) {
        let mut runs = MemberRuns::default();
        machine.advance(&mut runs, &member(seed, number), until);
        bytes += serde_json::to_string(&runs).expect("a state").len();
        for (hours, spent) in [(1, &mut now), (-30 * 24, &mut late)] {
            let at = until + SignedDuration::from_hours(hours);
            let fact = Fact::new(at, "active", format!("new{hours}"));
            let begun = Instant::now();
            machine.advance(&mut runs, &[fact], until + SignedDuration::from_hours(1));
            spent.push(begun.elapsed());
        }
    }
    let worst = |spent: &[Duration]| spent.iter().max().copied().unwrap_or_default();
    (worst(&now), worst(&late), bytes / now.len().max(1))
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let members = arguments.next().unwrap_or(5000);
    let threads = arguments.next().unwrap_or(1).max(1);
    let seed = arguments.next().unwrap_or(7);
    let calendar = BusinessCalendar::weekdays(TimeZone::get("Europe/Berlin").expect("a zone"));
    let machine = Machine::new(seeded::definitions(), calendar).expect("definitions that fit together");
    let begun = Instant::now();
    let share = members.div_ceil(threads);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                let numbers = thread * share..members.min((thread + 1) * share);
                let machine = &machine;
                scope.spawn(move || work(machine, seed, numbers))
            })
            .collect();
        started.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    let wall = begun.elapsed();
    let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    let spent: Duration = tallies.iter().map(|tally| tally.spent).sum();
    println!("members {members}, threads {threads}, seed {seed}");
    println!(
        "facts {}, runs {}, visits {}, tasks {}",
        sum(|t| t.facts),
        sum(|t| t.runs),
        sum(|t| t.visits),
        sum(|t| t.tasks)
    );
    println!(
        "from scratch: {:.2} s of the clock with making the facts, {:.2} s of work in all",
        wall.as_secs_f64(),
        spent.as_secs_f64()
    );
    let (now, late, bytes) = one_activity(&machine, seed, members);
    println!(
        "one more activity, worst of 2000 members: {:.3} ms now, {:.3} ms a month late",
        now.as_secs_f64() * 1e3,
        late.as_secs_f64() * 1e3
    );
    println!("a stored state: {bytes} bytes of JSON on average");
}
