//! Whether *where to push next* finds a bottleneck: in companies of six wheels, where one step costs most; and in one wheel whose
//! leads pass the machine, one step of each made slow and leaky.
//!
//! ```text
//! cargo run --release -p axle-flywheel --example advice -- [companies] [leads]
//! ```
#![allow(clippy::print_stdout, reason = "a simulation prints")]

mod seeded;

use axle_flywheel::physics::{Unit, Window, friction, lost_values, push_next};
use axle_flywheel::{BusinessCalendar, Fact, Machine, MemberRuns};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use seeded::Dice;
use seeded::company::{Case as CompanyCase, USUAL, named};

const WHEEL: &str = "community_qualified_leads";
/// Steps with a service time, and about how many hours they take when all is well and when they are late.
const STEPS: &[(&str, f64, f64)] = &[
    ("signals_need", 10.0, 150.0),
    ("introduction", 6.0, 120.0),
    ("dossier", 1.5, 60.0),
    ("sales_helps", 600.0, 3000.0),
    ("tells_refers", 800.0, 5000.0),
];

/// What may become of a unit at a step.
#[derive(Clone, Copy)]
struct Odds {
    late: f64,
    lost: f64,
    stalled: f64,
}

/// How far the bottleneck stands out: its friction, at least and at most, and that of the other steps.
struct Case {
    planted: (f64, f64),
    ordinary: (f64, f64),
}

/// One that cannot be missed, one in the middle, and one in which an ordinary step may be nearly as bad.
const CASES: [Case; 3] = [
    Case { planted: (0.40, 0.55), ordinary: (0.06, 0.18) },
    Case { planted: (0.30, 0.40), ordinary: (0.10, 0.20) },
    Case { planted: (0.30, 0.30), ordinary: (0.10, 0.25) },
];

fn odds(dice: &mut Dice, is_bottleneck: bool, case: &Case) -> Odds {
    let (least, most) = if is_bottleneck { case.planted } else { case.ordinary };
    let friction = dice.between(least, most);
    let (late, lost) = (dice.between(0.3, 0.6), dice.between(0.2, 0.4));
    Odds { late: friction * late, lost: friction * lost, stalled: friction * (1.0 - late - lost) }
}

struct Lead {
    facts: Vec<Fact>,
    at: Timestamp,
}

impl Lead {
    fn add(&mut self, kind: &'static str, attributes: &[(&'static str, &'static str)]) {
        let mut fact = Fact::new(self.at, kind, format!("{kind}-{}", self.facts.len()));
        for (name, value) in attributes {
            fact = fact.with(*name, *value);
        }
        self.facts.push(fact);
    }

    /// The facts that lead out of a step.
    fn pass(&mut self, step: usize) {
        match step {
            0 => self.add("decided", &[("outcome", "qualified"), ("by", "buzz")]),
            1 => {
                self.add("consent", &[("kind", "hand_off"), ("state", "given")]);
                self.add("introduced", &[("to", "alfred")]);
            }
            2 => {
                self.add(
                    "hand_off",
                    &[("state", "sent"), ("is_complete", "true"), ("flywheel", "community_qualified_leads")],
                );
                self.add("hand_off", &[("state", "opened"), ("flywheel", "community_qualified_leads")]);
                self.add("hand_off", &[("state", "accepted"), ("flywheel", "community_qualified_leads")]);
            }
            3 => self.add("deal", &[("state", "won")]),
            _ => self.add("story", &[("kind", "talk")]),
        }
    }

    fn lose(&mut self, step: usize) {
        match step {
            3 => self.add("deal", &[("state", "lost")]),
            // Nobody leaves the last step: without a story it is late, then over.
            4 => {}
            _ => self.add("decided", &[("outcome", "lost"), ("reason", "no_reply"), ("by", "buzz")]),
        }
    }
}

/// One lead's way. People work at any hour here: working time is 24 hours of seven days.
fn lead(dice: &mut Dice, odds: &[Odds], from: Timestamp) -> Vec<Fact> {
    let mut lead = Lead { facts: Vec::new(), at: from };
    lead.add("signal", &[("kind", "explicit")]);
    for (step, (odds, (_, usual, late))) in odds.iter().zip(STEPS).enumerate() {
        let luck = dice.share();
        let hours =
            if luck < odds.late { dice.between(late * 0.9, late * 1.3) } else { dice.between(usual * 0.2, *usual) };
        lead.at += SignedDuration::from_secs((hours * 3600.0) as i64);
        if luck >= odds.late && luck < odds.late + odds.lost {
            lead.lose(step);
            break;
        }
        if luck >= odds.late + odds.lost && luck < odds.late + odds.lost + odds.stalled {
            break;
        }
        lead.pass(step);
    }
    lead.facts
}

/// Companies of all six wheels: how often the planted bottleneck is named. The first case is that of the test.
fn of_six_wheels(companies: u64) {
    let cases = [
        ("35 to 60 % friction among 5 to 25 %, costs 1.1 times the next and more", USUAL),
        ("it costs anything more than the next", CompanyCase { margin: 1.0, ..USUAL }),
        ("it costs 1.5 times the next and more", CompanyCase { margin: 1.5, ..USUAL }),
        ("a tenth of the units, 1.5 times", CompanyCase { worth: 100.0, margin: 1.5, ..USUAL }),
        ("a tenth of the units, 1.1 times", CompanyCase { worth: 100.0, ..USUAL }),
    ];
    println!("a company of six wheels, {companies} companies each");
    for (name, case) in cases {
        println!("{:5} named: {name}", named(&seeded::definitions(), &case, 0, companies));
    }
    println!();
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let companies = arguments.next().unwrap_or(100);
    let leads = arguments.next().unwrap_or(300);
    of_six_wheels(companies);
    let always = r#"{"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
                     "from": "00:00", "to": "24:00"}"#;
    let calendar = BusinessCalendar::new(TimeZone::UTC, serde_json::from_str(always).expect("days and hours"));
    let machine = Machine::new(seeded::definitions(), calendar).expect("definitions that fit together");
    let definition = machine.definitions().iter().find(|one| one.id == WHEEL).expect("the wheel");
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().expect("an instant");
    let as_of = start + SignedDuration::from_hours(720 * 24);
    for case in &CASES {
        let (mut found, mut planted, mut has_most) = ([0_u64; 5], [0_u64; 5], 0_u64);
        for seed in 0..companies {
            let dice = &mut Dice::new(seed, 0);
            let bottleneck = dice.below(5) as usize;
            let odds: Vec<Odds> = (0..5).map(|step| odds(dice, step == bottleneck, case)).collect();
            let members: Vec<MemberRuns> = (0..leads)
                .map(|_| {
                    let from = start + SignedDuration::from_secs((dice.share() * 150.0 * 86_400.0) as i64);
                    let mut member = MemberRuns::default();
                    machine.advance(&mut member, &lead(dice, &odds, from), as_of);
                    member
                })
                .collect();
            let runs: Vec<_> = members
                .iter()
                .flat_map(|member| machine.runs(member))
                .filter(|(key, _)| key.flywheel == WHEEL)
                .collect();
            let units: Vec<Unit> = runs.iter().map(|(_, run)| Unit { id: "", run }).collect();
            let steps = friction(definition, &units, Window { from: start, to: as_of }, as_of);
            let lost = lost_values(WHEEL, &steps, 100.0);
            let named = |step: u16| definition.steps[step as usize].id == STEPS[bottleneck].0;
            let worst = lost.iter().max_by(|a, b| a.share.total_cmp(&b.share)).expect("something is lost");
            has_most += u64::from(named(worst.step));
            planted[bottleneck] += 1;
            found[bottleneck] += u64::from(named(push_next(lost).expect("something is lost").step));
        }
        let percent = |(least, most): (f64, f64)| format!("{:.0} to {:.0} %", least * 100.0, most * 100.0);
        println!(
            "{companies} companies of {leads} leads, a bottleneck of {} friction among steps of {}",
            percent(case.planted),
            percent(case.ordinary)
        );
        for (step, (name, ..)) in STEPS.iter().enumerate() {
            println!("{name:14} planted {:3}  named {:3}", planted[step], found[step]);
        }
        println!("named in all: {} of {companies}; by share of friction alone {has_most}\n", found.iter().sum::<u64>());
    }
}
